"""One agent's requests, one after the other over one link; a credential that fails is not tried again for the next."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from auditor.errors import CollectionError, TimedOut, Undeclared
from auditor.model.asset import Channel
from auditor.model.probe import Answer, Request, Snmp, SnmpAccepts
from auditor.transports.snmp_ber import oid
from auditor.transports.snmp_guess import guess, sign_of_life
from auditor.transports.snmp_links import Link
from auditor.transports.snmp_reading import FEW, Harvest, get, walk
from auditor.transports.snmp_udp import Udp

_WORD: Final = re.compile(r"[A-Za-z0-9._@-]{1,32}")
_GUESS_SECONDS: Final = 1.0
_GUESS_RETRIES: Final = 1


class Session:
    """What is asked of one agent. `link` opens the credential, and is called when a request needs it."""

    def __init__(self, udp: Udp, link: Callable[[], tuple[Link, str]], until: float, *, fragile: bool = False) -> None:
        """Take the way, what returns the link with its security level, and when the agent's time is up (monotonic)."""
        self._udp, self._open, self._until = udp, link, until
        self._harvest = partial(Harvest, messages=FEW) if fragile else Harvest
        self._link: Link | None = None
        self._level = ""
        self._failure: CollectionError | None = None  # whatever else needs the credential has the same reason

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when the agent said nothing to any of them."""
        answers: dict[int, Answer] = {}
        # What needs the credential comes first: whether it is answered tells what a community's silence means.
        for place in sorted(range(len(requests)), key=lambda place: isinstance(requests[place], SnmpAccepts)):
            answers[place] = self._answer(requests[place])
        if self._failure is not None and not any(answer.reached for answer in answers.values()):
            raise self._failure
        return [answers[place] for place in range(len(requests))]

    def _answer(self, request: Request) -> Answer:
        asked_at, started = datetime.now(UTC), time.monotonic()
        harvest, problem = self._harvest(request.limits.bytes), ""
        try:
            self._put(request, harvest, min(started + request.limits.seconds, self._until))
        except TimeoutError:
            problem = self._late(request)
        except CollectionError as why:
            problem = str(why)
        return Answer(
            request=request,
            channel=Channel.SNMP,
            asked_at=asked_at,
            text="".join([f"{line}\n" for line in harvest.lines]),
            problem=problem,
            seconds=time.monotonic() - started,
            privilege=self._level if isinstance(request, Snmp) else "",
        )

    def _put(self, request: Request, into: Harvest, until: float) -> None:
        match request:
            case Snmp():
                self._read(request, into, until)
            case SnmpAccepts():
                self._guess(request, into, until)
            case _:
                raise Undeclared(f"SNMP cannot carry: {request}")

    def _read(self, request: Snmp, into: Harvest, until: float) -> None:
        _check(request.oids)
        if self._failure is not None:
            raise self._failure
        try:
            if self._link is None:
                self._link, self._level = self._open()
            if request.walk:
                for root in request.oids:
                    walk(self._link, root, into, until)
            else:
                get(self._link, request.oids, into, until)
        except (CollectionError, TimeoutError) as why:
            if self._link is None or not self._link.answered:
                late = TimedOut(f"{self._udp.name}: {self._late(request)}")
                self._failure = why if isinstance(why, CollectionError) else late
            raise

    def _late(self, request: Request) -> str:
        if time.monotonic() >= self._until:
            return "the time for this asset was up"
        return f"no complete answer within {request.limits.seconds:g} s"

    def _guess(self, request: SnmpAccepts, into: Harvest, until: float) -> None:
        """Try well-known communities; silence counts only when the agent is known to be there."""
        if odd := [word for word in request.communities if _WORD.fullmatch(word) is None]:
            raise Undeclared(f"{len(odd)} of the communities to try are no plain words")
        seconds = min(_GUESS_SECONDS, self._udp.timeout)
        with Udp(self._udp.host, self._udp.port, seconds, _GUESS_RETRIES) as udp:
            replies = guess(udp, request.communities, until)
            if set(replies.values()) == {"silent"}:
                heard = self._link is not None and self._link.heard
                into.add([f"|alive|{'it answered another request' if heard else sign_of_life(udp, until)}"])
        into.add([f"{word}|{reply}" for word, reply in replies.items()])


def _check(oids: Sequence[str]) -> None:
    try:
        for one in oids:
            oid(one)
    except ValueError as why:
        raise Undeclared(str(why)) from why
