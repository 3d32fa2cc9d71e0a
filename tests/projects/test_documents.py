"""Drafts as documents: whatever an asset said is text in them."""

import json
from dataclasses import replace

from auditor.model.finding import FindingState
from auditor.projects import Terms, as_json, as_markdown, propose
from auditor.recommend import recommend
from tests.make import NOW
from tests.reports.made import POLICY, SOLUTIONS, finding

HOSTILE = "a|b\n# x\n<img src=x> [l](http://e) `c` \x1b[31m\u202e"


def draft(name: str = "web-01"):
    """Return the draft of a project about one asset."""
    found = [replace(finding(name, FindingState.OPEN), subject=name)]
    return propose(recommend(found, SOLUTIONS, POLICY)[0], {name: name}, Terms("EUR", 80.0), today=NOW.date())


def test_markdown_has_what_a_project_manager_needs() -> None:
    """Goal, scope, effort, the four bases, tasks and the findings that it closes."""
    text = as_markdown(draft())

    assert text.startswith("# Set up SSH by one template\n")
    assert "**Effort and cost.** 2.0 hours expected, 160 EUR." in text
    assert "| T1 | Do it: web-01 | web-01 | 1 / 2 / 3 | 160 | - |" in text
    for words in (
        "- Experience: ",
        "- Company policy: ",
        "- Audit result: ",
        "- Current trend: ",
        "**Still missing.** ",
    ):
        assert words in text
    assert f"- `{draft().closes[0]}` high: web-01, ssh.root, web-01" in text


def test_hostile_names_change_nothing_of_the_document() -> None:
    """No heading, row, link, element or terminal sequence comes from a name."""
    text, plain = as_markdown(draft(HOSTILE)), as_markdown(draft())

    assert len(text.splitlines()) == len(plain.splitlines())
    assert r"a\|b \# x \<img src=x\> \[l\](http://e) \`c\`" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_json_has_every_number() -> None:
    """Programs get what the Markdown shows, unrounded words and all four bases."""
    told = json.loads(json.dumps(as_json(draft(HOSTILE)), default=str))

    assert (told["hours_expected"], told["cost"], told["currency"]) == (2.0, 160.0, "EUR")
    assert told["tasks"][0]["hours"] == {"low": 1, "likely": 2, "high": 3, "expected": 2.0}
    assert set(told["bases"]) == {"experience", "company_policy", "audit_result", "current_trend"}
    assert told["scope"] == [HOSTILE]
