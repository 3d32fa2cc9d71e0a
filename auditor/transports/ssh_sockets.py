"""What SSH connections of paramiko stand on: a TCP connection, or a channel of a jump host."""

import socket
import threading
from contextlib import suppress
from typing import Final

import paramiko
from paramiko.ssh_exception import SSHException

_AT_ONCE: Final = 32 * 1024  # bytes taken from the kernel by one call


class Direct:
    """A TCP connection as paramiko uses a socket, but cheaper: it wakes a thread no more often than needed.

    paramiko takes each packet by two calls and looks up ten times a second whether it was closed. Here one call takes
    what has arrived, and closing wakes whoever waits for more.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket, self._arrived, self._taken = connection, b"", 0
        self.send, self.getpeername = connection.send, connection.getpeername

    def recv(self, most: int) -> bytes:
        """Return some bytes, none at the end. Raises TimeoutError and OSError."""
        if self._taken == len(self._arrived):
            self._arrived, self._taken = self._socket.recv(_AT_ONCE), 0
        start = self._taken
        self._taken = min(start + most, len(self._arrived))
        return self._arrived[start : self._taken]

    def settimeout(self, seconds: float) -> None:
        """Wait so long for bytes, but not less than a second."""
        self._socket.settimeout(max(seconds, 1.0))

    @property
    def _closed(self) -> bool:
        return self._socket.fileno() < 0  # paramiko asks its sockets so

    def close(self) -> None:
        """Close it; whoever waits for bytes is told."""
        with suppress(OSError):  # the peer may have done so first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Onward:
    """A channel of a jump host as the socket of the next connection.

    Nothing is sent after its end: paramiko may send what one thread had begun when another closed the channel, and sshd
    then ends the whole connection, with everybody else's channels. And it ends quietly where the jump host went before
    it: else the thread that ends the next connection would die of it.
    """

    def __init__(self, channel: paramiko.Channel) -> None:
        """Go on by this channel."""
        self._channel, self._sending, self._ended = channel, threading.Lock(), False
        self.recv, self.settimeout, self.getpeername = channel.recv, channel.settimeout, channel.getpeername

    def send(self, data: bytes) -> int:
        """Send what goes at once, and return how many bytes that was. Raises OSError after the end."""
        with self._sending:
            if self._ended:
                raise BrokenPipeError("the connection through the jump host was closed")
            return self._channel.send(data)

    @property
    def _closed(self) -> bool:
        return self._channel.closed  # paramiko asks its sockets so

    def close(self) -> None:
        """Close it, as far as that can still be said."""
        with self._sending, suppress(EOFError, OSError, SSHException):
            self._ended = True
            self._channel.close()


Connection = Direct | Onward
