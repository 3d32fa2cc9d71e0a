"""A circuit breaker for credentials: a wrong password locks no account on a thousand assets.

A credential that was refused `limit` times is sent nowhere any more. As what is on its way cannot be called back, few
are on their way at once: as many as may still be refused, until the credential has been accepted often enough to
believe in it. Counted across threads, and across processes that are forked after the names were given.
"""

import mmap
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from auditor.errors import AuthenticationRefused, CredentialStopped, TimedOut
from auditor.transports.refusals import Refusals

_BELIEF: Final = 8  # so many log-ins that were accepted let one more be under way
_PARTS: Final = ("", " (enable)", " (sudo)")
_MOST: Final = 32  # under way at once with one credential, however good it is: all of them may be refused


class Attempts:
    """The log-ins of one audit, counted by credential.

    At most `limit` attempts with a credential end in a refusal while it was never accepted, or after it was refused
    once. One that was accepted `n` times and never refused may be on its way to `limit + n // 8` assets at once, 32 at
    most; should all of these refuse it in the same moment, that is how often it was refused.
    """

    def __init__(self, limit: int = 3, names: Iterable[str] = (), refusals: Refusals | None = None) -> None:
        """Allow `limit` refusals a credential; what is to be shared with forked processes is in `names`.

        What a credential has for later is counted for itself: `NAME (enable)`, `NAME (sudo)`. With `refusals`, those
        of the same audit are counted on, though it was killed in between.
        """
        if limit < 1:
            raise ValueError("a credential must be tried once before it can be refused")
        self._limit = limit
        self._lock = threading.Lock()
        self._refusals = refusals
        self._before = refusals.begin() if refusals else Counter[str]()
        every = [f"{name}{part}" for name in names for part in _PARTS]
        self._tallies = {name: _Tally(limit, self._before[name]) for name in every}

    @contextmanager
    def of(self, credential: str, until: float | None = None) -> Iterator[None]:
        """Wait for a turn with a credential; the block sends it. Raises CredentialStopped before it runs.

        AuthenticationRefused that leaves the block is a refusal, its end an acceptance, anything else neither. Raises
        TimedOut when there was no turn before `until`, on the clock of time.monotonic().
        """
        tally = self._tally(credential)
        if not tally.enter(until):
            self.check(credential)
            raise TimedOut(f"credential {credential}: others were still trying it when the time was up")
        refused = accepted = 0
        try:
            yield
            accepted = 1
        except AuthenticationRefused:
            refused = 1
            if self._refusals:
                self._refusals.note(credential)
            raise
        finally:
            tally.leave(refused, accepted)

    def check(self, credential: str) -> None:
        """Raise CredentialStopped if a credential is not to be sent any more."""
        if (refused := self._tally(credential).refused) >= self._limit:
            raise CredentialStopped(f"credential {credential} stopped after {refused} refusals")

    def stopped(self) -> dict[str, int]:
        """Return how often each credential was refused that is not sent any more."""
        counts = {name: tally.refused for name, tally in sorted(self._tallies.items())}
        return {name: refused for name, refused in counts.items() if refused >= self._limit}

    def _tally(self, credential: str) -> "_Tally":
        with self._lock:
            if credential not in self._tallies:
                self._tallies[credential] = _Tally(self._limit, self._before[credential])
            return self._tallies[credential]


class _Tally:
    """What became of one credential so far. The numbers lie in memory that forked processes share."""

    def __init__(self, limit: int, refused: int = 0) -> None:
        context = multiprocessing.get_context("fork")
        turns = max(1, limit - refused)  # of a credential that is stopped, one: for being told so
        self._limit, self._lock, self._turns = limit, context.Lock(), context.Semaphore(turns)
        self._numbers = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")  # refused, accepted, under way, turns
        self._numbers[0], self._numbers[3] = refused, turns

    @property
    def refused(self) -> int:
        return self._numbers[0]

    def enter(self, until: float | None) -> bool:
        """Wait for a turn and take it; return False when time was up or the credential is stopped."""
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            if not self._turns.acquire(timeout=left):
                return False
            with self._lock:
                self._numbers[3] -= 1
                if self.refused >= self._limit:
                    self._give(1)  # the next who waits is to know as well
                    return False
                if self._room() > 0:
                    self._numbers[2] += 1
                    return True

    def leave(self, refused: int, accepted: int) -> None:
        """Count what came of an attempt, and give turns for those who wait."""
        with self._lock:
            for index, change in enumerate((refused, accepted, -1)):
                self._numbers[index] += change
            self._give(1 if self.refused >= self._limit else self._room() - self._numbers[3])

    def _room(self) -> int:
        """Return how many more attempts may be under way now."""
        refused, accepted, under_way = self._numbers[:3]
        most = self._limit - refused if refused else min(self._limit + accepted // _BELIEF, max(_MOST, self._limit))
        return most - under_way

    def _give(self, turns: int) -> None:
        for _ in range(turns):
            self._turns.release()
            self._numbers[3] += 1
