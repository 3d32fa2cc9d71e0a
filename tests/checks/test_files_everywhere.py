"""Verdicts on all files of a host: an orderly one, and one thing found at a time."""

import pytest

from auditor.facts.search import Found, Search
from tests.make import UNKNOWN, Case, Verdict, checks, names

content = checks("files_everywhere")
PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
DEEP = Search(short=(("", "folders lie more than 24 deep"),))
KINDS = [
    (content.world_writable, "writable_files", "w"),
    (content.sticky_everywhere, "open_folders", "s"),
    (content.owned, "unowned", "u"),
    (content.group_owned, "ungrouped", "g"),
]


def found(kind: str, *paths: str, short: tuple[tuple[str, str], ...] = ()) -> Search:
    return Search(**{kind: tuple(Found(path, 0o777, 4242) for path in paths)}, short=short)  # type: ignore[arg-type]


EACH = [
    case
    for check, kind, letter in KINDS
    for case in (
        Case(check, (Search(),), PASS),
        Case(check, (found(kind, "/srv/a", "/srv/b"),), FAIL, ("/srv/a", "/srv/b")),
        Case(check, (found(kind, "/srv/a"),), PASS, settings={"excepted": frozenset({"/srv/*"})}),
        Case(check, (found("set_id", "/srv/a"),), PASS, why="something else was found"),
        Case(check, (DEEP,), DONT_KNOW, why="the search was cut short"),
        Case(check, (found(kind, "/srv/a", short=((letter, "more"),)),), FAIL, why="one is enough"),
        Case(check, (Search(short=((letter, "more than 1000 were found"),)),), DONT_KNOW, why="there are more"),
        Case(check, (Search(short=(("x", "more than 1000 were found"),)),), PASS, why="there are more of others"),
        Case(check, (UNKNOWN,), DONT_KNOW),
    )
]
USUAL = (
    "/usr/bin/sudo",
    "/bin/su",
    "/usr/lib/x86_64-linux-gnu/utempter/utempter",
    "/usr/lib64/dbus-1.0/dbus-daemon-launch-helper",
)
CASES: list[Case] = [
    *EACH,
    Case(content.set_id_known, (found("set_id", *USUAL),), PASS, why="distributions have them"),
    Case(content.set_id_known, (found("set_id", "/usr/local/bin/sudo"),), FAIL, ("/usr/local/bin/sudo",)),
    Case(content.set_id_known, (found("set_id", "/home/kim/usr/bin/sudo"),), FAIL, why="it is a copy"),
    Case(content.set_id_known, (found("set_id", "/tmp/sh"),), PASS, settings={"more": frozenset({"/tmp/sh"})}),
    Case(content.set_id_known, (found("set_id", "/bin/su"),), FAIL, settings={"allowed": frozenset({"/usr/bin/sudo"})}),
    Case(content.set_id_known, (DEEP,), DONT_KNOW, why="the search was cut short"),
    Case(content.set_id_known, (UNKNOWN,), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
