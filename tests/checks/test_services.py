"""Checks of what a host offers to the network."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.host_firewall import HostFirewall, Ports, Way
from auditor.facts.services import EnabledUnits, Listening, Socket
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, names

C = checks("services")
ANY = "0.0.0.0"  # noqa: S104  (an address that is judged, not bound to)
PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
UNITS = EnabledUnits("systemd", frozenset({"ssh", "cron"}))
CLOSED = HostFirewall((Way("IPv4", ("eth0",), outer=True), Way("IPv6", ("eth0",), outer=True)))
OPENED = HostFirewall((Way("IPv4", ("eth0",), outer=True, open=Ports(((0, 65535),))),))


def listens(*more: tuple[str, int, str]) -> Listening:
    """Return a host with SSH, mail on loopback, and more sockets."""
    return Listening((Socket("tcp", 22, ANY), Socket("tcp", 25, "127.0.0.1"), *(Socket(*one) for one in more)))


def units(*more: str) -> EnabledUnits:
    """Return a host that starts SSH, cron and more."""
    return EnabledUnits("systemd", UNITS.names | set(more))


TFTP = frozenset({"tftp"})
ROLE = {"allowed": frozenset({"ssh", "cron", "systemd-*"})}
WEB = frozenset({"tcp/22", "tcp/80"})
EPHEMERAL = listens(("udp", 40000, ANY))

CASES: list[Case] = [
    Case(C.listening_baseline, (listens(),), PASS),
    Case(C.listening_baseline, (listens(("tcp", 8080, "::1")),), PASS, why="it is on loopback"),
    Case(C.listening_baseline, (listens(("tcp", 80, "*")),), FAIL, ("tcp/80",)),
    Case(C.listening_baseline, (listens(("tcp", 40000, "::")),), FAIL, ("tcp/40000",), why="TCP waits"),
    Case(
        C.listening_baseline, (listens(("tcp", 80, "*")),), PASS, settings={"allowed": frozenset({"tcp/22", "tcp/80"})}
    ),
    Case(C.listening_baseline, (EPHEMERAL,), OPEN, why="a client may have opened it"),
    Case(C.listening_baseline, (EPHEMERAL,), PASS, settings={"allowed": frozenset({"tcp/22", "udp/40000"})}),
    Case(C.legacy_off, (listens(), UNITS), PASS),
    Case(C.legacy_off, (listens(("tcp", 23, ANY)), UNITS), FAIL, ("tcp/23",)),
    Case(C.legacy_off, (listens(("tcp", 23, "127.0.0.1")), UNITS), PASS, why="loopback only"),
    Case(C.legacy_off, (listens(), units("rsh")), FAIL, ("rsh",), why="it is enabled"),
    Case(C.legacy_off, (listens(), units("vsftpd")), PASS, settings={"allowed": frozenset({"vsftpd"})}),
    Case(C.legacy_off, (listens(), UNKNOWN), OPEN),
    Case(C.firewall_active, (CLOSED,), PASS),
    Case(C.firewall_active, (OPENED,), FAIL, ("IPv4",), why="more in test_firewall.py"),
    Case(C.firewall_active, (UNKNOWN,), OPEN, why="the rules may not be listed"),
    Case(C.mail_local, (listens(),), PASS),
    Case(C.mail_local, (listens(("tcp", 25, "::")),), FAIL, ("tcp/25",)),
    Case(C.mail_local, (UNKNOWN,), OPEN),
    Case(C.unneeded_off, (UNITS,), PASS),
    Case(C.unneeded_off, (units("cups", "rpcbind"),), FAIL, ("cups", "rpcbind")),
    Case(C.unneeded_off, (units("cups"),), PASS, settings={"allowed": frozenset({"cups"})}),
    Case(C.unneeded_off, (UNKNOWN,), OPEN),
    Case(C.no_super_server, (UNITS,), PASS),
    Case(C.no_super_server, (units("xinetd"),), FAIL, ("xinetd",)),
    Case(C.no_super_server, (replace(UNITS, by_inetd=TFTP),), FAIL, ("tftp",), why="it is left in a file"),
    Case(C.no_super_server, (replace(units("xinetd", "tftp"), by_inetd=TFTP),), FAIL, ("tftp", "xinetd")),
    Case(C.no_super_server, (replace(units("xinetd"), by_inetd=TFTP),), PASS, settings={"allowed": TFTP}),
    Case(C.no_super_server, (UNKNOWN,), OPEN),
    Case(C.enabled_baseline, (units("systemd-resolved"),), PASS, settings=ROLE),
    Case(C.enabled_baseline, (units("cups", "nginx"),), FAIL, ("cups", "nginx"), settings=ROLE),
    Case(C.enabled_baseline, (units("cups"),), Verdict.NOT_APPLICABLE, why="the policy names none"),
    Case(C.enabled_baseline, (UNKNOWN,), OPEN, settings=ROLE),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for _, check in getmembers(C, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id
