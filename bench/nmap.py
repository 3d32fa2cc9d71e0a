"""Scan N addresses of 127/8 x 3 ports with versions: through the transport, and by nmap alone, side by side.

    python -m bench.nmap --hosts 200 1000
    python -m bench.nmap --hosts 200 --web

Two ports greet as SSH and FTP servers do, one is closed. With --web one of them says nothing until it is asked, as web
servers do: nmap waits six seconds for it, and how many it waits for at once decides. A server process of this program
is every host, so wall times hold its work too; nmap's CPU does not.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.facts.nmap_xml import parse_scan
from auditor.model.asset import Asset, Kind
from auditor.model.probe import Nmap
from auditor.transports.nmap import NmapTransport
from auditor.transports.scope import Scope

GREETINGS = (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", b"220 (vsFTPd 3.0.3)\r\n")
PAGE = b"HTTP/1.0 200 OK\r\nServer: nginx/1.22.1\r\n\r\nhello"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one scan cost. Times in seconds, memory of this process at its most in MiB."""

    what: str
    hosts: int
    open_ports: int
    wall: float
    nmap_cpu: float
    own_cpu: float
    memory: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, scan in turns, and print the figures and their ratios."""
    options = argparse.ArgumentParser(prog="python -m bench.nmap", description=__doc__.partition("\n")[0])
    options.add_argument("--hosts", type=int, nargs="+", default=[200, 1000], metavar="N")
    options.add_argument("--rounds", type=int, default=3, metavar="N")
    options.add_argument("--web", action="store_true", help="one service says nothing until it is asked")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args(arguments)
    context = multiprocessing.get_context("spawn")
    sockets = [socket.create_server(("0.0.0.0", 0), backlog=1000) for _ in range(2)]  # noqa: S104  (all of 127/8)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        ports = [one.getsockname()[1] for one in (*sockets, closed)]
    server = context.Process(target=serve, args=(sockets, chosen.web), daemon=True)
    server.start()
    try:
        measured = [one for count in chosen.hosts for one in compare(count, ports, chosen.rounds)]
    finally:
        server.kill()
    if chosen.json:
        print(json.dumps([asdict(one) for one in measured], indent=2))
        return 0
    print(f"{os.cpu_count()} cores, {platform.platform()}, load {os.getloadavg()[0]:.1f}")
    for one in measured:
        print(
            f"{one.what:>12}: {one.hosts} hosts, {one.open_ports} open ports, {one.wall:.2f} s, nmap's CPU "
            f"{one.nmap_cpu:.2f} s, own CPU {one.own_cpu:.2f} s, {one.memory} MiB at most"
        )
    for ours, *others in zip(*[iter(measured)] * 3, strict=True):
        for other in others:
            wall, cpu = ours.wall / other.wall, ours.nmap_cpu / other.nmap_cpu
            print(f"{ours.hosts} hosts, to {other.what}: wall {wall:.2f}, nmap's CPU {cpu:.2f}")
    return 0


def compare(count: int, ports: Sequence[int], rounds: int) -> list[Measured]:
    """Return what is usual of the transport, of nmap as people type it, and of nmap with the transport's options."""
    hosts = [f"127.9.{number // 250}.{number % 250 + 1}" for number in range(count)]
    listed = ",".join(map(str, sorted(ports)))
    ways: dict[str, Callable[[], int]] = {
        "transport": lambda: ahead(hosts, listed),
        "nmap": lambda: bare(hosts, ["-n", "-sV", "-p", listed]),
        "nmap -sT": lambda: bare(
            hosts, ["-sT", "--unprivileged", "-Pn", "-n", "-sV", "--version-light", "--max-retries", "2", "-p", listed]
        ),
    }
    turns = [(what, measure(what, count, way)) for _ in range(rounds) for what, way in ways.items()]
    return [usual([one for name, one in turns if name == what]) for what in ways]


def measure(what: str, count: int, way: Callable[[], int]) -> Measured:
    """Run one way once."""
    wall, children, own = time.monotonic(), _cpu(resource.RUSAGE_CHILDREN), _cpu(resource.RUSAGE_SELF)
    found = way()
    wall, children, own = (
        time.monotonic() - wall,
        _cpu(resource.RUSAGE_CHILDREN) - children,
        _cpu(resource.RUSAGE_SELF) - own,
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Measured(what, count, found, wall, children, own, memory)


def usual(turns: Sequence[Measured]) -> Measured:
    """Return the run with the median of nmap's CPU, with the best wall time: other work can only lengthen that."""
    if len({one.open_ports for one in turns}) > 1:
        print(f"note: {turns[0].what} found {[one.open_ports for one in turns]} open ports", file=sys.stderr)
    middle = sorted(turns, key=lambda one: one.nmap_cpu)[len(turns) // 2]
    wall = min(one.wall for one in turns)
    return Measured(**{**asdict(middle), "wall": wall})


def ahead(hosts: Sequence[str], ports: str) -> int:
    """Scan through the transport, and read every answer as its facts do; return how many open ports were recognised."""
    request, found = Nmap(ports=ports, versions=True), 0
    wanted = [(Asset(name=host, kind=Kind.SERVER, addresses=(host,)), [request]) for host in hosts]
    for _, (answer,) in NmapTransport(Scope()).scan_ahead(wanted):
        found += sum(port.probed for port in parse_scan(answer.text).open)
    return found


def bare(hosts: Sequence[str], words: Sequence[str]) -> int:
    """Let nmap write its XML to a file; return how many open ports were recognised."""
    with tempfile.TemporaryDirectory() as folder:
        targets, output = Path(folder) / "targets", Path(folder) / "output.xml"
        targets.write_text("\n".join(hosts))
        command = ["nmap", *words, "-iL", str(targets), "-oX", str(output)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return output.read_text().count('method="probed"')


def serve(sockets: Sequence[socket.socket], web: bool) -> None:  # noqa: FBT001  (a process has no keywords)
    """Greet on two ports, until the process is ended."""

    async def greet(greeting: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(greeting)
            if await asyncio.wait_for(reader.read(1000), 20) and not greeting:
                writer.write(PAGE)
            await writer.drain()
        except (OSError, TimeoutError):
            pass
        finally:
            writer.close()

    async def run() -> None:
        greetings = (GREETINGS[0], b"" if web else GREETINGS[1])
        for one, greeting in zip(sockets, greetings, strict=True):
            await asyncio.start_server(lambda r, w, said=greeting: greet(said, r, w), sock=one, backlog=1000)
        await asyncio.Event().wait()

    asyncio.run(run())


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
