"""nmap's XML as values: what was scanned, what each port said, and the scripts' tables (nmap's `docs/nmap.dtd`).

Read from the raw XML because a port's `tunnel`, every CPE but the last, and all script tables are lost elsewhere. It
carries what strangers' machines said: entities and document types are refused, but for nmap's own empty declaration.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from auditor.errors import NotPresent, Unreadable

_DOCTYPE: Final = re.compile(r"\s*<!DOCTYPE nmaprun>")
_DECLARATION: Final = re.compile(r"\s*<\?xml [^>]{0,200}\?>")
_RANGES: Final = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*")
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports from `first` to `last`, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        """Return the range as nmap writes it."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Ports:
    """A set of ports as ranges in ascending order that do not touch."""

    ranges: tuple[PortRange, ...] = ()

    def __contains__(self, port: int) -> bool:
        """Whether a port is among them."""
        return any(known.first <= port <= known.last for known in self.ranges)

    def __str__(self) -> str:
        """Return the set as nmap writes it."""
        return ",".join(map(str, self.ranges))

    def __len__(self) -> int:
        """Return how many ports these are."""
        return sum(known.last - known.first + 1 for known in self.ranges)

    @classmethod
    def parse(cls, text: str) -> "Ports":
        """Return the ports of a list like `22,80,8000-8100`. Raises ValueError for anything else."""
        if _RANGES.fullmatch(text) is None:
            raise ValueError(f"not a list of ports: {text[:60]!r}")
        bounds = [part.partition("-") for part in text.split(",")]
        found = [PortRange(int(first), int(last or first)) for first, _, last in bounds]
        if any(not 1 <= known.first <= known.last <= 65535 for known in found):
            raise ValueError(f"not ports from 1 to 65535: {text[:60]!r}")
        return cls.of(port for known in found for port in range(known.first, known.last + 1))

    @classmethod
    def of(cls, numbers: Iterator[int]) -> "Ports":
        """Return a set of single ports."""
        ordered = sorted(set(numbers))
        starts = [0, *(place for place, (left, right) in enumerate(pairwise(ordered), 1) if right != left + 1)]
        ends = [*starts[1:], len(ordered)]
        return cls(tuple(PortRange(ordered[a], ordered[b - 1]) for a, b in zip(starts, ends, strict=True) if a < b))


@dataclass(frozen=True, slots=True)
class ScriptTable:
    """A table of a script's result: named values, named tables, and values and tables without a name, in order."""

    values: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, "ScriptTable"] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    rows: tuple["ScriptTable", ...] = ()

    def table(self, name: str) -> "ScriptTable":
        """Return a named table, empty where there is none."""
        return self.tables.get(name, _EMPTY)


_EMPTY: Final = ScriptTable()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedPort:
    """One port that nmap lists. `probed` tells that the service was recognised, not guessed from the number."""

    number: int
    protocol: str
    state: str  # open, closed, filtered, open|filtered, ...
    service: str = ""
    tunnel: str = ""  # "ssl" where the service was found inside TLS
    product: str = ""
    version: str = ""
    cpes: tuple[str, ...] = ()
    probed: bool = False
    scripts: Mapping[str, ScriptTable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One host as one run of nmap saw it: TCP ports only. `quiet` counts the ports in each state not listed singly."""

    scanned: Ports
    ports: tuple[ScannedPort, ...]
    quiet: Mapping[str, int] = field(default_factory=dict)
    services_asked: bool = True  # whether open ports were asked what listens there (-sV)

    @property
    def open(self) -> tuple[ScannedPort, ...]:
        """Return the ports that accepted a connection."""
        return tuple(port for port in self.ports if port.state == "open")

    def hides(self, number: int) -> bool:
        """Whether a port that was looked at stayed silent: something may listen there for others."""
        for port in self.ports:
            if port.number == number:
                return port.state not in {"open", "closed"}
        return number in self.scanned and any(state != "closed" for state in self.quiet)

    @property
    def is_alive(self) -> bool:
        """Whether anything at all came back: an open or a closed port."""
        return any(port.state in {"open", "closed"} for port in self.ports) or bool(self.quiet.get("closed"))


def parse_scan(text: str) -> Scan:
    """Return the one host of an nmap run. Raises Unreadable for half a file, a failed run, a host given up."""
    root = _finished(text)
    hosts = root.findall("host")
    if len(hosts) != 1:
        raise Unreadable(f"nmap's XML speaks of {len(hosts)} hosts, not of one")
    if hosts[0].get("timedout") == "true":
        raise Unreadable("nmap gave the host up: it was too slow for the time allowed")
    return Scan(
        scanned=_scanned(root),
        ports=tuple(_port(port) for port in hosts[0].findall("ports/port") if port.get("protocol") == "tcp"),
        quiet={extra.get("state", ""): _number(extra.get("count")) for extra in hosts[0].findall("ports/extraports")},
        services_asked="args" not in root.attrib or "-sV" in root.get("args", "").split(),
    )


def assert_finished(text: str) -> None:
    """Raise Unreadable, with nmap's reason, unless a run went well to its end; its hosts are not looked at."""
    _finished(text)


def parse_answering(text: str) -> Scan:
    """Return the scan of a host that gave a sign of life. Raises Unreadable when none came: silence decides nothing."""
    scan = parse_scan(text)
    if not scan.is_alive:
        raise Unreadable("not one port answered, neither open nor closed: a firewall and a dead host look the same")
    return scan


def need(found: Sequence[object], what: str, usual: int, scan: Scan) -> None:
    """Raise when nothing of a kind was found: NotPresent, or Unreadable where it may hide; `usual` is its port."""
    if found:
        return
    if mute := [port.number for port in scan.open if port.service == "tcpwrapped"]:
        raise Unreadable(f"port {mute[0]} accepts connections and hangs up without a word: it may be a {what}")
    if usual not in scan.scanned:
        raise Unreadable(f"port {usual}, usual for a {what}, was not looked at")
    if scan.open and not scan.services_asked:
        raise Unreadable(f"port {scan.open[0].number} is open and was not asked what it is: it may be a {what}")
    if scan.hides(usual):
        raise Unreadable(f"port {usual} stays silent: a firewall may hide a {what} from here")
    raise NotPresent(f"no {what} among the ports looked at ({len(scan.scanned)} TCP ports)")


def _root(text: str) -> Element:
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    start = _DOCTYPE.match(text)
    try:
        root = fromstring(text[start.end() :] if start else text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unreadable(f"not nmap's XML: {error}") from None
    if root.tag != "nmaprun":
        raise Unreadable(f"not nmap's XML: it begins with <{root.tag[:40]}>")
    return root


def _finished(text: str) -> Element:
    root = _root(text)
    finished = root.find("runstats/finished")
    if finished is None:
        raise Unreadable("nmap's XML ends before the scan did")
    if finished.get("exit", "success") != "success":
        raise Unreadable(f"nmap failed: {finished.get('errormsg') or 'it gives no reason'}")
    return root


def _scanned(root: Element) -> Ports:
    for info in root.findall("scaninfo"):
        if info.get("protocol") == "tcp":
            try:
                return Ports.parse(info.get("services", ""))
            except ValueError as error:
                raise Unreadable(f"nmap's XML: {error}") from None
    raise Unreadable("nmap's XML does not say which ports were scanned")


def _port(port: Element) -> ScannedPort:
    state, service = port.find("state"), port.find("service")
    if state is None or not state.get("state"):
        raise Unreadable("nmap's XML lists a port without its state")
    said = service.attrib if service is not None else {}
    return ScannedPort(
        number=_number(port.get("portid")),
        protocol=port.get("protocol", ""),
        state=state.get("state", ""),
        service=said.get("name", ""),
        tunnel=said.get("tunnel", ""),
        product=said.get("product", ""),
        version=said.get("version", ""),
        cpes=tuple(cpe.text for cpe in port.findall("service/cpe") if cpe.text),
        probed=said.get("method") == "probed",
        scripts={script.get("id", ""): _table(script, 0) for script in port.findall("script")},
    )


def _table(element: Element, depth: int) -> ScriptTable:
    if depth > _DEEPEST:
        raise Unreadable("nmap's XML is nested too deeply")
    elems, tables = element.findall("elem"), element.findall("table")
    read = [(table.get("key"), _table(table, depth + 1)) for table in tables]
    return ScriptTable(
        values={key: elem.text or "" for elem in elems if (key := elem.get("key")) is not None},
        tables={key: table for key, table in read if key is not None},
        items=tuple(elem.text or "" for elem in elems if elem.get("key") is None),
        rows=tuple(table for key, table in read if key is None),
    )


def _number(text: str | None) -> int:
    if text is None or re.fullmatch("[0-9]{1,18}", text) is None:
        raise Unreadable(f"nmap's XML has no number where one must be: {(text or '')[:40]!r}")
    return int(text)
