"""A network device's command line, read so that a cut answer cannot be taken for a whole one.

A prompt in the middle of an answer (in a description, in a banner) ends nothing: an answer is over when the prompt is
the last thing said, the end marker stands right before it, and the device stays silent. Pagers are answered and their
remains removed, so that a device on which paging cannot be switched off is read all the same.
"""

import codecs
import re
import time
from dataclasses import dataclass, field
from typing import Final, Protocol

_TICK: Final = 0.05
_SETTLED: Final = 0.2  # seconds of silence behind an end marker and a prompt
_QUIET: Final = 1.0  # seconds of silence behind a prompt, where no end marker is known
_LINGER: Final = 4.0  # seconds of silence behind a prompt without the end marker that was due: nothing more will come
_DRAIN: Final = 5.0  # seconds in which a device must fall silent before it is asked
_TAIL: Final = 4096  # characters in which a prompt, a pager or an end marker is looked for
_PIECE: Final = 64 * 1024

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][0-9A-Z]|[=>78EMc])")
_MORE: Final = r"(?:<?-{2,3} ?\(?more(?: \d+%)?\)? ?-{2,3}>?)"
_PAGER: Final = re.compile(rf"(?:^|[\n\r])[ ]?{_MORE}[ ]*\Z", re.IGNORECASE)
_REMAINS: Final = re.compile(rf" ?{_MORE} ?(?:\x08+ *\x08*|\r *\r)", re.IGNORECASE)
_REFUSED: Final = re.compile(
    r"^\s*(%\s*(?:invalid|incomplete|ambiguous|unknown|unrecognized|authorization|error|bad|access|permission|cannot)"
    r".*|(?:% ?)?command authorization failed.*|.*permission denied.*|syntax error.*|unknown command.*)$",
    re.IGNORECASE | re.MULTILINE,
)


class Line(Protocol):
    """What a console needs of a paramiko channel."""

    def recv(self, nbytes: int, /) -> bytes:
        """Return bytes, none at the end. Raises TimeoutError when none came in time."""
        ...

    def sendall(self, s: bytes, /) -> None:
        """Send bytes. Raises OSError."""
        ...

    def settimeout(self, timeout: float | None, /) -> None:
        """Say how long to wait."""
        ...


class Lost(Exception):
    """The connection ended."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a device said to a command; `problem` is empty when that is whole. `usable` tells whether to go on."""

    text: str
    problem: str = ""
    usable: bool = True


def console_on(line: Line, seconds: float) -> "Console | None":
    """Return the console at whose prompt a device waits, or None when it shows none in time.

    The prompt is what it says to an empty line, twice in a row: a greeting may look like a prompt, but comes once.
    """
    until = time.monotonic() + seconds
    console, before = Console(line, ""), ""
    while time.monotonic() < until:
        line.sendall(b"\n")
        heard = console.until_quiet(until)
        prompt = heard.rstrip().rpartition("\n")[2].strip()
        if prompt and prompt == before:
            console.prompt = prompt
            return console
        before = prompt
    return None


@dataclass(slots=True)
class Console:
    """A session on a device's command line. `prompt` is the whole prompt, such as `rt-01#`."""

    line: Line
    prompt: str
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def ask(self, command: str, *, end: str, seconds: float, most_bytes: int) -> Said:
        """Return the answer to a command; `end` is the regular expression of its last line, or empty."""
        try:
            if not self._drained():
                return Said("", "the device does not stop talking, so its answer would have no beginning", usable=False)
            self.line.sendall(command.encode() + b"\n")
            text, problem, usable = self._answer(end, time.monotonic() + seconds, most_bytes)
        except (Lost, OSError):
            return Said("", "the connection was lost before the answer was complete", usable=False)
        text = _without_echo(cleaned(text), command, self.prompt)
        refusal = _REFUSED.search(text) if len(text) < 1000 else None
        if not problem and refusal:
            problem = f"the device refused {command!r}: {' '.join(refusal[1].split())[:120]}"
        return Said(text, problem, usable)

    def tell(self, text: str, pattern: str, seconds: float) -> str:
        """Return what is said to a line of text until it ends in the pattern or time is up. Raises Lost, OSError."""
        if not self._drained():
            raise Lost
        self.line.sendall(text.encode() + b"\n")
        until = time.monotonic() + seconds
        heard = ""
        while time.monotonic() < until:
            heard = (heard + self._heard())[-_PIECE:]
            if re.search(rf"(?:{pattern})\s*\Z", cleaned(heard)[-_TAIL:]):
                break
        return cleaned(heard).rstrip()

    def until_quiet(self, until: float) -> str:
        """Return what is said until the device has been silent for a moment. Raises Lost."""
        heard, spoke = "", time.monotonic()
        while (now := time.monotonic()) < until and (now - spoke < _SETTLED or not heard):
            if piece := self._heard():
                heard, spoke = (heard + piece)[-_PIECE:], time.monotonic()
        return cleaned(heard)

    def _answer(self, end: str, until: float, most: int) -> tuple[str, str, bool]:
        """Return text, problem, and whether the session is in step afterwards."""
        heard: list[str] = []
        tail, size = "", 0
        spoke = time.monotonic()
        while True:
            piece, now = self._heard(), time.monotonic()
            if piece:
                heard.append(piece)
                size += len(piece.encode())
                tail, spoke = (tail + piece)[-_TAIL:], now
            if size > most:
                return "".join(heard), f"the answer is larger than {most} bytes and was cut", False
            if not piece and _PAGER.search(_ANSI.sub("", tail)):
                self.line.sendall(b" ")
                spoke = now
            elif not piece and (over := self._over(tail, end, now - spoke)) is not None:
                return "".join(heard), over, True
            if now >= until:
                return "".join(heard), "the answer was not complete in time", False

    def _over(self, tail: str, end: str, silence: float) -> str | None:
        """Return None while more may come, an empty text when the answer is whole, else what is wrong with it."""
        lines = [line.rstrip() for line in cleaned(tail).split("\n")]
        if lines[-1].strip() != self.prompt:
            return None
        above = [line for line in lines[:-1] if line][-3:]
        if not end:
            return "" if silence >= _QUIET else None
        if any(re.search(end, line) for line in above):
            return "" if silence >= _SETTLED else None
        if _REFUSED.search("\n".join(above)) and silence >= _QUIET:
            return ""
        return f"the answer is cut off: no line matches {end!r} at its end" if silence >= _LINGER else None

    def _drained(self) -> bool:
        """Forget what was said before, so that it is not taken for this answer; return whether that had an end."""
        until = time.monotonic() + _DRAIN
        while self._heard():
            if time.monotonic() > until:
                return False
        return True

    def _heard(self) -> str:
        """Return what arrives within a tick. Raises Lost."""
        self.line.settimeout(_TICK)
        try:
            raw = self.line.recv(_PIECE)
        except TimeoutError:
            return ""
        if not raw:
            raise Lost
        return self._decoder.decode(raw)


def cleaned(text: str) -> str:
    """Return what a person would see: no terminal codes, no pager, no carriage returns."""
    text = _REMAINS.sub("", _ANSI.sub("", text).replace("\0", ""))
    text = re.sub(r"\r+\n", "\n", text).replace("\r", "")
    return "\n".join(map(_overtyped, text.split("\n"))) if "\b" in text else text


def _overtyped(line: str) -> str:
    """Return a line with each backspace done to it."""
    kept: list[str] = []
    for letter in line:
        if letter != "\b":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def _without_echo(text: str, command: str, prompt: str) -> str:
    """Return an answer without the command's echo at its beginning and the prompt at its end."""
    lines = text.split("\n")
    for number, line in enumerate(lines[:3]):
        if line.strip().removeprefix(prompt).strip() == command:
            lines = lines[number + 1 :]
            break
    if lines and lines[-1].strip() == prompt:
        lines.pop()
    return "\n".join(lines).strip("\n") + "\n" if any(lines) else ""
