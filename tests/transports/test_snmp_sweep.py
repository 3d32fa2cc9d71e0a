"""The sweep: who says anything, who is silent, whose port is closed."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from auditor.credentials import Credential, Secret
from auditor.errors import CredentialMissing
from auditor.model.asset import Access, Asset, Channel
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport
from auditor.transports.snmp_message import read_community_message, read_user_message
from auditor.transports.snmp_sweep import Target, sweep
from tests.lab.snmpd import FalseAgent, Snmpd, User, free_udp_port
from tests.make import ROOT

pytestmark = pytest.mark.lab

SOON = (0.1, 0.1, 0.1)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a socket what ICMP says")


class Safe:
    """Credentials by name."""

    def open(self, name: str) -> Credential:
        if name == "missing":
            raise CredentialMissing("not here")
        if name == "user":
            return Credential(name=name, user="audit", auth=Secret("authentic-words"))
        return Credential(name=name, community=Secret(name))


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with Snmpd(communities=("lab",), users=(User("audit", "SHA-256", "authentic-words"),)) as running:
        yield running


def swept(*targets: Target) -> list[str]:
    """Return why each target is silent, after a quick sweep."""
    sweep(targets, waits=SOON)
    return [target.why for target in targets]


def words(datagram: bytes) -> bytes | None:
    """Answer the community `public` and nothing else, whatever the version; not even a discovery."""
    return datagram if b"public" in datagram else None


def test_who_answers_the_community_is_not_silent(agent):
    assert swept(Target("127.0.0.1", agent.port, ("lab",))) == [""]


def test_who_shows_an_engine_is_not_silent_whatever_the_community(agent):
    assert swept(Target("127.0.0.1", agent.port, ("another",)), Target("127.0.0.1", agent.port)) == ["", ""]


def test_who_says_nothing_is_silent():
    with FalseAgent(lambda _: None) as silent:
        (why,) = swept(Target("127.0.0.1", silent.port, ("lab",)))

    assert why.startswith(f"127.0.0.1 port {silent.port}/udp was silent to SNMP requests and to the discovery")
    assert "an access list, another community and a dead host look the same" in why
    assert silent.asked == 6  # a request and a discovery, three times


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "127.99.1.2", "::1"])
def test_a_closed_port_is_told_from_silence(host):
    port = free_udp_port()

    assert swept(Target(host, port, ("lab",))) == [f"nothing listens on {host} port {port}/udp (ICMP port unreachable)"]


@linux
def test_one_closed_port_hides_no_other_agent(agent):
    closed = [Target("127.77.0.1", free_udp_port("127.77.0.1"), ("lab",)) for _ in range(50)]
    there = Target("127.0.0.1", agent.port, ("lab",))

    reasons = swept(*closed, there, *closed)

    assert [bool(why) for why in reasons] == [True] * 50 + [False] + [True] * 50


def test_a_datagram_that_got_lost_is_sent_again():
    seen: list[bytes] = []

    def late(datagram: bytes) -> bytes | None:
        seen.append(datagram)
        return b"anything" if len(seen) == 5 else None

    with FalseAgent(late) as agent:
        assert swept(Target("127.0.0.1", agent.port, ("lab",))) == [""]
    assert seen[:2] == seen[2:4]


def test_nothing_more_is_sent_to_who_answered(agent):
    with FalseAgent(lambda _: b"anything") as quick, FalseAgent(lambda _: None) as silent:
        swept(Target("127.0.0.1", quick.port, ("a", "b", "c")), Target("127.0.0.1", silent.port))

    assert quick.asked <= 4
    assert silent.asked == 3


def test_what_is_sent_is_a_read_of_two_objects_and_a_discovery():
    seen: list[bytes] = []

    with FalseAgent(seen.append) as agent:
        swept(Target("127.0.0.1", agent.port, ("lab",), ("old",)))
    (two, found), (one, old) = read_community_message(seen[0]), read_community_message(seen[1])

    assert (two, found.tag, one, old.tag) == (1, 0xA0, 0, 0xA0)
    assert [name for name, _, _ in found.values()] == ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0"]
    assert (read_user_message(seen[2]).security.user, read_user_message(seen[2]).security.flags) == (b"", 4)


def test_a_fleet_is_told_by_name(agent):
    """One that is out of scope or cannot be asked is not in it: asking it says why."""
    scope = Scope(allow=(ip_network("127.0.0.0/8"),))
    with (
        FalseAgent(lambda _: None) as silent,
        FalseAgent(words) as public,
        SnmpTransport(Safe(), scope) as transport,
    ):
        wanted = [
            *[("right", agent.port, "lab"), ("wrong", agent.port, "another"), ("user", agent.port, "user")],
            *[("nobody", agent.port, ""), ("unopened", silent.port, "missing")],
            *[("silent", silent.port, "lab"), ("silent-user", silent.port, "user"), ("public", public.port, "lab")],
        ]
        assets = [
            (Asset(name=name, addresses=("127.0.0.1",)), Access(channel=Channel.SNMP, port=port, credential=credential))
            for name, port, credential in wanted
        ]
        assets += [
            (Asset(name=name, addresses=where), assets[0][1]) for name, where in [("far", ("192.0.2.1",)), ("", ())]
        ]

        alone = transport.silent(assets)
        beside = transport.silent(assets, {"public": ["private", "public"]})

    assert sorted(alone) == ["public", "silent", "silent-user"]
    assert sorted(beside) == ["silent", "silent-user"]


FORKED = """
import os, sys, threading
from ipaddress import ip_network
from auditor.credentials import Credential, Secret
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Snmp
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport

class Safe:
    def open(self, name):
        return Credential(name=name, user="audit", auth=Secret("authentic-words"))

asset = Asset(name="agent", addresses=("127.0.0.1",))
access = Access(channel=Channel.SNMP, port=int(sys.argv[1]), credential="user")
scope = Scope(allow=(ip_network("127.0.0.0/8"),))
transports = [SnmpTransport(Safe(), scope, fast=fast) for fast in (True, False)]
transports[0].silent([(asset, access)])
assert threading.active_count() == 1
children = []
for number in range(3):
    if not (child := os.fork()):
        for transport in transports:
            (answer,) = transport.ask(asset, access, [Snmp(("1.3.6.1.2.1.1.5.0",))])
            assert answer.text == "1.3.6.1.2.1.1.5.0|4|lab-agent\\n", answer
            transport.close()
        assert threading.active_count() == 1
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
print("done")
"""


def test_a_fleet_that_is_named_is_resolved_side_by_side(agent):
    """Where the name server is gone, each name costs seconds; one after the other, a thousand would cost an hour."""
    together = threading.Barrier(12)

    class Waiting(Scope):
        def admit(self, host, **more):
            together.wait(30)  # until all are being resolved
            return super().admit("127.0.0.1", **more)

    fleet = [
        (Asset(name=f"ups-{number:02}", addresses=(f"ups-{number:02}.example",)), access)
        for number, access in enumerate([Access(channel=Channel.SNMP, port=agent.port, credential="lab")] * 12)
    ]
    with SnmpTransport(Safe(), Waiting(allow=(ip_network("127.0.0.0/8"),))) as transport:
        assert transport.silent(fleet) == {}


def test_a_transport_made_before_a_fork_works_in_each_child(agent):
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(agent.port)], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert (done.stdout, done.stderr) == ("done\n", "")
