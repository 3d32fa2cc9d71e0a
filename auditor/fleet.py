"""Ask a fleet and judge what it says: in threads, and for a big fleet in a process a core."""

import gc
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from auditor import letters
from auditor.collect.ahead import Ahead, Scan, Sweep, refused
from auditor.collect.ask import Asker, Collected, Job, declared_requests
from auditor.collect.executor import LocalExecutor
from auditor.collect.forks import Answering, Ended, Forks
from auditor.collect.plan import AssetPlan
from auditor.collect.redact import Redactor
from auditor.collect.turns import at_once
from auditor.judging import Judge
from auditor.model.asset import Asset, Channel
from auditor.model.evidence import Knowledge
from auditor.model.result import Judged
from auditor.setup import Setup, transports
from auditor.store.store import Store
from auditor.transports.attempts import Attempts
from auditor.transports.base import Transport

_MANY: Final = 64  # assets; for fewer, another process costs more than it brings

Outcome = tuple[Collected, Judged]
Plans = Mapping[str, AssetPlan]


@dataclass(frozen=True)
class Worker:
    """Asks and judges one asset after another, in any number of threads."""

    plans: Plans
    asker: Asker
    judge: Judge
    jitter: float
    until: float  # on the clock of time.monotonic(), which processes share

    def work(self, job: Job) -> Outcome:
        """Return what came of a job."""
        if time.monotonic() >= self.until:
            job = refused(job, "the time for the audit was up before it was asked")
        elif self.jitter:
            time.sleep(random.uniform(0, self.jitter))
        collected = self.asker.ask(job)
        return collected, self.judge.judge(self.plans[job.asset.name], collected)


@dataclass(frozen=True)
class Fleet:
    """Everything that asking a fleet needs. `given` are the facts that are the same for all assets."""

    setup: Setup
    store: Store
    plans: Plans
    given: Mapping[type[object], Knowledge]
    attempts: Attempts
    enrol: bool = False
    until: float = field(default=float("inf"))

    @contextmanager
    def hands(self, jobs: int) -> Iterator[Callable[[Job], Outcome]]:
        """Give what does the work for so many jobs: this process, or others.

        Whoever enters has no other threads: they would not live on in a fork, but the locks they hold would.
        """
        collect = self.setup.settings.collect
        processes = collect.processes or (_cores() if jobs >= _MANY else 1)
        if processes == 1 or not hasattr(os, "fork"):
            with self._channels(self.store) as channels:
                yield self._worker(self.store, channels).work
            return
        threads = max(1, -(-min(collect.workers, jobs) // processes))
        with self._channels(self.store):  # what they import is imported once, and not by every child
            self.store.rest()
            with Forks(processes, threads, self._child) as forks:
                yield _Elsewhere(self.plans, forks, Judge(self.given)).work

    def outcomes(self, names: Sequence[str], work: Callable[[Job], Outcome]) -> Iterator[list[Outcome]]:
        """Yield what came of these assets, as it comes in. Closing the generator asks nobody else."""
        settings = self.setup.settings
        jobs = [Job(self.plans[name].asset, self.plans[name].requests) for name in names]
        executor = LocalExecutor(max(1, min(settings.collect.workers, len(jobs))), at_once(settings.limits))
        with self._channels(self.store) as channels:
            yield from executor.run(self._ahead(channels).jobs(jobs), work)

    def _ahead(self, channels: Mapping[Channel, Transport]) -> Ahead:
        sweep, scan = channels[Channel.SNMP], channels[Channel.NMAP]
        assert isinstance(sweep, Sweep)
        assert isinstance(scan, Scan)
        return Ahead(sweep, scan, self._closed)

    def _closed(self, asset: Asset) -> str:
        return self.setup.windows.closed(asset, datetime.now(UTC))

    @contextmanager
    def _child(self) -> Iterator[Answering]:
        """Begin in another process: with a database of its own, as the parent's is not to be touched."""
        gc.freeze()  # what the parent loaded stays shared, and is not looked through for garbage again and again
        with self.store.again() as store, self._channels(store) as channels:
            yield _Answers(self.plans, self._worker(store, channels)).answer

    def _worker(self, store: Store, channels: Mapping[Channel, Transport]) -> Worker:
        declared = declared_requests(self.setup.content)
        redactor = Redactor(store.redaction_key(), self.setup.credentials.given_away)
        asker = Asker(channels, redactor, declared, store.last_told(tuple(self.plans)))
        judge = Judge(self.given, store.evidence_text, redactor.host)
        return Worker(self.plans, asker, judge, self.setup.settings.collect.jitter_seconds, self.until)

    def _channels(self, store: Store) -> AbstractContextManager[dict[Channel, Transport]]:
        enrol = self.enrol or self.setup.settings.collect.enrol
        addresses = [address for plan in self.plans.values() for address in plan.asset.addresses]
        return transports(self.setup, store.host_keys(addresses), self.attempts, enrol=enrol)


class _Answers:
    """Answers letters with letters, in a process that asks."""

    def __init__(self, plans: Plans, worker: Worker) -> None:
        self._plans, self._worker, self._writer = plans, worker, letters.Writer()
        self._stored: set[str] = set()  # digests of texts that the parent has had time to store
        self._thread = threading.local()

    def answer(self, letter: bytes) -> bytes:
        plan = self._plans[letters.name_of(letter)]
        self._stored |= getattr(self._thread, "sent", set())  # whoever sends a letter has read the one before
        collected, judged = self._worker.work(letters.job_from(letter, plan))
        said = self._writer.outcome(plan, collected, judged, self._stored)
        self._thread.sent = {answer.digest for answer in collected.answers.values() if answer.digest}
        return said


class _Elsewhere:
    """Has the work done by other processes, and is called from many threads."""

    def __init__(self, plans: Plans, forks: Forks, judge: Judge) -> None:
        self._plans, self._forks, self._judge, self._reader = plans, forks, judge, letters.Reader()

    def work(self, job: Job) -> Outcome:
        plan = self._plans[job.asset.name]
        try:
            return self._reader.outcome(self._forks.answer(letters.job_letter(job, plan)), plan)
        except Ended as why:
            nothing = refused(job, str(why))
            collected = Collected(job.asset, {answer.request: answer for answer in nothing.answers})
            return collected, self._judge.judge(plan, collected)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
