"""A name server that is gone costs a few seconds a name and a sentence, not half a minute and a hang."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.transports.scope import resolved
from tests.lab.workspace import LabWorkspace
from tests.make import ROOT

SILENT = "127.83.0.53"


def never(over: threading.Event) -> object:
    """Return a look-up that does not end before the test does."""

    def look_up(name: str) -> list[str]:
        over.wait()
        return [name]

    return look_up


@pytest.fixture
def over() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_look_up_without_end_is_given_up(over: threading.Event) -> None:
    """With the name, the time that was waited, and where to look."""
    with pytest.raises(Unreachable) as caught:
        resolved("web-01.example.com", seconds=0.05, look_up=never(over))  # type: ignore[arg-type]

    assert str(caught.value) == (
        "the name web-01.example.com does not resolve: no answer within 0.05 s; "
        "is this machine's name server there (/etc/resolv.conf)?"
    )


def test_a_look_up_that_fails_says_why() -> None:
    """In the resolver's own words."""

    def missing(name: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Unreachable, match=r"no-such-host does not resolve: .*Name or service not known"):
        resolved("no-such-host", look_up=missing)


def test_names_of_this_machine_resolve_without_a_name_server() -> None:
    """`localhost` stands in a file."""
    assert "127.0.0.1" in resolved("localhost")


def apart() -> bool:
    """Whether this account may have a view of its own on the file system."""
    program = shutil.which("unshare")
    return bool(program) and os.geteuid() == 0 and subprocess.run([program, "-m", "true"], check=False).returncode == 0


def without_names(tmp_path: Path, *words: str, env: dict[str, str] | None = None) -> tuple[str, str, int, bytes]:
    """Run a program whose name server is a socket that stays silent; return what it said, its status, and a question.

    It has a view of its own on two files of /etc.
    """
    (tmp_path / "resolv.conf").write_text(f"nameserver {SILENT}\noptions timeout:30 attempts:5\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    mounts = [
        f"mount --bind {tmp_path / name} /etc/{name}"
        for name in ("resolv.conf", "nsswitch.conf")
        if Path("/etc", name).exists()
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((SILENT, 53))
        done = subprocess.run(
            [str(shutil.which("unshare")), "-m", "sh", "-c", " && ".join([*mounts, 'exec "$0" "$@"']), *words],
            capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env=env,
        )  # fmt: skip
        silent.setblocking(False)
        return done.stdout, done.stderr, done.returncode, silent.recv(512)


@pytest.mark.lab
@pytest.mark.skipif(not apart(), reason="needs root and unshare(1)")
def test_a_name_server_that_never_answers(tmp_path: Path) -> None:
    """The real resolver asks a real socket that stays silent; the process ends although the look-up has not."""
    code = (
        "from auditor.transports.scope import resolved\n"
        "from auditor.errors import Unreachable\n"
        "try: resolved('web-01.example.com', seconds=0.5)\n"
        "except Unreachable as why: print(why)\n"
    )
    out, err, _, question = without_names(tmp_path, sys.executable, "-c", code)

    assert b"web-01" in question
    assert "web-01.example.com does not resolve: no answer within 0.5 s" in out
    assert err == ""


@pytest.mark.lab
@pytest.mark.skipif(not apart(), reason="needs root and unshare(1)")
def test_an_audit_without_a_name_server_says_so_of_each_asset(tmp_path: Path) -> None:
    """Whatever is asked of it: what has an address is audited as ever, and what was stored before is there."""
    workspace = LabWorkspace(tmp_path / "lab", policy="quick")
    workspace.credential("key", texts={"user": "audit"}, password="a password", community="a community")
    for number in range(6):
        ways = {"ssh": {"credential": "key"}, "snmp": {"credential": "key"}, "nmap": {}}
        named = {"kind": "server", "platform": "linux", "addresses": [f"web-{number}.example"], "tags": ["snmp"]}
        workspace.asset(f"web-{number}", **named, transports=ways)
    (workspace.folder / "inventory" / "rt.cfg").write_text("version 15.2\nhostname rt-01\nline vty 0 4\n!\nend\n")
    transports = {"file": {"configuration": "rt.cfg"}}
    workspace.asset("rt-01", kind="router", platform="cisco-ios", transports=transports)
    workspace.write()

    out, err, status, _ = without_names(tmp_path, *workspace.command("audit"), env=workspace.environment())

    assert (status, "Traceback" in err) == (1, False)
    said = "name server there (/etc/resolv.conf)?"
    assert out.count(said) == err.count(said) == 6
    assert "Coverage: 1 of 7 assets answered" in out
    assert workspace.run("audit", "--assets", "rt-01").status in {0, 1}
