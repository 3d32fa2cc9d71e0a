"""Whose turn it is to be asked: no zone, site or credential is asked more at once than it bears."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from auditor.settings import LimitSettings

WorkT = TypeVar("WorkT")
Share = tuple[str, str]  # what is shared, such as ("zone", "dmz")


def at_once(limits: LimitSettings) -> Callable[[Share], int]:
    """Return how many assets may use a zone, a site or a credential at once; 0 is no limit."""
    of = {"zone": limits.of_zone, "site": limits.of_site, "credential": limits.of_credential}
    return lambda share: of[share[0]](share[1])


class Turns(Generic[WorkT]):
    """Hands out work in the order in which it came, except that what may not start yet lets others go first.

    Any number of threads may add, take and finish.
    """

    def __init__(self, shares: Callable[[WorkT], tuple[Share, ...]], most: Callable[[Share], int]) -> None:
        """Ask `shares` what a piece of work uses, and `most` how many may use that at once; 0 is no limit."""
        self._shares, self._most = shares, most
        self._lines: dict[tuple[Share, ...], deque[tuple[int, WorkT]]] = {}
        self._busy: Counter[Share] = Counter()
        self._number = 0
        self._ended = False
        self._changed = threading.Condition()

    def add(self, work: WorkT) -> bool:
        """Put work at the end of the line; return False when nobody takes any more."""
        with self._changed:
            if self._ended:
                return False
            used = tuple(share for share in self._shares(work) if self._most(share))
            self._lines.setdefault(used, deque()).append((self._number, work))
            self._number += 1
            self._changed.notify()
            return True

    def end(self) -> None:
        """Say that no more is to come: whoever takes from now on gets what is left, and then nothing."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Drop what nobody has taken, and end."""
        with self._changed:
            self._lines.clear()
            self._ended = True
            self._changed.notify_all()

    def take(self) -> WorkT | None:
        """Wait for work that may start now; None when no more is to come."""
        with self._changed:
            while True:
                if (used := self._next()) is not None:
                    _, work = self._lines[used].popleft()
                    if not self._lines[used]:
                        del self._lines[used]
                    self._busy.update(used)
                    return work
                if self._ended and not self._lines:
                    return None
                self._changed.wait()

    def finish(self, work: WorkT) -> None:
        """Give back what a piece of work used."""
        with self._changed:
            self._busy.subtract([share for share in self._shares(work) if self._most(share)])
            self._changed.notify_all()

    def _next(self) -> tuple[Share, ...] | None:
        """Return the line whose first has waited for the longest time, of those that may go."""
        free = [used for used in self._lines if all(self._busy[share] < self._most(share) for share in used)]
        return min(free, key=lambda used: self._lines[used][0][0], default=None)
