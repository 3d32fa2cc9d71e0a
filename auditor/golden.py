"""A host that is as it should be becomes a policy for its peers, for review: what it has, of what is demanded of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from auditor.collect.facts import Facts
from auditor.collect.plan import AssetPlan, Planner
from auditor.errors import UsageError
from auditor.evaluate import judge
from auditor.fitting import Fitted, fit
from auditor.model.asset import Asset, Channel
from auditor.model.check import Check, Value, shown
from auditor.model.evidence import Evidence
from auditor.model.policy import Control, Demand
from auditor.model.probe import Answer, Request
from auditor.model.result import Result, Verdict
from auditor.plugins import Content
from auditor.policy.demands import demands
from auditor.policy.load import load_policy
from auditor.policy.write import CheckText, ControlText, SettingText, policy_text
from auditor.setup import Setup, ambient
from auditor.store.store import Store
from auditor.workspace import Workspace, shipped

_ACTIVE: Final = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE})
_SHIPPED: Final = "policies/baseline.yaml"

Shipped = Mapping[tuple[str, str], Mapping[str, object]]  # of the shipped policy: control and check -> settings


@dataclass(frozen=True, slots=True)
class Golden:
    """A policy that an asset's own answers became, and how many checks are in it, were loosened and were left out."""

    text: str
    demanded: int
    laxer: int
    left_out: int


def policy_from(setup: Setup, store: Store, asset: Asset, name: str, *, audit: str = "", today: date) -> Golden:
    """Return a policy whose settings are what an asset was seen to have.

    The controls are those that the policy demands of it. Raises UsageError when nothing is stored of the asset.
    """
    [(_, demanded)] = demands(setup.policy, [asset], setup.content)
    plan = Planner(setup.content).plan(asset, demanded)
    evidence = list(store.evidence(asset.name, audit))
    if not evidence:
        raise UsageError(f"there is no evidence of {asset.name} yet; audit it first")
    answers = _answers(plan, evidence, store)
    facts = Facts(plan, answers, ambient(today, setup.workspace.intel, plan.ways.keys()))
    shipped_settings = _shipped(setup.content)
    controls: dict[str, list[tuple[Demand, Fitted | None]]] = {}
    for demand in plan.demands:
        fitted = _fitted(demand, asset, facts, shipped_settings) if demand.check else None
        controls.setdefault(demand.control.id, []).append((demand, fitted))
    texts = [_control(asset, fitted) for fitted in controls.values()]
    return Golden(
        policy_text(name, today.isoformat(), f"What {asset.name} has", texts, remarks=_remarks(asset, evidence, setup)),
        demanded=sum(not check.left_out for control in texts for check in control.checks),
        laxer=sum(bool(setting.remark) for one in texts for check in one.checks for setting in check.settings.values()),
        left_out=sum(check.left_out for control in texts for check in control.checks),
    )


def _answers(plan: AssetPlan, evidence: Iterable[Evidence], store: Store) -> dict[Request, Answer]:
    """Return what an asset answered to what would be asked of it now, as it is remembered."""
    by_words = {seen.request: seen for seen in evidence if seen.asked_at and seen.channel in set(Channel)}
    texts = store.evidence_texts({seen.digest for seen in by_words.values() if seen.digest})
    asked = [request for requests in plan.requests.values() for request in requests if str(request) in by_words]
    return {request: _answer(request, by_words[str(request)], texts) for request in asked}


def _answer(request: Request, seen: Evidence, texts: Mapping[str, str]) -> Answer:
    assert seen.asked_at is not None
    return Answer(
        request=request,
        channel=Channel(seen.channel),
        asked_at=seen.asked_at,
        text=texts.get(seen.digest, ""),
        problem=seen.problem,
        privilege=seen.privilege,
        place=seen.origin,
        digest=seen.digest,
        exit_status=seen.exit_status,
    )


def _shipped(content: Content) -> Shipped:
    """Return what the policy that ships sets, which a setting is called laxer than as well."""
    policy = load_policy(str(shipped() / _SHIPPED), Workspace(shipped()), content)
    return {(control.id, check): dict(given) for control in policy.controls for check, given in control.checks.items()}


def _fitted(demand: Demand, asset: Asset, facts: Facts, known: Shipped) -> Fitted:
    """Return how a check fits; what names its object, a text, is taken from whoever demands it."""
    check = demand.check
    assert check is not None
    named = {name: value for name, value in demand.settings.items() if check.settings[name].annotation is str}
    start = {**known.get((demand.control.id, check.id), {}), **named}

    def tried(settings: Mapping[str, object]) -> Result:
        return judge(Demand(control=demand.control, check=check, settings=settings), asset, facts)

    return fit(check, tried, start)


def _control(asset: Asset, fitted: list[tuple[Demand, Fitted | None]]) -> ControlText:
    control: Control = fitted[0][0].control
    return ControlText(
        id=control.id,
        title=control.title,
        text=control.text,
        kind=(asset.kind,),
        platform=(asset.platform,),
        severity=control.severity.value if control.severity else "",
        satisfies=control.satisfies,
        checks=tuple(_check(demand.check, fit_) for demand, fit_ in fitted if demand.check and fit_),
    )


def _check(check: Check, fitted: Fitted) -> CheckText:
    result = fitted.result
    if result.verdict not in _ACTIVE:
        return CheckText(check.id, remark="; ".join(_why(result)), left_out=True)
    settings = {
        name: SettingText(value, _laxer(check, name) if name in fitted.laxer else "")
        for name, value in fitted.settings.items()
    }
    remark = f"not applicable here: {result.reason}" if result.verdict is Verdict.NOT_APPLICABLE else ""
    return CheckText(check.id, settings, remark)


def _laxer(check: Check, name: str) -> str:
    return f"laxer than the default: {shown(cast('Value', check.settings[name].default))}"


def _why(result: Result) -> Iterator[str]:
    """Yield why a check cannot be demanded of this host's peers."""
    if result.verdict is not Verdict.FAIL:
        yield f"{result.verdict.value}: {result.reason}"
        return
    yield "fails, and no setting can say what was found"
    for violation in result.violations[:3]:
        yield f"{violation.subject}: {shown(violation.found)}, wanted {shown(violation.wanted)}"
    if len(result.violations) > 3:
        yield f"and {len(result.violations) - 3} more"


def _remarks(asset: Asset, evidence: Iterable[Evidence], setup: Setup) -> list[str]:
    days = sorted(seen.asked_at for seen in evidence if seen.asked_at)
    seen = f"seen on {days[-1]:%Y-%m-%d}" if days else "of its last audit"
    return [
        f"What {asset.name} has, {seen}, of what {setup.policy.id} {setup.policy.version} demands of it. For review:",
        "written by `auditor policy from-asset`, decided by nobody yet. Settings are as strict as what was seen",
        "allows; `laxer` marks each that asks less than auditor does by itself. What failed whatever the settings, and",
        "what was not known, is left out and says so. Numbers that grow by themselves, as days and uptime, need room.",
    ]
