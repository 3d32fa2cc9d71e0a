"""YAML 1.2 and TOML become plain values; whatever is wrong is said with file, line and column."""

import math
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from auditor.documents import Plain, parse_yaml, read_text, read_toml, read_yaml, validated
from auditor.errors import ContentError, Place

ANSWERS = ["no", "yes", "on", "off", "y", "n", "No", "ON", "truE", "nULL"]


def value(text: str) -> Plain:
    """Return what stands at `a`."""
    found = parse_yaml(f"a: {text}\n", "x.yaml").value
    assert isinstance(found, dict)
    return found["a"]


def problem(text: str) -> str:
    """Return what is said of a wrong text."""
    with pytest.raises(ContentError) as error:
        parse_yaml(text, "x.yaml")
    return str(error.value)


def toml_problem(tmp_path: Path, text: str) -> str:
    """Return what is said of a wrong TOML text, without the folder's name."""
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(ContentError) as error:
        read_toml(tmp_path / "x.toml")
    return str(error.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize("word", [*ANSWERS, "2026-01-02", "2026-01-02T03:04:05Z", "12:30:45", "190:20:30", "="])
def test_words_that_yaml_1_1_takes_for_something_else_are_words(word: str) -> None:
    """A Norwegian site, a switch's answer, a date, a time of day."""
    assert word == value(word)


@pytest.mark.parametrize("word", ["1_000", "0b11", "0o8", "0x", "-0x1f", "1_0.5", "1e", "!!str 5", "'5'", "1.2.3", "+"])
def test_what_is_no_number_in_yaml_1_2_is_a_word(word: str) -> None:
    """Among them what libraries read as numbers all the same."""
    assert word.removeprefix("!!str ").strip("'") == value(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0), ("017", 17), ("+12", 12), ("-3", -3), ("0o17", 15), ("0x1F", 31), ("!!int '3'", 3),
        ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("12e3", 12000.0), ("-1.5E-1", -0.15),
        (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf),
    ],
)  # fmt: skip
def test_numbers(text: str, expected: float) -> None:
    """The core schema's forms, and no other."""
    assert (expected, type(expected)) == (value(text), type(value(text)))


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    """It is a number all the same."""
    found = value(text)

    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("~", None), ("null", None), ("Null", None), ("NULL", None), ("", None), ("true", True), ("False", False)],
)
def test_nothing_and_truth(text: str, expected: bool | None) -> None:  # noqa: FBT001
    """In the three spellings of the core schema."""
    assert expected is value(text)


def test_a_directive_does_not_bring_yaml_1_1_back() -> None:
    """The file would mean something else to whoever reads it."""
    assert parse_yaml("%YAML 1.1\n---\na: no\nb: 1_000\n", "x").value == {"a": "no", "b": "1_000"}


def test_keys_are_words_as_they_are_written() -> None:
    """A framework's `5.4`, the country `no`, an asset that is called null."""
    assert parse_yaml("5.4: a\nno: b\nnull: c\ntrue: d\n", "x").value == {
        "5.4": "a",
        "no": "b",
        "null": "c",
        "true": "d",
    }


def test_line_ends_and_a_byte_order_mark_of_windows(tmp_path: Path) -> None:
    """Editors there write both."""
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa:\r\n  - 1\r\n  - no\r\n")

    document = read_yaml(tmp_path / "x.yaml")

    assert document.value == {"a": [1, "no"]}
    assert str(document.place("a", 1)) == f"{tmp_path}/x.yaml:3:5"


@pytest.mark.parametrize("text", ["", "---\n", "# nothing but a comment\n", "\ufeff"])
def test_an_empty_file_holds_nothing(text: str) -> None:
    """It is the reader's business whether that will do."""
    assert parse_yaml(text, "x").value is None


def test_an_alias_repeats_a_value() -> None:
    """Once defined, it may be used in many places."""
    assert parse_yaml("a: &sizes [1, 2]\nb: *sizes\n", "x").value == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: a: stands here twice\n  Keep one of them."),
        ("a:\n  b: {c: 1, c: 2}\n", "x.yaml:2:13: c: stands here twice\n  Keep one of them."),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "x.yaml:3:3: a key must be a plain word\n  Merge keys (<<) are not supported;",
        ),
        ("? [1, 2]\n: 3\n", "x.yaml:1:3: a key must be a plain word"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "x.yaml:2:4: sets an anchor a second time\n  Give it another name."),
        ("a: *nobody\n", "x.yaml:1:4: is not YAML: found undefined alias 'nobody'"),
        ("a: &x [*x]\n", "x.yaml:1:8: is nested too deeply: x holds itself"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: is not YAML: expected a single document in the stream, but found another"),
        ("a: !!binary aGk=\n", "x.yaml:1:4: the tag !!binary is not allowed\n  Write a plain value."),
        ("a: !secret x\n", "x.yaml:1:4: the tag !secret is not allowed"),
        ("a: !secret {b: 1}\n", "x.yaml:1:4: the tag !secret is not allowed"),
        ("a: !!set {b, c}\n", "x.yaml:1:4: the tag !!set is not allowed"),
        ("!!python/object/apply:os.system [id]\n", "x.yaml:1:1: the tag !!python/object/apply:os.system is not"),
        ("a: b: c\n", "x.yaml:1:5: is not YAML: mapping values are not allowed in this context at ':'"),
        ("a:\n\t- 1\n", "x.yaml:2:1: is not YAML: found character '\\t' that cannot start any token, while scanning"),
        ("a: é\nb: @x\n", "x.yaml:2:4: is not YAML: found character that cannot start any token at '@'"),
        ("a: [1,\n", "x.yaml:2:1: is not YAML: did not find expected node content at the end, while parsing a flow"),
        ("a:\n  b: 1\n - c\n", "x.yaml:3:2: is not YAML: did not find expected key at '-', while parsing a block"),
        ("a: 1\nb: \x07\n", "x.yaml:2:4: is not YAML: the character 0x0007 is not allowed\n  Take it out, or"),
        ("a: 1\n\n\x00", "x.yaml:3:1: is not YAML: the character 0x0000 is not allowed"),
        ("a: \ud800\n", "x.yaml:1:4: is not YAML: the character 0xd800 is not allowed"),
        (f"a: {'9' * 5000}\n", "x.yaml:1:4: is too long for a number"),
        ("a: " + "[" * 1000, "x.yaml:1:68: is nested too deeply"),
        ("- " * 1000, "x.yaml:1:131: is nested too deeply"),
        ("a: " + "[" * 70 + "]" * 70 + "\n", "x.yaml:1:68: is nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    """File, line and column, as an editor jumps there."""
    assert problem(text).startswith(said)


def test_what_is_not_yaml_is_said_with_what_would_mend_it() -> None:
    """Where the mistake was begun, and the one that every editor with tabs makes."""
    assert problem("a:\n  b: 1\n - c\n").endswith("while parsing a block mapping that begins in line 1")
    assert problem("a:\n\tb: 1\n").endswith("\n  Write spaces instead of the tab.")


def test_a_document_may_not_grow_without_end() -> None:
    """Ten lines of aliases to aliases would fill the memory."""
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))

    assert problem(f"l0: &l0 x\n{levels}").endswith("holds too many values")


def test_the_place_of_a_value_that_is_not_there_is_that_of_what_would_hold_it() -> None:
    """And a key's place is where the key is written."""
    document = parse_yaml("a:\n  - b: 1\n    cc: 2\n", "x.yaml")

    assert document.place("a", 0, "cc") == Place("x.yaml", 3, 9)
    assert document.key_place("a", 0, "cc") == Place("x.yaml", 3, 5)
    assert document.place("a", 0, "missing") == Place("x.yaml", 2, 5)
    assert document.place("nowhere") == Place("x.yaml", 1, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\nb: caf\xe9\n", "x.yaml:2: is not UTF-8 text\n  Save it as UTF-8."),
        ("a: 1\n".encode("utf-16"), "x.yaml:1: is not UTF-8 text"),
    ],
)
def test_other_encodings_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Guessing would change names."""
    (tmp_path / "x.yaml").write_bytes(content)

    with pytest.raises(ContentError) as error:
        read_yaml(tmp_path / "x.yaml")

    assert str(error.value).startswith(f"{tmp_path}/{said}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, endless."""
    for path, said in [
        (tmp_path / "missing.yaml", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (Path("/dev/zero"), "is larger than 64 MiB"),
    ]:
        with pytest.raises(ContentError, match=said):
            read_text(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('company = "x"\npolicy = \n', "x.toml:2:10: is not TOML: Invalid value"),
        ("a = 1\na = 2\n", "x.toml:2:6: is not TOML: Cannot overwrite a value"),
        ("a = 'x", 'x.toml: is not TOML: Expected "\'"'),
        (f"a = {'9' * 5000}", "x.toml: is not TOML: Exceeds the limit"),
        ("a = " + "[" * 3000, "x.toml: is nested too deeply"),
    ],
)
def test_toml_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """With line and column wherever Python's reader gives them."""
    assert toml_problem(tmp_path, text).startswith(said)


class Pair(BaseModel):
    """What a file of these tests may hold."""

    model_config = ConfigDict(extra="forbid")

    one: int
    two: list[int]


def test_a_model_says_of_every_problem_where_it_is() -> None:
    """A field too many at its key, a wrong value at the value, a missing one at what lacks it."""
    document = parse_yaml("two: [1, x]\nthree: 3\n", "x.yaml")

    with pytest.raises(ContentError) as error:
        validated(document, Pair)

    said = str(error.value).splitlines()
    assert "x.yaml:1:1: one: is required" in said
    assert "x.yaml:2:1: three: there is no such field" in said
    assert any(line.startswith("x.yaml:1:10: two: input should be a valid integer") for line in said)


def test_tables_that_share_a_name_are_told_apart(tmp_path: Path) -> None:
    """By their number; a table below one belongs to the newest."""
    path = tmp_path / "x.toml"
    path.write_text("[[a]]\nx = 1\n[a.b]\ny = 2\n[[a.c]]\n[[a.c]]\nz = 3\n[[a]]\nx = 4\n[d]\n")

    document = read_toml(path)

    keys = [("a", 0), ("a", 0, "x"), ("a", 0, "b", "y"), ("a", 0, "c", 1, "z"), ("a", 1), ("a", 1, "x"), ("d",)]
    assert [document.place(*key).line for key in keys] == [1, 2, 4, 7, 8, 9, 10]
