"""Forked processes that answer messages, so that more than one core reads, judges and encrypts.

A fork takes over what is loaded (content, inventory, plans, opened credentials) without a byte being sent. What was
opened before, such as a database, stays the parent's: a child opens its own. A child ends when its parent does, however
that ends, because its lines close then.
"""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self, TypeVar

from auditor.errors import AuditorError

ValueT = TypeVar("ValueT")
Answering = Callable[[bytes], bytes]  # may be called from several threads at once
_PATIENCE: Final = 5.0  # seconds that a child has to end by itself


class Ended(AuditorError):
    """The process that was to answer is gone."""


class Forks:
    """So many processes, each with so many threads that answer; every thread has a line of its own to the parent."""

    def __init__(self, processes: int, threads: int, begin: Callable[[], AbstractContextManager[Answering]]) -> None:
        """Say what each child begins with; nothing is forked yet."""
        self._processes, self._threads, self._begin = processes, threads, begin
        self._free: queue.SimpleQueue[Connection | None] = queue.SimpleQueue()
        self._lines: list[Connection] = []
        self._lives: list[Connection] = []
        self._children: list[multiprocessing.process.BaseProcess] = []

    def __enter__(self) -> Self:
        """Fork. Whoever does so has no other threads that could hold a lock."""
        context = multiprocessing.get_context("fork")
        for number in range(self._processes):
            pairs = [context.Pipe() for _ in range(self._threads)]
            life, living = context.Pipe()
            self._lines += [here for here, _ in pairs]
            self._lives.append(life)
            theirs, others = [there for _, there in pairs], [*self._lines, *self._lives]
            child = context.Process(
                target=_live, args=(living, theirs, others, self._begin), name=f"asking-{number}", daemon=True
            )
            child.start()
            for line in (living, *theirs):
                line.close()
            self._children.append(child)
        for line in self._lines:
            self._free.put(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the lines, and wait for the children; one that does not end is killed."""
        for line in (*self._lives, *self._lines):
            line.close()
        for child in self._children:
            child.join(_PATIENCE)
            if child.is_alive():
                child.kill()
                child.join()

    def answer(self, message: bytes) -> bytes:
        """Return what a child answers; waits for a free line. Raises Ended when the child is gone."""
        line = self._free.get()
        if line is None:
            self._free.put(None)
            raise Ended("every process that asks has ended")
        try:
            line.send_bytes(message)
            said = line.recv_bytes()
        except (EOFError, OSError) as error:
            self._lost(line)
            raise Ended("the process that asked has ended before its time") from error
        self._free.put(line)
        return said

    def _lost(self, line: Connection) -> None:
        self._lines.remove(line)
        line.close()
        if not self._lines:
            self._free.put(None)


def _live(
    living: Connection,
    lines: Sequence[Connection],
    others: Sequence[Connection],
    begin: Callable[[], AbstractContextManager[Answering]],
) -> None:
    """Be a child: answer on every line until the parent closes the line that says that it lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for line in others:
        line.close()  # else the parent's end would be open as long as any child lives
    with begin() as answering:
        for line in lines:
            threading.Thread(target=_serve, args=(line, answering), daemon=True).start()
        _over(living.recv_bytes)


def _serve(line: Connection, answering: Answering) -> None:
    with line:  # closed by a mistake of ours as well: the parent does not wait for an answer that never comes
        while True:
            message = _over(line.recv_bytes)
            said = answering(message)
            _over(partial(line.send_bytes, said))


def _over(step: Callable[[], ValueT]) -> ValueT:
    """Take a step on a line; when the parent has closed it, or is gone, there is nobody to live for."""
    try:
        return step()
    except (EOFError, OSError):
        os._exit(0)
