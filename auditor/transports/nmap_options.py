"""What one run of nmap may do: the one place where its options are made, from requests and what the asset bears.

Every word is fixed, a number, or matched its grammar. The scan connects (`-sT`): it needs no privilege, and finds the
same open ports whoever runs it. Printers, phones and UPSes get a small budget: few ports, one connection after the
other, and nothing sent to a service but an SSH greeting where SSH is usual.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

from auditor.errors import Undeclared
from auditor.facts.nmap_xml import Ports
from auditor.model.asset import FRAGILE, PRINTING, Kind
from auditor.model.probe import Nmap, Request
from auditor.transports.scope import Address

FEW_PORTS: Final = 48  # the TCP stack of a printer or a UPS holds some tens of connections, also those just closed
WORTH: Final = Ports.parse(  # of a longer list, those by which fragile devices are managed, or should not be reached
    "7,9,13,19,21-23,25,37,79-80,139,443,445,512-515,631,1433,1521,2000,2222,2375,2379,3306,3389,4786,5060-5061,5432,"
    "5900,6000,6379,8000,8080,8443,9042,9200,11211,27017"
)
# One greeting, on port 22 alone. Not `ssl-cert`: without version detection it offers TLS to every open port.
GENTLE_SCRIPTS: Final = frozenset({"ssh2-enum-algos"})
_GENTLE: Final = ("--scan-delay", "100ms", "--max-retries", "1")
_LONGEST: Final = 900.0  # seconds for one host
_SCRIPT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_NAMED: Final = ("ssl-", "tls-")  # scripts that tell a TLS server the name they want
_CATEGORIES: Final = frozenset({
    "all", "auth", "broadcast", "brute", "default", "discovery", "dos", "exploit", "external", "fuzzer", "intrusive",
    "malware", "safe", "version", "vuln",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How a host is scanned. Hosts with equal options can share a run."""

    ports: Ports
    seconds: float  # after which nmap gives a host up
    scripts: tuple[str, ...] = ()
    versions: bool = False
    name: str = ""  # for TLS server name indication; empty where only an address is known
    six: bool = False
    gentle: bool = False

    @classmethod
    def of(cls, requests: Sequence[Request], kind: Kind, host: str, address: Address) -> "Options":
        """Return what some requests to one host amount to. Raises Undeclared."""
        asked, gentle = [_declared(request) for request in requests], kind in FRAGILE
        scripts = {script for request in asked for script in request.scripts}
        kept = tuple(sorted(scripts & GENTLE_SCRIPTS if gentle else scripts))
        named = any(script.startswith(_NAMED) for script in kept) and host != str(address)
        return cls(
            ports=_union(asked, kind),
            seconds=min(sum(request.limits.seconds for request in asked), _LONGEST),
            scripts=kept,
            versions=any(request.versions for request in asked) and not gentle,
            name=host if named and _NAME.fullmatch(host) else "",
            six=isinstance(address, IPv6Address),
            gentle=gentle,
        )

    def words(self) -> list[str]:
        """Return nmap's options but for the ports and what to scan; each is a word of its own."""
        words = ["-sT", "--unprivileged", "-n", "--host-timeout", f"{self.seconds:.0f}s"]
        words += _GENTLE if self.gentle else ["--max-retries", "2"]
        words += ["-sV", "--version-light"] if self.versions else []
        words += ["--script", ",".join(self.scripts)] if self.scripts else []
        words += ["--script-args", f"tls.servername={self.name}"] if self.name else []
        return words + ["-6"] * self.six


def _declared(request: Request) -> Nmap:
    """Return a request that is nmap's and harmless to write on its command line. Raises Undeclared."""
    if not isinstance(request, Nmap):
        raise Undeclared(f"nmap cannot carry: {request}")
    odd = [script for script in request.scripts if _SCRIPT.fullmatch(script) is None or script in _CATEGORIES]
    if odd:
        raise Undeclared(f"not the name of one nmap script: {odd[0][:60]!r}")
    return request


def _union(requests: Sequence[Nmap], kind: Kind) -> Ports:
    try:
        wanted = [Ports.parse(request.ports) for request in requests]
    except ValueError as error:
        raise Undeclared(str(error)) from error
    numbers = {port for ports in wanted for known in ports.ranges for port in range(known.first, known.last + 1)}
    if kind in FRAGILE:
        numbers -= set(PRINTING)
        if len(numbers) > FEW_PORTS:
            numbers = {port for port in numbers if port in WORTH}
    if not numbers:
        raise Undeclared(f"no port is left to look at: a {kind} is never asked on its raw print ports")
    return Ports.of(iter(numbers))
