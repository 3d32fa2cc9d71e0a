"""A check is a typed function: facts before the `*`, the company's settings after it.

Nothing is said twice. The signature tells the planner what to collect, validates the policy's settings and gives the
JSON schema for editors; the docstring gives the title and the rationale.
"""

import hashlib
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How bad a violation is, before the policy and the asset's criticality weigh in."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for info up to 4 for critical."""
        return list(Severity).index(self)


Value = str | int | float | bool | None | tuple["Value", ...] | frozenset["Value"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where what was found is not what is wanted. `subject` names it within the asset, and stays the same."""

    subject: str
    found: Value
    wanted: Value


@dataclass(frozen=True, slots=True)
class Undecided:
    """A place where the facts do not tell, and why."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The facts say that the demand has no object on this asset, and why."""

    reason: str


Outcome = Violation | Undecided | NotApplicable

_MOST_SHOWN: Final = 4000  # characters of one value


def shown(value: Value) -> str:
    """Return a value as a person reads it: `not set`, `yes`, `no`, sets in order and joined by commas.

    Control characters are escaped. A value of more than 4,000 characters is cut, and ends in its digest, so that two
    long values never look alike.
    """
    text = _spelled(value)
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    if len(text) <= _MOST_SHOWN:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{text[:_MOST_SHOWN]}... ({len(text)} characters, SHA-256 {digest}...)"


def _spelled(value: Value) -> str:
    match value:
        case None:
            return "not set"
        case True | False:
            return "yes" if value else "no"
        case "":
            return "empty"
        case tuple() | frozenset():
            items = sorted(value, key=_place) if isinstance(value, frozenset) else value
            inner = (f"({_spelled(item)})" if isinstance(item, tuple | frozenset) else _spelled(item) for item in items)
            return ", ".join(inner) or "none"
        case _:
            return str(value)


def _place(item: Value) -> tuple[bool, int | float, str]:
    """Return where an item of a set is listed: numbers first and by size, all else as it reads."""
    if isinstance(item, int | float) and not isinstance(item, bool):
        return (False, item, "")
    return (True, 0, _spelled(item))


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend a violation: one sentence for an engineer, and the catalogue's solution that it belongs to."""

    text: str
    solution: str
    disruptive: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a company may decide about a check: its name, its type, and what holds when nothing is said."""

    name: str
    annotation: object
    default: object


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A demand that a machine can judge."""

    id: str
    title: str
    rationale: str
    severity: Severity
    fix: Fix
    needs: Mapping[str, type[object]]  # parameter name -> fact type
    settings: Mapping[str, Setting]
    judge: Callable[..., Iterable[Outcome]]
    references: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Return the subject that the check belongs to: the part of its id before the dot."""
        return self.id.partition(".")[0]


def check(
    check_id: str, *, severity: Severity, fix: Fix, references: Iterable[str] = ()
) -> Callable[[Callable[..., Iterable[Outcome]]], Check]:
    """Declare that a function judges facts: it yields violations, and yielding nothing is a pass."""

    def declare(judge: Callable[..., Iterable[Outcome]]) -> Check:
        title, _, rationale = inspect.cleandoc(judge.__doc__ or "").partition("\n")
        if not title:
            raise TypeError(f"{check_id}: the first docstring line must state the compliant state")
        needs, settings = _signature(check_id, judge)
        return Check(
            check_id, title.rstrip("."), rationale.strip(), severity, fix, needs, settings, judge, tuple(references)
        )

    return declare


_FACT: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _signature(
    check_id: str, judge: Callable[..., Iterable[Outcome]]
) -> tuple[dict[str, type[object]], dict[str, Setting]]:
    hints = typing.get_type_hints(judge)
    needs: dict[str, type[object]] = {}
    settings: dict[str, Setting] = {}
    for name, parameter in inspect.signature(judge).parameters.items():
        if name not in hints:
            raise TypeError(f"{check_id}: {name} needs a type: a fact's before the *, a setting's after it")
        if parameter.kind is _FACT:
            needs[name] = hints[name]
        elif parameter.default is inspect.Parameter.empty:
            raise TypeError(f"{check_id}: the setting {name} needs a default")
        else:
            settings[name] = Setting(name, hints[name], parameter.default)
    return needs, settings
