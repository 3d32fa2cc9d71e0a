"""Verdicts on what SSH servers offer to whoever connects."""

from dataclasses import replace

import pytest

from auditor.facts.ssh_offered import SshAlgorithms, SshOffer
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

offered = checks("ssh_offered")

PASS, FAIL, DONT_KNOW, NOT_APPLICABLE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
STRICT = "kex-strict-s-v00@openssh.com"
GOOD = SshOffer(
    port=22,
    key_exchange=("mlkem768x25519-sha256", "curve25519-sha256", "ecdh-sha2-nistp256", STRICT),
    host_keys=("ssh-ed25519", "rsa-sha2-512"),
    ciphers=("chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr"),
    macs=("hmac-sha2-256-etm@openssh.com", "umac-128@openssh.com"),
)
ALL = [
    offered.key_exchange,
    offered.host_keys,
    offered.ciphers,
    offered.macs,
    offered.prefix_truncation,
    offered.post_quantum,
]


def server(**changed: object) -> SshAlgorithms:
    """Return a good server, and one on port 2222 that differs from it."""
    return SshAlgorithms((GOOD, replace(GOOD, port=2222, **changed)))  # type: ignore[arg-type]


WEAK = [
    (offered.key_exchange, "key_exchange", "diffie-hellman-group14-sha1"),
    (offered.key_exchange, "key_exchange", "diffie-hellman-group-exchange-sha1"),
    (offered.key_exchange, "key_exchange", "gss-group1-sha1-toWM5Slw5Ew8Mqkay+al2g=="),
    (offered.host_keys, "host_keys", "ssh-rsa"),
    (offered.host_keys, "host_keys", "ssh-dss"),
    (offered.ciphers, "ciphers", "aes128-cbc"),
    (offered.ciphers, "ciphers", "rijndael-cbc@lysator.liu.se"),
    (offered.ciphers, "ciphers", "arcfour256"),
    (offered.ciphers, "ciphers", "3des-ctr"),
    (offered.macs, "macs", "hmac-md5-96-etm@openssh.com"),
    (offered.macs, "macs", "hmac-sha1"),
    (offered.macs, "macs", "umac-64@openssh.com"),
]

CASES: list[Case] = [
    *(Case(check, (server(),), PASS) for check in ALL),
    *(Case(check, (SshAlgorithms((SshOffer(port=22),)),), DONT_KNOW, why="nmap got no list") for check in ALL),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in ALL),
    *(Case(check, (ABSENT,), NOT_APPLICABLE, why="there is no SSH server") for check in ALL),
    *(
        Case(check, (server(**{field: (weak,)}),), FAIL, at=(f"2222/tcp {weak}",), why=f"{weak} is offered")
        for check, field, weak in WEAK
    ),
    Case(
        offered.macs, (server(macs=("hmac-sha1",)),), PASS, settings={"weak": frozenset({"*md5*"})}, why="it is allowed"
    ),
    Case(
        offered.prefix_truncation,
        (server(key_exchange=("curve25519-sha256",)),),
        FAIL,
        at=("2222/tcp",),
        why="chacha20",
    ),
    Case(
        offered.prefix_truncation,
        (server(key_exchange=("curve25519-sha256",), ciphers=("aes256-cbc",)),),
        FAIL,
        why="CBC meets encrypt-then-MAC",
    ),
    Case(
        offered.prefix_truncation,
        (server(key_exchange=("curve25519-sha256",), ciphers=("aes256-cbc",), macs=("hmac-sha2-256",)),),
        PASS,
        why="CBC without encrypt-then-MAC is not affected",
    ),
    Case(
        offered.prefix_truncation,
        (server(key_exchange=("curve25519-sha256",), ciphers=("aes256-ctr",)),),
        PASS,
        why="no cipher is affected",
    ),
    Case(offered.post_quantum, (server(key_exchange=("curve25519-sha256",)),), FAIL, at=("2222/tcp",)),
    Case(offered.post_quantum, (server(key_exchange=("sntrup761x25519-sha512@openssh.com",)),), PASS),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    case.assert_right()
