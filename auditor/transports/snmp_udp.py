"""One agent's socket: a datagram goes out, and again when nothing comes back in time.

The socket is connected, so whatever comes from another address or port never arrives here, and the kernel tells when
the port is closed.
"""

import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar

from auditor.errors import CollectionError, Unreachable
from auditor.transports.snmp_ber import Malformed

_LARGEST: Final = 65535
_MOST_NOISE: Final = 1000  # datagrams that answer nothing, a try: an agent that floods us ends here
_SURE: Final = 2  # a closed port says so twice before we believe it: the agent may be restarting
T = TypeVar("T")


class Udp:
    """The way to one agent: seconds for each try, and tries after the first."""

    def __init__(self, host: str, port: int, timeout: float, retries: int) -> None:
        """Take an address and a port; nothing is sent. Raises Unreachable."""
        self.name = f"{host} port {port}/udp"
        self.host, self.port, self.timeout, self.retries = host, port, timeout, retries
        self.closed = self.noisy = False  # what the last silence was like: a closed port; something that is no answer
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.connect((host, port))
        except OSError as error:
            self.close()
            raise Unreachable(f"{self.name} cannot be reached: {error.strerror}") from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def ask(
        self, datagrams: Sequence[bytes], read: Callable[[bytes], T | None], until: float, *, tries: int = 0
    ) -> T | None:
        """Return what `read` makes of an answer, or None after so many tries without one; each try sends them all.

        `read` returns None, or raises Malformed, for a datagram that is not the answer. Raises TimeoutError when it is
        `until`, on the clock of time.monotonic(), and CollectionError.
        """
        refused, self.noisy = 0, False
        for _ in range(tries or self.retries + 1):
            try:
                for datagram in datagrams:
                    self._socket.send(datagram)
                if (answer := self._wait(read, min(until, time.monotonic() + self.timeout))) is not None:
                    return answer
            except ConnectionRefusedError:
                refused += 1
            except OSError as error:
                raise Unreachable(f"{self.name} cannot be reached: {error.strerror or error}") from error
            if time.monotonic() >= until:
                raise TimeoutError
            if refused == _SURE:
                break
        self.closed = refused > 0
        return None

    def _wait(self, read: Callable[[bytes], T | None], until: float) -> T | None:
        for _ in range(_MOST_NOISE):
            if (left := until - time.monotonic()) <= 0:
                return None
            self._socket.settimeout(left)
            try:
                if (answer := read(self._socket.recv(_LARGEST))) is not None:
                    return answer
            except TimeoutError:
                return None
            except Malformed:
                pass
            self.noisy = True
        raise CollectionError(f"{self.name} sends without end what nobody asked for")
