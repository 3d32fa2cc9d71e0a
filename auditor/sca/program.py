r"""Regular expressions as programs, and a search that ends: each step is taken at each place at most once.

Backtracking as PCRE2 does it finds the same match, but its time grows with powers of the text's length, or worse: a
line that a hostile host wrote for `(a+)+$` or `\s*\s*\s*x` would hold an audit up for ever. Here what failed once at a
place is not tried there again, as in RE2's BitState: the time is bounded by program times text, and a budget of steps
ends even that. Only back references and recursion cannot be followed so; no dialect's parser lets them in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from auditor.sca.nodes import (
    WORD,
    Atomic,
    BadPattern,
    Chars,
    Choice,
    Edge,
    Group,
    Look,
    Node,
    Repeat,
    Series,
    width,
)

Places = tuple[int, ...]  # where group 1 begins and ends, then group 2, ...; -1: it took no part

_MOST_STEPS: Final = 20_000  # of one program
_ONE: Final = frozenset[str]()


class TooCostly(Exception):
    """The budget of steps was used up before it was clear whether the expression matches."""


@dataclass(slots=True)
class Budget:
    """How many steps may still be taken."""

    steps: int

    def spend(self, steps: int) -> None:
        """Take off steps. Raises TooCostly when there are not as many."""
        self.steps -= steps
        if self.steps < 0:
            raise TooCostly


class Do(IntEnum):
    """What a step does."""

    TAKE = 0  # a sign
    FORK = 1  # go to `first`; if that fails, to `second`
    MARK = 2  # remember the place
    EDGE = 3
    INNER = 4  # a program of its own: atomic, or looking around
    DONE = 5


class Step(NamedTuple):
    """One step: of FORK the two ways to go on, of MARK the place, of INNER how far back to begin (-1: it is atomic)."""

    do: Do
    chars: frozenset[str] = _ONE
    negated: bool = False
    first: int = 0
    second: int = 0
    edge: Edge = Edge.START
    inner: "tuple[Step, ...]" = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A regular expression, ready to be searched for. `literal`, in lower case, stands in every text it matches."""

    steps: tuple[Step, ...]
    groups: int
    literal: str
    anchored: bool

    def search(self, text: str, budget: Budget) -> Places | None:
        """Return the places of the first match and of its groups, or None. Raises TooCostly."""
        if self.literal and self.literal not in text.lower():
            return None
        seen: set[int] = set()
        groups: Places = (-1,) * (2 * self.groups)
        for start in range(1 if self.anchored else len(text) + 1):
            found = _run(_Run(self.steps, text, budget, seen), start, groups)
            if found is not None:
                return (start, *found)
        return None


def compiled(node: Node) -> Program:
    """Return an expression as a program. Raises BadPattern for one that is too large."""
    writer = _Writer()
    writer.write(node)
    steps = (*writer.steps, Step(Do.DONE))
    return Program(steps, writer.groups, "".join(_literal(node)), _anchored(node))


@dataclass
class _Writer:
    steps: list[Step] = field(default_factory=list)
    groups: int = 0

    def write(self, node: Node) -> None:
        if len(self.steps) > _MOST_STEPS:
            raise BadPattern("it is too large")
        match node:
            case Chars():
                self.steps.append(Step(Do.TAKE, node.members, node.negated))
            case Edge():
                self.steps.append(Step(Do.EDGE, edge=node))
            case Repeat():
                self._repeat(node)
            case Atomic() | Look():
                self._inner(node)
            case _:
                self._several(node)

    def _several(self, node: Series | Group | Choice) -> None:
        match node:
            case Series():
                for part in node.parts:
                    self.write(part)
            case Group():
                self._group(node)
            case Choice():
                self._choice(node)

    def _group(self, node: Group) -> None:
        self.groups = max(self.groups, node.number)
        self.steps.append(Step(Do.MARK, first=2 * node.number - 2))
        self.write(node.part)
        self.steps.append(Step(Do.MARK, first=2 * node.number - 1))

    def _choice(self, node: Choice) -> None:
        leave = []
        for way in node.ways[:-1]:
            fork = self._hold()
            self.write(way)
            leave.append(self._hold())
            self.steps[fork] = Step(Do.FORK, first=fork + 1, second=len(self.steps))
        self.write(node.ways[-1])
        for jump in leave:
            self._jump(jump, len(self.steps))

    def _repeat(self, node: Repeat) -> None:
        for _ in range(node.least):
            self.write(node.part)
        if node.most is None:
            fork = self._hold()
            self.write(node.part)
            self._jump(self._hold(), fork)
            self._fork(fork, lazy=node.lazy)
            return
        forks = []
        for _ in range(node.most - node.least):
            forks.append(self._hold())
            self.write(node.part)
        for fork in forks:
            self._fork(fork, lazy=node.lazy)

    def _inner(self, node: Atomic | Look) -> None:
        inner = _Writer(groups=self.groups)
        inner.write(node.part)
        self.groups = max(self.groups, inner.groups)
        back = -1 if isinstance(node, Atomic) else width(node.part) if node.behind else 0
        negated = isinstance(node, Look) and node.negated
        steps = (*inner.steps, Step(Do.DONE))
        self.steps.append(Step(Do.INNER, negated=negated, first=back, inner=steps))

    def _hold(self) -> int:
        self.steps.append(Step(Do.DONE))
        return len(self.steps) - 1

    def _jump(self, at: int, to: int) -> None:
        self.steps[at] = Step(Do.FORK, first=to, second=to)

    def _fork(self, at: int, *, lazy: bool) -> None:
        ways = (at + 1, len(self.steps))
        self.steps[at] = Step(Do.FORK, first=ways[lazy], second=ways[not lazy])


class _Run(NamedTuple):
    """One program, the text it runs on, and the (step, place) pairs that it has been at."""

    steps: tuple[Step, ...]
    text: str
    budget: Budget
    seen: set[int]


def _run(run: _Run, start: int, groups: Places) -> Places | None:
    """Return where the match that begins at `start` ends, and the groups, or None."""
    steps, text, budget, seen = run
    size, before, most = len(text), len(seen), len(seen) + budget.steps
    ways = [(0, start, groups)]
    while ways and len(seen) <= most:
        at, place, groups = ways.pop()
        while (key := at * (size + 1) + place) not in seen:
            seen.add(key)
            step = steps[at]
            at += 1
            if step.do is Do.TAKE:
                if place == size or (text[place] in step.chars) is step.negated:
                    break
                place += 1
            elif step.do is Do.FORK:
                ways.append((step.second, place, groups))
                at = step.first
            elif step.do is Do.DONE:
                budget.spend(len(seen) - before)
                return (place, *groups)
            elif (after := _held(run, step, place, groups)) is None:
                break
            else:
                place, groups = after
    budget.spend(len(seen) - before)
    return None


def _held(run: _Run, step: Step, place: int, groups: Places) -> tuple[int, Places] | None:
    """Return the place and groups after a step that takes no sign by itself, or None where it does not hold."""
    if step.do is Do.MARK:
        return place, (*groups[: step.first], place, *groups[step.first + 1 :])
    if step.do is Do.EDGE:
        return (place, groups) if at_edge(step.edge, run.text, place) else None
    atomic, back = step.first < 0, max(step.first, 0)
    found = _run(_Run(step.inner, run.text, run.budget, set()), place - back, groups) if place >= back else None
    if atomic:
        return None if found is None else (found[0], found[1:])
    if (found is None) is not step.negated:
        return None
    return place, groups if found is None else found[1:]


def at_edge(edge: Edge, text: str, place: int) -> bool:
    """Whether a place in a text is such an edge."""
    match edge:
        case Edge.START:
            return place == 0
        case Edge.END:
            return place == len(text)
    before = place > 0 and text[place - 1] in WORD
    after = place < len(text) and text[place] in WORD
    return (before is not after) is (edge is Edge.WORD)


def _literal(node: Node) -> Iterator[str]:
    """Yield the longest text, in lower case, that stands in whatever matches; letters count in either case."""
    runs = [""]
    for part in _flat(node):
        sign = _sign(part)
        if sign:
            runs[-1] += sign
        elif not isinstance(part, Edge | Look):
            runs.append("")
    yield max(runs, key=len)


def _flat(node: Node) -> Iterator[Node]:
    match node:
        case Series():
            for part in node.parts:
                yield from _flat(part)
        case Group():
            yield from _flat(node.part)
        case Repeat() if node.least == 1 and node.most is None:
            yield node.part
            yield node
        case _:
            yield node


def _sign(node: Node) -> str:
    """Return the one sign of ASCII that a node takes, in lower case, or nothing."""
    if not isinstance(node, Chars) or node.negated:
        return ""
    lower = {sign.lower() for sign in node.members}
    return lower.pop() if len(lower) == 1 and all(sign.isascii() for sign in node.members) else ""


def _anchored(node: Node) -> bool:
    match node:
        case Edge.START:
            return True
        case Series() if node.parts:
            return _anchored(node.parts[0])
        case Group() | Atomic():
            return _anchored(node.part)
        case Choice():
            return all(map(_anchored, node.ways))
    return False
