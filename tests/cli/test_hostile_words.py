"""Words of a device that a terminal would obey."""

import json

from auditor.cli.console import as_json, shown

WORDS = "\x1b[2J\x9b31m\x7f\u202egnp.exe\u2066\u200b\x00\udc80\U000e0041 \u00e9 \u4e2d\n[bold]x[/]"


def test_json_shows_no_terminal_code_and_says_the_same() -> None:
    """JSON escapes only the codes below a blank; terminals obey 0x9b as well, and bidi overrides reorder a line."""
    text = as_json({"problem": WORDS, WORDS: [WORDS]}, indent=2)

    assert json.loads(text) == {"problem": WORDS, WORDS: [WORDS]}
    assert all(sign == "\n" or sign.isprintable() for sign in text)
    assert "\u00e9 \u4e2d" in text
    text.encode("utf-8")


def test_lines_for_people_show_no_terminal_code() -> None:
    """Nor a line that the device made up."""
    assert all(sign.isprintable() for sign in shown(WORDS))
    assert "[bold]x[/]" in shown(WORDS)
