"""What SSH servers offer to whoever connects, seen from outside: also those that nobody can log in to for an audit.

`weak` holds names with `*` and `?` that must not be offered. A key exchange without protection against later quantum
computers is a warning of its own, not a weakness: RFC 9142 recommends several.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ssh_offered import SshAlgorithms, SshOffer

_NO_LIST: Final = "nmap got no list of algorithms out of the server"
_STRICT: Final = "kex-strict-s-v00@openssh.com"
Names = frozenset[str]


def _remove(what: str) -> Fix:
    return Fix(f"Remove the weak {what} from the SSH server's settings, then reload it.", solution="harden-ssh")


def _judged(place: str, offered: tuple[str, ...] | None, weak: Names) -> Iterator[Outcome]:
    if offered is None:
        yield Undecided(place, _NO_LIST)
        return
    for name in offered:
        if any(fnmatchcase(name, pattern) for pattern in weak):
            yield Violation(f"{place} {name}", found="offered", wanted="not offered")


def _place(server: SshOffer) -> str:
    return f"{server.port}/tcp"


@check(
    "ssh-offered.key-exchange",
    severity=Severity.MEDIUM,
    fix=_remove("key exchanges"),
    references=("rfc:9142", "rfc:8732"),
)
def key_exchange(
    ssh: SshAlgorithms,
    *,
    weak: Names = frozenset(
        {"diffie-hellman-*-sha1", "diffie-hellman-group1-*", "gss-*-sha1-*", "rsa1024-sha1", "none"}
    ),
) -> Iterator[Outcome]:
    """Servers agree on session keys by strong methods only

    Groups of 1024 bits and SHA-1 are within reach of a rich attacker, who can read what was recorded years before.
    """
    for server in ssh.servers:
        yield from _judged(_place(server), server.key_exchange, weak)


@check("ssh-offered.host-keys", severity=Severity.MEDIUM, fix=_remove("host key types"), references=("rfc:8332",))
def host_keys(
    ssh: SshAlgorithms,
    *,
    weak: Names = frozenset(
        {
            "ssh-ds[as]*",
            "ssh-rsa",
            "ssh-rsa1",
            "ssh-rsa-cert-*",
            "*-sign-dss*",
            "*-sign-rsa*",
            "x509v3-ssh-*",
            "null",
            "none",
        }
    ),
) -> Iterator[Outcome]:
    """Servers prove who they are with strong signatures only

    Signatures over SHA-1 can be forged, and DSA keys are too short.
    """
    for server in ssh.servers:
        yield from _judged(_place(server), server.host_keys, weak)


@check("ssh-offered.ciphers", severity=Severity.MEDIUM, fix=_remove("ciphers"), references=("rfc:8758", "rfc:4344"))
def ciphers(
    ssh: SshAlgorithms,
    *,
    weak: Names = frozenset(
        {"*-cbc", "*-cbc@*", "3des*", "arcfour*", "blowfish*", "cast128-*", "des", "des-*", "idea-*", "seed-*", "none"}
    ),
) -> Iterator[Outcome]:
    """Servers offer strong ciphers only

    Block ciphers in CBC mode leak parts of the text to whoever can disturb the connection; RC4 and 3DES are broken.
    """
    for server in ssh.servers:
        yield from _judged(_place(server), server.ciphers, weak)


@check("ssh-offered.macs", severity=Severity.MEDIUM, fix=_remove("MACs"), references=("rfc:6151", "rfc:6194"))
def macs(
    ssh: SshAlgorithms,
    *,
    weak: Names = frozenset({"*md5*", "*ripemd*", "hmac-sha1*", "umac-64*", "cbcmac-*", "sha1*", "none"}),
) -> Iterator[Outcome]:
    """Servers notice tampering: integrity is protected by strong codes only

    MD5, SHA-1 and 64-bit codes are too weak to rely on for years.
    """
    for server in ssh.servers:
        yield from _judged(_place(server), server.macs, weak)


@check(
    "ssh-offered.prefix-truncation",
    severity=Severity.MEDIUM,
    fix=Fix(
        "Update the SSH server to one with strict key exchange, or remove chacha20-poly1305 and CBC ciphers.",
        solution="harden-ssh",
    ),
    references=("cve:2023-48795",),
)
def prefix_truncation(ssh: SshAlgorithms) -> Iterator[Outcome]:
    """Nobody on the way can cut off the beginning of a session unnoticed (Terrapin)

    With some ciphers an attacker in between can drop the first messages, and with them protections that both sides
    believe to have. Servers with strict key exchange are safe with clients that have it too.
    """
    for server in ssh.servers:
        if server.key_exchange is None or server.ciphers is None or server.macs is None:
            yield Undecided(_place(server), _NO_LIST)
        elif _STRICT not in server.key_exchange and (risky := _truncatable(server.ciphers, server.macs)):
            yield Violation(_place(server), found=risky, wanted=f"{_STRICT}, or none of these")


def _truncatable(ciphers: tuple[str, ...], macs: tuple[str, ...]) -> tuple[str, ...]:
    encrypt_then_mac = any(name.endswith("-etm@openssh.com") for name in macs)
    return tuple(
        name for name in ciphers if name.startswith("chacha20-poly1305") or ("-cbc" in name and encrypt_then_mac)
    )


@check(
    "ssh-offered.post-quantum",
    severity=Severity.INFO,
    fix=Fix("Update the SSH server to one with a hybrid key exchange (OpenSSH 9.0 or later).", solution="harden-ssh"),
    references=("nist-fips:203",),
)
def post_quantum(
    ssh: SshAlgorithms, *, wanted: Names = frozenset({"sntrup761x25519-sha512*", "mlkem*"})
) -> Iterator[Outcome]:
    """What is recorded today stays secret when quantum computers come

    Whoever records sessions now may decrypt them later. A hybrid key exchange costs nothing and prevents it.
    """
    for server in ssh.servers:
        if server.key_exchange is None:
            yield Undecided(_place(server), _NO_LIST)
        elif not any(fnmatchcase(name, pattern) for name in server.key_exchange for pattern in wanted):
            yield Violation(_place(server), found="none offered", wanted=wanted)
