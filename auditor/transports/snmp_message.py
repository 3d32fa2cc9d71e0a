"""SNMP messages as datagrams: v1 and v2c (RFC 1901), v3 with the user-based security model (RFC 3412, RFC 3414)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.transports.snmp_ber import (
    NULL,
    OCTETS,
    SEQUENCE,
    Malformed,
    element,
    inside,
    integer,
    number_at,
    octets,
    octets_at,
    oid,
    sequence,
    tlv,
)
from auditor.transports.snmp_values import Bound, read_varbinds

GET: Final = 0xA0
RESPONSE: Final = 0xA2
BULK: Final = 0xA5
REPORT: Final = 0xA8
V1: Final = 0
V2C: Final = 1
AUTHENTIC: Final = 1  # msgFlags, RFC 3412, section 6.4, as are the next two
PRIVATE: Final = 2
REPORTABLE: Final = 4
_V3: Final = 3
_USM: Final = 3
_LARGEST: Final = 65507  # octets that a UDP datagram carries
_LONGEST_ENGINE: Final = 32  # octets, RFC 3411, SnmpEngineID


@dataclass(frozen=True, slots=True)
class Pdu:
    """What a message asks or answers. `values` are cut out when they are wanted."""

    tag: int
    request_id: int
    status: int
    index: int
    data: bytes
    start: int
    stop: int

    def values(self) -> list[Bound]:
        """Return the variable bindings. Raises Malformed."""
        return read_varbinds(self.data, self.start, self.stop)


@dataclass(frozen=True, slots=True)
class Security:
    """The header of a v3 message that says who speaks, and by which clock of the agent's (boots, seconds)."""

    message_id: int
    flags: int
    engine: bytes = b""
    boots: int = 0
    seconds: int = 0
    user: bytes = b""


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A v3 message as it came: `digest_at` is where its digest stands, `data` is a scoped PDU, encrypted or not."""

    security: Security
    digest: bytes
    digest_at: int
    salt: bytes
    data: bytes


def pdu(tag: int, request_id: int, oids: Sequence[str], repetitions: int = 0) -> bytes:
    """Return a request for some objects; `repetitions` is the max-repetitions of a BULK."""
    names = (sequence(oid(name), tlv(NULL, b"")) for name in oids)
    return tlv(tag, integer(request_id) + integer(0) + integer(repetitions) + sequence(*names))


def community_message(version: int, community: bytes, request: bytes) -> bytes:
    """Return a datagram of SNMPv1 or v2c."""
    return sequence(integer(version), octets(community), request)


def read_community_message(datagram: bytes) -> tuple[int, Pdu]:
    """Return the version of a datagram of SNMPv1 or v2c, and what it says. Raises Malformed."""
    at, end = inside(datagram, 0, len(datagram), SEQUENCE)
    version, at = number_at(datagram, at, end)
    if version not in {V1, V2C}:
        raise Malformed(f"SNMP version {version} where 0 or 1 belongs")
    _, at = octets_at(datagram, at, end)
    return version, _pdu(datagram, at, end)


def scoped(engine: bytes, request: bytes) -> bytes:
    """Return a request in the default context of an engine."""
    return sequence(octets(engine), octets(b""), request)


def read_scoped(data: bytes) -> Pdu:
    """Return what a scoped PDU says, whatever padding follows it. Raises Malformed."""
    at, end = inside(data, 0, len(data), SEQUENCE)
    for _ in ("engine", "context"):
        _, at = octets_at(data, at, end)
    return _pdu(data, at, end)


def user_message(security: Security, digest_size: int, salt: bytes, data: bytes) -> tuple[bytes, int]:
    """Return a v3 datagram whose digest is zero still, and where that stands. `data` is an element."""
    header = sequence(integer(security.message_id), integer(_LARGEST), octets(bytes([security.flags])), integer(_USM))
    last = octets(salt)
    parameters = sequence(
        octets(security.engine), integer(security.boots), integer(security.seconds), octets(security.user),
        octets(bytes(digest_size)), last,
    )  # fmt: skip
    message = sequence(integer(_V3), header, octets(parameters), data)
    return message, len(message) - len(data) - len(last) - digest_size


def read_user_message(datagram: bytes) -> UserMessage:
    """Return a v3 datagram's parts. Raises Malformed."""
    at, end = inside(datagram, 0, len(datagram), SEQUENCE)
    version, at = number_at(datagram, at, end)
    header, header_end = inside(datagram, at, end, SEQUENCE)
    message_id, header = number_at(datagram, header, header_end)
    _, header = number_at(datagram, header, header_end)
    flags, header = octets_at(datagram, header, header_end)
    model, _ = number_at(datagram, header, header_end)
    if version != _V3 or model != _USM or len(flags) != 1:
        raise Malformed("not a message of SNMPv3 and its user-based security model")
    at, stop = inside(datagram, header_end, end, OCTETS)
    data = _data(datagram, stop, end, private=bool(flags[0] & PRIVATE))
    at, stop = inside(datagram, at, stop, SEQUENCE)
    engine, at = octets_at(datagram, at, stop)
    boots, at = number_at(datagram, at, stop)
    seconds, at = number_at(datagram, at, stop)
    user, at = octets_at(datagram, at, stop)
    digest, at = octets_at(datagram, at, stop)
    salt, _ = octets_at(datagram, at, stop)
    if len(engine) > _LONGEST_ENGINE or not 0 <= boots < 2**31 or not 0 <= seconds < 2**31:
        raise Malformed("an engine that cannot be")
    security = Security(message_id, flags[0], engine, boots, seconds, user)
    return UserMessage(security, digest, at - len(digest), salt, data)


def discovery(message_id: int, request_id: int) -> bytes:
    """Return the datagram that makes an engine name itself and its clock, without any credential (RFC 3414, 4)."""
    asked = scoped(b"", pdu(GET, request_id, ()))
    return user_message(Security(message_id, REPORTABLE), 0, b"", asked)[0]


def _data(datagram: bytes, at: int, end: int, *, private: bool) -> bytes:
    if private:
        return octets_at(datagram, at, end)[0]
    _, stop = inside(datagram, at, end, SEQUENCE)
    return datagram[at:stop]


def _pdu(data: bytes, at: int, end: int) -> Pdu:
    tag, at, end = element(data, at, end)
    request_id, at = number_at(data, at, end)
    status, at = number_at(data, at, end)
    index, at = number_at(data, at, end)
    start, stop = inside(data, at, end, SEQUENCE)
    return Pdu(tag, request_id, status, index, data, start, stop)
