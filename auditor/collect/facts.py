"""Answers become facts: known with the evidence behind them, unknown with a reason, or absent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final

from auditor.collect.distinct import Distinct
from auditor.collect.plan import AssetPlan, Way
from auditor.errors import NotPresent, Unreadable
from auditor.model.evidence import Absent, Evidence, Knowledge, Known, Unknown, evidence_of, inventory_evidence
from auditor.model.probe import ASKED_AS_ROOT, Answer, Derived, Probe, Request

_ROOM: Final = 8_000_000  # characters of distinct texts whose facts are remembered

_Reading = Callable[[tuple[Evidence, ...]], Knowledge]  # what something comes to, but for the evidence of the asset


class Readings:
    """Reads each distinct answer once, however many assets gave it.

    `text_of` gives the stored text of an answer that did not change, by its digest.
    """

    def __init__(self, text_of: Callable[[str], str] | None = None) -> None:
        """Have read nothing yet."""
        self._text_of = text_of
        self._read: Distinct[tuple[object, ...], tuple[_Reading, object]] = Distinct(_ROOM)

    def read(self, probe: Probe[object], answers: Sequence[Answer]) -> _Reading:
        """Return what a probe reads out of these answers."""
        if not all(answer.digest or answer.problem for answer in answers):
            return _reading(probe.read, answers)
        key = (id(probe), *map(_read_from, answers))
        known = self._read.get(key)
        if known is None:
            whole = [self._whole(answer) for answer in answers]
            known = (_reading(probe.read, whole), probe)  # holding the probe keeps its id its own
            self._read.put(key, known, sum(len(answer.text) for answer in whole) + 200)
        return known[0]

    def _whole(self, answer: Answer) -> Answer:
        if not answer.unchanged or self._text_of is None:
            return answer
        return replace(answer, text=self._text_of(answer.digest), unchanged=False)


def _read_from(answer: Answer) -> tuple[object, ...]:
    """Return everything of an answer that a probe may look at, but the text itself."""
    return (answer.digest, answer.problem, answer.exit_status, answer.privilege, answer.place, answer.channel)


def _reading(read: Callable[..., object], given: Iterable[object]) -> _Reading:
    try:
        return partial(Known, read(*given))
    except Unreadable as why:
        return partial(Unknown, str(why))
    except NotPresent as why:
        return partial(Absent, str(why))


@dataclass
class Facts:
    """What is known of one asset; each fact is worked out once, when a check first asks for it."""

    plan: AssetPlan
    answers: Mapping[Request, Answer]
    ambient: Mapping[type[object], Knowledge] = field(default_factory=dict)
    readings: Readings = field(default_factory=Readings)
    _known: dict[type[object], Knowledge] = field(default_factory=dict)

    @cached_property
    def seen(self) -> tuple[Evidence, ...]:
        """Return the evidence of the answers, in their order."""
        name = self.plan.asset.name
        return tuple([evidence_of(name, answer) for answer in self.answers.values()])

    @cached_property
    def _told(self) -> dict[Request, tuple[Answer, Evidence]]:
        told = zip(self.answers.values(), self.seen, strict=True)
        return dict(zip(self.answers, told, strict=True))

    def __call__(self, fact: type[object]) -> Knowledge:
        """Return what is known of a fact."""
        known = self._known.get(fact)
        if known is None:
            known = self._known[fact] = self._work_out(fact)
        return known

    def _work_out(self, fact: type[object]) -> Knowledge:
        asset = self.plan.asset
        if fact is type(asset):
            return Known(asset, (inventory_evidence(asset),))
        if fact in self.ambient:
            return self.ambient[fact]
        tries = [self._try(way) for way in self.plan.ways.get(fact, ())]
        for kind in (Known, Absent):
            if found := next((knowledge for knowledge in tries if isinstance(knowledge, kind)), None):
                return found
        if not tries:
            reason = self.plan.unasked.get(fact, f"{fact.__name__} was not asked for")
            return Unknown(reason, (inventory_evidence(asset),))
        reasons = dict.fromkeys(knowledge.reason for knowledge in tries if isinstance(knowledge, Unknown))
        if len(reasons) > 1:
            reasons.pop(ASKED_AS_ROOT, None)  # what root's answer came to is the reason
        return Unknown("; ".join(reasons), _distinct(tries))

    def _try(self, way: Way) -> Knowledge:
        return self._read(way) if isinstance(way, Probe) else self._derive(way)

    def _read(self, probe: Probe[object]) -> Knowledge:
        told = [one for request in probe.requests if (one := self._told.get(request))]
        evidence = tuple(dict.fromkeys(seen for _, seen in told))
        if len(told) < len(probe.requests):
            return Unknown("it was not asked for", evidence or (inventory_evidence(self.plan.asset),))
        answers = [answer for answer, _ in told]
        problems = [answer.problem for answer in answers if answer.problem]
        if problems and not probe.takes_problems:
            return Unknown("; ".join(dict.fromkeys(problems)), evidence)
        return self.readings.read(probe, answers)(evidence)

    def _derive(self, way: Derived[object]) -> Knowledge:
        needed = [self(need) for need in way.needs]
        evidence = _distinct(needed)
        for knowledge in needed:
            if not isinstance(knowledge, Known):
                return type(knowledge)(knowledge.reason, evidence)
        return _reading(way.read, (known.value for known in needed if isinstance(known, Known)))(evidence)


def _distinct(found: list[Knowledge]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(seen for knowledge in found for seen in knowledge.evidence))
