"""Look at an asset's ports from outside: python-nmap drives nmap, and nmap's own XML is the answer.

python-nmap splits hosts and arguments like a shell, so that a target with a space in it becomes an option. Here nothing
but an address that the scope list admitted, ports and script names of a strict grammar ever reach it. The scan connects
(`-sT`): it needs no privilege, and finds the same open ports whoever runs it.
"""

import re
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import nmap  # type: ignore[import-untyped]

from auditor.errors import CollectionError, FactError, TimedOut, ToolMissing, Undeclared, Unreachable
from auditor.facts.nmap_xml import Ports, parse_scan
from auditor.model.asset import Access, Asset, Channel, Kind
from auditor.model.probe import Answer, Nmap, Request
from auditor.transports.scope import Scope

_SCRIPT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_CATEGORIES: Final = frozenset({
    "all", "auth", "broadcast", "brute", "default", "discovery", "dos", "exploit", "external", "fuzzer", "intrusive",
    "malware", "safe", "version", "vuln",
})  # fmt: skip
_PRINTING: Final = range(9100, 9108)  # raw print ports: whatever is sent there comes out on paper
_PRINTS: Final = frozenset({Kind.PRINTER, Kind.PHONE, Kind.IP_PHONE, Kind.UPS})
_RUNS_AT_ONCE: Final = 4
_LONGEST: Final = 900.0  # seconds for one host
_GRACE: Final = 30.0  # seconds that nmap has to notice its own deadline


@dataclass(frozen=True, slots=True)
class _Run:
    """One run that serves several requests."""

    address: str
    name: str  # for TLS server name indication; empty where only an address is known
    ports: Ports
    scripts: tuple[str, ...]
    versions: bool
    seconds: float

    def options(self) -> str:
        """Return nmap's options. Every word is fixed, a number, or matched its grammar."""
        words = ["-sT", "--unprivileged", "-Pn", "-n", "--max-retries 2", f"--host-timeout {self.seconds:.0f}s"]
        words += ["-sV", "--version-light"] if self.versions else []
        words += [f"--script {','.join(self.scripts)}"] if self.scripts else []
        words += [f"--script-args tls.servername={self.name}"] if self.scripts and self.name else []
        words += ["-6"] if ":" in self.address else []
        return " ".join(words)


class NmapTransport:
    """Scans one asset a call; all its requests share one run of nmap."""

    def __init__(self, scope: Scope, program: str = "nmap") -> None:
        """Take the scope list, and the program's name or path."""
        self._scope, self._program = scope, program
        self._room = threading.BoundedSemaphore(_RUNS_AT_ONCE)

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return the run's XML for each request. Raises CollectionError when nmap is missing or gave no XML."""
        del access  # nmap needs neither a port nor a credential
        run = self._run(asset, requests)
        asked_at, started = datetime.now(UTC), time.monotonic()
        with self._room:
            text = _scan(self._scanner(), run)
        seconds = time.monotonic() - started
        return [
            Answer(
                request=request,
                channel=Channel.NMAP,
                asked_at=asked_at,
                text=text,
                problem=_problem(text, request),
                seconds=seconds,
                privilege="unprivileged",
            )
            for request in requests
        ]

    def _run(self, asset: Asset, requests: Sequence[Request]) -> _Run:
        if not asset.addresses:
            raise Unreachable(f"{asset.name} has no address to scan")
        asked = [_declared(request) for request in requests]
        host = asset.addresses[0]
        address = str(self._scope.admit(host))
        return _Run(
            address=address,
            name=host if host != address and _NAME.fullmatch(host) else "",
            ports=_union(asked, asset.kind),
            scripts=tuple(sorted({script for request in asked for script in request.scripts})),
            versions=any(request.versions for request in asked),
            seconds=min(sum(request.limits.seconds for request in asked), _LONGEST),
        )

    def _scanner(self) -> nmap.PortScanner:
        try:
            return nmap.PortScanner(nmap_search_path=(self._program,))
        except nmap.PortScannerError as error:
            raise ToolMissing("nmap is not installed here: apt install nmap") from error


def _declared(request: Request) -> Nmap:
    """Return a request that is nmap's and harmless to write on its command line. Raises Undeclared."""
    if not isinstance(request, Nmap):
        raise Undeclared(f"nmap cannot carry: {request}")
    odd = [script for script in request.scripts if _SCRIPT.fullmatch(script) is None or script in _CATEGORIES]
    if odd:
        raise Undeclared(f"not the name of one nmap script: {odd[0][:60]!r}")
    return request


def _union(requests: Iterable[Nmap], kind: Kind) -> Ports:
    try:
        wanted = [Ports.parse(request.ports) for request in requests]
    except ValueError as error:
        raise Undeclared(str(error)) from error
    numbers = {port for ports in wanted for known in ports.ranges for port in range(known.first, known.last + 1)}
    if kind in _PRINTS:
        numbers -= set(_PRINTING)
    if not numbers:
        raise Undeclared(f"no port is left to look at: a {kind} is never asked on its raw print ports")
    return Ports.of(iter(numbers))


def _scan(scanner: nmap.PortScanner, run: _Run) -> str:
    try:
        scanner.scan(
            hosts=run.address, ports=str(run.ports), arguments=run.options(), timeout=int(run.seconds + _GRACE)
        )
    except nmap.PortScannerTimeout as error:
        raise TimedOut(f"nmap was not done with {run.address} within {run.seconds:.0f} s") from error
    except (nmap.PortScannerError, AttributeError) as error:  # the latter: python-nmap on XML without its end
        raise CollectionError(f"nmap gave no whole answer about {run.address}: {_first_line(error)}") from error
    output: bytes | str = scanner.get_nmap_last_output()
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output


def _problem(text: str, request: Request) -> str:
    if len(text) > request.limits.bytes:
        return f"nmap's answer is larger than {request.limits.bytes} bytes"
    try:
        parse_scan(text)
    except FactError as why:
        return str(why)
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:200]
