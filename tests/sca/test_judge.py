"""What becomes of rules and checks, by what was seen; what was not seen is never taken for absent."""

from itertools import product

import pytest

from auditor.sca.judge import CheckResult, Outcome, RuleResult, combined, judge_rule
from auditor.sca.rules import Dialect, Edition, Kind, parse_rule
from auditor.sca.seen import (
    CommandSeen,
    Depth,
    DirectorySeen,
    FileSeen,
    NotSeen,
    ProcessesSeen,
    Seen,
    Thing,
    targets,
)

NEW, OLD = Edition(), Edition(4, Dialect.OSREGEX)
FOUND, NOT_FOUND, INVALID, NOT_RUN = RuleResult
HIDDEN = NotSeen("this account may not look at it")
DIRECTORY = DirectorySeen(
    "directory", ("/d/a.conf", "/d/sub/b.conf", "/d/c"), {"/d/a.conf": ("x=1",), "/d/sub/b.conf": ("y=2",)}
)


def outcome(text: str, *things: Thing, edition: Edition = NEW) -> Outcome:
    """Return what becomes of a rule; its targets are seen in order."""
    rule = parse_rule(text)
    assert rule is not None
    return judge_rule(rule, Seen(dict(zip(targets(rule), things, strict=True))), edition)


def regular(*lines: str) -> FileSeen:
    """Return a file with these lines."""
    return FileSeen("regular", lines)


FILES = [
    ("f:/x", regular(), FOUND),
    ("not f:/x", regular(), NOT_FOUND),
    ("f:/x", FileSeen("other"), NOT_FOUND),
    ("not f:/x", FileSeen("missing"), FOUND),
    ("f:/x -> r:a", regular("b", "a"), FOUND),
    ("f:/x -> r:a", regular("b"), NOT_FOUND),
    ("not f:/x -> r:a", regular("b"), FOUND),
    ("f:/x -> r:a", regular(), NOT_FOUND),
    ("not f:/x -> !r:a", regular(), FOUND),
    ("f:/x -> r:a", FileSeen("missing"), INVALID),
    ("not f:/x -> r:a", FileSeen("missing"), INVALID),
    ("f:/x -> r:a", FileSeen("other"), INVALID),
    ("f:/x -> yes", regular("yes "), NOT_FOUND),
    ("f:/x -> r:[", regular("a"), INVALID),
    ("not f:/x -> r:[", regular("a"), INVALID),
]
DIRECTORIES = [
    ("d:/d", DIRECTORY, FOUND),
    ("d:/d", DirectorySeen("other"), NOT_FOUND),
    ("not d:/d", DirectorySeen("missing"), FOUND),
    ("d:/d -> c", DIRECTORY, FOUND),
    ("d:/d -> b.conf", DIRECTORY, FOUND),
    ("not d:/d -> r:^b", DIRECTORY, NOT_FOUND),
    ("d:/d -> r:^z", DIRECTORY, NOT_FOUND),
    ("d:/d -> r:^z", DirectorySeen("missing"), INVALID),
    ("not d:/d -> r:^z", DirectorySeen("missing"), INVALID),
    (r"d:/d -> r:\.conf$ -> r:^y", DIRECTORY, FOUND),
    (r"d:/d -> r:\.conf$ -> r:^z", DIRECTORY, NOT_FOUND),
    (r"not d:/d -> r:\.conf$ -> r:^z", DIRECTORY, FOUND),
    ("d:/d -> a.conf -> x=1", DIRECTORY, FOUND),
    ("d:/d -> r:(", DIRECTORY, INVALID),
    ("d:/d -> r:(", DirectorySeen("directory"), NOT_FOUND),
]
COMMANDS = [
    ("c:x", CommandSeen(), FOUND),
    ("not c:x", CommandSeen(), NOT_FOUND),
    ("c:x", CommandSeen(missing=True), INVALID),
    ("not c:x -> r:a", CommandSeen(missing=True), INVALID),
    ("c:x -> r:^b$", CommandSeen("a\nb\n\n"), FOUND),
    ("c:x -> a", CommandSeen("\na\n"), FOUND),
    ("c:x -> a", CommandSeen("a\nb"), NOT_FOUND),
    ("c:x -> !r:a", CommandSeen("\n"), NOT_FOUND),
    ("not c:x -> !r:a", CommandSeen(""), FOUND),
]
PROCESSES = [
    ("p:sshd", ProcessesSeen(frozenset({"sshd", "init"})), FOUND),
    ("p:ssh", ProcessesSeen(frozenset({"sshd"})), NOT_FOUND),
    ("not p:telnetd", ProcessesSeen(frozenset({"sshd"})), FOUND),
    ("p:/usr/sbin/sshd", ProcessesSeen(frozenset({"/usr/sbin/sshd"})), FOUND),
    ("p:sshd", ProcessesSeen(frozenset({"sshd"}), whole=False), FOUND),
    ("p:telnetd", ProcessesSeen(frozenset({"sshd"}), whole=False), INVALID),
]


@pytest.mark.parametrize(("text", "thing", "wanted"), [*FILES, *DIRECTORIES, *COMMANDS, *PROCESSES])
def test_a_rule_says_what_was_seen(text, thing, wanted):
    """`not` swaps what was found and what was not, and nothing else."""
    assert outcome(text, thing).result is wanted


KINDS = ["f:/x", "f:/x -> r:a", "d:/d", "d:/d -> r:a", "d:/d -> r:a -> r:b", "c:x", "c:x -> !r:a", "p:x", r"r:HKLM\x"]


@pytest.mark.parametrize("text", [*KINDS, *(f"not {text}" for text in KINDS)])
@pytest.mark.parametrize(("thing", "wanted"), [(HIDDEN, INVALID), (NotSeen("too late", late=True), NOT_RUN)])
def test_what_was_not_seen_decides_nothing(text, thing, wanted):
    """And says that it was not, so that it reads unknown."""
    said = outcome(text, thing)

    assert said.unseen
    assert said.result is (INVALID if text.endswith(r"r:HKLM\x") else wanted)


def test_what_is_not_there_is_told_from_what_was_not_seen():
    """The one is not applicable, the other unknown."""
    assert not outcome("f:/x -> r:a", FileSeen("missing")).unseen
    assert not outcome("c:x", CommandSeen(missing=True)).unseen
    assert outcome("f:/x -> r:[", regular("a")).unseen


@pytest.mark.parametrize("text", [r"d:/d -> r:^z", r"not d:/d -> r:^z", r"d:/d -> r:conf -> r:nothing"])
def test_a_directory_that_was_not_seen_as_a_whole_lacks_nothing(text):
    """What was found in it is found all the same."""
    part = DirectorySeen("directory", ("/d/a.conf",), {"/d/a.conf": ("x",)}, whole=False)

    assert outcome(text, part) == Outcome(INVALID, "some of /d may not be looked into", unseen=True)
    assert outcome("d:/d -> r:^a", part).result is FOUND
    assert outcome("not d:/d -> r:^a", part).result is NOT_FOUND


def test_a_file_that_could_not_be_read_decides_nothing_unless_another_does():
    """Of the files that a name matches."""
    part = DirectorySeen("directory", ("/d/a", "/d/b"), {"/d/a": ("x",)}, frozenset({"/d/b"}))

    assert outcome("d:/d -> r:. -> r:y", part) == Outcome(INVALID, "/d/b could not be read", unseen=True)
    assert outcome("d:/d -> r:. -> r:x", part) == Outcome(FOUND, "/d/a: x")


@pytest.mark.parametrize(
    ("things", "wanted"),
    [
        ((regular("b"), regular("a")), FOUND),
        ((regular("b"), regular("b")), NOT_FOUND),
        ((FileSeen("missing"), regular("a")), FOUND),
        ((FileSeen("missing"), regular("b")), INVALID),
        ((HIDDEN, FileSeen("missing")), INVALID),
    ],
)
def test_one_of_several_files_is_enough(things, wanted):
    """Where none is, one that is not there leaves it open; one that was not seen is named first."""
    said = outcome("f:/x,/y -> r:a", *things)

    assert said.result is wanted
    assert said.unseen is (HIDDEN in things)


def test_what_would_take_too_long_is_not_decided():
    """Whatever a host wrote."""
    lines = regular(*(["a" * 3000 + "!"] * 100))

    assert outcome("f:/x -> r:(a+)+$", lines) == Outcome(
        INVALID, "the rule would take too long to decide on what the host answered", unseen=True
    )


def test_old_policies_know_processes_by_expressions():
    """By OSRegex, or whole, in any case."""
    running = ProcessesSeen(frozenset({"/usr/sbin/sshd"}))

    assert outcome("p:r:sshd$", running, edition=OLD).result is FOUND
    assert outcome("p:/USR/sbin/sshd", running, edition=OLD).result is FOUND
    assert outcome("p:sshd", running, edition=OLD).result is NOT_FOUND
    assert outcome("p:r:sshd$", running).result is NOT_FOUND


def test_how_far_a_rule_looks():
    """No further than it has to."""
    depths = [targets(rule)[0].depth for text in ("d:/d", "d:/d -> a", "d:/d -> a -> b") if (rule := parse_rule(text))]
    process = parse_rule("p:x")
    assert process

    assert depths == [Depth.ITSELF, Depth.NAMES, Depth.CONTENTS]
    assert [target.kind for target in targets(process)] == [Kind.PROCESS]


@pytest.mark.parametrize("condition", ["all", "any", "none"])
@pytest.mark.parametrize("results", [one for length in range(4) for one in product(RuleResult, repeat=length)], ids=str)
def test_conditions_are_those_of_the_manual(condition, results):
    """Its table, row by row; what is not run comes before what is not applicable."""
    decisive = {"all": NOT_FOUND, "any": FOUND, "none": FOUND}[condition]
    failed, passed = CheckResult.FAILED, CheckResult.PASSED
    if decisive in results:
        wanted = passed if condition == "any" else failed
    elif NOT_RUN in results:
        wanted = CheckResult.NOT_RUN
    elif INVALID in results or not results:
        wanted = CheckResult.NOT_APPLICABLE
    else:
        wanted = failed if condition == "any" else passed

    assert combined(condition, results) is wanted
