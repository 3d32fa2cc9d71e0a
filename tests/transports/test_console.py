"""A device's command line where the device does not play along."""

import time

from auditor.transports.console import Console, console_on


class Talker:
    """A line on which somebody says the same for ever, as fast as it is read."""

    def __init__(self, said: bytes) -> None:
        self.said = said
        self.sent = b""

    def recv(self, nbytes: int) -> bytes:
        return self.said[:nbytes]

    def sendall(self, s: bytes) -> None:
        self.sent += s

    def settimeout(self, timeout: float | None) -> None:
        del timeout


def test_a_device_that_never_stops_talking_is_given_up() -> None:
    """What it said before a question is read away, and that once had no end and no deadline."""
    line = Talker(b"%LINK-3-UPDOWN: Interface changed state\n" * 100)
    began = time.monotonic()

    said = Console(line, "rt-01#").ask("show clock", end="", seconds=1, most_bytes=1024)

    assert time.monotonic() - began < 10
    assert not said.usable
    assert said.problem == "the device does not stop talking, so its answer would have no beginning"
    assert line.sent == b""


def test_no_prompt_is_found_in_a_flood() -> None:
    """And it is not kept: a gigabyte of greeting is no gigabyte of memory."""
    assert console_on(Talker(b"rt-01# " * 9000), 1.0) is None
