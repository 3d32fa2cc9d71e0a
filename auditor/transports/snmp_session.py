"""One SNMP agent, asked through one credential: GET, walk and discovery over pysnmp, with every guard in one place.

An agent may lie, loop or never end (devices whose bulk walks never end are known): identifiers must increase and stay
inside what was asked, and everything has a cap. Four causes of silence look the same from outside and are said as one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, SupportsInt

from pysnmp.error import PySnmpError  # type: ignore[import-untyped]
from pysnmp.hlapi.v3arch.asyncio import (  # type: ignore[import-untyped]
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    get_cmd,
)

from auditor.errors import AuthenticationRefused, CollectionError, TimedOut, Unreachable
from auditor.facts.snmp_text import SnmpValue, Tag

SYSTEM_DESCRIPTION: Final = "1.3.6.1.2.1.1.1.0"
_MOST_VALUES: Final = 50_000  # of one request
_AT_ONCE: Final = 10  # OIDs in one GET: small agents refuse more
_REPETITIONS: Final = 25
_NO_SUCH_NAME: Final = 2  # RFC 3416 error-status; SNMPv1's way to say that an object is not there
_TOO_BIG: Final = 1
_MAY_NOT_READ: Final = frozenset({6, 16})  # noAccess, authorizationError
_ERRORS: Final = {2: "noSuchName", 5: "genErr", 6: "noAccess", 13: "resourceUnavailable", 16: "authorizationError"}
_Reply = tuple[object, SupportsInt, SupportsInt, Iterable[tuple[object, object]]]  # indication, status, index, values
_REFUSALS: Final = {
    "wrongDigest": "the authentication password or protocol is not the user's",
    "unknownUserName": "the agent knows no such user",
    "unsupportedSecurityLevel": "the agent does not allow this user this security level",
    "unknownSecurityName": "the agent knows no such user",
    "authenticationFailure": "the agent refused the authentication",
    "decryptionError": "the privacy password or protocol is not the user's",
}


@dataclass(slots=True)
class Harvest:
    """What one request has brought so far, as lines; `most` is the number of bytes it may bring."""

    most: int
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, value: SnmpValue) -> None:
        """Keep a value. Raises CollectionError when that is more than the request may bring."""
        line = value.line()
        self.size += len(line) + 1
        if self.size > self.most or len(self.lines) >= _MOST_VALUES:
            raise CollectionError(f"the answer was cut after {len(self.lines)} objects: it is larger than it may be")
        self.lines.append(line)


@dataclass(slots=True)
class Peer:
    """An agent and the way to speak to it. `heard` tells whether it has said anything yet."""

    engine: SnmpEngine
    auth: CommunityData | UsmUserData
    target: UdpTransportTarget
    name: str  # host and port, for people
    heard: bool = False

    async def get(self, oids: Sequence[str], into: Harvest) -> None:
        """Read single instances; what is not there is kept as absent. Raises CollectionError."""
        for start in range(0, len(oids), _AT_ONCE):
            await self._get(oids[start : start + _AT_ONCE], into)

    async def walk(self, root: str, into: Harvest) -> None:
        """Read a subtree by GETBULK. Raises CollectionError, with what came before it kept."""
        last = _numbers(root)
        while True:
            values = await self._bulk(last)
            if not values:
                raise CollectionError(f"{self.name} ended the walk of {root} with an empty answer")
            for value in values:
                if value.tag is Tag.END_OF_MIB_VIEW or not value.oid.startswith(root + "."):
                    return
                if _numbers(value.oid) <= last:
                    raise CollectionError(f"{self.name} walks in a circle: {value.oid} does not increase")
                last = _numbers(value.oid)
                into.add(value)

    async def _get(self, oids: Sequence[str], into: Harvest) -> None:
        error, status, index, values = self._checked(
            await get_cmd(self.engine, self.auth, self.target, ContextData(), *map(_asked, oids), lookupMib=False)
        )
        if status == _TOO_BIG and len(oids) > 1:
            for oid in oids:
                await self._get([oid], into)
            return
        if status == _NO_SUCH_NAME and 0 < index <= len(oids):
            into.add(SnmpValue(oids[index - 1], Tag.NO_SUCH_OBJECT, None))
            if rest := [oid for place, oid in enumerate(oids, 1) if place != index]:
                await self._get(rest, into)
            return
        if error:
            raise CollectionError(f"{self.name} refused the request: {error}")
        if [value.oid for value in values] != list(oids):
            raise CollectionError(f"{self.name} answered other objects than those that were asked for")
        for value in values:
            into.add(value)

    async def _bulk(self, after: tuple[int, ...]) -> list[SnmpValue]:
        asked = _asked(".".join(map(str, after)))
        reply = await bulk_cmd(
            self.engine, self.auth, self.target, ContextData(), 0, _REPETITIONS, asked, lookupMib=False
        )
        error, _, _, values = self._checked(reply)
        if error:
            raise CollectionError(f"{self.name} refused the walk: {error}")
        return values

    def _checked(self, reply: _Reply) -> tuple[str, int, int, list[SnmpValue]]:
        """Return a reply's error in words, status, index and values. Raises CollectionError when there was none."""
        indication, status, index, varbinds = reply
        if indication:
            failure = self._failure(indication)
            self.heard = self.heard or not _is_silence(indication)
            raise failure
        self.heard = True
        if number := int(status):
            return _ERRORS.get(number, f"error-status {number}"), number, int(index), []
        return "", 0, 0, [_value(str(name), value) for name, value in varbinds]

    def _failure(self, indication: object) -> CollectionError:
        name = type(indication).__name__
        name = name[0].lower() + name[1:]
        if why := _REFUSALS.get(name):
            return AuthenticationRefused(f"{self.name}: {why} ({name})")
        if not _is_silence(indication):
            return CollectionError(f"{self.name}: {indication}")
        if self.heard:
            return TimedOut(f"{self.name} stopped answering")
        return Unreachable(
            f"{self.name} did not answer: a wrong community or privacy password, an access list and a dead host look "
            "the same from here"
        )


async def target(host: str, port: int, timeout: float, retries: int) -> UdpTransportTarget:  # noqa: ASYNC109
    """Return where to send datagrams; `host` is an address, `timeout` seconds for each try."""
    kind = Udp6TransportTarget if ":" in host else UdpTransportTarget
    try:
        return await kind.create((host, port), timeout=timeout, retries=retries)
    except PySnmpError as error:
        raise Unreachable(f"{host} is no address to send to: {error}") from error


async def accepts(engine: SnmpEngine, community: str, where: UdpTransportTarget) -> str:
    """Return `answered`, `refused` or `silent`: what a GET of sysDescr.0 brought, first by SNMPv2c, then by SNMPv1."""
    for model in (1, 0):
        auth = CommunityData(community, mpModel=model)
        asked = _asked(SYSTEM_DESCRIPTION)
        indication, status, _, _ = await get_cmd(engine, auth, where, ContextData(), asked, lookupMib=False)
        if not indication:
            return "refused" if int(status) in _MAY_NOT_READ else "answered"
    return "silent"


async def is_alive(engine: SnmpEngine, where: UdpTransportTarget) -> bool:
    """Whether an agent answers the discovery of its engine (RFC 3414, section 4), which needs no credential."""
    auth = UsmUserData("discovery")  # noqa: S509  (no credential: it only makes the agent show itself)
    indication, *_ = await get_cmd(engine, auth, where, ContextData(), _asked(SYSTEM_DESCRIPTION), lookupMib=False)
    return not (indication and _is_silence(indication))


def _is_silence(indication: object) -> bool:
    return type(indication).__name__ == "RequestTimedOut"


def _asked(oid: str) -> ObjectType:
    return ObjectType(ObjectIdentity(oid))


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))


def _value(oid: str, value: object) -> SnmpValue:
    """Return a pysnmp value as ours. Its own tag tells its kind: classes of one tag are many."""
    ber = value.tagSet.superTags[-1]  # type: ignore[attr-defined]
    tag = Tag(int(ber.tagClass) + int(ber.tagId))
    if tag in {Tag.STRING, Tag.OPAQUE}:
        return SnmpValue(oid, tag, bytes(value))  # type: ignore[call-overload]
    if tag.is_number:
        return SnmpValue(oid, tag, int(value))  # type: ignore[call-overload]
    if tag.is_absence or tag is Tag.NULL:
        return SnmpValue(oid, tag, None)
    return SnmpValue(oid, tag, value.prettyPrint())  # type: ignore[attr-defined]
