"""`python -m tests.lab`: a fleet on loopback and a workspace that lists it, for a person to play with."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab.fleet import Fleet

_USE = """\
The lab runs: {assets} assets at {network}.x and beyond, and a workspace in {folder}.

  auditor -C {folder} audit --enrol
  auditor -C {folder} findings list
  auditor -C {folder} evidence list --asset web-01
  auditor -C {folder} projects propose

`auditor` is {auditor} here. Some assets are dead, refuse, hang, or show
another host key than they did: that is what they are for. The settings of the SSH servers stand in
{folder}/state: change one and audit again, and a finding comes or goes.
Ctrl-C ends the servers that were started here and removes the workspace.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the lab, say how to use it, and wait for Ctrl-C or SIGTERM."""
    options = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    options.add_argument("--hosts", type=int, default=0, metavar="N", help="further SSH hosts besides the few")
    options.add_argument("--keep", action="store_true", help="leave the workspace behind")
    chosen = options.parse_args(arguments)
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell starts what runs in its background with SIGINT ignored
        signal.signal(ending, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="auditor-lab-"))
    try:
        with Fleet(folder) as fleet:
            fleet.start_all(chosen.hosts)
            auditor = Path(sys.executable).with_name("auditor")
            values = {"assets": len(fleet.workspace.assets), "network": fleet.network, "folder": folder}
            print(_USE.format(**values, auditor=auditor), flush=True)  # noqa: T201
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    except FileNotFoundError as missing:
        print(f"the lab cannot start: {missing}", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
