"""Whether rules record an event: the kernel tries them in order, and the first that fits decides.

Sources: auditctl(8) (fields of a rule are all to hold; `never` rules before an `always` rule take events from it, and
a `never,task` rule everything), audit.rules(7), kernel auditsc.c (audit_filter_syscall, audit_filter_rules: ids are
unsigned, so that an unset auid is larger than any other).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal

from auditor.facts.audit_rules import Filter, Rule, RuleSet

Bits = Literal["b64", "b32"]
Range = tuple[int, int]

UNSET: Final = 4294967295  # the auid of whoever has not logged in
_CRITICAL: Final = frozenset({"SYSCALL", "1300", "PATH", "1302", "EXECVE", "1309", "CONFIG_CHANGE", "1305"})
_EXEC: Final = frozenset({"execve"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is to be recorded: a system call, or a kind of access to a path, in the circumstances given.

    `access` are letters of rwxa. `tree` is for a folder and all that is in it. `given` has the range of numbers that a
    field has in each such event, and `compared` the pairs of ids that differ.
    """

    call: str = ""
    path: str = ""
    access: str = ""
    tree: bool = False
    given: Mapping[str, Range] = field(default_factory=dict)
    compared: frozenset[str] = frozenset()


class Recorded(Enum):
    """Whether an event is recorded."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


class _Fit(Enum):
    ALL = "each such event"
    SOME = "some of them"
    NONE = "none of them"


def recorded(rules: RuleSet, event: Event, bits: Bits) -> tuple[Recorded, str]:
    """Return whether each such event of a program of 32 or 64 bits is recorded, and what makes that doubtful."""
    if rules.enabled is None:
        return Recorded.PERHAPS, "whether auditing is on was not seen"
    if rules.enabled == 0:
        return Recorded.NO, "auditing is off"
    found, why = _first_that_fits([*_for_tasks(rules.rules), *rules.rules], event, bits)
    if found is Recorded.NO and rules.trouble:
        after = _first_that_fits([*rules.rules, *rules.late], event, bits)[0]
        if rules.unsure or after is not Recorded.NO:
            return Recorded.PERHAPS, f"auditctl may stop at the line {rules.trouble!r}"
    return found, why


def _first_that_fits(rules: Iterable[Rule], event: Event, bits: Bits) -> tuple[Recorded, str]:
    doubt = ""
    for rule in rules:
        fit = _fit(rule, event, bits)
        if rule.list == "exclude" and _leaves_out(rule):
            doubt = doubt or f"a rule leaves records out: {rule.text}"
        elif rule.action == "never" and fit is _Fit.ALL:
            return Recorded.NO, f"a rule leaves it out: {rule.text}"
        elif rule.action == "never" and fit is _Fit.SOME and not _without_login(rule):
            doubt = doubt or f"a rule leaves some out: {rule.text}"
        elif rule.action == "always" and fit is _Fit.ALL:
            return (Recorded.PERHAPS, doubt) if doubt else (Recorded.YES, "")
    return Recorded.NO, ""


def _for_tasks(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Yield rules that keep processes from being audited at all: they count before all others."""
    return (rule for rule in rules if (rule.list, rule.action) == ("task", "never"))


def _fit(rule: Rule, event: Event, bits: Bits) -> _Fit:
    if (rule.list, rule.action) == ("task", "never"):
        return _by_filters(rule.filters, Event()) if rule.filters else _Fit.ALL
    if rule.list != "exit" or not _speaks(rule, bits):
        return _Fit.NONE
    place = _by_path(rule, event) if event.path else _by_call(rule, event)
    filters = _by_filters(rule.filters, event)
    if _Fit.NONE in {place, filters}:
        return _Fit.NONE
    return _Fit.ALL if place is filters is _Fit.ALL else _Fit.SOME


def _speaks(rule: Rule, bits: Bits) -> bool:
    """Whether a rule is about programs of this kind."""
    return rule.arch in {bits, ""}


def _by_call(rule: Rule, event: Event) -> _Fit:
    if rule.calls and event.call not in rule.calls:
        return _Fit.NONE
    return _Fit.SOME if rule.path or rule.perms else _Fit.ALL


def _by_path(rule: Rule, event: Event) -> _Fit:
    asked = frozenset(event.access)
    calls_are_enough = not rule.calls or (asked == {"x"} and rule.calls >= _EXEC)
    if rule.perms and not asked & rule.perms:
        return _Fit.NONE
    if not rule.path or event.path.startswith(rule.path + "/") or event.path == rule.path:
        above = not rule.path or rule.tree or (rule.path == event.path and not event.tree)
        enough = above and (not rule.perms or asked <= rule.perms) and calls_are_enough
        return _Fit.ALL if enough else _Fit.SOME if above or event.path == rule.path else _Fit.NONE
    return _Fit.SOME if event.tree and rule.path.startswith(event.path + "/") else _Fit.NONE


def _by_filters(filters: Iterable[Filter], event: Event) -> _Fit:
    known = [_holds(one, event) for one in filters]
    if False in known:
        return _Fit.NONE
    return _Fit.ALL if all(known) else _Fit.SOME


def _holds(one: Filter, event: Event) -> bool | None:
    """Return whether a condition holds in each such event, in none of them, or in some."""
    if one.name == "compare":
        return True if one.sign == "!=" and one.value in event.compared else None
    low, high = _range(one.name, event.given)
    digits = one.value.removeprefix("-")
    if low > high or not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        return None
    return _compares(int(one.value), one.sign, low, high)


def _compares(value: int, sign: str, low: int, high: int) -> bool | None:
    within = None if low <= value <= high else False
    match sign:
        case "=":
            return True if low == value == high else within
        case "!=":
            return False if low == value == high else None if within is None else True
        case ">" | ">=":
            return _above(value + (sign == ">"), low, high)
        case "<" | "<=":
            above = _above(value + (sign == "<="), low, high)
            return None if above is None else not above
        case _:
            return None


def _range(name: str, given: Mapping[str, Range]) -> Range:
    """Return the range of a field's numbers; an empty one when anything is possible."""
    if name == "success" and "exit" in given:
        return (0, 0) if given["exit"][1] < 0 else (1, 0)
    return given.get(name, (1, 0))


def _above(least: int, low: int, high: int) -> bool | None:
    if low >= least:
        return True
    return False if high < least else None


def _without_login(rule: Rule) -> bool:
    """Whether a rule is about processes that nobody logged in for, such as the time daemon's."""
    return Filter("auid", "=", str(UNSET)) in rule.filters


def _leaves_out(rule: Rule) -> bool:
    """Whether a rule of the exclude list drops records that an event cannot be understood without."""
    kinds = [one for one in rule.filters if one.name == "msgtype"]
    return not kinds or any(one.sign != "=" or one.value in _CRITICAL for one in kinds)
