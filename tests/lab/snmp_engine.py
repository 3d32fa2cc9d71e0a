"""A false SNMPv3 agent that has the user's keys, and does with them what it should not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from auditor.transports.snmp_auth import User
from auditor.transports.snmp_ber import integer, octets, oid, sequence, tlv
from auditor.transports.snmp_message import (
    AUTHENTIC,
    PRIVATE,
    REPORT,
    RESPONSE,
    Security,
    read_scoped,
    read_user_message,
    scoped,
    user_message,
)
from auditor.transports.snmp_usm import Keys, master

ENGINE = bytes.fromhex("8000000004") + b"false engine"
UNKNOWN_ENGINE = "1.3.6.1.6.3.15.1.1.4.0"


@dataclass(frozen=True)
class Said:
    """An answer before it is signed: what an honest agent would say, to be changed."""

    security: Security
    request_id: int
    tag: int = RESPONSE
    name: str = "1.3.6.1.2.1.1.1.0"
    value: bytes = field(default_factory=lambda: octets(b"false"))
    digest: Callable[[bytes], bytes] = bytes  # what becomes of the true digest

    def datagram(self, keys: Keys) -> bytes:
        """Return the answer, encrypted and signed as its flags say."""
        security = self.security
        body = integer(self.request_id) + integer(0) + integer(0) + sequence(sequence(oid(self.name), self.value))
        data, salt = scoped(security.engine, tlv(self.tag, body)), b""
        if security.flags & PRIVATE:
            data, salt = keys.sealed(data, security.boots, security.seconds, 1)
        if not security.flags & AUTHENTIC:
            return user_message(security, 0, salt, data)[0]
        blank, at = user_message(security, keys.digest_size, salt, data)
        digest = self.digest(keys.digest(blank))
        if len(digest) == keys.digest_size:
            return blank[:at] + digest + blank[at + len(digest) :]
        # Another length: as zeros it would be signed so, and only its first octets are compared by who is careless.
        short, at = user_message(security, len(digest), salt, data)
        return short[:at] + digest + short[at + len(digest) :]


class FalseEngine:
    """What a FalseAgent answers: discovery as it should be, and then whatever `twist` makes of an honest answer."""

    def __init__(self, user: User, twist: Callable[[Said, Security], Said | None]) -> None:
        """Take the user, and what changes each answer; it gets the security of the request as well."""
        self.keys = master(user).at(ENGINE)
        self.twist = twist
        self.clock = (5, 1000)
        self.requests = 0

    def __call__(self, datagram: bytes) -> bytes | None:
        """Return the answer to a datagram."""
        message = read_user_message(datagram)
        asked = message.security
        ours = Security(asked.message_id, asked.flags & 3, ENGINE, *self.clock, asked.user)
        if not asked.engine:
            counter = tlv(0x41, b"\x01")
            return Said(replace(ours, flags=0, user=b""), 0, REPORT, UNKNOWN_ENGINE, counter).datagram(self.keys)
        self.requests += 1
        found = read_scoped(self.keys.opened(message) if asked.flags & PRIVATE else message.data)
        said = self.twist(Said(ours, found.request_id), asked)
        return said.datagram(self.keys) if said is not None else None


def report(said: Said, number: int, **security: object) -> Said:
    """Return a report of usmStats instead of an answer (RFC 3414, section 5), signed unless `flags` says otherwise."""
    ours = replace(said.security, **{"flags": AUTHENTIC, **security})  # type: ignore[arg-type]
    name = f"1.3.6.1.6.3.15.1.1.{number}.0"
    return replace(said, security=ours, tag=REPORT, name=name, value=tlv(0x41, b"\x01"))
