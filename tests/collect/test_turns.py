"""Whose turn it is: limits hold whatever the threads do, and nobody waits for what others hold."""

import threading
from collections import Counter

import pytest

from auditor.collect.turns import Share, Turns, at_once
from auditor.settings import LimitSettings

LIMITS = {("zone", "dmz"): 2, ("credential", "key"): 3}


def turns(*work: tuple[str, ...]) -> Turns[tuple[str, ...]]:
    """Return turns for work that is written as its number, its zone and its credential."""
    made: Turns[tuple[str, ...]] = Turns(shares, lambda share: LIMITS.get(share, 0))
    for one in work:
        made.add(one)
    made.end()
    return made


def shares(work: tuple[str, ...]) -> tuple[Share, ...]:
    """Return what a piece of work uses."""
    return tuple((kind, name) for kind, name in zip(("zone", "credential"), work[1:], strict=False) if name)


def test_what_may_not_start_lets_others_go_first():
    """The third of a zone that bears two waits, and the office does not."""
    line = turns(("1", "dmz"), ("2", "dmz"), ("3", "dmz"), ("4", "office"))
    first, second, other = (line.take() for _ in range(3))
    assert [("1", "dmz"), ("2", "dmz"), ("4", "office")] == [first, second, other]
    assert first is not None
    line.finish(first)
    assert ("3", "dmz") == line.take()
    assert line.take() is None


def test_work_that_uses_two_things_waits_for_both():
    """A free zone does not help when the credential is in use as often as it may be."""
    line = turns(("1", "a", "key"), ("2", "b", "key"), ("3", "c", "key"), ("4", "d", "key"), ("5", "e", ""))
    assert ["1", "2", "3", "5"] == [work[0] for _ in range(4) if (work := line.take())]


def test_no_limit_is_ever_passed_by_many_threads():
    """Sixteen threads and four hundred pieces of work: never more than two in the zone, and all are done."""
    line = turns(*((str(number), "dmz" if number % 2 else "office", "key") for number in range(400)))
    lock, busy, most, done = threading.Lock(), Counter[Share](), Counter[Share](), []

    def serve() -> None:
        while (work := line.take()) is not None:
            with lock:
                busy.update(shares(work))
                for share in shares(work):
                    most[share] = max(most[share], busy[share])
            with lock:
                busy.subtract(shares(work))
                done.append(work)
            line.finish(work)

    threads = [threading.Thread(target=serve) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert 400 == len(done)
    assert most["zone", "dmz"] <= 2
    assert most["credential", "key"] <= 3


def test_stopping_drops_what_nobody_took():
    """Whoever waits is told that no more is to come."""
    line: Turns[tuple[str, ...]] = Turns(shares, lambda _: 0)
    line.add(("1", "dmz"))
    line.stop()
    assert line.take() is None
    assert not line.add(("2", "dmz"))


@pytest.mark.parametrize(
    ("share", "limit"),
    [
        (("zone", "dmz"), 1),
        (("zone", "office"), 5),
        (("site", "berlin"), 2),
        (("site", "paris"), 0),
        (("credential", "key"), 0),
        (("credential", "tacacs"), 4),
    ],
)
def test_limits_are_those_of_the_settings(share, limit):
    """A name's own number wins over the one for all; 0 is no limit."""
    settings = LimitSettings(per_zone=5, zones={"dmz": 1}, sites={"berlin": 2}, credentials={"tacacs": 4})
    assert limit == at_once(settings)(share)
