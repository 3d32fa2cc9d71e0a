"""What to ask an asset: the fewest requests that give the facts its demands need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditor.model.asset import Access, Asset
from auditor.model.policy import Demand
from auditor.model.probe import Derived, Probe, Request, Saved, access_for
from auditor.plugins import Content

Way = Probe[object] | Derived[object]


@dataclass(frozen=True, slots=True)
class AssetPlan:
    """Everything about one asset's part in an audit; a value that can be sent elsewhere and run there."""

    asset: Asset
    demands: tuple[Demand, ...]
    ways: Mapping[type[object], tuple[Way, ...]]  # fact -> what can give it here, best first
    requests: Mapping[Access, tuple[Request, ...]]  # one session each
    unasked: Mapping[type[object], str] = field(default_factory=dict)  # fact -> why nothing can give it here


class Planner:
    """Plans assets; what is planned for one holds for all of its platform with the same demands and the same ways."""

    def __init__(self, content: Content) -> None:
        """Plan with these probes."""
        self._content = content
        self._drafts: dict[tuple[object, ...], AssetPlan] = {}

    def plan(self, asset: Asset, demands: Iterable[Demand]) -> AssetPlan:
        """Return what one asset has to be asked for its demands; like assets share the very same `ways`."""
        chosen = tuple(demands)
        offers = tuple((access.channel, access.holds) for access in asset.accesses)
        key = (asset.platform, offers, *map(id, chosen))
        if key not in self._drafts:
            self._drafts[key] = plan_asset(asset, chosen, self._content)  # holding the demands keeps their ids theirs
        draft = self._drafts[key]
        places = {access: number for number, access in reversed(list(enumerate(draft.asset.accesses)))}
        requests = {asset.accesses[places[access]]: asked for access, asked in draft.requests.items()}
        return AssetPlan(asset, draft.demands, draft.ways, requests, draft.unasked)


def plan_asset(asset: Asset, demands: Iterable[Demand], content: Content) -> AssetPlan:
    """Return what one asset has to be asked for its demands."""
    chosen = tuple(demands)
    ways: dict[type[object], tuple[Way, ...]] = {}
    wanted = [fact for demand in chosen if demand.check for fact in demand.check.needs.values()]
    while wanted:
        fact = wanted.pop()
        if fact in ways:
            continue
        ways[fact] = ways_to(fact, asset, content)
        wanted.extend(need for way in ways[fact] if isinstance(way, Derived) for need in way.needs)
    return AssetPlan(
        asset,
        chosen,
        ways,
        _sessions(asset, ways),
        {fact: why_not(fact, asset, content) for fact, found in ways.items() if not found},
    )


def ways_to(fact: type[object], asset: Asset, content: Content) -> tuple[Way, ...]:
    """Return the probes and derivations that give a fact on an asset, in the order of their definition."""
    probes = [probe for probe in content.probes if probe.fact is fact and probe.applies(asset)]
    return (*probes, *(way for way in content.derivations if way.fact is fact))


def why_not(fact: type[object], asset: Asset, content: Content) -> str:
    """Return why nothing can give a fact on an asset, for a person who wonders what to add to the inventory."""
    probes = [probe for probe in content.probes if probe.fact is fact]
    fitting = [probe for probe in probes if not probe.on or asset.platform in probe.on]
    offered = ", ".join(sorted(map(_offered, asset.accesses))) or "no transport"
    if probes and not fitting:
        return f"nothing reads {fact.__name__} on platform {asset.platform.value} yet"
    if fitting:
        channels = sorted({way for probe in fitting for request in probe.requests for way in _ways_of(request)})
        wanted = f"one of {', '.join(channels)}" if len(channels) > 1 else channels[0]
        return f"{fact.__name__} needs {wanted}; the inventory offers {offered}"
    return f"nothing reads {fact.__name__} yet"


def _ways_of(request: Request) -> list[str]:
    of = f" ({request.holds})" if isinstance(request, Saved) else ""
    return [channel.value + of for channel in request.channels]


def _offered(access: Access) -> str:
    return access.channel.value + (f" ({access.holds})" if access.holds else "")


def _sessions(asset: Asset, ways: Mapping[type[object], tuple[Way, ...]]) -> dict[Access, tuple[Request, ...]]:
    sessions: dict[Access, dict[Request, None]] = {}
    for found in ways.values():
        for way in found:
            for request in way.requests if isinstance(way, Probe) else ():
                access = access_for(asset, request)
                assert access is not None  # the probe applies
                sessions.setdefault(access, {})[request] = None
    return {access: tuple(requests) for access, requests in sessions.items()}
