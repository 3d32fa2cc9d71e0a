"""Verdicts on open ports."""

import pytest

from auditor.facts.nmap_xml import Ports
from auditor.facts.ports import LOOKED_AT, OpenPort, OpenPorts
from tests.make import UNKNOWN, Case, Verdict, checks, names

ports = checks("ports")

PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
ALL = Ports.parse(LOOKED_AT)
SSH = OpenPort(number=22, service="ssh", product="OpenSSH", recognised=True)


def seen(*opened: OpenPort, scanned: Ports = ALL) -> OpenPorts:
    """Return a host on which SSH and these ports are open."""
    return OpenPorts(scanned=scanned, open=(SSH, *opened))


def at(number: int, service: str = "", tunnel: str = "") -> OpenPort:
    """Return a port where a service told what it is; without a service, one that said nothing."""
    return OpenPort(number=number, service=service, tunnel=tunnel, recognised=bool(service))


SILENT = [  # a check, and a port that it must not find open, whatever listens there
    (ports.telnet_closed, 23),
    (ports.clear_text_services, 21),
    (ports.forgotten_services, 79),
    (ports.databases_unreachable, 6379),
    (ports.remote_screens_closed, 3389),
    (ports.control_interfaces_closed, 2375),
    (ports.smart_install_closed, 4786),
]

CASES: list[Case] = [
    Case(ports.baseline, (seen(),), PASS),
    Case(ports.baseline, (seen(at(8080, "http")),), FAIL, at=("8080/tcp",)),
    Case(ports.baseline, (seen(at(8080)),), PASS, settings={"allowed": frozenset({22, 8080})}, why="it is allowed"),
    Case(ports.baseline, (seen(),), FAIL, at=("22/tcp",), settings={"allowed": frozenset()}, why="nothing is allowed"),
    Case(ports.baseline, (UNKNOWN,), DONT_KNOW),
    *(Case(check, (seen(),), PASS) for check, _ in SILENT),
    *(Case(check, (seen(at(number)),), FAIL, at=(f"{number}/tcp",)) for check, number in SILENT),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check, _ in SILENT),
    *(
        Case(check, (seen(scanned=Ports.parse("22")),), DONT_KNOW, why="its port was not looked at")
        for check, _ in SILENT
    ),
    Case(ports.telnet_closed, (seen(at(2323, "telnet")),), FAIL, at=("2323/tcp",), why="it listens elsewhere"),
    Case(ports.telnet_closed, (seen(at(23, "ssh")),), PASS, why="something else listens there"),
    Case(ports.telnet_closed, (seen(at(23, "tcpwrapped")),), FAIL, why="it hangs up without a word"),
    Case(ports.telnet_closed, (seen(at(992, "telnet", "ssl")),), PASS, why="it is inside TLS"),
    Case(
        ports.telnet_closed,
        (seen(OpenPort(number=23, service="telnet")),),
        FAIL,
        why="only the number tells what it is",
    ),
    Case(ports.clear_text_services, (seen(at(990, "ftp", "ssl")),), PASS, why="it is inside TLS"),
    Case(ports.clear_text_services, (seen(at(21, "ftp")),), PASS, settings={"allowed": frozenset({21})}),
    Case(ports.databases_unreachable, (seen(at(13306, "mysql")),), FAIL, at=("13306/tcp",)),
    Case(ports.databases_unreachable, (seen(at(5432, "postgresql", "ssl")),), FAIL, why="TLS hides no database"),
    Case(ports.databases_unreachable, (seen(at(9200, "http")),), FAIL, why="Elasticsearch speaks HTTP"),
    Case(ports.databases_unreachable, (seen(at(8000, "http")),), PASS, why="HTTP elsewhere is no database"),
    Case(ports.control_interfaces_closed, (seen(at(2375, "http")),), FAIL, why="Docker speaks HTTP"),
    Case(ports.control_interfaces_closed, (seen(at(80, "http")),), PASS, why="HTTP elsewhere is no control interface"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    case.assert_right()
