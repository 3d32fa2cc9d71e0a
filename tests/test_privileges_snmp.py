"""The SNMP view that is printed, on a real agent: every probe still reads its fact, and nothing else is shown."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from auditor.credentials import Credential, Secret
from auditor.facts.snmp_text import parse_values
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request, Snmp
from auditor.plugins import load_content
from auditor.privileges import Privileges
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport
from auditor.workspace import Workspace
from tests.lab.snmpd import Snmpd, User
from tests.make import ROOT

pytestmark = pytest.mark.lab

PROBES = [
    probe for probe in load_content(Workspace(ROOT)).probes if any(isinstance(one, Snmp) for one in probe.requests)
]
REQUESTS = [request for probe in PROBES for request in probe.requests if isinstance(request, Snmp)]
OTHERS = Snmp(("1.3.6.1.2.1.1.7.0", "1.3.6.1.2.1.1.1.1", "1.3.6.1.2.1.2.1.0", "1.3.6.1.6.3.15.1.2.1.0"))
EVERYTHING = Snmp(("1.3.6.1",), walk=True)


class Safe:
    """A user who sees everything, and one who has the view."""

    def open(self, name: str) -> Credential:
        return Credential(name=name, user=name, auth=Secret("authentic-words"), privacy=Secret("private-words"))


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    view = Privileges(snmp=tuple(REQUESTS)).snmp_view().splitlines()
    narrow = ('createUser narrow SHA-256 "authentic-words" AES "private-words"', "rouser narrow priv -V auditor")
    everyone = (User("wide", "SHA-256", "authentic-words", "AES", "private-words"),)
    with Snmpd(users=everyone, extra=(*view, *narrow)) as running:
        yield running


def ask(agent: Snmpd, credential: str, *requests: Request) -> list[Answer]:
    access = Access(channel=Channel.SNMP, port=agent.port, credential=credential)
    with SnmpTransport(Safe(), Scope(allow=(ip_network("127.0.0.0/8"),))) as transport:
        return transport.ask(Asset(name="agent", addresses=("127.0.0.1",)), access, requests)


def test_with_the_view_every_request_is_answered_as_without_it(agent):
    wide, narrow = (ask(agent, credential, *REQUESTS) for credential in ("wide", "narrow"))

    assert [sorted(parse_values(answer.text)) for answer in wide] == [
        sorted(parse_values(answer.text)) for answer in narrow
    ]
    assert all(answer.text and not answer.problem for answer in narrow)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_with_the_view_every_probe_reads_its_fact(agent, probe):
    answers = ask(agent, "narrow", *probe.requests)

    assert isinstance(probe.read(*answers), probe.fact)


def test_the_view_shows_nothing_else(agent):
    others, everything = ask(agent, "narrow", OTHERS, EVERYTHING)
    gets = {oid for request in REQUESTS if not request.walk for oid in request.oids}
    roots = tuple(f"{oid}." for request in REQUESTS if request.walk for oid in request.oids)

    assert all(value.tag.is_absence for value in parse_values(others.text).values())
    assert everything.text
    assert [oid for oid in parse_values(everything.text) if oid not in gets and not oid.startswith(roots)] == []
