"""What printers, phones and UPSes get to feel of a scan, seen from their side."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest

from auditor.errors import Undeclared
from auditor.facts import ports, ssh_offered, tls
from auditor.facts.nmap_xml import parse_scan
from auditor.model.asset import FRAGILE, PRINTING, Asset, Kind
from auditor.model.probe import Answer, Nmap, Request
from auditor.transports.nmap import NmapTransport
from auditor.transports.nmap_options import FEW_PORTS, WORTH, Options
from auditor.transports.scope import Address, Scope
from tests.lab.hostile import Raw

pytestmark = pytest.mark.lab

LOOPBACK = Scope(allow=(ip_network("127.0.0.0/8"),))
EVERYTHING: tuple[Request, ...] = tuple(
    request for probe in (ports.open_ports, tls.seen, ssh_offered.offered) for request in probe.requests
)


@dataclass
class Device:
    """Listens on ports of one address and writes down who connected, and what was said."""

    host: str = field(default_factory=lambda: f"127.{random.randint(16, 250)}.{random.randint(1, 250)}.9")
    patience: float = 1.0  # seconds until it hangs up on whoever says nothing
    connections: dict[int, int] = field(default_factory=dict)
    heard: dict[int, bytes] = field(default_factory=dict)

    @contextmanager
    def listening(self, *numbers: int) -> Iterator["Device"]:
        with ExitStack() as stack:
            for number in numbers:
                stack.enter_context(Raw(lambda peer, ended, n=number: self._hear(n, peer, ended), self.host, number))
            yield self

    def _hear(self, number: int, peer: socket.socket, ended: threading.Event) -> None:
        del ended
        self.connections[number] = self.connections.get(number, 0) + 1
        peer.settimeout(self.patience)
        self.heard.setdefault(number, b"")
        with suppress(OSError):
            self.heard[number] += peer.recv(65536)


def scanned(device: Device, kind: Kind, *requests: Request) -> list[Answer]:
    asset = Asset(name="device", kind=kind, addresses=(device.host,))
    ((_, answers),) = NmapTransport(LOOPBACK).scan_ahead([(asset, requests)])

    assert {""} == {answer.problem for answer in answers}
    return answers


@pytest.mark.parametrize("kind", sorted(FRAGILE))
def test_nothing_arrives_where_paper_comes_out_and_little_elsewhere(kind):
    with Device().listening(23, 515, 631, *PRINTING) as device:
        (answer,) = scanned(device, kind, Nmap(ports="23,515,631,9100-9107", versions=True, scripts=("banner",)))

    assert {23: 1, 515: 1, 631: 1} == device.connections
    assert {23: b"", 515: b"", 631: b""} == device.heard
    assert [23, 515, 631] == [port.number for port in parse_scan(answer.text).open]


def test_a_server_is_asked_on_all_of_them():
    with Device(patience=15).listening(515, 9101) as device:  # nmap waits six seconds for a server to speak first
        scanned(device, Kind.SERVER, Nmap(ports="515,9101", versions=True))

    assert {515, 9101} == set(device.connections)
    assert device.connections[515] > 1
    assert device.heard[515]


def test_all_that_the_shipped_checks_ask_fits_the_budget_of_a_printer():
    with Device().listening(21, 22, 80, 443, 9100) as device:
        (answer, *_) = scanned(device, Kind.PRINTER, *EVERYTHING)
    scan = parse_scan(answer.text)

    assert (True, False) == (22 in scan.scanned, 9100 in scan.scanned)
    assert len(scan.scanned) <= FEW_PORTS
    assert {21: b"", 80: b"", 443: b""} == {port: said for port, said in device.heard.items() if port != 22}
    assert device.heard[22].startswith(b"SSH-2.0-")
    assert {21: 1, 80: 1, 443: 1} == {port: count for port, count in device.connections.items() if port != 22}
    assert device.connections[22] <= 3  # one to look, and what the greeting takes


def test_the_ports_worth_a_look_fit_the_budget_and_hold_no_print_port():
    assert len(WORTH) <= FEW_PORTS
    assert not [port for port in PRINTING if port in WORTH]


def test_fragile_devices_are_asked_slowly_and_others_are_not():
    fragile, strong = (Options.of(EVERYTHING, kind, "127.0.0.1", address()) for kind in (Kind.UPS, Kind.SERVER))

    assert "--scan-delay" in fragile.words()
    assert not {"-sV", "ssl-cert,ssl-enum-ciphers"} & set(fragile.words())
    assert "--scan-delay" not in strong.words()
    assert "-sV" in strong.words()


def test_a_short_list_of_ports_is_kept_as_it_was_asked():
    options = Options.of([Nmap(ports="4000-4010,9100")], Kind.PRINTER, "127.0.0.1", address())

    assert "4000-4010" == str(options.ports)


def test_a_long_list_without_a_port_worth_a_look_leaves_nothing():
    with pytest.raises(Undeclared, match="no port is left"):
        Options.of([Nmap(ports="20000-20100")], Kind.PRINTER, "127.0.0.1", address())


def address() -> Address:
    return LOOPBACK.admit("127.0.0.1")
