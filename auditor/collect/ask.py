"""Put an asset's requests to it and keep what it said, redacted; what goes wrong becomes the reason of an answer."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from auditor.collect.redact import Redactor
from auditor.errors import CollectionError, Undeclared
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request
from auditor.plugins import Content
from auditor.transports.base import Transport


@dataclass(frozen=True, slots=True)
class Job:
    """One asset and what to ask it, session by session: a value that can be sent to where the asset is."""

    asset: Asset
    requests: Mapping[Access, tuple[Request, ...]]


@dataclass(frozen=True, slots=True)
class Collected:
    """What one asset said. `reached` is whether it said anything at all; `problem` why not."""

    asset: Asset
    answers: Mapping[Request, Answer]
    seconds: float = 0.0

    @property
    def reached(self) -> bool:
        """Whether the asset answered anything at all."""
        return any(answer.reached for answer in self.answers.values())

    @property
    def problem(self) -> str:
        """Return why the asset did not answer: its first reason."""
        if self.reached:
            return ""
        nothing = "nothing could be asked of it: see what its demands need, and its transports"
        return next((answer.problem for answer in self.answers.values()), nothing)


@dataclass(frozen=True)
class Asker:
    """Everything that asking needs and that does not differ from asset to asset."""

    transports: Mapping[Channel, Transport]
    redactor: Redactor
    declared: frozenset[Request]

    def ask(self, job: Job) -> Collected:
        """Return the redacted answers to all of a job's requests. Raises nothing: a fault is an answer's problem."""
        started = time.monotonic()
        answers: dict[Request, Answer] = {}
        for access, requests in job.requests.items():
            for answer in self._session(job.asset, access, requests):
                answers[answer.request] = answer
        return Collected(job.asset, answers, time.monotonic() - started)

    def _session(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        transport = self.transports.get(access.channel)
        if transport is None:
            return self._failed(access, requests, f"there is no transport for {access.channel.value}")
        try:
            self._refuse_undeclared(requests)
            return [self._redacted(answer) for answer in transport.ask(asset, access, requests)]
        except CollectionError as why:
            return self._failed(access, requests, str(why))
        except Exception as error:  # noqa: BLE001  (the one place where a transport's own fault is caught)
            return self._failed(access, requests, f"asking failed: {type(error).__name__}: {error}")

    def _refuse_undeclared(self, requests: Iterable[Request]) -> None:
        for request in requests:
            if request not in self.declared:
                raise Undeclared(f"no probe declares this request: {request}")

    def _redacted(self, answer: Answer) -> Answer:
        said = self.redactor.said_to(answer.request, answer.problem)
        return replace(answer, text=self.redactor.answer(answer), problem=said)

    def _failed(self, access: Access, requests: Iterable[Request], problem: str) -> list[Answer]:
        now, said = datetime.now(UTC), self.redactor.said_to
        return [
            Answer(request=request, channel=access.channel, asked_at=now, problem=said(request, problem))
            for request in requests
        ]


def declared_requests(content: Content) -> frozenset[Request]:
    """Return every request that any probe declares: all that a transport may carry."""
    return frozenset(request for probe in content.probes for request in probe.requests)
