"""The whole audit on one page, in the order in which data flows.

inventory -> demands -> collect -> evidence -> facts -> results -> findings -> recommendations -> projects -> reports
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from auditor.collect.ask import Asker, Collected, Job, declared_requests
from auditor.collect.executor import Executor, LocalExecutor
from auditor.collect.facts import Facts
from auditor.collect.plan import AssetPlan, plan_asset
from auditor.collect.redact import Redactor
from auditor.errors import NothingAnswered, UsageError
from auditor.evaluate import judge_all
from auditor.findings import reconcile
from auditor.model.asset import Asset
from auditor.model.evidence import Knowledge
from auditor.model.finding import Finding
from auditor.model.result import Result
from auditor.policy.demands import demands
from auditor.setup import Setup, ambient, transports
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


def audit(
    setup: Setup, store: Store, progress: Progress, *, only: frozenset[str] = frozenset(), enrol: bool = False
) -> Audited:
    """Ask every asset in scope, judge what it said, and follow the findings. Raises NothingAnswered.

    Each asset is committed as it is done. An audit of the same assets, policy and inventory that was interrupted is
    taken up where it stopped.
    """
    plans = plan(setup, only)
    with store.audit_lock():
        run = store.resume_or_begin(setup.policy, _digest(plans.values()), tuple(plans), now=datetime.now(UTC))
        unfinished = {name: plan for name, plan in plans.items() if name not in run.finished}
        progress.begins(len(plans), len(run.finished))
        given = ambient(run.started_at.date(), setup.workspace.root / "intel")
        for collected in _collect(setup, store, unfinished, enrol=enrol):
            results = judged(plans[collected.asset.name], collected, given)
            store.save_asset(run.id, collected, results)
            progress.asked(collected, results)
        results = tuple(store.results(run.id))
        findings = reconcile(store.findings(), results, setup.policy.waivers, setup.solutions, now=datetime.now(UTC))
        store.finish_audit(run.id, findings, now=datetime.now(UTC))
        if not store.reached(run.id):
            raise NothingAnswered(f"no asset answered, of {len(plans)}; `auditor evidence list` says why")
    return Audited(run.id, results, tuple(findings))


def plan(setup: Setup, only: frozenset[str] = frozenset()) -> dict[str, AssetPlan]:
    """Return what each asset has to be asked for the policy. Raises UsageError for names that the inventory lacks."""
    assets = {asset.name: asset for asset in setup.inventory.assets}
    if missing := sorted(only - assets.keys()):
        raise UsageError(f"the inventory has no asset {', '.join(missing)}; `auditor assets list` shows all")
    chosen = [asset for name, asset in assets.items() if not only or name in only]
    return {asset.name: _plan(setup, asset) for asset in chosen}


def judged(plan: AssetPlan, collected: Collected, given: Mapping[type[object], Knowledge]) -> list[Result]:
    """Return the results of one asset's demands. Pure."""
    return judge_all(plan.demands, Facts(plan, collected.answers, given))


def _plan(setup: Setup, asset: Asset) -> AssetPlan:
    return plan_asset(asset, demands(setup.policy, [asset], setup.content), setup.content)


def _collect(setup: Setup, store: Store, plans: Mapping[str, AssetPlan], *, enrol: bool) -> Iterator[Collected]:
    asker = Asker(
        transports(setup, store.host_keys(), enrol=enrol or setup.settings.collect.enrol),
        Redactor(store.redaction_key()),
        declared_requests(setup.content),
    )
    executor: Executor = LocalExecutor(setup.settings.collect.workers)
    return executor.run([Job(plan.asset, plan.requests) for plan in plans.values()], asker.ask)


def _digest(plans: Iterable[AssetPlan]) -> str:
    """Return what tells one audit's assets from another's, so that only the same audit is resumed."""
    return hashlib.sha256("\0".join(sorted(repr(plan.asset) for plan in plans)).encode()).hexdigest()
