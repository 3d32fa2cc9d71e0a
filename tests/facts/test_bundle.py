"""Several files in one answer: what a host prints, and what is read from it."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from auditor.errors import Unreadable
from auditor.facts.bundle import read, section, show, which
from auditor.facts.sections import SHOW_FILES

SHELLS = [shell for shell in (["sh"], ["bash"], ["busybox", "sh"]) if shutil.which(shell[0])]


def printed(shell: list[str], command: str) -> str:
    """Return what a shell of this machine prints for a command."""
    return subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_files_come_back_as_they_are(shell: list[str], tmp_path: Path) -> None:
    """With and without a final newline, empty, missing, by pattern."""
    for name, text in {"a.conf": "x = 1\n", "b.conf": "no newline", "c.conf": "", "d.txt": "out\n"}.items():
        (tmp_path / name).write_text(text)

    found = read(printed(shell, show([f"{tmp_path}/*.conf", f"{tmp_path}/missing"], section("uname", "echo one"))))

    assert [(f"{tmp_path}/a.conf", "x = 1\n"), (f"{tmp_path}/b.conf", "no newline"), (f"{tmp_path}/c.conf", "")] == (
        found.below(str(tmp_path), ".conf")
    )
    assert found.get(f"{tmp_path}/missing") is None
    assert found.get("uname") == "one\n"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_link_to_where_only_root_looks_is_unreadable(shell: list[str]) -> None:
    """A link to a file that is not there is missing; one into a closed folder may lead to a file, for all but root."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir(mode=0o000)
        (folder / "hidden.conf").symlink_to("closed/a.conf")
        (folder / "gone.conf").symlink_to("nowhere.conf")
        folder.chmod(0o755)
        command = show([f"{folder}/*.conf"], f"{SHOW_FILES}; show {folder}/*.conf")
        anybody = 65534 if os.geteuid() == 0 else None
        done = subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True, user=anybody)

        wanted = [f"#== unreadable {folder}/hidden.conf", f"[unread {folder}/hidden.conf]", "#== end"]
        assert wanted == [line for line in done.stdout.split("\n") if line]


def test_an_answer_that_was_cut_off_is_refused() -> None:
    """Half an answer would look like missing files."""
    with pytest.raises(Unreadable, match="cut off"):
        read("\n#== file /etc/login.defs\nUID_MIN 1000\n")


@pytest.mark.parametrize("text", ["", "<html><body>502</body></html>", "sh: syntax error"])
def test_garbage_is_refused(text: str) -> None:
    """No marks, no answer."""
    with pytest.raises(Unreadable):
        read(text)


def test_an_unreadable_file_is_not_a_missing_one() -> None:
    """What may not be read is unknown; only what is not there is None."""
    found = read("\n#== unreadable /etc/security/pwquality.conf\n\n#== end\n")

    assert found.get("/etc/other") is None
    with pytest.raises(Unreadable, match="may not be read"):
        found.get("/etc/security/pwquality.conf")


def test_a_folder_that_may_not_be_listed_hides_its_files() -> None:
    """The shell leaves the pattern as it is; the folder's files are unknown."""
    found = read("\n#== unreadable /etc/pam.d/*\n\n#== end\n")

    with pytest.raises(Unreadable):
        found.get("/etc/pam.d/sshd")
    with pytest.raises(Unreadable):
        found.below("/etc/pam.d")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_program_is_looked_for(shell: list[str]) -> None:
    """Dash's `command -v` looks at its first argument only."""
    paths = printed(shell, which("cat", "no-such-program", "sh") + "; true").split()

    assert [path.rpartition("/")[2] for path in paths] == ["cat", "sh"]
