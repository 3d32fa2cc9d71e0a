"""Requests and answers between us and one agent, by community or as a user: what is believed, and what silence means.

An answer counts when it carries the identifiers that we drew at random, and, for a user, when it is signed by the
user's key, at no lower security level than the request, and within the time window (RFC 3414, 3.2).
"""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from auditor.errors import AuthenticationRefused, CollectionError, ProofInsufficient, TimedOut, Unreachable
from auditor.transports.snmp_ber import Malformed
from auditor.transports.snmp_message import (
    AUTHENTIC,
    GET,
    PRIVATE,
    REPORT,
    REPORTABLE,
    RESPONSE,
    V2C,
    Pdu,
    Security,
    UserMessage,
    community_message,
    discovery,
    pdu,
    read_community_message,
    read_scoped,
    read_user_message,
    scoped,
    user_message,
)
from auditor.transports.snmp_udp import Udp
from auditor.transports.snmp_usm import Master
from auditor.transports.snmp_values import Bound

_WINDOW: Final = 150  # seconds, RFC 3414, 2.2.3
_CLOCKS: Final = 3  # a request goes out so often because the clocks had to be compared
_NOT_IN_TIME: Final = "notInTimeWindow"
_REPORTS: Final = {  # RFC 3414, 5: usmStats; RFC 3412: snmpUnknownContexts is in RFC 3413
    "1.3.6.1.6.3.15.1.1.1.0": "unsupportedSecurityLevel",
    "1.3.6.1.6.3.15.1.1.2.0": _NOT_IN_TIME,
    "1.3.6.1.6.3.15.1.1.3.0": "unknownUserName",
    "1.3.6.1.6.3.15.1.1.4.0": "unknownEngineID",
    "1.3.6.1.6.3.15.1.1.5.0": "wrongDigest",
    "1.3.6.1.6.3.15.1.1.6.0": "decryptionError",
    "1.3.6.1.6.3.12.1.5.0": "unknownContext",
}
_REFUSALS: Final = {
    "wrongDigest": "the authentication password or protocol is not the user's",
    "unknownUserName": "the agent knows no such user",
    "unknownSecurityName": "the agent knows no such user",
    "authenticationFailure": "the agent refused the authentication",
    "decryptionError": "the privacy password or protocol is not the user's",
}


Attempt = Callable[[float], AbstractContextManager[None]]  # counts what sends a credential, waits at most until then


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent's answer: error-status and error-index (RFC 3416, section 3), and the objects.

    `report` names what the agent reports instead (RFC 3412, 7.2), in pysnmp's words.
    """

    status: int
    index: int
    values: list[Bound]
    report: str = ""


class Link(Protocol):
    """The way to ask one agent: whether it has said anything to the credential, and whether it took it."""

    name: str
    heard: bool
    answered: bool

    def exchange(self, tag: int, oids: Sequence[str], repetitions: int, until: float) -> Reply:
        """Return the answer to one request. Raises CollectionError, and TimeoutError when it is `until`."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """An SNMPv3 engine as it shows itself to everybody: its identifier and its clock."""

    identifier: bytes
    boots: int
    seconds: int


def refusal(name: str, where: str) -> CollectionError:
    """Return why an agent did not take a v3 request, from the name of what it reports."""
    if why := _REFUSALS.get(name):
        return AuthenticationRefused(f"{where}: {why} ({name})")
    if name == "unsupportedSecurityLevel":
        return ProofInsufficient(f"{where}: the agent does not allow this user this security level ({name})")
    return CollectionError(f"{where} did not take the request ({name})")


def discover(udp: Udp, until: float, *, tries: int = 0) -> Engine | None:
    """Return the engine of an agent, or None when it has none or is not there (RFC 3414, 4); no credential is sent."""
    message_id = secrets.randbits(31)

    def read(datagram: bytes) -> Engine | None:
        security = read_user_message(datagram).security
        if security.message_id != message_id or not security.engine:
            return None
        return Engine(security.engine, security.boots, security.seconds)

    return udp.ask([discovery(message_id, secrets.randbits(31))], read, until, tries=tries)


def silence(udp: Udp) -> CollectionError:
    """Return why nothing was heard at all."""
    if udp.closed:
        return Unreachable(f"nothing listens on {udp.name} (ICMP port unreachable)")
    if udp.noisy:
        return CollectionError(f"{udp.name} answers with something that is no answer in SNMP")
    return Unreachable(f"{udp.name} did not answer: an access list and a dead host look the same from here")


class CommunityLink:
    """Asks by community, with SNMPv2c."""

    def __init__(self, udp: Udp, community: str) -> None:
        """Take the way and the word."""
        self.name, self.heard, self.answered = udp.name, False, False
        self._udp, self._community = udp, community.encode()

    def exchange(self, tag: int, oids: Sequence[str], repetitions: int, until: float) -> Reply:
        """Return the answer to one request."""
        request_id = secrets.randbits(31)
        datagram = community_message(V2C, self._community, pdu(tag, request_id, oids, repetitions))
        reply = self._udp.ask([datagram], partial(self._read, request_id), until)
        if reply is None:
            raise self._silence(until)
        return reply

    def _read(self, request_id: int, datagram: bytes) -> Reply | None:
        version, found = read_community_message(datagram)
        if version != V2C or found.tag != RESPONSE or found.request_id != request_id:
            return None
        self.heard = self.answered = True
        return _reply(found, self.name)

    def _silence(self, until: float) -> CollectionError:
        if self.heard:
            return TimedOut(f"{self.name} stopped answering")
        closed, noisy = self._udp.closed, self._udp.noisy
        if not closed and not noisy and discover(self._udp, until, tries=1) is not None:
            return Unreachable(
                f"{self.name} answers the discovery of its SNMPv3 engine, and not this community: it is another one, "
                "or an access list keeps it from us"
            )
        if closed or noisy:
            self._udp.closed, self._udp.noisy = closed, noisy
            return silence(self._udp)
        return Unreachable(
            f"{self.name} did not answer: a wrong community, an access list and a dead host look the same from here"
        )


class UserLink:
    """Asks as a user of SNMPv3, always at the user's own security level."""

    def __init__(self, udp: Udp, master: Master, attempt: Attempt) -> None:
        """Take the way, the user, and what counts the first request as an attempt."""
        self.name, self.heard, self.answered = udp.name, False, False
        self._udp, self._master, self._attempt = udp, master, attempt
        user = master.user
        self._user = user.name.encode()
        self._flags = (AUTHENTIC if user.auth else 0) | (PRIVATE if user.privacy else 0)
        self._engine: Engine | None = None
        self._keys = master.at(b"")
        self._clock = (0, 0, 0.0)  # the engine's boots and seconds, and when they were so on our own clock
        self._proven = (0, 0)  # the latest that the engine has signed
        self._counter = secrets.randbits(63)

    def exchange(self, tag: int, oids: Sequence[str], repetitions: int, until: float) -> Reply:
        """Return the answer to one request; the first is preceded by the discovery of the engine."""
        if self._engine is None:
            self._meet(until)
        if self.answered:
            return self._exchange(tag, oids, repetitions, until)
        with self._attempt(until):
            return self._exchange(tag, oids, repetitions, until)

    def _meet(self, until: float) -> None:
        engine = discover(self._udp, until)
        if engine is None:
            raise silence(self._udp)
        self._engine, self._keys = engine, self._master.at(engine.identifier)
        self._clock = (engine.boots, engine.seconds, time.monotonic())

    def _exchange(self, tag: int, oids: Sequence[str], repetitions: int, until: float) -> Reply:
        for _ in range(_CLOCKS):
            boots, seconds, then = self._clock
            reply = self._try(tag, oids, repetitions, (boots, seconds + int(time.monotonic() - then)), until)
            if reply is None:
                raise self._silence(until)
            if not reply.report:
                return reply
            if reply.report != _NOT_IN_TIME:
                raise refusal(reply.report, self.name)
        raise CollectionError(f"{self.name} moves its clock with each answer ({_NOT_IN_TIME})")

    def _try(
        self, tag: int, oids: Sequence[str], repetitions: int, clock: tuple[int, int], until: float
    ) -> Reply | None:
        """Return the answer, or None for silence."""
        assert self._engine is not None
        message_id, request_id = secrets.randbits(31), secrets.randbits(31)
        data, salt = scoped(self._engine.identifier, pdu(tag, request_id, oids, repetitions)), b""
        if self._flags & PRIVATE:
            self._counter += 1
            data, salt = self._keys.sealed(data, *clock, self._counter)
        security = Security(message_id, self._flags | REPORTABLE, self._engine.identifier, *clock, self._user)
        datagram, digest_at = user_message(security, self._keys.digest_size, salt, data)
        if self._flags & AUTHENTIC:
            datagram = self._keys.signed(datagram, digest_at)
        return self._udp.ask([datagram], partial(self._read, message_id, request_id), until)

    def _read(self, message_id: int, request_id: int, datagram: bytes) -> Reply | None:
        message = read_user_message(datagram)
        security = message.security
        if security.message_id != message_id:
            return None
        signed = bool(security.flags & AUTHENTIC) and self._is_believed(datagram, message)
        if security.flags & PRIVATE and not signed:
            return None
        found = read_scoped(self._keys.opened(message) if security.flags & PRIVATE else message.data)
        if found.tag == REPORT:
            return self._report(found, signed=signed)
        if found.tag != RESPONSE or found.request_id != request_id or security.flags & 3 != self._flags:
            return None
        if not (signed if self._flags & AUTHENTIC else security.user == self._user):
            return None
        self.heard = self.answered = True
        return _reply(found, self.name)

    def _is_believed(self, datagram: bytes, message: UserMessage) -> bool:
        """Whether the user's key signed it, lately; then it is also what the time is."""
        assert self._engine is not None
        security = message.security
        clock = (security.boots, security.seconds)
        if (
            security.engine != self._engine.identifier
            or security.user != self._user
            or not self._keys.is_authentic(datagram, message.digest_at, message.digest)
            or clock[0] < self._proven[0]
            or (clock[0] == self._proven[0] and clock[1] < self._proven[1] - _WINDOW)
        ):
            return False
        if clock > self._proven:
            self._proven, self._clock = clock, (*clock, time.monotonic())
        return True

    def _report(self, found: Pdu, *, signed: bool) -> Reply | None:
        """Return what an agent reports. That clocks differ is believed only when it is signed."""
        values = found.values()
        name = _REPORTS.get(values[0][0], values[0][0]) if values else "an empty report"
        if name == _NOT_IN_TIME and not signed:
            return None
        self.heard = True
        return Reply(0, 0, [], name)

    def _silence(self, until: float) -> CollectionError:
        if self.answered:
            return TimedOut(f"{self.name} stopped answering")
        # An agent looks at the digest, then at the clock, and only then decrypts (RFC 3414, 3.2).
        reply = self._try(GET, (), 0, (0, 0), until) if self._flags & PRIVATE else None
        if reply is not None and reply.report == _NOT_IN_TIME:
            return AuthenticationRefused(
                f"{self.name}: the privacy password or protocol is not the user's (the agent takes the authentication, "
                "and is silent to what is encrypted)"
            )
        return Unreachable(f"{self.name} answered the discovery of its engine, and nothing since")


def _reply(found: Pdu, name: str) -> Reply:
    try:
        return Reply(found.status, found.index, found.values())
    except Malformed as why:
        raise CollectionError(f"{name} sent a malformed answer: {why}") from why
