"""What a person sees on a terminal: tables where they fit, and otherwise a field a line."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from auditor.cli.tables import print_rows
from auditor.setup import open_store
from auditor.start import make_workspace
from auditor.store.records import AuditOutcome
from tests.cli.running import PROGRAM, Auditor
from tests.make import NOW
from tests.store.given import plan

CONFIGURATION = "version 17.9\nhostname {0}\nsnmp-server community public RO\nip http server\nend\n"
ROUTER = """\
  - name: {0}
    kind: router
    platform: cisco-ios
    transports:
      file: {{configuration: {0}.cfg}}
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Return a workspace of three routers: two that are readable, and one whose configuration is cut off."""
    list(make_workspace(tmp_path / "acme", "Acme"))
    folder = tmp_path / "acme/inventory"
    (folder / "company.yaml").write_text("assets:\n" + "".join(map(ROUTER.format, ("rt-1", "rt-2", "cut"))))
    for name in ("rt-1", "rt-2", "cut"):
        whole = CONFIGURATION.format(name)
        (folder / f"{name}.cfg").write_text(whole.removesuffix("end\n") if name == "cut" else whole)
    return tmp_path / "acme"


def on_a_terminal(*words: str, folder: Path, columns: int) -> str:
    """Return what a command writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES"}}
    subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder, stdout=theirs, stderr=subprocess.DEVNULL, check=False,
        env={**environment, "TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            written += os.read(ours, 65536)
        except OSError:  # EIO: the other end is closed, and all is read
            os.close(ours)
            return re.sub(r"\x1b\[[0-9;]*m", "", written.decode()).replace("\r\n", "\n")


def test_a_table_that_does_not_fit_is_written_a_field_a_line(auditor: Auditor, acme: Path) -> None:
    """At 60 columns nothing is cut: an id that lost its end could not be shown."""
    auditor("audit", folder=acme)
    narrow = on_a_terminal("findings", "list", "--asset", "rt-1", folder=acme, columns=60).splitlines()
    wide = on_a_terminal("findings", "list", "--asset", "rt-1", folder=acme, columns=220).splitlines()
    ids = [line.split()[1] for line in narrow if line.startswith("ID ")]

    assert {"ASSET     rt-1", "CHECK     router.http-off", "FOUND     yes", "WANTED    no"} <= set(narrow)
    assert all(len(word) == 10 for word in ids)
    assert wide[0].split() == ["ID", "SEVERITY", "STATE", "ASSET", "CHECK", "SUBJECT", "FOUND", "WANTED"]
    assert [line.split()[0] for line in wide[1:]] == ids


LISTED = [["a-very-long-name-of-a-host", "192.0.2.1, 2001:db8::1, host.acme.example", "low"], ["b", "日本", "x"]]


def printed(width: int) -> list[str]:
    """Return the lines in which a console of this width shows two rows."""
    written = StringIO()
    print_rows(Console(file=written, width=width, soft_wrap=True), ("name", "found_at", "severity"), LISTED)
    return written.getvalue().splitlines()


def test_a_column_folds_at_words_and_a_name_stands_whole() -> None:
    """Signs of double width count twice."""
    assert printed(60) == [
        "NAME                        FOUND AT                SEVERITY",
        "a-very-long-name-of-a-host  192.0.2.1,              low     ",
        "                            2001:db8::1,                    ",
        "                            host.acme.example               ",
        "b                           日本                    x       ",
    ]


def test_a_table_is_as_wide_as_it_must_be() -> None:
    """And a field a line stands where it would not be legible."""
    assert printed(200) == printed(80)
    assert printed(80) == [
        "NAME                        FOUND AT                                   SEVERITY",
        "a-very-long-name-of-a-host  192.0.2.1, 2001:db8::1, host.acme.example  low     ",
        "b                           日本                                       x       ",
    ]
    assert printed(40) == [
        "NAME      a-very-long-name-of-a-host",
        "FOUND AT  192.0.2.1, 2001:db8::1, host.acme.example",
        "SEVERITY  low",
        "",
        "NAME      b",
        "FOUND AT  日本",
        "SEVERITY  x",
    ]


def test_an_audit_of_some_assets_counts_their_findings_only(auditor: Auditor, acme: Path) -> None:
    """Those of the others are as they were, and nothing new."""
    auditor("audit", folder=acme)
    done = auditor("audit", "--assets", "rt-1", folder=acme)
    theirs = auditor("findings", "list", "--asset", "rt-1", folder=acme).out.splitlines()[1:]

    assert f"Findings: {len(theirs)} open.\n" in done.out


def test_an_audit_that_is_yet_to_come_is_said(auditor: Auditor, acme: Path) -> None:
    """The clock was ahead then, or is behind now: both make waivers and ages wrong."""
    assert "clock" not in auditor("audit", folder=acme).err
    with open_store(acme) as store:
        ahead = store.begin_audit(plan("rt-1"), now=datetime(2099, 1, 2, 3, 4, tzinfo=UTC))
        store.finish_audit(ahead.id, [], now=NOW, outcome=AuditOutcome.MET)

    said = auditor("audit", folder=acme).err
    assert f"UTC, and audit {ahead.id} began at 2099-01-02 03:04 UTC: it was set back since, or was ahead then" in said


def test_an_audit_says_why_something_is_unknown(auditor: Auditor, acme: Path) -> None:
    """How often, and in words that tell what to mend."""
    done = auditor("audit", "--assets", "cut", folder=acme)
    unknown = done.out.partition("Unknown, and why:\n")[2].splitlines()

    assert unknown[0].split(maxsplit=1)[1] == "the configuration is cut off: its last line, 'end', is missing"
    assert int(unknown[0].split()[0]) > 20


def test_a_long_command_is_cut_in_tables_and_whole_in_json(auditor: Auditor, acme: Path) -> None:
    """A screen of shell script hides what was asked."""
    table = auditor("checks", "show", "ssh.root-login", folder=acme).out
    as_json = auditor("checks", "show", "ssh.root-login", "--format", "json", folder=acme).out

    assert max(map(len, table.splitlines())) < 130
    assert "echo '[end]'" in as_json


def test_each_evidence_can_be_shown(auditor: Auditor, acme: Path) -> None:
    """What was read, and what was known without asking: the day, and the dates of ends of life."""
    export = Path(__file__).parents[2] / "inventory/example/devices.csv"
    (acme / "inventory/company.yaml").write_text(f"include:\n  - {{path: {export}, format: intune}}\n")
    auditor("audit", folder=acme)
    listed = json.loads(auditor("evidence", "list", "--format", "json", folder=acme).out)
    shown = [auditor("evidence", "show", one["id"], folder=acme) for one in listed]

    assert [done.code for done in shown] == [0] * len(listed)
    assert any("# file at 20" in done.out for done in shown)
    assert {one["asked_at"] is None for one in listed} == {True, False}
