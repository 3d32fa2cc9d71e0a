"""Requests to one agent over pysnmp 7, for what our own messages do not speak: one engine a credential, on one loop.

pysnmp keeps keys by user name and engine id, so two credentials with one user name need two engines; an engine used on
a second event loop hangs. Hence the one thread that owns the loop and every engine, from the first request until close.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final, SupportsInt

from pysnmp.error import PySnmpError  # type: ignore[import-untyped]
from pysnmp.hlapi.v3arch.asyncio import (  # type: ignore[import-untyped]
    USM_AUTH_HMAC96_MD5,
    USM_AUTH_HMAC96_SHA,
    USM_AUTH_HMAC128_SHA224,
    USM_AUTH_HMAC192_SHA256,
    USM_AUTH_HMAC256_SHA384,
    USM_AUTH_HMAC384_SHA512,
    USM_PRIV_CBC56_DES,
    USM_PRIV_CBC168_3DES,
    USM_PRIV_CFB128_AES,
    USM_PRIV_CFB192_AES,
    USM_PRIV_CFB192_AES_BLUMENTHAL,
    USM_PRIV_CFB256_AES,
    USM_PRIV_CFB256_AES_BLUMENTHAL,
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

from auditor.errors import CollectionError, TimedOut, Unreachable
from auditor.facts.snmp_text import SnmpValue, Tag
from auditor.transports.snmp_auth import Community, User
from auditor.transports.snmp_links import Attempt, Reply, discover, refusal, silence
from auditor.transports.snmp_message import BULK
from auditor.transports.snmp_udp import Udp
from auditor.transports.snmp_values import Bound

_AGENTS_AT_ONCE: Final = 50  # more makes false timeouts: replies are lost in our own socket buffer
_GRACE: Final = 5.0  # seconds that the loop has for ending what is under way
_AUTH: Final = {
    "md5": USM_AUTH_HMAC96_MD5,
    "sha1": USM_AUTH_HMAC96_SHA,
    "sha224": USM_AUTH_HMAC128_SHA224,
    "sha256": USM_AUTH_HMAC192_SHA256,
    "sha384": USM_AUTH_HMAC256_SHA384,
    "sha512": USM_AUTH_HMAC384_SHA512,
}
_PRIVACY: Final = {
    "des": USM_PRIV_CBC56_DES,
    "3des": USM_PRIV_CBC168_3DES,
    "aes128": USM_PRIV_CFB128_AES,
    "aes192": USM_PRIV_CFB192_AES,  # pysnmp's plain names are Reeder's
    "aes256": USM_PRIV_CFB256_AES,
    "aes192blumenthal": USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256blumenthal": USM_PRIV_CFB256_AES_BLUMENTHAL,
}
_Answer = tuple[object, SupportsInt, SupportsInt, Iterable[tuple[object, object]]]  # indication, status, index, values


class PysnmpLoop:
    """The loop and its engines. Nothing starts before the first request; closing leaves no thread behind."""

    def __init__(self) -> None:
        """Start nothing."""
        self._engines: dict[str, SnmpEngine] = {}  # touched on the loop's thread only
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._room = threading.BoundedSemaphore(_AGENTS_AT_ONCE)

    def ask(self, link: "PysnmpLink", tag: int, oids: Sequence[str], repetitions: int, until: float) -> _Answer:
        """Return what pysnmp answers to one request. Raises CollectionError, TimeoutError."""
        with self._room:
            future = asyncio.run_coroutine_threadsafe(self._ask(link, tag, oids, repetitions), self._running())
            try:
                return future.result(max(0.0, until - time.monotonic()))
            except PySnmpError as why:
                raise CollectionError(f"pysnmp could not carry the request ({type(why).__name__})") from why
            finally:
                future.cancel()

    def close(self) -> None:
        """Close every engine, end the loop and its threads."""
        with self._starting:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), loop).result(_GRACE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_GRACE)
        loop.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_exception_handler(_pass_over)
                self._thread = threading.Thread(target=self._loop.run_forever, name="snmp", daemon=True)
                self._thread.start()
            return self._loop

    async def _ask(self, link: "PysnmpLink", tag: int, oids: Sequence[str], repetitions: int) -> _Answer:
        if link.key not in self._engines:
            self._engines[link.key] = SnmpEngine()
        engine, context = self._engines[link.key], ContextData()
        kind = Udp6TransportTarget if ":" in link.udp.host else UdpTransportTarget
        where = await kind.create((link.udp.host, link.udp.port), timeout=link.udp.timeout, retries=link.udp.retries)
        asked = [ObjectType(ObjectIdentity(oid)) for oid in oids]
        if tag == BULK:
            answer: _Answer = await bulk_cmd(engine, link.auth, where, context, 0, repetitions, *asked, lookupMib=False)
        else:
            answer = await get_cmd(engine, link.auth, where, context, *asked, lookupMib=False)
        return answer

    async def _close(self) -> None:
        for engine in self._engines.values():
            engine.close_dispatcher()
        self._engines.clear()
        await asyncio.sleep(0)  # their sockets close on the loop's next turn
        await asyncio.get_running_loop().shutdown_default_executor()


class PysnmpLink:
    """Asks one agent over pysnmp. `key` names the engine: one a credential."""

    def __init__(self, loop: PysnmpLoop, udp: Udp, auth: Community | User, key: str, attempt: Attempt) -> None:
        """Take the loop, the agent, what to ask with, and what counts the first request as an attempt."""
        self.name, self.heard, self.answered = udp.name, False, False
        self.udp, self.key = udp, key
        self.auth = _auth(auth)
        self._loop, self._attempt, self._is_user = loop, attempt, isinstance(auth, User)

    def exchange(self, tag: int, oids: Sequence[str], repetitions: int, until: float) -> Reply:
        """Return the answer to one request. A user's name goes only to what shows an SNMPv3 engine."""
        if not self._is_user or self.answered:
            return self._exchange(tag, oids, repetitions, until)
        if discover(self.udp, until) is None:
            raise silence(self.udp)
        with self._attempt(until):
            return self._exchange(tag, oids, repetitions, until)

    def _exchange(self, tag: int, oids: Sequence[str], repetitions: int, until: float) -> Reply:
        indication, status, index, varbinds = self._loop.ask(self, tag, oids, repetitions, until)
        if indication and type(indication).__name__ != "EmptyResponse":
            raise self._failure(indication)
        self.heard = self.answered = True
        return Reply(int(status), int(index), [] if int(status) else [_bound(name, value) for name, value in varbinds])

    def _failure(self, indication: object) -> CollectionError:
        name = type(indication).__name__
        if name == "RequestTimedOut":
            if self.heard:
                return TimedOut(f"{self.name} stopped answering")
            return Unreachable(
                f"{self.name} did not answer: a wrong community or privacy password, an access list and a dead host "
                "look the same from here"
            )
        self.heard = True
        return refusal(name[0].lower() + name[1:], self.name)


def _auth(auth: Community | User) -> CommunityData | UsmUserData:
    if isinstance(auth, Community):
        return CommunityData(auth.word, mpModel=1)  # noqa: S508  (what the company uses; a check says that it is weak)
    given: dict[str, object] = {}
    if auth.auth:
        given |= {"authKey": auth.auth, "authProtocol": _AUTH[auth.auth_protocol]}
    if auth.privacy:
        given |= {"privKey": auth.privacy, "privProtocol": _PRIVACY[auth.privacy_protocol]}
    return UsmUserData(auth.name, **given)  # noqa: S509  (likewise)


def _bound(name: object, value: object) -> Bound:
    oid = str(name)
    return oid, tuple(int(part) for part in oid.split(".")), _value(oid, value).line().partition("|")[2]


def _value(oid: str, value: object) -> SnmpValue:
    """Return a pysnmp value as ours. Its own tag tells its kind: classes of one tag are many."""
    ber = value.tagSet.superTags[-1]  # type: ignore[attr-defined]
    try:
        tag = Tag(int(ber.tagClass) + int(ber.tagId))
    except ValueError as unknown:
        raise CollectionError(f"a value is of the unknown type {ber.tagId}") from unknown
    if tag in {Tag.STRING, Tag.OPAQUE}:
        return SnmpValue(oid, tag, bytes(value))  # type: ignore[call-overload]
    if tag.is_number:
        return SnmpValue(oid, tag, int(value))  # type: ignore[call-overload]
    if tag.is_absence or tag is Tag.NULL:
        return SnmpValue(oid, tag, None)
    return SnmpValue(oid, tag, value.prettyPrint())  # type: ignore[attr-defined]


def _pass_over(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Keep quiet about a datagram that came late or was garbage: no request waits for it, and each has its time."""
    del loop
    logging.getLogger(__name__).debug("passed over: %s", context.get("exception") or context.get("message"))
