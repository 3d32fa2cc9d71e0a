"""A crowd of hosts of which a tenth is dead and a twentieth hangs, each in its own way.

    with Fleet(folder, policy="one") as fleet, Crowd(fleet, 300) as crowd: ... crowd.kinds["host-0004"]

Every host has an address of its own in 127.0.0.0/8. What it is like depends on the port that it is asked at: one
server for each kind listens on all addresses, in another process.
"""

import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from tests.lab.apart import Apart, ready
from tests.lab.fleet import LINUX, Deaf, Fleet
from tests.lab.hostile import Impostor, Raw, greeting_only, silent

_POLICY: Final = """\
policy: one
version: "1"
title: What is asked of a crowd
controls:
  - id: ONE-01
    title: A host is asked one thing
    applies_to: {platform: [linux]}
    checks:
      lab.whole:
"""


class Kind(StrEnum):
    """What a host is like."""

    ANSWERING = "answering"
    REFUSING = "refusing"  # nothing listens there
    DROPPING = "dropping"  # behind a firewall that says nothing
    MUTE = "mute"  # takes the connection, and says nothing
    GREETING = "greeting"  # greets, and agrees on no keys
    STALLING = "stalling"  # lets nobody in, and refuses nobody


DEAD: Final = (Kind.REFUSING, Kind.DROPPING)
HANGING: Final = (Kind.MUTE, Kind.GREETING, Kind.STALLING)


@dataclass
class Crowd:
    """The hosts of a fleet's workspace, and the servers that they are; the workspace is written."""

    fleet: Fleet
    size: int
    kinds: dict[str, Kind] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> Self:
        """Start the servers and list the hosts."""
        try:
            ports = self._stack.enter_context(Apart("tests.lab.crowd"))
            for number in range(self.size):
                self._add(number, ports)
        except BaseException:
            self._stack.close()
            raise
        workspace = self.fleet.workspace
        (workspace.folder / "policies" / "one.yaml").write_text(_POLICY)
        workspace.write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the servers."""
        self._stack.close()

    def of(self, *kinds: Kind) -> set[str]:
        """Return the names of the hosts that are like this."""
        return {name for name, kind in self.kinds.items() if kind in kinds}

    def _add(self, number: int, ports: dict[str, int]) -> None:
        kind, name = kind_of(number), f"host-{number:04}"
        ssh = {"port": ports.get(kind, self.fleet.sshd.port), "credential": "key"}
        self.fleet.workspace.asset(name, **{**LINUX, "addresses": [self.fleet.address()], "transports": {"ssh": ssh}})
        self.kinds[name] = kind


def kind_of(number: int) -> Kind:
    """Return what the nth host is like: of twenty, two are dead and one hangs."""
    if number % 10 == 3:
        return DEAD[number // 10 % len(DEAD)]
    return HANGING[number // 20 % len(HANGING)] if number % 20 == 7 else Kind.ANSWERING


def main() -> None:
    """Be every kind that does not answer until standard input ends."""
    everywhere = "0.0.0.0"  # noqa: S104  (every 127.x.y.z is to be a host)
    with ExitStack() as stack:
        closed = stack.enter_context(socket.socket())
        closed.bind((everywhere, 0))  # without listening: the port stays taken, and refuses
        servers: dict[str, Deaf | Raw | Impostor] = {
            Kind.DROPPING: stack.enter_context(Deaf(everywhere)),
            Kind.MUTE: stack.enter_context(Raw(silent, host=everywhere)),
            Kind.GREETING: stack.enter_context(Raw(greeting_only, host=everywhere)),
            Kind.STALLING: stack.enter_context(Impostor(hangs=True, host=everywhere)),
        }
        ready(**{Kind.REFUSING: closed.getsockname()[1]}, **{kind: server.port for kind, server in servers.items()})


if __name__ == "__main__":
    main()
