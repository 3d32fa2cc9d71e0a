"""Get a session on an SSH server: connect within the scope, judge the host key, and only then prove who asks."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.pkey import UnknownKeyType

from auditor.credentials import Credential
from auditor.errors import CollectionError, CredentialMissing, OutOfScope, TimedOut, Unreachable
from auditor.model.asset import Access, Asset
from auditor.transports import ssh_wire as wires
from auditor.transports.attempts import Attempts
from auditor.transports.host_keys import HostKeys
from auditor.transports.scope import Scope

_PORT: Final = 22
_MOST_AGENT_KEYS: Final = 3  # sshd's MaxAuthTries is 6, and each key that does not fit is a refusal in its log


class CredentialSource(Protocol):
    """Where credentials are opened by name."""

    def open(self, name: str) -> Credential:
        """Return a credential. Raises CredentialMissing."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """An authenticated connection, and as whom."""

    wire: wires.Wire
    target: wires.Target
    user: str


class SshLogin:
    """Logs in to the assets of an audit.

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
        step_seconds: float = 10.0,
        attempts: Attempts | None = None,
    ) -> None:
        """Allow `step_seconds` each for the connection, the key exchange and the log-in; `attempts` counts refusals."""
        self._credentials, self._host_keys, self._scope = credentials, host_keys, scope
        self._enrol, self._step_seconds, self._attempts = enrol, step_seconds, attempts or Attempts()
        self._loaded: dict[str, paramiko.PKey] = {}
        self._lock = threading.Lock()

    def credential(self, access: Access) -> Credential:
        """Return the credential of an access. Raises CredentialMissing."""
        return self._credentials.open(access.credential)

    @contextmanager
    def session(self, asset: Asset, access: Access, credential: Credential, deadline: float) -> Iterator[Session]:
        """Give a session on a host that is the one it was before; close it, come what may. Raises CollectionError."""
        user = access.user or credential.user
        if not user:
            raise CredentialMissing(f"credential {credential.name}: no user; set user in auditor.toml or the inventory")
        self._attempts.check(credential.name)
        with self._proofs(credential) as proofs, self._judged(asset, access, deadline) as (wire, target):
            with self._attempts.of(credential.name, deadline):
                wires.authenticate(wire, target, user, proofs, self.until(deadline))
            yield Session(wire, target, user)

    def until(self, deadline: float) -> float:
        """Return when the next step of a session must be over."""
        return min(deadline, time.monotonic() + self._step_seconds)

    @contextmanager
    def _judged(self, asset: Asset, access: Access, deadline: float) -> Iterator[tuple[wires.Wire, wires.Target]]:
        """Give an encrypted connection to a host whose key was judged."""
        port = access.port or _PORT
        connection, target = self._dial(asset, port, deadline)
        pinned = [key for host in asset.addresses for key in self._host_keys.pinned(host, port)]
        try:
            wire = wires.negotiate(connection, target, pinned, self.until(deadline))
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
                        return wires.dial(target, self.until(deadline)), target
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
