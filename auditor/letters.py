"""Jobs and what came of them as bytes and back, for whoever asks in another process. Pure.

JSON, so that what arrives can be nothing but texts and numbers. A request is named by its place in the asset's plan, so
that nobody can ask for one that no probe declares. A text that the reader has already is left out.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Final, cast

from auditor.collect.ask import Collected, Job
from auditor.collect.distinct import Distinct
from auditor.collect.plan import AssetPlan
from auditor.model.asset import Channel
from auditor.model.evidence import Evidence, evidence_of
from auditor.model.probe import Answer, Request
from auditor.model.result import Judged, Judgement
from auditor.store import codec

_ROOM: Final = 10_000_000  # characters of judgements that are remembered while letters are written or read

_Line = list[str | int | float | bool | None]


def name_of(letter: bytes) -> str:
    """Return which asset a letter is about."""
    return str(json.loads(letter)["asset"])


def job_letter(job: Job, plan: AssetPlan) -> bytes:
    """Return a job as bytes."""
    return _dump({"asset": job.asset.name, "answers": _answers(job.answers, plan, ())})


def job_from(letter: bytes, plan: AssetPlan) -> Job:
    """Return the job for this plan's asset."""
    return Job(plan.asset, plan.requests, tuple(_answers_from(json.loads(letter)["answers"], plan)))


class Writer:
    """Writes what came of jobs; judgements that assets share are put into words once."""

    def __init__(self) -> None:
        """Have written nothing yet."""
        self._shared: Distinct[int, tuple[codec.Judging, tuple[Judgement, ...]]] = Distinct(_ROOM)

    def outcome(self, plan: AssetPlan, collected: Collected, judged: Judged, known: Collection[str]) -> bytes:
        """Return what came of a job as bytes, without the texts whose digests are known to the reader."""
        seen = [evidence_of(plan.asset.name, answer) for answer in collected.answers.values()]
        own = len(seen) if judged.evidence[: len(seen)] == tuple(seen) else 0
        shared = self._worded(judged.judgements)
        return _dump(
            {
                "asset": plan.asset.name,
                "seconds": collected.seconds,
                "answers": _answers(collected.answers.values(), plan, known),
                "plan": shared.plan,
                "judged": shared.judged,
                "own": own,
                "besides": [_evidence(one) for one in judged.evidence[own:]],
            }
        )

    def _worded(self, judgements: tuple[Judgement, ...]) -> codec.Judging:
        known = self._shared.get(id(judgements))
        if known is None:
            shared = codec.judging(judgements)
            known = (shared, judgements)  # holding the judgements keeps their id theirs
            self._shared.put(id(judgements), known, len(shared.plan) + len(shared.judged))
        return known[0]


class Reader:
    """Reads what came of jobs; judgements that are alike become the same value again."""

    def __init__(self) -> None:
        """Have read nothing yet."""
        self._judgements: Distinct[tuple[str, str], tuple[Judgement, ...]] = Distinct(_ROOM)

    def outcome(self, letter: bytes, plan: AssetPlan) -> tuple[Collected, Judged]:
        """Return what came of this plan's job."""
        told = json.loads(letter)
        answers = {answer.request: answer for answer in _answers_from(told["answers"], plan)}
        collected = Collected(plan.asset, answers, told["seconds"])
        seen = [evidence_of(plan.asset.name, answer) for answer in answers.values()][: told["own"]]
        besides = [_evidence_from(line) for line in told["besides"]]
        judgements = self._alike(told["plan"], told["judged"])
        return collected, Judged(plan.asset.name, judgements, (*seen, *besides))

    def _alike(self, plan: str, judged: str) -> tuple[Judgement, ...]:
        known = self._judgements.get((plan, judged))
        if known is None:
            known = codec.judgements_from(codec.demanded(plan), json.loads(judged))
            self._judgements.put((plan, judged), known, len(plan) + len(judged))
        return known


def _requests(plan: AssetPlan) -> list[Request]:
    return [request for requests in plan.requests.values() for request in requests]


def _answers(answers: Iterable[Answer], plan: AssetPlan, known: Collection[str]) -> list[_Line]:
    places = {request: place for place, request in enumerate(_requests(plan))}
    return [_answer(answer, places[answer.request], left_out=answer.digest in known) for answer in answers]


def _answer(answer: Answer, place: int, *, left_out: bool) -> _Line:
    return [
        place,
        answer.channel.value,
        answer.asked_at.isoformat(),
        "" if left_out else answer.text,
        answer.problem,
        answer.exit_status,
        answer.seconds,
        answer.privilege,
        answer.place,
        answer.digest,
        answer.raw,
        answer.unchanged or left_out,
    ]


def _answers_from(lines: Sequence[_Line], plan: AssetPlan) -> Iterable[Answer]:
    requests = _requests(plan)
    for place, channel, asked_at, text, problem, status, seconds, privilege, origin, digest, raw, unchanged in lines:
        yield Answer(
            request=requests[cast("int", place)],
            channel=Channel(str(channel)),
            asked_at=datetime.fromisoformat(str(asked_at)),
            text=str(text),
            problem=str(problem),
            exit_status=cast("int | None", status),
            seconds=float(cast("float", seconds)),
            privilege=str(privilege),
            place=str(origin),
            digest=str(digest),
            raw=str(raw),
            unchanged=bool(unchanged),
        )


def _evidence(seen: Evidence) -> _Line:
    return [value.isoformat() if isinstance(value, datetime) else value for value in astuple(seen)]


def _evidence_from(line: _Line) -> Evidence:
    asset, request, channel, asked_at, *others, status = line
    digest, problem, privilege, origin = map(str, others)
    return Evidence(
        asset=str(asset),
        request=str(request),
        channel=str(channel),
        asked_at=datetime.fromisoformat(str(asked_at)) if asked_at else None,
        digest=digest,
        problem=problem,
        privilege=privilege,
        origin=origin,
        exit_status=cast("int | None", status),
    )


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
