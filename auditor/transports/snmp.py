"""Ask SNMP agents (pysnmp 7) by v2c and v3: one engine a credential, all of them on one long-lived loop.

pysnmp keeps keys by user name and engine id, so two credentials with one user name need two engines; an engine used on
a second event loop hangs. Hence the one thread that owns the loop and every engine, for as long as the transport lives.
"""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Protocol, Self

from pysnmp.error import PySnmpError  # type: ignore[import-untyped]
from pysnmp.hlapi.v3arch.asyncio import CommunityData, SnmpEngine, UdpTransportTarget, UsmUserData  # type: ignore[import-untyped]

from auditor.credentials import Credential
from auditor.errors import AuthenticationRefused, CollectionError, CredentialMissing, TimedOut, Undeclared, Unreachable
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request, Snmp, SnmpAccepts
from auditor.transports.scope import Scope
from auditor.transports.snmp_auth import auth_data, level
from auditor.transports.snmp_session import Harvest, Peer, accepts, is_alive, target

_PORT: Final = 161
_AGENTS_AT_ONCE: Final = 50  # more makes false timeouts: replies are lost in our own socket buffer
_WORD: Final = re.compile(r"[A-Za-z0-9._@-]{1,32}")
_GUESS_SECONDS: Final = 1.0
_GUESS_RETRIES: Final = 1
_GRACE: Final = 5.0  # seconds after its last deadline that a session may take to end
ALIVE: Final = "|alive|"  # begins the answer's line that says how else the agent showed that it is there


class Credentials(Protocol):
    """Where secrets are opened, by name."""

    def open(self, name: str) -> Credential:
        """Return a credential. Raises CredentialMissing."""
        ...


@dataclass(slots=True)
class _Session:
    """One asset's requests on their way, and what they share."""

    host: str
    port: int
    key: str  # of the engine
    auth: CommunityData | UsmUserData | None = None
    peer: Peer | None = None
    failure: CollectionError | None = None  # whatever else needs the credential has the same reason

    @property
    def heard(self) -> bool:
        """Whether the agent has said anything to the credential, a refusal included."""
        return self.peer is not None and self.peer.heard


class SnmpTransport:
    """Asks SNMP agents. Close it when done; it can be used from any thread."""

    def __init__(self, credentials: Credentials, scope: Scope, *, timeout: float = 2.0, retries: int = 2) -> None:
        """Take where secrets and permissions come from, seconds for each try, and tries after the first."""
        self._credentials, self._scope = credentials, scope
        self._timeout, self._retries = timeout, retries
        self._engines: dict[str, SnmpEngine] = {}  # touched on the loop's thread only
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._room = threading.BoundedSemaphore(_AGENTS_AT_ONCE)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when the agent said nothing to any of them."""
        if not asset.addresses:
            raise Unreachable(f"{asset.name} has no address to ask by SNMP")
        session = _Session(str(self._scope.admit(asset.addresses[0])), access.port or _PORT, _key(access))
        if any(isinstance(request, Snmp) for request in requests):
            self._authenticate(session, access)
        with self._room:
            future = asyncio.run_coroutine_threadsafe(self._session(session, requests), self._running_loop())
            try:
                return future.result(sum(request.limits.seconds for request in requests) + _GRACE)
            except TimeoutError:
                future.cancel()
                raise TimedOut(f"{session.host} was not done within its time") from None

    def close(self) -> None:
        """Close every engine and end the loop."""
        with self._starting:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._close_engines(), loop).result(_GRACE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_GRACE)
        loop.close()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_exception_handler(_pass_over)
                self._thread = threading.Thread(target=self._loop.run_forever, name="snmp", daemon=True)
                self._thread.start()
            return self._loop

    async def _close_engines(self) -> None:
        for engine in self._engines.values():
            engine.close_dispatcher()
        self._engines.clear()
        await asyncio.sleep(0)  # their sockets close on the loop's next turn

    def _engine(self, key: str) -> SnmpEngine:
        if key not in self._engines:
            self._engines[key] = SnmpEngine()
        return self._engines[key]

    def _authenticate(self, session: _Session, access: Access) -> None:
        """Open the credential in the asking thread: that may run a command, and the loop must not wait for it."""
        if not access.credential:
            session.failure = CredentialMissing(
                "no credential is named for SNMP: name one in the inventory, or with --credential"
            )
            return
        try:
            session.auth = auth_data(self._credentials.open(access.credential), access.version)
        except CredentialMissing as missing:
            session.failure = missing

    async def _session(self, session: _Session, requests: Sequence[Request]) -> list[Answer]:
        answers: dict[int, Answer] = {}
        # What needs the credential comes first: whether it is answered tells what a community's silence means.
        for place in sorted(range(len(requests)), key=lambda place: isinstance(requests[place], SnmpAccepts)):
            answers[place] = await self._answer(session, requests[place])
        if session.failure is not None and not any(answer.reached for answer in answers.values()):
            raise session.failure
        return [answers[place] for place in range(len(requests))]

    async def _answer(self, session: _Session, request: Request) -> Answer:
        asked_at, started = datetime.now(UTC), time.monotonic()
        harvest, problem = Harvest(request.limits.bytes), ""
        try:
            async with asyncio.timeout(request.limits.seconds):
                await self._put(session, request, harvest)
        except TimeoutError:
            problem = f"no complete answer within {request.limits.seconds:g} s"
        except CollectionError as why:
            problem = str(why)
        except PySnmpError as why:
            problem = f"pysnmp could not carry the request ({type(why).__name__})"
        return Answer(
            request=request,
            channel=Channel.SNMP,
            asked_at=asked_at,
            text="".join(f"{line}\n" for line in harvest.lines),
            problem=problem,
            seconds=time.monotonic() - started,
            privilege=level(session.auth) if session.auth and isinstance(request, Snmp) else "",
        )

    async def _put(self, session: _Session, request: Request, into: Harvest) -> None:
        match request:
            case Snmp():
                await self._read(session, request, into)
            case SnmpAccepts():
                await self._try(session, request, into)
            case _:
                raise Undeclared(f"SNMP cannot carry: {request}")

    async def _read(self, session: _Session, request: Snmp, into: Harvest) -> None:
        if session.failure is not None:
            raise session.failure
        try:
            peer = session.peer = session.peer or await self._peer(session)
            if request.walk:
                for root in request.oids:
                    await peer.walk(root, into)
            else:
                await peer.get(request.oids, into)
        except (Unreachable, AuthenticationRefused) as why:
            session.failure = why
            raise

    async def _peer(self, session: _Session) -> Peer:
        where = await target(session.host, session.port, self._timeout, self._retries)
        return Peer(self._engine(session.key), session.auth, where, f"{session.host} port {session.port}/udp")

    async def _try(self, session: _Session, request: SnmpAccepts, into: Harvest) -> None:
        """Try well-known communities; silence counts only when the agent is known to be there."""
        if odd := [word for word in request.communities if _WORD.fullmatch(word) is None]:
            raise Undeclared(f"{len(odd)} of the communities to try are no plain words")
        engine = self._engine("")
        where = await target(session.host, session.port, min(_GUESS_SECONDS, self._timeout), _GUESS_RETRIES)
        replies = await asyncio.gather(*(accepts(engine, word, where) for word in request.communities))
        if all(reply == "silent" for reply in replies):
            into.lines.append(ALIVE + await self._sign_of_life(session, engine, where))
        into.lines.extend(f"{word}|{reply}" for word, reply in zip(request.communities, replies, strict=True))

    async def _sign_of_life(self, session: _Session, engine: SnmpEngine, where: UdpTransportTarget) -> str:
        if session.heard:
            return "it answered another request"
        if await is_alive(engine, where):
            return "it answered the discovery of its SNMPv3 engine"
        raise Unreachable(
            f"{session.host} port {session.port}/udp answered none of the communities and no discovery: an access "
            "list, other communities and a dead host look the same from here"
        )


def _pass_over(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Keep quiet about a datagram that came late or was garbage: no request waits for it, and each has its time."""
    del loop
    logging.getLogger(__name__).debug("passed over: %s", context.get("exception") or context.get("message"))


def _key(access: Access) -> str:
    return f"{access.credential} {access.version}"
