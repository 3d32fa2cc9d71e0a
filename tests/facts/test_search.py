"""What a search through a host's file systems finds, by real finds in a folder of the test's own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.errors import Unreadable
from auditor.facts.search import _PLACES, _WALK, DEEPEST, Found, Search, search
from auditor.model.probe import Shell
from tests.make import answer, fact, refused

SHOWN = """[found]
|w|666|0|/srv/notes
|s|777|1000|/srv/drop
|x|4755|0|/usr/bin/sudo
|x|2755|0|/usr/bin/wall
|u|644|4242|/srv/old
|g|644|4343|/srv/old
[end]
"""
FIND = shutil.which("find")
GNU = FIND is not None and b"GNU" in subprocess.run([FIND, "--version"], capture_output=True, check=False).stdout
ROOT = os.geteuid() == 0
SHELLS = [shell for shell in (["dash"], ["bash"], ["busybox", "ash"]) if shutil.which(shell[0]) is not None]
needs_find = pytest.mark.skipif(not GNU, reason="GNU find is not installed")
every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


def read(text: str = SHOWN) -> Search:
    found = fact(search, text)
    assert isinstance(found, Search)
    return found


def walk(shell: list[str], folder: Path) -> Search:
    """Return what the search finds in a folder, as one of the shells that hosts have runs it."""
    command = f"set -- '{folder}'; echo '[found]'; {_WALK}; echo '[end]'"
    done = subprocess.run([*shell, "-c", command], capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"})
    return read(answer(done.stdout.decode("utf-8", "replace"), Shell("x")).text)


def paths(found: tuple[Found, ...], folder: Path) -> set[str]:
    return {one.path.removeprefix(f"{folder}/") for one in found}


def test_each_kind_has_its_list() -> None:
    """With permission bits, and the number of the owner or group."""
    found = read()

    assert (Found("/srv/notes", 0o666),) == found.writable_files
    assert (Found("/srv/drop", 0o777, 1000),) == found.open_folders
    assert ((Found("/srv/old", 0o644, 4242),), (Found("/srv/old", 0o644, 4343),)) == (found.unowned, found.ungrouped)
    assert [one.path for one in found.set_id] == ["/usr/bin/sudo", "/usr/bin/wall"]


@pytest.mark.parametrize(
    ("line", "kind", "short"),
    [
        ("|deep", "w", True),
        ("|deep", "x", True),
        ("|more x", "x", True),
        ("|more x", "w", False),
        ("find: '/home/a/.cache/doc': Permission denied", "u", True),
        ("find: '/tmp/gone': No such file or directory", "u", False),
        ("[network nfs4]", "w", True),
    ],
)
def test_a_search_that_was_cut_short_says_so(line: str, kind: str, *, short: bool) -> None:
    """Too deep, too many of one kind, a folder that could not be looked into, a root that is elsewhere."""
    bar = "|" if line.startswith("find") else ""
    where = f"{line}\n[found]" if line.startswith("[") else f"[found]\n{bar}{line}"

    assert short is bool(read(SHOWN.replace("[found]", where)).why_short(kind))


@needs_find
@every_shell
def test_what_is_found(shell: list[str], tmp_path: Path) -> None:
    """Whatever the names: blanks, quotes, a bar, a line break that looks like a line of the answer."""
    for name, mode in {"fine": 0o644, "all may": 0o666, "it's|x": 0o662, "a\nw|666|0|b": 0o646, "sudo": 0o4755}.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to("/nowhere")
    for name, mode in {"open": 0o777, "shared": 0o1777, "closed": 0o755}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    found = walk(shell, tmp_path)

    assert {"all may", "it's|x", "a\nw|666|0|b"} == paths(found.writable_files, tmp_path)
    assert {"open"} == paths(found.open_folders, tmp_path)
    assert {"sudo"} == paths(found.set_id, tmp_path)
    assert found.short == ()


@needs_find
@every_shell
@pytest.mark.skipif(not ROOT, reason="only root gives files away")
def test_what_nobody_owns(shell: list[str], tmp_path: Path) -> None:
    """Three paths of each number, so that a million of them are one problem; links count too."""
    for number in range(5):
        (tmp_path / f"lost{number}").touch()
        os.chown(tmp_path / f"lost{number}", 54_321, 0)
    (tmp_path / "group").touch()
    os.chown(tmp_path / "group", 1, 54_322)
    (tmp_path / "link").symlink_to("/nowhere")
    os.chown(tmp_path / "link", 54_323, 54_323, follow_symlinks=False)
    found = walk(shell, tmp_path)

    assert sorted(one.owner for one in found.unowned) == [54_321, 54_321, 54_321, 54_323]
    assert {"group", "link"} == paths(found.ungrouped, tmp_path)


@needs_find
@every_shell
def test_how_deep_it_went(shell: list[str], tmp_path: Path) -> None:
    """Folders as deep as it goes may hold others."""
    (tmp_path / "/".join("d" * (DEEPEST - 1))).mkdir(parents=True)
    assert walk(shell, tmp_path).short == ()

    (tmp_path / "/".join("d" * DEEPEST)).mkdir()
    assert walk(shell, tmp_path).why_short("x") == f"folders lie more than {DEEPEST} deep"


@every_shell
def test_where_it_begins(shell: list[str], tmp_path: Path) -> None:
    """Each local file system once: no kernel interface, share, bind mount or container, and blanks as they are."""
    (tmp_path / "mountinfo").write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / /proc rw - proc proc rw\n"
        "3 1 8:2 / /srv/my\\040disk rw shared:1 - xfs /dev/sda2 rw\n4 1 8:1 /a /srv/bound rw - ext4 /dev/sda1 rw\n"
        "5 1 0:40 / /srv/share rw - nfs4 files:/ rw\n6 1 8:3 / /var/lib/docker rw - ext4 /dev/sda3 rw\n"
        "7 1 0:41 / /tmp rw - tmpfs tmpfs rw\n8 1 0:42 /home /home rw - btrfs /dev/sda4 rw\n"
        "9 1 0:42 / /top rw - btrfs /dev/sda4 rw\n10 1 0:50 / /run/user/1000 rw - tmpfs tmpfs rw\n"
    )
    command = _PLACES.replace("/proc/self/mountinfo", str(tmp_path / "mountinfo")) + '; printf "%s\\n" "$@"'
    done = subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["/", "/srv/my disk", "/tmp", "/home", "/top"]


@pytest.mark.parametrize(
    "broken", ["", "<html>", SHOWN[:-6], "[end]\n", "[plain]\n[end]\n", "[found]\n|w|rw-rw-rw-|0|/x\n[end]\n"]
)
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer, another program's list, a find that cannot tell."""
    assert isinstance(refused(search, broken), Unreadable)
