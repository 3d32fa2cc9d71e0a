"""Walk a subtree of N SNMP agents in every way there is, side by side, and sweep a fleet that is mostly dead.

    python -m bench.snmp --agents 200 --root 1.3.6.1.2.1.4
    python -m bench.snmp --agents 50 --root 1.3.6.1 --credential v3
    python -m bench.snmp --sweep 1000

One snmpd answers every address of 127.0.0.0/8, so agents share one core with us: CPU a varbind, which is of the asking
side alone, is the number to compare. `ours` and `pysnmp` are whole: `SnmpTransport.ask` down to the text of the answer;
the others only fetch. gufo_snmp is measured where it is installed; it is nothing that auditor needs. `--json` is for
keeping. `make test` must have installed snmpd before; snmpbulkwalk is measured where there is one.
"""

import argparse
import importlib.util
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.credentials import Credential, Secret
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Limits, Snmp
from auditor.transports.scope import Scope
from auditor.transports.snmp import SnmpTransport
from bench.loopback import machine
from tests.lab.snmpd import Snmpd, User

WORDS = ("authentic-words", "private-words")
FIRST = int(ip_address("127.1.0.1"))


@dataclass(frozen=True, slots=True)
class Case:
    """What one way of asking cost: times in seconds, CPU in microseconds for each varbind."""

    what: str
    varbinds: int
    seconds: float
    varbinds_a_second: float
    cpu: float
    agent_cpu: float


class Safe:
    """The two credentials of the lab."""

    def open(self, name: str) -> Credential:
        """Return a credential."""
        if name == "v2c":
            return Credential(name=name, community=Secret("lab"))
        auth, privacy = map(Secret, WORDS)
        return Credential(
            name=name, user="lab", auth=auth, auth_protocol="sha256", privacy=privacy, privacy_protocol="aes"
        )


@dataclass(frozen=True)
class Fleet:
    """The agents, and how to ask them."""

    agent: Snmpd
    agents: int
    root: str
    credential: str
    at_once: int

    @property
    def hosts(self) -> list[str]:
        """Return the agents' addresses."""
        return [str(ip_address(FIRST + number)) for number in range(self.agents)]

    def each(self, ask: Callable[[str], int]) -> int:
        """Ask each agent, some at once; return how many varbinds came."""
        with ThreadPoolExecutor(self.at_once) as pool:
            return sum(pool.map(ask, self.hosts))

    def transport(self, *, fast: bool) -> int:
        """Ask through our transport."""
        request = Snmp((self.root,), walk=True, limits=Limits(seconds=300.0, bytes=64 * 2**20))
        access = Access(channel=Channel.SNMP, port=self.agent.port, credential=self.credential)
        scope = Scope(allow=(ip_network("127.0.0.0/8"),))
        with SnmpTransport(Safe(), scope, fast=fast) as transport:

            def ask(host: str) -> int:
                (answer,) = transport.ask(Asset(name=host, addresses=(host,)), access, [request])
                assert not answer.problem, answer.problem
                return answer.text.count("\n")

            return self.each(ask)

    def gufo(self) -> int:
        """Ask by bare gufo_snmp, which tells no types."""
        from gufo.snmp import Aes128Key, Sha256Key, SnmpVersion, User  # noqa: PLC0415  (may be missing)
        from gufo.snmp.sync import SnmpSession  # noqa: PLC0415

        def ask(host: str) -> int:
            given = (
                {"community": "lab", "version": SnmpVersion.v2c}
                if self.credential == "v2c"
                else {
                    "user": User("lab", auth_key=Sha256Key(WORDS[0].encode()), priv_key=Aes128Key(WORDS[1].encode())),
                    "version": SnmpVersion.v3,
                }
            )
            with SnmpSession(host, port=self.agent.port, timeout=10, max_repetitions=25, **given) as session:
                return sum(1 for _ in session.getbulk(self.root))

        return self.each(ask)

    def bulkwalk(self) -> int:
        """Ask by net-snmp's snmpbulkwalk, a process for each agent."""
        how = (
            ["-v2c", "-c", "lab"]
            if self.credential == "v2c"
            else ["-v3", "-u", "lab", "-l", "authPriv", "-a", "SHA-256", "-A", WORDS[0], "-x", "AES", "-X", WORDS[1]]
        )
        program = shutil.which("snmpbulkwalk") or ""

        def ask(host: str) -> int:
            where = f"{host}:{self.agent.port}"
            done = subprocess.run(
                [program, *how, "-Cr25", "-On", "-m", "", where, self.root],
                capture_output=True, check=True, env={"MIBS": "", "SNMP_PERSISTENT_DIR": "/nonexistent"},
            )  # fmt: skip
            return done.stdout.count(b"\n.") + 1

        return self.each(ask)

    def ways(self) -> dict[str, Callable[[], int]]:
        """Return every way there is here, by name."""
        ways: dict[str, Callable[[], int]] = {"ours": lambda: self.transport(fast=True)}
        if importlib.util.find_spec("gufo"):
            ways["gufo_snmp, bare"] = self.gufo
        if shutil.which("snmpbulkwalk"):
            ways["snmpbulkwalk"] = self.bulkwalk
        return {**ways, "pysnmp": lambda: self.transport(fast=False)}


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ours() -> float:
    """Return the CPU seconds of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(fleet: Fleet) -> list[Case]:
    """Walk all agents in every way."""
    assert fleet.agent._process is not None  # noqa: SLF001  (the lab's own)
    pid = fleet.agent._process.pid  # noqa: SLF001
    cases = []
    for what, way in fleet.ways().items():
        before, agent, started = ours(), cpu_of(pid), time.perf_counter()
        varbinds = way()
        seconds, cpu = time.perf_counter() - started, ours() - before
        each = 1e6 / varbinds
        cases.append(Case(what, varbinds, seconds, varbinds / seconds, cpu * each, (cpu_of(pid) - agent) * each))
    return cases


def swept(agent: Snmpd, number: int) -> dict[str, object]:
    """Sweep addresses of which one in ten has an agent; the others' port is open, and nobody reads it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("0.0.0.0", 0))  # noqa: S104  (every address of 127.0.0.0/8)
        wanted = [
            (
                Asset(name=str(index), addresses=(str(ip_address(FIRST + index)),)),
                Access(
                    channel=Channel.SNMP,
                    port=dead.getsockname()[1] if index % 10 else agent.port,
                    credential="v3" if index % 20 else "v2c",
                ),
            )
            for index in range(number)
        ]
        with SnmpTransport(Safe(), Scope(allow=(ip_network("127.0.0.0/8"),))) as transport:
            cpu, started = time.process_time(), time.perf_counter()
            silent = transport.silent(wanted)
            seconds = time.perf_counter() - started
    return {
        "addresses": number, "silent": len(silent), "seconds": seconds, "cpu_seconds": time.process_time() - cpu,
    }  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Measure what the command line says, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--root", default="1.3.6.1.2.1.4")
    parser.add_argument("--credential", choices=("v2c", "v3"), default="v2c")
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--sweep", type=int, default=0, help="sweep so many addresses instead")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    user = User("lab", "SHA-256", WORDS[0], "AES", WORDS[1])
    with Snmpd(communities=("lab",), users=(user,), host="0.0.0.0") as agent:  # noqa: S104  (likewise)
        if given.sweep:
            print(json.dumps({"machine": machine(), **swept(agent, given.sweep)}, indent=2))
            return
        cases = measured(Fleet(agent, given.agents, given.root, given.credential, given.at_once))
    if given.json:
        print(json.dumps({"machine": machine(), "cases": [asdict(case) for case in cases]}, indent=2))
        return
    print(machine())
    print("| what | varbinds | s | varbinds/s | CPU us a varbind | agent's CPU us a varbind |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case in cases:
        numbers = f"{case.seconds:.2f} | {case.varbinds_a_second:,.0f} | {case.cpu:.1f} | {case.agent_cpu:.1f}"
        print(f"| {case.what} | {case.varbinds:,} | {numbers} |")


if __name__ == "__main__":
    main(sys.argv[1:])
