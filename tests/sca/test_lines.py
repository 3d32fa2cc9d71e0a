"""Patterns over lines, and over lines from which a secret was taken out before anything kept them."""

import pytest

from auditor.collect.redact import Redactor
from auditor.sca.lines import Held, found, matches, name_matches
from auditor.sca.program import Budget
from auditor.sca.rules import Dialect, Edition

NEW, OLD = Edition(), Edition(4, Dialect.OSREGEX)
HASH = "root:<secret hash-sha512 0a1b2c3d>:19000:0:90:7:::"
WORD = "password=<secret plain 0a1b2c3d>"
COMMUNITY = "rocommunity <secret default-community:public 0a1b2c3d>"


def holds(pattern: str, *lines: str, edition: Edition = NEW) -> bool | None:
    """Return whether a pattern holds of lines."""
    return matches(pattern, lines, edition, Budget(100_000)).holds


def test_the_line_that_tells_is_named():
    """Of a negated term alone, the line that breaks it."""
    assert matches("r:b", ["a", "b", "bb"], NEW, Budget(1000)) == Held(holds=True, line="b")
    assert matches("!r:b", ["a", "b"], NEW, Budget(1000)) == Held(holds=False, line="b")
    assert matches("!r:b", ["a"], NEW, Budget(1000)) == Held(holds=True)


def test_old_policies_are_read_in_their_own_dialect():
    r"""`\s` is a blank, a literal has no case, and `=` compares."""
    assert holds(r"r:^Port\s+22", "Port\t22") is True
    assert holds(r"r:^Port\s+22", "Port\t22", edition=OLD) is False
    assert holds("Yes", "yes", edition=OLD) is True
    assert holds("n:x(\\d+) compare = 4", "x4", edition=OLD) is True


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"r:^root:\$", True),
        (r"r:^\w+:[!*]:", False),
        (r"r:^\w+::", False),
        (r"n:^[\w@-]+:\$.*:\d+:\d+:(\d+) compare > 365", False),
        (r"n:^[\w@-]+:\$.*:\d+:\d+:(\d+) compare <= 90", True),
        (r"r:^root:\$1\$", False),
        (r"r:^root:\$6\$", True),
        (r"!r:^root:\$6\$", False),
        (r"r:^root:\$6\$ab", None),
        (r"r::19000:", True),
    ],
)
def test_a_password_hash_is_judged_by_its_known_form(pattern, wanted):
    """What depends on the hash itself is not known."""
    assert holds(pattern, HASH) is wanted


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("r:^password=", True),
        ("r:password=changeme", None),
        ("!r:password=changeme", None),
        ("r:password=changeme && r:^#", False),
        ("r:^#", False),
        ("r:user=", None),
        ("r:^user=", False),
        ("r:=$", None),
        (r"n:password=(\d+) compare > 3", None),
        ("password=changeme", None),
        ("user=changeme", False),
    ],
)
def test_what_a_secret_may_have_been_is_never_guessed(pattern, wanted):
    """A rule that looks for a default password would otherwise pass on a host that has it."""
    assert holds(pattern, WORD) is wanted


def test_a_word_that_everybody_knows_is_still_there():
    """Redaction names it in the class."""
    assert holds("r:rocommunity public", COMMUNITY) is True
    assert holds("r:rocommunity private", COMMUNITY) is False


def test_a_line_that_is_sure_counts_before_one_that_is_not():
    """In both directions."""
    assert holds("r:password=x", WORD, "password=x") is True
    assert holds("!r:^password=x", WORD, "password=x") is False


def test_what_stands_for_a_secret_is_what_redaction_writes():
    """Of the redactor itself, for a shadow line of each kind that a policy asks for."""
    redactor = Redactor(b"k")
    lines = redactor.host(
        "root:$6$abcdefgh$ijklmnop.qrstuvwxyz/ABCDEFGHIJKLMNOPQRSTUVWXYZ:19000:0:90:7:::\n"
    ).splitlines()

    assert "$6$" not in lines[0]
    assert holds(r"r:^root:\$6\$", *lines) is True
    assert holds(r"r:^root:!", *lines) is False


def test_a_literal_is_the_whole_line():
    """A secret may have been it."""
    assert found("a", ["b", "a"], NEW, Budget(10)) == Held(holds=True, line="a")
    assert found("A", ["a"], NEW, Budget(10)) == Held(holds=False)
    assert found("A", ["a"], OLD, Budget(10)).holds is True
    assert found("password=x", [WORD], NEW, Budget(10)).holds is None
    assert found("a && r:b", ["a && r:b"], NEW, Budget(10)).holds is True


@pytest.mark.parametrize(
    ("pattern", "name", "edition", "wanted"),
    [
        (r"r:\.conf$", "a.conf", NEW, True),
        (r"!r:\.conf$", "a.conf", NEW, False),
        ("a.conf", "a.conf", NEW, True),
        ("a.conf", "A.conf", NEW, False),
        ("^.rhosts$", ".rhosts", OLD, True),
        ("^.rhosts$", "x.rhosts", OLD, False),
        ("!^.rhosts$", "x", OLD, True),
    ],
)
def test_names_of_files(pattern, name, edition, wanted):
    """Older policies know only the beginning, the end and words of a name."""
    assert name_matches(pattern, name, edition, Budget(1000)) is wanted
