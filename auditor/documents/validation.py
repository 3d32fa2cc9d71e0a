"""Plain values to models; what a model refuses is said at its place in the file, in words for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from auditor.documents.document import Document, Key, Plain
from auditor.errors import ContentError

if TYPE_CHECKING:
    from pydantic import ValidationError

ModelT = TypeVar("ModelT")

_LIST: Final = "should be a list: [one, two]"
_FIELDS: Final = "should be fields with values, as in `name: value`"
_SHAPES: Final = {  # what people who do not write Python call these
    "tuple_type": _LIST, "list_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST, "iterable_type": _LIST,
    "dict_type": _FIELDS, "mapping_type": _FIELDS, "model_type": _FIELDS, "model_attributes_type": _FIELDS,
    "dataclass_type": _FIELDS, "string_type": 'should be text; put it in quotes: "1"',
    "too_short": "should name one at least",
}  # fmt: skip


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
