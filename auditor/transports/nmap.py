"""Look at assets' ports from outside: nmap's own XML is the answer.

A single asset is scanned through python-nmap. It splits hosts and arguments like a shell, so that a target with a space
in it becomes an option; here nothing but an address that the scope list admitted and the words of `Options` ever reach
it. Many assets are scanned by `nmap_stream`, with the same options.
"""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import nmap  # type: ignore[import-untyped]

from auditor.errors import CollectionError, FactError, TimedOut, ToolMissing, Unreachable
from auditor.facts.nmap_xml import parse_scan
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request
from auditor.settings import LimitSettings
from auditor.transports.nmap_options import Options
from auditor.transports.nmap_stream import Limits, Told, Wanted, scan
from auditor.transports.scope import RESOLVING, Scope

_RUNS_AT_ONCE: Final = 4
_GRACE: Final = 30.0  # seconds that nmap has to notice its own deadline

Job = tuple[Asset, Sequence[Request]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Assets that share a run, by address: two names may lead to one."""

    options: Options
    limits: Limits
    assets: dict[str, list[Job]] = field(default_factory=dict)

    def wanted(self) -> Wanted:
        every = (request for jobs in self.assets.values() for _, requests in jobs for request in requests)
        return Wanted.of(self.options, self.assets, max(request.limits.bytes for request in every), self.limits)


class NmapTransport:
    """Scans an asset, or a fleet; all requests to an asset share one run of nmap."""

    def __init__(
        self,
        scope: Scope,
        program: str = "nmap",
        *,
        grace: float = 60.0,
        limits: LimitSettings | None = None,
        audit_seconds: float = math.inf,
    ) -> None:
        """Take the scope list, the program's name or path, and how many seconds a silent fleet scan is waited for.

        No more hosts of a zone or a site are looked at at once than `limits` say; a fleet for no more than
        `audit_seconds`.
        """
        self._scope, self._program, self._grace, self._audit_seconds = scope, program, grace, audit_seconds
        self._limits = limits or LimitSettings()
        self._room = threading.BoundedSemaphore(_RUNS_AT_ONCE)

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return the run's XML for each request. Raises CollectionError when nmap is missing or gave no XML."""
        del access  # nmap needs neither a port nor a credential
        options, address = self._placed(asset, requests)
        asked_at, started = datetime.now(UTC), time.monotonic()
        with self._room:
            text = _scan(self._scanner(), options, address)
        return _answers(requests, Told(address, asked_at, text, seconds=time.monotonic() - started))

    def scan_ahead(self, wanted: Sequence[Job]) -> Iterator[tuple[Asset, list[Answer]]]:
        """Yield each asset once with the answers to its requests, as they come; few runs serve many assets.

        Assets with equal options and limits share a run; one that is known by name has its own where scripts tell TLS
        servers the name. Raises nothing: what went wrong is the answers' problem. nmap ends with the iterator, and with
        the thread that first advanced it.
        """
        until = time.monotonic() + self._audit_seconds
        batches: dict[tuple[Options, Limits], _Batch] = {}
        with ThreadPoolExecutor(RESOLVING) as pool:
            placed = list(pool.map(self._placed_or_not, wanted))
        for job, place in zip(wanted, placed, strict=True):
            if isinstance(place, CollectionError):
                yield job[0], _failed(job[1], str(place))
            else:
                options, address = place
                key = options, Limits(tuple(self._limits.on(job[0].zone, job[0].site).items()))
                batches.setdefault(key, _Batch(*key)).assets.setdefault(address, []).append(job)
        yield from self._scanned(sorted(batches.values(), key=lambda batch: -len(batch.assets)), until)

    def _scanned(self, batches: Sequence[_Batch], until: float) -> Iterator[tuple[Asset, list[Answer]]]:
        left = {place: dict(batch.assets) for place, batch in enumerate(batches)}
        try:
            for place, told in scan(self._program, [batch.wanted() for batch in batches], self._grace, until):
                for asset, requests in left[place].pop(told.address, []):
                    yield asset, _answers(requests, told)
        except CollectionError as why:
            for asset, requests in (job for batch in left.values() for jobs in batch.values() for job in jobs):
                yield asset, _failed(requests, str(why))

    def _placed_or_not(self, job: Job) -> tuple[Options, str] | CollectionError:
        try:
            return self._placed(*job)
        except CollectionError as why:
            return why

    def _placed(self, asset: Asset, requests: Sequence[Request]) -> tuple[Options, str]:
        """Return how and where to scan. Raises Unreachable, OutOfScope, Undeclared."""
        if not asset.addresses:
            raise Unreachable(f"{asset.name} has no address to scan")
        host = asset.addresses[0]
        address = self._scope.admit(host)
        return Options.of(requests, asset.kind, host, address), str(address)

    def _scanner(self) -> nmap.PortScanner:
        try:
            return nmap.PortScanner(nmap_search_path=(self._program,))
        except nmap.PortScannerError as error:
            raise ToolMissing("nmap is not installed here: apt install nmap") from error


def _scan(scanner: nmap.PortScanner, options: Options, address: str) -> str:
    try:
        scanner.scan(
            hosts=address,
            ports=str(options.ports),
            arguments=" ".join(["-Pn", *options.words()]),
            timeout=int(options.seconds + _GRACE),
        )
    except nmap.PortScannerTimeout as error:
        raise TimedOut(f"nmap was not done with {address} within {options.seconds:.0f} s") from error
    except (nmap.PortScannerError, AttributeError) as error:  # the latter: python-nmap on XML without its end
        raise CollectionError(f"nmap gave no whole answer about {address}: {_first_line(error)}") from error
    output: bytes | str = scanner.get_nmap_last_output()
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output


def _answers(requests: Sequence[Request], told: Told) -> list[Answer]:
    problem = told.problem or _unreadable(told.text)
    return [
        Answer(
            request=request,
            channel=Channel.NMAP,
            asked_at=told.asked_at,
            text=told.text,
            problem=_too_large(told.text, request) or problem,
            seconds=told.seconds,
            privilege="unprivileged",
        )
        for request in requests
    ]


def _failed(requests: Sequence[Request], why: str) -> list[Answer]:
    return _answers(requests, Told("", datetime.now(UTC), problem=why))


def _too_large(text: str, request: Request) -> str:
    if len(text) <= request.limits.bytes:
        return ""
    return f"nmap's answer is larger than {request.limits.bytes} bytes"


def _unreadable(text: str) -> str:
    try:
        parse_scan(text)
    except FactError as why:
        return str(why)
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:200]
