"""The whole audit on one page, in the order in which data flows.

inventory -> demands -> collect -> evidence -> facts -> results -> findings -> recommendations -> projects -> reports
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from auditor.access import AccessTried, try_access
from auditor.collect.ask import Collected, Job, unanswered
from auditor.collect.plan import AssetPlan, Planner
from auditor.errors import NothingAnswered, UsageError
from auditor.findings import Retiring, reconcile, review
from auditor.fleet import Fleet, Outcome
from auditor.garbage import seldom_looked_for
from auditor.model.asset import Asset
from auditor.model.finding import Finding
from auditor.model.project import Project
from auditor.model.recommendation import Recommendation
from auditor.model.result import Judged, Verdict
from auditor.policy.demands import demands
from auditor.policy.load import load_frameworks
from auditor.projects import Terms, propose
from auditor.recommend import load_solutions, recommend
from auditor.reports import Audited as Reported
from auditor.reports import write
from auditor.setup import Setup, ambient, refuse_impossible
from auditor.store.records import Audit
from auditor.store.store import Store
from auditor.transports.attempts import Attempts
from auditor.transports.refusals import Refusals


class Progress(Protocol):
    """Somebody who watches an audit."""

    def begins(self, assets: int, resumed: int) -> None:
        """Be told how many assets there are, and how many an interrupted audit already finished."""
        ...

    def asked(self, collected: Collected, judged: Judged) -> None:
        """Be told what came of one asset."""
        ...


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit that was carried out.

    `met` is whether every demand that a machine can judge was met, or somebody answers for it. Unknown is not met.
    """

    audit: str
    met: bool
    findings: tuple[Finding, ...]
    stopped: Mapping[str, int]  # credentials that were refused too often to be tried again, and how often


@seldom_looked_for()
def audit(
    setup: Setup, store: Store, progress: Progress, *, only: frozenset[str] = frozenset(), enrol: bool = False
) -> Audited:
    """Ask every chosen asset, judge what it said, and follow the findings. Raises NothingAnswered and AuditRunning.

    Each asset is committed as it is done. An audit of the same assets, policy and inventory that was interrupted is
    taken up where it stopped.
    """
    plans = plan(setup, only)
    refuse_impossible(setup, [plan.asset for plan in plans.values()])
    with store.audit_lock():
        run = store.resume_or_begin(setup.policy, _digest(plans.values()), tuple(plans), now=_now())
        refusals = Refusals(setup.workspace.state / "refusals", f"{run.id} of {run.started_at.isoformat()}")
        attempts = Attempts(setup.settings.collect.refusals, setup.credentials.names, refusals)
        store.note_assets((plan.asset for plan in plans.values()), now=_now())
        given = ambient(run.started_at.date(), setup.workspace.intel, _facts(plans.values()))
        fleet = Fleet(setup, store, plans, given, attempts, enrol=enrol, until=_deadline(setup))
        unfinished = [name for name in plans if name not in run.finished]
        with fleet.hands(len(unfinished)) as work:
            progress.begins(len(plans), len(run.finished))
            for lot in fleet.outcomes(unfinished, _within_windows(setup, work)):
                store.save_assets(run.id, lot, now=_now())
                for collected, judged in lot:
                    progress.asked(collected, judged)
        findings = _followed(setup, store, store.judged(run.id))
        store.finish_audit(run.id, findings, now=_now())
    if not store.reached(run.id):
        raise NothingAnswered(f"no asset answered, of {len(plans)}; `auditor evidence list` says why of each")
    return Audited(run.id, _met(store.judged(run.id), findings), tuple(findings), attempts.stopped())


def plan(setup: Setup, only: frozenset[str] = frozenset()) -> dict[str, AssetPlan]:
    """Return what each asset has to be asked for the policy. Raises UsageError for names that the inventory lacks."""
    assets = {asset.name: asset for asset in setup.inventory.assets}
    if not assets:
        raise UsageError("the inventory lists no asset; inventory/README.md tells how to write one")
    if missing := sorted(only - assets.keys()):
        raise UsageError(f"the inventory has no asset {', '.join(missing)}; `auditor assets list` shows all")
    chosen = [asset for name, asset in assets.items() if not only or name in only]
    planner = Planner(setup.content)
    demanded = demands(setup.policy, chosen, setup.content)
    return {one.name: planner.plan(one, wanted) for one, wanted in demanded}


def check_access(
    setup: Setup, store: Store, *, only: frozenset[str] = frozenset(), enrol: bool = False
) -> list[AccessTried]:
    """Return who answers, who lets us in, and with which privilege, by asset and way; nothing is judged or kept."""
    plans = plan(setup, only)
    refuse_impossible(setup, [plan.asset for plan in plans.values()])
    with store.audit_lock():
        return try_access(setup, store, plans, enrol=enrol)


def recommendations(setup: Setup, findings: Iterable[Finding]) -> list[Recommendation]:
    """Return what to do about the findings that stand, what takes most risk away first."""
    standing = [finding for finding in findings if finding.state.stands]
    return recommend(standing, load_solutions(setup.workspace.folders("policies")), setup.policy)


def proposed_projects(setup: Setup, store: Store, only: frozenset[str] = frozenset()) -> list[Project]:
    """Return a draft project for each recommendation, or for those of some solutions."""
    advice = recommendations(setup, store.findings())
    return _drafts(setup, (one for one in advice if not only or one.solution.id in only))


def write_reports(setup: Setup, store: Store, audit: str = "", output: Path | None = None) -> dict[str, Path]:
    """Write the reports of an audit, the newest when none is named, and return what was written by name."""
    shown = store.audit(audit) if audit else store.latest_audit()
    if shown is None:
        raise UsageError("there is no audit yet: auditor audit")
    folder = output or setup.workspace.root / setup.settings.output / f"audit-{shown.id}"
    return write(_reported(setup, store, shown), setup.workspace.folders("reports"), folder)


def _reported(setup: Setup, store: Store, shown: Audit) -> Reported:
    """Return everything that reports tell of an audit."""
    findings = store.findings()
    advice = recommendations(setup, findings)
    newest = store.latest_audit()
    waivers = review(setup.policy.waivers, findings, now=shown.finished_at or shown.started_at)
    return Reported(
        company=setup.settings.company,
        audit=shown.id,
        policy=setup.policy,
        judged_by=f"{shown.plan.policy} {shown.plan.policy_version}",
        judged_digest=shown.plan.policy_digest,
        started_at=shown.started_at,
        finished_at=shown.finished_at,
        newest=newest is None or newest.id == shown.id,
        inventory=tuple(setup.inventory.assets),
        asked=shown.plan.assets,
        unreached=_unreached(store, shown),
        last_answers=store.last_answers(shown.id),
        judged=store.judged(shown.id),
        findings=tuple(findings),
        recommendations=tuple(advice),
        projects={project.recommendation.solution.id: project for project in _drafts(setup, advice)},
        waivers=waivers.by_fate(),
        frameworks={id_: framework.title for id_, framework in load_frameworks(setup.workspace).items()},
        checks=setup.content.checks,
        history=tuple(store.history(before=shown.id)),
        texts=store.evidence_texts,
        version=version("auditor"),
    )


def _unreached(store: Store, shown: Audit) -> dict[str, str]:
    collected = store.collected(shown.id)
    left = dict.fromkeys(shown.plan.assets - collected.keys(), "the audit ended before it was asked")
    return left | {name: one.problem for name, one in collected.items() if not one.reached}


def _drafts(setup: Setup, advice: Iterable[Recommendation]) -> list[Project]:
    owners = {asset.name: asset.owner for asset in setup.inventory.assets}
    costs = setup.settings.projects
    terms = Terms(costs.currency, costs.hourly_rate, costs.rates)
    return [propose(one, owners, terms, today=_now().date()) for one in advice]


def _within_windows(setup: Setup, work: Callable[[Job], Outcome]) -> Callable[[Job], Outcome]:
    """Ask nobody whose window closed while it waited for its turn; what a scan told of it before is kept."""

    def asked(job: Job) -> Outcome:
        why = setup.windows.closed(job.asset, _now())
        if not why:
            return work(job)
        had = {answer.request for answer in job.answers}
        left = {access: [one for one in requests if one not in had] for access, requests in job.requests.items()}
        return work(replace(job, answers=(*job.answers, *unanswered(left, why))))

    return asked


def _deadline(setup: Setup) -> float:
    """Return when the audit's time is up, on the clock of time.monotonic()."""
    seconds = setup.settings.collect.audit_seconds
    return time.monotonic() + seconds if seconds else float("inf")


def _met(told: Iterable[Judged], findings: Iterable[Finding]) -> bool:
    standing: dict[str, set[str]] = {}
    for one in findings:
        if one.state.stands:
            standing.setdefault(one.asset, set()).add(one.check)
    open_ = {Verdict.UNKNOWN, Verdict.ERROR}
    return not any(
        judgement.verdict in open_ or judgement.check in standing.get(judged.asset, ())
        for judged in told
        for judgement in judged.judgements
    )


def _followed(setup: Setup, store: Store, told: Iterable[Judged]) -> list[Finding]:
    """Return the findings after an audit. One with another inventory or policy than the settings name retires none."""
    names = [asset.name for asset in setup.inventory.assets]
    return reconcile(
        store.findings(),
        told,
        setup.policy.waivers,
        setup.solutions,
        now=_now(),
        retiring=Retiring(names if setup.own_inventory else None, setup.own_policy),
    )


def _facts(plans: Iterable[AssetPlan]) -> set[type[object]]:
    """Return every fact that somebody's demands need; like assets share their ways."""
    return {fact for ways in {id(plan.ways): plan.ways for plan in plans}.values() for fact in ways}


def _digest(plans: Iterable[AssetPlan]) -> str:
    """Return what tells one audit's assets from another's, so that only the same audit is resumed."""
    return hashlib.sha256("\0".join(sorted(_written(plan.asset) for plan in plans)).encode()).hexdigest()


def _written(asset: Asset) -> str:
    """Return an asset as a text that is the same in every process: the order of a set is not."""
    values = (getattr(asset, field.name) for field in fields(asset))
    return repr([sorted(value) if isinstance(value, frozenset) else value for value in values])


def _now() -> datetime:
    return datetime.now(UTC)
