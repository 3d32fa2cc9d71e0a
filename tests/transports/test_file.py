"""Saved configurations and device records, read from files as people really hand them over."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Limits, Saved
from auditor.transports.file import FileTransport
from tests.make import asset

CONFIG = "version 17.9\nhostname rt-01\nend\n"
CHANGED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
CSV = """Device name,Serial number,Encrypted,Activation lock bypass code
Ada's phone,F17,Yes,AB12-CD34
"Bob, spare",F18,,
"""


def saved(path: object, holds: str = "configuration", key: str = "") -> Asset:
    """Return an asset whose only way of being asked is a file."""
    access = Access(channel=Channel.FILE, path=str(path), holds=holds, key=key)
    return asset("rt-01", accesses=(access,))


def read(base: Path, path: object, request: Saved | None = None, key: str = "") -> Answer:
    """Return the answer that a file gives."""
    request = request or Saved()
    owner = saved(path, request.holds, key)
    (answer,) = FileTransport(base).ask(owner, owner.accesses[0], [request])
    return answer


def record(base: Path, text: str | bytes, key: str, name: str = "export.csv") -> Answer:
    """Return the answer that an export with this content gives."""
    (base / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(base, name, Saved("device-record"), key)


def test_a_configuration_is_answered_as_it_is_and_as_old_as_its_file(tmp_path: Path) -> None:
    """Text, place and age are the file's own."""
    path = tmp_path / "rt-01.cfg"
    path.write_text(CONFIG)
    os.utime(path, (CHANGED.timestamp(), CHANGED.timestamp()))

    answer = read(tmp_path, "rt-01.cfg")

    assert (answer.text, answer.place, answer.asked_at, answer.problem) == (CONFIG, str(path), CHANGED, "")


@pytest.mark.parametrize(
    "raw",
    [
        CONFIG.replace("\n", "\r\n").encode(),
        CONFIG.replace("\n", "\r\r\n").encode(),
        CONFIG.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + CONFIG.encode(),
        CONFIG.encode("utf-16"),
        CONFIG.encode("utf-16-le"),
        b"\xfe\xff" + CONFIG.encode("utf-16-be"),
    ],
    ids=["CRLF", "CR CR LF", "CR", "UTF-8 mark", "UTF-16 mark", "UTF-16 without mark", "UTF-16 big end first"],
)
def test_what_programs_do_to_text_files_is_undone(tmp_path: Path, raw: bytes) -> None:
    """Marks, widths and line ends are not part of the configuration."""
    (tmp_path / "a.cfg").write_bytes(raw)

    assert read(tmp_path, "a.cfg").text == CONFIG


def test_latin_1_text_keeps_its_letters(tmp_path: Path) -> None:
    """A description in an old encoding does not make the file unreadable."""
    (tmp_path / "a.cfg").write_bytes("description Büro\n".encode("latin-1"))

    assert read(tmp_path, "a.cfg").text == "description Büro\n"


def test_a_binary_file_is_no_answer(tmp_path: Path) -> None:
    """An image under a configuration's name says so."""
    (tmp_path / "a.cfg").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(100))

    assert "NUL" in read(tmp_path, "a.cfg").problem


@pytest.mark.parametrize("path", ["missing.cfg", "../secret.cfg", "sub/../../secret.cfg", "a\0b", ".", "pipe"])
def test_what_is_no_file_of_the_folder_is_no_answer(tmp_path: Path, path: str) -> None:
    """A file that is missing, outside, a folder or a pipe gives a reason and no text, and never hangs."""
    base = tmp_path / "base"
    base.mkdir()
    os.mkfifo(base / "pipe")
    (tmp_path / "secret.cfg").write_text("secret")

    answer = read(base, path)

    assert answer.problem
    assert not answer.text


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Relative paths stay beside the inventory, whatever links stand there."""
    base = tmp_path / "base"
    base.mkdir()
    (tmp_path / "secret.cfg").write_text("secret")
    (base / "link.cfg").symlink_to(tmp_path / "secret.cfg")

    assert "leads out of" in read(base, "link.cfg").problem


def test_an_absolute_path_is_the_inventory_s_own_word(tmp_path: Path) -> None:
    """The inventory resolves its paths; what it resolved is read."""
    (tmp_path / "a.cfg").write_text(CONFIG)

    assert read(Path("/nowhere"), tmp_path / "a.cfg").text == CONFIG


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    """A huge file gives its size instead of half a configuration."""
    (tmp_path / "a.cfg").write_text(CONFIG)

    answer = read(tmp_path, "a.cfg", Saved(limits=Limits(bytes=10)))

    assert "may have 10" in answer.problem
    assert not answer.text


def test_an_empty_file_is_no_answer(tmp_path: Path) -> None:
    """Nothing is not a configuration without faults."""
    (tmp_path / "a.cfg").write_text(" \n")

    assert "is empty" in read(tmp_path, "a.cfg").problem


def test_each_request_gets_the_file_that_holds_its_answer(tmp_path: Path) -> None:
    """A configuration and a record of one asset are two files."""
    (tmp_path / "a.cfg").write_text(CONFIG)
    (tmp_path / "e.csv").write_text(CSV)
    ways = (saved("a.cfg").accesses[0], saved("e.csv", "device-record", "F17").accesses[0])
    owner = asset("x", accesses=ways)

    answers = FileTransport(tmp_path).ask(owner, ways[0], [Saved("device-record"), Saved()])

    assert [answer.problem for answer in answers] == ["", ""]
    assert json.loads(answers[0].text)["Device name"] == "Ada's phone"
    assert answers[1].text == CONFIG


def test_a_record_is_found_by_a_cell_and_loses_its_secrets(tmp_path: Path) -> None:
    """The one row whose cell is the key, as JSON, with the file's age and without what unlocks the device."""
    answer = record(tmp_path, CSV, "f17")

    found = json.loads(answer.text)
    assert (found["Serial number"], found["Encrypted"]) == ("F17", "Yes")
    assert found["_observed_at"] == answer.asked_at.isoformat()
    assert "AB12" not in answer.text


def test_a_key_may_name_its_column(tmp_path: Path) -> None:
    """`column=cell` tells two records apart that share a word."""
    text = "name,backup\nanna,berta\nberta,anna\n"

    assert "2 records" in record(tmp_path, text, "anna").problem
    assert json.loads(record(tmp_path, text, "Backup=Anna").text)["name"] == "berta"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (CSV, "F19"),
        (CSV, ""),
        ("", "F17"),
        ("just text\n", "just text"),
        ("a,b\n1,2,3\n", "1"),
        ("a,b\n1\n", "1"),
        ('a,b\n"1,2\n', "1"),
        ('[{"a": "1"}', "1"),
        ("[1, 2]", "1"),
        ("[" * 100_000, "1"),
    ],
    ids=["absent", "no key", "empty", "text", "long row", "cut row", "open quote", "cut JSON", "numbers", "JSON bomb"],
)
def test_an_export_without_the_one_record_is_no_answer(tmp_path: Path, text: str, key: str) -> None:
    """Absent, ambiguous and broken give a reason, never another device's record."""
    answer = record(tmp_path, text, key)

    assert answer.problem
    assert not answer.text


def test_json_exports_keep_their_nested_columns(tmp_path: Path) -> None:
    """A list around, or inside `value` and `results`; keys deep inside count; secrets deep inside go."""
    device = {"id": 7, "general": {"name": "mac-1", "supervised": True}, "security": {"recoveryKey": "AAAA-BBBB"}}

    for text in (json.dumps([device]), json.dumps({"results": [device], "totalCount": 1})):
        answer = record(tmp_path, text, "MAC-1", "export.json")

        assert json.loads(answer.text)["general"] == {"name": "mac-1", "supervised": True}
        assert "AAAA" not in answer.text


def test_columns_that_only_tell_of_a_secret_stay(tmp_path: Path) -> None:
    """Whether there is a passcode is what an audit asks; the passcode is not."""
    text = "name,Passcode,Device password,Unlock token\na,Yes,hunter2,tok3n\n"

    found = json.loads(record(tmp_path, text, "a").text)

    assert found["Passcode"] == "Yes"
    assert set(found) == {"name", "Passcode", "_observed_at"}


@pytest.mark.parametrize("text", ["name;os\nÄnne;iOS\n", "sep=;\nname;os\nÄnne;iOS\n", "name\tos\nÄnne\tiOS\n"])
def test_csv_of_other_countries_is_read(tmp_path: Path, text: str) -> None:
    """Semicolons, tabs, an Excel line, UTF-16: what portals really export."""
    assert json.loads(record(tmp_path, text.encode("utf-16"), "änne").text)["os"] == "iOS"
