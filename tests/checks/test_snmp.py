"""Verdicts on SNMP agents."""

from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.facts.snmp import SnmpCommunities, SnmpIdentity, SnmpUser, SnmpUsers
from tests.make import UNKNOWN, Case, Verdict, checks, names

snmp = checks("snmp")

PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
GOOD = SnmpIdentity(
    description="Cisco IOS Software",
    contact="network team, +49 30 1234",
    location="Berlin, room 1.23",
    agent_up=timedelta(days=40),
    host_up=timedelta(days=40, minutes=2),
    engine_up=timedelta(days=40),
    protection="authPriv",
)
TRIED = frozenset({"public", "private"})
SILENT = SnmpCommunities(tried=TRIED, answered=frozenset(), alive=True)
USER = SnmpUser("audit", "sha256", "aes128")


def users(**changed: str) -> SnmpUsers:
    """Return a good user and one that differs."""
    return SnmpUsers((USER, replace(USER, name="old", **changed)))


def clocks(host: int | None, engine: int | None, agent: int | None) -> SnmpIdentity:
    """Return an agent whose clocks show these days."""
    days = [None if number is None else timedelta(days=number) for number in (host, engine, agent)]
    return replace(GOOD, host_up=days[0], engine_up=days[1], agent_up=days[2])


CASES: list[Case] = [
    *(
        Case(check, (UNKNOWN,), DONT_KNOW)
        for check in (
            snmp.default_communities,
            snmp.version3,
            snmp.user_authentication,
            snmp.user_privacy,
            snmp.contact_and_location,
            snmp.uptime,
        )
    ),
    Case(snmp.default_communities, (SILENT,), PASS, why="the agent is there and silent"),
    Case(snmp.default_communities, (replace(SILENT, alive=False),), DONT_KNOW, why="nothing shows that it is there"),
    Case(
        snmp.default_communities,
        (replace(SILENT, answered=frozenset({"public"})),),
        FAIL,
        at=("community public",),
    ),
    Case(snmp.version3, (GOOD,), PASS),
    Case(snmp.version3, (replace(GOOD, protection="community"),), FAIL, at=("agent",)),
    Case(snmp.version3, (replace(GOOD, protection="authNoPriv"),), FAIL),
    Case(
        snmp.version3,
        (replace(GOOD, protection="authNoPriv"),),
        PASS,
        settings={"allowed": frozenset({"authPriv", "authNoPriv"})},
    ),
    Case(snmp.version3, (replace(GOOD, protection=""),), DONT_KNOW, why="it is not recorded"),
    Case(snmp.user_authentication, (users(),), PASS),
    Case(snmp.user_authentication, (users(authentication="none"),), FAIL, at=("old",)),
    Case(snmp.user_authentication, (users(authentication="md5"),), FAIL, at=("old",)),
    Case(snmp.user_authentication, (users(authentication="md5"),), PASS, settings={"except_users": frozenset({"old"})}),
    Case(snmp.user_authentication, (users(authentication=""),), DONT_KNOW, why="it is not shown"),
    Case(snmp.user_privacy, (users(),), PASS),
    Case(snmp.user_privacy, (users(privacy="des"),), FAIL, at=("old",)),
    Case(snmp.user_privacy, (users(privacy="3des"),), FAIL, at=("old",)),
    Case(snmp.user_privacy, (users(privacy="1.3.6.1.4.1.99.1"),), DONT_KNOW, why="the protocol is a vendor's own"),
    Case(snmp.contact_and_location, (GOOD,), PASS),
    Case(snmp.contact_and_location, (replace(GOOD, contact=" "),), FAIL, at=("sysContact",)),
    Case(snmp.contact_and_location, (replace(GOOD, location="Unknown"),), FAIL, at=("sysLocation",)),
    Case(snmp.contact_and_location, (replace(GOOD, contact=None),), DONT_KNOW, why="it is not shown"),
    Case(snmp.uptime, (GOOD,), PASS),
    Case(snmp.uptime, (clocks(None, None, 400),), FAIL, at=("device",), why="even the agent is older"),
    Case(snmp.uptime, (clocks(400, 3, 3),), FAIL, why="the host is older than its agent"),
    Case(snmp.uptime, (clocks(None, 40, 40),), DONT_KNOW, why="the agent may have restarted alone"),
    Case(snmp.uptime, (clocks(40, 3, 3),), DONT_KNOW, why="the host's clock may have wrapped"),
    Case(snmp.uptime, (clocks(None, None, None),), DONT_KNOW, why="no clock is shown"),
    Case(snmp.uptime, (clocks(100, 100, 100),), FAIL, settings={"most_days": 90}, why="the policy is strict"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    case.assert_right()
