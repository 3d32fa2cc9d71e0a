"""Which key a host showed before: keys pinned in memory, or in a file as OpenSSH writes it (sshd(8), known_hosts)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from auditor.documents import read_text
from auditor.errors import ContentError, Place, UsageError


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A public host key: `type` as in its blob (`ssh-ed25519`, `ssh-rsa`, ...), the blob in base64.

    A `revoked` key is one that must never be accepted.
    """

    type: str
    blob_base64: str
    revoked: bool = False

    @property
    def fingerprint(self) -> str:
        """Return the key's fingerprint as OpenSSH prints it: `SHA256:...`."""
        digest = hashlib.sha256(base64.b64decode(self.blob_base64)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def same(self, other: "PinnedKey") -> bool:
        """Whether both are one key, whatever is said about it."""
        return (self.type, self.blob_base64) == (other.type, other.blob_base64)


class HostKeys(Protocol):
    """Remembers host keys by the address (or name) that the inventory gives, and the port."""

    def pinned(self, address: str, port: int) -> tuple[PinnedKey, ...]:
        """Return the keys known of a host; none when it was never seen."""
        ...

    def pin(self, address: str, port: int, key: PinnedKey) -> None:
        """Remember a key of a host that is being enrolled."""
        ...


class RememberedKeys:
    """Host keys in memory."""

    def __init__(self) -> None:
        """Know no host."""
        self._keys: dict[tuple[str, int], tuple[PinnedKey, ...]] = {}

    def pinned(self, address: str, port: int) -> tuple[PinnedKey, ...]:
        """Return the keys known of a host."""
        return self._keys.get((address.lower(), port), ())

    def pin(self, address: str, port: int, key: PinnedKey) -> None:
        """Remember a key of a host."""
        self._keys[address.lower(), port] = (*self.pinned(address, port), key)


@dataclass(frozen=True, slots=True)
class _Line:
    patterns: str
    key: PinnedKey


class KnownHosts:
    """The keys of a known_hosts file, which is read once and never written.

    Plain and hashed names, wildcards, negations, `[host]:port`, several keys a host and `@revoked` are understood;
    `@cert-authority` lines and keys of SSH 1 are passed over, for this transport accepts neither.
    """

    def __init__(self, path: Path) -> None:
        """Read a file. Raises ContentError that names the line."""
        self._path = path
        self._lines = list(_lines(read_text(path), str(path)))

    def pinned(self, address: str, port: int) -> tuple[PinnedKey, ...]:
        """Return the keys that the file lists for a host, revoked ones among them."""
        name = address.lower() if port == 22 else f"[{address.lower()}]:{port}"
        return tuple(line.key for line in self._lines if _matches(line.patterns, name))

    def pin(self, address: str, port: int, key: PinnedKey) -> None:
        """Refuse: the file is a person's. Raises UsageError."""
        raise UsageError(f"{self._path}: is not written by auditor; add the key of {address} port {port} ({key.type})")


def public_key(text: str) -> PinnedKey:
    """Return a key written as `TYPE BASE64`. Raises ValueError when it is none."""
    kind, _, rest = text.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split()[0], validate=True)
    except (binascii.Error, IndexError, ValueError) as error:
        raise ValueError("no key in base64 follows its type") from error
    length = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + length] != kind.encode() or len(blob) <= 4 + length:
        raise ValueError(f"the key is not of the type {kind[:40]!r} that stands before it")
    return PinnedKey(kind, base64.b64encode(blob).decode())


def _lines(text: str, file: str) -> Iterator[_Line]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        fields = line.split()
        marker = fields.pop(0) if line.startswith("@") else ""
        if marker == "@cert-authority" or (len(fields) > 1 and fields[1].isdecimal()):
            continue
        try:
            found = public_key(" ".join(fields[1:3]))
        except ValueError as error:
            mend = "A line has host names, a key type and a key: web-01 ssh-ed25519 AAAA..."
            raise ContentError(Place(file, number), f"is not a line of known_hosts: {error}", mend) from error
        yield _Line(fields[0], PinnedKey(found.type, found.blob_base64, revoked=marker == "@revoked"))


def _matches(patterns: str, name: str) -> bool:
    if patterns.startswith("|1|"):
        return _hashed(patterns, name)
    matched = False
    for pattern in patterns.lower().split(","):
        wanted = pattern.removeprefix("!").replace("[", "[[]")  # brackets stand for themselves here
        if fnmatchcase(name, wanted):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


def _hashed(pattern: str, name: str) -> bool:
    """Whether `|1|SALT|HASH` is the HMAC-SHA1 of a name, as ssh-keygen -H writes it."""
    _, _, salt, digest = [*pattern.split("|"), "", ""][:4]
    try:
        own = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
        return hmac.compare_digest(own, base64.b64decode(digest))
    except (binascii.Error, ValueError):
        return False
