"""Each check of router on facts that pass, fail and leave it open."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.ios_config import Banner
from auditor.facts.router import (
    AccessList,
    DeviceServices,
    Line,
    LineKind,
    LoginBlock,
    LoginRules,
    ManagementAccess,
)
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, judged, names, subjects

CHECKS = checks("router")
SSH = frozenset({"ssh"})
GROUP = ("group tacacs+", "local")
CON = Line(kind=LineKind.CONSOLE, first=0, last=0, declared_at=90, protocols=frozenset(), login=GROUP)
AUX = replace(CON, kind=LineKind.AUX, exec=False)
VTY = Line(kind=LineKind.VTY, first=0, last=4, declared_at=95, protocols=SSH, acl="MGMT", login=GROUP)
VTY_5_15 = replace(VTY, first=5, last=15)
ACLS = {"MGMT": AccessList("MGMT", 80, anybody=False), "MGMT6": AccessList("MGMT6", 84, anybody=False)}
ACCESS = ManagementAccess(
    lines=(CON, AUX, VTY, VTY_5_15),
    access_lists=ACLS,
    ipv6=False,
    ssh_version=2,
    banners=(Banner("login", 70, "\nAuthorised  people\nonly.\n"),),
)
RULES = LoginRules(True, {"default": GROUP}, LoginBlock(900, 3, 120))
SERVICES = DeviceServices(
    http=False, https=False, http_acl=None, source_route=False, smart_install=False, discovery=None, extras={}
)


def lines(*changed: Line, **fields: object) -> ManagementAccess:
    """Return the good access with these lines instead."""
    return replace(ACCESS, lines=changed, **fields)


def last(**changed: object) -> ManagementAccess:
    """Return the good access with the last vty range changed."""
    return lines(CON, AUX, VTY, replace(VTY_5_15, **changed))


def acl(**changed: object) -> ManagementAccess:
    """Return the good access with its list changed."""
    return replace(ACCESS, access_lists={"MGMT": replace(ACLS["MGMT"], **changed)})


def served(**changed: object) -> DeviceServices:
    """Return the good services with fields changed."""
    return replace(SERVICES, **changed)


PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
C = CHECKS
BOTH = frozenset({"ssh", "telnet"})

CASES: list[Case] = [
    Case(C.telnet_off, (ACCESS,), PASS),
    Case(C.telnet_off, (last(protocols=BOTH),), FAIL, at=("line vty 5 15",), why="the second range alone takes telnet"),
    Case(C.telnet_off, (last(protocols=frozenset({"rlogin"})),), FAIL, why="rlogin is as clear"),
    Case(C.telnet_off, (lines(replace(AUX, protocols=BOTH), VTY),), FAIL, at=("line aux 0",), why="reverse telnet"),
    Case(C.telnet_off, (last(protocols=frozenset()),), PASS, why="a range takes nothing"),
    Case(C.telnet_off, (last(protocols=None),), OPEN, why="transport input is not shown"),
    Case(C.telnet_off, (lines(CON),), OPEN, why="no vty is shown"),
    Case(C.telnet_off, (UNKNOWN,), OPEN, why="the configuration is unknown"),
    Case(C.ssh_version_2, (ACCESS,), PASS),
    Case(C.ssh_version_2, (replace(ACCESS, ssh_version=1),), FAIL),
    Case(C.ssh_version_2, (replace(ACCESS, ssh_version=None),), OPEN, why="newer releases hide it"),
    Case(C.management_acl, (ACCESS,), PASS),
    Case(C.management_acl, (last(acl=None),), FAIL, at=("line vty 5 15",), why="one range has none"),
    Case(C.management_acl, (last(acl=None, protocols=frozenset()),), PASS, why="the bare range takes no sessions"),
    Case(C.management_acl, (last(acl="GONE"),), FAIL, at=("line vty 5 15",), why="the list is not defined"),
    Case(C.management_acl, (acl(empty=True),), FAIL, why="the list is empty"),
    Case(C.management_acl, (acl(anybody=True),), FAIL, why="the list permits any"),
    Case(C.management_acl, (acl(anybody=None),), OPEN, why="the list hangs on a group"),
    Case(C.management_acl, (lines(VTY, ipv6=True),), FAIL, at=("line vty 0 4 over IPv6",), why="IPv6 is forgotten"),
    Case(C.management_acl, (lines(replace(VTY, acl6="MGMT6"), ipv6=True),), PASS, why="IPv6 is guarded too"),
    Case(C.management_acl, (lines(CON),), OPEN, why="no vty is shown"),
    Case(C.exec_timeout, (ACCESS,), PASS, why="the default of ten minutes holds"),
    Case(C.exec_timeout, (ACCESS,), FAIL, settings={"longest_minutes": 5}, why="five are demanded"),
    Case(C.exec_timeout, (lines(replace(CON, idle_seconds=0), VTY),), FAIL, at=("line con 0",), why="never"),
    Case(C.exec_timeout, (last(idle_seconds=601),), FAIL, at=("line vty 5 15",), why="one second too long"),
    Case(C.exec_timeout, (last(idle_seconds=30),), PASS, why="only seconds are set"),
    Case(C.exec_timeout, (lines(replace(AUX, idle_seconds=0), VTY),), PASS, why="the line gives no session"),
    Case(C.exec_timeout, (lines(),), OPEN, why="no line is shown"),
    Case(C.login_required, (ACCESS,), PASS),
    Case(C.login_required, (lines(replace(CON, login=("none",)), VTY),), FAIL, at=("line con 0",)),
    Case(C.login_required, (last(login=("group x", "none")),), FAIL, at=("line vty 5 15",), why="none comes second"),
    Case(C.login_required, (lines(replace(AUX, login=("none",)), VTY),), PASS, why="no exec on it"),
    Case(C.login_required, (last(login=(), login_list="GONE"),), OPEN, why="the list is not defined"),
    Case(C.login_required, (last(login=None),), OPEN, why="login is not shown"),
    Case(C.aux_closed, (ACCESS,), PASS),
    Case(C.aux_closed, (lines(replace(AUX, exec=True)),), FAIL, at=("line aux 0",)),
    Case(C.aux_closed, (lines(CON, VTY),), NONE, why="there is no auxiliary port"),
    Case(C.aux_closed, (UNKNOWN,), OPEN),
    Case(C.aaa, (RULES,), PASS),
    Case(C.aaa, (LoginRules(False, {}, None),), FAIL, at=("aaa new-model",)),
    Case(C.aaa, (replace(RULES, lists={"VTY": GROUP}),), FAIL, why="there is no default list"),
    Case(C.aaa, (replace(RULES, lists={"default": ("local", "group x")}),), FAIL, why="local comes first"),
    Case(C.aaa, (replace(RULES, lists={"default": ("local",)}),), PASS, settings={"servers": False}),
    Case(C.aaa, (UNKNOWN,), OPEN),
    Case(C.login_block, (RULES,), PASS),
    Case(C.login_block, (replace(RULES, block=None),), FAIL),
    Case(C.login_block, (replace(RULES, block=LoginBlock(900, 50, 120)),), FAIL, at=("login block-for attempts",)),
    Case(C.login_block, (replace(RULES, block=LoginBlock(1, 3, 1)),), FAIL, why="the pause is a second"),
    Case(C.login_block, (UNKNOWN,), OPEN),
    Case(C.login_banner, (ACCESS,), PASS),
    Case(C.login_banner, (ACCESS,), PASS, settings={"phrase": "authorised people ONLY"}, why="spaces are folded"),
    Case(C.login_banner, (ACCESS,), FAIL, settings={"phrase": "all is recorded"}, why="the phrase is missing"),
    Case(C.login_banner, (replace(ACCESS, banners=()),), FAIL),
    Case(C.login_banner, (replace(ACCESS, banners=(Banner("exec", 1, "Hi"),)),), FAIL, why="it comes after the login"),
    Case(C.login_banner, (replace(ACCESS, banners=(Banner("motd", 1, " \n"),)),), FAIL, why="it is blank"),
    Case(C.login_banner, (UNKNOWN,), OPEN),
    Case(C.http_off, (SERVICES,), PASS),
    Case(C.http_off, (served(http=True),), FAIL),
    Case(C.http_off, (served(http=None),), OPEN, why="it is not shown"),
    Case(C.web_acl, (SERVICES, ACCESS), NONE, why="there is no web server"),
    Case(C.web_acl, (served(https=True, http_acl="MGMT"), ACCESS), PASS),
    Case(C.web_acl, (served(https=True), ACCESS), FAIL),
    Case(C.web_acl, (served(https=True, http_acl="GONE"), ACCESS), FAIL, why="the list is not defined"),
    Case(C.web_acl, (served(https=None), ACCESS), OPEN, why="it is not shown"),
    Case(C.source_route_off, (SERVICES,), PASS),
    Case(C.source_route_off, (served(source_route=True),), FAIL),
    Case(C.source_route_off, (served(source_route=None),), OPEN),
    Case(C.smart_install_off, (SERVICES,), PASS),
    Case(C.smart_install_off, (served(smart_install=True),), FAIL),
    Case(C.smart_install_off, (served(smart_install=None),), OPEN),
    Case(C.unneeded_services_off, (SERVICES,), PASS),
    Case(C.unneeded_services_off, (served(extras={"ip finger": 12}),), FAIL, at=("ip finger",)),
    Case(C.unneeded_services_off, (served(extras={"ip finger": 12}),), PASS, settings={"allowed": {"ip finger"}}),
    Case(C.unneeded_services_off, (UNKNOWN,), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for _, check in getmembers(CHECKS, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id


def test_a_violation_stands_beside_what_is_open() -> None:
    """One range that takes telnet is a fail although another range's default is unknown."""
    result = judged(C.telnet_off, lines(replace(VTY, protocols=None), replace(VTY_5_15, protocols=BOTH)))

    assert (result.verdict, subjects(result), len(result.undecided)) == (FAIL, ("line vty 5 15",), 1)
