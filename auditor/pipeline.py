"""The whole audit on one page, in the order in which data flows.

inventory -> demands -> collect -> evidence -> facts -> results -> findings -> recommendations -> projects -> reports
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from auditor.collect.ask import Asker, Collected, Job, declared_requests
from auditor.collect.executor import Executor, LocalExecutor
from auditor.collect.facts import Facts
from auditor.collect.plan import AssetPlan, plan_asset
from auditor.collect.redact import Redactor
from auditor.errors import NothingAnswered, UsageError
from auditor.evaluate import judge_all
from auditor.findings import reconcile, review
from auditor.model.asset import Asset
from auditor.model.evidence import Knowledge
from auditor.model.finding import Finding
from auditor.model.project import Project
from auditor.model.recommendation import Recommendation
from auditor.model.result import Result, Verdict
from auditor.policy.demands import demands
from auditor.policy.load import load_frameworks
from auditor.projects import Terms, propose
from auditor.recommend import load_solutions, recommend
from auditor.reports import Audited as Reported
from auditor.reports import write
from auditor.setup import Setup, ambient, transports
from auditor.store.records import Audit
from auditor.store.store import Store


class Progress(Protocol):
    """Somebody who watches an audit."""

    def begins(self, assets: int, resumed: int) -> None:
        """Be told how many assets there are, and how many an interrupted audit already finished."""
        ...

    def asked(self, collected: Collected, results: Iterable[Result]) -> None:
        """Be told what came of one asset."""
        ...


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit that was carried out."""

    audit: str
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]

    @property
    def met(self) -> bool:
        """Whether every demand that a machine can judge was met, or somebody answers for it. Unknown is not met."""
        standing = {(one.asset, one.check) for one in self.findings if one.state.stands}
        undecided = {Verdict.UNKNOWN, Verdict.ERROR}
        return not any((one.asset, one.check) in standing or one.verdict in undecided for one in self.results)


def audit(
    setup: Setup, store: Store, progress: Progress, *, only: frozenset[str] = frozenset(), enrol: bool = False
) -> Audited:
    """Ask every chosen asset, judge what it said, and follow the findings. Raises NothingAnswered and AuditRunning.

    Each asset is committed as it is done. An audit of the same assets, policy and inventory that was interrupted is
    taken up where it stopped.
    """
    plans = plan(setup, only)
    with store.audit_lock():
        run = store.resume_or_begin(setup.policy, _digest(plans.values()), tuple(plans), now=_now())
        store.note_assets((plan.asset for plan in plans.values()), now=_now())
        progress.begins(len(plans), len(run.finished))
        given = ambient(run.started_at.date(), setup.workspace.root / "intel")
        unfinished = {name: plan for name, plan in plans.items() if name not in run.finished}
        for collected in _collect(setup, store, unfinished, enrol=enrol):
            results = judged(plans[collected.asset.name], collected, given)
            store.save_asset(run.id, collected, results, now=_now())
            progress.asked(collected, results)
        found = tuple(store.results(run.id))
        findings = _followed(setup, store, found)
        store.finish_audit(run.id, findings, now=_now())
    if not store.reached(run.id):
        raise NothingAnswered(f"no asset answered, of {len(plans)}; `auditor evidence list` says why of each")
    return Audited(run.id, found, tuple(findings))


def plan(setup: Setup, only: frozenset[str] = frozenset()) -> dict[str, AssetPlan]:
    """Return what each asset has to be asked for the policy. Raises UsageError for names that the inventory lacks."""
    assets = {asset.name: asset for asset in setup.inventory.assets}
    if not assets:
        raise UsageError("the inventory lists no asset; inventory/README.md tells how to write one")
    if missing := sorted(only - assets.keys()):
        raise UsageError(f"the inventory has no asset {', '.join(missing)}; `auditor assets list` shows all")
    chosen = [asset for name, asset in assets.items() if not only or name in only]
    return {asset.name: _plan(setup, asset) for asset in chosen}


def judged(plan: AssetPlan, collected: Collected, given: Mapping[type[object], Knowledge]) -> list[Result]:
    """Return the results of one asset's demands. Pure."""
    return judge_all(plan.demands, Facts(plan, collected.answers, given))


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
        excerpt=store.evidence_text,
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


def _plan(setup: Setup, asset: Asset) -> AssetPlan:
    return plan_asset(asset, demands(setup.policy, [asset], setup.content), setup.content)


def _collect(setup: Setup, store: Store, plans: Mapping[str, AssetPlan], *, enrol: bool) -> Iterator[Collected]:
    collecting = setup.settings.collect
    executor: Executor = LocalExecutor(collecting.workers)
    with transports(setup, store.host_keys(), enrol=enrol or collecting.enrol) as channels:
        asker = Asker(channels, Redactor(store.redaction_key()), declared_requests(setup.content))
        yield from executor.run([Job(plan.asset, plan.requests) for plan in plans.values()], asker.ask)


def _followed(setup: Setup, store: Store, results: Iterable[Result]) -> list[Finding]:
    names = [asset.name for asset in setup.inventory.assets]
    return reconcile(store.findings(), results, setup.policy.waivers, setup.solutions, now=_now(), inventory=names)


def _digest(plans: Iterable[AssetPlan]) -> str:
    """Return what tells one audit's assets from another's, so that only the same audit is resumed."""
    return hashlib.sha256("\0".join(sorted(_written(plan.asset) for plan in plans)).encode()).hexdigest()


def _written(asset: Asset) -> str:
    """Return an asset as a text that is the same in every process: the order of a set is not."""
    values = (getattr(asset, field.name) for field in fields(asset))
    return repr([sorted(value) if isinstance(value, frozenset) else value for value in values])


def _now() -> datetime:
    return datetime.now(UTC)
