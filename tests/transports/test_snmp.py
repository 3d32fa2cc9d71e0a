"""The SNMP transport against net-snmp's snmpd, and against agents that lie, loop and say nothing."""

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest
from pyasn1.codec.ber import decoder, encoder
from pysnmp.carrier.error import CarrierError
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import ObjectIdentifier, OctetString

from auditor.credentials import Credential, Secret
from auditor.errors import (
    AuthenticationRefused,
    CollectionError,
    CredentialMissing,
    OutOfScope,
    Unreachable,
)
from auditor.facts import snmp
from auditor.facts.snmp_text import parse_values
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Limits, Request, Shell, Snmp, SnmpAccepts
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport
from auditor.transports.snmp_pysnmp import PysnmpLoop
from tests.lab.snmpd import FalseAgent, Snmpd, User, free_udp_port

pytestmark = pytest.mark.lab

SYSTEM = Snmp(("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0"))
SYSTEM_TREE = Snmp(("1.3.6.1.2.1.1",), walk=True)
DEFAULTS = SnmpAccepts(("public", "private"))
ASSET = Asset(name="agent", addresses=("127.0.0.1",))
USERS = (
    User("private", "SHA-256", "authentic-words", "AES", "private-words"),
    User("old", "MD5", "authentic-words", "DES", "private-words"),
    User("strong", "SHA-512", "authentic-words", "AES-256", "private-words"),
    User("plain", "SHA", "authentic-words"),
    User("open"),
)


def v3(user: str, auth: str = "", privacy: str = "", **protocols: str) -> Credential:
    return Credential(
        name="lab",
        user=user,
        auth=Secret("authentic-words" if auth == "right" else auth) if auth else None,
        privacy=Secret("private-words" if privacy == "right" else privacy) if privacy else None,
        **protocols,
    )


def v2(community: str) -> Credential:
    return Credential(name="lab", community=Secret(community))


GIVEN = {
    "community": v2("lab-community"),
    "wrong-community": v2("not-that-one"),
    "private": v3("private", "right", "right", auth_protocol="SHA-256", privacy_protocol="AES"),
    "old": v3("old", "right", "right", auth_protocol="md5", privacy_protocol="des"),
    "strong": v3("strong", "right", "right", auth_protocol="sha512", privacy_protocol="aes256"),
    "plain": v3("plain", "right", auth_protocol="sha"),
    "open": v3("open"),
    "wrong-auth": v3("private", "wrong-words", "right", auth_protocol="SHA-256", privacy_protocol="AES"),
    "wrong-privacy": v3("private", "right", "wrong-words", auth_protocol="SHA-256", privacy_protocol="AES"),
    "stranger": v3("stranger", "right", auth_protocol="sha"),
    "triple": v3("private", "right", "right", auth_protocol="SHA-256", privacy_protocol="3DES"),
    "short": v3("private", "short"),
    "odd": v3("private", "right", auth_protocol="sha3"),
    "empty": Credential(name="lab"),
}


class Safe:
    """Credentials by name."""

    def open(self, name: str) -> Credential:
        return GIVEN[name]


LOOPBACK = Scope(allow=(ip_network("127.0.0.0/8"),))


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with Snmpd(communities=("lab-community",), users=USERS) as running:
        yield running


@pytest.fixture
def transport() -> Iterator[SnmpTransport]:
    with SnmpTransport(Safe(), LOOPBACK, timeout=0.5, retries=1) as running:
        yield running


def access(port: int, credential: str, version: str = "") -> Access:
    return Access(channel=Channel.SNMP, port=port, credential=credential, version=version)


def ask(transport: SnmpTransport, port: int, credential: str, *requests: Request) -> list[Answer]:
    return transport.ask(ASSET, access(port, credential), requests)


@pytest.mark.parametrize(
    ("credential", "privilege"),
    [
        ("community", "community"),
        ("private", "authPriv"),
        ("old", "authPriv"),
        ("strong", "authPriv"),
        ("plain", "authNoPriv"),
        ("open", "noAuthNoPriv"),
    ],
)
def test_a_get_brings_each_object_and_says_how_it_was_protected(agent, transport, credential, privilege):
    (answer,) = ask(transport, agent.port, credential, SYSTEM)

    assert ("1.3.6.1.2.1.1.1.0|4|Lab agent 1.0\n1.3.6.1.2.1.1.5.0|4|lab-agent\n", "", privilege) == (
        answer.text,
        answer.problem,
        answer.privilege,
    )


def test_a_walk_brings_the_subtree_and_stops_at_its_end(agent, transport):
    (answer,) = ask(transport, agent.port, "private", SYSTEM_TREE)

    values = parse_values(answer.text)
    assert answer.problem == ""
    assert len(values) > 20
    assert all(oid.startswith("1.3.6.1.2.1.1.") for oid in values)


def test_an_object_that_is_not_there_is_said_to_be_absent(agent, transport):
    (answer,) = ask(transport, agent.port, "community", Snmp(("1.3.6.1.2.1.1.1.0", "1.3.6.1.4.1.99999.1.0")))

    assert answer.text.splitlines()[1] == "1.3.6.1.4.1.99999.1.0|128|"


@pytest.mark.parametrize(("credential", "why"), [("wrong-auth", "wrongDigest"), ("stranger", "unknownUserName")])
def test_a_wrong_user_or_password_is_refused_by_name(agent, transport, credential, why):
    with pytest.raises(AuthenticationRefused, match=why):
        ask(transport, agent.port, credential, SYSTEM, SYSTEM_TREE)


def test_a_wrong_privacy_password_is_refused_though_the_agent_says_nothing_of_it(agent, transport):
    with pytest.raises(AuthenticationRefused, match="privacy password or protocol is not the user's"):
        ask(transport, agent.port, "wrong-privacy", SYSTEM, SYSTEM_TREE)


def test_silence_to_a_community_is_not_taken_for_an_absent_agent(agent, transport):
    with pytest.raises(Unreachable, match="answers the discovery of its SNMPv3 engine, and not this community"):
        ask(transport, agent.port, "wrong-community", SYSTEM)


@pytest.mark.parametrize(
    ("credential", "says"),
    [
        ("community", "a wrong community, an access list and a dead host look the same"),
        ("private", "an access list and a dead host look the same"),
    ],
)
def test_silence_is_said_to_have_several_causes(transport, credential, says):
    with FalseAgent(lambda _: None) as silent, pytest.raises(Unreachable, match=says):
        ask(transport, silent.port, credential, SYSTEM)


@pytest.mark.parametrize("credential", ["community", "private"])
def test_a_closed_port_is_said_to_be_closed(transport, credential):
    with pytest.raises(Unreachable, match="nothing listens on 127"):
        ask(transport, free_udp_port(), credential, SYSTEM, DEFAULTS)


def test_a_dead_port_costs_one_deadline_whatever_the_number_of_requests(transport):
    with FalseAgent(lambda _: None) as silent, pytest.raises(Unreachable):
        ask(transport, silent.port, "community", *[SYSTEM] * 20)

    assert silent.asked == 3  # two tries with the community, one for an engine


@pytest.mark.parametrize("fast", [True, False], ids=["ours", "pysnmp"])
def test_two_credentials_with_one_user_name_do_not_disturb_each_other(agent, fast):
    with SnmpTransport(Safe(), LOOPBACK, fast=fast) as transport:
        for _ in range(3):
            assert ask(transport, agent.port, "private", SYSTEM)[0].text
            with pytest.raises(AuthenticationRefused):
                ask(transport, agent.port, "wrong-auth", SYSTEM)


def test_an_address_out_of_scope_is_not_asked(transport):
    with pytest.raises(OutOfScope):
        transport.ask(Asset(name="far", addresses=("192.0.2.1",)), access(161, "community"), [SYSTEM])


@pytest.mark.parametrize(
    ("credential", "version", "says"),
    [
        ("", "", "no credential is named"),
        ("short", "3", "shorter than the 8 characters"),
        ("odd", "3", "sha3 is no SNMPv3 protocol"),
        ("empty", "3", "needs a user"),
        ("empty", "2c", "needs a community"),
        ("community", "1", "is not asked"),
    ],
)
def test_a_credential_that_cannot_work_is_refused_before_anything_is_sent(transport, credential, version, says):
    with FalseAgent(lambda _: None) as silent, pytest.raises(CredentialMissing, match=says):
        transport.ask(ASSET, access(silent.port, credential, version), [SYSTEM])

    assert silent.asked == 0


def test_what_snmp_cannot_carry_is_undeclared(agent, transport):
    answers = ask(transport, agent.port, "community", SYSTEM, Shell("id"))

    assert [answer.problem for answer in answers] == ["", "SNMP cannot carry: id"]


def test_what_is_no_identifier_is_not_asked(agent, transport):
    answers = ask(transport, agent.port, "community", Snmp(("1.3.x",)), SYSTEM, Snmp(("1.3.x",), walk=True))

    wrong = "'1.3.x' is no object identifier"
    assert [answer.problem for answer in answers] == [wrong, "", wrong]


def test_the_facts_are_read_from_a_real_agent(agent, transport):
    probes = (snmp.identity, snmp.users, snmp.communities)
    answers = ask(transport, agent.port, "private", *(request for probe in probes for request in probe.requests))
    identity, users, communities = (probe.read(answer) for probe, answer in zip(probes, answers, strict=True))

    assert (identity.description, identity.contact, identity.protection) == (
        "Lab agent 1.0",
        "lab@example.net",
        "authPriv",
    )
    assert {(user.name, user.authentication, user.privacy) for user in users.users} == {
        ("private", "sha256", "aes128"),
        ("old", "md5", "des"),
        ("strong", "sha512", "aes256"),
        ("plain", "sha1", "none"),
        ("open", "none", "none"),
    }
    assert (communities.answered, communities.alive) == (frozenset(), True)


def test_communities_are_tried_without_a_credential():
    with Snmpd(communities=("public",)) as agent, SnmpTransport(Safe(), LOOPBACK) as transport:
        (answer,) = ask(transport, agent.port, "", DEFAULTS)

    assert (answer.text, answer.problem) == ("public|answered\nprivate|silent\n", "")


def test_silent_communities_of_an_agent_that_is_there_are_said_to_be_silent(agent, transport):
    (alone,) = ask(transport, agent.port, "", DEFAULTS)
    _, beside = ask(transport, agent.port, "private", SYSTEM, DEFAULTS)

    silent = "public|silent\nprivate|silent\n"
    assert "|alive|it answered the discovery of its SNMPv3 engine\n" + silent == alone.text
    assert "|alive|it answered another request\n" + silent == beside.text


def test_silent_communities_of_nobody_are_no_answer(transport):
    with FalseAgent(lambda _: None) as silent:
        (answer,) = ask(transport, silent.port, "", DEFAULTS)

    assert answer.text == ""
    assert "a dead host look the same" in answer.problem


def test_a_community_that_is_no_plain_word_is_not_tried(transport):
    with FalseAgent(lambda _: None) as silent:
        (answer,) = ask(transport, silent.port, "", SnmpAccepts(("a|b",)))

    assert (silent.asked, answer.text) == (0, "")
    assert "no plain words" in answer.problem


def replying(*oids: str, value: bytes = b"x") -> Callable[[], Callable[[bytes], bytes]]:
    """Return what makes an agent that answers all with these objects, and counts in `#` how often it was asked."""

    def make() -> Callable[[bytes], bytes]:
        count = iter(range(1, 1_000_000))
        return lambda datagram: reply(datagram, next(count))

    def reply(datagram: bytes, number: int) -> bytes:
        message, _ = decoder.decode(datagram, asn1Spec=api.PROTOCOL_MODULES[api.SNMP_VERSION_2C].Message())
        module = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
        answer = module.apiMessage.get_response(message)
        values = [(ObjectIdentifier(oid.replace("#", str(number))), OctetString(value)) for oid in oids]
        module.apiPDU.set_varbinds(module.apiMessage.get_pdu(answer), values)
        return bytes(encoder.encode(answer))

    return make


@pytest.mark.parametrize(
    ("reply", "request_", "lines", "says"),
    [
        (replying("1.3.6.1.2.1.1.9.1"), SYSTEM_TREE, 1, "walks in a circle"),
        (replying("1.3.6.1.2.1.1.9.2", "1.3.6.1.2.1.1.9.1"), SYSTEM_TREE, 1, "walks in a circle"),
        (replying(), SYSTEM_TREE, 0, "with an empty answer"),
        (replying("1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.1.5.0"), SYSTEM, 0, "other objects"),
        (replying("1.3.6.1.2.1.1.1.0"), SYSTEM, 0, "other objects"),
        (
            replying("1.3.6.1.2.1.1.9.#", value=b"y" * 1000),
            Snmp(("1.3.6.1.2.1.1",), walk=True, limits=Limits(bytes=5000)),
            4,
            "larger than it may be",
        ),
        (
            replying("1.3.6.1.2.1.1.9.#"),
            Snmp(("1.3.6.1.2.1.1",), walk=True, limits=Limits(seconds=0.5)),
            None,
            "no complete answer within 0.5 s",
        ),
    ],
    ids=["loop", "backwards", "nothing", "swapped", "too-few", "endless-large", "endless"],
)
@pytest.mark.parametrize("fast", [True, False], ids=["ours", "pysnmp"])
def test_an_agent_that_lies_or_never_ends_gives_a_problem_and_what_came_before(reply, request_, lines, says, fast):
    with FalseAgent(reply()) as agent, SnmpTransport(Safe(), LOOPBACK, timeout=0.5, retries=1, fast=fast) as transport:
        _, answer = ask(transport, agent.port, "community", SYSTEM, request_)  # the first starts what pysnmp needs

    assert re.search(says, answer.problem)
    assert lines in {None, len(answer.text.splitlines())}


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00" * 60, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x84\xff\xff\xff\xff"]
)
def test_a_datagram_that_is_no_snmp_is_no_answer(transport, garbage):
    with FalseAgent(lambda _: garbage) as agent, pytest.raises(CollectionError):
        ask(transport, agent.port, "community", SYSTEM)


def test_the_time_for_an_asset_ends_whatever_its_requests_may_take():
    endless = Snmp(("1.3.6.1.2.1.1",), walk=True)

    with (
        FalseAgent(replying("1.3.6.1.2.1.1.9.#")()) as agent,
        SnmpTransport(Safe(), LOOPBACK, asset_seconds=0.5) as transport,
    ):
        answers = ask(transport, agent.port, "community", endless, endless, SYSTEM)

    assert [answer.problem for answer in answers] == ["the time for this asset was up"] * 3
    assert answers[0].text


def test_nothing_starts_before_it_is_needed_and_closing_leaves_no_thread_behind(agent):
    before = set(threading.enumerate())
    transport = SnmpTransport(Safe(), LOOPBACK, fast=False)
    idle = set(threading.enumerate()) - before
    ask(transport, agent.port, "private", SYSTEM)
    busy = {thread.name for thread in set(threading.enumerate()) - before}

    transport.close()
    transport.close()

    assert (idle, "snmp" in busy) == (set(), True)
    assert set(threading.enumerate()) - before == set()


def test_what_we_do_not_speak_goes_over_pysnmp(agent, transport):
    with pytest.raises(Unreachable, match="a wrong community or privacy password, an access list and a dead host"):
        ask(transport, agent.port, "triple", SYSTEM)

    assert "snmp" in {thread.name for thread in threading.enumerate()}


def test_our_own_messages_need_no_thread(agent, transport):
    before = set(threading.enumerate())

    ask(transport, agent.port, "private", SYSTEM)

    assert set(threading.enumerate()) - before == set()


def test_no_request_at_all_is_refused_without_an_address(transport):
    with pytest.raises(Unreachable, match="no address"):
        transport.ask(Asset(name="nowhere"), access(161, "community"), [SYSTEM])


def test_a_datagram_that_comes_when_nobody_waits_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """After Ctrl-C, say: pysnmp raises in a callback, and asyncio would print that with its traceback."""

    def late() -> None:
        raise CarrierError("Unregistered transport")

    pysnmp = PysnmpLoop()
    loop = pysnmp._running()
    loop.call_soon_threadsafe(late)
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(10)
    pysnmp.close()

    assert [record.message for record in caplog.records if record.levelno > logging.DEBUG] == []
