"""Servers that do what no server should: silent, hanging, dripping, endless, lying; and what they were told.

`Raw` speaks bytes over TCP; `Impostor` speaks SSH, lets in whom it is told to, and answers a session as it likes.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import paramiko

from tests.lab.door import Door, speak
from tests.lab.sshd import free_tcp_port

Behaviour = Callable[[socket.socket, threading.Event], None]
Session = Callable[[paramiko.Channel, bytes, threading.Event], None]


@dataclass
class Raw:
    """A TCP server on loopback that treats each connection by a function."""

    behave: Behaviour
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    _listener: "socket.socket | None" = field(default=None, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)
    _threads: list[threading.Thread] = field(default_factory=list, repr=False)

    def __enter__(self) -> Self:
        """Listen."""
        self._listener = socket.create_server((self.host, self.port))
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody."""
        self._ended.set()
        for thread in self._threads:
            thread.join(5)
        assert self._listener is not None
        self._listener.close()

    def _run(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._run(lambda connection=connection: self._serve(connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.behave(connection, self._ended)
            except OSError:
                return  # the other side hung up first


def silent(connection: socket.socket, ended: threading.Event) -> None:
    """Accept, and never say anything."""
    del connection
    ended.wait()


def dripping(connection: socket.socket, ended: threading.Event) -> None:
    """Begin an SSH greeting and go on with a byte every tenth of a second, without end."""
    connection.sendall(b"SSH-2.0-")
    while not ended.wait(0.1):
        connection.sendall(b"x")


def flooding(connection: socket.socket, ended: threading.Event) -> None:
    """Send a first line that never ends, as fast as it is taken."""
    while not ended.is_set():
        connection.sendall(b"x" * 65536)


def greeting_only(connection: socket.socket, ended: threading.Event) -> None:
    """Greet as an SSH server does, and hang."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
    ended.wait()


def web_server(connection: socket.socket, ended: threading.Event) -> None:
    """Answer as a web server does that is spoken to in SSH."""
    del ended
    connection.recv(100)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>\x1b[31mno</h1>\r\n" * 40)


def closing(connection: socket.socket, ended: threading.Event) -> None:
    """Hang up at once."""
    del connection, ended


@dataclass
class Impostor:
    """An SSH server that accepts any proof, or none, writes each attempt down, and answers by a function."""

    session: Session | None = None  # None: the exec request itself is never answered
    accepts: bool = True
    hangs: bool = False  # at the log-in
    hides: bool = False  # what a jump host is asked for: a connection onwards is never answered
    methods: str = "publickey,password"
    key: paramiko.PKey = field(default_factory=paramiko.ECDSAKey.generate)
    shape: Callable[[paramiko.Transport], None] = lambda wire: None
    host: str = "127.0.0.1"
    attempts: list[tuple[str, str]] = field(default_factory=list)  # the method, and the secret where there is one
    _raw: "Raw | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Listen."""
        self._raw = Raw(self._serve, host=self.host).__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody."""
        assert self._raw is not None
        self._raw.__exit__(kind, error, trace)

    @property
    def port(self) -> int:
        """Return where it listens."""
        assert self._raw is not None
        return self._raw.port

    def _serve(self, connection: socket.socket, ended: threading.Event) -> None:
        speak(connection, self.key, _Door(self, ended), ended, self.shape)


class _Door(Door):
    """Writes down who came, and answers the one exec request."""

    def __init__(self, server: Impostor, ended: threading.Event) -> None:
        super().__init__(self._judged, self._answer, methods=server.methods)
        self._server, self._ended = server, ended

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if self._server.session is None:
            return self._ended.wait() and False
        return super().check_channel_exec_request(channel, command)

    def check_channel_direct_tcpip_request(self, chanid: int, origin: tuple[str, int], place: tuple[str, int]) -> int:
        if self._server.hides:
            self._ended.wait()
        return super().check_channel_direct_tcpip_request(chanid, origin, place)

    def _judged(self, user: str, method: str, secret: str) -> bool:
        self._server.attempts.append((method, secret))
        if self._server.hangs:
            self._ended.wait()
        return self._server.accepts

    def _answer(self, channel: paramiko.Channel) -> None:
        assert self._server.session is not None
        script = b""
        channel.settimeout(5)
        while piece := channel.recv(65536):
            script += piece
        self._server.session(channel, script, self._ended)


def nonce_of(script: bytes) -> bytes:
    """Return the nonce of a script: only who is given the script can know it."""
    return script.split(b"N=", 1)[1].split(b"\n", 1)[0]


def endless(channel: paramiko.Channel, script: bytes, ended: threading.Event) -> None:
    """Begin the first section as the script says, and never end it."""
    nonce = nonce_of(script)
    channel.sendall(b"\n%s H 1000 mallory none sudo ok\n\n%s B 0 a_run\n" % (nonce, nonce))
    while not ended.is_set():
        channel.sendall(b"all is well " * 1000)


def dripping_answer(channel: paramiko.Channel, script: bytes, ended: threading.Event) -> None:
    """Begin the first section, and go on with a byte every tenth of a second."""
    nonce = nonce_of(script)
    channel.sendall(b"\n%s H 1000 mallory none sudo ok\n\n%s B 0 a_run\n" % (nonce, nonce))
    while not ended.wait(0.1):
        channel.sendall(b".")


def complaining(channel: paramiko.Channel, script: bytes, ended: threading.Event) -> None:
    """Say nothing on standard output and never end on standard error."""
    del script
    while not ended.is_set():
        channel.sendall_stderr(b"error " * 1000)


def no_shell(channel: paramiko.Channel, script: bytes, ended: threading.Event) -> None:
    """Answer as an appliance does that knows no shell."""
    del script, ended
    channel.sendall(b"% Invalid input detected at '^' marker.\x1b[0m\r\n")


def hang_up_inside(channel: paramiko.Channel, script: bytes, ended: threading.Event) -> None:
    """Answer the first request as asked, and close in the middle of the second."""
    del ended
    n = nonce_of(script)
    channel.sendall_stderr(b"\n%s B 0\n\n%s B 1\n" % (n, n))
    channel.sendall(b"\n%s H 0 root group sudo self\n" % n)
    channel.sendall(b"\n%s B 0 a_run\nfirst\n\n%s E 0 0\n\n%s B 1 a_run\nsec" % (n, n, n))


def wait_until(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return true()


__all__ = ["Impostor", "Raw", "free_tcp_port", "nonce_of", "wait_until"]
