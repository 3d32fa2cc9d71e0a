"""The files below /var/log that more people may read or write than should, and what rotates them.

Looked at are three levels of one file system, and of them only files that others may write, that a group may write, or
that hold what services and logins say and that everybody may read. Sources: find(1) as GNU and busybox have it,
logrotate(8), systemd.timer(5).
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.bundle import ASKED, answered, section, show
from auditor.facts.guarded import Guarded, looked_at
from auditor.facts.sections import END, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Limits, Shell, probe

_TELLING: Final = (
    *("auth.log*", "secure*", "messages*", "syslog*", "kern.log*", "daemon.log*", "user.log*", "cron*", "mail*"),
    *("sudo.log*", "audit.log*", "maillog*", "debug*"),
)
FILES: Final = Shell(
    "echo '[files]'; find /var/log -xdev -maxdepth 3 -type f \\( -perm -0002 -o -perm -0020 -o -perm -0004 \\( "
    + " -o ".join(f"-name '{name}'" for name in _TELLING)
    + " \\) \\) -exec stat -c '|%a|%u|%g|%F|%n' {} + 2>/dev/null; "
    f"command -v find >/dev/null && [ -r /var/log ] && echo '[looked]'; {END}",
    privileged=True,
    limits=Limits(seconds=30.0, bytes=1024 * 1024),
)
_TIMERS: Final = " ".join(
    f"{root}/systemd/system/timers.target.wants/logrotate.timer" for root in ("/etc", "/usr/lib", "/lib")
)
_ROTATION: Final = show(
    ["/etc/cron.daily/logrotate", "/etc/periodic/daily/logrotate"],
    section(
        "programs",
        "for p in /usr/sbin/logrotate /usr/sbin/rsyslogd /usr/sbin/syslog-ng; do [ ! -e $p ] || echo $p; done",
    ),
    section("timers", f"for t in {_TIMERS}; do [ ! -e $t ] || echo $t; done"),
    section("masked", "[ ! -c /etc/systemd/system/logrotate.timer ] || echo masked"),
    section("systemd", "[ ! -d /run/systemd/system ] || echo running"),
    ASKED,
)


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Files of /var/log that others or a group may write, or that tell of logins and services and anybody may read."""

    found: tuple[Guarded, ...]

    def telling(self) -> tuple[Guarded, ...]:
        """Return those that anybody may read."""
        names = "|".join(name.replace(".", r"\.").replace("*", ".*") for name in _TELLING)
        return tuple(one for one in self.found if one.mode & 0o004 and re.fullmatch(names, one.path.rpartition("/")[2]))


@dataclass(frozen=True, slots=True)
class LogRotation:
    """Whether logrotate is installed and started, and whether a daemon is installed that writes logs into files."""

    installed: bool
    started: bool
    writes_files: bool


@probe(FILES, on={Platform.LINUX})
def log_files(answer: Answer) -> LogFiles:
    """Read what find(1) found. Raises Unreadable when it could not look."""
    seen = sections(answer.text)
    if not any(seen.named("looked")):
        raise Unreadable("/var/log could not be looked through")
    return LogFiles(tuple(looked_at(seen.one("files").lines).values()))


def _rotation(answer: Answer) -> LogRotation:
    """Read what starts logrotate: systemd's timer, or cron, whose script may leave it to systemd where that runs."""
    files = answered(answer.text)
    programs = (files.get("programs") or "").split()
    timer = bool((files.get("timers") or "").strip()) and not (files.get("masked") or "").strip()
    systemd = bool((files.get("systemd") or "").strip())
    scripts = [files.get(path) for path in ("/etc/cron.daily/logrotate", "/etc/periodic/daily/logrotate")]
    by_cron = any(text is not None and not (systemd and "/run/systemd/system" in text) for text in scripts)
    return LogRotation(
        "/usr/sbin/logrotate" in programs, timer or by_cron, any("logrotate" not in program for program in programs)
    )


log_rotation_as_root = probe(Shell(_ROTATION, privileged=True), on={Platform.LINUX})(_rotation)
log_rotation = probe(Shell(_ROTATION), on={Platform.LINUX})(_rotation)  # where cron's scripts are not root's to read
