"""What the trees of OVAL come to: packages, the versions that mend them, and where that holds.

A tree is read when it says "this release, and any of these packages older than that", in any order and nesting, with
signatures, architectures and running kernels beside it. Anything else (a negation, two packages at once, a test that
auditor does not know) makes what it names undecided, never passed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from auditor.facts.ambient import NAMELESS, Advisory, State
from auditor.facts.distributions import release_of
from auditor.intel.formats.oval import Definition, Node, Oval, Test

_PACKAGES: Final = frozenset({"rpminfo_test", "dpkginfo_test"})
_SKIPPED: Final = ("oval:com.redhat.unaffected:",)
_MODULE: Final = re.compile(r"Module ([\w.+-]+):([\w.+-]+) is enabled")
_INSTALLED: Final = re.compile(r"(.{1,120}?)(?: \([a-z]+\))? is installed\.?")
Where = tuple[str, bool]  # a release, and whether its mended versions must be paid for
_WHY: Final = "its definition says more than auditor reads"


@dataclass(frozen=True, slots=True)
class Row:
    """Packages, and what a part of a tree says of them. No `fixed`: that they are installed is all it asks."""

    names: tuple[str, ...]
    fixed: str = ""
    stream: str = ""
    releases: frozenset[Where] = frozenset()
    read: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a tree comes to: rows, and under which module stream and on which releases its neighbours hold."""

    rows: tuple[Row, ...] = ()
    stream: str = ""
    releases: frozenset[Where] = frozenset()


def advisories(oval: Oval) -> Iterator[tuple[str, str, Advisory]]:
    """Yield release, package and advisory for everything that is defined."""
    for definition in oval.definitions:
        if definition.kind not in {"inventory", "compliance"} and not definition.id.startswith(_SKIPPED):
            yield from _defined(oval, definition)


def _defined(oval: Oval, definition: Definition) -> Iterator[tuple[str, str, Advisory]]:
    rows = list(_part(oval, definition.when).rows) if definition.when else []
    if any(row.fixed for row in rows):
        rows = [row for row in rows if row.fixed or not row.read]
    elif definition.kind != "vulnerability":
        rows = [row for row in rows if not row.read]
    platforms = frozenset(found for one in definition.platforms if (found := release_of(one)))
    for row in rows or [Row((NAMELESS,), read=False)]:
        for release, paid in sorted(row.releases or platforms):
            yield from ((release, name, _advisory(definition, row, paid=paid)) for name in row.names)


def _advisory(definition: Definition, row: Row, *, paid: bool) -> Advisory:
    if not row.read:
        return Advisory(definition.ids, State.UNREAD, row.fixed, _WHY)
    if row.fixed:
        stream = row.stream or ("*" if ".module" in row.fixed else "")
        return Advisory(definition.ids, State.PAID if paid else State.FIXED, row.fixed, stream=stream)
    state = State.UNDETERMINED if definition.resolution == "Under investigation" else State.OPEN
    return Advisory(definition.ids, state, note=definition.resolution.lower(), stream=row.stream)


def _part(oval: Oval, node: Node) -> Part:
    if not node.operator:
        return _leaf(oval, node)
    parts = [_part(oval, child) for child in node.children]
    rows = tuple(row for part in parts for row in part.rows)
    if node.negate or node.operator not in {"AND", "OR"}:
        return Part(tuple(replace(row, read=False) for row in rows))
    if node.operator == "OR":
        return Part(rows, releases=frozenset().union(*(part.releases for part in parts)))
    return _both(parts, rows)


def _both(parts: Iterable[Part], rows: tuple[Row, ...]) -> Part:
    """Return what holds where all parts do: streams and releases narrow the rows beside them."""
    listed = list(parts)
    streams = {part.stream for part in listed if part.stream}
    releases = [part.releases for part in listed if part.releases]
    asking = sum(any(row.fixed for row in part.rows) for part in listed)
    here = frozenset.intersection(*releases) if releases else frozenset()
    stream = next(iter(streams), "")
    readable = asking <= 1 and len(streams) <= 1
    narrowed = tuple(
        replace(
            row,
            stream=row.stream or stream,
            releases=row.releases & here if row.releases and here else row.releases or here,
            read=row.read and readable,
        )
        for row in rows
    )
    return Part(narrowed, releases=frozenset() if rows else here, stream="" if rows else stream)


def _leaf(oval: Oval, node: Node) -> Part:
    test = oval.tests.get(node.test)
    installed = _INSTALLED.fullmatch(node.comment)
    known = release_of(installed[1]) if installed else None
    if known is not None:
        return Part(releases=frozenset() if node.negate else frozenset({known}))
    if test is None or test.kind not in _PACKAGES:
        enabled = _MODULE.search(node.comment)
        return Part(stream=f"{enabled[1]}:{enabled[2]}" if enabled and not node.negate else "")
    return _packages(oval, node, test)


def _packages(oval: Oval, node: Node, test: Test) -> Part:
    names = oval.variables.get(oval.variables_of.get(test.object, ""), ()) or (oval.names.get(test.object, ""),)
    named = tuple(name for name in names if name) or (NAMELESS,)
    bounds = [oval.bounds[state] for state in test.states if state in oval.bounds]
    odd = test.check in {"none satisfy", "none exist"} or test.existence == "none_exist"
    if odd or (node.negate and bounds) or len(bounds) > 1:
        return Part((Row(named, read=False),))
    if bounds:
        return Part((Row(named, bounds[0]),))
    return Part((Row(named),)) if not test.states and not node.negate else Part()
