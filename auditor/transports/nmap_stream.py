"""nmap over many addresses: a few processes with large host groups, and each host's part as soon as it is there.

nmap prints a group of hosts when it is done with all of them. Each part is cut out as the bytes stand and becomes a
document of its own, so that one host's odd bytes spoil that host alone, and a run that is cut off loses only the group
under way. nmap writes no bare `<` of a stranger's (`xml_convert` in its xml.cc), so the tags are where they seem to be.
"""

import functools
import math
import os
import re
import selectors
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from ipaddress import ip_address
from typing import IO, Final

from auditor.errors import ToolMissing, Unreadable
from auditor.facts.nmap_xml import assert_finished
from auditor.transports.nmap_options import Options

_AT_ONCE: Final = 4  # processes; hosts with equal options share one, because splitting them was measured slower
_GROUP: Final = 256  # hosts; 64 cost a quarter more time than 256, and 1,024 gained nothing
_GROUP_PORTS: Final = 65536  # hosts x ports of a group: more do not pass a slow line within one host's time
_PARALLEL: Final = 100  # connections under way in a group; by itself nmap asks 20 services at once, 6 s each
_SURE: Final = 16  # ports; so few are all tried at once, and need no look who is there
_USUAL: Final = "22,23,80,135,443,445,3389,8080,8443"  # one of these answers, open or closed, on most hosts
_SECOND_LOOK: Final = 240.0  # seconds for all hosts together that were silent there
_PATIENCE: Final = 3.0  # times one host's limit without a word: hosts of a group wait for one another
_EACH: Final = 0.3  # seconds more for each host: looking who answers takes a fleet long
_LAST: Final = 10.0  # seconds from the end of its output to its own
_PIECE: Final = 1 << 16
_LATE: Final = "the time for the audit was up before nmap was done with it"
_END: Final = b"</host>"
_START: Final = re.compile(rb"<host[ >]")
_HINTS: Final = re.compile(rb"<hosthint>.*?</hosthint>\s*", re.DOTALL)
_ADDRESS: Final = re.compile(rb'<address addr="([0-9a-fA-F:.]{2,45})" addrtype="ipv[46]"')
_BEGAN: Final = re.compile(rb' starttime="([0-9]{1,12})"')
_DONE: Final = re.compile(rb' endtime="([0-9]{1,12})"')


class Look(Enum):
    """How a run treats hosts of which nobody knows whether they are there."""

    ALL = "scan every host"
    ANSWERING = "scan those that answer on a usual port"
    SILENT = "scan those that did not"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the place where hosts are bears: `("zone", "dmz")` with how many of them may be looked at at once."""

    of: tuple[tuple[tuple[str, str], int], ...] = ()

    @property
    def most(self) -> int:
        """Return how many hosts may be looked at at once; 0 is no limit."""
        return min((most for _, most in self.of), default=0)

    def leave_room(self, others: Iterable["Limits"]) -> bool:
        """Whether a run may go on beside others: what they share is looked at by one of them at a time."""
        busy = {place for other in others for place, _ in other.of}
        return busy.isdisjoint(place for place, _ in self.of)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Addresses to scan alike. `most` is how many bytes one host's part may have."""

    options: Options
    addresses: tuple[str, ...]
    most: int
    limits: Limits = Limits()
    look: Look = Look.ALL

    @classmethod
    def of(cls, options: Options, addresses: Iterable[str], most: int, limits: Limits = Limits()) -> "Wanted":
        """Return the run that a list of addresses begins with. To look who answers, nmap asks everybody at once."""
        listed = tuple(addresses)
        sure = options.gentle or len(listed) == 1 or len(options.ports) <= _SURE or limits.most > 0
        return cls(options, listed, most, limits, Look.ALL if sure else Look.ANSWERING)

    def words(self) -> list[str]:
        """Return nmap's options, but for the program and the list of addresses."""
        known = ["-PS" + _USUAL] if self.look is Look.ANSWERING else ["-Pn"]
        count = len(self.addresses)
        group = min(max(_GROUP_PORTS // len(self.options.ports), 16), _GROUP, count)
        group = min(count, 1024) if self.look is Look.SILENT else min(group, self.limits.most or group)
        words = ["-p", str(self.options.ports), *self.options.words(), *known]
        words += ["--min-hostgroup", str(group), "--max-hostgroup", str(group)]
        if group > 1 and not self.options.gentle:  # nmap knows no least parallelism beside a delay
            words += ["--min-parallelism", str(min(group if self.limits.most else count, _PARALLEL))]
        return words

    def silent(self, addresses: Iterable[str]) -> "Wanted":
        """Return the run for those that answered on no usual port."""
        options = replace(self.options, seconds=min(self.options.seconds, _SECOND_LOOK))
        return replace(self, options=options, addresses=tuple(addresses), look=Look.SILENT)


@dataclass(frozen=True, slots=True)
class Told:
    """What nmap said about one address: a whole document as if it had been scanned alone, or a problem."""

    address: str
    asked_at: datetime
    text: str = ""
    problem: str = ""
    seconds: float = 0.0


def scan(program: str, wanted: Sequence[Wanted], grace: float, until: float = math.inf) -> Iterator[tuple[int, Told]]:
    """Yield what is told about every address, as it comes, with the place of its run in the list.

    A run that is silent for longer than its hosts can explain, and `grace` seconds more, is ended. So is every one at
    `until`, on the clock of time.monotonic(); none begins after that.
    Closing the iterator ends every process. Raises ToolMissing.
    """
    waiting = deque(enumerate(wanted))
    running: dict[int, tuple[int, _Process]] = {}
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                if time.monotonic() >= until:
                    yield from _given_up(waiting, [process for _, process in running.values()])
                while (found := _startable(waiting, [process for _, process in running.values()])) is not None:
                    place, run = found
                    process = _started(program, run, grace)
                    running[process.output] = place, process
                    selector.register(process.output, selectors.EVENT_READ)
                for output in _ready(selector, [process for _, process in running.values()], until):
                    place, process = running[output]
                    yield from ((place, told) for told in process.read())
                for output in [output for output, (_, process) in running.items() if process.is_over]:
                    selector.unregister(output)
                    place, process = running.pop(output)
                    if (again := process.end()) is not None:
                        waiting.append((place, again))
                    yield from ((place, told) for told in process.lost())
        finally:
            for _, process in running.values():
                process.kill()


def _given_up(waiting: deque[tuple[int, Wanted]], running: Sequence["_Process"]) -> Iterator[tuple[int, Told]]:
    """Wait for no run any longer, and yield that nothing is known of those that did not begin."""
    for process in running:
        process.give_up(_LATE)
    now = datetime.now(UTC)
    while waiting:
        place, run = waiting.popleft()
        yield from ((place, Told(address, now, problem=_LATE)) for address in run.addresses)


def _startable(waiting: deque[tuple[int, Wanted]], running: Sequence["_Process"]) -> tuple[int, Wanted] | None:
    """Take the first run out of those that wait that may start now; None when none may."""
    if len(running) < _AT_ONCE:
        for one in waiting:
            if one[1].limits.leave_room(process.wanted.limits for process in running):
                waiting.remove(one)
                return one
    return None


def _started(program: str, wanted: Wanted, grace: float) -> "_Process":
    path = shutil.which(program)
    if path is None:
        raise ToolMissing("nmap is not installed here: apt install nmap")
    try:
        return _Process(path, wanted, grace)
    except OSError as error:
        raise ToolMissing(f"nmap does not start: {error}") from error


def _ready(selector: selectors.BaseSelector, running: Sequence["_Process"], until: float) -> list[int]:
    """Wait for output, and return where it waits; a process that was silent for too long is ended."""
    if any(process.is_over for process in running):
        return []
    soonest = min([until, *(process.until for process in running)]) - time.monotonic()
    ready = [key.fd for key, _ in selector.select(max(soonest, 0))]
    now = time.monotonic()  # of this moment: whoever takes our answers may have taken long
    for process in running:
        if process.output not in ready and now > process.until:
            process.give_up(f"nmap said nothing for {process.limit:.0f} s and was ended")
    return ready


class Parts:
    """Cuts nmap's output into hosts. `head` is what stands above the first, `rest` what stands below the last."""

    def __init__(self, most: int) -> None:
        """Take how many bytes a host may have; of a larger one the beginning is kept, and it stays larger."""
        self.head, self.rest = b"", bytearray()
        self._most, self._searched = most, 0

    def take(self, piece: bytes) -> Iterator[bytes]:
        """Yield every host whose last byte has come, from its first `<` to its last `>`."""
        self.rest += piece
        while (end := self.rest.find(_END, self._searched)) >= 0:
            whole = bytes(self.rest[: end + len(_END)])
            del self.rest[: len(whole)]
            self._searched = 0
            if (start := _START.search(whole)) is not None:
                self.head = self.head or _HINTS.sub(b"", whole[: start.start()])
                yield whole[start.start() :]
        if len(self.rest) > self._most + _PIECE:
            del self.rest[self._most + _PIECE : 1 - len(_END)]
        self._searched = max(len(self.rest) - len(_END) + 1, 0)


class _Process:
    """One nmap under way, in a session of its own, so that it neither gets our Ctrl-C nor takes the terminal."""

    def __init__(self, path: str, wanted: Wanted, grace: float) -> None:
        self.wanted, self._left = wanted, dict.fromkeys(wanted.addresses)
        self._parts = Parts(wanted.most)
        self.is_over, self._why, self._said = False, "", ""
        self.limit = wanted.options.seconds * _PATIENCE + grace + _EACH * len(wanted.addresses)
        self.asked_at, self.until = datetime.now(UTC), time.monotonic() + self.limit
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        with tempfile.TemporaryFile() as targets:
            targets.write("\n".join(wanted.addresses).encode())
            targets.seek(0)
            self._process = subprocess.Popen(
                [*_leash(), path, "-oX", "-", *wanted.words(), "-iL", "-"],
                stdin=targets,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()

    def give_up(self, why: str) -> None:
        """Do not wait any longer."""
        self.is_over, self._why = True, why

    def read(self) -> Iterator[Told]:
        """Yield what is told about the hosts whose last byte has come. Blocks when nothing came."""
        piece = os.read(self.output, _PIECE)
        self.until = time.monotonic() + self.limit
        self.is_over = not piece
        for part in self._parts.take(piece):
            if (found := _ADDRESS.search(part)) is None:
                continue
            address = str(ip_address(found[1].decode()))
            if address in self._left:
                del self._left[address]
                yield self._told(address, part)

    def end(self) -> Wanted | None:
        """Reap the process, and return the run that those need who answered on no usual port."""
        status = self.kill()
        self._why = self._why or self._reason(status)
        if self.wanted.look is not Look.ANSWERING or self._why or not self._left:
            return None
        silent, self._left = self.wanted.silent(self._left), {}
        return silent

    def lost(self) -> Iterator[Told]:
        """Yield why nothing is known of the addresses that were not told about."""
        seconds = (datetime.now(UTC) - self.asked_at).total_seconds()
        for address in self._left:
            why = self._why or "nmap ended without a word about it"
            yield Told(address, self.asked_at, problem=why, seconds=seconds)

    def kill(self) -> int:
        """End the process if it has not ended, and return its exit status."""
        if self._why or not self.is_over:
            self._process.kill()
        try:
            status = self._process.wait(_LAST)
        except subprocess.TimeoutExpired:  # its output ended, and it did not
            self._process.kill()
            status = self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        with self._errors as errors:
            errors.seek(0)
            self._said = " ".join(errors.read(_PIECE).decode("utf-8", "replace").split())[-300:]
        return status

    def _told(self, address: str, part: bytes) -> Told:
        tag = part[: part.find(b">")]
        began, done = (int(found[1]) if (found := time.search(tag)) else 0 for time in (_BEGAN, _DONE))
        asked_at = datetime.fromtimestamp(began, UTC) if began else self.asked_at
        seconds = max(float(done - began), 0.0)
        if b'timedout="true"' in tag:
            silent = f"no answer on the usual ports ({_USUAL}), and " * (self.wanted.look is Look.SILENT)
            why = f"{silent}nmap gave it up after {self.wanted.options.seconds:.0f} s"
            return Told(address, asked_at, problem=why, seconds=seconds)
        text = self._parts.head + part + _tail(done)
        return Told(address, asked_at, text.decode("utf-8", "replace"), seconds=seconds)

    def _reason(self, status: int) -> str:
        """Return why the run is not whole; empty for one that finished."""
        why = "nmap ended before it was done"
        if b"<finished " in self._parts.rest:
            try:
                assert_finished((self._parts.head + self._parts.rest).decode("utf-8", "replace"))
            except Unreadable as error:
                why = str(error)
            else:
                return ""
        return f"{why} (exit status {status})" + (f": {self._said}" if self._said else "")


def _tail(done: int) -> bytes:
    """Return the end that nmap writes below the last host of a run that went well."""
    when = f'time="{done}" ' if done else ""
    stats = f'<runstats><finished {when}exit="success"/><hosts up="1" down="0" total="1"/>'
    return f"\n{stats}\n</runstats>\n</nmaprun>\n".encode()


@functools.cache
def _leash() -> tuple[str, ...]:
    """Return the words that let a process die with the thread that started it, where util-linux can do so."""
    words = (shutil.which("setpriv") or "", "--pdeathsig", "KILL", "--")
    try:
        ends = subprocess.run([*words, "true"], check=False, capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return words if ends else ()
