"""Ask POSIX hosts by SSH (paramiko 5): one handshake, one shell and one script a host, however many the requests."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.pkey import UnknownKeyType

from auditor.credentials import Credential
from auditor.errors import CollectionError, CredentialMissing, NoShell, OutOfScope, TimedOut, Unreachable
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request
from auditor.transports import ssh_wire as wires
from auditor.transports.host_keys import HostKeys
from auditor.transports.scope import Scope
from auditor.transports.script import compose, shell_requests
from auditor.transports.transcript import Transcript

_PORT: Final = 22
_MOST_AGENT_KEYS: Final = 3  # sshd's MaxAuthTries is 6, and each key that does not fit is a refusal in its log


class CredentialSource(Protocol):
    """Where credentials are opened by name."""

    def open(self, name: str) -> Credential:
        """Return a credential. Raises CredentialMissing."""
        ...


class Ssh:
    """The transport to hosts with an SSH server and a POSIX shell.

    Tries an asset's addresses in order until one takes a connection. Without `enrol` only hosts whose key is pinned
    are talked to; with it, the key of a host that was never seen is pinned.
    """

    def __init__(
        self,
        credentials: CredentialSource,
        host_keys: HostKeys,
        scope: Scope,
        *,
        enrol: bool = False,
        connect_seconds: float = 10.0,
        asset_seconds: float = 300.0,
    ) -> None:
        """Allow `connect_seconds` each for the connection, the key exchange, the log-in and the shell."""
        self._credentials, self._host_keys, self._scope = credentials, host_keys, scope
        self._enrol = enrol
        self._connect_seconds, self._asset_seconds = connect_seconds, asset_seconds
        self._loaded: dict[str, paramiko.PKey] = {}
        self._lock = threading.Lock()

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when no session could be had."""
        shells = shell_requests(requests)
        credential = self._credentials.open(access.credential)
        user = access.user or credential.user
        if not user:
            raise CredentialMissing(f"credential {credential.name}: no user; set user in auditor.toml or the inventory")
        deadline = time.monotonic() + self._asset_seconds
        nonce = secrets.token_hex(16)
        transcript = Transcript(shells, nonce)
        sudo = credential.sudo_password.reveal() if credential.sudo_password else ""
        with self._proofs(credential) as proofs, self._session(asset, access, deadline) as (wire, target):
            wires.authenticate(wire, target, user, proofs, self._until(deadline))
            asked_at = datetime.now(UTC)
            channel = wires.open_shell(wire, target, compose(shells, nonce, sudo), self._until(deadline))
            stopped = _follow(channel, transcript, deadline)
        if not transcript.started:
            if stopped:
                raise TimedOut(f"{target}: {stopped}")
            raise NoShell(f"{target}: {user} runs no POSIX shell there: {transcript.noise or 'nothing was said'}")
        return transcript.answers(Channel.SSH, asked_at, stopped)

    @contextmanager
    def _session(self, asset: Asset, access: Access, deadline: float) -> Iterator[tuple[wires.Wire, wires.Target]]:
        """Give an encrypted connection to a host that is the one it was before; close it, come what may."""
        port = access.port or _PORT
        connection, target = self._dial(asset, port, deadline)
        pinned = [key for host in asset.addresses for key in self._host_keys.pinned(host, port)]
        try:
            wire = wires.negotiate(connection, target, pinned, self._until(deadline))
            try:
                wires.check_host_key(wire, target, pinned, self._host_keys, enrol=self._enrol)
                yield wire, target
            finally:
                wire.close()
        finally:
            connection.close()

    def _dial(self, asset: Asset, port: int, deadline: float) -> tuple[socket.socket, wires.Target]:
        failures: list[CollectionError] = []
        for host in asset.addresses:
            try:
                for address in self._scope.admit_all(host):
                    target = wires.Target(host, address, port)
                    try:
                        return wires.dial(target, self._until(deadline)), target
                    except (Unreachable, TimedOut) as failure:
                        failures.append(failure)
            except (OutOfScope, Unreachable) as failure:
                failures.append(failure)
        if not failures:
            raise Unreachable(f"{asset.name} has no address")
        reasons = "; ".join(dict.fromkeys(map(str, failures)))
        tried = next((failure for failure in failures if not isinstance(failure, OutOfScope)), failures[0])
        raise type(tried)(reasons)

    @contextmanager
    def _proofs(self, credential: Credential) -> Iterator[list[wires.Proof]]:
        """Give the ways to prove who asks, in the order in which to try them. Raises CredentialMissing."""
        proofs = []
        if credential.key_file is not None:
            proofs.append(wires.key_proof(f"the key {credential.key_file}", self._key(credential, credential.key_file)))
        with _agent(credential) as keys:
            proofs += [wires.key_proof(f"the agent's key {key.comment or key.get_name()}", key) for key in keys]
            if credential.password is not None:
                proofs.append(wires.password_proof(credential.password.reveal()))
            if not proofs:
                empty = " (the agent holds no key)" if credential.agent else ""
                raise CredentialMissing(
                    f"credential {credential.name}: SSH needs a key_file, a password or agent = true{empty}"
                )
            yield proofs

    def _key(self, credential: Credential, path: Path) -> paramiko.PKey:
        with self._lock:  # an encrypted key takes its time to open, once
            if credential.name not in self._loaded:
                self._loaded[credential.name] = _load_key(credential, path)
            return self._loaded[credential.name]

    def _until(self, deadline: float) -> float:
        return min(deadline, time.monotonic() + self._connect_seconds)


@contextmanager
def _agent(credential: Credential) -> Iterator[Sequence[paramiko.AgentKey]]:
    """Give the first keys of the user's ssh-agent, where the credential says that it may be asked."""
    place = Path(os.environ.get("SSH_AUTH_SOCK", ""))
    if not credential.agent or not place.is_socket():
        yield ()
        return
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError) as error:
        raise CredentialMissing(f"credential {credential.name}: the agent at {place} gives no keys") from error
    try:
        yield agent.get_keys()[:_MOST_AGENT_KEYS]
    finally:
        agent.close()


def _load_key(credential: Credential, path: Path) -> paramiko.PKey:
    what = f"credential {credential.name}: the key {path}"
    passphrase = credential.passphrase.reveal().encode() if credential.passphrase else None
    try:
        return paramiko.PKey.from_path(path, passphrase)  # type: ignore[arg-type]  # bytes, whatever the stubs say
    except OSError as error:
        raise CredentialMissing(f"{what} cannot be read: {error.strerror}") from error
    except (TypeError, ValueError, paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm):
        hint = (
            "its passphrase is another one, or it has none"
            if passphrase
            else "it is no private key, or it needs a passphrase"
        )
        raise CredentialMissing(f"{what} cannot be used: {hint}") from None


def _follow(channel: paramiko.Channel, transcript: Transcript, deadline: float) -> str:
    """Read until the script is through; return why it was not, or nothing when the connection ended."""
    for text, complaint in wires.pieces(channel, lambda: transcript.left(time.monotonic(), deadline)):
        now = time.monotonic()
        if text:
            transcript.out(text, now)
        if complaint:
            transcript.complain(complaint)
        if transcript.done:
            break
        if why := transcript.stop(now, deadline):
            return why
    return ""
