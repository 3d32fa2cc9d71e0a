"""Read what people write (YAML 1.2, TOML) into plain values, and say of each value where it stands.

YAML 1.2 core schema: a bare `no` is a string, a date is a string until a model asks for one. Duplicate keys, merge keys
and unknown tags are errors, and so is an anchor that is set twice; aliases are followed, but a document may not grow
by more than a hundred thousand values through them.
"""

import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

from auditor.errors import ContentError, Place

if TYPE_CHECKING:
    from pydantic import ValidationError
    from ruamel.yaml.nodes import Node

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Key = str | int
ModelT = TypeVar("ModelT")

_MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_VALUES: Final = 1_000_000
_MOST_REPEATED: Final = 100_000  # of them, by aliases
_DEEPEST: Final = 64
_LIST: Final = "should be a list: [one, two]"
_FIELDS: Final = "should be fields with values, as in `name: value`"
_SHAPES: Final = {  # what people who do not write Python call these
    "tuple_type": _LIST, "list_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST, "iterable_type": _LIST,
    "dict_type": _FIELDS, "mapping_type": _FIELDS, "model_type": _FIELDS, "model_attributes_type": _FIELDS,
    "dataclass_type": _FIELDS, "string_type": 'should be text; put it in quotes: "1"',
    "too_short": "should name one at least",
}  # fmt: skip
_TAG: Final = "tag:yaml.org,2002:"
_REUSED: Final = re.compile(r"second occurrence.*?line (\d+), column (\d+)", re.DOTALL)

# YAML 1.2.2, section 10.3.2: what is a number and what is a word. Libraries also take 1_000, 0b11 or 190:20:30.
_CORE: Final = {
    "null": re.compile(r"null|Null|NULL|~|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
    ),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain values, and the place of each."""

    file: str
    value: Plain
    places: Mapping[tuple[Key, ...], Place] = field(repr=False, default_factory=dict)
    keys: Mapping[tuple[Key, ...], Place] = field(repr=False, default_factory=dict)

    def place(self, *path: Key) -> Place:
        """Return where the value at this path stands, or the nearest value around it that does stand somewhere."""
        for length in range(len(path), -1, -1):
            if found := self.places.get(path[:length]):
                return found
        return Place(self.file)

    def key_place(self, *path: Key) -> Place:
        """Return where the last key of this path is written, or else where its value stands."""
        return self.keys.get(path) or self.place(*path)


def read_text(path: Path) -> str:
    """Return a file's text. Raises ContentError when it is missing, unreadable, huge or not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ContentError(Place(str(path)), "is larger than 64 MiB", "Split it, or give the right file.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ContentError(Place(str(path)), f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(Place(str(path), line), "is not UTF-8 text", "Save it as UTF-8.") from error


def read_yaml(path: Path) -> Document:
    """Return a YAML file's values and their places. Raises ContentError."""
    return parse_yaml(read_text(path), str(path))


def parse_yaml(text: str, file: str) -> Document:
    """Return a YAML text's values and their places. Raises ContentError that names `file`."""
    root = _composed(text, file)
    builder = _Builder(file)
    value = builder.build(root, ()) if root is not None else None
    return Document(file, value, builder.places, builder.keys)


def _composed(text: str, file: str) -> "Node | None":
    from ruamel.yaml import YAML  # noqa: PLC0415  (60 ms that most commands do not need)
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning  # noqa: PLC0415
    from ruamel.yaml.reader import ReaderError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReusedAnchorWarning)
            return cast("Node | None", YAML(typ="safe", pure=True).compose(text))
    except ReusedAnchorWarning as error:
        at = _REUSED.search(str(error))
        place = Place(file, int(at[1]), int(at[2])) if at else Place(file)
        raise ContentError(place, "sets an anchor a second time", "Give it another name.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        whole = f"{error.context}, {error.problem}" if str(error.problem).startswith("but ") else error.problem
        raise ContentError(place, f"is not YAML: {whole or error.context}") from error
    except ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1)
        raise ContentError(place, f"is not YAML: the character {error.character:#06x} is not allowed") from error
    except RecursionError as error:
        raise ContentError(Place(file), "is nested too deeply") from error


def read_toml(path: Path) -> Document:
    """Return a TOML file's values. Raises ContentError; tables carry no places of their own."""
    text = read_text(path)
    try:
        value: Plain = tomllib.loads(text)
    except RecursionError as error:
        raise ContentError(Place(str(path)), "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError is one; so is what Python says of a number with too many digits
        raise ContentError(_toml_place(str(path), str(error)), f"is not TOML: {error}") from error
    return Document(str(path), value, dict(_toml_places(str(path), text)))


def validated(document: Document, model: type[ModelT], value: Plain = None, *, at: Sequence[Key] = ()) -> ModelT:
    """Return a document, or the value at a path of it, as a model. Raises ContentError with every problem placed."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    try:
        return TypeAdapter(model).validate_python(document.value if value is None and not at else value)
    except ValidationError as error:
        raise content_error(document, error, at) from error


def content_error(document: Document, error: "ValidationError", at: Sequence[Key] = ()) -> ContentError:
    """Return a validation's problems as one ContentError with the place of each."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False):
        loc, kind = problem["loc"], problem["type"]
        place = (document.key_place if kind == "extra_forbidden" else document.place)(*at, *loc)
        problems.append(ContentError(place, _sentence(loc or at, kind, problem["msg"].removeprefix("Value error, "))))
    return ContentError.of(problems)


def _sentence(loc: Sequence[Key], kind: str, message: str) -> str:
    name = next((part for part in reversed(loc) if isinstance(part, str)), "the document")
    if kind == "extra_forbidden":
        return f"{name}: there is no such field"
    if kind == "missing":
        return f"{name}: is required"
    return f"{name}: {_SHAPES.get(kind) or message[0].lower() + message[1:]}"


class _Builder:
    """Turns composed nodes into plain values and remembers where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[tuple[Key, ...], Place] = {}
        self.keys: dict[tuple[Key, ...], Place] = {}
        self.nodes: set[int] = set()

    def build(self, node: "Node", path: tuple[Key, ...]) -> Plain:
        place = Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)
        self.places[path] = place
        if len(path) > _DEEPEST:
            raise ContentError(place, "is nested too deeply")
        self.nodes.add(id(node))
        if len(self.places) > _MOST_VALUES or len(self.places) - len(self.nodes) > _MOST_REPEATED:
            raise ContentError(place, "holds too many values")
        from ruamel.yaml.nodes import ScalarNode, SequenceNode  # noqa: PLC0415

        if isinstance(node, ScalarNode):
            return _scalar(str(node.tag), str(node.value), place)
        if node.tag not in {_TAG + "seq", _TAG + "map"}:
            raise _tag_refused(str(node.tag), place)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return {key: self.build(value, (*path, key)) for key, value in self._pairs(node, path)}

    def _pairs(self, node: "Node", path: tuple[Key, ...]) -> Iterator[tuple[str, "Node"]]:
        seen: set[str] = set()
        for key_node, value in node.value:
            place = Place(self.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node.value, str) or key_node.tag == _TAG + "merge":
                raise ContentError(
                    place, "a key must be a plain word", "Merge keys (<<) are not supported; write it out."
                )
            key = str(key_node.value)
            if key in seen:
                raise ContentError(place, f"{key}: stands here twice", "Keep one of them.")
            seen.add(key)
            self.keys[(*path, key)] = place
            yield key, value
            self.places.setdefault((*path, key), place)


def _scalar(tag: str, text: str, place: Place) -> Plain:
    kind = tag.removeprefix(_TAG)
    if kind in _CORE and not _CORE[kind].fullmatch(text):
        return text
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _integer(text, place)
        case "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        case "str" | "timestamp" | "value":
            return text
        case _:
            raise _tag_refused(tag, place)


def _integer(text: str, place: Place) -> int:
    try:
        return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)
    except ValueError as error:  # Python reads no more than 4,300 digits
        raise ContentError(place, "is too long for a number") from error


def _tag_refused(tag: str, place: Place) -> ContentError:
    written = f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
    return ContentError(place, f"the tag {written} is not allowed", "Write a plain value.")


def _toml_place(file: str, message: str) -> Place:
    _, _, after = message.partition("(at line ")
    line, _, column = after.rstrip(")").partition(", column ")
    return Place(file, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0)


def _toml_places(file: str, text: str) -> Iterator[tuple[tuple[Key, ...], Place]]:
    """Yield where tables and their keys begin; enough to point at a wrong setting."""
    table: tuple[Key, ...] = ()
    counts: dict[tuple[Key, ...], int] = {}  # of the tables that have double brackets
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("[") and "]" in stripped:
            names = tuple(part.strip().strip("\"'") for part in stripped.strip("[ ").split("]")[0].split("."))
            if stripped.startswith("[["):
                whole = _numbered(names[:-1], counts) + names[-1:]
                counts[whole] = counts.get(whole, -1) + 1
            table = _numbered(names, counts)
            yield table, Place(file, number, 1)
        elif "=" in stripped and not stripped.startswith("#"):
            key = stripped.split("=", 1)[0].strip().strip("\"'")
            yield (*table, *(part.strip() for part in key.split("."))), Place(file, number, line.index(key) + 1)


def _numbered(names: Sequence[Key], counts: Mapping[tuple[Key, ...], int]) -> tuple[Key, ...]:
    """Return the path of a table; a name that several share stands for the newest (TOML 1.0, arrays of tables)."""
    path: tuple[Key, ...] = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path
