"""A machine is asked about itself by one shell, which leaves nothing behind."""

import shutil
import time
from pathlib import Path

import pytest

from auditor.errors import Undeclared
from auditor.model.asset import Access, Channel
from auditor.model.probe import Limits, Saved, Shell
from auditor.transports.local import Local
from tests.lab.hostile import wait_until
from tests.make import asset

LOCAL = Access(channel=Channel.LOCAL)


def ask(*requests, seconds=60.0):
    return Local(asset_seconds=seconds).ask(asset(), LOCAL, requests)


def running(word: str) -> bool:
    """Whether some process has a word among its arguments."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def test_answers_come_in_the_order_of_the_requests():
    """Each with its own text, status and account."""
    found = ask(Shell("echo first"), Shell("exit 2"), Shell("echo third; exit 1", ok=(1,)))

    assert [answer.text for answer in found] == ["first\n", "", "third\n"]
    assert [answer.exit_status for answer in found] == [0, 2, 1]
    assert [answer.problem for answer in found] == ["", "exit status 2", ""]
    assert {answer.channel for answer in found} == {Channel.LOCAL}
    assert all(answer.privilege for answer in found)


def test_nothing_to_ask():
    """No request, no answer."""
    assert ask() == []


@pytest.mark.skipif(shutil.which("ionice") is None, reason="ionice is not installed")
def test_whatever_is_asked_gives_way_to_everything_else():
    """The commands, and those that they start, run at a low priority for processor and disk."""
    processor, disk = ask(Shell("nice"), Shell("sh -c 'ionice -p $$'"))

    assert int(processor.text) >= 10
    assert disk.text == "best-effort: prio 7\n"


def test_large_script_and_large_answer():
    """More than a pipe holds, in both directions."""
    text = "x" * 1000
    found = ask(*[Shell(f"echo '{text}'")] * 200, Shell("head -c 3000000 /dev/zero | tr '\\0' y; echo"))

    assert {answer.text for answer in found[:-1]} == {f"{text}\n"}
    assert len(found[-1].text) == 3_000_001


def test_asset_deadline_ends_everything():
    """What was answered before stays; nothing that was started still runs."""
    found = ask(Shell("echo first"), Shell("sleep 4321.5; sleep 4321.5"), Shell("echo third"), seconds=1.0)

    assert [answer.problem for answer in found] == [
        "",
        "the answer was cut off: the time for this asset was up",
        "not asked: the time for this asset was up",
    ]
    assert found[0].text == "first\n"
    assert wait_until(lambda: not running("4321.5"))


def test_background_process_does_not_hold_the_audit_up():
    """A command that leaves a process with its output open is given up when its time is over."""
    began = time.monotonic()

    found = ask(Shell("sleep 4322.5 & echo left", limits=Limits(seconds=1)), Shell("echo next"), seconds=30)

    assert "a command did not end within its time" in found[0].problem
    assert time.monotonic() - began < 20
    assert wait_until(lambda: not running("4322.5"))


def test_environment_of_auditor_is_not_passed_on(monkeypatch):
    """It may hold the secrets of other assets."""
    monkeypatch.setenv("AUDITOR_TEST_PASSWORD", "canary-7f2e")

    (answer,) = ask(Shell("env"))
    assert "HOME=" in answer.text
    assert "canary" not in answer.text


def test_other_requests_are_refused():
    """A shell is asked shell commands only."""
    with pytest.raises(Undeclared):
        ask(Shell("id"), Saved())
