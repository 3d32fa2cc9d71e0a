"""Run due audits in the foreground: never one twice, and a missed one once."""

import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor import pipeline
from auditor.errors import AuditorError
from auditor.schedules import Schedule
from auditor.setup import open_store, prepare
from auditor.store.store import Store

_POLL_SECONDS: Final = 20.0

Tell = Callable[[str], None]


def serve(folder: Path, watching: pipeline.Progress, tell: Tell) -> None:
    """Run what falls due until SIGTERM or SIGINT; an audit under way is finished first on SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    tell("waiting for schedules; stop with Ctrl-C")
    while not stopping.is_set():
        run_due(folder, watching, tell)
        stopping.wait(_POLL_SECONDS)


def run_due(folder: Path, watching: pipeline.Progress, tell: Tell) -> int:
    """Run every audit that is due now, the longest overdue first, and return how many were run."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    ran = 0
    with open_store(folder) as store:
        schedules = store.schedules()
        for schedule in schedules.due(datetime.now(UTC)):
            if schedules.claim(schedule.name, datetime.now(UTC), owner):
                outcome = _run(folder, schedule, store, watching)
                schedules.done(schedule.name, owner, outcome)
                tell(f"schedule {schedule.name}: {outcome}")
                ran += 1
    return ran


def unit(folder: Path) -> str:
    """Return a systemd.service(5) unit that keeps the scheduler of a workspace running, with little privilege."""
    program = Path(sys.argv[0]).resolve()
    return f"""\
[Unit]
Description=Scheduled audits of {folder}
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={_quoted(program)} --workspace {_quoted(folder)} --log-format json scheduler
WorkingDirectory={folder}
Restart=on-failure
RestartSec=30
TimeoutStopSec=3600
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={_quoted(folder)}

[Install]
WantedBy=multi-user.target
"""


def _run(folder: Path, schedule: Schedule, store: Store, watching: pipeline.Progress) -> str:
    """Return what came of a scheduled audit, in words: one that cannot be carried out does not end the others."""
    try:
        setup = prepare(folder, policy=schedule.policy)
        audited = pipeline.audit(setup, store, watching, only=frozenset(schedule.assets))
        pipeline.write_reports(setup, store, audited.audit)
    except AuditorError as error:
        return f"failed: {error}"
    return "met" if audited.met else "not met"


def _quoted(path: Path) -> str:
    """Return a path as systemd.syntax(7) takes it: a percent sign is a specifier there."""
    return shlex.quote(str(path)).replace("%", "%%")
