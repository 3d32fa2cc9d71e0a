"""Say what an audit costs the host that is asked: the composed script, run here, request by request.

    python -m bench.host
    python -m bench.host --policy baseline --shell "busybox ash" --rounds 10

CPU is user and system time of the shell and of all that it waited for (getrusage(2) by wait4(2)), as the mean of some
rounds; a request's own share is what a script with it alone costs more than an empty one. The empty script is what
`nothing` shows: starting the shell, and finding out what the host can do.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor import pipeline
from auditor.model.probe import Shell
from auditor.setup import prepare
from auditor.transports.script import compose
from auditor.transports.transcript import Transcript
from tests.lab.workspace import LabWorkspace

NONCE = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a script cost: CPU in milliseconds, and the bytes that it printed on both streams."""

    cpu: float
    out: bytes
    err: bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script of a policy whole and request by request, and print the costs, the dearest first."""
    options = argparse.ArgumentParser(prog="python -m bench.host", description=__doc__.partition("\n")[0])
    options.add_argument("--policy", default="lab", help="lab, quick, or a policy that ships")
    options.add_argument("--shell", default="/bin/sh", help="the shell that runs the script")
    options.add_argument("--rounds", type=int, default=5, metavar="N")
    chosen = options.parse_args(arguments)
    shell = chosen.shell.split()
    requests = requests_of(chosen.policy)
    nothing = mean([], shell, chosen.rounds)
    shares = {request: mean([request], shell, chosen.rounds) - nothing for request in requests}
    whole = run(requests, shell)
    print(f"{'ms of CPU':>9}  {'bytes':>7}  request")
    print(f"{nothing:9.1f}  {'':>7}  nothing")
    texts = heard(requests, whole)
    for request, share in sorted(shares.items(), key=lambda item: -item[1]):
        print(f"{share:9.1f}  {texts[request]:7}  {shown(request)}")
    print(f"{mean(requests, shell, chosen.rounds):9.1f}  {len(whole.out) + len(whole.err):7}  all {len(requests)}")
    return 0


def requests_of(policy: str) -> list[Shell]:
    """Return what a policy asks of a Linux server over SSH."""
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        workspace = LabWorkspace(Path(folder), policy)
        linux = {"kind": "server", "platform": "linux", "tags": ["lab", "linux"]}
        workspace.asset("host", **linux, addresses=["127.0.0.1"], transports={"ssh": {}})
        workspace.write()
        (plan,) = pipeline.plan(prepare(workspace.folder)).values()
        ((_, requests),) = plan.requests.items()
        return [request for request in requests if isinstance(request, Shell)]


def mean(requests: Sequence[Shell], shell: Sequence[str], rounds: int) -> float:
    """Return the mean CPU of some runs in milliseconds."""
    return sum(run(requests, shell).cpu for _ in range(rounds)) / rounds


def run(requests: Sequence[Shell], shell: Sequence[str]) -> Cost:
    """Run the script of some requests by a shell, as sshd would."""
    program = shutil.which(shell[0])
    if program is None:
        raise FileNotFoundError(f"there is no {shell[0]} here")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [program, *shell[1:], "-s"],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            env={"PATH": os.environ["PATH"], "HOME": "/", "SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"},
        )
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(compose(requests, NONCE))
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it was waited for here
        out.seek(0)
        err.seek(0)
        return Cost(1000 * (usage.ru_utime + usage.ru_stime), out.read(), err.read())


def heard(requests: Sequence[Shell], cost: Cost) -> dict[Shell, int]:
    """Return the bytes of each answer."""
    transcript = Transcript(requests, NONCE)
    transcript.out(cost.out, 0.0)
    transcript.complain(cost.err)
    return {request: len(section.text) for request, section in zip(requests, transcript.sections(), strict=True)}


def shown(request: Shell) -> str:
    """Return a request on one short line."""
    text = " ".join(str(request).split())
    return text if len(text) <= 90 else f"{text[:50]} ... {text[-35:]}"


if __name__ == "__main__":
    sys.exit(main())
