"""OVAL definitions of distributions (https://oval.mitre.org/language/version5.10.1/), read as a stream of XML.

Definitions are trees of tests over packages, and stand before the tests, objects, states and variables that they refer
to. Of each the parts that decide are kept; `oval_logic` makes advisories of them when the file has ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO, TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from auditor.errors import ContentError, Place
from auditor.facts.ambient import Advisory
from auditor.intel.advisories import KIND, written
from auditor.intel.dated import DatedFile, Json, day

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # only the type: what is parsed, defusedxml parses

_DEEPEST: Final = 40  # criteria within criteria
_MOST_PARTS: Final = 3_000_000  # of one file


@dataclass(frozen=True, slots=True)
class Node:
    """A criterion (with a test) or criteria (with an operator and children)."""

    operator: str = ""
    negate: bool = False
    test: str = ""
    comment: str = ""
    children: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition: what it is about, and when it is true."""

    id: str
    kind: str  # its class: patch, vulnerability, inventory ...
    title: str
    ids: tuple[str, ...]
    platforms: tuple[str, ...]
    resolution: str  # Red Hat's word on what nobody has mended: "Will not fix"
    when: Node | None


@dataclass(frozen=True, slots=True)
class Test:
    """A test: its kind (`rpminfo_test`), what it looks at, in which states, and how many of them must be."""

    __test__ = False  # no test of ours

    kind: str
    object: str
    states: tuple[str, ...]
    check: str
    existence: str


@dataclass
class Oval:
    """Everything of a file that decides."""

    definitions: list[Definition] = field(default_factory=list)
    tests: dict[str, Test] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # object -> the package's name
    variables_of: dict[str, str] = field(default_factory=dict)  # object -> the variable that holds its names
    bounds: dict[str, str] = field(default_factory=dict)  # state -> the version that it must be less than
    variables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    as_of: date | None = None


def is_it(head: bytes) -> bool:
    """Whether a text begins as XML does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def dated(file: IO[bytes], place: Place, as_of: date | None) -> DatedFile:
    """Return what the definitions say of each release. Raises ContentError."""
    from auditor.intel.formats.oval_logic import advisories  # noqa: PLC0415  (which needs the words above)

    oval = _parsed(file, place)
    known = oval.as_of or as_of
    if known is None:
        raise ContentError(place, "does not say of which day it is", "Give it with --as-of YYYY-MM-DD.")
    releases: dict[str, dict[str, list[Advisory]]] = {}
    for release, package, advisory in advisories(oval):
        releases.setdefault(release, {}).setdefault(package, []).append(advisory)
    if not releases:
        raise ContentError(place, "defines no weakness of a release that auditor knows")
    content: dict[str, Json] = {
        release: {"by_source": False, "packages": {name: written(rows) for name, rows in sorted(packages.items())}}
        for release, packages in sorted(releases.items())
    }
    publisher = next((one.id.split(":")[1] for one in oval.definitions if one.id.count(":") > 1), "")
    return DatedFile(KIND, known, f"OVAL, {publisher}", "as its publisher says", {"releases": content})


def _parsed(file: IO[bytes], place: Place) -> Oval:
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    oval, root, parts = Oval(), "", 0
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            root = root or _local(element)
            if root != "oval_definitions":
                raise ContentError(place, f"is XML, but {root[:40]} is not oval_definitions")
            if event == "end" and _take(oval, element, place):
                parts += 1
                element.clear()
            if parts > _MOST_PARTS:
                raise ContentError(place, "holds more definitions, tests and states than auditor reads")
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, DefusedXmlException):
            raise ContentError(place, "declares entities or a document type, which no such file needs") from error
        raise ContentError(place, f"is not XML: {error}") from error
    return oval


def _take(oval: Oval, element: "Element", place: Place) -> bool:
    """Keep what decides of a part, and return whether it was one."""
    name, own = _local(element), element.get("id") or ""
    if name == "definition":
        oval.definitions.append(_definition(element, own, place))
    elif name == "timestamp":
        oval.as_of = oval.as_of or day(element.text)
    elif name.endswith("_test"):
        oval.tests[own] = _test(name, element)
    elif name.endswith("_object"):
        _take_object(oval, element, own)
    elif name.endswith("_state"):
        if bound := _bound(element):
            oval.bounds[own] = bound
    elif name == "constant_variable":
        oval.variables[own] = tuple((one.text or "").strip() for one in element if _local(one) == "value")
    else:
        return False
    return True


def _definition(element: "Element", own: str, place: Place) -> Definition:
    criteria = next((one for one in element if _local(one) == "criteria"), None)
    references = [one for one in element.iter() if _local(one) == "reference"]
    cves = [ref for one in references if (ref := one.get("ref_id") or "").startswith("CVE-")]
    cves += [
        text for one in element.iter() if _local(one) == "cve" and (text := (one.text or "").strip()).startswith("CVE-")
    ]
    others = [one.get("ref_id") or "" for one in references] or [own]
    return Definition(
        id=own,
        kind=element.get("class") or "",
        title=next(_texts(element, "title"), ""),
        ids=tuple(dict.fromkeys(cves or others[:1])),
        platforms=tuple(dict.fromkeys(_texts(element, "platform"))),
        resolution=next((one.get("state") or "" for one in element.iter() if _local(one) == "resolution"), ""),
        when=None if criteria is None else _node(criteria, place, 0),
    )


def _node(element: "Element", place: Place, depth: int) -> Node:
    if depth > _DEEPEST:
        raise ContentError(place, "criteria are nested too deeply")
    negate = (element.get("negate") or "").lower() in {"true", "1"}
    if _local(element) != "criteria":
        return Node("", negate, element.get("test_ref") or "", element.get("comment") or "")
    operator = (element.get("operator") or "AND").upper()
    return Node(operator, negate, children=tuple(_node(one, place, depth + 1) for one in element))


def _test(name: str, element: "Element") -> Test:
    objects = [one.get("object_ref") or "" for one in element if _local(one) == "object"]
    states = tuple(one.get("state_ref") or "" for one in element if _local(one) == "state")
    check, existence = element.get("check") or "", element.get("check_existence") or ""
    return Test(name, objects[0] if objects else "", states, check, existence)


def _take_object(oval: Oval, element: "Element", own: str) -> None:
    for one in element.iter():
        text = (one.text or "").strip()
        if _local(one) == "name" and one.get("var_ref"):
            oval.variables_of[own] = one.get("var_ref") or ""
        elif _local(one) == "name" and (one.get("operation") or "equals") == "equals":
            oval.names[own] = text


def _bound(element: "Element") -> str:
    """Return the version that a package must be less than; any other state only narrows where a definition holds."""
    for one in element:
        if _local(one) == "evr" and one.get("operation") == "less than":
            return (one.text or "").strip()
    return ""


def _texts(element: "Element", name: str) -> Iterator[str]:
    return ((one.text or "").strip() for one in element.iter() if _local(one) == name)


def _local(element: "Element") -> str:
    return str(element.tag).rpartition("}")[2]
