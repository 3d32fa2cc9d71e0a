"""Checks of known weaknesses on hosts that are mended, behind, open to what nobody mended, and in part unknown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from inspect import getmembers

import pytest

from auditor.facts.ambient import Advisory, Exploited, ExploitScores, State, Today
from auditor.facts.weaknesses import UNPLACED, Unjudged, Weakness, Weaknesses
from auditor.model.check import Check
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, judged, names

C = checks("vulnerabilities")
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
TODAY = Today(date(2026, 11, 22))
TOLD = "Debian security tracker as of 2026-11-20"
CLEAN = Weaknesses("dpkg", "debian/bookworm", date(2026, 11, 20), TOLD, ())
KEV = Exploited(date(2026, 11, 18), {"CVE-2025-2": date(2025, 5, 1)})
NO_KEV = replace(KEV, as_of=date(2025, 8, 25))
EPSS = ExploitScores(date(2026, 11, 20), {"CVE-2025-1": 0.001, "CVE-2025-2": 0.9, "CVE-2025-3": 0.1})
UNSCORED = ExploitScores()
EVERY = {"advisories_max_days": 10_000}


def weakness(
    *ids: str, state: State = State.FIXED, fixed: str = "3.0.17-1", note: str = "", source: str = "openssl"
) -> Weakness:
    """Return a weakness of what is installed."""
    bound = "" if state in {State.OPEN, State.UNDETERMINED} else fixed
    return Weakness(source, "3.0.15-1", ("libssl3",), Advisory(ids, state, bound, note))


def host(*found: Weakness, **more: object) -> Weaknesses:
    """Return a host with weaknesses."""
    return replace(CLEAN, found=found, **more)  # type: ignore[arg-type]


ONE = weakness("CVE-2025-1")
TWO = weakness("CVE-2025-2")
UNMENDED = weakness("CVE-2025-2", state=State.OPEN, note="postponed")
UNCLEAR = weakness("CVE-2025-2", state=State.UNDETERMINED)
UNREAD = weakness("CVE-2025-2", state=State.UNREAD, note="more")
PAID = weakness("CVE-2025-2", state=State.PAID)
DOCKER = (Unjudged("Docker bookworm", ("containerd.io", "docker-ce"), "the advisories do not speak of them"),)
STALE = replace(CLEAN, as_of=date(2026, 11, 1))
FUTURE = replace(CLEAN, as_of=date(2027, 1, 1))
SILENT = replace(CLEAN, unmended=False)
MENDED: Mapping[str, object] = {"mended_only": True}
WATCHED: Mapping[str, object] = {"watched_otherwise": frozenset({"Docker bookworm"})}

CASES: list[Case] = [
    Case(C.none_fixable, (CLEAN, TODAY), PASS),
    Case(C.none_fixable, (host(ONE), TODAY), FAIL, ("openssl",)),
    Case(C.none_fixable, (host(ONE, weakness("CVE-2025-9", source="vim")), TODAY), FAIL, ("openssl", "vim")),
    Case(C.none_fixable, (host(ONE, TWO), TODAY), FAIL, ("openssl",), why="one source has several"),
    Case(C.none_fixable, (host(UNMENDED), TODAY), PASS, why="nothing mends it"),
    Case(C.none_fixable, (host(UNCLEAR), TODAY), PASS, why="nobody knows, and nothing mends it"),
    Case(C.none_fixable, (host(UNREAD), TODAY), OPEN, why="the advisory says more than is read"),
    Case(C.none_fixable, (host(PAID), TODAY), PASS, why="only subscribers get it"),
    Case(C.none_fixable, (host(PAID), TODAY), FAIL, ("openssl",), settings={"subscription": True}),
    Case(C.none_fixable, (host(unjudged=DOCKER), TODAY), OPEN, why="nobody speaks of a stranger's packages"),
    Case(C.none_fixable, (host(unjudged=DOCKER), TODAY), PASS, settings=WATCHED, why="somebody follows them"),
    Case(C.none_fixable, (host(ONE, unjudged=DOCKER), TODAY), FAIL, ("openssl",), why="what is seen is seen"),
    Case(C.none_fixable, (host(unjudged=(Unjudged(UNPLACED, ("x",), "?"),)), TODAY), OPEN),
    Case(C.none_fixable, (SILENT, TODAY), PASS, why="it tells of what is mended, and that is asked"),
    Case(C.none_fixable, (STALE, TODAY), OPEN, why="the advisories are old"),
    Case(C.none_fixable, (STALE, TODAY), PASS, settings={"advisories_max_days": 30}),
    Case(C.none_fixable, (FUTURE, TODAY), OPEN, settings=EVERY, why="they are of a day to come"),
    Case(C.none_fixable, (replace(STALE, found=(ONE,)), TODAY), FAIL, ("openssl",), why="old news is still true"),
    Case(C.none_fixable, (UNKNOWN, TODAY), OPEN, why="no advisories were given"),
    Case(C.none_fixable, (ABSENT, TODAY), NONE),
    Case(C.none_exploited, (CLEAN, KEV, TODAY), PASS),
    Case(C.none_exploited, (host(ONE), KEV, TODAY), PASS, why="nobody is known to exploit it"),
    Case(C.none_exploited, (host(TWO), KEV, TODAY), FAIL, ("openssl",)),
    Case(C.none_exploited, (host(UNMENDED), KEV, TODAY), FAIL, ("openssl",), why="attackers do not wait for a fix"),
    Case(C.none_exploited, (host(PAID), KEV, TODAY), FAIL, ("openssl",), why="nor for a subscription"),
    Case(C.none_exploited, (host(TWO), NO_KEV, TODAY), FAIL, ("openssl",), why="an old catalogue is still true"),
    Case(C.none_exploited, (CLEAN, NO_KEV, TODAY), OPEN, why="an old catalogue lacks what is new"),
    Case(C.none_exploited, (CLEAN, NO_KEV, TODAY), PASS, settings={"exploited_max_days": 500}),
    Case(C.none_exploited, (host(UNCLEAR), KEV, TODAY), OPEN, why="whether it is there nobody knows"),
    Case(C.none_exploited, (host(weakness("CVE-2025-1", state=State.UNREAD)), KEV, TODAY), PASS),
    Case(C.none_exploited, (STALE, KEV, TODAY), OPEN),
    Case(C.none_exploited, (host(unjudged=DOCKER), KEV, TODAY), OPEN),
    Case(C.none_exploited, (SILENT, KEV, TODAY), OPEN, why="nobody would tell of what is not mended"),
    Case(C.none_exploited, (SILENT, KEV, TODAY), PASS, settings=MENDED, why="only what is mended counts"),
    Case(C.none_exploited, (host(UNMENDED), KEV, TODAY), PASS, settings=MENDED),
    Case(C.none_exploited, (replace(SILENT, found=(TWO,)), KEV, TODAY), FAIL, ("openssl",)),
    Case(C.none_exploited, (UNKNOWN, KEV, TODAY), OPEN),
    Case(C.none_exploited, (ABSENT, KEV, TODAY), NONE),
    Case(C.none_likely, (CLEAN, EPSS, TODAY), PASS),
    Case(C.none_likely, (host(ONE), EPSS, TODAY), PASS, why="it is unlikely"),
    Case(C.none_likely, (host(TWO), EPSS, TODAY), FAIL, ("openssl",)),
    Case(C.none_likely, (host(weakness("CVE-2025-3")), EPSS, TODAY), FAIL, ("openssl",), why="the bound counts"),
    Case(C.none_likely, (host(weakness("CVE-2025-3")), EPSS, TODAY), PASS, settings={"epss": 0.5}),
    Case(C.none_likely, (host(UNMENDED), EPSS, TODAY), FAIL, ("openssl",)),
    Case(C.none_likely, (host(UNCLEAR), EPSS, TODAY), OPEN),
    Case(C.none_likely, (host(weakness("CVE-2025-8")), EPSS, TODAY), OPEN, why="it has no score"),
    Case(C.none_likely, (host(weakness("TEMP-0000001-ABCDEF")), EPSS, TODAY), PASS, why="without a CVE it gets none"),
    Case(C.none_likely, (host(ONE), UNSCORED, TODAY), OPEN, why="no scores were given"),
    Case(C.none_likely, (CLEAN, UNSCORED, TODAY), PASS, why="nothing is open that could be scored"),
    Case(C.none_likely, (host(ONE), replace(EPSS, as_of=date(2026, 9, 1)), TODAY), OPEN, why="the scores are old"),
    Case(C.none_likely, (STALE, EPSS, TODAY), OPEN),
    Case(C.none_likely, (SILENT, EPSS, TODAY), OPEN, why="nobody would tell of what is not mended"),
    Case(C.none_likely, (SILENT, EPSS, TODAY), PASS, settings=MENDED),
    Case(C.none_likely, (host(UNMENDED), EPSS, TODAY), PASS, settings=MENDED),
    Case(C.none_likely, (UNKNOWN, EPSS, TODAY), OPEN),
    Case(C.none_likely, (ABSENT, EPSS, TODAY), NONE),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_case_of_each_verdict() -> None:
    """A check without all four is not trusted."""
    for _, check in getmembers(C, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN, NONE} <= {case.verdict for case in CASES if case.check is check}, check.id


def test_a_violation_says_what_is_open_what_mends_it_and_since_when_that_is_known() -> None:
    """The newest of several fixes; the day stands in what is wanted, so that a newer file ends no waiver."""
    older = weakness("CVE-2025-1", fixed="3.0.9-1")
    newer = weakness("CVE-2025-10000", "CVE-2025-999", fixed="3.0.10-1")
    (violation,) = judged(C.none_fixable, host(newer, older), TODAY).violations

    assert violation.found == "3.0.15-1: CVE-2025-1, CVE-2025-999, CVE-2025-10000"
    assert violation.wanted == f"3.0.10-1 or newer ({TOLD})"


def test_only_what_is_exploited_is_named_and_why_nothing_mends_it() -> None:
    """With the day of the catalogue."""
    (violation,) = judged(C.none_exploited, host(ONE, UNMENDED), KEV, TODAY).violations

    assert violation.found == "3.0.15-1: CVE-2025-2"
    assert violation.wanted == (
        f"no version mends all of it in debian/bookworm (postponed) ({TOLD}; CISA KEV as of 2026-11-18)"
    )


def test_a_held_package_is_said_to_be_held() -> None:
    """Nobody wonders then why the update does not come."""
    (violation,) = judged(C.none_fixable, host(replace(ONE, held=True)), TODAY).violations

    assert str(violation.found).endswith("(held back)")


def test_packages_of_others_are_named() -> None:
    """By whose they are."""
    result = judged(C.none_fixable, host(unjudged=DOCKER), TODAY)

    assert "Docker bookworm: containerd.io, docker-ce: the advisories do not speak of them" in result.reason
