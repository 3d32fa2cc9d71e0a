"""Connections to jump hosts (ssh_config(5), ProxyJump), each shared by the hosts behind it.

A jump host is logged in to as any other host: within the scope, its key judged, its refusals counted. From it a channel
leads on (RFC 4254, section 7.2) in which the connection to the next host is encrypted for itself.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

from paramiko.ssh_exception import ChannelException, SSHException

from auditor.errors import CollectionError, TimedOut, Unreachable
from auditor.model.asset import JumpHost
from auditor.transports.ssh_sockets import Onward
from auditor.transports.ssh_wire import Dial, Target, Wire, left, said

_LINGER: Final = 10.0  # seconds that a connection stays when nobody uses it
_GRUDGE: Final = 30.0  # seconds for which a jump host that did not let us in is not asked again
_PROHIBITED: Final = 1  # SSH_OPEN_ADMINISTRATIVELY_PROHIBITED

Reach = Callable[[JumpHost, float], AbstractContextManager[Wire]]


class Jumps:
    """The connections to jump hosts that are open in this process."""

    def __init__(self, reach: Reach) -> None:
        """Log in to a jump host by `reach`."""
        self._reach = reach
        self._lock = threading.Lock()
        self._open: dict[JumpHost, _Shared] = {}
        self._process = os.getpid()

    @contextmanager
    def through(self, host: JumpHost, deadline: float) -> Iterator[Dial]:
        """Give the way to connect to what lies behind a jump host. Raises CollectionError."""
        shared = self._taken(host)
        try:
            wire = shared.wire(deadline)
            yield lambda target, until: _tunnel(wire, host.name, target, until)
        finally:
            shared.let_go()

    def _taken(self, host: JumpHost) -> "_Shared":
        with self._lock:
            if self._process != os.getpid():  # a connection cannot be shared with the process that this one came from
                self._open, self._process = {}, os.getpid()
            shared = self._open.setdefault(host, _Shared(host, self._reach))
            shared.take()
            return shared


class _Shared:
    """The connection to one jump host, made when it is first needed and closed a while after its last use."""

    def __init__(self, host: JumpHost, reach: Reach) -> None:
        self._host, self._reach = host, reach
        self._lock = threading.Lock()  # held while connecting
        self._count = threading.Lock()
        self._users = 0
        self._used_at = 0.0
        self._held = ExitStack()
        self._wire: Wire | None = None
        self._failure: tuple[CollectionError, float] | None = None

    def take(self) -> None:
        with self._count:
            self._users += 1

    def let_go(self) -> None:
        with self._count:
            self._users -= 1
            self._used_at = time.monotonic()
            if self._users or self._wire is None:
                return
        late = threading.Timer(_LINGER, self._close_unused)
        late.daemon = True
        late.start()

    def wire(self, deadline: float) -> Wire:
        """Return the connection. Raises CollectionError, also for a while after it could not be had."""
        if not self._lock.acquire(timeout=left(deadline)):
            raise TimedOut(f"jump host {self._host.name}: the connection was still being made when the time was up")
        try:
            if self._failure and time.monotonic() - self._failure[1] < _GRUDGE:
                raise type(self._failure[0])(str(self._failure[0]))
            if self._wire is None or not self._wire.is_active():
                self._wire = self._connected(deadline)
            return self._wire
        finally:
            self._lock.release()

    def _connected(self, deadline: float) -> Wire:
        self._held.close()
        try:
            return self._held.enter_context(self._reach(self._host, deadline))
        except CollectionError as why:
            failure = type(why)(f"jump host {self._host.name}: {why}")
            if time.monotonic() < deadline:  # else it is this host's time that was up, and says nothing to others
                self._failure = failure, time.monotonic()
            raise failure from why

    def _close_unused(self) -> None:
        with self._lock, self._count:
            if self._users == 0 and time.monotonic() - self._used_at >= _LINGER:
                self._wire = None
                self._held.close()


def _tunnel(wire: Wire, name: str, target: Target, until: float) -> Onward:
    """Return a connection from a jump host to a target. Raises TimedOut and Unreachable."""
    place = (str(target.address), target.port)
    try:
        return Onward(wire.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=left(until)))
    except ChannelException as refusal:
        why = "forbids to go on from it" if refusal.code == _PROHIBITED else f"has no connection: {said(str(refusal))}"
        raise Unreachable(f"{target}: the jump host {name} {why}") from refusal
    except (SSHException, EOFError, OSError) as error:
        if time.monotonic() >= until or "Timeout" in str(error):
            raise TimedOut(f"{target}: no connection through the jump host {name} in time") from error
        raise Unreachable(f"{target}: the jump host {name} closed the connection") from error
