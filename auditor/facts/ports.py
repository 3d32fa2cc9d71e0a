"""TCP ports as they look from where auditor stands: which are open, what answers there, and which were looked at.

A port that was not looked at is not closed, and one that a firewall hides from here may be open to others.
"""

from dataclasses import dataclass

from auditor.facts.nmap_xml import Ports, parse_answering
from auditor.model.probe import Answer, Limits, Nmap, probe

LOOKED_AT = (  # the system ports, and those above on which management, databases and remote access usually listen
    "1-1024,1080,1099,1433,1494,1521,1720,1723,1883,2000-2002,2049,2181,2222,2323,2375-2376,2379-2380,2601-2620,3000,"
    "3128,3260,3268-3269,3306,3389,4443,4786,4848,5000-5001,5060-5061,5432,5555,5601,5672,5900-5903,5984-5986,6000,6379,"
    "6443,7001,8000-8001,8006,8008,8080-8081,8086,8088,8089,8123,8291,8443,8500,8728-8729,8834,8888,9000,9042,9090,9092,"
    "9100,9200,9300,9418,9443,10000,10250,10443,11211,15672,27017-27018,32400,49152,50000"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPort:
    """A TCP port that accepts connections. `recognised`: the service answered as itself, not guessed by its number."""

    number: int
    service: str = ""  # nmap's name for it
    tunnel: str = ""  # "ssl" inside TLS
    product: str = ""
    version: str = ""
    cpes: tuple[str, ...] = ()
    recognised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPorts:
    """The open TCP ports among those `scanned`; `filtered` counts the ports that stayed silent."""

    scanned: Ports
    open: tuple[OpenPort, ...] = ()
    filtered: int = 0


@probe(Nmap(ports=LOOKED_AT, versions=True, limits=Limits(seconds=240.0, bytes=16 * 1024 * 1024)))
def open_ports(answer: Answer) -> OpenPorts:
    """Read a version scan. Raises Unreadable when not one port gave a sign of life."""
    scan = parse_answering(answer.text)
    listed = sum(port.state not in {"open", "closed"} for port in scan.ports)
    return OpenPorts(
        scanned=scan.scanned,
        open=tuple(
            OpenPort(
                number=port.number,
                service=port.service,
                tunnel=port.tunnel,
                product=port.product,
                version=port.version,
                cpes=port.cpes,
                recognised=port.probed,
            )
            for port in scan.open
        ),
        filtered=listed + sum(count for state, count in scan.quiet.items() if state != "closed"),
    )
