"""Which SNMP agents say anything at all: a thousand addresses in seconds, over one socket for each address family.

Each address gets a GET by each community that will be used, and the discovery of its SNMPv3 engine (RFC 3414, section
4), which an agent answers whatever the credential is; three times, for datagrams get lost. An address that sends
anything back is there. Where the host says that the port is closed (ICMP, on Linux), that is the reason.
"""

import contextlib
import errno
import secrets
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from types import TracebackType
from typing import Final, Self

from auditor.transports.snmp_message import GET, V1, V2C, community_message, discovery, pdu

A_SECOND: Final = 2000  # datagrams, 1.5 Mbit/s: more of them wait for hardware addresses than queues have room for
WAITS: Final = (0.5, 1.0, 2.0)  # seconds after each round: a slow agent has 3.5 in all
_SYSTEM: Final = ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0")  # sysDescr.0, sysUpTime.0
_AT_ONCE: Final = 20  # datagrams between two looks at what came
_ROOM: Final = 4 * 2**20  # octets of answers that may wait for us
_MOST: Final = 1000  # datagrams taken in one look, whoever floods us
_LARGEST: Final = 65535
_LINUX: Final = sys.platform == "linux"
_RECEIVE_ERRORS: Final = {  # IP_RECVERR of ip(7) and ipv6(7), which the socket module does not name before 3.14
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
_ERRNO: Final = struct.Struct("=I")  # the first field of struct sock_extended_err, ip(7)


@dataclass(slots=True)
class Target:
    """One address and port, the communities to ask it with by SNMPv2c, and those by v1 as well; then what came of it.

    The address is written as the ipaddress module writes it.
    """

    host: str
    port: int
    communities: tuple[str, ...] = field(default=(), repr=False)
    also_v1: tuple[str, ...] = field(default=(), repr=False)
    answered: bool = False
    closed: bool = False

    @property
    def why(self) -> str:
        """Return why nothing answers; empty when something does."""
        name = f"{self.host} port {self.port}/udp"
        if self.answered:
            return ""
        if self.closed:
            return f"nothing listens on {name} (ICMP port unreachable)"
        return (
            f"{name} was silent to SNMP requests and to the discovery of an SNMPv3 engine, each sent {len(WAITS)} "
            "times: an access list, another community and a dead host look the same from here"
        )

    def datagrams(self) -> list[bytes]:
        """Return what to send."""
        words = [(V2C, word) for word in self.communities] + [(V1, word) for word in self.also_v1]
        asked = [
            community_message(version, word.encode(), pdu(GET, secrets.randbits(31), _SYSTEM))
            for version, word in words
        ]
        return [*asked, discovery(secrets.randbits(31), secrets.randbits(31))]


def sweep(targets: Sequence[Target], *, a_second: int = A_SECOND, waits: Sequence[float] = WAITS) -> None:
    """Ask each target whether it is there, and note it there: a round for each wait, of those that are still silent."""
    with contextlib.ExitStack() as opened:
        lanes = [
            opened.enter_context(_Lane(family, chosen))
            for family, is_v6 in ((socket.AF_INET, False), (socket.AF_INET6, True))
            if (chosen := [target for target in targets if (":" in target.host) is is_v6])
        ]
        for wait in waits:
            started = time.monotonic()
            for number, (lane, target, datagram) in enumerate(_left(lanes), 1):
                lane.send(datagram, target)
                if number % _AT_ONCE == 0:
                    _listen(lanes, started + number / a_second)
            _listen(lanes, time.monotonic() + wait)


class _Lane:
    """The targets of one address family, and the socket to all of them."""

    def __init__(self, family: socket.AddressFamily, targets: Sequence[Target]) -> None:
        self.datagrams = [(target, target.datagrams()) for target in targets]
        self.silent = len({(target.host, target.port) for target in targets})
        self._targets: dict[tuple[str, int], list[Target]] = {}
        for target in targets:
            self._targets.setdefault((target.host, target.port), []).append(target)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        if _LINUX:
            self._socket.setsockopt(*_RECEIVE_ERRORS[family], 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, datagram: bytes, target: Target) -> None:
        """Send, and once more when what was in the way is an error of another datagram. A lost one has its rounds."""
        for _ in range(2):
            try:
                self._socket.sendto(datagram, (target.host, target.port))
            except OSError:
                self.take()
            else:
                return

    def take(self) -> None:
        """Note what came: errors of the network first, then answers."""
        for _ in range(_MOST if _LINUX else 0):
            try:
                _, told, _, where = self._socket.recvmsg(_LARGEST, 512, socket.MSG_ERRQUEUE)
            except OSError:
                break
            refused = any(_ERRNO.unpack_from(data)[0] == errno.ECONNREFUSED for *_, data in told if len(data) >= 4)
            for target in self._targets.get(where[:2], ()) if refused else ():
                target.closed = True
        for _ in range(_MOST):
            try:
                _, where = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                continue
            self._heard(self._targets.get(where[:2], ()))

    def _heard(self, targets: Sequence[Target]) -> None:
        self.silent -= any(not target.answered for target in targets)
        for target in targets:
            target.answered = True


def _left(lanes: Sequence[_Lane]) -> Iterator[tuple[_Lane, Target, bytes]]:
    """Yield what is to be sent to the silent, one datagram a target at a time, so that none gets them all at once."""
    for lane in lanes:
        for column in zip_longest(*(datagrams for _, datagrams in lane.datagrams)):
            for (target, _), datagram in zip(lane.datagrams, column, strict=True):
                if datagram is not None and not target.answered:
                    yield lane, target, datagram


def _listen(lanes: Sequence[_Lane], until: float) -> None:
    """Take what comes until then, at least what is there already; stop early when all have answered."""
    while any(lane.silent for lane in lanes):
        left = max(0.0, until - time.monotonic())
        readable, _, _ = select.select(lanes, [], [], left)
        for lane in readable:
            lane.take()
        if left == 0:
            return
