"""What came back of a script: two streams of bytes become sections, and sections answers.

Pure: the time at which bytes arrived is given.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from auditor.model.asset import Channel
from auditor.model.probe import ASKED_AS_ROOT, KIBIBYTE, Answer, Shell
from auditor.transports.base import Last
from auditor.transports.become import TOOLS, refusal, unprompted, why_not
from auditor.transports.script import KILL_AFTER, pauses, raw_digest, twins

GRACE: Final = KILL_AFTER + 5.0  # seconds beyond a request's own limit in which the host must have moved on

_SETTLE: Final = 2.0  # seconds for standard error to catch up with standard output
_LONGEST_MARKER: Final = 512
_MOST_NOISE: Final = 64 * KIBIBYTE  # before the first marker, between sections, and of complaints
_TOO_EARLY: Final = "came before the shell's first word"
_TIMED_OUT: Final = {"group": (124,), "one": (124, 143), "perl": (142,)}
_STATUS: Final = re.compile("[0-9]{1,3}")
_NOT_FOUND: Final = (
    re.compile(r"(?:^|: )['\"]?([\w./+-]+)['\"]?: (?:command )?not found$"),
    re.compile(r"(?:failed to run command|can't execute) '([^']+)': No such file or directory$"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """What a host did with one request. `seconds` are from its begin to its end, or to where the stream broke off."""

    text: bytes = b""
    status: int | None = None
    complaint: str = ""  # the last line on standard error
    heard: bool = False  # whether standard error has come as far as that
    privilege: str = ""
    begun: float | None = None
    seconds: float = 0.0
    ended: bool = False
    truncated: bool = False
    timed_out: bool = False
    refused: str = ""
    unchanged: bool = False


class Transcript:
    """Reads a session's streams as they arrive; `at` is the time of arrival on any clock that only moves forward."""

    def __init__(self, requests: Sequence[Shell], nonce: str, last: Last | None = None) -> None:
        """Expect the answers to these requests, marked with this nonce; `last` is what the script was given of them."""
        self._requests, self._last, self._twins = requests, last, twins(requests)
        self._texts, self._complaints = _Stream(nonce), _Stream(nonce)
        self._seen = [_Seen() for _ in requests]
        self._silence = _silence(requests, known=last is not None)
        self._current: int | None = None
        self._complaining: _Seen | None = None
        self._next = 0
        self._at = 0.0
        self._account, self._privilege, self._limit, self._tool, self._state = "", "", "none", "", ""
        self.started = self.ended = self.settled = False

    def out(self, data: bytes, at: float) -> None:
        """Take bytes of standard output."""
        self._at = at
        for before, marker in self._texts.feed(data):
            match marker:
                case ["H", uid, name, limit, tool, state] if not self.started:
                    self._greet(uid, name, limit, tool, state)
                case [kind, index, *words] if self.started and self._current is None and index == str(self._next):
                    self._follows(kind, words)
                case [kind, index, *words] if self._current is not None and index == str(self._current):
                    self._goes_on(kind, words, before)
                case ["Z"] if self._next == len(self._requests) and self._current is None and self.started:
                    self.ended = True

    def complain(self, data: bytes) -> None:
        """Take bytes of standard error."""
        for before, marker in self._complaints.feed(data):
            if self._complaining:
                self._complaining.heard, self._complaining.complaint = True, _last_line(before)
                self._complaining = None
            match marker:
                case ["B", index] if index.isdecimal() and int(index) < len(self._seen):
                    self._complaining = self._seen[int(index)]
                case ["Z"]:
                    self.settled = True
        self._complaints.forget(_MOST_NOISE)

    @property
    def done(self) -> bool:
        """Whether nothing more is to come."""
        return self.ended and self.settled

    @property
    def noise(self) -> str:
        """Return what came where the script's first words should have come: what a login that runs no shell says."""
        return "" if self.started else _last_line(self._texts.pending) or _last_line(self._complaints.pending)

    def left(self, now: float, deadline: float) -> float:
        """Return for how many seconds more to wait: for the request being answered, and for the asset as a whole."""
        if self.ended:
            return min(deadline - now, self._at + _SETTLE - now)
        if not self.started or (self._current is None and self._next == len(self._seen)):
            return deadline - now
        index = self._next if self._current is None else self._current
        begun = self._seen[index].begun or self._at
        return min(deadline, begun + self._silence[index] + GRACE) - now

    def stop(self, now: float, deadline: float) -> str:
        """Return why to read no further, or nothing."""
        cap = 0 if self._current is None else self._requests[self._current].limits.bytes
        if self._texts.waiting > cap + _MOST_NOISE:
            return "the output had no end" if self.started else f"more than {_MOST_NOISE} bytes {_TOO_EARLY}"
        if self.left(now, deadline) > 0:
            return ""
        return "the time for this asset was up" if now >= deadline else "a command did not end within its time"

    def sections(self) -> list[Section]:
        """Return what became of each request so far."""
        return [self._section(index, seen) for index, seen in enumerate(self._seen)]

    def answers(self, channel: Channel, asked_at: datetime, stopped: str = "") -> list[Answer]:
        """Return an answer a request; `stopped` says why the session ended before the script did."""
        start = next((seen.begun for seen in self._seen if seen.begun is not None), 0.0)
        answers = []
        for request, section in zip(self._requests, self.sections(), strict=True):
            known = self._last.digests.get(request, "") if self._last else ""
            why = problem(request, section, stopped or "the connection closed", known=bool(known))
            answers.append(
                Answer(
                    request=request,
                    channel=channel,
                    asked_at=asked_at + timedelta(seconds=(section.begun or start) - start),
                    text=_text(section.text),
                    problem=why,
                    exit_status=section.status,
                    seconds=round(section.seconds, 3),
                    privilege=section.privilege,
                    raw="" if why else known if section.unchanged else self._raw(section),
                    unchanged=section.unchanged and not why,
                )
            )
        return answers

    def _raw(self, section: Section) -> str:
        if self._last is None or section.status is None:
            return ""
        return raw_digest(self._last.key, section.status, section.text)

    def _greet(self, uid: str, name: str, limit: str, tool: str, state: str) -> None:
        self.started = True
        self._limit, self._tool, self._state = limit, tool if tool in TOOLS else "sudo", state
        self._account = "root" if uid == "0" else f"{name} (uid {uid})"
        self._privilege = "root" if uid == "0" else f"root ({self._tool} from {name}, uid {uid})"

    def _follows(self, kind: str, words: list[str]) -> None:
        """Take the next request's first marker: it begins, or is passed over for the one that was asked as root."""
        if self._next == len(self._seen):
            return
        seen = self._seen[self._next]
        if kind == "B" and len(words) == 1:
            self._current = self._next
            seen.how, seen.begun = words[0], self._at
        elif kind == "T" and not words:
            seen.passed_over = True
        else:
            return
        self._next += 1

    def _goes_on(self, kind: str, words: list[str], before: bytes) -> None:
        """Take a further marker of the request that is being answered: it is put again, or it ends."""
        assert self._current is not None
        seen = self._seen[self._current]
        if kind == "A" and not seen.again:
            seen.again, seen.begun = True, self._at
        elif kind in {"E", "U"}:
            seen.unchanged = kind == "U"
            seen.status = int(words[0]) if len(words) == 1 and _STATUS.fullmatch(words[0]) else None
            seen.text = b"" if seen.unchanged else before[: self._requests[self._current].limits.bytes + 1]
            seen.finished = self._at
            self._current = None

    def _section(self, index: int, seen: "_Seen") -> Section:
        if seen.passed_over:
            twin = self._twins.get(index)
            return Section(refused="" if twin is None else ASKED_AS_ROOT)
        if seen.begun is None:
            return Section()
        cap = self._requests[index].limits.bytes
        ended = seen.finished is not None
        text = seen.text if ended else bytes(self._texts.pending[: cap + 1])
        complaint = unprompted(self._tool, seen.complaint) if seen.how == "a_root" else seen.complaint
        refused = why_not(self._tool, self._state) if seen.how == "a_refuse" else ""
        if seen.how == "a_root" and seen.status in (1, 126):
            refused = refusal(self._tool, complaint)
        return Section(
            text=text[:cap],
            status=None if seen.how == "a_refuse" else seen.status,
            complaint=complaint,
            heard=seen.heard,
            privilege=self._privilege if seen.how == "a_root" and not refused else self._account,
            begun=seen.begun,
            seconds=(seen.finished or self._at) - seen.begun,
            ended=ended,
            truncated=len(text) > cap,
            timed_out=seen.status in _TIMED_OUT.get(self._limit, ()),
            refused=refused,
            unchanged=seen.unchanged,
        )


def problem(request: Shell, section: Section, stopped: str, *, known: bool = False) -> str:
    """Return why a section is no complete, permitted answer, in words; empty when it is one.

    Only a `known` answer, one that was had last time, can be unchanged.
    """
    seconds = f"{request.limits.seconds:g} s"
    bad = section.status is not None and section.status not in request.ok
    reasons = (
        (section.refused, section.refused),
        (section.begun is None, f"not asked: {stopped}"),
        (section.truncated, f"the answer was cut off after {request.limits.bytes} bytes"),
        (not section.ended, f"the answer was cut off: {stopped}"),
        (section.timed_out, f"gave no complete answer within {seconds}"),
        (not section.heard, "what it complained of did not arrive"),
        (section.status is None, "its exit status did not arrive"),
        (bad, _failure(section.status or 0, section.complaint, seconds)),
        (section.unchanged and not known, "the host says that this did not change, but was never told what it was"),
        (_silent(request, section), "the answer is empty" + (section.complaint and f": {section.complaint}")),
    )
    return next((reason for applies, reason in reasons if applies), "")


def _silence(requests: Sequence[Shell], *, known: bool) -> list[float]:
    """Return for how many seconds a host may say nothing while it answers each request.

    Where it compares answers with the last ones, it may be silent until the next pause.
    """
    seconds: list[float] = []
    after = 0.0
    for request, pausing in zip(reversed(requests), reversed(pauses(requests)), strict=True):
        seconds.append(request.limits.seconds + after)
        after = 0.0 if pausing or not known else seconds[-1]
    return seconds[::-1]


def _silent(request: Shell, section: Section) -> bool:
    """Whether nothing was said where something should have been; a complaint alone is never an empty answer."""
    if section.unchanged:
        return False
    complained = section.complaint and "unable to resolve host" not in section.complaint
    return not section.text.strip() and (not request.may_be_empty or bool(complained))


def _failure(status: int, complaint: str, seconds: str) -> str:
    for pattern in _NOT_FOUND:
        if (found := pattern.search(complaint)) and status in (1, 127):
            return f"{found[1]} is not installed here"
    if status == 137:
        return f"exit status 137: it was killed, or did not end within {seconds}"
    return f"exit status {status}" + (f": {complaint}" if complaint else "")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\r", "")


def _last_line(raw: bytes | bytearray) -> str:
    lines = bytes(raw[-4 * KIBIBYTE :]).decode("utf-8", "replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    return "".join(letter if letter.isprintable() else " " for letter in last).strip()[:200]


@dataclass(slots=True)
class _Seen:
    """A section while it is being read."""

    how: str = ""
    begun: float | None = None
    finished: float | None = None
    text: bytes = b""
    status: int | None = None
    complaint: str = ""
    heard: bool = False
    again: bool = False
    unchanged: bool = False
    passed_over: bool = False


class _Stream:
    """Finds marker lines in bytes that arrive piece by piece, looking at each byte once."""

    def __init__(self, nonce: str) -> None:
        self._mark = f"\n{nonce} ".encode()
        self._looked = 0
        self.pending = bytearray()

    @property
    def waiting(self) -> int:
        """Return how many bytes no marker has followed yet."""
        return len(self.pending)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, list[str]]]:
        """Yield each marker's words, with the bytes before it."""
        self.pending += data
        while (at := self.pending.find(self._mark, self._looked)) >= 0:
            end = self.pending.find(b"\n", at + len(self._mark))
            if end < 0 and len(self.pending) - at < _LONGEST_MARKER:
                self._looked = at
                return
            if end < 0 or end - at > _LONGEST_MARKER:
                self._looked = at + 1
                continue
            before = bytes(self.pending[:at])
            marker = self.pending[at + len(self._mark) : end].decode("ascii", "replace").split(" ")
            del self.pending[: end + 1]
            self._looked = 0
            yield before, marker
        self._looked = max(self._looked, len(self.pending) - len(self._mark) + 1, 0)

    def forget(self, most: int) -> None:
        """Drop all but the end of what no marker has followed, once it is more than `most` bytes."""
        if len(self.pending) > most:
            drop = len(self.pending) - most // 2
            del self.pending[:drop]
            self._looked = max(0, self._looked - drop)
