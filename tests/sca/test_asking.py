"""What hosts are asked for a policy's rules, by real shells, and how their answers are read."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.collect.redact import Redactor
from auditor.model.asset import Channel
from auditor.model.probe import Answer, Shell
from auditor.sca.asking import read, request, words
from auditor.sca.rules import Kind
from auditor.sca.seen import (
    CommandSeen,
    Depth,
    DirectorySeen,
    FileSeen,
    NotSeen,
    ProcessesSeen,
    Target,
    Thing,
)
from tests.make import answer
from tests.transports.scripts import NOW, run

NOBODY = 65534
SHELLS = [one for one in (["dash"], ["bash"], ["busybox", "ash"], ["mksh"]) if shutil.which(one[0]) is not None]
HIDDEN = NotSeen("this account may not look at it")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a directory with a few files, which others may look into."""
    for above in (tmp_path, *tmp_path.parents):
        if above != Path(above.root) and above.owner() == tmp_path.owner():
            above.chmod(above.stat().st_mode | 0o011)
    inside = tmp_path / "a b'c"
    (inside / "sub").mkdir(parents=True)
    (inside / "a.conf").write_text("x = 1\n\n[end]\nlast")
    (inside / "sub" / "b.conf").write_text("|y\n")
    (inside / "empty").write_text("")
    (inside / "link.conf").symlink_to(inside / "a.conf")
    (inside / "locked").mkdir()
    (inside / "locked" / "c.conf").write_text("z")
    (inside / "private").write_text("p")
    (inside / "private").chmod(0o600)
    (inside / "locked").chmod(0o700)
    yield inside
    (inside / "locked").chmod(0o700)


def seen(target: Target, shell: list[str], user: int | None = None) -> Thing:
    """Ask this machine by one shell, and read what it says."""
    asked = request(target, privileged=False)
    assert asked is not None
    (said,) = run([asked], shell, user=user).answers(Channel.LOCAL, NOW)
    return read(target, said)


def wrote(command: str, shell: list[str]) -> str | None:
    """Return what a command wrote, but for newlines at its ends, or None where it is not there."""
    thing = seen(Target(Kind.COMMAND, command), shell)
    assert isinstance(thing, CommandSeen)
    return None if thing.missing else thing.text.strip("\n")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_file_is_seen_line_by_line(folder: Path, shell: list[str]) -> None:
    """A last line without an end, empty lines, and lines that look like ours."""
    assert seen(Target(Kind.FILE, f"{folder}/a.conf"), shell) == FileSeen("regular", ("x = 1", "", "[end]", "last"))
    assert seen(Target(Kind.FILE, f"{folder}/link.conf"), shell) == FileSeen("regular", ("x = 1", "", "[end]", "last"))
    assert seen(Target(Kind.FILE, f"{folder}/sub/b.conf"), shell) == FileSeen("regular", ("|y",))
    assert seen(Target(Kind.FILE, f"{folder}/empty"), shell) == FileSeen("regular", ())
    assert seen(Target(Kind.FILE, str(folder)), shell) == FileSeen("other")
    assert seen(Target(Kind.FILE, f"{folder}/none/such"), shell) == FileSeen("missing")
    assert seen(Target(Kind.FILE, f"{folder}/a.conf/x"), shell) == FileSeen("missing")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_directory_is_walked_without_links(folder: Path, shell: list[str]) -> None:
    """As far as the rule looks."""
    itself, names, contents = (seen(Target(Kind.DIRECTORY, str(folder), depth), shell) for depth in Depth)
    assert isinstance(names, DirectorySeen)
    assert isinstance(contents, DirectorySeen)

    assert itself == DirectorySeen("directory")
    files = {"a.conf", "empty", "private", "sub/b.conf", "locked/c.conf"}
    assert {f"{folder}/{name}" for name in files} == set(names.paths) == set(contents.paths)
    assert contents.contents[f"{folder}/sub/b.conf"] == ("|y",)
    assert contents.contents[f"{folder}/a.conf"] == ("x = 1", "", "[end]", "last")
    assert seen(Target(Kind.DIRECTORY, f"{folder}/a.conf"), shell) == DirectorySeen("other")
    assert seen(Target(Kind.DIRECTORY, f"{folder}/none"), shell) == DirectorySeen("missing")


def test_a_link_to_a_directory_is_the_directory(folder: Path) -> None:
    """The one that a rule names, and none below it."""
    (folder.parent / "link").symlink_to(folder / "sub")
    walked = seen(Target(Kind.DIRECTORY, f"{folder.parent}/link", Depth.NAMES), SHELLS[0])

    assert walked == DirectorySeen("directory", (f"{folder.parent}/link/b.conf",))


@pytest.mark.skipif(os.geteuid() != 0, reason="another account is asked, which only root can do")
def test_what_an_account_may_not_see_is_hidden_and_not_missing(folder: Path) -> None:
    """A file, what is in a directory, and a directory's own files."""
    locked = folder / "locked"

    assert seen(Target(Kind.FILE, f"{folder}/private"), SHELLS[0], NOBODY) == HIDDEN
    assert seen(Target(Kind.FILE, f"{locked}/none"), SHELLS[0], NOBODY) == HIDDEN
    assert seen(Target(Kind.DIRECTORY, f"{locked}/none"), SHELLS[0], NOBODY) == HIDDEN
    assert seen(Target(Kind.FILE, f"{folder}/none"), SHELLS[0], NOBODY) == FileSeen("missing")
    walked = seen(Target(Kind.DIRECTORY, str(folder), Depth.CONTENTS), SHELLS[0], NOBODY)
    assert isinstance(walked, DirectorySeen)
    assert not walked.whole
    assert walked.unread == {f"{folder}/private"}
    assert f"{folder}/private" not in walked.contents


def test_a_name_with_a_line_end_makes_no_second_file(folder: Path) -> None:
    """Whoever may make a file may give it any name."""
    (folder / "sub" / "x\n[file passwd]").write_text("")
    walked = seen(Target(Kind.DIRECTORY, f"{folder}/sub", Depth.NAMES), SHELLS[0])
    inside = seen(Target(Kind.DIRECTORY, f"{folder}/sub", Depth.CONTENTS), SHELLS[0])

    assert isinstance(walked, DirectorySeen)
    assert {path.removeprefix(f"{folder}/sub/") for path in walked.paths} == {"b.conf", "x?[file passwd]"}
    assert isinstance(inside, DirectorySeen)
    assert inside.contents == {f"{folder}/sub/b.conf": ("|y",)}


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_command_runs_without_a_shell_unless_it_names_one(shell: list[str]) -> None:
    """Blanks part words, double quotes hold them together, and standard error counts."""
    cases = {
        'echo "a  b" $HOME * | x': "a  b $HOME * | x",
        'sh -c "echo out; echo err >&2; exit 3"': "out\nerr",
        r'sh -c "echo \"q\""': "q",
        "true": "",
        "no-such-program -x": None,
        r"printf \\174[end]\\nx": "|[end]\nx",
    }

    assert cases == {command: wrote(command, shell) for command in cases}


def test_processes_are_seen_by_name_and_program() -> None:
    """The one that asks among them."""
    here = seen(Target(Kind.PROCESS, ""), SHELLS[0])

    assert isinstance(here, ProcessesSeen)
    assert Path("/proc/self/comm").read_text().strip() in here.names
    assert str(Path("/proc/self/exe").readlink()) in here.names


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("a b  c", ["a", "b", "c"]),
        ('a "b c" d', ["a", "b c", "d"]),
        ('x="a b"c', ["x=a bc"]),
        ('a ""', ["a", ""]),
        (r"find / -exec x \;", ["find", "/", "-exec", "x", ";"]),
        (r"a\ b", ["a b"]),
        ("a 'b c'", ["a", "'b", "c'"]),
        ('a "b', []),
        ("", []),
    ],
)
def test_words_are_parted_as_wazuh_parts_them(command: str, wanted: list[str]) -> None:
    """Single quotes are signs like any other."""
    assert wanted == words(command)


@pytest.mark.parametrize(
    "target",
    [
        Target(Kind.FILE, "etc/passwd"),
        Target(Kind.DIRECTORY, "$HOME"),
        Target(Kind.FILE, "/a\0b"),
        Target(Kind.COMMAND, 'x "'),
        Target(Kind.COMMAND, '"" x'),
        Target(Kind.REGISTRY, "/x"),
    ],
    ids=str,
)
def test_what_no_host_can_be_asked_is_not_asked(target: Target) -> None:
    """A relative path means nothing from afar."""
    assert request(target, privileged=True) is None


def test_no_path_and_no_word_is_read_by_the_shell() -> None:
    """Whatever stands in it."""
    evil = "/tmp/x';touch /tmp/pwned;'$(touch /tmp/pwned)`touch /tmp/pwned`"

    assert seen(Target(Kind.FILE, evil), SHELLS[0]) == FileSeen("missing")
    assert wrote(f"echo {evil}", SHELLS[0]) == evil
    assert not Path("/tmp/pwned").exists()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_contents_look_as_they_do_on_the_host(folder: Path, shell: list[str]) -> None:
    """So that a secret is known by where it stands in its line: none is kept that other checks would not keep."""
    said = 'rocommunity s3cr3t-word\nbindpw s3cr3t-word\ncreateUser bob SHA "s3cr3t-word" AES s3cr3t-word\n'
    (folder / "sub" / "b.conf").write_text(said)
    asked = [
        request(target, privileged=False)
        for target in (
            Target(Kind.FILE, f"{folder}/sub/b.conf"),
            Target(Kind.DIRECTORY, f"{folder}/sub", Depth.CONTENTS),
            Target(Kind.COMMAND, f'cat "{folder}/sub/b.conf"'),
        )
    ]
    for one in run([one for one in asked if one], shell).answers(Channel.LOCAL, NOW):
        kept = Redactor(b"k").said_to(one.request, one.text)
        assert "s3cr3t-word" not in kept
        assert kept.count("<secret ") == 4


ASKED = Shell("x", privileged=True)


@pytest.mark.parametrize(
    "text",
    ["", "[regular]\n|x\n", "[end]\n", "[hidden]\n[end]\n", "[regular]\n|x\n[read 2]\n[end]\n", "<html>\n[end]\n"],
)
def test_an_answer_that_is_not_what_was_asked_for_says_nothing(text: str) -> None:
    """It is cut off, another thing, or could not be read to its end."""
    for kind in (Kind.FILE, Kind.DIRECTORY, Kind.COMMAND, Kind.PROCESS):
        assert isinstance(read(Target(kind, "/x"), answer(text, ASKED)), NotSeen) or text == "[regular]\n|x\n[end]\n"


@pytest.mark.parametrize(
    ("problem", "late"),
    [
        ("gave no complete answer within 30 s", True),
        ("the answer was cut off: a command did not end within its time", True),
        ("needs root: sudo refused: Sorry", False),
        ("the answer was cut off after 1048576 bytes", False),
    ],
)
def test_an_answer_that_was_not_had_says_why(problem, late):
    """And whether it came too late."""
    said: Answer = answer("", ASKED, problem=problem)

    assert read(Target(Kind.COMMAND, "x"), said) == NotSeen(problem, late=late)


def test_a_name_that_the_kernel_cut_is_completed() -> None:
    """By the program's own; other names stay as they are."""
    path = "/usr/lib/systemd/systemd-networkd"
    names = "[names]\n|systemd-network\n|sh\n"
    text = f"[processes hidden]\n{names}[programs]\n|{path} (deleted)\n[end]\n"
    known = read(Target(Kind.PROCESS, ""), answer(text, ASKED))

    assert known == ProcessesSeen(frozenset({"systemd-network", "systemd-networkd", "sh", path}), whole=False)
