"""Expressions of both dialects find what their manuals say, and no line makes a search run on and on."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.sca import osregex, pcre
from auditor.sca.nodes import BadPattern, Node
from auditor.sca.program import Budget, TooCostly, compiled

ENOUGH = 100_000


def found(node: Node, text: str) -> str | None:
    """Return what an expression finds in a text, or its first group."""
    places = compiled(node).search(text, Budget(ENOUGH))
    if places is None:
        return None
    start, end = places[2:4] if len(places) > 2 and places[2] >= 0 else places[:2]
    return text[start:end]


PCRE = [
    ("no", "PermitRootLogin NO", "NO"),
    (r"^\s*PermitRootLogin\s+no\b", "\tPermitRootLogin no", "\tPermitRootLogin no"),
    (r"^\s*PermitRootLogin\s+no\b", "#PermitRootLogin no", None),
    (r"minlen\s*=\s*(\d+)", "minlen = 14 # bits", "14"),
    (r"a|ab", "ab", "a"),
    (r"^(?:a|ab)$", "ab", "ab"),
    (r"a*?b", "aab", "aab"),
    (r"<.+?>", "<a><b>", "<a>"),
    (r"<.+>", "<a><b>", "<a><b>"),
    (r"a{2,3}", "aaaa", "aaa"),
    (r"a{,2}", "a{,2}", "a{,2}"),
    (r"x{1", "x{1", "x{1"),
    (r"a++a", "aaa", None),
    (r"(?>a|ab)c", "abc", None),
    (r"^(?!.*nologin)root", "root:/bin/bash", "root"),
    (r"^(?!.*nologin)root", "root:/usr/sbin/nologin", None),
    (r"(?<=uid=)\d+", "uid=0", "0"),
    (r"(?<!#)Port", "#Port", None),
    (r"(?<=a|bc)d", "bcd", "d"),
    (r"[]a]+", "a]", "a]"),
    (r"[^]a]", "]ab", "b"),
    (r"[\w.-]+", "a.b-c d", "a.b-c"),
    (r"[^\W\d]+", "12ab3", "ab"),
    (r"[a-]+", "-a-", "-a-"),
    (r"[[:alpha:]]+\h[^[:space:]]+", "ab\tcd ef", "ab\tcd"),
    (r"[[:upper:]]", "a", "a"),
    (r"\Qa.b\E+", "a.bb", "a.bb"),
    (r"a\.b", "axb", None),
    (r"\x41\x{42}\0103", "AB\x083", "AB\x083"),
    (r"(?-i)No", "no No", "No"),
    (r"(?i:no) (?-i:No)", "NO no", None),
    (r"(?#why)a", "a", "a"),
    (r"(?<key>\w+)=", "size=3", "size"),
    (r"\bno\b", "not no", "no"),
    (r"o\B", "o no not", "o"),
    (r"", "x", ""),
    (r"(a?)*b", "ab", "a"),
    (r"\d", "\u0663", None),
    (r"k", "\u212a", None),
    ("ß", "ß", "ß"),
]
BAD_PCRE = [
    "(", ")", "((a+)+$", "[a", "*a", "***invalid***", "a**", "^*", r"\b+", "a{2,1}", "a{70000}", "[z-a]", r"[a-\d]",
    "[[:nosuch:]]", "[:alpha:]", "\\", r"\q", r"(?<=a*)b", "(?#", "(?z)a",
]  # fmt: skip
NOT_FOLLOWED = [r"(a)\1", r"\103", r"(?R)", r"(?1)", r"(?|a|b)", r"(?(1)a|b)", r"(*UTF)a", r"\p{L}", r"a\Kb", "(?x)a b"]


@pytest.mark.parametrize(("pattern", "text", "wanted"), PCRE)
def test_pcre2_finds_what_its_manual_says(pattern, text, wanted):
    """Letters in either case, first alternative first, greedy unless lazy."""
    assert wanted == found(pcre.parse(pattern), text)


@pytest.mark.parametrize("pattern", BAD_PCRE)
def test_what_pcre2_refuses_is_refused(pattern):
    """With the place at which it makes no sense."""
    with pytest.raises(BadPattern, match=r"\(at \d+\)|vary in length"):
        compiled(pcre.parse(pattern))


@pytest.mark.parametrize("pattern", NOT_FOLLOWED)
def test_what_no_bounded_search_follows_is_refused(pattern):
    """It is never taken for something else."""
    with pytest.raises(BadPattern, match="not followed"):
        pcre.parse(pattern)


OSREGEX = [
    ("pam_unix.so", "pam_unixxso", None),
    ("pam_unix.so", "PAM_unix.SO", "PAM_unix.SO"),
    (r"^Port\.+22$", "Port   22", "Port   22"),
    (r"^Port\s+22", "Port\t22", None),
    (r"^Port\s*\t*22", "Port\t\t22", "Port\t\t22"),
    (r"^\w+:\p:0", "me@x-y:*:0", "me@x-y:*:0"),
    (r"a+", "aaa", None),
    (r"a+", "a+", "a+"),
    ("*", "a*b", "*"),
    (r"yes$|^no", "nonsense", "no"),
    (r"yes$|^no", "yesterday", None),
    (r"cost \$\d+\|", "cost $5|", "cost $5|"),
    (r"remember=(\d+)", "remember=5 x", "5"),
    (r"^(\w+) (\d+)", "ab 12", "ab"),
    (r"x|size (\d+)", "size 7", "7"),
    (r"a^b$c", "a^b$c", "a^b$c"),
    (r"\S\D\W", "a- ", "a- "),
    (r"\S\D\W", "a-@", None),
    (r"\\d", r"\d", r"\d"),
    ("[ab]", "a", None),
    (r"a\$", "a$", "a$"),
    (r"a\\$", "ba\\", "a\\"),
]


@pytest.mark.parametrize(("pattern", "text", "wanted"), OSREGEX)
def test_osregex_finds_what_its_manual_says(pattern, text, wanted):
    r"""A bare sign is itself, `\.` is any, and `\s` is a blank and no tab."""
    assert wanted == found(osregex.parse(pattern), text)


@pytest.mark.parametrize("pattern", [r"\n", r"\[", "(a", "a)", "(a(b))", "a\\", "x" * 30_000])
def test_what_is_no_osregex_is_refused(pattern):
    """One level of parentheses, and no escape that the language does not have."""
    with pytest.raises(BadPattern):
        osregex.parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("^.mysql_history$", ".mysql_history", True),
        ("^.mysql_history$", "x.mysql_history", False),
        ("^.mysql_history$", ".MYSQL_history", True),
        ("rhosts|netrc$", "my.netrc", True),
        ("rhosts|netrc$", "netrc.bak", False),
        ("a.b", "axb", False),
    ],
)
def test_osmatch_knows_words_and_edges(pattern, text, holds):
    """And alternatives, but no classes."""
    assert (found(osregex.parse_match(pattern), text) is not None) is holds


HOSTILE = [
    (r"(a+)+$", "a" * 3000 + "!"),
    (r"^(a|a)*$", "a" * 3000 + "!"),
    (r"(a|b|ab)*c$", "ab" * 1500 + "c!"),
    (r"\w+\w+\w+\w+$", "a" * 3000 + "!"),
]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE, ids=[pattern for pattern, _ in HOSTILE])
def test_a_search_takes_no_more_steps_than_program_times_text(pattern, text):
    """Where backtracking would take longer than the world is old."""
    program = compiled(pcre.parse(pattern))
    budget = Budget(10_000_000)

    assert program.search(text, budget) is None
    assert 10_000_000 - budget.steps <= len(program.steps) * (len(text) + 1)


def test_looking_ahead_is_no_way_out():
    """What stands inside is bounded as well, at each place where it is tried."""
    budget = Budget(10_000_000)

    assert compiled(pcre.parse("(?=(a+)+$)a")).search("a" * 300 + "!", budget) is None
    assert 10_000_000 - budget.steps <= 302 * 302 * 10


def test_a_budget_ends_a_search():
    """Without an answer, as there is none."""
    with pytest.raises(TooCostly):
        compiled(pcre.parse("(a+)+$")).search("a" * 3000 + "!", Budget(1000))


@pytest.mark.parametrize("pattern", ["(?:" * 100 + "a" + ")" * 100, "((a{1000}){1000}){1000}", "a" * 20_000])
def test_an_expression_that_is_too_large_is_refused(pattern):
    """Before it takes memory."""
    with pytest.raises(BadPattern, match=r"too deeply|too large|longer"):
        compiled(pcre.parse(pattern))


ATOMS = st.sampled_from(["a", "b", r"\d", r"\w", r"\s", ".", "[ab]", "[^a1]", "^", "$", r"\b", "-"])
QUANTIFIERS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?"])


def _quantified(one: str, times: str) -> str:
    return one if one in {"^", "$", r"\b"} else one + times


EXPRESSIONS = st.recursive(
    st.lists(st.builds(_quantified, ATOMS, QUANTIFIERS), min_size=1, max_size=4).map("".join),
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
        st.builds("(?={})".format, inner),
        st.builds("(?!{})".format, inner),
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(pattern=EXPRESSIONS, text=st.text("ab1 -", max_size=8))
def test_what_is_common_to_pcre2_and_python_is_found_alike(pattern, text):
    """Python's own engine is the witness: same place, same end, same first group."""
    known = re.compile(pattern, re.ASCII | re.IGNORECASE).search(text)
    places = compiled(pcre.parse(pattern)).search(text, Budget(ENOUGH))

    assert (known.span() if known else None) == (places[:2] if places else None)
