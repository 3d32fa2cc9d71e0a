"""What is asked of hosts is cheap for them, and every shell understands it."""

import os
import re
import shutil
import subprocess

import pytest

from auditor.facts.search import DEEPEST, SEARCH
from auditor.facts.updates import UPDATES
from auditor.model.probe import Shell
from auditor.plugins import load_content
from auditor.workspace import Workspace
from tests.make import ROOT

REQUESTS = sorted(
    {
        request
        for probe in load_content(Workspace(ROOT)).probes
        for request in probe.requests
        if isinstance(request, Shell)
    },
    key=str,
)
SHELLS = [
    shell for shell in (["dash"], ["bash"], ["busybox", "ash"], ["mksh"], ["ksh"]) if shutil.which(shell[0]) is not None
]
WALKS = re.compile(r"\b(?:ls\s+-\w*R\w*|(?:e|f)?grep\s+-\w*[rR]\w*|du|rgrep|updatedb|chown|chmod)\b")


def starts(command: str) -> list[list[str]]:
    """Return the words after each `find` that a command starts, up to the end of that command."""
    return [part.split() for part in re.findall(r"(?:^|[;|&({]\s*|\bdo |\bthen )find\s+([^;|&)]*)", command)]


@pytest.mark.parametrize("request_", sorted(set(REQUESTS) - {SEARCH}, key=str), ids=lambda one: str(one)[:40])
def test_nothing_walks_through_a_file_system(request_: Shell) -> None:
    """A find has a path of its own and says how deep it goes, and stays on its file system."""
    for words in starts(request_.command):
        assert words[0].startswith("/"), words
        assert words[0] != "/", words
        assert re.fullmatch("[1-4]", words[words.index("-maxdepth") + 1]), words
        assert "-xdev" in words, words
    assert not WALKS.search(request_.command)
    assert "sysctl -a" not in request_.command
    assert "**" not in request_.command


def test_the_one_search_through_file_systems_is_bounded() -> None:
    """It stays on each file system that it begins at, says how deep it goes, and has a time of its own."""
    (walk,) = starts(SEARCH.command)

    assert walk[:5] == ['"$@"', "-xdev", "-ignore_readdir_race", "-maxdepth", str(DEEPEST)]
    assert SEARCH.privileged
    assert SEARCH.limits.seconds <= 180


def test_a_find_without_bounds_would_be_seen() -> None:
    """Else the test above would prove nothing."""
    assert starts("cd /; find / -perm -4000 | head") == [["/", "-perm", "-4000"]]
    assert starts("find /etc -xdev -maxdepth 2 -name x") == [["/etc", "-xdev", "-maxdepth", "2", "-name", "x"]]
    assert WALKS.search("grep -rs password /etc")
    assert WALKS.search("ls -lR /home")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_understands_every_command(shell: list[str]) -> None:
    """No syntax error, no test that gets too many words, no program that is not looked for first."""
    environment = {"PATH": f"/usr/sbin:/sbin:{os.environ['PATH']}", "LC_ALL": "C"}
    program = str(shutil.which(shell[0]))
    complaints = {}
    for request in set(REQUESTS) - {UPDATES, SEARCH}:  # which have tests of their own, as they take their time
        done = subprocess.run(
            [program, *shell[1:], "-c", request.command], capture_output=True, check=False, cwd="/", env=environment
        )
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        own = [line for line in lines if re.match(rf"({re.escape(program)}|{shell[-1]}|sh)(\[\d+\])?: ", line)]
        if own or done.returncode not in {*request.ok, 127}:
            complaints[str(request)[:200]] = (done.returncode, own)

    assert complaints == {}
