"""YAML to plain values, built from a parser's events.

Not from composed nodes: PyYAML's composer calls itself in C, and a file of a hundred thousand brackets would end the
process. Here the depth is counted, and no list or mapping is entered that lies too deep.
"""

import re
from collections.abc import Iterator
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from auditor.documents.document import Document, Key, Plain
from auditor.documents.marks import Collection, Marks, Spot, mark_of, place_of
from auditor.documents.scalars import TAG, is_merge, scalar, tag_refused
from auditor.errors import ContentError, Place

# PyYAML's own parser takes ten times as long. It reads where PyYAML was built without libyaml, and what may hold a
# mistake that libyaml lets pass: a tab where a space belongs, or a comment that touches the sign of a block.
FAST: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_DOUBTFUL: Final = re.compile(r"\t|[|>][-+0-9]*#")

_MOST_VALUES: Final = 1_000_000
_MOST_REPEATED: Final = 100_000  # of them, by aliases
_DEEPEST: Final = 64
_MOST_DIRECTIVES: Final = 100  # libyaml compares each with all before it
_MERGE: Final = "Merge keys (<<) are not supported; write it out."

# What YAML forbids, and signs by which a parser of YAML 1.1 sees another text than an editor shows: three of them end a
# line there, and a byte order mark that stands at the beginning of one is left out.
_FORBIDDEN: Final = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ORDER_MARK: Final = "\ufeff"

_Built = tuple[Plain, Spot]


def parsed(text: str, file: str) -> Document:
    """Return a YAML text's values and their places. Raises ContentError that names `file`."""
    text = text.removeprefix(_ORDER_MARK)
    if found := _FORBIDDEN.search(text):
        raise _forbidden(text, file, found.start())
    if text.count("\n%") + text.count("\r%") > _MOST_DIRECTIVES:
        raise ContentError(Place(file), "holds too many lines that begin with %")
    loader = yaml.SafeLoader if _DOUBTFUL.search(text) else FAST
    try:
        value, root = _Builder(file, yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(text, file, error) from error
    marks = Marks(file, root)
    return Document(file, value, marks.of_value, marks.of_key)


def _forbidden(text: str, file: str, at: int) -> ContentError:
    place = Place(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    problem = f"is not YAML: the character {ord(text[at]):#06x} is not allowed"
    return ContentError(place, problem, f'Take it out, or write "\\u{ord(text[at]):04x}" in double quotes.')


def _not_yaml(text: str, file: str, error: yaml.MarkedYAMLError) -> ContentError:
    """Return what the parser says, with the sign at which it stopped, which libyaml does not name."""
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    sign = text[mark.index : mark.index + 1] if mark else ""
    named = repr(sign) in str(error.problem)
    at = "" if named else f" at {sign!r}" if sign else " at the end"
    began = error.context_mark.line + 1 if error.context_mark else place.line
    begun = f" that begins in line {began}" if began != place.line else ""
    context = f", {error.context}{begun}" if error.context else ""
    mend = "Write spaces instead of the tab." if sign == "\t" else ""
    return ContentError(place, f"is not YAML: {error.problem}{at}{context}", mend)


class _Builder:
    """Turns events into values and a tree of where they stand.

    An anchor stands for its scalar or for the list or mapping that was built, or for None until that is done.
    """

    def __init__(self, file: str, events: Iterator[Event]) -> None:
        self.file = file
        self.events = events
        self.anchors: dict[str, ScalarEvent | _Built | None] = {}
        self.values = 0
        self.repeated = 0

    def document(self) -> _Built:
        """Return what the only document holds."""
        next(self.events)  # the stream begins
        if isinstance(next(self.events), StreamEndEvent):
            return None, 0
        built = self._build(next(self.events), 0)
        next(self.events)  # the document ends
        if not isinstance(more := next(self.events), StreamEndEvent):
            raise self._wrong(more, "is not YAML: expected a single document in the stream, but found another")
        return built

    def _build(self, event: Event, depth: int) -> _Built:
        """Return the value that begins with an event, so many lists and mappings deep."""
        if isinstance(event, AliasEvent):
            return self._repeat(event, depth)
        self._count(event, depth)
        if not isinstance(event, ScalarEvent):
            return self._collection(event, depth)
        if event.anchor is not None:
            self._anchor(event)
        return scalar(event, self.file), mark_of(event)

    def _collection(self, start: Event, depth: int) -> _Built:
        assert isinstance(start, CollectionStartEvent)
        if start.anchor is not None:
            self._anchor(start)
        built = self._mapping(start, depth) if isinstance(start, MappingStartEvent) else self._sequence(start, depth)
        if start.anchor is not None:
            self.anchors[start.anchor] = built
        return built

    def _sequence(self, start: CollectionStartEvent, depth: int) -> _Built:
        self._refuse_tag(start, f"{TAG}seq")
        values: list[Plain] = []
        inner: dict[Key, Spot] = {}
        while not isinstance(event := next(self.events), SequenceEndEvent):
            value, inner[len(values)] = self._build(event, depth + 1)
            values.append(value)
        return values, Collection(mark_of(start), inner, {})

    def _mapping(self, start: CollectionStartEvent, depth: int) -> _Built:
        self._refuse_tag(start, f"{TAG}map")
        values: dict[str, Plain] = {}
        inner: dict[Key, Spot] = {}
        keys: dict[Key, int] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._key(event)
            if key in keys:
                raise self._wrong(event, f"{key}: stands here twice", "Keep one of them.")
            keys[key] = mark_of(event)
            values[key], inner[key] = self._build(next(self.events), depth + 1)
        return values, Collection(mark_of(start), inner, keys)

    def _key(self, event: Event) -> str:
        """Return a key as it is written, whatever it would be as a value."""
        known = self._anchored(event) if isinstance(event, AliasEvent) else event
        if not isinstance(known, ScalarEvent) or is_merge(known, self.file):
            raise self._wrong(event, "a key must be a plain word", _MERGE)
        if known is event and known.anchor is not None:
            self._anchor(known)
        return known.value

    def _anchor(self, event: ScalarEvent | CollectionStartEvent) -> None:
        name = str(event.anchor)
        if name in self.anchors:
            raise self._wrong(event, "sets an anchor a second time", "Give it another name.")
        self.anchors[name] = event if isinstance(event, ScalarEvent) else None

    def _anchored(self, alias: AliasEvent) -> ScalarEvent | _Built:
        name = str(alias.anchor)
        if name not in self.anchors:
            raise self._wrong(alias, f"is not YAML: found undefined alias {name!r}")
        known = self.anchors[name]
        if known is None:
            raise self._wrong(alias, f"is nested too deeply: {name} holds itself")
        return known

    def _repeat(self, alias: AliasEvent, depth: int) -> _Built:
        known = self._anchored(alias)
        built = (scalar(known, self.file), mark_of(known)) if isinstance(known, ScalarEvent) else known
        self._count_again(alias, built[1], depth)
        return built

    def _count_again(self, alias: AliasEvent, spot: Spot, depth: int) -> None:
        """Count what an alias repeats, as often as whoever reads the document will come upon it."""
        self._count(alias, depth)
        self.repeated += 1
        if self.repeated > _MOST_REPEATED:
            raise self._wrong(alias, "holds too many values")
        if isinstance(spot, Collection):
            for inner in spot.inner.values():
                self._count_again(alias, inner, depth + 1)

    def _count(self, event: Event, depth: int) -> None:
        self.values += 1
        if depth > _DEEPEST:
            raise self._wrong(event, "is nested too deeply")
        if self.values > _MOST_VALUES:
            raise self._wrong(event, "holds too many values")

    def _refuse_tag(self, start: CollectionStartEvent, own: str) -> None:
        if start.tag not in {None, own}:
            raise tag_refused(start, self.file)

    def _wrong(self, event: Event, problem: str, mend: str = "") -> ContentError:
        return ContentError(place_of(mark_of(event), self.file), problem, mend)
