"""Record what an asset answered, and judge a recording as the asset was judged on that day."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor.collect.ask import Asker, Job, declared_requests
from auditor.collect.facts import Facts
from auditor.collect.plan import plan_asset
from auditor.collect.redact import Redactor
from auditor.errors import UsageError
from auditor.evaluate import judge_all
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.model.evidence import Evidence
from auditor.model.policy import Demand
from auditor.model.probe import Probe, Request
from auditor.model.result import Result
from auditor.plugins import Content
from auditor.setup import Setup, ambient
from auditor.store.store import Store
from auditor.transports.recorded import Recording
from auditor.transports.recorder import save_recording
from auditor.transports.replay import Replay

_CONFIGURED: Final = frozenset({Channel.CLI.value, Channel.FILE.value})


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of the checks, and whether the recording holds an answer to any of what they ask."""

    results: tuple[Result, ...]
    reached: bool


def record(setup: Setup, store: Store, name: str, to: Path, *, audit: str = "", overwrite: bool = False) -> int:
    """Write what an asset answered in an audit, or last, as a recording; return the number of answers.

    Texts are redacted once more: the rules may have learnt a form since. Raises UsageError when nothing is stored, when
    the asset is not in the inventory any more, and when something that a person made would be written over.
    """
    asset = next((one for one in setup.inventory.assets if one.name == name), None)
    seen = list(store.evidence(name, audit))
    if not seen:
        raise UsageError(f"there is no evidence of {name}; `auditor evidence list` shows all")
    if asset is None:
        raise UsageError(f"{name} is not in the inventory any more, which knows its platform and how it was asked")
    texts = store.evidence_texts({one.digest for one in seen if one.digest})
    redactor = Redactor(store.redaction_key(), setup.credentials.given_away)
    requests = {str(request): request for request in declared_requests(setup.content)}
    told = [_cleared(redactor, requests.get(one.request), one, texts.get(one.digest, "")) for one in seen]
    return save_recording(to, asset, told, called=_called(setup.content.probes), overwrite=overwrite)


def replay(
    folder: Path,
    demands: Iterable[Demand],
    content: Content,
    *,
    intel: Path | None = None,
    platform: Platform | None = None,
) -> Replayed:
    """Judge a recording: by its own asset, the ways that this was asked, and its day.

    What is known from elsewhere (`intel`, lifecycles) is today's. A recording that does not say its asset is taken for
    a Linux server that was asked all of it. Raises Unreachable when it cannot be read.
    """
    recorded = Recording.read(folder)
    asset = recorded.asset or _server(folder)
    plan = plan_asset(replace(asset, platform=platform or asset.platform), demands, content)
    play = Replay(folder)
    asker = Asker(dict.fromkeys(Channel, play), Redactor(b"one run"), declared_requests(content))
    collected = asker.ask(Job(plan.asset, plan.requests))
    day = recorded.day or datetime.now(UTC).date()
    facts = Facts(plan, collected.answers, ambient(day, intel, plan.ways.keys()))
    return Replayed(tuple(judge_all(plan.demands, plan.asset, facts)), collected.reached or not plan.requests)


def _cleared(redactor: Redactor, request: Request | None, seen: Evidence, text: str) -> tuple[Evidence, str]:
    """Return evidence and its text without secrets; of a request that nothing declares any more, by its channel."""
    if request is None:
        clear = redactor.configuration if seen.channel in _CONFIGURED else redactor.host
        return replace(seen, problem=clear(seen.problem)), clear(text)
    return replace(seen, problem=redactor.said_to(request, seen.problem)), redactor.said_to(request, text)


def _called(probes: Iterable[Probe[object]]) -> dict[str, str]:
    """Return a name for each request: that of the first fact that is read out of it."""
    called: dict[str, str] = {}
    for probe in probes:
        for request in probe.requests:
            called.setdefault(str(request), re.sub(r"\W+", "-", probe.fact.__name__))
    return called


def _server(folder: Path) -> Asset:
    access = Access(channel=Channel.REPLAY, path=str(folder))
    return Asset(name=folder.name, kind=Kind.SERVER, platform=Platform.LINUX, accesses=(access,))
