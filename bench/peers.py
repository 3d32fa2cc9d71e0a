"""Audit a fleet, and have ansible-core and nornir with netmiko ask it far less, side by side: CPU of whoever asks.

    python -m bench.peers --hosts 50 --peers /tmp/peers

The same sshd on loopback is every host. Ours is the whole command `auditor audit`, which asks, redacts, judges, stores
and reports. Ansible runs one `shell` task, `uname -a`, without facts, with 50 forks. Nornir has 50 workers, each with a
netmiko session of the driver `linux`: once for `uname -a`, and once for what our own script prints for each policy; the
script lies on the hosts already. Only we look at host keys.

CPU is user and system time of a command and of all that it started, also of what detached itself from it, as the ssh
masters do that ansible leaves behind (PR_SET_CHILD_SUBREAPER of prctl(2)). `asking` leaves out what is paid once a
command, however many hosts there are: of ours it is the pipeline, from the plans to the findings, and of nornir's its
run. `again` is the same of an audit to which the hosts send only what changed; `left` is the CPU of what a command
leaves behind. How many of our audits something costs is told of asking, or of all where only that is known. In each
round everybody has one turn; what is printed are the medians.

Ansible and nornir are no dependencies of this project: pip installs them into an environment of their own, in the
folder of --peers, which is kept for the next time, or else in a temporary one.
"""

import argparse
import ctypes
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.loopback import apart, family, first_audit, machine, script_of, second_audit
from tests.lab.fleet import Fleet
from tests.lab.workspace import LabWorkspace

PEERS: Final = ("ansible-core", "nornir", "nornir-netmiko")
POLICIES: Final = ("quick", "lab")
PARTS: Final = ("cpu", "asking", "again", "left")  # of what is spent: see Spent
_SUBREAPER: Final = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
_UNCHECKED: Final = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
_NORNIR: Final = """\
import sys
import time
from nornir import InitNornir
from nornir_netmiko.tasks import netmiko_send_command

folder, workers, command, end = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
none = f"{folder}/none.yaml"
files = {"host_file": f"{folder}/hosts.yaml", "group_file": none, "defaults_file": none}
nornir = InitNornir(
    runner={"plugin": "threaded", "options": {"num_workers": workers}},
    inventory={"plugin": "SimpleInventory", "options": files},
    logging={"enabled": False},
)
expected = {"expect_string": end} if end else {}
began = time.process_time()
results = nornir.run(task=netmiko_send_command, command_string=command, read_timeout=300, **expected)
print("asking:", time.process_time() - began)
for name, done in results.items():
    print(name, repr(done[0].exception)[:200] if done.failed else f"answered {len(done[0].result)} characters")
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A command that asks all hosts, what it says for each that answered, its environment, and our policy if any."""

    name: str
    command: tuple[str, ...]
    mark: str
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command cost, in seconds, and how many hosts answered.

    `asking` is the CPU without that for starting, where that is known, and `again` that of our second audit; `left` is
    what of the CPU was spent by what the command left behind when it had ended.
    """

    cpu: float
    asking: float
    left: float
    wall: float
    answered: int
    said: str
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class Login:
    """How the peers get in: the hosts by name as address and port, the user, and the file of the key."""

    hosts: Mapping[str, tuple[str, int]]
    user: str
    key: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Install the peers, start the hosts, give everybody a turn a round, and print what that cost."""
    options = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__.partition("\n")[0])
    options.add_argument("--hosts", type=int, default=50, metavar="N")
    options.add_argument("--rounds", type=int, default=3, metavar="N")
    options.add_argument("--workers", type=int, default=50, metavar="N", help="also ansible's forks")
    options.add_argument("--peers", type=Path, metavar="FOLDER", help="where the peers are, or are to be installed")
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as name, Fleet(Path(name) / "fleet", "lab") as fleet:
        folder = Path(name)
        programs = installed(chosen.peers or folder / "peers")
        fleet.start_hosts(chosen.hosts, prefix="host")
        (folder / "home").mkdir()  # else netmiko's shell reads the profile of whoever measures
        fleet.sshd.restart(f"SetEnv SHLVL=1 HOME={folder / 'home'}")
        fleet.workspace.collect = {"asset_seconds": 600.0, "workers": chosen.workers}
        fleet.workspace.write()
        ways = [*ours(fleet.workspace), *theirs(fleet.workspace, programs, folder, chosen.workers)]
        show(measured(ways, fleet.workspace, chosen.rounds), chosen.hosts)
    return 0


def installed(folder: Path) -> Path:
    """Return where the peers' programs are; install them there unless that was done, and say which they are."""
    programs = folder / "bin"
    if not (programs / "ansible").exists():
        print(f"installing {', '.join(PEERS)} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "pip", "install", "--quiet", *PEERS], check=True)
    command = [str(programs / "pip"), "list", "--format=freeze"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    names = (*PEERS, "netmiko", "paramiko")
    print(", ".join(line.replace("==", " ") for line in listed if line.partition("==")[0].replace("_", "-") in names))
    return programs


def measured(ways: Sequence[Way], workspace: LabWorkspace, rounds: int) -> dict[str, list[Spent]]:
    """Return what each way cost in each round; an audit begins with an empty database each time."""
    spent: dict[str, list[Spent]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            shutil.rmtree(workspace.database.parent, ignore_errors=True)
            spent[way.name].append(apart(partial(run, way), workspace, 0))
            if way.policy:
                shutil.rmtree(workspace.database.parent, ignore_errors=True)
                workspace.policy = way.policy
                workspace.write()
                asking, again = (apart(audit, workspace, 0).cpu_seconds for audit in (first_audit, second_audit))
                spent[way.name][-1] = replace(spent[way.name][-1], asking=asking, again=again)
    return spent


def ours(workspace: LabWorkspace) -> list[Way]:
    """Return our command with each policy."""
    command = tuple(workspace.command("audit", "--enrol", "--format", "json"))
    return [
        Way(f"auditor audit, {policy}", command, '"note": ""', workspace.environment(AUDITOR_POLICY=policy), policy)
        for policy in POLICIES
    ]


def theirs(workspace: LabWorkspace, programs: Path, folder: Path, workers: int) -> list[Way]:
    """Return what the peers do, and write the files that they read."""
    user, key = (str(workspace.credentials["key"][name]) for name in ("user", "key_file"))
    login = Login(places(workspace), user, key)
    scripts = {policy: script(workspace, policy, folder) for policy in POLICIES}
    return [*ansible(login, programs, folder, workers), *nornir(login, programs, folder, workers, scripts)]


def places(workspace: LabWorkspace) -> dict[str, tuple[str, int]]:
    """Return the address and port of each host."""
    from auditor.setup import prepare  # noqa: PLC0415

    assets = prepare(workspace.folder).inventory.assets
    return {asset.name: (asset.addresses[0], access.port) for asset in assets for access in asset.accesses}


def script(workspace: LabWorkspace, policy: str, folder: Path) -> Path:
    """Write what we send to a host for a policy, as a file that any host here can run."""
    from auditor import pipeline  # noqa: PLC0415
    from auditor.setup import prepare  # noqa: PLC0415

    workspace.policy = policy
    workspace.write()
    first = next(iter(pipeline.plan(prepare(workspace.folder)).values()))
    ((_, requests),) = first.requests.items()
    path = folder / f"{policy}.sh"
    path.write_bytes(script_of(requests))
    return path


def ansible(login: Login, programs: Path, folder: Path, workers: int) -> list[Way]:
    """Return one shell task, with the masters that ansible leaves behind by default, and with none."""
    given = f"ansible_user={login.user} ansible_ssh_private_key_file={login.key}"
    given += f" ansible_ssh_common_args='{_UNCHECKED}' ansible_python_interpreter=/usr/bin/python3"
    lines = [f"{name} ansible_host={host} ansible_port={port} {given}" for name, (host, port) in login.hosts.items()]
    (folder / "hosts.ini").write_text("\n".join([*lines, ""]))
    command = (f"{programs}/ansible", "all", "-i", f"{folder}/hosts.ini", "-m", "shell", "-a", "uname -a")
    (folder / "ansible.cfg").touch()
    quiet = {"ANSIBLE_CONFIG": f"{folder}/ansible.cfg", "ANSIBLE_HOME": f"{folder}/home", "ANSIBLE_NOCOLOR": "1"}
    alone = {"ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no -o ControlPersist=no"}
    forked = (*command, "-f", str(workers))
    return [
        Way("ansible, one shell task", forked, "| CHANGED |", {**os.environ, **quiet}),
        Way("ansible, the same without masters", forked, "| CHANGED |", {**os.environ, **quiet, **alone}),
    ]


def nornir(login: Login, programs: Path, folder: Path, workers: int, scripts: Mapping[str, Path]) -> list[Way]:
    """Return one command, and our own scripts, of which an end is told that netmiko cannot overlook."""
    (folder / "none.yaml").write_text("{}\n")
    netmiko = f"{{use_keys: true, key_file: {login.key}, allow_agent: false}}"
    fields = f"username: {login.user}, platform: linux, connection_options: {{netmiko: {{extras: {netmiko}}}}}"
    lines = [f"{name}: {{hostname: {host}, port: {port}, {fields}}}\n" for name, (host, port) in login.hosts.items()]
    (folder / "hosts.yaml").write_text("".join(lines))
    (folder / "run.py").write_text(_NORNIR)
    command = (f"{programs}/python", f"{folder}/run.py", str(folder), str(workers))
    return [
        Way("nornir, uname -a", (*command, "uname -a", ""), "answered"),
        *(
            Way(f"nornir, our script of {policy}", (*command, f"sh {path}; echo the''end", "theend"), "answered")
            for policy, path in scripts.items()
        ),
    ]


def run(way: Way, workspace: LabWorkspace, workers: int) -> Spent:
    """Run a command as the only child of this process, and then end and wait for all that it left behind."""
    del workspace, workers
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    done = subprocess.run(
        way.command, env=dict(way.environment), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    wall, own = time.monotonic() - began, children()
    for process in family(os.getpid())[1:]:
        os.kill(process, signal.SIGTERM)
    while family(os.getpid())[1:]:
        os.wait()
    said = done.stdout + done.stderr
    asking = float(said.partition("asking: ")[2].partition("\n")[0] or 0)
    return Spent(children(), asking, children() - own, wall, said.count(way.mark), said)


def children() -> float:
    """Return the CPU seconds of the children of this process that it has waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(spent: Mapping[str, Sequence[Spent]], hosts: int) -> None:
    """Print the medians in milliseconds a host, and how many of our audits each costs."""
    costs = {name: [middle(turns, part) * 1000 / hosts for part in PARTS] for name, turns in spent.items()}
    ours = [(cost[0], cost[1]) for cost in list(costs.values())[: len(POLICIES)]]
    print(machine())
    print(
        "ms of CPU a host", *(f"{part:>8}" for part in PARTS), "answered", "wall s", *(f"x {one:5}" for one in POLICIES)
    )
    for name, turns in spent.items():
        answered, wall = min(one.answered for one in turns), middle(turns, "wall")
        whole, asking, *_ = costs[name]
        ratios = [f"{asking / our:7.1f}" if asking else f"{whole / our:7.1f}" for _, our in ours]
        figures = (f"{cost:8.1f}" if cost else " " * 8 for cost in costs[name])
        print(" " * 16, *figures, f"{answered:8} {wall:6.1f}", *ratios, f" {name}")
        if answered < hosts:
            print(turns[-1].said[-1500:], file=sys.stderr)


def middle(turns: Sequence[Spent], part: str) -> float:
    """Return the median of a part of what was spent."""
    return statistics.median(float(getattr(one, part)) for one in turns)


if __name__ == "__main__":
    sys.exit(main())
