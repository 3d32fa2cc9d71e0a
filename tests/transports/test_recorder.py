"""A recording is for people: it reads well, differs where the asset did, and takes away nothing that they wrote."""

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.errors import Unreachable, UsageError
from auditor.model.asset import Access, Asset, Channel
from auditor.model.evidence import Evidence, evidence_of, inventory_evidence
from auditor.model.probe import Answer, Shell
from auditor.transports.recorded import INDEX, SUMS, Recording
from auditor.transports.recorder import save_recording
from auditor.transports.replay import Replay
from tests.make import NOW, asset
from tests.make import answer as an_answer

SSHD, UPTIME, TRUE = Shell("sshd -T", privileged=True), Shell("uptime"), Shell("true", may_be_empty=True)
CALLED = {str(SSHD): "SshServer", str(UPTIME): "Uptime"}
OVER_SSH = Access(channel=Channel.SSH)
CLOCK = (Evidence(asset="", request="today's date", channel="clock", origin="2026-11-21 (UTC)"), "")


def said(request: Shell, text: str, **more: object) -> tuple[Evidence, str]:
    """Return the evidence of an answer, with its text."""
    fields = {"channel": Channel.SSH, "asked_at": NOW, "exit_status": 0, **more}
    answer = Answer(request=request, text=text, **fields)  # type: ignore[arg-type]
    return evidence_of("web-01", answer), text


SEEN = [said(UPTIME, "up 3 days\n"), said(SSHD, "port 22\n", privilege="root"), CLOCK]


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a recording of two answers."""
    save_recording(tmp_path / "web-01", asset(), SEEN, called=CALLED)
    return tmp_path / "web-01"


def test_a_text_is_a_file_named_after_what_is_read_out_of_it(folder: Path) -> None:
    """The index has the rest, what is empty left out."""
    index = json.loads((folder / INDEX).read_text())

    assert set(files(folder)) == {INDEX, SUMS, "SshServer.txt", "Uptime.txt"}
    assert (folder / "SshServer.txt").read_text() == "port 22\n"
    assert index["answers"] == [
        {"text": "SshServer.txt", "channel": "ssh", "privilege": "root", "exit_status": 0, "request": "sudo sshd -T"},
        {"text": "Uptime.txt", "channel": "ssh", "exit_status": 0, "request": "uptime"},
    ]
    assert (index["day"], index["asked_at"]) == ("2026-11-21", {"ssh": "2026-11-22T03:00:00+00:00"})


def test_only_answers_are_recorded(tmp_path: Path) -> None:
    """The inventory's entry is no answer that could be played."""
    assert save_recording(tmp_path / "new", asset(), [(inventory_evidence(asset()), "")]) == 0


def test_the_same_in_another_order_and_a_second_later_is_the_same_recording(folder: Path, tmp_path: Path) -> None:
    """But for the one line with the time."""
    later = [(replace(one, asked_at=NOW + timedelta(seconds=n)), text) for n, (one, text) in enumerate(SEEN[:2], 7)]
    save_recording(tmp_path / "later", asset(), [CLOCK, *reversed(later)], called=CALLED)
    before, after = ((one / INDEX).read_text().splitlines() for one in (folder, tmp_path / "later"))

    assert len([line for line in after if line not in before]) == 1
    assert (tmp_path / "later/Uptime.txt").read_bytes() == (folder / "Uptime.txt").read_bytes()


def test_two_answers_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """By their requests; one without a text takes no name from another."""
    one, other = said(SSHD, "port 22\n"), said(replace(SSHD, privileged=False), "port 23\n")
    refused = said(replace(SSHD, privileged=False), "", problem="permission denied", exit_status=1)
    called = {"sudo sshd -T": "SshServer", "sshd -T": "SshServer"}
    save_recording(tmp_path / "both", asset(), [one, other], called=called)
    save_recording(tmp_path / "one", asset(), [one, refused], called=called)

    (unprivileged,) = Replay(tmp_path / "one").ask(asset(), OVER_SSH, [replace(SSHD, privileged=False)])

    both = [path.read_text() for path in (tmp_path / "both").glob("SshServer-????????.txt")]
    assert sorted(both) == ["port 22\n", "port 23\n"]
    assert [path.name for path in (tmp_path / "one").glob("*.txt")] == ["SshServer.txt"]
    assert (unprivileged.text, unprivileged.problem) == ("", "permission denied")


@pytest.mark.parametrize("text", ["", "no newline", "a\r\nb\rc\n", "\x00\x1b[31m", "\ud800 alone", "ä\u2028"])
def test_every_text_comes_back_to_the_letter(tmp_path: Path, text: str) -> None:
    """Line ends, control characters and half a sign as well."""
    told = an_answer(text, TRUE, channel=Channel.SSH, exit_status=3, privilege="root", place="/x")
    save_recording(tmp_path / "new", asset(), [(evidence_of("web-01", told), text)])

    assert Replay(tmp_path / "new").ask(asset(), OVER_SSH, [TRUE]) == [told]


def test_the_asset_comes_back_as_a_check_sees_it(tmp_path: Path) -> None:
    """Without credentials, ports and paths; the ways that it was asked decide what is asked of it again."""
    file = Access(channel=Channel.FILE, path="/home/me/a.cfg", holds="configuration")
    ssh = Access(channel=Channel.SSH, port=2222, user="audit", credential="linux-audit")
    given = asset(accesses=(ssh, file), tags=frozenset({"pci", "eu"}), site="berlin")
    save_recording(tmp_path / "new", given, SEEN)
    back = Recording.read(tmp_path / "new").asset
    index = (tmp_path / "new" / INDEX).read_text()

    assert isinstance(back, Asset)
    ways = (Access(channel=Channel.SSH), Access(channel=Channel.FILE, holds="configuration"))
    assert replace(back, declared_at=given.declared_at) == replace(given, accesses=ways)
    assert "linux-audit" not in index
    assert "/home/me" not in index
    assert '"eu",\n      "pci"' in index


def test_a_recording_that_nobody_edited_is_replaced(folder: Path) -> None:
    """What is no part of it stays; an answer that is gone takes its file with it."""
    (folder / "README.md").write_text("Why this host\n")
    save_recording(folder, asset(), [said(SSHD, "port 23\n"), CLOCK], called=CALLED)

    assert set(files(folder)) == {"README.md", INDEX, SUMS, "SshServer.txt"}
    assert (folder / "SshServer.txt").read_text() == "port 23\n"
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S607
    assert (done.returncode, done.stdout.count(": OK")) == (0, 2)


@pytest.mark.parametrize("name", ["SshServer.txt", INDEX])
@pytest.mark.parametrize("change", ["edit", "remove", "link"])
def test_what_somebody_edited_is_not_written_over(folder: Path, tmp_path: Path, name: str, change: str) -> None:
    """Nor anything else of it, unless it is wanted; then a link is replaced and not followed."""
    text = (folder / name).read_text()
    (tmp_path / "elsewhere").write_text(text)
    (folder / name).unlink()
    if change == "edit":
        (folder / name).write_text(text + " ")
    elif change == "link":
        (folder / name).symlink_to(tmp_path / "elsewhere")
    before = files(folder)

    with pytest.raises(UsageError, match=rf"{name}.* was edited by hand.* --overwrite"):
        save_recording(folder, asset(), SEEN[:1], called=CALLED)
    assert files(folder) == before

    save_recording(folder, asset(), SEEN[:1], called=CALLED, overwrite=True)
    assert set(files(folder)) == {INDEX, SUMS, "Uptime.txt"}
    assert (tmp_path / "elsewhere").read_text() == text


def test_a_recording_made_by_hand_is_edited_by_hand(folder: Path) -> None:
    """Without sums nobody knows who wrote it; the same goes for a file of a name that is wanted."""
    (folder / SUMS).unlink()
    with pytest.raises(UsageError, match="was edited by hand, or not written by a recording"):
        save_recording(folder, asset(), SEEN, called=CALLED)
    (folder / INDEX).unlink()
    with pytest.raises(UsageError, match=r"SshServer\.txt"):
        save_recording(folder, asset(), SEEN, called=CALLED)


def test_a_recording_of_another_asset_is_kept(folder: Path) -> None:
    """A name mistyped costs nothing."""
    with pytest.raises(UsageError, match="holds a recording of web-01; name another folder"):
        save_recording(folder, asset("web-02"), SEEN, called=CALLED)


def test_sums_from_elsewhere_remove_nothing_outside_the_folder(folder: Path, tmp_path: Path) -> None:
    """They are handed over like the rest."""
    (tmp_path / "precious").write_text("x")
    with (folder / SUMS).open("a") as file:
        file.write(f"{'0' * 64}  ../precious\n{'0' * 64}  {tmp_path}/precious\n")
    save_recording(folder, asset(), SEEN, called=CALLED, overwrite=True)

    assert (tmp_path / "precious").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        save_recording(tmp_path / "file", asset(), SEEN)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"asset": {"name": "x", "platform": "plan9"}}, "asset.platform"),
        ({"asset": {"kind": "server"}}, "asset.name"),
        ({"day": "yesterday"}, "day"),
    ],
)
def test_what_makes_no_sense_is_no_recording(folder: Path, change: dict[str, object], what: str) -> None:
    """It is said where; nothing is guessed in its place."""
    index = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps({**index, **change}))
    recorded = Recording.read(folder)

    with pytest.raises(Unreachable, match=f"is not a recording: {what}"):
        _ = (recorded.asset, recorded.day)


@pytest.mark.parametrize("at", [None, "", "noon", "2026-11-22T03:00:00"])
def test_an_answer_of_no_time_is_none(folder: Path, at: str | None) -> None:
    """Evidence is of a moment, and two recordings are compared by it."""
    (folder / INDEX).write_text((folder / INDEX).read_text().replace('"2026-11-22T03:00:00+00:00"', json.dumps(at)))

    (answered,) = Replay(folder).ask(asset(), OVER_SSH, [UPTIME])
    assert answered.problem.startswith("the recording's answer cannot be read: ")


def test_a_recording_may_leave_out_all_but_the_answers(folder: Path) -> None:
    """As one that is written by hand does."""
    (folder / INDEX).write_text('{"asset": "web-01", "answers": []}')
    recorded = Recording.read(folder)

    assert (recorded.asset, recorded.day) == (None, None)
