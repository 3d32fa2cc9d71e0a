"""Policies are written so that they are read as they were meant, whatever words are in them."""

import pytest

from auditor.documents import parse_yaml, validated
from auditor.model.asset import Kind, Platform
from auditor.policy.files import FrameworkFile, PolicyFile
from auditor.policy.write import CheckText, ControlText, SettingText, framework_text, plain, policy_text, quoted

HOSTILE = [
    "a: b", "# no comment", "it's \"quoted\"", "two\nlines", "tab\tand\rreturn", "\x1b[2J", "\x85\u2028\u2029\ufeff",
    "no", "~", "- a", "{a: b}", "*x &y !z", "\\x41", "\U0001f512", "\x7f\x9b", "", "%", "@a`", "日本", "trailing ",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_every_text_is_read_back(text):
    """And stands on one line of signs that print."""
    written = quoted(text)

    assert written.isprintable()
    assert parse_yaml(f"- {written}", "x").value == [text]


@pytest.mark.parametrize(
    ("value", "written", "read"),
    [
        (4, "4", 4),
        (True, "true", True),
        ("no", '"no"', "no"),
        (frozenset({"b", "a"}), '["a", "b"]', ["a", "b"]),
        (frozenset({443, 22, 8080}), "[22, 443, 8080]", [22, 443, 8080]),
        (frozenset(), "[]", []),
        (("b", "a"), '["b", "a"]', ["b", "a"]),
    ],
)
def test_values_of_settings_are_read_back(value, written, read):
    """Sets in order, numbers by size."""
    assert plain(value) == written
    assert parse_yaml(written, "x").value == read


def test_a_policy_is_read_back():
    """With its scope and mapping; remarks are comments, and say nothing to a machine."""
    control = ControlText(
        id="A-1",
        title="Title: with # signs",
        text="Why\nnot",
        kind=(Kind.SERVER,),
        platform=(Platform.LINUX,),
        severity="high",
        satisfies={"a b": ["1.1", "x, y"]},
        checks=(
            CheckText("ssh.max-tries", {"at_most": SettingText(6, "laxer\nchecks: {}")}),
            CheckText("ssh.idle", remark="fails\n      evil.check:", left_out=True),
            CheckText("sca.x.1: evil", remark="seen"),
        ),
    )
    text = policy_text("p", "1", "T", [control], remarks=["first\npolicy: evil"])
    read = validated(parse_yaml(text, "p.yaml"), PolicyFile)
    (one,) = read.controls

    assert (read.policy, read.version, read.title) == ("p", "1", "T")
    assert (one.id, one.title, one.text, one.severity) == ("A-1", "Title: with # signs", "Why\nnot", "high")
    assert one.satisfies == {"a b": ("1.1", "x, y")}
    assert one.checks == {"ssh.max-tries": {"at_most": 6}, "sca.x.1: evil": None}
    assert "        at_most: 6  # laxer\\x0achecks: {}\n" in text


def test_a_control_without_a_check_that_holds_is_a_comment():
    """And one without any check is for a person to look at."""
    gone = ControlText(id="G", title="Gone", checks=(CheckText("a.b", remark="why", left_out=True),))
    manual = ControlText(id="M", title="Looked at")

    assert validated(parse_yaml(policy_text("p", "1", "T", [gone]), "p"), PolicyFile).controls == ()
    assert "  # G Gone: left out with all its checks\n  #   a.b: why\n" in policy_text("p", "1", "T", [gone])
    (one,) = validated(parse_yaml(policy_text("p", "1", "T", [gone, manual]), "p"), PolicyFile).controls
    assert (one.id, one.manual) == ("M", True)


def test_long_words_are_cut_to_what_a_policy_may_hold():
    """A title has at most 200 signs, and a remark 300."""
    control = ControlText(id="A", title="t" * 300, checks=(CheckText("a.b", remark="r" * 500),))
    text = policy_text("p", "1", "T", [control])

    assert len(validated(parse_yaml(text, "p"), PolicyFile).controls[0].title or "") == 200
    assert f"# {'r' * 299}…\n" in text


def test_a_framework_is_read_back():
    """Its ids in the order given."""
    text = framework_text("pci: dss", "PCI", "source", {"2.2": "a: b", "10": "c"})
    read = validated(parse_yaml(text, "f.yaml"), FrameworkFile)

    assert (read.framework, list(read.requirements.items())) == ("pci: dss", [("2.2", "a: b"), ("10", "c")])
