"""Our own messages and pysnmp's bring the same answers, byte for byte, from the same real agents."""

import sys
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from auditor.credentials import Credential, Secret
from auditor.facts.snmp_text import parse_values
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Limits, Request, Snmp
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport
from tests.lab import snmp_values
from tests.lab.snmpd import Snmpd, User

pytestmark = pytest.mark.lab

ROOT = "1.3.6.1.4.1.99999"
AUTH = {"md5": "MD5", "sha": "SHA", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
PRIVACY = {
    "": "",
    "des": "DES",
    "aes": "AES",
    "aes192": "AES-192-C",
    "aes256": "AES-256-C",
    "aes192blumenthal": "AES-192",
    "aes256blumenthal": "AES-256",
}
PAIRS = sorted(
    {("", "")}
    | {(auth, privacy) for auth in AUTH for privacy in ("", "aes")}
    | {(auth, privacy) for auth in ("md5", "sha", "sha256") for privacy in PRIVACY}
)
TYPES = Snmp((ROOT,), walk=True)
STATIC: tuple[Request, ...] = (
    TYPES,
    Snmp(("1.3.6.1.2.1.1.9", "1.3.6.1.2.1.1.5", "1.3.6.1.6.3.16"), walk=True),  # to the end of what there is
    Snmp(("1.3.6.1.4.1.88888",), walk=True),
    Snmp(tuple(f"{ROOT}.{'.'.join(map(str, index))}" for index, _, _ in snmp_values.VALUES)),
    Snmp(("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.1.1", "1.3.6.1.4.1.88888.1.0", ".1.3.6.1.2.1.1.2.0")),
    Snmp((ROOT,), walk=True, limits=Limits(bytes=300)),
)


def name(auth: str, privacy: str) -> str:
    return f"u-{auth}-{privacy}"


class Safe:
    """Credentials by name: a community, or a user by the protocols in the name."""

    def open(self, name: str) -> Credential:
        if not name.startswith("u-"):
            return Credential(name=name, community=Secret(name))
        _, auth, privacy = name.split("-")
        return Credential(
            name=name,
            user=name,
            auth=Secret("authentic-words") if auth else None,
            auth_protocol=auth,
            privacy=Secret("private-words") if privacy else None,
            privacy_protocol=privacy,
        )


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    users = tuple(
        User(name(auth, privacy), AUTH.get(auth, ""), auth and "authentic-words",
             PRIVACY[privacy], privacy and "private-words")
        for auth, privacy in PAIRS
    )  # fmt: skip
    extra = (
        f"pass_persist .{ROOT} {sys.executable} -I {Path(snmp_values.__file__)} {ROOT}",
        "view some included .1.3.6.1.2.1.1.1",
        f"view some included .{ROOT}.1",
        "rocommunity some 127.0.0.0/8 -V some",
    )
    with Snmpd(communities=("all",), users=users, extra=extra) as running:
        yield running


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[SnmpTransport, SnmpTransport]]:
    scope = Scope(allow=(ip_network("127.0.0.0/8"),))
    with SnmpTransport(Safe(), scope) as ours, SnmpTransport(Safe(), scope, fast=False) as pysnmp:
        yield ours, pysnmp


def ask(transport: SnmpTransport, port: int, credential: str, requests: tuple[Request, ...]) -> list[Answer]:
    access = Access(channel=Channel.SNMP, port=port, credential=credential)
    return transport.ask(Asset(name="agent", addresses=("127.0.0.1",)), access, requests)


def told(answers: list[Answer]) -> list[tuple[str, str, str]]:
    return [(answer.text, answer.problem, answer.privilege) for answer in answers]


@pytest.mark.parametrize("credential", ["all", "some", *(name(*pair) for pair in PAIRS)])
def test_both_ways_bring_the_same(agent, both, credential):
    ours, pysnmp = (told(ask(one, agent.port, credential, STATIC)) for one in both)

    assert pysnmp == ours
    assert ours[0][0].startswith(f"{ROOT}.1.1|2|-2147483648\n{ROOT}.1.2|2|-1\n")


def test_every_type_comes_as_it_is(agent, both):
    (answer,) = ask(both[0], agent.port, "all", (TYPES,))

    assert [line.removeprefix(f"{ROOT}.") for line in answer.text.splitlines()] == [
        "1.1|2|-2147483648",
        "1.2|2|-1",
        "1.3|2|0",
        "1.4|2|127",
        "1.5|2|128",
        "1.6|2|2147483647",
        "2.1|65|4294967295",
        "2.2|66|2147483648",
        "2.3|67|4294967295",
        "2.4|70|18446744073709551615",
        "2.5|70|9223372036854775808",
        "2.6|70|0",
        "3.1|64|0.0.0.0",
        "3.2|64|255.255.255.255",
        "4.1|6|0.0",
        "4.2|6|1.3.6.1.4.1.4294967295.0.128.16384",
        "4.3|6|2.40.1",
        "5.1|4|plain | text",
        "5.2|4|",
        "5.3|4x|00",
        "5.4|4x|610062",
        "5.5|4|ä€😀",
        r"5.6|4e|\n\r\t\\",
        "5.7|4x|fffe80",
        "5.8|4x|eda080",
        "5.9|4x|e280ae61",
        "5.10|4x|c285e280a8",
        f"5.11|4|{'x' * 200}",
        "16384.4294967295|2|1",
    ]
    assert len(parse_values(answer.text)) == len(snmp_values.VALUES)


def test_what_is_absent_is_told_apart(agent, both):
    seen = ask(both[0], agent.port, "all", STATIC)[4].text.splitlines()[1:3]
    hidden = ask(both[0], agent.port, "some", STATIC)

    assert seen == ["1.3.6.1.2.1.1.1.1|129|", "1.3.6.1.4.1.88888.1.0|128|"]
    assert (len(hidden[0].text.splitlines()), hidden[1].text, hidden[2].text) == (6, "", "")
