"""An SSH connection by paramiko 5, step by step: TCP, key exchange, host key, authentication, one shell.

The host key is judged after the key exchange and before anything of a credential is sent. Each step has a deadline on
the clock of time.monotonic(); whatever fails becomes a CollectionError in words.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, IncompatiblePeer, SSHException

from auditor.errors import (
    AuthenticationRefused,
    HostKeyChanged,
    HostKeyUnknown,
    ProofInsufficient,
    TimedOut,
    Unreachable,
)
from auditor.model.probe import KIBIBYTE
from auditor.transports.host_keys import HostKeys, PinnedKey
from auditor.transports.scope import Address
from auditor.transports.ssh_sockets import Connection, Direct

_FIRST_KEX: Final = ("curve25519-sha256@libssh.org",)
_FIRST_CIPHERS: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
_SIGNATURES: Final = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}  # one key, several names (RFC 8332)
_OFFERS: Final = {
    "kex algorithm": "kex_algo_list",
    "host key": "server_key_algo_list",
    "ciphers": "server_encrypt_algo_list",
    "macs": "server_mac_algo_list",
}
_LOG: Final = "auditor.paramiko"
_PIECE: Final = 256 * KIBIBYTE
_TICK: Final = 0.25  # seconds that standard error may wait while standard output is silent


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to talk to: the name or address that the inventory gives, the address it stands for, the port."""

    host: str
    address: Address
    port: int

    def __str__(self) -> str:
        """Return the target for messages."""
        shown = self.host if self.host == str(self.address) else f"{self.host} ({self.address})"
        return f"{shown} port {self.port}"


Dial = Callable[[Target, float], Connection]


class Talk(Protocol):
    """What is needed of a channel to a shell or a command line: paramiko's, or one that is like it."""

    def recv(self, nbytes: int, /) -> bytes:
        """Return bytes, none at the end. Raises TimeoutError when none came in time."""
        ...

    def recv_stderr_ready(self) -> bool:
        """Whether something was said on standard error."""
        ...

    def recv_stderr(self, nbytes: int, /) -> bytes:
        """Return what was said on standard error."""
        ...

    def settimeout(self, timeout: float | None, /) -> None:
        """Say how long to wait."""
        ...


class Terminal(Protocol):
    """What is needed of a channel to a device's command line."""

    def recv(self, nbytes: int, /) -> bytes:
        """Return bytes, none at the end. Raises TimeoutError when none came in time."""
        ...

    def recv_ready(self) -> bool:
        """Whether there is something to read."""
        ...

    def sendall(self, s: bytes, /) -> None:
        """Send bytes. Raises OSError."""
        ...

    def settimeout(self, timeout: float | None, /) -> None:
        """Say how long to wait."""
        ...


class Wire(paramiko.Transport):
    """A paramiko transport that remembers what the peer offered, also where no agreement is possible.

    `offer` has paramiko's names for the lists of its KEXINIT (RFC 4253, section 7.1), as far as that came.
    """

    offer: dict[str, list[str]]

    def _really_parse_kex_init(self, m: paramiko.Message, ignore_first_byte: bool = False) -> dict[str, object]:  # noqa: FBT001, FBT002
        offer: dict[str, object] = super()._really_parse_kex_init(m, ignore_first_byte)  # type: ignore[misc]
        if not ignore_first_byte:  # else it is what we offered ourselves
            lists = ((name, words) for name, words in offer.items() if isinstance(words, list))
            self.offer = {name: list(words) for name, words in lists}  # paramiko strikes words out of its own
        return offer

    def _parse_debug(self, m: paramiko.Message) -> None:
        """Leave out what servers remark: paramiko writes it down letter by letter, for a log that nobody keeps."""

    def _log(self, level: int, msg: object, *args: object) -> None:
        """Log nothing: what matters is raised."""


def dial(target: Target, until: float) -> Direct:
    """Return a TCP connection. Raises TimedOut and Unreachable."""
    try:
        connection = socket.create_connection((str(target.address), target.port), timeout=left(until))
    except TimeoutError as error:
        raise TimedOut(f"{target}: no connection in time") from error
    except OSError as error:
        raise Unreachable(f"{target}: {error.strerror or error}") from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Direct(connection)


def wire_on(connection: Connection) -> Wire:
    """Return what is to become an encrypted connection."""
    wire = Wire(connection)  # type: ignore[arg-type]  # paramiko takes whatever is like a socket
    wire.offer = {}
    wire.set_log_channel(_LOG)
    logging.getLogger(_LOG).setLevel(logging.CRITICAL + 1)  # paramiko logs tracebacks; what matters is raised below
    return wire


def negotiate(wire: Wire, target: Target, pinned: Sequence[PinnedKey], until: float) -> None:
    """Encrypt a connection to a host that proves to hold some key. Raises TimedOut and Unreachable.

    Keys of pinned types are asked for first, so that a host with several keys shows the one that is known.
    """
    wire.banner_timeout = wire.handshake_timeout = left(until)
    options = wire.get_security_options()
    known = [name for key in pinned if not key.revoked for name in _SIGNATURES.get(key.type, (key.type,))]
    options.key_types = _first(known, options.key_types)
    options.kex = _first(_FIRST_KEX, options.kex)
    options.ciphers = _first(_FIRST_CIPHERS, options.ciphers)
    finished = threading.Event()
    wire.start_client(event=finished)
    if not finished.wait(left(until)) or (time.monotonic() >= until and not wire.is_active()):  # paramiko's own limit
        step = "did not finish the key exchange in time" if wire.remote_version else "never said that it speaks SSH"
        raise TimedOut(f"{target}: {step}")
    if not wire.is_active():
        raise Unreachable(f"{target}: {_no_agreement(wire)}")


def check_host_key(
    wire: Wire, target: Target, pinned: Sequence[PinnedKey], host_keys: HostKeys, *, enrol: bool
) -> None:
    """Let the host be who it was before, or enrol it. Raises HostKeyChanged and HostKeyUnknown."""
    key = wire.get_remote_server_key()
    shown = PinnedKey(key.get_name(), key.get_base64())
    if any(known.revoked and shown.same(known) for known in pinned):
        raise HostKeyChanged(f"{target}: shows the key {shown.fingerprint}, which is revoked; no credential was sent")
    trusted = [known for known in pinned if not known.revoked]
    if any(shown.same(known) for known in trusted):
        return
    if trusted:
        raise HostKeyChanged(
            f"{target}: shows the {shown.type} key {shown.fingerprint}, but {_listed(trusted)} is pinned; no credential"
            " was sent. If the host was rebuilt, `auditor keys forget` its old key and enrol it again"
        )
    if not enrol:
        raise HostKeyUnknown(
            f"{target}: its {shown.type} key {shown.fingerprint} is not known; compare it with the host's own"
            " (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then audit with --enrol, or try checks with --known-hosts"
        )
    host_keys.pin(target.host, target.port, shown)


@dataclass(frozen=True, slots=True)
class Proof:
    """One way to prove who asks: what it is called, and the step that offers it to a host for a user."""

    name: str
    offer: Callable[[paramiko.Transport, str], Sequence[str]]


def key_proof(name: str, key: paramiko.PKey) -> Proof:
    """Return a key as a proof."""
    return Proof(name, lambda wire, user: wire.auth_publickey(user, key))


def password_proof(password: str) -> Proof:
    """Return a password as a proof, also where the server asks for it as a question (RFC 4256)."""
    return Proof("password", lambda wire, user: wire.auth_password(user, password, fallback=True))


def authenticate(wire: Wire, target: Target, user: str, proofs: Sequence[Proof], until: float) -> None:
    """Log in with the first proof that the host accepts.

    Raises AuthenticationRefused when it called one wrong, ProofInsufficient when it only wants others or further ones,
    TimedOut and Unreachable.
    """
    tried: list[str] = []
    offered: list[str] = []
    kind: type[AuthenticationRefused | ProofInsufficient] = ProofInsufficient
    for proof in proofs:
        wire.auth_timeout = left(until)
        try:
            offered = list(proof.offer(wire, user))
        except BadAuthenticationType as refusal:
            offered = list(refusal.allowed_types)
            tried.append(f"{proof.name} (not offered)")
            continue
        except AuthenticationException as refusal:
            if time.monotonic() >= until or "timeout" in str(refusal):
                raise TimedOut(f"{target}: did not answer to the log-in of {user} in time") from refusal
            tried.append(proof.name)
            kind = AuthenticationRefused
            if not wire.is_active():
                break
            continue
        except (SSHException, EOFError, OSError) as error:
            raise Unreachable(f"{target}: closed the connection while {user} logged in") from error
        if wire.is_authenticated():
            return
        tried.append(f"{proof.name} (accepted, but the host wants {' and '.join(map(said, offered))} as well)")
    takes = f"; it takes {', '.join(map(said, offered))}" if offered else ""
    raise kind(f"{target}: refused {user} with {', '.join(tried)}{takes}")


def open_shell(wire: Wire, target: Target, script: bytes, until: float) -> paramiko.Channel:
    """Return a channel on which /bin/sh has been given a script. Raises TimedOut and Unreachable."""
    late = threading.Timer(left(until), wire.close)  # paramiko waits without end for the answer to an exec request
    late.start()
    try:
        channel = wire.open_session(timeout=left(until))
        channel.settimeout(left(until))
        channel.exec_command("exec /bin/sh -s")  # whatever the login shell is, it can do this much
        _give(channel, script, wire)
    except (SSHException, EOFError, OSError) as error:
        if time.monotonic() >= until:
            raise TimedOut(f"{target}: opened no shell in time") from error
        raise Unreachable(f"{target}: lets the account in, but runs no command for it") from error
    finally:
        late.cancel()
    return channel


def _give(channel: paramiko.Channel, script: bytes, wire: Wire) -> None:
    """Send a script. A login that ends before it has all of it is no error: what it said can still be read."""
    try:
        channel.sendall(script)
        channel.shutdown_write()
    except OSError:
        if not (channel.closed and wire.is_active()):
            raise


def pieces(channel: Talk, wait: Callable[[], float]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what arrives on standard output and on standard error; `wait` says for how many seconds to look.

    Ends with the channel. Yields nothing new now and then, so that the caller can look at the clock.
    """
    closed = False
    while not closed:
        if channel.recv_stderr_ready():
            yield b"", channel.recv_stderr(_PIECE)
        channel.settimeout(max(0.01, min(wait(), _TICK)))
        try:
            text = channel.recv(_PIECE)
            closed = not text
        except TimeoutError:
            text = b""
        yield text, b""
    while rest := channel.recv_stderr(_PIECE) if channel.recv_stderr_ready() else b"":
        yield b"", rest


def said(text: str) -> str:
    """Return a peer's words so that they can be shown: on one line, short, without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:200]).strip()


def _no_agreement(wire: Wire) -> str:
    why = wire.get_exception()
    if isinstance(why, IncompatiblePeer):
        return _incompatible(str(why), wire.offer)
    if not wire.remote_version:
        return "closed the connection without saying that it speaks SSH" if _ended(why) else "does not speak SSH"
    return (
        "closed the connection during the key exchange" if _ended(why) else f"the key exchange failed: {said(str(why))}"
    )


def _ended(why: Exception | None) -> bool:
    return why is None or isinstance(why, EOFError | OSError) or str(why).startswith("Error reading")


def _incompatible(message: str, offer: dict[str, list[str]]) -> str:
    for part, name in _OFFERS.items():
        offered = [word for word in offer.get(name, []) if not word.startswith(("ext-info-", "kex-strict-"))]
        if part in message and offered:
            kind = "only SHA-1 signatures" if part == "host key" else "only old algorithms"
            if part == "kex algorithm" and all("sha1" in word for word in offered):
                kind = "only SHA-1 key exchange"
            return f"speaks {kind} ({said(', '.join(offered))}), which this transport refuses"
    return f"has no algorithm in common with this transport: {said(message)}"


def _first(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(name for name in wanted if name in known), *known]))


def _listed(keys: Sequence[PinnedKey]) -> str:
    return " or ".join(f"{key.type} {key.fingerprint}" for key in keys)


def left(until: float) -> float:
    """Return the seconds until a time, a hundredth at least: no time at all would mean not to wait, or for ever."""
    return max(0.01, until - time.monotonic())
