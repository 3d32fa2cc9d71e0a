"""Where jobs run: an interface, and the pool of threads that serves one machine."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from auditor.collect.ask import Collected, Job


class Executor(Protocol):
    """Runs jobs somewhere and yields each outcome as it comes in."""

    def run(self, jobs: Iterable[Job], work: Callable[[Job], Collected]) -> Iterator[Collected]:
        """Yield what came of each job, in the order in which they finish."""
        ...


@dataclass(frozen=True, slots=True)
class LocalExecutor:
    """A pool of daemon threads: a fleet is waited for, not computed, and Ctrl-C need not wait for a hanging host."""

    workers: int = 50

    def run(self, jobs: Iterable[Job], work: Callable[[Job], Collected]) -> Iterator[Collected]:
        """Yield outcomes as they come in; closing the generator starts no further job."""
        waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        done: queue.Queue[Collected] = queue.Queue(maxsize=2 * self.workers)  # a slow store slows the asking
        stopped = threading.Event()

        def serve() -> None:
            while (job := waiting.get()) is not None and not stopped.is_set():
                done.put(work(job))

        listed = list(jobs)
        for job in listed:
            waiting.put(job)
        for _ in range(count := min(self.workers, len(listed))):
            waiting.put(None)
        for number in range(count):
            threading.Thread(target=serve, name=f"ask-{number}", daemon=True).start()
        try:
            for _ in listed:
                yield done.get()
        finally:
            stopped.set()
