"""Which algorithms an SSH server may offer (sshd_config(5): Ciphers, MACs, KexAlgorithms, HostKeyAlgorithms).

`weak` holds names, with `*` and `?`, that must not be offered; `only`, when not empty, all that may be.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import SshSettings
from auditor.facts.ssh_views import BOTH, NOT_SHOWN, View

Names = frozenset[str]


def _fix(keyword: str) -> Fix:
    return Fix(f"List the strong algorithms after {keyword} in sshd_config, then reload sshd.", solution="harden-ssh")


def _offered(ssh: SshServer, keyword: str, field: str, rule: tuple[Names, Names, View]) -> Iterator[Outcome]:
    """Yield each algorithm that is offered and may not be; its name is the place, so that each can be waived."""
    weak, only, view = rule
    offered = _names(ssh.settings, field)
    if offered is None:
        yield Undecided(keyword, NOT_SHOWN)
        return
    written = [names for line in ssh.written if (names := _names(line, field)) is not None]
    for name in dict.fromkeys([*offered, *(name for names in written for name in names if view == BOTH)]):
        if any(fnmatchcase(name, pattern) for pattern in weak) or (only and name not in only):
            found = "offered" if name in offered else "written down, and overridden by another line"
            yield Violation(f"{keyword} {name}", found=found, wanted="not offered")
    if view == BOTH and not written and ssh.unread:
        yield Undecided(keyword, f"{ssh.unread[0]} could not be read, and may set this")
    elif view == BOTH and not written:
        yield Violation(keyword, found="not written down", wanted="a list of strong algorithms")


def _names(settings: SshSettings, field: str) -> tuple[str, ...] | None:
    lists = {
        "ciphers": settings.ciphers,
        "macs": settings.macs,
        "key_exchange": settings.key_exchange,
        "host_keys": settings.host_keys,
    }
    return lists[field]


@check("ssh.ciphers", severity=Severity.MEDIUM, fix=_fix("Ciphers"), references=("cis-debian12:5.1.6", "rfc:8758"))
def ciphers(
    ssh: SshServer,
    *,
    weak: Names = frozenset({"*-cbc", "*-cbc@*", "arcfour*", "none"}),
    only: Names = frozenset(),
    view: View = "effective",
) -> Iterator[Outcome]:
    """Sessions are encrypted with strong ciphers only

    Block ciphers in CBC mode leak parts of the text to whoever can disturb the connection; RC4 and 3DES are broken.
    """
    yield from _offered(ssh, "Ciphers", "ciphers", (weak, only, view))


@check("ssh.macs", severity=Severity.MEDIUM, fix=_fix("MACs"), references=("cis-debian12:5.1.15", "rfc:6151"))
def macs(
    ssh: SshServer,
    *,
    weak: Names = frozenset({"*md5*", "*ripemd160*", "hmac-sha1*", "umac-64*", "none"}),
    only: Names = frozenset(),
    view: View = "effective",
) -> Iterator[Outcome]:
    """Tampering with a session is noticed: integrity is protected by strong codes only

    MD5, SHA-1 and 64-bit codes are too weak to rely on for years.
    """
    yield from _offered(ssh, "MACs", "macs", (weak, only, view))


@check(
    "ssh.key-exchange",
    severity=Severity.MEDIUM,
    fix=_fix("KexAlgorithms"),
    references=("cis-debian12:5.1.12", "rfc:9142"),
)
def key_exchange(
    ssh: SshServer,
    *,
    weak: Names = frozenset({"diffie-hellman-*-sha1", "gss-*-sha1-*", "rsa1024-sha1", "none"}),
    only: Names = frozenset(),
    view: View = "effective",
) -> Iterator[Outcome]:
    """Session keys are agreed on with strong methods only

    Groups of 1024 bits and SHA-1 are within reach of a rich attacker, who can read what was recorded years before.
    """
    yield from _offered(ssh, "KexAlgorithms", "key_exchange", (weak, only, view))


@check(
    "ssh.host-key-algorithms",
    severity=Severity.MEDIUM,
    fix=_fix("HostKeyAlgorithms"),
    references=("rfc:8332", "rfc:8709"),
)
def host_key_algorithms(
    ssh: SshServer,
    *,
    weak: Names = frozenset({"ssh-dss*", "ssh-rsa", "ssh-rsa-cert-*"}),
    only: Names = frozenset(),
    view: View = "effective",
) -> Iterator[Outcome]:
    """The server proves who it is with strong signatures only

    Signatures over SHA-1 can be forged, and DSA keys are too short.
    """
    yield from _offered(ssh, "HostKeyAlgorithms", "host_keys", (weak, only, view))
