"""GET and walk over any link, with every guard in one place.

An agent may lie, loop or never end (devices whose bulk walks never end are known): identifiers must increase and stay
inside what was asked, and everything has a cap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.errors import CollectionError
from auditor.transports.snmp_links import Link, Reply
from auditor.transports.snmp_message import BULK, GET
from auditor.transports.snmp_values import END_OF_MIB_VIEW

_MOST_VALUES: Final = 50_000  # of one request
FEW: Final = 40  # messages that a fragile device gets for one request; a walk of a thousand objects takes no more
_AT_ONCE: Final = 10  # OIDs in one GET: small agents refuse more
_REPETITIONS: Final = 25
_ABSENT: Final = "128|"  # noSuchObject
_NO_SUCH_NAME: Final = 2  # RFC 3416 error-status; SNMPv1's way to say that an object is not there
_TOO_BIG: Final = 1
_ERRORS: Final = {2: "noSuchName", 5: "genErr", 6: "noAccess", 13: "resourceUnavailable", 16: "authorizationError"}


@dataclass(slots=True)
class Harvest:
    """What one request has brought so far, as lines; `most` is the number of bytes it may bring, in `messages`."""

    most: int
    messages: int = _MOST_VALUES  # that may still be sent for it
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, lines: Sequence[str]) -> None:
        """Keep lines. Raises CollectionError when that is more than the request may bring, and keeps what fits."""
        size = self.size + sum(len(line) if line.isascii() else len(line.encode()) for line in lines) + len(lines)
        if size <= self.most and len(self.lines) + len(lines) <= _MOST_VALUES:
            self.size = size
            self.lines += lines
            return
        for line in lines:
            self.size += len(line.encode()) + 1
            if self.size > self.most or len(self.lines) >= _MOST_VALUES:
                raise CollectionError(
                    f"the answer was cut after {len(self.lines)} objects: it is larger than it may be"
                )
            self.lines.append(line)

    def spend(self) -> None:
        """Count a message that is about to be sent. Raises CollectionError when it is one too many."""
        if not self.messages:
            raise CollectionError(f"the answer was cut after {len(self.lines)} objects: the device is spared the rest")
        self.messages -= 1


def get(link: Link, oids: Sequence[str], into: Harvest, until: float) -> None:
    """Read single instances; what is not there is kept as absent. Raises CollectionError, TimeoutError."""
    for start in range(0, len(oids), _AT_ONCE):
        _get(link, [oid.strip(".") for oid in oids[start : start + _AT_ONCE]], into, until)


def walk(link: Link, root: str, into: Harvest, until: float) -> None:
    """Read a subtree by GETBULK. Raises CollectionError, TimeoutError; what came before is kept."""
    root = root.strip(".")
    last, numbers = root, tuple(int(part) for part in root.split("."))
    while last:
        values = _bulk(link, last, into, until).values
        if not values:
            raise CollectionError(f"{link.name} ended the walk of {root} with an empty answer")
        lines: list[str] = []
        problem, inside = "", root + "."
        for name, of_name, value in values:
            if value == END_OF_MIB_VIEW or not name.startswith(inside):
                last = ""
                break
            if of_name <= numbers:
                problem = f"{link.name} walks in a circle: {name} does not increase"
                break
            last, numbers = name, of_name
            lines.append(f"{name}|{value}")
        into.add(lines)
        if problem:
            raise CollectionError(problem)


def _get(link: Link, oids: Sequence[str], into: Harvest, until: float) -> None:
    into.spend()
    reply = link.exchange(GET, oids, 0, until)
    if reply.status == _TOO_BIG and len(oids) > 1:
        for oid in oids:
            _get(link, [oid], into, until)
        return
    if reply.status == _NO_SUCH_NAME and 0 < reply.index <= len(oids):
        into.add([f"{oids[reply.index - 1]}|{_ABSENT}"])
        if rest := [oid for place, oid in enumerate(oids, 1) if place != reply.index]:
            _get(link, rest, into, until)
        return
    if reply.status:
        raise CollectionError(f"{link.name} refused the request: {_error(reply)}")
    if [name for name, _, _ in reply.values] != oids:
        raise CollectionError(f"{link.name} answered other objects than those that were asked for")
    into.add([f"{name}|{value}" for name, _, value in reply.values])


def _bulk(link: Link, after: str, into: Harvest, until: float) -> Reply:
    repetitions = _REPETITIONS
    while True:
        into.spend()
        reply = link.exchange(BULK, [after], repetitions, until)
        if not reply.status:
            return reply
        if reply.status != _TOO_BIG or repetitions == 1:
            raise CollectionError(f"{link.name} refused the walk: {_error(reply)}")
        repetitions //= 2


def _error(reply: Reply) -> str:
    return _ERRORS.get(reply.status, f"error-status {reply.status}")
