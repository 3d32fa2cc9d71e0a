"""A fleet scanned with few runs of nmap: real ports on loopback, and services that make a scan hard."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from textwrap import dedent

import pytest

from auditor.facts.nmap_xml import parse_scan
from auditor.model.asset import Access, Asset, Channel, Kind
from auditor.model.probe import Answer, Limits, Nmap, Request, Shell
from auditor.transports.nmap import NmapTransport
from auditor.transports.scope import Scope
from tests.lab.hostile import Behaviour, Raw, closing, flooding, silent

pytestmark = pytest.mark.lab

LOOPBACK = Scope(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
ROOT = Path(__file__).parents[2]


def addresses(count: int) -> list[str]:
    """Return addresses on loopback that nobody else uses."""
    network = f"127.{random.randint(16, 250)}.{random.randint(1, 250)}"
    return [f"{network}.{number}" for number in range(1, count + 1)]


def asset(name: str, address: str, kind: Kind = Kind.SERVER) -> Asset:
    return Asset(name=name, kind=kind, addresses=(address,) if address else ())


def ahead(*wanted: tuple[Asset, list[Request]], program: str = "nmap") -> dict[str, list[Answer]]:
    """Return the answers by the asset's name; every asset is told about once."""
    told = list(NmapTransport(LOOPBACK, program).scan_ahead(wanted))

    assert sorted(one.name for one, _ in wanted) == sorted(one.name for one, _ in told)
    return {one.name: answers for one, answers in told}


def alike(hosts: list[str], request: Request) -> list[tuple[Asset, list[Request]]]:
    return [(asset(host, host), [request]) for host in hosts]


@contextmanager
def servers(hosts: list[str], *behaviours: Behaviour) -> Iterator[int]:
    """Treat connections to one port of each host by a function of its own."""
    with ExitStack() as stack:
        first = stack.enter_context(Raw(behaviours[0], host=hosts[0]))
        for host, behave in zip(hosts[1:], behaviours[1:], strict=True):
            stack.enter_context(Raw(behave, host=host, port=first.port))
        yield first.port


def says(banner: bytes) -> Behaviour:
    """Say something first, hear what comes back, and hang up: nmap waits for whoever does not."""

    def behave(connection: socket.socket, ended: threading.Event) -> None:
        del ended
        connection.settimeout(0.5)
        connection.sendall(banner)
        with suppress(TimeoutError):
            connection.recv(1000)

    return behave


greeting = says(b"SSH-2.0-OpenSSH_9.9\r\n")


def test_each_host_of_a_shared_run_is_told_as_if_it_had_been_asked_alone():
    one, two = addresses(2)
    with servers([one, two], greeting, closing) as port:
        requests: list[Request] = [
            Nmap(ports=f"1,{port}", versions=True),
            Nmap(ports="2", scripts=("ssh2-enum-algos",)),
        ]
        told = ahead((asset("one", one), requests), (asset("two", two), requests))
        alone = NmapTransport(LOOPBACK).ask(asset("one", one), Access(channel=Channel.NMAP), requests)

    assert [answer.request for answer in told["one"]] == requests
    assert {(a.problem, a.channel, a.privilege) for a in alone} == {
        (a.problem, a.channel, a.privilege) for a in told["one"]
    }
    assert parse_scan(alone[0].text) == parse_scan(told["one"][0].text)
    assert one in told["one"][0].text
    assert two not in told["one"][0].text
    assert two in told["two"][0].text


def test_only_hosts_with_equal_options_share_a_run():
    one, two, three = addresses(3)
    ports, others = Nmap(ports="1-3"), Nmap(ports="4")
    told = ahead((asset("a", one), [ports]), (asset("b", two), [ports]), (asset("c", three), [others]))

    assert head(told["a"]) == head(told["b"])
    assert ["1-3", "4"] == [str(parse_scan(told[name][0].text).scanned) for name in ("b", "c")]


def head(answers: list[Answer]) -> str:
    return answers[0].text.partition("<host ")[0]


def test_what_may_not_be_scanned_gets_its_reason_and_stops_nobody():
    (good,) = addresses(1)
    request: list[Request] = [Nmap(ports="1")]
    told = ahead(
        (asset("outside", "192.0.2.1"), request),
        (asset("nowhere", ""), request),
        (asset("option", "127.0.0.1 -oN x"), request),
        (asset("network", "127.0.0.0/30"), request),
        (asset("shell", good), [Shell("id")]),
        (asset("category", good), [Nmap(ports="1", scripts=("all",))]),
        (asset("good", good), request),
    )

    assert "scope.allow" in told["outside"][0].problem
    assert "no address" in told["nowhere"][0].problem
    assert "neither an address nor a host name" in told["option"][0].problem
    assert "neither an address nor a host name" in told["network"][0].problem
    assert "nmap cannot carry: id" in told["shell"][0].problem
    assert "not the name of one nmap script" in told["category"][0].problem
    assert ["good"] == [name for name, answers in told.items() if not answers[0].problem]


def test_assets_at_one_address_are_both_told():
    (host,) = addresses(1)
    told = ahead((asset("a", host), [Nmap(ports="1")]), (asset("b", host), [Nmap(ports="1")]))

    assert ("", told["b"][0].text) == (told["a"][0].problem, told["a"][0].text)


def test_both_families_of_addresses_are_scanned():
    told = ahead((asset("six", "::1"), [Nmap(ports="1")]), (asset("four", "127.0.0.1"), [Nmap(ports="1")]))

    assert ("", 'addrtype="ipv6"') == (told["six"][0].problem, 'addrtype="ipv6"' * ("ipv6" in told["six"][0].text))
    assert told["four"][0].problem == ""


def test_a_host_known_by_name_shares_no_run_that_tells_tls_servers_a_name():
    (host,) = addresses(1)
    tls: list[Request] = [Nmap(ports="1", scripts=("ssl-cert",))]
    told = ahead((asset("named", "localhost"), tls), (asset("numbered", host), tls))

    assert "tls.servername=localhost" in told["named"][0].text
    assert "tls.servername" not in told["numbered"][0].text


def test_a_long_list_of_ports_is_tried_on_those_who_answer():
    hosts = addresses(3)
    told = ahead(*alike(hosts, Nmap(ports="1-200")))

    assert {("", "1-200")} == {(a.problem, str(parse_scan(a.text).scanned)) for (a,) in told.values()}
    assert "-PS" in told[hosts[0]][0].text


def test_a_host_that_is_too_slow_is_not_told_as_closed_and_stops_nobody():
    one, two = addresses(2)
    with servers([one, two], silent, greeting) as port:
        told = ahead(*alike([one, two], Nmap(ports=f"1,{port}", versions=True, limits=Limits(seconds=3))))

    assert told[one][0].problem == "nmap gave it up after 3 s"
    assert told[one][0].text == ""
    assert ("", [port]) == (told[two][0].problem, [p.number for p in parse_scan(told[two][0].text).open])


def test_a_banner_that_never_ends_stops_nobody():
    one, two = addresses(2)
    with servers([one, two], flooding, greeting) as port:
        told = ahead(*alike([one, two], Nmap(ports=str(port), versions=True, limits=Limits(seconds=30))))

    assert told[one][0].problem in {"", "nmap gave it up after 30 s"}
    assert len(told[one][0].text) < 100_000
    assert "OpenSSH" in told[two][0].text


@pytest.mark.parametrize(
    "banner",
    [
        b'SSH-2.0-OpenSSH_<a b="c">&amp;&x;]]></service></port></host><!--\r\n',
        b"SSH-2.0-OpenSSH_\x01\x02\x1b[31m\x7f\x00\xff\xfe\r\n",
        "SSH-2.0-OpenSSH_9.9 \ud83d\ude00\u202e\ufffe\r\n".encode("utf-16", "surrogatepass"),
        b"220 <host> </host> \x01\x1b[2J\xc3\x28 ESMTP Postfix\r\n",
        b"\x01\x02\x03</nmaprun>" * 50,
    ],
)
def test_what_a_service_says_cannot_break_what_is_told_of_it_or_of_others(banner):
    one, two = addresses(2)
    with servers([one, two], says(banner), greeting) as port:
        request = Nmap(ports=str(port), versions=True, scripts=("banner",), limits=Limits(seconds=60))
        told = ahead(*alike([one, two], request))

    for name in (one, two):
        assert told[name][0].problem == ""
        assert [port] == [found.number for found in parse_scan(told[name][0].text).open]
    assert ("ssh", "OpenSSH") == next((p.service, p.product) for p in parse_scan(told[two][0].text).open)


def test_nmap_that_is_not_there_is_everybodys_reason():
    told = ahead(*alike(addresses(3), Nmap(ports="1")), program="/nonexistent/nmap")

    assert {"nmap is not installed here: apt install nmap"} == {answers[0].problem for answers in told.values()}


def test_a_script_that_nmap_does_not_know_is_everybodys_reason():
    told = ahead(*alike(addresses(2), Nmap(ports="1", scripts=("no-such-script",))))

    assert [True, True] == ["no-such-script" in answers[0].problem for answers in told.values()]


def children(of: int) -> set[int]:
    """Return the processes that a process started and that have not ended."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == of and state != "Z":
            found.add(int(entry.parent.name))
    return found


def test_closing_the_iterator_ends_every_nmap():
    one, two = addresses(2)
    with servers([one], silent) as port:
        before = children(os.getpid())
        slow = (asset("slow", one), [Nmap(ports=str(port), versions=True)])
        told = NmapTransport(LOOPBACK).scan_ahead([slow, (asset("fast", two), [Nmap(ports="1")])])
        first, _ = next(told)
        during = children(os.getpid()) - before
        told.close()

    assert "fast" == first.name
    assert during
    assert set() == children(os.getpid()) - before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nmap_does_not_outlive_us(how):
    (host,) = addresses(1)
    program = dedent("""
        import sys
        from auditor.model.asset import Asset, Kind
        from auditor.model.probe import Nmap
        from auditor.transports.nmap import NmapTransport
        from auditor.transports.scope import Scope
        slow = Asset(name="slow", kind=Kind.SERVER, addresses=(sys.argv[1],))
        list(NmapTransport(Scope()).scan_ahead([(slow, [Nmap(ports=sys.argv[2], versions=True)])]))
    """)
    with servers([host], silent) as port:
        command = [sys.executable, "-c", program, host, str(port)]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as auditor:
            scanners = until(lambda: {pid for pid in children(auditor.pid) if command_of(pid) == "nmap"})
            auditor.send_signal(how)
            auditor.wait(30)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in scanners))
    assert scanners
    assert auditor.returncode != 0


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def until(look):
    """Return the first thing that is something, within half a minute."""
    for _ in range(600):
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")
