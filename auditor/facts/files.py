"""Who owns the files that guard a system, and what others may do with them.

A fixed list, looked at by stat(1) as GNU and busybox have it. A link counts as what it leads to. Where an access
control list is set, the group bits are only its mask (acl(5)), so the mode alone does not tell; ls(1) marks those
with `+`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import END, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

ACCOUNTS: Final = ("/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-")
PASSWORDS: Final = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-")
OLD_PASSWORDS: Final = ("/etc/security/opasswd", "/etc/security/opasswd.old")
SHELLS: Final = ("/etc/shells",)
SSH_CONFIG: Final = ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d", "/etc/ssh/sshd_config.d/*.conf")
SSH_PRIVATE: Final = ("/etc/ssh/*_key",)
SSH_PUBLIC: Final = ("/etc/ssh/*.pub",)
CRON_FILES: Final = ("/etc/crontab",)
SCHEDULER_ACCESS: Final = ("/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny")
CRON_FOLDERS: Final = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.d")
SUDO_FILES: Final = ("/etc/sudoers", "/etc/sudoers.d/*")
SUDO_FOLDERS: Final = ("/etc/sudoers.d",)
BOOT: Final = (
    "/boot/grub/grub.cfg", "/boot/grub/custom.cfg", "/boot/grub2/grub.cfg", "/boot/grub2/user.cfg",
    "/boot/efi/EFI/*/grub.cfg", "/boot/efi/EFI/*/user.cfg",
)  # fmt: skip
BANNERS: Final = ("/etc/issue", "/etc/issue.net", "/etc/motd")
PROGRAMS: Final = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/root/bin")
SHARED: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  (looked at, not used)
HOME: Final = ("/root",)
AUDIT: Final = ("/etc/audit/auditd.conf", "/etc/audit/audit.rules", "/etc/audit/rules.d/*.rules")
AUDIT_TOOLS: Final = tuple(
    f"/sbin/{tool}" for tool in ("auditctl", "auditd", "augenrules", "aureport", "ausearch", "autrace")
)
AUDIT_LOGS: Final = ("/var/log/audit/*",)
AUDIT_LOG_FOLDER: Final = ("/var/log/audit",)

_ALL: Final = (
    *(ACCOUNTS + PASSWORDS + OLD_PASSWORDS + SHELLS + SSH_CONFIG + SSH_PRIVATE + SSH_PUBLIC + CRON_FILES),
    *(CRON_FOLDERS + SUDO_FILES + SUDO_FOLDERS + BOOT + BANNERS + PROGRAMS + SHARED + HOME + AUDIT),
    *(SCHEDULER_ACCESS + AUDIT_TOOLS + AUDIT_LOG_FOLDER + AUDIT_LOGS),
)
_FOLDERS: Final = (
    "/etc/ssh",
    "/etc/ssh/sshd_config.d",
    "/etc/sudoers.d",
    "/boot/efi/EFI",
    "/etc/audit/rules.d",
    "/var/log/audit",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMode:
    """A file or directory: permission bits with set-id and sticky, owner and group by number and name."""

    path: str
    mode: int
    owner: int
    group: int
    owner_name: str
    group_name: str
    kind: str  # "regular file", "directory", ...
    acl: bool = False  # others are named in an access control list


@dataclass(frozen=True, slots=True)
class Files:
    """What is known of the files looked at: those that exist, and paths that this account may not look into."""

    found: Mapping[str, FileMode]
    hidden: tuple[str, ...] = ()
    _paths: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the paths in order once, which every check asks for."""
        object.__setattr__(self, "_paths", tuple(sorted(self.found)))

    def matching(self, *patterns: str) -> Iterator[FileMode]:
        """Yield the files that a pattern names, by path."""
        return (self.found[path] for path in _matching(self._paths, patterns))

    def hidden_of(self, *patterns: str) -> tuple[str, ...]:
        """Return the hidden paths that a pattern names, or below which it looks."""
        named = _named(patterns).match
        return tuple(
            path for path in self.hidden if named(path) or any(pattern.startswith(path + "/") for pattern in patterns)
        )


@lru_cache(maxsize=256)
def _matching(paths: tuple[str, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths that a pattern names; most hosts of a fleet have the same."""
    return tuple(filter(_named(patterns).match, paths))


@lru_cache(maxsize=256)
def _named(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return one expression for all patterns: every check on every host asks with the same few."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


_COMMAND: Final = "; ".join(
    [
        f"set -- {' '.join(_ALL)}",
        "echo '[files]'",
        "stat -L -c '%a|%u|%g|%U|%G|%F|%n' \"$@\" 2>&1 | sed 's/^/|/'",
        "echo '[marked]'",
        "ls -ldL \"$@\" 2>/dev/null | sed -n 's/^.\\{10\\}+.* \\(\\/.*\\)$/|\\1/p'",
        f'for d in {" ".join(_FOLDERS)}; do [ -d $d ] && {{ [ -r $d ] && [ -x $d ] || echo "[hidden $d]"; }}; done',
        END,
    ]
)
_SHOWN: Final = re.compile(r"([0-7]{1,5})\|([0-9]{1,10})\|([0-9]{1,10})\|([^|]*)\|([^|]*)\|([^|]*)\|(/.*)")
_MISSING: Final = re.compile(r"stat: .*?['\"]?(/[^'\"]*)['\"]?: (.+)")


def _read(answer: Answer) -> Files:
    seen = sections(answer.text)
    marked = set(seen.one("marked").lines)
    found: dict[str, FileMode] = {}
    hidden = [part.words for part in seen.named("hidden")]
    for line in seen.one("files").lines:
        if shown := _SHOWN.fullmatch(line):
            mode, owner, group, owner_name, group_name, kind, path = shown.groups()
            found[path] = FileMode(
                path=path,
                mode=int(mode, 8),
                owner=int(owner),
                group=int(group),
                owner_name=owner_name,
                group_name=group_name,
                kind=kind,
                acl=path in marked,
            )
        elif missing := _MISSING.fullmatch(line):
            hidden += [missing[1]] if "Permission denied" in missing[2] else []
        elif line.strip():
            raise Unreadable(f"a line is not a file's mode: {line[:80]!r}")
    if "/etc/passwd" not in found:
        raise Unreadable("the answer does not show /etc/passwd, which every system has")
    return Files(found, tuple(dict.fromkeys(hidden)))


files_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_read)
files = probe(Shell(_COMMAND), on={Platform.LINUX})(_read)  # most of it needs no privilege, and the rest says so
