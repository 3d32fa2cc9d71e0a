"""What is read of the files below /var/log, and of what rotates them."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.guarded import Guarded
from auditor.facts.log_files import LogFiles, LogRotation, log_files, log_rotation
from tests.make import fact, refused

FOUND = """\
[files]
|644|0|4|regular file|/var/log/auth.log
|664|0|43|regular file|/var/log/wtmp
|644|0|0|regular file|/var/log/app/messages.1
|666|33|33|regular file|/var/log/app/x.log
[looked]
[end]
"""
DEBIAN = "#!/bin/sh\nif [ -d /run/systemd/system ]; then\n    exit 0\nfi\n/usr/sbin/logrotate /etc/logrotate.conf\n"


def rotation(script: str = "", programs: str = "", timers: str = "", masked: str = "", systemd: str = "running") -> str:
    """Return what the request prints."""
    shown = f"\n#== file /etc/cron.daily/logrotate\n{script}\n" if script else ""
    parts = {"programs": programs, "timers": timers, "masked": masked, "systemd": systemd, "asked": "yes"}
    return shown + "".join(f"\n#== file {name}\n{text}\n" for name, text in parts.items()) + "\n#== end\n"


def test_files_and_those_that_tell_of_logins():
    """By their names, rotated ones too."""
    read = fact(log_files, FOUND)
    assert isinstance(read, LogFiles)

    assert read.found[1] == Guarded("/var/log/wtmp", 0, 43, 0o664)
    assert [one.path for one in read.telling()] == ["/var/log/auth.log", "/var/log/app/messages.1"]


def test_no_find_is_not_no_files():
    """Nor is a folder that cannot be read."""
    assert isinstance(refused(log_files, "[files]\n[end]\n"), Unreadable)
    assert isinstance(refused(log_files, FOUND.replace("|644|0|4|", "stat: ")), Unreadable)
    assert fact(log_files, "[files]\n[looked]\n[end]\n") == LogFiles(())


BOTH = "/usr/sbin/logrotate\n/usr/sbin/rsyslogd"
TIMER = "/etc/systemd/system/timers.target.wants/logrotate.timer"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rotation(), LogRotation(installed=False, started=False, writes_files=False)),
        (rotation(programs=BOTH, timers=TIMER), LogRotation(installed=True, started=True, writes_files=True)),
        (
            rotation(programs=BOTH, timers=TIMER, masked="masked"),
            LogRotation(installed=True, started=False, writes_files=True),
        ),
        (rotation(DEBIAN, programs=BOTH), LogRotation(installed=True, started=False, writes_files=True)),
        (rotation(DEBIAN, programs=BOTH, systemd=""), LogRotation(installed=True, started=True, writes_files=True)),
        (
            rotation("#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf", programs="/usr/sbin/logrotate"),
            LogRotation(installed=True, started=True, writes_files=False),
        ),
    ],
)
def test_what_starts_logrotate(text: str, expected: LogRotation):
    """A timer that is linked and not masked, or a script of cron that does not leave it to systemd."""
    assert fact(log_rotation, text) == expected
