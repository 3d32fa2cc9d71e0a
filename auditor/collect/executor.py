"""Where jobs run: an interface, and the pool of threads that serves one machine."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from auditor.collect.ask import Job
from auditor.collect.turns import Share, Turns

DoneT = TypeVar("DoneT")
_MOMENT: Final = 0.5  # seconds of outcomes that are lost when the machine dies: those assets are asked again
_MOST: Final = 100  # outcomes at one go


class Executor(Protocol):
    """Runs jobs somewhere and yields their outcomes as they come in."""

    def run(self, jobs: Iterable[Job], work: Callable[[Job], DoneT]) -> Iterator[list[DoneT]]:
        """Yield what came of the jobs that finished since the last time, in the order in which they did."""
        ...


def unlimited(share: Share) -> int:
    """Set no limit."""
    del share
    return 0


@dataclass(frozen=True)
class LocalExecutor:
    """A pool of daemon threads: a fleet is waited for, not computed, and Ctrl-C need not wait for a hanging host.

    `most` says how many jobs may use a zone, a site or a credential at once; 0 is no limit.
    """

    workers: int = 50
    most: Callable[[Share], int] = field(default=unlimited)

    def run(self, jobs: Iterable[Job], work: Callable[[Job], DoneT]) -> Iterator[list[DoneT]]:
        """Yield outcomes as they come in; closing the generator starts no further job.

        Jobs are taken from the iterable by a thread of its own: it may wait for them to come. What it raises, and what
        `work` raises, is raised here.
        """
        turns: Turns[Job] = Turns(shares, self.most)
        done: queue.Queue[DoneT | _Failed | None] = queue.Queue(maxsize=2 * self.workers)  # a slow store slows asking
        left = _Countdown(self.workers)
        threading.Thread(target=_feed, args=(jobs, turns, done), name="jobs", daemon=True).start()
        for number in range(self.workers):
            threading.Thread(target=_serve, args=(turns, work, done, left), name=f"ask-{number}", daemon=True).start()
        try:
            while lot := _lot(done):
                yield lot
        finally:
            turns.stop()


def shares(job: Job) -> tuple[Share, ...]:
    """Return what a job uses of what others use too: its zone, its site and its credentials."""
    credentials = {("credential", access.credential) for access in job.requests if access.credential}
    places = (("zone", job.asset.zone), ("site", job.asset.site))
    return (*[share for share in places if share[1]], *sorted(credentials))


@dataclass(frozen=True, slots=True)
class _Failed:
    """A mistake of our own in another thread."""

    error: BaseException


def _lot(done: "queue.Queue[DoneT | _Failed | None]") -> list[DoneT]:
    """Return what comes within a moment of the first, to be stored at one go; nothing when all is through."""
    lot: list[DoneT] = []
    one = done.get()
    until = time.monotonic() + _MOMENT
    while one is not None:
        if isinstance(one, _Failed):
            raise one.error
        lot.append(one)
        left = until - time.monotonic()
        if left <= 0 or len(lot) == _MOST:
            return lot
        try:
            one = done.get(timeout=left)
        except queue.Empty:
            return lot
    if lot:
        done.put(None)  # for the next time
    return lot


class _Countdown:
    """Counts threads down; the last one is told that it is."""

    def __init__(self, count: int) -> None:
        self._count, self._lock = count, threading.Lock()

    def last(self) -> bool:
        with self._lock:
            self._count -= 1
            return self._count == 0


def _feed(jobs: Iterable[Job], turns: Turns[Job], done: "queue.Queue[DoneT | _Failed | None]") -> None:
    try:
        for job in jobs:
            if not turns.add(job):
                break
    except BaseException as error:  # noqa: BLE001  (raised again where the outcomes are read)
        done.put(_Failed(error))
    finally:
        turns.end()


def _serve(
    turns: Turns[Job],
    work: Callable[[Job], DoneT],
    done: "queue.Queue[DoneT | _Failed | None]",
    left: _Countdown,
) -> None:
    while (job := turns.take()) is not None:
        try:
            done.put(work(job))
        except BaseException as error:  # noqa: BLE001  (raised again where the outcomes are read)
            done.put(_Failed(error))
        finally:
            turns.finish(job)
    if left.last():
        done.put(None)
