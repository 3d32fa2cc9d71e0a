"""What is remembered takes no more room than it was given, and what is needed stays."""

from auditor.collect.distinct import Distinct


def test_what_was_put_is_got():
    """Nothing else is."""
    known: Distinct[str, int] = Distinct(10)
    known.put("a", 1)
    assert (1, None) == (known.get("a"), known.get("b"))


def test_room_is_never_exceeded_and_the_unneeded_goes_first():
    """Of a thousand values at most a hundred stay; the one that is asked for again and again is among them."""
    known: Distinct[int, int] = Distinct(100)
    known.put(0, 0)
    for number in range(1, 1000):
        known.put(number, number)
        assert 0 == known.get(0)
    left = [number for number in range(1000) if known.get(number) is not None]
    assert 50 <= len(left) <= 100
    assert 999 in left


def test_a_value_that_would_take_all_the_room_is_not_kept():
    """It would drive everything else out."""
    known: Distinct[str, str] = Distinct(100)
    known.put("small", "x", 1)
    known.put("huge", "x" * 90, 90)
    assert ("x", None) == (known.get("small"), known.get("huge"))
