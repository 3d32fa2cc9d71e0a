"""What a company may demand of how logs are sent, taken, kept and guarded."""

import re
from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.log_files import LogFiles, LogRotation
from auditor.facts.logging import SHIPPERS, LogKeeping
from auditor.facts.services import EnabledUnits

View = Literal["effective", "effective and written"]
Mode = Literal["0600", "0640", "0644"]

_OFF: Final = frozenset({"0", "no", "n", "false", "f", "off"})
_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "second", "seconds", ""), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400),
    **dict.fromkeys(("M", "month", "months"), 2_629_800),
    **dict.fromkeys(("y", "year", "years"), 31_557_600),
}
_BYTES: Final = {sign: 1024**power for power, sign in enumerate(("", "K", "M", "G", "T", "P", "E"))}


def _fix(text: str) -> Fix:
    return Fix(text, solution="forward-logs")


@check(
    "logging.forward-encrypted",
    severity=Severity.MEDIUM,
    fix=_fix('Set StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" protocol="tcp" at omfwd.'),
    references=("nist-800-53r5:SC-8",),
)
def forward_encrypted(logs: LogKeeping, *, verified: bool = False) -> Iterator[Outcome]:
    """Logs are encrypted on their way to another host

    They name accounts, addresses and programs, and whoever changes them on the way changes the story. `verified`
    demands that the other host proves who it is.
    """
    others = [way for way in logs.forwards if way.host not in {"localhost", "127.0.0.1", "::1"}]
    for host in dict.fromkeys(way.host for way in others):
        ways = [way for way in others if way.host == host]
        if open_ways := frozenset(way.protocol for way in ways if not way.encrypted):
            yield Violation(host, found=open_ways, wanted="TLS")
        elif verified and not all(way.verified for way in ways):
            yield Violation(host, found="TLS with whoever answers", wanted="TLS with a certificate that is looked at")
    if logs.uploads_to and not logs.uploads_to.startswith("https://"):
        yield Violation("systemd-journal-upload", found=logs.uploads_to, wanted="https://")
    if shippers := sorted((logs.running or frozenset()) & SHIPPERS):
        yield Undecided(shippers[0], "it may send logs too; its configuration is not read")
    elif logs.unread:
        yield Undecided("logs", f"{logs.unread[0]} was not read, and may say where logs are sent")
    elif not others and not logs.uploads_to:
        yield NotApplicable("this host sends no logs")


@check(
    "logging.no-reception",
    severity=Severity.MEDIUM,
    fix=_fix("Remove the inputs imudp, imtcp and imrelp from rsyslog's configuration, and restart it."),
    references=("cis-debian12:6.1.3.7", "nist-800-53r5:CM-7"),
)
def no_reception(logs: LogKeeping, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Only log servers take other hosts' messages

    Whoever can send messages fills the disk, or writes lines that look like the host's own. `allowed` is for a log
    server: udp, tcp, relp.
    """
    if not logs.rsyslog:
        yield NotApplicable("rsyslog is not configured here")
        return
    if found := frozenset(logs.inputs) - allowed:
        yield Violation("rsyslog", found=found, wanted=allowed or "none")
    elif hidden := [path for path in logs.unread if "rsyslog" in path]:
        yield Undecided("rsyslog", f"{hidden[0]} was not read")


@check(
    "logging.no-journal-reception",
    severity=Severity.MEDIUM,
    fix=_fix("Run systemctl mask --now systemd-journal-remote.socket systemd-journal-remote.service."),
    references=("cis-debian12:6.1.2.1.4", "nist-800-53r5:CM-7"),
)
def no_journal_reception(units: EnabledUnits) -> Iterator[Outcome]:
    """Only log servers take other hosts' journals

    Whoever can send entries fills the disk, or writes lines that look like the host's own.
    """
    if units.manager != "systemd":
        yield NotApplicable("there is no systemd here")
    elif "systemd-journal-remote" in units.names:
        yield Violation("systemd-journal-remote", found="enabled", wanted="not enabled")


@check(
    "logging.file-mode",
    severity=Severity.LOW,
    fix=_fix("Write $FileCreateMode 0640 into /etc/rsyslog.conf above the first action, and restart rsyslog."),
    references=("cis-debian12:6.1.3.4", "nist-800-53r5:AU-9"),
)
def file_mode(logs: LogKeeping, *, at_most: Mode = "0640") -> Iterator[Outcome]:
    """Files that rsyslog makes are closed to others from the start

    Without a setting everybody may read them. `$FileCreateMode` holds for actions of the old syntax below it.
    """
    if not logs.rsyslog:
        yield NotApplicable("rsyslog is not configured here")
        return
    lax = tuple(mode for mode in logs.file_modes if not re.fullmatch("[0-7]{1,4}", mode) or _laxer(mode, at_most))
    if lax:
        yield Violation("FileCreateMode", found=lax, wanted=f"{at_most} or stricter")
    elif hidden := [path for path in logs.unread if "rsyslog" in path]:
        yield Undecided("FileCreateMode", f"{hidden[0]} was not read")


def _laxer(mode: str, at_most: Mode) -> bool:
    return bool(int(mode, 8) & ~int(at_most, 8))


@check(
    "logging.journal-compressed",
    severity=Severity.INFO,
    fix=_fix("Set Compress=yes in a drop-in of journald.conf.d, and restart systemd-journald."),
    references=("cis-debian12:6.1.2.3",),
)
def journal_compressed(logs: LogKeeping, *, view: View = "effective") -> Iterator[Outcome]:
    """The journal is compressed

    Compressed, it reaches further back in the room that it has. On where nothing is set.
    """
    yield from _without_journal(logs)
    if logs.journal is not None:
        value = logs.journal_settings.get("Compress", "")
        if value.lower() in _OFF or (not value and view != "effective"):
            yield Violation("Compress", found=value or "not written down", wanted="yes")


@check(
    "logging.journal-kept",
    severity=Severity.LOW,
    fix=_fix("Set MaxRetentionSec, SystemMaxUse and MaxLevelStore in a drop-in of journald.conf.d."),
    references=("cis-debian12:6.1.2.2", "nist-800-53r5:AU-11"),
)
def journal_kept(logs: LogKeeping, *, days: int = 30, megabytes: int = 0) -> Iterator[Outcome]:
    """The journal is kept as long as the policy demands, and no message is left out of it

    Where MaxRetentionSec is not set, only room limits it; `megabytes` is what SystemMaxUse has to leave, which is 10 %
    of the disk and at most 4 GB by itself.
    """
    yield from _without_journal(logs)
    if logs.journal is None:
        return
    settings = logs.journal_settings
    kept = _span(settings.get("MaxRetentionSec", "0"))
    room = _size(settings["SystemMaxUse"]) if settings.get("SystemMaxUse") else None
    if kept is None:
        yield Undecided("MaxRetentionSec", f"{settings['MaxRetentionSec']} is not a time that is understood")
    elif 0 < kept < days * 86_400:
        yield Violation("MaxRetentionSec", found=settings["MaxRetentionSec"], wanted=f"0 or at least {days} days")
    if megabytes and room is None:
        yield Undecided("SystemMaxUse", "it is not set in bytes, so the size of the disk decides")
    elif room is not None and room < megabytes * 1024**2:
        yield Violation("SystemMaxUse", found=settings["SystemMaxUse"], wanted=f"at least {megabytes}M")
    level = settings.get("MaxLevelStore", "debug").lower()
    if level not in {"debug", "info", "6", "7"}:
        yield Violation("MaxLevelStore", found=level, wanted="info or debug")


def _without_journal(logs: LogKeeping) -> Iterator[Outcome]:
    if logs.journal is None:
        yield NotApplicable("there is no systemd-journald here")
    elif hidden := [path for path in logs.unread if "journald.conf" in path]:
        yield Undecided("journald.conf", f"{hidden[0]} could not be read")


def _span(text: str) -> int | None:
    """Return seconds of a time as systemd.time(7) writes it, such as `1month 2week`, or None."""
    parts = re.findall(r"\s*(\d{1,9})\s*([A-Za-z]*)", text)
    whole = "".join(number + unit for number, unit in parts) == re.sub(r"\s", "", text)
    if not parts or not whole or any(unit not in _SECONDS for _, unit in parts):
        return None
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def _size(text: str) -> int | None:
    """Return bytes of a size such as 500M, or None."""
    found = re.fullmatch(r"(\d{1,12})([KMGTPE]?)B?", text.strip())
    return int(found[1]) * _BYTES[found[2]] if found else None


@check(
    "logging.rotated",
    severity=Severity.LOW,
    fix=_fix("Install logrotate, and run systemctl enable --now logrotate.timer."),
    references=("cis-debian12:6.1.3.8", "nist-800-53r5:AU-4"),
)
def rotated(rotation: LogRotation) -> Iterator[Outcome]:
    """Log files are rotated before they fill the disk

    A full disk stops services, and logs with them.
    """
    if not rotation.installed and not rotation.writes_files:
        yield NotApplicable("nothing here writes logs into files that logrotate would rotate")
    elif not rotation.installed:
        yield Violation("logrotate", found="not installed", wanted="installed")
    elif not rotation.started:
        yield Violation("logrotate", found="neither a timer nor cron starts it", wanted="started daily")


@check(
    "logging.file-permissions",
    severity=Severity.MEDIUM,
    fix=Fix("Run chmod o-rwx,g-w on the file.", solution="harden-file-permissions"),
    references=("cis-debian12:6.1.4.1", "nist-800-53r5:AU-9"),
)
def file_permissions(files: LogFiles, *, first_person: int = 1000) -> Iterator[Outcome]:
    """Log files can be changed by nobody but the services that write them, and not all can be read by everybody

    Logs of logins and services name accounts, and sometimes hold a password that was typed as a name. Groups of
    services may write; `first_person` is the first group id of people.
    """
    telling = {one.path for one in files.telling()}
    for one in files.found:
        if one.mode & 0o002:
            yield Violation(one.path, found=str(one), wanted="others may not write")
        elif one.mode & 0o020 and (one.group >= first_person or one.group == 100):
            yield Violation(one.path, found=str(one), wanted="people's groups may not write")
        elif one.path in telling:
            yield Violation(one.path, found=str(one), wanted="others may not read")
