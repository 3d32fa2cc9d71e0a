"""Imported policies become checks, with probes that declare what a host is asked for them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.errors import Unreadable
from auditor.model.asset import Platform
from auditor.model.check import Check, Fix, NotApplicable, Severity, Undecided, Violation
from auditor.model.check import Outcome as Said
from auditor.model.probe import Answer, Probe, Shell
from auditor.sca import asking
from auditor.sca.judge import CheckResult, Outcome, RuleResult, combined, judge_rule
from auditor.sca.policy import Rules, ScaCheck
from auditor.sca.rules import Kind
from auditor.sca.seen import NotSeen, Seen, Target, Thing, targets
from auditor.sca.stored import Imported

GUARDED: Final = frozenset({Kind.COMMAND, Kind.PROCESS})
"""What is asked only of a policy whose commands were allowed: the policy's author decides what runs there."""

_NOT_ALLOWED: Final = "not asked: the commands of {name} were not allowed (auditor policy import-sca --allow-commands)"
_ROOT_ONLY: Final = "not asked: a policy's commands are run as root or not at all"
_NOT_ASKED: Final = {
    Kind.REGISTRY: "nothing reads the registry of Windows yet",
    Kind.COMMAND: "not asked: the command's quotes do not end, or it names no program",
}
_NO_PATH: Final = "not asked: only an absolute path can be looked at"


@dataclass(frozen=True, slots=True)
class Brought:
    """What an imported policy brings."""

    checks: tuple[Check, ...]
    probes: tuple[Probe[object], ...]


def brought(imported: Imported) -> Brought:
    """Return the checks of an imported policy, and the probes that see for them."""
    made = [_made(imported, check) for check in imported.policy.checks]
    return Brought(tuple(check for check, _ in made), tuple(probe for _, probes in made for probe in probes))


def check_id(imported: Imported, check: ScaCheck) -> str:
    """Return the id under which policies name a check: `sca.NAME.ID`."""
    return f"sca.{imported.name}.{check.id}"


def commands(imported: Imported) -> tuple[str, ...]:
    """Return the commands, and the processes, that a policy's rules bring, each as a rule begins: `c:lsmod`."""
    sets = [check.rules for check in imported.policy.checks]
    sets = [imported.policy.requirements, *sets] if imported.policy.requirements else sets
    letters = {Kind.COMMAND: "c", Kind.PROCESS: "p", Kind.REGISTRY: "r"}
    named = (f"{letters[rule.kind]}:{rule.target}" for rules in sets for rule in rules.rules if rule.kind in letters)
    return tuple(dict.fromkeys(named))


def _made(imported: Imported, check: ScaCheck) -> tuple[Check, list[Probe[object]]]:
    sets = [*([imported.policy.requirements] if imported.policy.requirements else []), check.rules]
    wanted = tuple(dict.fromkeys(target for rules in sets for rule in rules.rules for target in targets(rule)))
    unasked = dict(_unasked(imported, wanted))
    asked = [target for target in wanted if target not in unasked]
    fact: type[Seen] = type(imported.name, (Seen,), {"__slots__": ()})
    probes = [_probe(fact, asked, unasked, privileged=True)] if asked else []
    plain = [target for target in asked if target.kind is not Kind.COMMAND]
    if plain:
        besides = {target: NotSeen(_ROOT_ONLY) for target in asked if target not in plain}
        probes.append(_probe(fact, plain, {**unasked, **besides}, privileged=False))
    judge = _Judge(check.rules, imported.policy.requirements, Seen(unasked))
    return _check(imported, check, fact if probes else None, judge), probes


def _check(imported: Imported, check: ScaCheck, fact: type[Seen] | None, judge: "_Judge") -> Check:
    ids = [f"{framework}:{id_}" for framework, named in check.compliance.items() for id_ in named]
    return Check(
        id=check_id(imported, check),
        title=check.title.rstrip("."),
        rationale=check.rationale,
        severity=Severity.MEDIUM,
        fix=Fix(check.remediation or "See what the policy's author says of this check.", solution=imported.name),
        needs={"seen": fact} if fact else {},
        settings={},
        judge=judge,
        references=(*ids, *check.references),
    )


def _unasked(imported: Imported, wanted: Iterable[Target]) -> Iterator[tuple[Target, NotSeen]]:
    for target in wanted:
        if target.kind in GUARDED and not imported.commands:
            yield target, NotSeen(_NOT_ALLOWED.format(name=imported.name))
        elif asking.request(target, privileged=True) is None:
            yield target, NotSeen(_NOT_ASKED.get(target.kind, _NO_PATH))


def _probe(
    fact: type[Seen], asked: Iterable[Target], besides: Mapping[Target, Thing], *, privileged: bool
) -> Probe[object]:
    pairs = {target: asking.request(target, privileged=privileged) for target in asked}
    requests: dict[Target, Shell] = {target: request for target, request in pairs.items() if request is not None}
    read = _Read(tuple(requests), Seen(besides))
    return Probe(read, fact, tuple(requests.values()), frozenset({Platform.LINUX}), takes_problems=True)


@dataclass(frozen=True, eq=False)
class _Read:
    """Reads what was seen for a check; answers that were not had are told apart, as some rules may do without."""

    targets: tuple[Target, ...]
    besides: Seen

    def __call__(self, *answers: Answer) -> Seen:
        """Return what was seen. Raises Unreadable when nothing was answered at all."""
        if all(answer.problem for answer in answers):
            raise Unreadable("; ".join(dict.fromkeys(answer.problem for answer in answers)))
        seen = {target: asking.read(target, answer) for target, answer in zip(self.targets, answers, strict=True)}
        return Seen({**self.besides.things, **seen})


@dataclass(frozen=True, eq=False)
class _Judge:
    """Judges one check over what was seen."""

    rules: Rules
    requirements: Rules | None
    nothing: Seen = field(default_factory=lambda: Seen({}))

    def __call__(self, seen: Seen | None = None) -> Iterator[Said]:
        """Yield what is wrong, or why that cannot be told, or that the policy is not for this host."""
        here = self.nothing if seen is None else seen
        unmet = list(_unmet(self.requirements, here)) if self.requirements else []
        yield from unmet or _judged(self.rules, here)


def _outcomes(rules: Rules, seen: Seen) -> list[tuple[str, Outcome]]:
    unread = Outcome(RuleResult.INVALID, "the rule cannot be read", unseen=True)
    judged = [(rule.text, judge_rule(rule, seen, rules.edition)) for rule in rules.rules]
    return [*judged, *((text, unread) for text in rules.left_out)]


def _judged(rules: Rules, seen: Seen) -> Iterator[Said]:
    outcomes = _outcomes(rules, seen)
    result = combined(rules.condition, (outcome.result for _, outcome in outcomes))
    if result is CheckResult.FAILED:
        yield from _violations(rules.condition, outcomes)
    elif result is not CheckResult.PASSED:
        yield from _open(outcomes)


def _violations(condition: str, outcomes: Iterable[tuple[str, Outcome]]) -> Iterator[Violation]:
    if condition == "any":
        found = tuple(f"{text}: {outcome.said}" for text, outcome in outcomes)
        yield Violation("every rule", found, wanted="one rule that holds")
        return
    wrong = RuleResult.NOT_FOUND if condition == "all" else RuleResult.FOUND
    for text, outcome in outcomes:
        if outcome.result is wrong:
            yield Violation(text, outcome.said, wanted="holds" if condition == "all" else "does not hold")


def _open(outcomes: Iterable[tuple[str, Outcome]]) -> Iterator[Said]:
    """Yield why nothing was decided: what could not be seen, or else what is not there."""
    invalid = [(text, one) for text, one in outcomes if one.result in {RuleResult.INVALID, RuleResult.NOT_RUN}]
    unseen = [Undecided(text, outcome.said) for text, outcome in invalid if outcome.unseen]
    yield from unseen
    if not unseen:
        yield NotApplicable(invalid[0][1].said if invalid else "the check has no rule")


def _unmet(requirements: Rules, seen: Seen) -> Iterator[Said]:
    """Yield why the policy is not for this host, or why that is not known."""
    outcomes = _outcomes(requirements, seen)
    result = combined(requirements.condition, (outcome.result for _, outcome in outcomes))
    if result is CheckResult.FAILED:
        wrong = next((f"{text}: {one.said}" for text, one in outcomes if one.result is not RuleResult.FOUND), "")
        yield NotApplicable(f"the policy is not for this host: {wrong or 'its requirements are not met'}")
    elif result is not CheckResult.PASSED:
        for said in _open(outcomes):
            reason = f"the policy is not for this host: {said.reason}" if isinstance(said, NotApplicable) else ""
            yield NotApplicable(reason) if reason else said
