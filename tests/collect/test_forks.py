"""Forked processes answer over their own lines, and end with whoever forked them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.collect.forks import Ended, Forks


@contextmanager
def echoing() -> Iterator[Callable[[bytes], bytes]]:
    yield lambda message: message[::-1] + b" by %d" % os.getpid()


@contextmanager
def dying() -> Iterator[Callable[[bytes], bytes]]:
    def answer(message: bytes) -> bytes:
        if message == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        return message

    yield answer


@contextmanager
def mistaken() -> Iterator[Callable[[bytes], bytes]]:
    def answer(message: bytes) -> bytes:
        if message == b"0":
            raise OSError("a mistake")
        return message

    yield answer


def test_every_process_answers_and_big_messages_come_whole():
    """Lines of both children are used at once, and 10 MB come back as they went."""
    big = b"x" * 10_000_000
    with Forks(2, 2, echoing) as forks:
        said: list[bytes] = []
        threads = [threading.Thread(target=lambda: said.append(forks.answer(big))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {big} == {one.rpartition(b" by ")[0] for one in said}
    assert 2 == len({one.rpartition(b" by ")[2] for one in said})


def test_a_child_that_is_killed_is_said_and_the_other_goes_on():
    """Its message is lost with it; all others are answered, until no child is left."""
    with Forks(2, 1, dying) as forks:
        with pytest.raises(Ended, match="before its time"):
            forks.answer(b"die")
        assert [b"a", b"b"] == [forks.answer(b"a"), forks.answer(b"b")]
        with pytest.raises(Ended, match="before its time"):
            forks.answer(b"die")
        for _ in range(2):
            with pytest.raises(Ended, match="every process"):
                forks.answer(b"c")


def test_a_mistake_in_a_child_costs_one_line():
    """Nobody waits for an answer that never comes."""
    with Forks(1, 2, mistaken) as forks:
        with pytest.raises(Ended):
            forks.answer(b"0")
        assert b"1" == forks.answer(b"1")


PARENT = """
import sys, time
from contextlib import contextmanager
from auditor.collect.forks import Forks
@contextmanager
def begin():
    yield lambda message: (print(message.decode(), flush=True), time.sleep(60))[0] or b""
with Forks(2, 1, begin) as forks:
    print(*(child.pid for child in forks._children), flush=True)
    forks.answer(b"busy")
"""


def test_children_end_when_their_parent_is_killed():
    """SIGKILL leaves no time to say goodbye; the lines close all the same."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [int(word) for word in parent.stdout.readline().split()]
        assert 2 == len(children)
        parent.kill()
    deadline = time.monotonic() + 20
    while left := [pid for pid in children if alive(pid)]:
        assert time.monotonic() < deadline, f"{left} still live"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
