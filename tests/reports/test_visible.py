"""Text that an asset chose cannot hide, turn around or flood."""

import pytest

from auditor.reports.visible import excerpt, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, Zürich, 東京", "plain text, Zürich, 東京"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("two\nlines\r", r"two\nlines\r"),
        ("\ud800", r"\ud800"),
        ("\x00", r"\x00"),
        ("\u2028", r"\u2028"),
    ],
)
def test_what_a_screen_would_not_show_is_spelled_out(text: str, shown: str) -> None:
    assert shown == visible(text)


def test_an_excerpt_shows_the_lines_that_matter() -> None:
    """A line on each side, whatever its case, and how much was left out."""
    text = "".join(f"line {number}\n" for number in range(10)) + "PermitRootLogin yes\nlast\nvery last\n"

    shown = excerpt(text, ["permitrootlogin"])

    assert shown == ("[... 9 lines left out]", "line 9", "PermitRootLogin yes", "last", "[... 1 line left out]")


def test_an_excerpt_without_a_match_is_the_beginning() -> None:
    """Short words match everywhere and are not looked for."""
    shown = excerpt("no\n" * 20, ["no", "absent"])

    assert shown == (*["no"] * 12, "[... 8 lines left out]")


def test_an_excerpt_is_short_whatever_was_answered() -> None:
    """A million matches on a million-character line give some lines of some width."""
    shown = excerpt(("x" * 1_000_000 + "\n") * 3 + "word\n" * 100_000, ["word", "xxx"])

    assert len(shown) <= 14
    assert max(map(len, shown)) < 300
    assert shown[0].endswith("[... 999760 characters left out]")


def test_an_excerpt_of_nothing() -> None:
    assert excerpt("", ["word"]) == ("",)
