"""Verdicts on the notices before and after a login."""

from dataclasses import replace

import pytest

from auditor.facts.banners import Banners
from auditor.facts.ssh import SshServer
from tests.checks.test_ssh import server
from tests.make import UNKNOWN, Case, Verdict, checks, names

banners = checks("banners")

PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
NOTICE = "Authorised users only.\nAll activity is recorded.\n"
GOOD = Banners(NOTICE, NOTICE, "", {"/etc/issue.net": NOTICE}, ("debian", "Debian GNU/Linux"))
OURS = {"text": "authorised users only. All activity  is recorded.".replace("a", "A", 1)}
ONE = [
    (banners.console, "console", "/etc/issue"),
    (banners.network, "network", "/etc/issue.net"),
    (banners.after_login, "after_login", "/etc/motd"),
]


def shows(path: str | None) -> SshServer:
    return server(banner=path)


CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check, *_ in ONE),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check, *_ in ONE),
    *(Case(c, (replace(GOOD, **{f: "\\S \\r"}),), FAIL, (p,), why="signs tell the system") for c, f, p in ONE),
    *(Case(c, (replace(GOOD, **{f: "Debian 12"}),), FAIL, (p,), why="its name is told") for c, f, p in ONE),
    *(Case(c, (replace(GOOD, **{f: NOTICE}),), PASS, settings=OURS, why="it is ours") for c, f, _ in ONE),
    *(Case(c, (replace(GOOD, **{f: "Hello"}),), FAIL, (p,), OURS, why="it is another notice") for c, f, p in ONE),
    *(Case(c, (replace(GOOD, **{f: ""}),), FAIL, (p,), OURS, why="there is none") for c, f, p in ONE),
    *(Case(c, (replace(GOOD, **{f: " \n"}),), FAIL, (p,), {"needed": True}, why="it is empty") for c, f, p in ONE),
    *(Case(c, (replace(GOOD, **{f: ""}),), PASS, settings={"needed": False}, why="none is needed") for c, f, _ in ONE),
    *(Case(c, (replace(GOOD, **{f: ""}),), FAIL, (p,), why="there is none by default") for c, f, p in ONE[:2]),
    Case(banners.ssh, (GOOD, shows("/etc/issue.net")), PASS),
    Case(banners.ssh, (GOOD, shows("/etc/issue.net")), PASS, settings=OURS, why="it is ours"),
    Case(banners.ssh, (UNKNOWN, shows("/etc/issue.net")), DONT_KNOW),
    Case(banners.ssh, (GOOD, shows("none")), FAIL, ("Banner",), why="none is shown"),
    Case(banners.ssh, (GOOD, shows("/etc/issue")), FAIL, ("Banner",), why="the file does not exist"),
    Case(banners.ssh, (GOOD, shows("/opt/notice")), DONT_KNOW, why="the file was not read"),
    Case(banners.ssh, (GOOD, shows(None)), DONT_KNOW, why="the setting is not shown"),
    Case(
        banners.ssh, (replace(GOOD, files={"/etc/issue.net": "Debian 12"}), shows("/etc/issue.net")), FAIL, ("Banner",)
    ),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
