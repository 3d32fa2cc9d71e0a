"""What a YAML scalar means by the core schema of YAML 1.2: nothing, truth, a number, or else text.

PyYAML's resolver is not used: it knows YAML 1.1, in which `no` is false and 12:30:45 a number.
"""

import re
from typing import Final

from yaml.events import CollectionStartEvent, ScalarEvent

from auditor.documents.document import Plain
from auditor.documents.marks import mark_of, place_of
from auditor.errors import ContentError

TAG: Final = "tag:yaml.org,2002:"

# YAML 1.2.2, section 10.3.2. Libraries also take 1_000, 0b11 or 190:20:30.
_CORE: Final = {
    "null": re.compile(r"null|Null|NULL|~|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
    ),
}
_PLAIN: Final = re.compile("|".join(f"(?P<{kind}>{form.pattern})" for kind, form in _CORE.items()) + "|(?P<merge><<)")
_TEXTS: Final = frozenset({"str", "timestamp", "value"})  # a date and `=` are YAML 1.1's, and text here


def scalar(event: ScalarEvent, file: str) -> Plain:
    """Return a scalar's value. Raises ContentError for an unknown tag, a merge, and a number of too many digits."""
    match _kind(event, file):
        case "str":
            return event.value
        case "null":
            return None
        case "bool":
            return event.value.lower() == "true"
        case "int":
            return _integer(event, file)
        case "float":
            return float(event.value.lower().replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            raise ContentError(place_of(mark_of(event), file), "<< is not supported", 'Write "<<" for the text.')


def is_merge(event: ScalarEvent, file: str) -> bool:
    """Whether a scalar is the merge key of YAML 1.1. Raises ContentError for an unknown tag."""
    return (event.value == "<<" or event.tag is not None) and _kind(event, file) == "merge"


def _kind(event: ScalarEvent, file: str) -> str:
    """Return null, bool, int, float, merge or str. What is tagged and does not have the tag's form is text."""
    if event.tag is None:
        plain = _PLAIN.fullmatch(event.value) if event.implicit[0] else None
        return (plain and plain.lastgroup) or "str"
    kind = event.tag.removeprefix(TAG)
    if kind == event.tag or kind not in _CORE.keys() | _TEXTS:
        raise tag_refused(event, file)
    return kind if kind in _CORE and _CORE[kind].fullmatch(event.value) else "str"


def tag_refused(event: ScalarEvent | CollectionStartEvent, file: str) -> ContentError:
    """Return the problem that an event's tag is."""
    tag = str(event.tag)
    written = f"!!{tag.removeprefix(TAG)}" if tag.startswith(TAG) else tag
    return ContentError(place_of(mark_of(event), file), f"the tag {written} is not allowed", "Write a plain value.")


def _integer(event: ScalarEvent, file: str) -> int:
    text = event.value
    try:
        return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)
    except ValueError as error:  # Python reads no more than 4,300 digits
        raise ContentError(place_of(mark_of(event), file), "is too long for a number") from error
