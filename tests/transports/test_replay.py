"""A recording answers as the asset did, and a damaged one says so."""

import os
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model.asset import Access, Channel
from auditor.model.evidence import evidence_of
from auditor.model.probe import Answer, Limits, Shell
from auditor.transports.recorded import INDEX
from auditor.transports.recorder import save_recording
from auditor.transports.replay import Replay
from tests.make import NOW, asset

SSHD, UPTIME = Shell("sshd -T", privileged=True), Shell("uptime")
TEXT = "port 22\nä\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a recording of one answer."""
    said = Answer(request=SSHD, channel=Channel.SSH, asked_at=NOW, text=TEXT, exit_status=0, privilege="root")
    save_recording(tmp_path, asset(), [(evidence_of("web-01", said), said.text)], called={str(SSHD): "SshServer"})
    return tmp_path


def ask(folder: Path, *requests: Shell) -> list[Answer]:
    """Ask the recording."""
    return Replay().ask(asset(), Access(channel=Channel.REPLAY, path=str(folder)), requests)


def test_what_was_recorded_comes_back_as_it_was(folder: Path) -> None:
    """Text, time, status, privilege and channel are those of the recording."""
    said = Answer(request=SSHD, channel=Channel.SSH, asked_at=NOW, text=TEXT, exit_status=0, privilege="root")

    assert ask(folder, SSHD) == [said]


def test_a_request_that_was_not_recorded_is_unknown(folder: Path) -> None:
    """Nothing is made up for it."""
    assert ask(folder, UPTIME)[0].problem == f"the recording in {folder} holds no answer to: uptime"


def test_a_missing_recording_is_an_unreachable_asset(tmp_path: Path) -> None:
    """With the path that was looked at."""
    with pytest.raises(Unreachable, match=r"recording\.json cannot be read"):
        ask(tmp_path / "none", SSHD)


@pytest.mark.parametrize("damage", ["", "[]", '{"answers": 3}', '{"answers": [{}]}', "\x00"])
def test_a_damaged_index_is_an_unreachable_asset(folder: Path, damage: str) -> None:
    """Whatever stands in it."""
    (folder / INDEX).write_text(damage)

    with pytest.raises(Unreachable, match="is not a recording"):
        ask(folder, SSHD)


def test_a_recording_reads_no_file_outside_its_folder(folder: Path) -> None:
    """A handed-over index that points elsewhere finds nothing there."""
    index = folder / INDEX
    index.write_text(index.read_text().replace("SshServer.txt", "../../../../etc/hostname"))

    assert ask(folder, SSHD)[0].problem.startswith("the recording's answer cannot be read")


def test_an_emptied_answer_is_no_answer(folder: Path) -> None:
    """Never a pass without evidence, also from a file."""
    (folder / "SshServer.txt").write_text("")

    assert ask(folder, SSHD)[0].problem == "the answer is empty"


def test_an_answer_that_outgrew_its_request_is_no_answer(folder: Path) -> None:
    """It is not silently cut."""
    small = Shell("sshd -T", privileged=True, limits=Limits(bytes=4))

    assert ask(folder, small)[0].problem == "the recorded answer is larger than 4 bytes"


@pytest.mark.parametrize("text", ["link.txt", "pipe.txt", "../outside.txt"])
def test_a_recording_shows_no_other_file_of_this_machine(folder: Path, tmp_path: Path, text: str) -> None:
    """Recordings are handed over, links and pipes in them included."""
    (tmp_path.parent / "outside.txt").write_text("root:x:0:0\n")
    (folder / "link.txt").symlink_to(tmp_path.parent / "outside.txt")
    os.mkfifo(folder / "pipe.txt")
    index = folder / INDEX
    index.write_text(index.read_text().replace("SshServer.txt", text))

    (answer,) = ask(folder, SSHD)

    assert answer.text == ""
    assert answer.problem.startswith("the recording's answer cannot be read: ")


def test_a_huge_recorded_answer_is_not_read_whole(folder: Path) -> None:
    """A file may say that it is a terabyte long and take no room."""
    os.truncate(folder / "SshServer.txt", 1 << 40)

    assert ask(folder, SSHD)[0].problem == f"the recorded answer is larger than {SSHD.limits.bytes} bytes"


def test_an_index_that_is_nested_without_end_is_no_recording(folder: Path) -> None:
    """Like any other damage."""
    (folder / INDEX).write_text("[" * 200_000)

    with pytest.raises(Unreachable, match="is not a recording"):
        ask(folder, SSHD)
