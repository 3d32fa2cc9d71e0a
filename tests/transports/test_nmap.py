"""The nmap transport against real ports on loopback, and against everybody who would like to add an option."""

import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from auditor.errors import CollectionError, OutOfScope, ToolMissing, Undeclared, Unreachable
from auditor.facts.nmap_xml import Ports, parse_scan
from auditor.facts.tls import seen
from auditor.model.asset import Access, Asset, Channel, Kind
from auditor.model.probe import Answer, Limits, Nmap, Request, Shell
from auditor.transports.nmap import NmapTransport
from auditor.transports.scope import Scope
from tests.make import fact

pytestmark = pytest.mark.lab

LOOPBACK = Scope(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
ACCESS = Access(channel=Channel.NMAP)


def host(address: str = "127.0.0.1", kind: Kind = Kind.SERVER) -> Asset:
    return Asset(name="lab", kind=kind, addresses=(address,))


def ask(*requests: Request, asset: Asset | None = None, program: str = "nmap") -> list[Answer]:
    return NmapTransport(LOOPBACK, program).ask(asset or host(), ACCESS, requests)


@contextmanager
def listening() -> Iterator[int]:
    """Listen on a free port, and accept nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def tls_server(folder: Path) -> Iterator[int]:
    """Speak TLS 1.2 and 1.3 on a free port, with a certificate for two days."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab.example.net")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, context), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(15)


def _serve(server: socket.socket, context: ssl.SSLContext) -> None:
    greeting: list[threading.Thread] = []
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            break
        greeting.append(threading.Thread(target=_greet, args=(peer, context), daemon=True))
        greeting[-1].start()
    for thread in greeting:
        thread.join(15)


def _greet(peer: socket.socket, context: ssl.SSLContext) -> None:
    peer.settimeout(10)  # nmap waits for a greeting first, and a server that hangs up meanwhile tells nothing
    with suppress(OSError, ValueError), peer, context.wrap_socket(peer, server_side=True) as connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")


def test_open_and_closed_ports_are_told_apart_and_what_was_looked_at_is_kept():
    with listening() as port:
        (answer,) = ask(Nmap(ports=f"1,{port}"))
    scan = parse_scan(answer.text)

    assert answer.problem == ""
    assert Ports.parse(f"1,{port}") == scan.scanned
    assert (port,) == tuple(found.number for found in scan.open)


def test_all_requests_share_one_run():
    with listening() as port:
        first, second = ask(Nmap(ports="1-3"), Nmap(ports=f"2,{port}", scripts=("ssh2-enum-algos",)))

    assert first.text == second.text
    assert str(parse_scan(first.text).scanned) == f"1-3,{port}"
    assert "ssh2-enum-algos" in first.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # ssl leaks sockets of reset peers
def test_a_tls_service_on_an_unusual_port_is_read_to_the_end(tmp_path):
    with tls_server(tmp_path) as port:
        request = Nmap(ports=str(port), scripts=("ssl-cert", "ssl-enum-ciphers"), versions=True)
        (answer,) = ask(request)
    (service,) = fact(seen, answer.text).services

    assert [offer.version for offer in service.offers] == ["TLSv1.2", "TLSv1.3"]
    assert (port, "commonName=lab.example.net", 2048) == (
        service.port,
        service.certificate.subject,
        service.certificate.key_bits,
    )


def test_an_ipv6_address_is_scanned():
    (answer,) = ask(Nmap(ports="1"), asset=host("::1"))

    assert (answer.problem, 'addrtype="ipv6"' in answer.text) == ("", True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1 -oN {file}",
        "-oN{file}",
        "127.0.0.1\t--script=http-fetch",
        "127.0.0.1;touch {file}",
        "$(touch {file})",
        "127.0.0.0/8",
        "127.0.0.1-5",
        "127.0.0.1,127.0.0.2",
        "-iL/etc/passwd",
        "192.0.2.1",
        "",
    ],
)
def test_an_address_that_is_more_than_an_address_is_never_scanned(tmp_path, address):
    target = tmp_path / "written"
    with pytest.raises((OutOfScope, Unreachable)):
        ask(Nmap(ports="1"), asset=host(address.format(file=target)))

    assert not target.exists()


@pytest.mark.parametrize("ports", ["1 -oN {file}", "1,-oN{file}", "-", "T:1", "", "http*", "1\n2", "0-70000"])
def test_ports_that_are_more_than_ports_are_never_scanned(tmp_path, ports):
    with pytest.raises(Undeclared):
        ask(Nmap(ports=ports.format(file=tmp_path / "written")))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "script",
    [
        "ssl-cert -oN {file}",
        "{file}",
        "../evil",
        "all",
        "exploit",
        "dos",
        "not safe",
        "ssl-*",
        "-x",
        "",
        "a,b",
        "SSL",
        "+a",
    ],
)
def test_a_script_that_is_not_the_name_of_one_script_is_never_run(tmp_path, script):
    with pytest.raises(Undeclared):
        ask(Nmap(ports="1", scripts=(script.format(file=tmp_path / "written"),)))

    assert list(tmp_path.iterdir()) == []


def test_a_script_that_nmap_does_not_know_is_a_problem_in_words():
    (answer,) = ask(Nmap(ports="1", scripts=("no-such-script",)))

    assert "no-such-script" in answer.problem


@pytest.mark.parametrize("kind", [Kind.PRINTER, Kind.PHONE, Kind.IP_PHONE, Kind.UPS])
def test_what_prints_is_never_asked_on_its_print_ports(kind):
    (answer,) = ask(Nmap(ports="9099-9108"), asset=host(kind=kind))

    assert str(parse_scan(answer.text).scanned) == "9099,9108"


def test_nothing_is_scanned_when_only_print_ports_are_left():
    with pytest.raises(Undeclared, match="raw print ports"):
        ask(Nmap(ports="9100"), asset=host(kind=Kind.PRINTER))


def test_what_nmap_cannot_carry_is_undeclared():
    with pytest.raises(Undeclared, match="nmap cannot carry: id"):
        ask(Nmap(ports="1"), Shell("id"))


def test_a_machine_without_nmap_says_how_to_get_it():
    with pytest.raises(ToolMissing, match="nmap is not installed here: apt install nmap"):
        ask(Nmap(ports="1"), program="/nonexistent/nmap")


def fake(folder: Path, output: str) -> str:
    """Return a program that says it is nmap and then answers with this."""
    program = folder / "nmap"
    (folder / "output").write_text(output)
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = -V ]; then echo "Nmap version 7.93 ( https://nmap.org )"; exit; fi\n'
        f"cat {folder}/output\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.parametrize("output", ["", "no XML", "<nmaprun>", "<nmaprun></nmaprun>"])
def test_half_an_answer_is_no_answer(tmp_path, output):
    with pytest.raises(CollectionError, match="nmap gave no whole answer"):
        ask(Nmap(ports="1"), program=fake(tmp_path, output))


def test_a_host_that_nmap_gave_up_is_a_problem(tmp_path):
    output = (
        '<nmaprun><scaninfo protocol="tcp" services="1"/><host timedout="true"><status state="up"/>'
        '<address addr="127.0.0.1" addrtype="ipv4"/></host><runstats><finished exit="success"/><hosts/>'
        "</runstats></nmaprun>"
    )
    (answer,) = ask(Nmap(ports="1"), program=fake(tmp_path, output))

    assert "gave the host up" in answer.problem


def test_an_answer_larger_than_it_may_be_is_a_problem():
    (answer,) = ask(Nmap(ports="1", limits=Limits(bytes=100)))

    assert "larger than 100 bytes" in answer.problem
