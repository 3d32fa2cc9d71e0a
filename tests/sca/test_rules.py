"""The grammar of rules, as the manual has it."""

import pytest

from auditor.sca.rules import (
    Comparison,
    Dialect,
    Edition,
    Kind,
    Rule,
    Term,
    parse_comparison,
    parse_rule,
    parse_terms,
)

OLD = Edition(4, Dialect.OSREGEX)


@pytest.mark.parametrize(
    ("text", "kind", "target", "pattern", "negated"),
    [
        ("f:/etc/passwd", Kind.FILE, "/etc/passwd", None, False),
        ("not f:/etc/passwd", Kind.FILE, "/etc/passwd", None, True),
        ("NOT p:telnetd", Kind.PROCESS, "telnetd", None, True),
        ("  not   d:/etc ", Kind.DIRECTORY, "/etc", None, True),
        ("!f:/etc/passwd", Kind.FILE, "/etc/passwd", None, False),
        ("notf:/etc/passwd", None, "", None, False),
        ("f: /etc/x -> r:a", Kind.FILE, "/etc/x", "r:a", False),
        ("f:/etc/x->r:a", Kind.FILE, "/etc/x->r:a", None, False),
        ("c:sshd -T -> !r:^x && r:y -> z", Kind.COMMAND, "sshd -T", "!r:^x && r:y -> z", False),
        ("d:/dir -> r:^a -> r:b", Kind.DIRECTORY, "/dir", "r:^a -> r:b", False),
        (r"r:HKLM\Software:x -> y", Kind.REGISTRY, r"HKLM\Software:x", "y", False),
        ("c:", None, "", None, False),
        ("x:/etc", None, "", None, False),
        ("no colon", None, "", None, False),
        ("", None, "", None, False),
    ],
)
def test_a_rule_is_taken_apart(text, kind, target, pattern, negated):
    """Blanks around an arrow count, and only the first arrow parts."""
    wanted = Rule(text.strip(), kind, target, pattern, negated) if kind else None

    assert wanted == parse_rule(text)


def test_files_stand_between_commas_and_commands_do_not():
    """A command may have commas of its own."""
    files, command = parse_rule("f:/a, /b,"), parse_rule("c:mount -o ro,nosuid")
    assert files
    assert command

    assert files.targets == ("/a", "/b")
    assert command.targets == ("mount -o ro,nosuid",)


@pytest.mark.parametrize(
    ("pattern", "terms"),
    [
        ("!r:^# && r:Port && 22", (Term("r", "^#", negated=True), Term("r", "Port"), Term("", "22"))),
        ("r:a&&r:b", (Term("r", "a&&r:b"),)),
        ("n:(\\d+) compare < 4", (Term("n", "(\\d+) compare < 4"),)),
        ("!n:x compare < 4", (Term("n", "x compare < 4", negated=True),)),
        ("!text", (Term("", "text", negated=True),)),
        ("r:a && ", (Term("r", "a"),)),
        ("", ()),
    ],
)
def test_terms_stand_between_ampersands_with_blanks(pattern, terms):
    """And each may be negated."""
    assert terms == parse_terms(pattern)


@pytest.mark.parametrize(
    ("text", "edition", "wanted"),
    [
        ("a(\\d+) compare <= 4", Edition(), Comparison("a(\\d+)", "<=", "4")),
        ("a(\\d+) compare   >   4 ", Edition(), Comparison("a(\\d+)", ">", "4")),
        ("a compare = 4", Edition(), Comparison("a", "=", "4")),
        ("a compare = 4", OLD, Comparison("a", "==", "4")),
        ("a compare => 4", OLD, Comparison("a", ">=", "4")),
        ("a compare =< 4", OLD, Comparison("a", "<=", "4")),
        ("a compare \\!= 4", OLD, Comparison("a", "!=", "4")),
        ("a compare >=8192", OLD, Comparison("a", ">=", "8192")),
        ("a compare <", Edition(), None),
        ("a compare", Edition(), None),
        ("a", Edition(), None),
        ("compare < 4", Edition(), None),
    ],
)
def test_a_comparison_is_taken_apart(text, edition, wanted):
    """Older policies write some operators in another way."""
    assert wanted == parse_comparison(text, edition)
