"""Audit N hosts of a real sshd on loopback through the real pipeline, and say what that costs the auditing machine.

    python -m bench.loopback --hosts 200
    python -m bench.loopback --hosts 200 --compare

Every host is an address in 127.0.0.0/8 of the same sshd on this very machine, which so does both the asking and the
answering: hosts a second say as much about the answering; CPU a host is of the auditing process alone. With --compare a
bare paramiko loop fetches the same script's output from the same hosts in the same run.

What was received is the texts that reached the auditing process; children that ask leave out those that it has already.
With --wire it is every byte that came back, counted by a relay in between, which slows the hosts down a little.
"""

import argparse
import json
import multiprocessing
import os
import platform
import queue
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.lab.apart import Apart
from tests.lab.fleet import Fleet

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from auditor.model.probe import Request
    from tests.lab.workspace import LabWorkspace

MeasuredT = TypeVar("MeasuredT")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way of asking cost. Times in seconds, memory in MiB, bytes as they came from the hosts."""

    what: str
    hosts: int
    reached: int
    seconds: float
    cpu_seconds: float
    received: int
    memory: float
    database: int = 0

    def line(self) -> str:
        """Return it as a line for people."""
        rate, cpu = self.hosts / self.seconds, 1000 * self.cpu_seconds / self.hosts
        stored = f", {self.database / self.hosts / 1024:.1f} KiB stored a host" if self.database else ""
        return (
            f"{self.what}: {self.hosts} hosts ({self.reached} answered) in {self.seconds:.1f} s: {rate:.1f} hosts/s, "
            f"{cpu:.1f} ms of CPU a host, {self.received / self.hosts / 1024:.1f} KiB received a host{stored}, "
            f"{self.memory:.0f} MiB at most"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the hosts, audit them, and print what that cost."""
    options = argparse.ArgumentParser(prog="python -m bench.loopback", description=__doc__.partition("\n")[0])
    options.add_argument("--hosts", type=int, default=100, metavar="N")
    options.add_argument("--workers", type=int, default=50, metavar="N")
    options.add_argument("--processes", type=int, default=0, metavar="N", help="0: as an audit chooses itself")
    options.add_argument("--policy", choices=("lab", "quick"), default="lab", help="the baseline, or two checks")
    options.add_argument("--compare", action="store_true", help="also fetch the same by a bare paramiko loop")
    options.add_argument("--wire", action="store_true", help="count every byte that comes back, by a relay")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder, Fleet(Path(folder), chosen.policy) as fleet:
        fleet.start_hosts(chosen.hosts, prefix="host")
        fleet.workspace.collect = {"asset_seconds": 600.0, "workers": chosen.workers, "processes": chosen.processes}
        fleet.workspace.write()
        ways: list[Callable[[LabWorkspace, int], Measured]] = [first_audit, second_audit]
        ways += [bare] * chosen.compare
        if chosen.wire:
            measured = [on_the_wire(way, fleet, chosen.workers) for way in ways]
        else:
            measured = [apart(way, fleet.workspace, chosen.workers) for way in ways]
    if chosen.json:
        print(json.dumps({"machine": machine(), "measured": [asdict(one) for one in measured]}, indent=2))
        return 0
    print(machine())
    for one in measured:
        print(one.line())
    if chosen.compare:
        (first, again, loop) = measured
        for one in (first, again):
            print(f"CPU of the {one.what} to that of the bare loop: {one.cpu_seconds / loop.cpu_seconds:.2f}")
    return 0


def apart(way: "Callable[[LabWorkspace, int], MeasuredT]", workspace: "LabWorkspace", workers: int) -> MeasuredT:
    """Measure in a fresh process, so that nobody pays for another's memory, imports and threads."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(way, workspace, workers, there))
    process.start()
    there.close()
    try:
        measured: MeasuredT = here.recv()
    finally:
        process.join()
    return measured


def move(workspace: "LabWorkspace", port: int) -> None:
    """Let every host be asked at another port."""
    for name, fields in workspace.assets.items():
        workspace.assets[name] = {**fields, "transports": {"ssh": {"port": port, "credential": "key"}}}


def on_the_wire(way: "Callable[[LabWorkspace, int], Measured]", fleet: Fleet, workers: int) -> Measured:
    """Measure through a relay that counts what comes back: all bytes of TCP's payload, SSH's own among them."""
    with Apart("tests.lab.relay", fleet.sshd.port, 0) as said:
        move(fleet.workspace, said["port"])
        fleet.workspace.write()
        measured = apart(way, fleet.workspace, workers)
    return replace(measured, received=said["answered"])


def _measure(
    way: "Callable[[LabWorkspace, int], MeasuredT]", workspace: "LabWorkspace", workers: int, there: "Connection"
) -> None:
    there.send(way(workspace, workers))
    there.close()


def first_audit(workspace: "LabWorkspace", workers: int) -> Measured:
    """Audit with an empty database: every key is enrolled, every text is stored."""
    return _audit("first audit", workspace, workers)


def second_audit(workspace: "LabWorkspace", workers: int) -> Measured:
    """Audit once more: what did not change costs a row."""
    return _audit("second audit", workspace, workers)


def _audit(what: str, workspace: "LabWorkspace", workers: int) -> Measured:
    from auditor import pipeline  # noqa: PLC0415
    from auditor.collect.ask import Collected  # noqa: PLC0415
    from auditor.model.result import Judged  # noqa: PLC0415
    from auditor.setup import open_store, prepare, transports  # noqa: PLC0415
    from tests.lab.auditing import Watcher  # noqa: PLC0415

    class Counting(Watcher):
        """Adds up what was said."""

        received = reached = 0

        def asked(self, collected: Collected, judged: Judged) -> None:
            """Count one asset."""
            super().asked(collected, judged)
            self.received += sum(len(answer.text) for answer in collected.answers.values())
            self.reached += collected.reached

    del workers  # the workspace's settings say how many
    before = size_of(workspace.database)
    setup, counting = prepare(workspace.folder), Counting()
    with open_store(workspace.folder) as store, Weighing() as weighing:
        with transports(setup, store.host_keys()):
            pass  # has imported them: neither here nor in the bare loop is that what is measured
        began = Moment()
        pipeline.audit(setup, store, counting, enrol=True)
        seconds, cpu_seconds = began.until_now()
    stored = size_of(workspace.database) - before
    hosts = len(workspace.assets)
    spent = seconds, cpu_seconds - weighing.spent
    return Measured(what, hosts, counting.reached, *spent, counting.received, weighing.most, stored)


def bare(workspace: "LabWorkspace", workers: int) -> Measured:
    """Fetch what the same script prints with nothing but paramiko: no pinning, no parsing, no judging, no storing."""
    import paramiko  # noqa: PLC0415

    from auditor import pipeline  # noqa: PLC0415
    from auditor.setup import prepare  # noqa: PLC0415

    plans = pipeline.plan(prepare(workspace.folder))
    key = paramiko.Ed25519Key.from_private_key_file(str(workspace.credentials["key"]["key_file"]))
    user = str(workspace.credentials["key"]["user"])
    waiting: queue.SimpleQueue[tuple[str, int, bytes]] = queue.SimpleQueue()
    for plan in plans.values():
        ((access, requests),) = plan.requests.items()
        waiting.put((plan.asset.addresses[0], access.port, script_of(requests)))
    received: list[int] = []

    def serve() -> None:
        while True:
            try:
                host, port, script = waiting.get_nowait()
            except queue.Empty:
                return
            wire = paramiko.Transport((host, port))
            wire.start_client()
            wire.auth_publickey(user, key)
            channel = wire.open_session()
            channel.exec_command("exec /bin/sh -s")
            channel.sendall(script)
            channel.shutdown_write()
            count = 0
            while piece := channel.recv(262144):
                count += len(piece)
            received.append(count)
            wire.close()

    with Weighing() as weighing:
        began = Moment()
        threads = [threading.Thread(target=serve) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds, cpu_seconds = began.until_now()
    spent = seconds, cpu_seconds - weighing.spent
    return Measured("bare paramiko loop", len(plans), len(received), *spent, sum(received), weighing.most)


def script_of(requests: "Iterable[Request]") -> bytes:
    """Return the script that asks a host all of the requests that a shell can be asked."""
    from auditor.model.probe import Shell  # noqa: PLC0415
    from auditor.transports.script import compose, new_nonce  # noqa: PLC0415

    return compose([request for request in requests if isinstance(request, Shell)], new_nonce())


class Moment:
    """A point in wall time and in the CPU time of this process and of those that it started and that have ended."""

    def __init__(self) -> None:
        """Be now."""
        self.wall, self.cpu = time.monotonic(), cpu()

    def until_now(self) -> tuple[float, float]:
        """Return the seconds of wall time and of CPU time since."""
        return time.monotonic() - self.wall, cpu() - self.cpu


class Weighing:
    """Looks now and then at how much memory this process and its children have; shared pages count once."""

    def __init__(self, every: float = 1.0) -> None:
        """Look every so many seconds."""
        self.most = 0.0  # MiB
        self.spent = 0.0  # seconds of CPU that looking took
        self._every, self._ended = every, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look once more, and end."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, sum(map(proportional, family(os.getpid()))) / 1024)
            self.spent = time.thread_time()
            if self._ended.wait(self._every):
                return


def family(parent: int) -> list[int]:
    """Return a process and all that descend from it."""
    try:
        children = map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    except OSError:  # it has ended
        return [parent]
    return [parent, *(one for child in children for one in family(child))]


def proportional(process: int) -> int:
    """Return a process's memory in KiB, of which shared pages are counted in part (proc(5), smaps_rollup)."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def cpu() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def memory() -> float:
    """Return the most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size_of(database: Path) -> int:
    """Return the bytes of a database and its log."""
    return sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))


def machine() -> str:
    """Return what this was measured on."""
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    release = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{cores} cores, {release}, Python {platform.python_version()}, load {load:.1f} at the end"


if __name__ == "__main__":
    sys.exit(main())
