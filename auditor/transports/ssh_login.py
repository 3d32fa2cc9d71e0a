"""Get a session on an SSH server: connect within the scope, judge the host key, and only then prove who asks.

A device has one session at a time, whoever asks and for whatever reason: some have five in all, and people need them.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeVar

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.pkey import UnknownKeyType

from auditor.credentials import Credential
from auditor.errors import CollectionError, CredentialMissing, OutOfScope, TimedOut, Unreachable
from auditor.model.asset import Access, Asset, JumpHost
from auditor.transports import ssh_wire as wires
from auditor.transports.attempts import Attempts
from auditor.transports.host_keys import HostKeys, PinnedKey, public_key
from auditor.transports.legacy import Call, OldSession, Pipes, connected
from auditor.transports.scope import Scope
from auditor.transports.ssh_jump import Jumps
from auditor.transports.ssh_sockets import Connection

ReachedT = TypeVar("ReachedT")

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

    def shell(self, script: bytes, until: float) -> paramiko.Channel:
        """Return a channel on which /bin/sh has been given a script. Raises TimedOut and Unreachable."""
        return wires.open_shell(self.wire, self.target, script, until)

    def terminal(self) -> paramiko.Channel:
        """Return a channel to the device's command line. Raises SSHException, EOFError and OSError."""
        channel = self.wire.open_session(timeout=10)
        channel.get_pty("vt100", 511, 1000)
        channel.invoke_shell()
        return channel

    def alive(self) -> bool:
        """Whether the connection is there."""
        return bool(self.wire.is_active())

    def close(self) -> None:
        """End the connection; what is asked of it afterwards gets an end."""
        self.wire.close()


@dataclass(slots=True)
class Greeting:
    """What a server said before anybody logged in: its identification, and the lists of its KEXINIT.

    `agreed` tells whether algorithms were agreed on, so that it could prove who it is.
    """

    port: int = 0
    version: str = ""
    offer: dict[str, list[str]] = field(default_factory=dict)
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class _Visit:
    """One connection to one asset: which, how, until when, and what it says first.

    A lasting one takes no turn: a jump host is connected to as long as anything behind it is asked.
    """

    asset: Asset
    access: Access
    deadline: float
    greeting: Greeting
    lasting: bool = False


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
        self._enrol, self._step_seconds, self.attempts = enrol, step_seconds, attempts or Attempts()
        self._loaded: dict[str, paramiko.PKey] = {}
        self._turns: dict[tuple[str, str, int], threading.Lock] = {}
        self._lock = threading.Lock()
        self._jumps = Jumps(self._jump)

    def credential(self, access: Access) -> Credential:
        """Return the credential of an access. Raises CredentialMissing."""
        return self._credentials.open(access.credential)

    @contextmanager
    def session(
        self, asset: Asset, access: Access, credential: Credential, deadline: float, greeting: Greeting | None = None
    ) -> Iterator[Session | OldSession]:
        """Give a session on a host that is the one it was before; close it, come what may. Raises CollectionError.

        What the server said first is left in `greeting`, also when no session comes of it; not where ssh(1) hears it.
        """
        visit = _Visit(asset, access, deadline, greeting or Greeting())
        with self._old_session(visit, credential) if access.legacy else self._session(visit, credential) as session:
            yield session

    def greet(self, asset: Asset, access: Access, deadline: float, greeting: Greeting) -> None:
        """Hear what a server says before anybody logs in, and judge its key. Raises CollectionError.

        Where algorithms cannot be agreed on, that is raised as well, and `greeting` has what the server said.
        """
        with self._encrypted(_Visit(asset, access, deadline, greeting)) as (wire, target, pinned):
            wires.check_host_key(wire, target, pinned, self._host_keys, enrol=self._enrol)

    def until(self, deadline: float) -> float:
        """Return when the next step of a session must be over."""
        return min(deadline, time.monotonic() + self._step_seconds)

    @contextmanager
    def _session(self, visit: _Visit, credential: Credential) -> Iterator[Session]:
        user = self._user(visit, credential)
        with self._proofs(credential) as proofs, self._encrypted(visit) as (wire, target, pinned):
            wires.check_host_key(wire, target, pinned, self._host_keys, enrol=self._enrol)
            with self.attempts.of(credential.name, visit.deadline):
                wires.authenticate(wire, target, user, proofs, self.until(visit.deadline))
            yield Session(wire, target, user)

    def _user(self, visit: _Visit, credential: Credential) -> str:
        """Return as whom to log in, if at all. Raises CredentialMissing and CredentialStopped."""
        self.attempts.check(credential.name)
        if user := visit.access.user or credential.user:
            return user
        raise CredentialMissing(f"credential {credential.name}: no user; set user in auditor.toml or the inventory")

    @contextmanager
    def _old_session(self, visit: _Visit, credential: Credential) -> Iterator[OldSession]:
        user = self._user(visit, credential)
        if not (credential.key_file or credential.password or credential.agent):
            raise CredentialMissing(_proofless(credential))
        if credential.key_file is not None:
            self._key(credential, credential.key_file)  # what is wrong with it is better said before a host is asked

        def call(target: wires.Target) -> Call:
            return Call(target, user, credential, self._pinned(visit, target.port), enrol=self._enrol)

        with ExitStack() as held:

            def connect(terminal: bool) -> tuple[Pipes, wires.Target]:  # noqa: FBT001
                return self._reached(visit, lambda target: self._called(visit, call(target), terminal), held)

            yield OldSession(connect, user)

    @contextmanager
    def _called(self, visit: _Visit, call: Call, terminal: bool) -> Iterator[tuple[Pipes, wires.Target]]:  # noqa: FBT001
        """Give a connection by the system's ssh, which connects, judges the key and logs in all in one."""
        until = min(visit.deadline, time.monotonic() + 3 * self._step_seconds)
        with self._turn(visit, call.target), ExitStack() as held:
            with self.attempts.of(call.credential.name, visit.deadline):
                pipes, shown = held.enter_context(connected(call, until, terminal=terminal))
            for line in shown:
                self._host_keys.pin(call.target.host, call.target.port, public_key(line))
            yield pipes, call.target

    @contextmanager
    def _encrypted(self, visit: _Visit) -> Iterator[tuple[wires.Wire, wires.Target, list[PinnedKey]]]:
        """Give an encrypted connection to a host whose key is still to be judged, and the keys that are pinned."""
        with ExitStack() as held:
            dial = held.enter_context(self._way(visit))
            connection, target = self._reached(visit, lambda target: self._connection(visit, dial, target), held)
            pinned = self._pinned(visit, target.port)
            wire = wires.wire_on(connection)
            held.callback(wire.close)
            try:
                wires.negotiate(wire, target, pinned, self.until(visit.deadline))
            finally:
                visit.greeting.port = target.port
                visit.greeting.version, visit.greeting.offer = wire.remote_version, wire.offer
            visit.greeting.agreed = True
            yield wire, target, pinned

    def _way(self, visit: _Visit) -> AbstractContextManager[wires.Dial]:
        via = visit.access.jump_host
        return self._jumps.through(via, visit.deadline) if via else nullcontext(wires.dial)

    @contextmanager
    def _jump(self, host: JumpHost, deadline: float) -> Iterator[wires.Wire]:
        """Give a session on a jump host."""
        visit = _Visit(Asset(name=host.name, addresses=host.addresses), host.access, deadline, Greeting(), lasting=True)
        with self._session(visit, self.credential(host.access)) as session:
            yield session.wire

    def _pinned(self, visit: _Visit, port: int) -> list[PinnedKey]:
        return [key for host in visit.asset.addresses for key in self._host_keys.pinned(host, port)]

    def _reached(
        self, visit: _Visit, reach: Callable[[wires.Target], AbstractContextManager[ReachedT]], held: ExitStack
    ) -> ReachedT:
        """Return what comes of the first address of an asset that can be reached; `held` is to end it."""
        failures: list[CollectionError] = []
        for target in self._targets(visit, failures):
            try:
                return held.enter_context(reach(target))
            except (Unreachable, TimedOut) as failure:
                failures.append(failure)
        if not failures:
            raise Unreachable(f"{visit.asset.name} has no address")
        reasons = "; ".join(dict.fromkeys(map(str, failures)))
        tried = next((failure for failure in failures if not isinstance(failure, OutOfScope)), failures[0])
        raise type(tried)(reasons)

    def _targets(self, visit: _Visit, failures: list[CollectionError]) -> Iterator[wires.Target]:
        """Yield each address that may be tried, and add why others may not."""
        for host in visit.asset.addresses:
            try:
                addresses = self._scope.admit_all(host)
            except (OutOfScope, Unreachable, TimedOut) as failure:
                failures.append(failure)
                continue
            for address in addresses:
                yield wires.Target(host, address, visit.access.port or _PORT)

    @contextmanager
    def _connection(
        self, visit: _Visit, dial: wires.Dial, target: wires.Target
    ) -> Iterator[tuple[Connection, wires.Target]]:
        with nullcontext() if visit.lasting else self._turn(visit, target):
            connection = dial(target, self.until(visit.deadline))
            try:
                yield connection, target
            finally:
                connection.close()

    @contextmanager
    def _turn(self, visit: _Visit, target: wires.Target) -> Iterator[None]:
        """Wait until nobody else has a session on a device. Raises TimedOut."""
        with self._lock:
            turn = self._turns.setdefault((visit.access.jump, str(target.address), target.port), threading.Lock())
        if not turn.acquire(timeout=wires.left(visit.deadline)):
            raise TimedOut(f"{target}: another session of this audit was still open there")
        try:
            yield
        finally:
            turn.release()

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
                raise CredentialMissing(_proofless(credential))
            yield proofs

    def _key(self, credential: Credential, path: Path) -> paramiko.PKey:
        with self._lock:  # an encrypted key takes its time to open, once
            if credential.name not in self._loaded:
                self._loaded[credential.name] = _load_key(credential, path)
            return self._loaded[credential.name]


def _proofless(credential: Credential) -> str:
    empty = " (the agent holds no key)" if credential.agent else ""
    return f"credential {credential.name}: SSH needs a key_file, a password or agent = true{empty}"


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
