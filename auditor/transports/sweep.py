"""Look for hosts in networks: what `auditor discover` proposes assets from."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

import nmap  # type: ignore[import-untyped]

from auditor.errors import CollectionError, OutOfScope, ToolMissing, UsageError
from auditor.facts.nmap_xml import Ports
from auditor.model.asset import PRINTING
from auditor.transports.scope import Network, Scope, network

_MOST_ADDRESSES: Final = 65536
_LONGEST: Final = 3600  # seconds


def sweep(networks: Sequence[str], ports: str, scope: Scope) -> str:
    """Return nmap's XML about every admitted address of some networks.

    A host is up when any of the ports answers, open or closed. Raises UsageError for what is no network, too many
    addresses or a port that prints, OutOfScope when the scope admits none of them, ToolMissing and CollectionError.
    """
    try:
        wanted = [network(text) for text in networks]
        looked_at = Ports.parse(ports)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if len({one.version for one in wanted}) > 1:
        raise UsageError("IPv4 and IPv6 networks in one call; name them in two")
    if any(port in looked_at for port in PRINTING):
        raise UsageError("9100-9107 are raw print ports, and any of these hosts may be a printer: leave them out")
    if sum(one.num_addresses for one in wanted) > _MOST_ADDRESSES:
        raise UsageError(f"more than {_MOST_ADDRESSES} addresses at once; name smaller networks")
    targets = admitted(wanted, scope)
    if not targets:
        raise OutOfScope(f"the scope admits no address of {', '.join(networks)}; see [scope] and `scope:`")
    return _scan(targets, str(looked_at))


def admitted(networks: Iterable[Network], scope: Scope) -> list[Network]:
    """Return the fewest networks that hold every address that the scope admits, and no other."""
    addresses = [address for one in networks for address in one if _admits(scope, str(address))]
    fours = [address for address in addresses if isinstance(address, ipaddress.IPv4Address)]
    sixes = [address for address in addresses if isinstance(address, ipaddress.IPv6Address)]
    four = ipaddress.collapse_addresses(map(ipaddress.IPv4Network, fours))
    return [*four, *ipaddress.collapse_addresses(map(ipaddress.IPv6Network, sixes))]


def _scan(targets: Sequence[Network], ports: str) -> str:
    options = f"-sT --unprivileged -n --open --max-retries 1 -PS{ports}"
    if any(target.version == 6 for target in targets):
        options += " -6"
    try:
        scanner = nmap.PortScanner()
        scanner.scan(hosts=" ".join(map(str, targets)), ports=ports, arguments=options, timeout=_LONGEST)
    except nmap.PortScannerTimeout as error:
        raise CollectionError(f"nmap was not done within {_LONGEST} s; name smaller networks") from error
    except nmap.PortScannerError as error:
        if "nmap program was not found" in str(error):
            raise ToolMissing("nmap is not installed here: apt install nmap") from error
        raise CollectionError(f"nmap gave no whole answer: {str(error)[:200]}") from error
    output: bytes | str = scanner.get_nmap_last_output()
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output


def _admits(scope: Scope, address: str) -> bool:
    try:
        scope.admit(address)
    except OutOfScope:
        return False
    return True
