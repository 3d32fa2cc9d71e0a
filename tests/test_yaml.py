"""YAML as a file may try to be read: otherwise than it looks, by another parser, or until nothing else runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.documents import Document, parse_yaml, yaml_text
from auditor.errors import ContentError, Place

ROOT = Path(__file__).parent.parent
OURS = [path for folder in ("policies", "inventory") for path in sorted((ROOT / folder).rglob("*.yaml"))]
TEXTS = [
    "", "---\n", "# a\n", "a\n", "- a\n- b: c\n  d:\n- - e\n", "a: [b, {c: d, e}, 'f', \"g\\n\"]\n",
    "a: !!str 5\nb: '5'\n", "a: &x {b: [1, 2]}\nc: *x\nd:\n  - *x\n", "&a b: 1\nc: *a\n",
    "a: |\n  b\n   c\nd: >-\n  e\n  f\n", "a:\r\n  - é\r\n", "? a\n: b\n", "a: b\n  c\n",
    "%YAML 1.2\n---\na: 0o17\n...\n", '"<<": 1\na: "<<"\n',
]  # fmt: skip
WRONG = [
    "a: b: c\n", "a: [1,\n", "a: @b\n", "a: 'b\n", "a: *b\n", "a: &b 1\nc: &b 2\n", "a: &b [*b]\n", "a: 1\na: 2\n",
    "<<: a\n", "a: <<\n", "a: !b c\n", "? [a]\n: b\n", "a: 1\n---\nb: 2\n", "%YAML 2.0\n---\na: 1\n", '"\\q"\n',
    "a:\n  b: 1\n - c\n",
]  # fmt: skip


@pytest.fixture(params=["libyaml", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let each of PyYAML's two parsers read in turn."""
    if request.param == "Python":
        monkeypatch.setattr(yaml_text, "FAST", yaml.SafeLoader)
    return str(request.param)


def problem(text: str) -> str:
    """Return what is said of a wrong text."""
    with pytest.raises(ContentError) as error:
        parse_yaml(text, "x.yaml")
    return str(error.value)


def spots(document: Document, value: object, *path: str | int) -> list[tuple[Place, Place]]:
    """Return where each value stands, and its key."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    own = (document.place(*path), document.key_place(*path))
    return [own, *(spot for key, each in inner for spot in spots(document, each, *path, key))]


def test_libyaml_is_what_reads() -> None:
    """Whoever tests this tests the fast one."""
    assert yaml.CSafeLoader is yaml_text.FAST


@pytest.mark.parametrize("text", [*TEXTS, *(path.read_text() for path in OURS)])
def test_both_parsers_give_the_same_values_at_the_same_places(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose PyYAML has no libyaml audits the same."""
    fast = parse_yaml(text, "x")
    monkeypatch.setattr(yaml_text, "FAST", yaml.SafeLoader)
    slow = parse_yaml(text, "x")

    assert fast.value == slow.value
    assert spots(fast, fast.value) == spots(slow, slow.value)


@pytest.mark.parametrize("text", WRONG)
def test_both_parsers_refuse_the_same_in_the_same_line(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words of their own."""
    fast = problem(text)
    monkeypatch.setattr(yaml_text, "FAST", yaml.SafeLoader)
    slow = problem(text)

    assert fast.split(":")[:2] == slow.split(":")[:2]


def test_without_libyaml_the_other_parser_reads() -> None:
    """PyYAML can be built without it."""
    program = (
        "import sys; sys.modules['yaml._yaml'] = None\n"
        "from auditor.documents import parse_yaml\n"
        "print(parse_yaml('a: [no, 017]', 'x').value)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "{'a': ['no', 17]}\n"


PLAIN_TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]))
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | PLAIN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner),
    max_leaves=20,
)


@given(value=JSON)
def test_json_is_yaml_and_means_the_same(value: object) -> None:
    """As YAML 1.2 promises."""
    assert parse_yaml(json.dumps(value, ensure_ascii=False), "x").value == value


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "opening", ["[", "[\n", "- ", "a: [", "{a: ", "{a: [", "[{a: ", "? ", "? - ", "- ? ", "!!seq [", "\t["]
)
def test_a_hundred_thousand_openings_are_refused(opening: str) -> None:
    """And the process lives on: PyYAML's composer would call itself until there is no memory for it."""
    assert problem(opening * 100_000).startswith("x.yaml:")


@pytest.mark.usefixtures("parser")
def test_what_an_alias_repeats_is_as_deep_as_the_place_where_it_stands() -> None:
    """Forty deep is well, and forty within thirty is not."""
    deep = f"a: &x {'[' * 40}{']' * 40}\n"

    assert parse_yaml(f"{deep}b: {'[' * 20}*x{']' * 20}\n", "x").place("b", 0) == Place("x", 2, 5)
    assert problem(f"{deep}b: {'[' * 30}*x{']' * 30}\n") == "x.yaml:2:34: is nested too deeply"


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the document itself and those that aliases repeat are counted together."""
    monkeypatch.setattr(yaml_text, "_MOST_VALUES", 10)

    assert parse_yaml("[&x [1, 2], *x, 3, 4, 5]", "x").value == [[1, 2], [1, 2], 3, 4, 5]
    assert problem("[&x [1, 2], *x, 3, 4, 5, 6]") == "x.yaml:1:26: holds too many values"
    assert problem("[1, 2, 3, 4, &x [5, 6], *x]") == "x.yaml:1:25: holds too many values"


def test_many_directives_are_refused_before_the_parser_sees_them() -> None:
    """It compares each with all before it: a million take hours."""
    text = "".join(f"%TAG !{number}! tag:x\n" for number in range(1_000_000))

    assert problem(f"{text}---\na: 1\n") == "x.yaml: holds too many lines that begin with %"


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029", "\ufeff"])
@pytest.mark.parametrize("text", ["a: 1{}b: 2\n", "a: '{}'\n", "a: 1 # {}\n", "a: 1\n{}b: 2\n"])
def test_signs_that_hide_a_line_or_themselves_are_refused(sign: str, text: str) -> None:
    """`a: 1<U+2028>b: 2` is one line to an editor, and two to a parser of YAML 1.1."""
    assert f"the character {ord(sign):#06x} is not allowed" in problem(text.format(sign))
    assert parse_yaml(f'a: "\\u{ord(sign):04x}"', "x").value == {"a": sign}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\tb\n", "x.yaml:1:3: is not YAML: found character '\\t' that cannot start any token"),
        ("a: 1\t# b\n", "x.yaml:1:5: is not YAML: found character '\\t' that cannot start any token"),
        ("a: |#b\n  c\n", "x.yaml:1:5: is not YAML: expected chomping or indentation indicators, but found '#'"),
        ("a: >2#b\n  c\n", "x.yaml:1:6: is not YAML: expected chomping or indentation indicators, but found '#'"),
    ],
)
def test_what_libyaml_lets_pass_is_refused(text: str, said: str) -> None:
    """The rest of the line would be lost, or stand elsewhere than it seems to."""
    assert problem(text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: ! 5\n", "x.yaml:1:4: the tag ! is not allowed"),
        ("a: !<int> 5\n", "x.yaml:1:4: the tag int is not allowed"),
        ("!b a: 1\n", "x.yaml:1:1: the tag !b is not allowed"),
        ("!!merge a: 1\n", "x.yaml:1:1: the tag !!merge is not allowed"),
        ("%TAG !e! tag:e.example:\n---\na: !e!b 1\n", "x.yaml:3:4: the tag tag:e.example:b is not allowed"),
        ("a: !!seq {b: 1}\n", "x.yaml:1:4: the tag !!seq is not allowed"),
        ("a: !!map [b]\n", "x.yaml:1:4: the tag !!map is not allowed"),
        ("a: !!map\n", "x.yaml:1:4: the tag !!map is not allowed"),
        ("a: <<\n", 'x.yaml:1:4: << is not supported\n  Write "<<" for the text.'),
        ("a: &x [1]\n*x : 2\n", "x.yaml:2:1: a key must be a plain word"),
        ("*x : 2\n", "x.yaml:1:1: is not YAML: found undefined alias 'x'"),
        ("&x a: 1\nb: &x 2\n", "x.yaml:2:4: sets an anchor a second time"),
        ("&x a: 1\n*x : 2\n", "x.yaml:2:1: a: stands here twice"),
    ],
)
@pytest.mark.usefixtures("parser")
def test_tags_and_anchors_that_are_refused(text: str, said: str) -> None:
    """On keys as on values."""
    assert problem(text).startswith(said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%TAG !y! tag:yaml.org,2002:\n---\na: !y!int '7'\n", {"a": 7}),
        ("a: !<tag:yaml.org,2002:int> '7'\n", {"a": 7}),
        ("!!map {a: !!seq [!!str 1, !!null '', !!bool 'true', !!float '1']}\n", {"a": ["1", None, True, 1.0]}),
        ("a: !!int b\nc: !!bool no\n", {"a": "b", "c": "no"}),
        ("a: !!str\nb: ''\nc: >\n  5\n", {"a": "", "b": "", "c": "5\n"}),
        ("&k 07: 1\n!!str b: *k\n", {"07": 1, "b": 7}),
        ("a: &k 07\n*k : 2\n", {"a": 7, "07": 2}),
        ("a: .5e1\n", {"a": 5.0}),
    ],
)
@pytest.mark.usefixtures("parser")
def test_tags_and_anchors_that_are_taken(text: str, expected: object) -> None:
    """A key is text as it is written, whatever its alias is worth elsewhere."""
    assert parse_yaml(text, "x").value == expected


def test_an_empty_value_stands_behind_its_key() -> None:
    """Not where the next one begins."""
    document = parse_yaml("a:\n  b:\n\n  c: 1\n", "x")

    assert document.place("a", "b") == Place("x", 2, 5)
    assert document.key_place("a", "b") == Place("x", 2, 3)
    assert document.find_key(("a",)) == Place("x", 1, 1)
    assert document.find_key(("a", "d")) is document.find(("a", "b", 0)) is document.find_key(()) is None
