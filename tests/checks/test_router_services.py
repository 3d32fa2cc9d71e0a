"""Each check of router-services on facts that pass, fail and leave it open."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.router import (
    AccessList,
    Community,
    ManagementAccess,
    NtpConfig,
    NtpServer,
    SnmpConfig,
    SnmpGroup,
    SyslogConfig,
    TrapHost,
)
from auditor.facts.secrets import SecretToken
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, names

CHECKS = checks("router-services")
GROUP = SnmpGroup(name="MONITOR", model="v3", level="priv", write_view=None, acl=None)
GOOD = SnmpConfig((), (GROUP,), (TrapHost("192.0.2.60", "3"),))
OWN = Community(token=SecretToken("community", "", "9f12ab34"), write=False, acl="NMS")
PUBLIC = Community(token=SecretToken("default-community", "public", "11aa22bb"), write=False, acl=None)
ACCESS = ManagementAccess(
    lines=(),
    access_lists={"NMS": AccessList("NMS", 5, anybody=False), "OPEN": AccessList("OPEN", 9, anybody=True)},
    ipv6=False,
    ssh_version=None,
    banners=(),
)
ONE, TWO = NtpServer("192.0.2.1", 1), NtpServer("192.0.2.2", 1)
TIME = NtpConfig(servers=(ONE, TWO), authenticate=True, keys=frozenset({1}), trusted=frozenset({1}))
LOG = SyslogConfig(("192.0.2.50",), True, True)


def speaks(*communities: Community) -> SnmpConfig:
    """Return an agent with these communities."""
    return replace(GOOD, communities=communities)


def group(**changed: object) -> SnmpConfig:
    """Return the good agent with its group changed."""
    return replace(GOOD, groups=(replace(GROUP, **changed),))


def keyed(**changed: object) -> NtpConfig:
    """Return the good time sources with fields changed."""
    return replace(TIME, **changed)


PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
C = CHECKS
ON_PUBLIC, ON_OWN = "snmp-server community public", "snmp-server community 9f12ab34"
LISTED = {"allowed": {"192.0.2.1", "192.0.2.2"}}
NO_TIME = keyed(servers=())

CASES: list[Case] = [
    Case(C.snmp_default_community, (GOOD,), PASS),
    Case(C.snmp_default_community, (speaks(OWN),), PASS, why="the community is the company's own"),
    Case(C.snmp_default_community, (speaks(OWN, PUBLIC),), FAIL, at=(ON_PUBLIC,)),
    Case(C.snmp_default_community, (UNKNOWN,), OPEN),
    Case(C.snmp_v3_only, (GOOD,), PASS),
    Case(C.snmp_v3_only, (speaks(OWN),), FAIL, at=(ON_OWN,)),
    Case(C.snmp_v3_only, (replace(GOOD, hosts=(TrapHost("192.0.2.9", "2c"),)),), FAIL, why="traps go out in 2c"),
    Case(C.snmp_v3_only, (group(model="v1"),), FAIL, at=("snmp-server group MONITOR",)),
    Case(C.snmp_v3_only, (UNKNOWN,), OPEN),
    Case(C.snmp_v3_private, (GOOD,), PASS),
    Case(C.snmp_v3_private, (group(level="auth"),), FAIL, at=("snmp-server group MONITOR",)),
    Case(C.snmp_v3_private, (SnmpConfig((), (), ()),), NONE),
    Case(C.snmp_v3_private, (UNKNOWN,), OPEN),
    Case(C.snmp_read_only, (speaks(OWN),), PASS),
    Case(C.snmp_read_only, (speaks(replace(OWN, write=True)),), FAIL, at=(ON_OWN,)),
    Case(C.snmp_read_only, (group(write_view="ALL"),), FAIL, at=("snmp-server group MONITOR",)),
    Case(C.snmp_read_only, (UNKNOWN,), OPEN),
    Case(C.snmp_acl, (speaks(OWN), ACCESS), PASS),
    Case(C.snmp_acl, (speaks(OWN, PUBLIC), ACCESS), FAIL, at=(ON_PUBLIC,), why="one has no list"),
    Case(C.snmp_acl, (speaks(replace(OWN, acl="GONE")), ACCESS), FAIL, why="the list is not defined"),
    Case(C.snmp_acl, (speaks(replace(OWN, acl="OPEN")), ACCESS), FAIL, why="the list lets anybody in"),
    Case(C.snmp_acl, (GOOD, ACCESS), NONE),
    Case(C.snmp_acl, (UNKNOWN, ACCESS), OPEN),
    Case(C.ntp_servers, (TIME,), PASS),
    Case(C.ntp_servers, (keyed(servers=(ONE,)),), FAIL),
    Case(C.ntp_servers, (keyed(servers=(ONE, replace(ONE, key=None))),), FAIL, why="one server stands twice"),
    Case(C.ntp_servers, (keyed(servers=(ONE,)),), PASS, settings={"minimum": 1}),
    Case(C.ntp_servers, (UNKNOWN,), OPEN),
    Case(C.ntp_servers_allowed, (TIME,), PASS, settings=LISTED),
    Case(C.ntp_servers_allowed, (TIME,), FAIL, at=("ntp server 192.0.2.2",), settings={"allowed": {"192.0.2.1"}}),
    Case(C.ntp_servers_allowed, (TIME,), OPEN, why="the company has not answered"),
    Case(C.ntp_servers_allowed, (NO_TIME,), NONE, settings=LISTED),
    Case(C.ntp_authentication, (TIME,), PASS),
    Case(
        C.ntp_authentication, (keyed(authenticate=False),), FAIL, at=("ntp authenticate",), why="keys alone do nothing"
    ),
    Case(C.ntp_authentication, (keyed(servers=(ONE, replace(TWO, key=None))),), FAIL, at=("ntp server 192.0.2.2",)),
    Case(C.ntp_authentication, (keyed(trusted=frozenset()),), FAIL, why="the key is not trusted"),
    Case(C.ntp_authentication, (keyed(keys=frozenset({2})),), FAIL, why="the key is not defined"),
    Case(
        C.ntp_authentication, (keyed(servers=(replace(ONE, peer=True, key=None),)),), FAIL, at=("ntp peer 192.0.2.1",)
    ),
    Case(C.ntp_authentication, (NO_TIME,), NONE),
    Case(C.ntp_authentication, (UNKNOWN,), OPEN),
    Case(C.syslog_hosts, (LOG,), PASS),
    Case(C.syslog_hosts, (replace(LOG, hosts=()),), FAIL, at=("logging host",)),
    Case(C.syslog_hosts, (replace(LOG, switched_on=False),), FAIL, at=("logging on",), why="logging is off"),
    Case(C.syslog_hosts, (LOG,), FAIL, settings={"minimum": 2}, why="two are demanded"),
    Case(C.syslog_hosts, (UNKNOWN,), OPEN),
    Case(C.syslog_hosts_allowed, (LOG,), PASS, settings={"allowed": {"192.0.2.50"}}),
    Case(C.syslog_hosts_allowed, (LOG,), FAIL, settings={"allowed": {"192.0.2.51"}}),
    Case(C.syslog_hosts_allowed, (LOG,), OPEN, why="the company has not answered"),
    Case(C.syslog_hosts_allowed, (replace(LOG, hosts=()),), NONE, settings=LISTED),
    Case(C.log_timestamps, (LOG,), PASS),
    Case(C.log_timestamps, (replace(LOG, dated=False),), FAIL),
    Case(C.log_timestamps, (replace(LOG, dated=None),), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for _, check in getmembers(CHECKS, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id
