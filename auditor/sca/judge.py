"""Rules over what was seen, and checks over their rules.

Source: Wazuh's reference "Creating custom SCA policies", its table of conditions. A rule is found, not found, invalid
(its object is not there, so that nothing can be said of it) or not run (it did not answer in time). `unseen` is ours:
what is invalid because auditor could not see it is unknown, and that is not the same as not applicable.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from auditor.sca.lines import Held, found, matches, name_matches
from auditor.sca.nodes import BadPattern
from auditor.sca.program import Budget, TooCostly
from auditor.sca.rules import Edition, Kind, Rule, is_searched, split_pattern
from auditor.sca.seen import (
    CommandSeen,
    DirectorySeen,
    FileSeen,
    Lines,
    NotSeen,
    ProcessesSeen,
    Seen,
    Thing,
    targets,
)


class RuleResult(StrEnum):
    """What became of one rule."""

    FOUND = "Found"
    NOT_FOUND = "NotFound"
    INVALID = "Invalid"
    NOT_RUN = "NotRun"


class CheckResult(StrEnum):
    """What became of a check."""

    PASSED = "Passed"
    FAILED = "Failed"
    NOT_APPLICABLE = "NotApplicable"
    NOT_RUN = "NotRun"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a rule, and what was seen that says so."""

    result: RuleResult
    said: str = ""
    unseen: bool = False


MOST_STEPS: Final = 1_000_000  # that one rule may take over what one host answered: about half a second

_SWAPPED: Final = {RuleResult.FOUND: RuleResult.NOT_FOUND, RuleResult.NOT_FOUND: RuleResult.FOUND}
_DECIDES: Final = {  # condition -> the result of a rule that decides at once, and what then becomes of the check
    "all": (RuleResult.NOT_FOUND, CheckResult.FAILED, CheckResult.PASSED),
    "any": (RuleResult.FOUND, CheckResult.PASSED, CheckResult.FAILED),
    "none": (RuleResult.FOUND, CheckResult.FAILED, CheckResult.PASSED),
}
CONDITIONS: Final = frozenset(_DECIDES)


class _Reading(NamedTuple):
    """How a rule is read, and how many steps that may still take."""

    edition: Edition
    budget: Budget


def combined(condition: str, results: Iterable[RuleResult]) -> CheckResult:
    """Return what becomes of a check by its condition, one of CONDITIONS."""
    decisive, at_once, else_ = _DECIDES[condition]
    seen = list(results)
    if decisive in seen:
        return at_once
    if RuleResult.NOT_RUN in seen:
        return CheckResult.NOT_RUN
    if not seen or RuleResult.INVALID in seen:
        return CheckResult.NOT_APPLICABLE
    return else_


def judge_rule(rule: Rule, seen: Seen, edition: Edition) -> Outcome:
    """Return what becomes of a rule."""
    try:
        reading = _Reading(edition, Budget(MOST_STEPS))
        outcomes = [_JUDGES[rule.kind](rule, seen.of(target), reading) for target in targets(rule)]
    except BadPattern as why:
        return _invalid(f"the rule cannot be read: {why}", unseen=True)
    except TooCostly:
        return _invalid("the rule would take too long to decide on what the host answered", unseen=True)
    outcome = _first(outcomes, RuleResult.FOUND, RuleResult.INVALID, RuleResult.NOT_RUN, RuleResult.NOT_FOUND)
    if rule.negated and outcome.result in _SWAPPED:
        return replace(outcome, result=_SWAPPED[outcome.result])
    return outcome


def _first(outcomes: Sequence[Outcome], *wanted: RuleResult) -> Outcome:
    """Return the outcome that counts among several files; of invalid ones, one that was not seen."""
    ordered = sorted(outcomes, key=lambda outcome: (wanted.index(outcome.result), not outcome.unseen))
    return ordered[0] if ordered else _invalid("the rule names nothing", unseen=True)


def _file(rule: Rule, thing: Thing, reading: _Reading) -> Outcome:
    if not isinstance(thing, FileSeen):
        return _not_seen(thing)
    if rule.pattern is None:
        there = thing.kind == "regular"
        said = {"regular": "the file exists", "other": "it is no regular file", "missing": "there is no such file"}
        return Outcome(RuleResult.FOUND if there else RuleResult.NOT_FOUND, said[thing.kind])
    if thing.kind != "regular":
        return _invalid(f"there is no file {rule.target}")
    return _held(found(rule.pattern, thing.lines, *reading))


def _directory(rule: Rule, thing: Thing, reading: _Reading) -> Outcome:
    if not isinstance(thing, DirectorySeen):
        return _not_seen(thing)
    if rule.pattern is None:
        there = thing.kind == "directory"
        return Outcome(
            RuleResult.FOUND if there else RuleResult.NOT_FOUND,
            "the directory exists" if there else "there is no such directory",
        )
    if thing.kind != "directory":
        return _invalid(f"there is no directory {rule.target}")
    name, content = split_pattern(rule.pattern)
    named = [path for path in thing.paths if name_matches(name, path.rpartition("/")[2], *reading)]
    if content is None and named:
        return Outcome(RuleResult.FOUND, named[0])
    inside = [_inside(path, content, thing, reading) for path in named if content is not None]
    if not thing.whole:
        inside.append(_invalid(f"some of {rule.target} may not be looked into", unseen=True))
    missing = Outcome(RuleResult.NOT_FOUND, "no such file" if content is None or not named else "no such line")
    return _first([*inside, missing], RuleResult.FOUND, RuleResult.INVALID, RuleResult.NOT_FOUND)


def _inside(path: str, content: str, thing: DirectorySeen, reading: _Reading) -> Outcome:
    if path not in thing.contents:
        return _invalid(f"{path} could not be read", unseen=True)
    outcome = _held(found(content, thing.contents[path], *reading))
    return replace(outcome, said=f"{path}: {outcome.said}") if outcome.result is RuleResult.FOUND else outcome


def _process(rule: Rule, thing: Thing, reading: _Reading) -> Outcome:
    if not isinstance(thing, ProcessesSeen):
        return _not_seen(thing)
    running = [name for name in sorted(thing.names) if _named(rule.target, name, reading)]
    if running:
        return Outcome(RuleResult.FOUND, f"{running[0]} runs")
    if not thing.whole:
        return _invalid("the processes of others are hidden", unseen=True)
    return Outcome(RuleResult.NOT_FOUND, "no such process runs")


def _named(target: str, name: str, reading: _Reading) -> bool:
    if reading.edition.release == 4:
        return bool(found(target, [name], *reading).holds)
    return name == target


def _command(rule: Rule, thing: Thing, reading: _Reading) -> Outcome:
    if not isinstance(thing, CommandSeen):
        return _not_seen(thing)
    if thing.missing:
        return _invalid(f"there is no {rule.target.split()[0]} here")
    if rule.pattern is None:
        return Outcome(RuleResult.FOUND, "it ran")
    text = thing.text.strip("\n")
    lines: Lines = tuple(text.split("\n")) if text else ()
    if is_searched(rule.pattern):
        return _held(matches(rule.pattern, lines, *reading))
    if reading.edition.release == 4:
        return _held(found(rule.pattern, lines, *reading))
    return _held(found(rule.pattern, [text], *reading))


def _registry(rule: Rule, thing: Thing, reading: _Reading) -> Outcome:
    del rule, thing, reading
    return _invalid("nothing reads the registry of Windows yet", unseen=True)


_JUDGES: Final[dict[Kind, Callable[[Rule, Thing, _Reading], Outcome]]] = {
    Kind.FILE: _file,
    Kind.DIRECTORY: _directory,
    Kind.PROCESS: _process,
    Kind.COMMAND: _command,
    Kind.REGISTRY: _registry,
}


def _held(held: Held) -> Outcome:
    if held.holds is None:
        return _invalid("a secret that is never kept would decide", unseen=True)
    return Outcome(RuleResult.FOUND if held.holds else RuleResult.NOT_FOUND, held.line or "no such line")


def _not_seen(thing: Thing) -> Outcome:
    if isinstance(thing, NotSeen) and thing.late:
        return Outcome(RuleResult.NOT_RUN, thing.reason, unseen=True)
    return _invalid(thing.reason if isinstance(thing, NotSeen) else "it was not asked for", unseen=True)


def _invalid(said: str, *, unseen: bool = False) -> Outcome:
    return Outcome(RuleResult.INVALID, said, unseen)
