"""What becomes of a host's logs: who collects them, where they are sent, whether they last, and whether audit runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from auditor.errors import Unreadable
from auditor.facts.dropins import Lines, ini_values, main_and_dropins
from auditor.facts.rsyslog import FOLDERS, MAIN, LogForward, file_modes, forwards, inputs, rsyslog
from auditor.facts.sections import CAPABILITIES, END, SHOW_FILES, VISIBLE, Sections, running, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

Storage = Literal["persistent", "volatile", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeeping:
    """What becomes of a host's logs.

    `running` holds daemons by name, or is None when processes could not be seen. `journal` is None where there is no
    journald. `journal_to_syslog` is None when nothing is written about it; `journal_settings` are those of
    journald.conf that are written. `may_audit` is False in containers, whose host does the auditing. `rsyslog` says
    whether it is configured: then it makes files with one of `file_modes`, in octal, and takes messages of other hosts
    in the ways of `inputs`. `unread` names files that could not be read.
    """

    running: frozenset[str] | None = None
    forwards: tuple[LogForward, ...] = ()
    journal: Storage | None = None
    journal_to_syslog: bool | None = None
    journal_settings: Mapping[str, str] = field(default_factory=dict)
    uploads_to: str = ""
    rsyslog: bool = False
    file_modes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    may_audit: bool | None = None
    unread: tuple[str, ...] = ()


_SHIPPERS: Final = {
    "filebeat": "filebeat",
    "fluent-bit": "fluent-bit",
    "fluentd": "fluentd",
    "td-agent": "fluentd",
    "vector": "vector",
    "promtail": "promtail",
    "splunkd": "splunk",
    "nxlog": "nxlog",
    "wazuh-agentd": "wazuh",
    "ossec-agentd": "wazuh",
    "mdsd": "azure-monitor",
}
_DAEMONS: Final = {
    "rsyslogd": "rsyslog",
    "syslog-ng": "syslog-ng",
    "syslogd": "syslogd",
    "auditd": "auditd",
    **_SHIPPERS,
}
SHIPPERS: Final = frozenset({*_SHIPPERS.values(), "syslog-ng", "syslogd"})
"""Daemons that may forward logs, and whose configuration is not read here."""

_CAP_AUDIT_CONTROL: Final = 30  # capabilities(7)
_ROOTS: Final = ("/etc", "/run", "/usr/local/lib", "/usr/lib")
_SYSTEMD: Final = tuple(
    f"{root}/systemd/{name}{part}"
    for name in ("journald.conf", "journal-upload.conf")
    for root in _ROOTS
    for part in ("", ".d", ".d/*.conf")
)
_UPLOADING: Final = (
    "for d in /usr/lib /lib; do [ -e $d/systemd/systemd-journal-upload ] && "
    "systemctl is-active --quiet systemd-journal-upload.service 2>/dev/null && echo '[uploading]' && break; done"
)
_COMMAND: Final = "; ".join(
    [
        SHOW_FILES,
        VISIBLE,
        CAPABILITIES,
        running(*_DAEMONS),
        "for d in /usr/lib /lib; do [ -e $d/systemd/systemd-journald ] && echo '[journald]'; done",
        "[ -d /var/log/journal ] && echo '[kept]'",
        _UPLOADING,
        f"show {MAIN} {' '.join(f'{folder} {folder}/*' for folder in FOLDERS)} {' '.join(_SYSTEMD)}",
        END,
    ]
)


def _read(answer: Answer) -> LogKeeping:
    seen = sections(answer.text)
    files = seen.files()
    found = {_DAEMONS[name] for line in seen.one("running").lines if (name := line.strip()) in _DAEMONS}
    config = rsyslog(files)
    journal = dict(ini_values(main_and_dropins(files, "journald.conf"), "Journal"))
    has_journal = any(seen.named("journald"))
    return LogKeeping(
        running=frozenset(found) if seen.one("processes").words == "seen" else None,
        forwards=forwards(config),
        journal=_storage(journal, seen) if has_journal else None,
        journal_to_syslog=_to_syslog(journal, config.modules) if has_journal else None,
        journal_settings=journal if has_journal else {},
        rsyslog=MAIN in files,
        file_modes=file_modes(config),
        inputs=inputs(config),
        uploads_to=_upload(files) if any(seen.named("uploading")) else "",
        may_audit=_may(seen.one("may").words),
        unread=tuple(dict.fromkeys([*seen.unread(), *config.unread])),
    )


log_keeping_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_read)
log_keeping = probe(Shell(_COMMAND), on={Platform.LINUX})(_read)


def _storage(journal: Mapping[str, str], seen: Sections) -> Storage:
    """Return where the journal is kept: `auto`, the default, means on disk when /var/log/journal exists.

    Case counts: of Storage=Persistent journald says in its log that it passes over it.
    """
    match journal.get("Storage", "") or "auto":
        case "persistent":
            return "persistent"
        case "volatile":
            return "volatile"
        case "none":
            return "none"
        case "auto":
            return "persistent" if any(seen.named("kept")) else "volatile"
        case other:
            raise Unreadable(f"journald.conf has Storage={other}, which journald.conf(5) does not know")


def _to_syslog(journal: Mapping[str, str], modules: set[str]) -> bool | None:
    """Return whether rsyslog gets what is in the journal: it reads it with imjournal, or journald hands it on."""
    if "imjournal" in modules:
        return True
    word = journal.get("ForwardToSyslog", "").lower()
    if word in {"1", "yes", "y", "true", "t", "on"}:
        return True
    return False if word in {"0", "no", "n", "false", "f", "off"} else None


def _upload(files: Mapping[str, Lines]) -> str:
    return dict(ini_values(main_and_dropins(files, "journal-upload.conf"), "Upload")).get("URL", "")


def _may(capabilities: str) -> bool | None:
    if not re.fullmatch(r"[0-9a-f]{1,16}", capabilities):
        return None
    return bool(int(capabilities, 16) >> _CAP_AUDIT_CONTROL & 1)
