"""Talk to devices that speak only SHA-1 key exchange or `ssh-rsa` signatures, by the system's own ssh(1).

paramiko 5 cannot speak these at all. Only assets whose access says `legacy` come here. The host key is the one that is
pinned in our store, in a known_hosts file of this one connection; no configuration, agent or key of the person who runs
auditor is used unless the credential names it; a password goes through a pipe that only this user can open, by way of
SSH_ASKPASS, never in an argument or the environment.
"""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from auditor.credentials import Credential
from auditor.errors import ToolMissing, Unreachable
from auditor.transports.host_keys import PinnedKey
from auditor.transports.legacy_log import Log
from auditor.transports.ssh_wire import Target, left

_ALIAS: Final = "asset"  # the one host in the connection's own known_hosts file
_PIECE: Final = 64 * 1024
_MOST_KEY_LINES: Final = 8192  # bytes of a known_hosts file that ssh writes when it enrols
# What is added to what this ssh would speak anyway, as far as it can still be added (`ssh -Q`).
_OLD: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "KexAlgorithms": (
        "kex",
        ("diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1"),
    ),
    "HostKeyAlgorithms": ("key-sig", ("ssh-rsa",)),
    "PubkeyAcceptedAlgorithms": ("key-sig", ("ssh-rsa",)),
    "Ciphers": ("cipher", ("aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc")),
    "MACs": ("mac", ("hmac-sha1", "hmac-sha1-96", "hmac-md5")),
}
# Prompts that ssh makes itself begin like this; what a server asks in its own words begins with (user@host).
_ASKPASS: Final = """#!/bin/sh
case $1 in
"Enter passphrase for "*) exec cat "${0%/*}/passphrase" ;;
*) exec cat "${0%/*}/password" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Call:
    """Whom to connect to, as whom, by which credential, and which keys it may show; `enrol`: any, if none is pinned."""

    target: Target
    user: str
    credential: Credential
    pinned: Sequence[PinnedKey]
    enrol: bool = False


class Pipes:
    """A running ssh, read and written as paramiko's channels are."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        """Talk over a process's three pipes."""
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process, self._in, self._out, self._err = process, process.stdin, process.stdout, process.stderr
        self._seconds: float | None = None
        os.set_blocking(self._in.fileno(), False)

    def settimeout(self, timeout: float | None, /) -> None:
        """Say how long to wait for bytes, or for room to send some."""
        self._seconds = timeout

    def recv(self, nbytes: int, /) -> bytes:
        """Return bytes, none at the end. Raises TimeoutError."""
        if not select.select([self._out], [], [], self._seconds)[0]:
            raise TimeoutError
        return os.read(self._out.fileno(), nbytes)

    def recv_ready(self) -> bool:
        """Whether there is something to read, if only the end."""
        return bool(select.select([self._out], [], [], 0)[0])

    def recv_stderr_ready(self) -> bool:
        """Whether the far end said something on standard error. At its end there is nothing more to be ready for."""
        if self._err.closed or not select.select([self._err], [], [], 0)[0]:
            return False
        self._kept = os.read(self._err.fileno(), _PIECE)
        if not self._kept:
            self._err.close()
        return bool(self._kept)

    def recv_stderr(self, nbytes: int, /) -> bytes:
        """Return what was ready."""
        del nbytes
        return self._kept

    def sendall(self, s: bytes, /) -> None:
        """Send bytes. Raises TimeoutError when the other side takes none, and OSError when it is gone."""
        waiting = memoryview(s)
        while waiting:
            if not select.select([], [self._in], [], self._seconds)[1]:
                raise TimeoutError
            waiting = waiting[os.write(self._in.fileno(), waiting[:_PIECE]) :]

    def shutdown_write(self) -> None:
        """Say that nothing more comes."""
        self._in.close()

    def alive(self) -> bool:
        """Whether the connection is there."""
        return self._process.poll() is None

    def hang_up(self) -> None:
        """End the process that was started here, and the askpass that it may be waiting for."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)

    def close(self) -> None:
        """End the process, and let go of its pipes."""
        self.hang_up()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._in, self._out, self._err):
            with suppress(OSError):
                stream.close()


class OldSession:
    """A session by the system's ssh, connected when it is known whether for a shell or for a terminal."""

    def __init__(self, connect: Callable[[bool], tuple[Pipes, Target]], user: str) -> None:
        """Connect by a function that is told whether a terminal is wanted."""
        self._connect, self.user = connect, user
        self._pipes: Pipes | None = None
        self._target: Target | None = None

    @property
    def target(self) -> Target:
        """Return whom it is connected to: it must be."""
        assert self._target is not None
        return self._target

    def shell(self, script: bytes, until: float) -> Pipes:
        """Return a channel on which /bin/sh has been given a script. Raises CollectionError."""
        pipes, self._target = self._connect(False)
        pipes.settimeout(left(until))
        try:
            pipes.sendall(script)
            pipes.shutdown_write()
        except OSError as error:
            raise Unreachable(f"{self.target}: lets the account in, but runs no command for it") from error
        self._pipes = pipes
        return pipes

    def terminal(self) -> Pipes:
        """Return a channel to the device's command line. Raises CollectionError."""
        self._pipes, self._target = self._connect(True)
        return self._pipes

    def alive(self) -> bool:
        """Whether the connection is there."""
        return self._pipes is not None and self._pipes.alive()

    def close(self) -> None:
        """End the connection; what is asked of it afterwards gets an end."""
        if self._pipes is not None:
            self._pipes.hang_up()


@contextmanager
def connected(call: Call, until: float, *, terminal: bool) -> Iterator[tuple[Pipes, tuple[str, ...]]]:
    """Give an authenticated shell, or a terminal, and the key lines that were enrolled; end it, come what may.

    Raises ToolMissing, TimedOut, Unreachable, HostKeyChanged, HostKeyUnknown, AuthenticationRefused, CredentialMissing.
    """
    program = shutil.which("ssh")
    if program is None:
        raise ToolMissing("ssh is not installed here: apt install openssh-client")
    with tempfile.TemporaryDirectory(prefix="auditor-ssh-") as name:
        folder = Path(name)
        log = Log(folder / "log", call.target, call.user)
        _write_files(folder, call)
        process = subprocess.Popen(
            [program, *_options(program, call, folder, until), *(["-tt"] if terminal else ["-T"])]
            + ["-p", str(call.target.port), "-l", call.user, "--", str(call.target.address)]
            + ([] if terminal else ["exec /bin/sh -s"]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=_environment(call.credential, folder), start_new_session=True,
        )  # fmt: skip
        pipes = Pipes(process)
        try:
            with _answers(folder, call.credential):
                log.wait_for_login(process, until)
            yield pipes, _enrolled(folder) if call.enrol and not call.pinned else ()
        finally:
            pipes.close()
            log.close()


def _options(program: str, call: Call, folder: Path, until: float) -> list[str]:
    secret = call.credential.password or call.credential.passphrase
    strict = "accept-new" if call.enrol and not call.pinned else "yes"
    settings = {
        "BatchMode": "no" if secret else "yes",
        "StrictHostKeyChecking": strict,
        "UserKnownHostsFile": f'"{folder / "known_hosts"}"',
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlias": _ALIAS,
        "CheckHostIP": "no",
        "HashKnownHosts": "no",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "NumberOfPasswordPrompts": "1",
        "ConnectTimeout": str(int(left(until)) + 2),  # the deadline proper is ours
        "ConnectionAttempts": "1",
        "ControlPath": "none",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "PermitLocalCommand": "no",
        "EscapeChar": "none",
        "GSSAPIAuthentication": "no",
        "LogLevel": "DEBUG1",
        "PreferredAuthentications": ",".join(_methods(call.credential)),
        "IdentitiesOnly": "no" if call.credential.agent else "yes",
        "IdentityAgent": "SSH_AUTH_SOCK" if call.credential.agent else "none",
        "IdentityFile": f'"{str(call.credential.key_file).replace("%", "%%")}"' if call.credential.key_file else "none",
        **{name: "+" + ",".join(old) for name, old in _old_algorithms(program).items()},
    }
    return ["-F", "none", "-E", str(folder / "log"), *(f"-o{name}={value}" for name, value in settings.items())]


def _methods(credential: Credential) -> list[str]:
    keys = ["publickey"] if credential.key_file or credential.agent else []
    return [*keys, *(["password", "keyboard-interactive"] if credential.password else [])] or ["none"]


@cache
def _old_algorithms(program: str) -> dict[str, list[str]]:
    """Return the old algorithms that this machine's ssh still has, by the option that adds them."""
    found: dict[str, list[str]] = {}
    for option, (question, names) in _OLD.items():
        told = subprocess.run([program, "-Q", question], capture_output=True, text=True, timeout=10, check=False).stdout
        if known := [name for name in names if name in told.split()]:
            found[option] = known
    return found


def _write_files(folder: Path, call: Call) -> None:
    marks = (("@revoked " if key.revoked else "", key) for key in call.pinned)
    lines = [f"{mark}{_ALIAS} {key.type} {key.blob_base64}\n" for mark, key in marks]
    (folder / "known_hosts").write_text("".join(lines))
    (folder / "askpass").write_text(_ASKPASS)
    (folder / "askpass").chmod(0o700)
    for name in ("passphrase", "password"):
        os.mkfifo(folder / name, 0o600)


def _environment(credential: Credential, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK") if name in os.environ}
    asking = {"SSH_ASKPASS": str(folder / "askpass"), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":none"}
    return {"LC_ALL": "C", "TERM": "vt100", **kept, **(asking if credential.password or credential.passphrase else {})}


@contextmanager
def _answers(folder: Path, credential: Credential) -> Iterator[None]:
    """Answer what askpass asks for, once each, while ssh logs in."""
    over = threading.Event()
    answers = {"passphrase": credential.passphrase, "password": credential.password}
    given = {name: secret.reveal() for name, secret in answers.items() if secret is not None}
    threads = [
        threading.Thread(target=_answer, args=(folder / name, text, over), daemon=True) for name, text in given.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _answer(pipe: Path, secret: str, over: threading.Event) -> None:
    """Write a secret into a pipe as soon as somebody reads it, once; a second question gets an end at once."""
    told = False
    while not over.is_set():
        try:
            opened = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody asks yet
            over.wait(0.02)
            continue
        with os.fdopen(opened, "wb") as answer:
            if not told:
                answer.write(secret.encode() + b"\n")
        told = True
        over.wait(0.1)


def _enrolled(folder: Path) -> tuple[str, ...]:
    """Return what ssh wrote of the key of a host that was never seen: `TYPE BASE64`, a line a key."""
    with (folder / "known_hosts").open(encoding="ascii", errors="replace") as file:
        lines = file.read(_MOST_KEY_LINES).splitlines()
    return tuple(" ".join(line.split()[1:3]) for line in lines if line.startswith(f"{_ALIAS} "))
