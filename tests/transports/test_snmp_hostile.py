"""SNMP agents that mean us ill: what they send is no answer, and never a wrong one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from auditor.credentials import Credential, Secret
from auditor.errors import AuthenticationRefused, CollectionError, CredentialStopped, ProofInsufficient, Unreachable
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Limits, Request, Snmp
from auditor.transports.attempts import Attempts
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport
from auditor.transports.snmp_auth import User as Named
from auditor.transports.snmp_ber import Malformed, integer, octets, oid, sequence, tlv
from auditor.transports.snmp_message import (
    RESPONSE,
    V1,
    V2C,
    Security,
    community_message,
    read_community_message,
    read_user_message,
    user_message,
)
from auditor.transports.snmp_udp import Udp
from tests.lab.snmp_engine import FalseEngine, Said, report
from tests.lab.snmpd import FalseAgent, Snmpd, User

SYSTEM = Snmp(("1.3.6.1.2.1.1.1.0",))
TREE = Snmp(("1.3.6.1.2.1.1",), walk=True)
PRIVATE = Named("audit", "sha256", "authentic-words", "aes128", "private-words")
SIGNED = Named("audit", "sha256", "authentic-words")
GIVEN = {
    "community": Credential(name="community", community=Secret("lab")),
    "private": Credential(
        name="private", user="audit", auth=Secret("authentic-words"), privacy=Secret("private-words")
    ),
    "signed": Credential(name="signed", user="audit", auth=Secret("authentic-words")),
    "open": Credential(name="open", user="audit"),
    "wrong": Credential(name="wrong", user="audit", auth=Secret("wrong-words")),
}


class Safe:
    """Credentials by name."""

    def open(self, name: str) -> Credential:
        return GIVEN[name]


@pytest.fixture
def transport() -> Iterator[SnmpTransport]:
    scope = Scope(allow=(ip_network("127.0.0.0/8"),))
    with SnmpTransport(Safe(), scope, timeout=0.2, retries=1) as running:
        yield running


def ask(transport: SnmpTransport, port: int, credential: str, *requests: Request) -> list[Answer]:
    access = Access(channel=Channel.SNMP, port=port, credential=credential)
    return transport.ask(Asset(name="agent", addresses=("127.0.0.1",)), access, requests)


def saying(twist: Callable[[Said, Security], Said | None], user: Named = PRIVATE) -> FalseAgent:
    return FalseAgent(FalseEngine(user, twist))


def changed(**security: object) -> Callable[[Said, Security], Said]:
    return lambda said, _: replace(said, security=replace(said.security, **security))


def test_the_false_engine_is_believed_when_it_is_honest(transport):
    with saying(lambda said, _: said) as agent:
        (answer,) = ask(transport, agent.port, "private", SYSTEM)

    assert (answer.text, answer.problem, answer.privilege) == ("1.3.6.1.2.1.1.1.0|4|false\n", "", "authPriv")


@pytest.mark.parametrize(
    "twist",
    [
        changed(flags=0),
        changed(flags=1),
        changed(message_id=7),
        changed(engine=b"another"),
        changed(user=b"another"),
        lambda said, _: replace(said, request_id=said.request_id + 1),
        lambda said, _: replace(said, digest=lambda digest: bytes(len(digest))),
        lambda said, _: replace(said, digest=lambda digest: digest[:1]),  # CVE-2008-0960
        lambda said, _: replace(said, digest=lambda digest: b""),
        lambda said, _: replace(said, digest=lambda digest: digest + b"\0"),
        lambda said, _: replace(said, tag=0xA3),
        lambda said, _: report(said, 2, flags=0),  # notInTimeWindow that nobody signed
    ],
    ids=[
        "in-the-clear", "signed-only", "message-id", "engine", "user", "request-id", "digest", "digest-of-one-octet",
        "no-digest", "long-digest", "no-response", "unsigned-clock",
    ],
)  # fmt: skip
def test_an_answer_that_is_not_signed_and_private_as_the_request_is_none(transport, twist):
    with (
        saying(twist) as agent,
        pytest.raises(Unreachable, match="answered the discovery of its engine, and nothing since"),
    ):
        ask(transport, agent.port, "private", SYSTEM, TREE)


def test_an_answer_in_the_clear_is_none_to_a_user_who_signs(transport):
    with saying(changed(flags=0), SIGNED) as agent, pytest.raises(Unreachable, match="nothing since"):
        ask(transport, agent.port, "signed", SYSTEM)


def test_a_request_is_never_less_protected_than_the_credential(transport):
    seen: set[int] = set()

    def look(said: Said, asked: Security) -> None:
        seen.add(asked.flags & 3)

    for credential, user, flags in (("private", PRIVATE, 3), ("signed", SIGNED, 1), ("open", Named("audit"), 0)):
        seen.clear()
        with saying(look, user) as agent, pytest.raises(CollectionError):
            ask(transport, agent.port, credential, SYSTEM, TREE)

        assert seen == {flags}


@pytest.mark.parametrize(
    ("number", "error", "says"),
    [
        (1, ProofInsufficient, "does not allow this user this security level"),
        (3, AuthenticationRefused, "knows no such user"),
        (4, CollectionError, "unknownEngineID"),
        (5, AuthenticationRefused, "the authentication password or protocol is not the user's"),
        (6, AuthenticationRefused, "the privacy password or protocol is not the user's"),
        (7, CollectionError, r"did not take the request \(1\.3\.6\.1\.6\.3\.15\.1\.1\.7\.0\)"),
    ],
)
def test_each_refusal_has_its_reason(transport, number, error, says):
    with saying(lambda said, _: report(said, number, flags=0)) as agent, pytest.raises(error, match=says):
        ask(transport, agent.port, "private", SYSTEM, TREE)


def test_a_clock_that_moves_with_each_answer_ends_the_matter(transport):
    times = iter(range(2000, 10**6, 1000))

    with (
        saying(lambda said, _: report(said, 2, seconds=next(times))) as agent,
        pytest.raises(CollectionError, match="moves its clock"),
    ):
        ask(transport, agent.port, "private", SYSTEM)


def test_an_old_answer_is_none(transport):
    """The first says what the time is, the second was signed longer ago than RFC 3414, 2.2.3, allows."""
    seconds = iter([1000, 849, 849, 849])

    with saying(lambda said, _: changed(seconds=next(seconds))(said, said.security)) as agent:
        first, second = ask(transport, agent.port, "private", SYSTEM, SYSTEM)

    assert (first.problem, second.text) == ("", "")
    assert "stopped answering" in second.problem


def test_an_answer_a_little_old_is_one(transport):
    seconds = iter([1000, 850])

    with saying(lambda said, _: changed(seconds=next(seconds))(said, said.security)) as agent:
        answers = ask(transport, agent.port, "private", SYSTEM, SYSTEM)

    assert [answer.problem for answer in answers] == ["", ""]


@pytest.mark.lab
def test_a_clock_that_somebody_lied_about_is_set_right(transport):
    """Discovery is signed by nobody; the agent then says, signed, that we are out of its time window."""
    seen: list[int] = []

    def lying(datagram: bytes) -> bytes:
        answer = udp.ask([datagram], bytes, float("inf")) or b""
        message = read_user_message(answer)
        seen.append(message.security.flags)
        if message.security.flags:
            return answer
        return user_message(replace(message.security, boots=77, seconds=7777), 0, b"", message.data)[0]

    with (
        Snmpd(users=(User("audit", "SHA-256", "authentic-words", "AES", "private-words"),)) as real,
        Udp("127.0.0.1", real.port, 2, 1) as udp,
        FalseAgent(lying) as agent,
    ):
        (answer,) = ask(transport, agent.port, "private", SYSTEM)

    assert answer.text == "1.3.6.1.2.1.1.1.0|4|Lab agent 1.0\n"
    assert seen == [0, 1, 3]  # found, told the time, answered


@pytest.mark.lab
@pytest.mark.parametrize("fast", [True, False])
def test_a_credential_that_is_refused_everywhere_is_sent_three_times(fast):
    attempts = Attempts(3)
    scope = Scope(allow=(ip_network("127.0.0.0/8"),))
    reasons: list[type[CollectionError]] = []

    with (
        Snmpd(users=(User("audit", "SHA-256", "authentic-words"),)) as real,
        SnmpTransport(Safe(), scope, timeout=0.5, retries=0, attempts=attempts, fast=fast) as transport,
    ):
        for _ in range(5):
            with pytest.raises(CollectionError) as caught:
                ask(transport, real.port, "wrong", SYSTEM, TREE)
            reasons.append(caught.type)

    assert reasons == [AuthenticationRefused] * 3 + [CredentialStopped] * 2
    assert attempts.stopped() == {"wrong": 3}


def test_silence_stops_no_credential():
    attempts = Attempts(1)
    scope = Scope(allow=(ip_network("127.0.0.0/8"),))

    with (
        FalseAgent(lambda _: None) as agent,
        SnmpTransport(Safe(), scope, timeout=0.05, retries=0, attempts=attempts) as transport,
    ):
        for credential in ("community", "private") * 2:
            with pytest.raises(Unreachable):
                ask(transport, agent.port, credential, SYSTEM)

    assert attempts.stopped() == {}


def community(
    *values: bytes, name: str = "1.3.6.1.2.1.1.1.0", version: int = V2C, shift: int = 0
) -> Callable[[bytes], bytes | None]:
    """Return an agent of v2c that answers everything with these values."""

    def reply(datagram: bytes) -> bytes | None:
        try:
            _, asked = read_community_message(datagram)
        except Malformed:  # the discovery of an engine
            return None
        bound = sequence(*(sequence(oid(name), value) for value in values))
        body = integer(asked.request_id + shift) + integer(0) + integer(0) + bound
        return community_message(version, b"lab", tlv(RESPONSE, body))

    return reply


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (FalseAgent(community(octets(b"x"), shift=1)), "something that is no answer"),
        (FalseAgent(community(octets(b"x"), version=V1)), "something that is no answer"),
        (FalseAgent(community(octets(b"x")), elsewhere=True), "did not answer"),
    ],
    ids=["request-id", "version", "from-another-port"],
)
def test_an_answer_that_is_not_to_our_request_is_none(transport, agent, says):
    with agent, pytest.raises(CollectionError, match=says):
        ask(transport, agent.port, "community", SYSTEM)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (tlv(0x47, b"\x01"), "malformed answer: a value is of the unknown type 0x47"),
        (tlv(0x40, b"\x7f\x01"), "malformed answer: an IP address that has not four octets"),
        (tlv(0x30, integer(1)), "malformed answer: a value is of the unknown type 0x30"),
        (tlv(0x46, b"\xff" * 10), "malformed answer: a number of no octets, or of more than 64 bits"),
        (b"\x04\x84\xff\xff\xff\xff", "malformed answer"),
    ],
)
def test_a_value_of_a_wrong_type_is_told(transport, value, says):
    with FalseAgent(community(value)) as agent:
        answers = ask(transport, agent.port, "community", SYSTEM, SYSTEM)

    assert [says in answer.problem for answer in answers] == [True, True]
    assert [answer.text for answer in answers] == ["", ""]


def test_an_agent_is_asked_over_ipv6():
    access = Access(channel=Channel.SNMP, port=0, credential="private")
    asset = Asset(name="agent", addresses=("::1",))

    with (
        FalseAgent(FalseEngine(PRIVATE, lambda said, _: said), host="::1") as agent,
        SnmpTransport(Safe(), Scope(allow=(ip_network("::1/128"),))) as transport,
    ):
        access = replace(access, port=agent.port)
        (answer,) = transport.ask(asset, access, [SYSTEM])
        silent = transport.silent([(asset, access)])

    assert (answer.text, silent) == ("1.3.6.1.2.1.1.1.0|4|false\n", {})


def test_a_huge_string_is_kept_whole_or_not_at_all(transport):
    huge = community(octets(b"y" * 60000))
    small = Snmp(SYSTEM.oids, limits=Limits(bytes=1000))

    with FalseAgent(huge) as agent:
        whole, cut = ask(transport, agent.port, "community", SYSTEM, small)

    assert (whole.problem, len(whole.text)) == ("", len("1.3.6.1.2.1.1.1.0|4|\n") + 60000)
    assert ("larger than it may be" in cut.problem, cut.text) == (True, "")
