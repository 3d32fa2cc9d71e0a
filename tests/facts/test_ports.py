"""What nmap's XML becomes as facts, and which XML becomes none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import NotPresent, Unreadable
from auditor.facts.nmap_xml import Ports, parse_scan
from auditor.facts.ports import LOOKED_AT, OpenPort, OpenPorts, open_ports
from auditor.facts.ssh_offered import offered
from auditor.facts.tls import seen
from auditor.model.probe import Probe
from tests.make import fact, refused

RECORDED = Path(__file__).parent / "nmap"
SSH = (RECORDED / "ssh.xml").read_text()
OPENSSH = OpenPort(
    number=22,
    service="ssh",
    product="OpenSSH",
    version="9.2p1 Debian 2+deb12u10",
    cpes=("cpe:/a:openbsd:openssh:9.2p1", "cpe:/o:linux:linux_kernel"),
    recognised=True,
)
PROBES = [open_ports, offered, seen]

BEGIN = '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun><scaninfo protocol="tcp" services="22,80,443"/>'
END = '<runstats><finished exit="success"/></runstats></nmaprun>'
UP = '<host><status state="up"/><ports>{}</ports></host>'
CLOSED = '<port protocol="tcp" portid="80"><state state="closed"/></port>'


def port(number: int, service: str, inside: str = "") -> str:
    """Return an open port as nmap writes it."""
    return f'<port protocol="tcp" portid="{number}"><state state="open"/><service {service}/>{inside}</port>'


def run(*ports: str) -> str:
    """Return a whole run over one host with these ports."""
    return BEGIN + UP.format("".join(ports)) + END


def test_a_recorded_scan_keeps_what_was_looked_at_and_every_cpe():
    known = fact(open_ports, SSH)

    assert Ports.parse("1,22,2222") == known.scanned
    assert {22, 2222} == {found.number for found in known.open}
    assert OPENSSH in known.open


def test_the_tunnel_is_kept_and_a_guess_is_no_recognition():
    https = port(443, 'name="http" tunnel="ssl" method="probed" product="nginx"')
    known = fact(open_ports, run(https, port(80, 'name="http" method="table"')))

    assert (
        OpenPort(number=443, service="http", tunnel="ssl", product="nginx", recognised=True),
        OpenPort(number=80, service="http"),
    ) == known.open


def test_silent_ports_are_counted_and_are_not_open():
    quiet = '<extraports state="filtered" count="1"/>'

    assert OpenPorts(scanned=Ports.parse("22,80,443"), open=(), filtered=1) == fact(open_ports, run(quiet, CLOSED))


def test_udp_ports_are_no_tcp_ports():
    udp = '<port protocol="udp" portid="161"><state state="open"/></port>'

    assert fact(open_ports, run(udp, CLOSED)).open == ()


@pytest.mark.parametrize("probe", PROBES, ids=["ports", "ssh", "tls"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Starting Nmap 7.93",
        "<html><body>404</body></html>",
        SSH[: len(SSH) // 2],
        SSH.replace('exit="success"', 'exit="error" errormsg="no route"'),
        run('<extraports state="filtered" count="3"/>'),
        run('<port protocol="tcp" portid="22"><state state="filtered"/></port>'),
        run('<port protocol="tcp" portid="x"><state state="open"/></port>'),
        run('<port protocol="tcp" portid="22"></port>'),
        BEGIN + END,
        BEGIN + UP.format(CLOSED) * 2 + END,
        BEGIN + '<host timedout="true"><status state="up"/></host>' + END,
        run(CLOSED).replace('<scaninfo protocol="tcp" services="22,80,443"/>', ""),
        run(CLOSED).replace('services="22,80,443"', 'services="all"'),
        run(CLOSED).replace("<!DOCTYPE nmaprun>", '<!DOCTYPE nmaprun [<!ENTITY x "y">]>'),
        run(CLOSED).replace("<!DOCTYPE nmaprun>", '<!DOCTYPE nmaprun SYSTEM "http://192.0.2.1/x.dtd">'),
        run(port(22, 'name="ssh"', '<script id="ssh2-enum-algos">' + "<table>" * 40 + "</table>" * 40 + "</script>")),
    ],
)
def test_what_is_no_whole_scan_of_one_living_host_is_no_fact(probe: Probe[object], text: str):
    assert isinstance(refused(probe, text), Unreadable)


@pytest.mark.parametrize("probe", [offered, seen], ids=["ssh", "tls"])
def test_a_host_without_the_service_has_none(probe: Probe[object]):
    assert isinstance(refused(probe, run(CLOSED)), NotPresent)


@pytest.mark.parametrize("probe", [offered, seen], ids=["ssh", "tls"])
def test_a_port_that_hangs_up_without_a_word_may_be_the_service(probe: Probe[object]):
    text = run(port(443, 'name="tcpwrapped" method="probed"'))

    assert isinstance(refused(probe, text), Unreadable)


@pytest.mark.parametrize("probe", [offered, seen], ids=["ssh", "tls"])
@pytest.mark.parametrize(
    "silent",
    [
        '<extraports state="filtered" count="2"/>',
        "".join(f'<port protocol="tcp" portid="{n}"><state state="filtered"/></port>' for n in (22, 443)),
    ],
)
def test_a_silent_usual_port_may_hide_the_service(probe: Probe[object], silent: str):
    assert isinstance(refused(probe, run(CLOSED, silent)), Unreadable)


def test_a_hostile_banner_stays_text():
    known = fact(
        open_ports, run(port(80, 'name="http" product="&lt;script&gt;alert(1)&lt;/script&gt;" method="probed"'))
    )

    assert known.open[0].product == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("text", "written", "count"),
    [
        ("22", "22", 1),
        ("80,22", "22,80", 2),
        ("1-3,3-5,7", "1-5,7", 6),
        ("65535", "65535", 1),
        ("1-65535", "1-65535", 65535),
    ],
)
def test_ports_are_kept_as_the_fewest_ranges(text, written, count):
    ports = Ports.parse(text)

    assert (written, count) == (str(ports), len(ports))


@pytest.mark.parametrize(
    "text", ["", "0", "65536", "5-1", "22,", "-22", "22 -oN x", "T:22", "22\n", "٢٢", "http", "1-2-3", "22;id"]
)
def test_what_is_no_list_of_ports_is_refused(text):
    with pytest.raises(ValueError, match="not"):
        Ports.parse(text)


@given(st.sets(st.integers(1, 65535), min_size=1, max_size=50))
def test_any_set_of_ports_survives_being_written(numbers):
    ports = Ports.of(iter(numbers))

    assert ports == Ports.parse(str(ports))
    assert all(number in ports for number in numbers)
    assert len(numbers) == len(ports)


def test_the_ports_looked_at_are_a_list_of_ports():
    assert 1000 < len(Ports.parse(LOOKED_AT)) < 1300


def test_a_scan_lists_its_scripts_tables():
    table = parse_scan(SSH).open[0].scripts["ssh2-enum-algos"]

    assert {"none", "zlib@openssh.com"} == set(table.table("compression_algorithms").items)
