"""What assets have in common that were demanded the same and answered the same: worked out once for all of them."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from auditor.model.check import Severity, Violation, shown
from auditor.model.result import Judgement, Verdict

Judgements = tuple[Judgement, ...]
Cell = tuple[str, str, Verdict]  # control, check, verdict
T = TypeVar("T")

_UNDECIDED: Final = (Verdict.ERROR, Verdict.UNKNOWN, Verdict.MANUAL)
_MOST_KEPT: Final = 256  # lists of judgements; one of a hundred demands takes some 50 KB


class Shared(Generic[T]):
    """A value for each tuple of judgements, made once while the tuple is in use."""

    def __init__(self, make: Callable[[Judgements], T]) -> None:
        """Make values by this."""
        self._make = make
        self._made: OrderedDict[int, tuple[Judgements, T]] = OrderedDict()

    def of(self, judgements: Judgements) -> T:
        """Return the value for the very tuple given."""
        found = self._made.get(id(judgements))
        if found is None:
            found = self._made[id(judgements)] = (judgements, self._make(judgements))  # held, so that its id stays its
            if len(self._made) > _MOST_KEPT:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(id(judgements))
        return found[1]


@dataclass(frozen=True, slots=True)
class Wording:
    """A violation as a person reads it."""

    violation: Violation
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Failing:
    """A demand that is not met; `words` are what a line of evidence that shows it is likely to hold."""

    judgement: Judgement
    wordings: tuple[Wording, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A list of judgements counted and put in order: the severest first, errors before what is not known."""

    cells: Mapping[Cell, int]
    counts: Mapping[Verdict, int]
    failed: tuple[Failing, ...]
    undecided: tuple[Judgement, ...]  # in whole or in part
    weight: tuple[int, ...]  # demands not met from critical to info, then demands not decided: what to look at first


def alike(judgements: Judgements) -> Alike:
    """Return what is the same for every asset with these judgements."""
    failed = [one for one in judgements if one.verdict is Verdict.FAIL]
    undecided = [one for one in judgements if one.verdict in _UNDECIDED or one.undecided]
    severities = Counter(one.severity for one in failed)
    return Alike(
        cells=Counter((one.control, one.check, one.verdict) for one in judgements),
        counts=Counter(one.verdict for one in judgements),
        failed=tuple(_failing(one) for one in sorted(failed, key=_severest)),
        undecided=tuple(sorted(undecided, key=lambda one: (_rank(one.verdict), *_severest(one)))),
        weight=(*[severities[severity] for severity in reversed(Severity)], len(undecided)),
    )


def _severest(one: Judgement) -> tuple[int, str, str]:
    return -one.severity.rank, one.check, one.control


def _rank(verdict: Verdict) -> int:
    return _UNDECIDED.index(verdict) if verdict in _UNDECIDED else len(_UNDECIDED)


def _failing(judgement: Judgement) -> Failing:
    wordings = tuple(Wording(one, shown(one.found), shown(one.wanted)) for one in judgement.violations)
    return Failing(judgement, wordings, tuple(word for wording in wordings for word in _words(wording)))


def _words(wording: Wording) -> Iterator[str]:
    subject = wording.violation.subject
    yield subject
    yield from subject.replace("=", " ").replace(":", " ").split()
    if wording.found not in {"yes", "no", "not set", "none", "empty"}:
        yield wording.found
