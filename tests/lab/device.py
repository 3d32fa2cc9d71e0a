"""A network device on loopback: an SSH server that plays a recorded command line: prompts, echo, enable, pager.

    with Device(Recording("rt-01", {"show clock": "12:00:00 UTC"})) as device:
        ... device.host, device.port, device.user, device.password, device.key

What a recording holds is said with the line ends of a terminal. A form feed in it makes the device pause there, as busy
devices do in the middle of a long answer.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import paramiko

from tests.lab.door import Door, speak
from tests.lab.hostile import Raw

PAUSE: Final = "\f"
_MORE: Final = " --More-- "
_WIPE: Final = "\b" * 9 + " " * 8 + "\b" * 9  # what IOS sends after a key was pressed at its pager


@dataclass(frozen=True)
class Recording:
    """What a device says. `level` is the privilege after the log-in; `enable` the secret that leads to level 15.

    `page` is the number of lines after which it asks for a key, 0 for none; `stubborn` keeps asking after
    `terminal length 0`. `hangs_up_after` ends the connection in the middle of that command's answer.
    """

    hostname: str
    commands: Mapping[str, str]
    level: int = 15
    enable: str = ""
    page: int = 24
    stubborn: bool = False
    pause: float = 0.6
    hangs_up_after: str = ""
    greeting: str = ""


@dataclass
class Device:
    """A running device; leaving the block ends it."""

    recording: Recording
    host: str = "127.0.0.1"
    user: str = "audit"
    password: str = "lab password"
    key: paramiko.PKey = field(default_factory=paramiko.ECDSAKey.generate)
    shape: Callable[[paramiko.Transport], None] = lambda wire: None
    plays: Callable[[paramiko.Channel, threading.Event], None] | None = None  # instead of the recording
    port: int = 0
    passwords_tried: list[str] = field(default_factory=list)
    commands_seen: list[str] = field(default_factory=list)
    sessions: int = 0
    _raw: "Raw | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Listen on a free port."""
        self._raw = Raw(self._serve, host=self.host, port=self.port).__enter__()
        self.port = self._raw.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody."""
        assert self._raw is not None
        self._raw.__exit__(kind, error, trace)

    def _serve(self, connection: socket.socket, ended: threading.Event) -> None:
        door = Door(self._judged, lambda channel: self._met(channel, ended))
        speak(connection, self.key, door, ended, self.shape)

    def _judged(self, user: str, method: str, secret: str) -> bool:
        self.passwords_tried.append(secret)
        return (user, secret) == (self.user, self.password)

    def _met(self, channel: paramiko.Channel, ended: threading.Event) -> None:
        self.sessions += 1
        if self.plays is not None:
            self.plays(channel, ended)
        else:
            _Terminal(self, channel, ended).run()


class _Terminal:
    """One session: reads keys, echoes them, and says what the recording holds."""

    def __init__(self, device: Device, channel: paramiko.Channel, ended: threading.Event) -> None:
        self.device, self.recording, self.channel, self.ended = device, device.recording, channel, ended
        self.level, self.page = device.recording.level, device.recording.page
        channel.settimeout(0.1)

    def run(self) -> None:
        for part in self.recording.greeting.split(PAUSE):
            self._say(part)
            time.sleep(self.recording.pause if self.recording.greeting else 0)
        self._say(self._prompt())
        while (line := self._line(echo=True)) is not None:
            command = " ".join(line.split())
            if command in {"exit", "quit"}:
                return
            if command:
                self.device.commands_seen.append(command)
                self._obey(command)
            self._say(self._prompt())

    def _prompt(self) -> str:
        return self.recording.hostname + ("#" if self.level > 1 else ">")

    def _obey(self, command: str) -> None:
        if command == "terminal length 0":
            self.page = self.page if self.recording.stubborn else 0
        elif command.startswith("terminal "):
            return
        elif command == "enable":
            self._enable()
        elif command == "show privilege" and command not in self.recording.commands:
            self._say(f"Current privilege level is {self.level}\n")
        elif command not in self.recording.commands or (self.level < 2 and "running-config" in command):
            self._say("             ^\n% Invalid input detected at '^' marker.\n\n")
        else:
            self._answer(command, self.recording.commands[command])

    def _enable(self) -> None:
        for _ in range(3):
            self._say("Password: ")
            secret = self._line(echo=False)
            if secret is None:
                return
            if self.recording.enable and secret == self.recording.enable:
                self.level = 15
                return
        self._say("% Bad secrets\n\n")

    def _answer(self, command: str, text: str) -> None:
        lines = text.splitlines(keepends=True)
        if command == self.recording.hangs_up_after:
            lines = lines[: len(lines) // 2]
        for number, line in enumerate(lines, 1):
            before, paused, after = line.partition(PAUSE)
            self._say(before)
            if paused:
                time.sleep(self.recording.pause)
                self._say(after)
            if self.page and number % self.page == 0 and number < len(lines) and not self._more():
                return
        if command == self.recording.hangs_up_after:
            raise EOFError

    def _more(self) -> bool:
        self._say(_MORE)
        key = self._key()
        self._say(_WIPE)
        return key == " "

    def _say(self, text: str) -> None:
        self.channel.sendall(text.replace("\n", "\r\n").encode())

    def _line(self, *, echo: bool) -> str | None:
        typed = ""
        while (key := self._key()) is not None:
            if key in "\r\n":
                self._say("\n")
                return typed
            typed += key
            if echo:
                self._say(key)
        return None

    def _key(self) -> str | None:
        while not self.ended.is_set():
            try:
                raw = self.channel.recv(1)
            except TimeoutError:
                continue
            return raw.decode("latin-1") if raw else None
        return None
