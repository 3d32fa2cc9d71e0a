"""Several files in one answer: what a host prints, and what is read from it."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from auditor.errors import Unreadable
from auditor.facts.bundle import read, section, show, which
from auditor.facts.sections import END, MOST_BYTES, SHOW_FILES, sections

SHELLS = [shell for shell in (["sh"], ["bash"], ["busybox", "sh"]) if shutil.which(shell[0])]


AWKS = {
    "none": "",
    "stops": f'{shutil.which("awk")} "$1" "$2"; exit 2',  # after the first file
    **{name: f'exec {shutil.which(name)} "$@"' for name in ("awk", "mawk", "gawk") if shutil.which(name)},
    **({"busybox": f'exec {shutil.which("busybox")} awk "$@"'} if shutil.which("busybox") else {}),
}
each_way = pytest.mark.parametrize(
    ("shell", "awk"), [pytest.param(shell, awk, id=f"{shell[0]}-{awk}") for shell in SHELLS for awk in AWKS]
)
FILES = {
    "a.conf": "x = 1\n",
    "b.conf": "no newline",
    "c.conf": "",
    "d=e.conf": "\n\n#== end\n[end]\n|x\n",
    "f g.conf": "a\\tb %s \u00e9\r\n",
    "g.conf": "y" * 100_000 + "\n",
    "h.txt": "out\n",
}


def printed(shell: list[str], command: str, path: str | None = None) -> str:
    """Return what a shell of this machine prints for a command."""
    environment = {"LC_ALL": "C", "PATH": path or os.environ["PATH"]}
    program = [str(shutil.which(shell[0])), *shell[1:]]
    done = subprocess.run([*program, "-c", command], capture_output=True, check=True, env=environment)
    return done.stdout.decode()


def programs(folder: Path, awk: str) -> str:
    """Return a PATH with the programs that show files, and one awk or none."""
    folder.mkdir()
    for name in ("cat", "sed", "wc", "id", "readlink", "echo"):
        (folder / name).symlink_to(str(shutil.which(name)))
    if AWKS[awk]:
        (folder / "awk").write_text(f"#!/bin/sh\n{AWKS[awk]}\n")
        (folder / "awk").chmod(0o755)
    return str(folder)


@each_way
def test_files_come_back_as_they_are(shell: list[str], awk: str, tmp_path: Path) -> None:
    """With and without a final newline, empty, missing, by pattern, whatever is in them; whichever awk there is."""
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    shown = show([f"{tmp_path}/*.conf", f"{tmp_path}/missing"], section("uname", "echo one"))

    found = read(printed(shell, shown, programs(tmp_path / "bin", awk)))

    whole = {f"{tmp_path}/{name}": text for name, text in FILES.items() if name.endswith(".conf")}
    faked = f"{tmp_path}/d=e.conf"  # what it holds can look like marks, as it always could
    told = {path: text.rstrip("\n") for path, text in found.below(str(tmp_path), ".conf") if path != faked}
    assert {path: text.rstrip("\n") for path, text in whole.items() if path != faked} == told
    assert found.get(f"{tmp_path}/missing") is None
    assert found.get("uname") == "one\n"


@each_way
def test_shown_files_are_told_apart(shell: list[str], awk: str, tmp_path: Path) -> None:
    """No content looks like a section; a file too long is unread, and so is a folder that cannot be listed."""
    for name, text in {
        **FILES,
        "long.conf": "z" * 200 + "\n" * (MOST_BYTES - 200),
        "longer.conf": "zz\n" * 99_999,
    }.items():
        (tmp_path / name).write_bytes(text.encode())
    path = programs(tmp_path / "bin", awk)

    seen = sections(
        printed(shell, f"{SHOW_FILES}; show {tmp_path} {tmp_path}/*.conf {tmp_path}/no /dev/null; {END}", path)
    )

    files = {path.rpartition("/")[2]: lines for path, lines in seen.files().items()}
    assert files.pop("null") == ()
    assert len(files.pop("long.conf")) == MOST_BYTES - 200
    wanted = {name: tuple(text.split("\n")) for name, text in FILES.items() if name.endswith(".conf")}
    assert {name: lines[:-1] if lines[-1] == "" else lines for name, lines in wanted.items()} == files
    assert seen.unread() == (f"{tmp_path}/longer.conf",)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_files_named_from_where_we_stand(shell: list[str], tmp_path: Path) -> None:
    """As sshd's Include names them; even one that awk would take for an assignment."""
    (tmp_path / "a=b").write_text("one\n")
    (tmp_path / "-c").write_text("two\n")

    seen = sections(printed(shell, f"{SHOW_FILES}; cd {tmp_path}; show a=b ./-c; {END}"))

    assert seen.files() == {"a=b": ("one",), "./-c": ("two",)}


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
