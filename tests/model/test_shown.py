"""Values as people read them."""

import pytest

from auditor.model.check import Value, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1.5, "1.5"),
        ("", "empty"),
        ("no", "no"),
        ((), "none"),
        (frozenset(), "none"),
        (("b", "a"), "b, a"),
        (frozenset({"b", "a"}), "a, b"),
        (frozenset({10, 9, 2.5}), "2.5, 9, 10"),
        (frozenset({"x", 10, None, 10**400}), f"10, {10**400}, not set, x"),
        ((1, (2, 3), frozenset({"d", "c"})), "1, (2, 3), (c, d)"),
        ("a\nb\x1b[31m\0\ud800\u202eé", "a\\nb\\x1b[31m\\x00\\ud800\\u202eé"),
    ],
)
def test_shown(value: Value, text: str) -> None:
    """Sets are in order, numbers by size; nothing that moves a cursor or hides a letter gets through."""
    assert shown(value) == text


def test_long_values_are_cut_and_never_look_alike() -> None:
    """Two values that differ only after the cut are told apart by their digests."""
    one, other = shown("x" * 10_000 + "1"), shown("x" * 10_000 + "2")

    assert one.startswith("x" * 4000 + "... (10001 characters, SHA-256 ")
    assert one != other
    assert len(one) < 4100
    assert shown("x" * 4000) == "x" * 4000
