"""Put an asset's requests to it and keep what it said, redacted; what goes wrong becomes the reason of an answer."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from auditor.collect.distinct import Distinct
from auditor.collect.redact import Redactor
from auditor.errors import CollectionError, Undeclared
from auditor.model.asset import Access, Asset, Channel
from auditor.model.evidence import text_digest
from auditor.model.probe import Answer, KeyExchange, Request
from auditor.plugins import Content
from auditor.transports.base import Last, Remembering, Transport

_ROOM: Final = 16_000_000  # characters of distinct texts whose redaction is remembered


@dataclass(frozen=True, slots=True)
class Job:
    """One asset and what to ask it, session by session: a value that can be sent to where the asset is.

    `answers` are those that it has given already, for instance to a scan of the whole fleet.
    """

    asset: Asset
    requests: Mapping[Access, tuple[Request, ...]]
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Collected:
    """What one asset said. `reached` is whether it said anything at all; `problem` why not."""

    asset: Asset
    answers: Mapping[Request, Answer]
    seconds: float = 0.0

    @property
    def reached(self) -> bool:
        """Whether the asset answered anything at all, beyond the greeting that it has for whoever connects."""
        others = [one for one in self.answers.values() if not isinstance(one.request, KeyExchange)]
        return any(answer.reached for answer in others or self.answers.values())

    @property
    def problem(self) -> str:
        """Return why the asset did not answer: its first reason."""
        if self.reached:
            return ""
        nothing = "nothing could be asked of it: see what its demands need, and its transports"
        return next((answer.problem for answer in self.answers.values() if answer.problem), nothing)


class LastAnswer(Protocol):
    """What is remembered of an answer that an asset gave last time."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the redacted text."""
        ...

    @property
    def raw(self) -> str:
        """Return the keyed digest of the text as the asset sent it."""
        ...

    @property
    def exit_status(self) -> int | None:
        """Return the exit status."""
        ...


LastTold = Callable[[str], Mapping[str, LastAnswer]]  # asset -> what it answered last time, by the request's words


@dataclass(frozen=True)
class Asker:
    """Everything that asking needs and that does not differ from asset to asset.

    With `last_told`, hosts that can compare digests send only what changed since.
    """

    transports: Mapping[Channel, Transport]
    redactor: Redactor
    declared: frozenset[Request]
    last_told: LastTold | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _texts: Distinct[tuple[bool, str], tuple[str, str]] = field(default_factory=lambda: Distinct(_ROOM), repr=False)

    def ask(self, job: Job) -> Collected:
        """Return the redacted answers to all of a job's requests. Raises nothing: a fault is an answer's problem."""
        started = time.monotonic()
        answers = {answer.request: self._redacted(answer) for answer in job.answers}
        for access, requests in job.requests.items():
            left = [request for request in requests if request not in answers] if job.answers else requests
            for answer in self._session(job.asset, access, left) if left else ():
                answers[answer.request] = answer
        ordered = {one: answers[one] for requests in job.requests.values() for one in requests if one in answers}
        return Collected(job.asset, ordered, time.monotonic() - started)

    def _session(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        transport = self.transports.get(access.channel)
        if transport is None:
            return self._failed(access, requests, f"there is no transport for {access.channel.value}")
        try:
            self._refuse_undeclared(requests)
            return [self._redacted(answer) for answer in self._asked(transport, asset, access, requests)]
        except CollectionError as why:
            return self._failed(access, requests, str(why))
        except Exception as error:  # noqa: BLE001  (the one place where a transport's own fault is caught)
            return self._failed(access, requests, f"asking failed: {type(error).__name__}: {error}")

    def _asked(
        self, transport: Transport, asset: Asset, access: Access, requests: Sequence[Request]
    ) -> Iterable[Answer]:
        if self.last_told is None or not isinstance(transport, Remembering):
            return transport.ask(asset, access, requests)
        told = self.last_told(asset.name)
        known = {request: told[words] for request in requests if (words := str(request)) in told}
        last = Last(self.redactor.key_for(asset.name), {request: one.raw for request, one in known.items()})
        return [_restored(answer, known) for answer in transport.ask_again(asset, access, requests, last)]

    def _refuse_undeclared(self, requests: Iterable[Request]) -> None:
        for request in requests:
            if request not in self.declared:
                raise Undeclared(f"no probe declares this request: {request}")

    def _redacted(self, answer: Answer) -> Answer:
        if answer.unchanged and not answer.problem:
            return answer
        problem, _ = self._cleared(answer.request, answer.problem) if answer.problem else ("", "")
        text, digest = self._cleared(answer.request, answer.text)
        return replace(answer, text=text, digest=digest if text or not problem else "", problem=problem)

    def _cleared(self, request: Request, said: str) -> tuple[str, str]:
        """Return what was said to a request without its secrets, and its digest; each distinct text is read once."""
        key = (self.redactor.as_configuration(request), said)
        known = self._texts.get(key)
        if known is not None:
            return known
        with self._reading:  # who hears the same at the same time waits, instead of reading it as well
            known = self._texts.get(key)
            if known is None:
                text = self.redactor.said_to(request, said)
                known = (text, text_digest(text))
                self._texts.put(key, known, len(text) + len(said) + 100)
        return known

    def _failed(self, access: Access, requests: Iterable[Request], problem: str) -> list[Answer]:
        return [self._redacted(answer) for answer in unanswered({access: requests}, problem)]


def unanswered(requests: Mapping[Access, Iterable[Request]], problem: str) -> Iterator[Answer]:
    """Yield, for each request of each access, that it was not answered, and why."""
    now = datetime.now(UTC)
    for access, asked in requests.items():
        for request in asked:
            yield Answer(request=request, channel=access.channel, asked_at=now, problem=problem)


def _restored(answer: Answer, known: Mapping[Request, LastAnswer]) -> Answer:
    """Return an answer that did not change with what is remembered of it; what was never given cannot be the same."""
    if not answer.unchanged:
        return answer
    last = known.get(answer.request)
    if last is None or answer.raw != last.raw:
        return replace(
            answer, unchanged=False, text="", problem="it says that an answer is the last one, which it is not"
        )
    return replace(answer, digest=last.digest, exit_status=last.exit_status)


def declared_requests(content: Content) -> frozenset[Request]:
    """Return every request that any probe declares: all that a transport may carry."""
    return frozenset(request for probe in content.probes for request in probe.requests)
