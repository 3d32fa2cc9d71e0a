"""Verdicts on the algorithms that SSH servers offer."""

from dataclasses import replace

import pytest

from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import SshSettings
from tests.make import UNKNOWN, Case, Verdict, checks, names

algorithms = checks("ssh_algorithms")

PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
BOTH = {"view": "effective and written"}


def server(**shown: object) -> SshServer:
    """Return a server that shows these lists."""
    return SshServer(settings=SshSettings(**shown))  # type: ignore[arg-type]


LISTS = [
    (algorithms.ciphers, "ciphers", ("chacha20-poly1305@openssh.com", "aes256-ctr"), "aes128-cbc"),
    (algorithms.macs, "macs", ("hmac-sha2-512-etm@openssh.com", "umac-128@openssh.com"), "hmac-sha1-etm@openssh.com"),
    (
        algorithms.key_exchange,
        "key_exchange",
        ("curve25519-sha256", "diffie-hellman-group14-sha256"),
        "diffie-hellman-group14-sha1",
    ),
    (algorithms.host_key_algorithms, "host_keys", ("ssh-ed25519", "rsa-sha2-512"), "ssh-rsa"),
]

CASES: list[Case] = [
    *(Case(c, (server(**{field: good}),), PASS) for c, field, good, _ in LISTS),
    *(Case(c, (server(**{field: (*good, weak)}),), FAIL, why=f"{weak} is offered") for c, field, good, weak in LISTS),
    *(Case(c, (server(),), DONT_KNOW, why="it is not shown") for c, *_ in LISTS),
    *(Case(c, (UNKNOWN,), DONT_KNOW) for c, *_ in LISTS),
    *(
        Case(c, (server(**{field: good}),), PASS, settings={"only": frozenset(good)}, why="a subset is offered")
        for c, field, good, _ in LISTS
    ),
    *(
        Case(c, (server(**{field: good}),), FAIL, settings={"only": frozenset(good[:1])}, why="more is offered")
        for c, field, good, _ in LISTS
    ),
    *(Case(c, (server(**{field: good}),), FAIL, settings=BOTH, why="not written") for c, field, good, _ in LISTS),
    *(
        Case(c, (replace(server(**{field: good}), unread=("/etc/ssh/more",)),), DONT_KNOW, settings=BOTH, why="unread")
        for c, field, good, _ in LISTS
    ),
    *(
        Case(
            c,
            (replace(server(**{field: good}), written=(SshSettings(**{field: good}),)),),
            PASS,
            settings=BOTH,
            why="written",
        )
        for c, field, good, _ in LISTS
    ),
    *(
        Case(
            c,
            (
                replace(
                    server(**{field: good}), written=(SshSettings(**{field: good}), SshSettings(**{field: (weak,)}))
                ),
            ),
            FAIL,
            settings=BOTH,
            why="a second line, which does not count, names a weak one",
        )
        for c, field, good, weak in LISTS
    ),
    Case(
        algorithms.ciphers,
        (server(ciphers=("3des-cbc", "aes256-ctr", "arcfour256")),),
        FAIL,
        ("Ciphers 3des-cbc", "Ciphers arcfour256"),
        why="two are weak",
    ),
    Case(
        algorithms.key_exchange,
        (server(key_exchange=("gss-group14-sha1-toWM5Slw5Ew8Mqkay+al2g==",)),),
        FAIL,
        why="a GSSAPI method uses SHA-1",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
