"""What confines programs whoever runs them: AppArmor with its profiles, SELinux with its mode.

Read from securityfs and selinuxfs, so that neither aa-status(8) nor sestatus(8) has to be there. Of unconfined programs
only the paths are shown, each once, so that an unchanged host says the same twice. Sources: apparmor.d(7) for the
patterns of attachments (braces are alternatives, `*` stays within one name, `**` does not); libselinux
selinux_config.c and getenforce mode: in /etc/selinux/config the first valid SELINUX= line counts, at the line's very
start, and the last SELINUXTYPE=; semanage-permissive(8) keeps each permissive domain as a module of its own.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dropins import Lines
from auditor.facts.sections import END, SHOW_FILES, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

Mode = Literal["enforcing", "permissive", "disabled"]

_CONFIG: Final = "/etc/selinux/config"
_MODES: Final[tuple[Mode, ...]] = ("enforcing", "permissive", "disabled")
_RUNNING: Final[Mapping[str, Mode]] = {"1": "enforcing", "0": "permissive"}
_MOST_PATTERNS: Final = 64
_SERVICE_DOMAIN: Final = ":unconfined_service_t:"


@dataclass(frozen=True, slots=True)
class AppArmor:
    """Whether AppArmor is on, each loaded profile with its mode, and programs that run unconfined.

    `attachments` are the patterns of programs that profiles are for. `hidden` says which of `profiles` and `processes`
    this account may not see.
    """

    enabled: bool
    profiles: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()
    unconfined: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    def unapplied(self) -> tuple[str, ...]:
        """Return the programs that run unconfined although a profile is for them."""
        patterns = [pattern for attachment in self.attachments for pattern in _alternatives(attachment)]
        return tuple(path for path in self.unconfined if any(_means(pattern, path) for pattern in patterns))


@dataclass(frozen=True, slots=True)
class SeLinux:
    """How SELinux runs, how it is set to run, by which policy, and who is excepted.

    `running` is "disabled" where the kernel runs without it; `configured` is "" where its file names no mode.
    `permissive` are domains that are excepted on this host, `unconfined` programs of services without a domain.
    """

    running: Mode
    configured: Mode | Literal[""]
    policy: str = ""
    permissive: tuple[str, ...] = ()
    unconfined: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Confinement:
    """The systems that enforce rules over programs right now, and why others may do so unseen, or nothing."""

    by: tuple[str, ...]
    unclear: str = ""


_ARMOR: Final = (
    'a=; read -r a 2>/dev/null </sys/module/apparmor/parameters/enabled; [ -z "$a" ] || echo "[apparmor $a]"; '
    "k=/sys/kernel/security/apparmor; [ \"$a\" != Y ] || { echo '[profiles]'; "
    "sed 's/^/|/' $k/profiles 2>/dev/null || echo '[hidden profiles]'; echo '[attached]'; "
    'for f in $k/policy/profiles/*/attach; do t=; read -r t 2>/dev/null <$f; [ -z "$t" ] || echo "|$t"; done; }'
)
_SELINUX: Final = (
    's=; read -r s 2>/dev/null </sys/fs/selinux/enforce; [ -n "$s" ] || [ ! -d /sys/fs/selinux ] || s=off; '
    '[ -z "$s" ] || echo "[selinux $s]"; '
    "for d in /var/lib/selinux/*; do [ ! -d $d ] || [ -x $d ] || echo '[hidden modules]'; done; "
    "for f in /var/lib/selinux/*/active/modules/*/permissive_*; do "
    '[ ! -e $f ] || echo "[permissive ${f##*/permissive_}]"; done; '
    f"show {_CONFIG}"
)
_LOOSE: Final = (
    "case $a$s in *Y*|*[01]*) echo '[loose]'; [ \"$(id -u)\" = 0 ] || echo '[hidden processes]'; "
    "ls -l /proc/[0-9]*/exe 2>/dev/null | while read -r l; do p=${l#*/proc/}; p=${p%%/*}; x=${l#*/exe -> }; c=; "
    'read -r c </proc/$p/attr/apparmor/current; [ -n "$c" ] || read -r c </proc/$p/attr/current; '
    f'case $c in unconfined) ;; *{_SERVICE_DOMAIN}*) x="service $x" ;; *) continue ;; esac; '
    '[ /proc/$p/root -ef / ] && echo "|$x"; '
    "done 2>/dev/null | sort -u ;; esac"
)
_OWN: Final = (
    "c=; { read -r c </proc/self/attr/current; } 2>/dev/null; "
    "case $c in ''|unconfined|*:unconfined_t:*) ;; *) echo '[confined]' ;; esac"
)
_COMMAND: Final = f"{SHOW_FILES}; {_ARMOR}; {_SELINUX}; [ -d /sys/kernel ] && echo '[kernel]'; {_OWN}; {_LOOSE}; {END}"


def _apparmor(answer: Answer) -> AppArmor:
    """Read AppArmor's state. Raises NotPresent where the kernel has SELinux instead, or nothing of the kind."""
    seen = _seen(answer)
    state = next(seen.named("apparmor"), None)
    if state is None:
        raise NotPresent("this kernel has no AppArmor")
    shown = [line for part in seen.named("profiles") for line in part.lines if line.strip()]
    return AppArmor(
        state.words == "Y",
        dict(map(_profile, shown)),
        tuple(line.strip() for part in seen.named("attached") for line in part.lines),
        tuple(path for path in _loose(seen) if path.startswith("/")),
        frozenset(part.words for part in seen.named("hidden")),
    )


def _selinux(answer: Answer) -> SeLinux:
    """Read SELinux's state. Raises NotPresent where there is neither selinuxfs nor its configuration."""
    seen = _seen(answer)
    state, files = next(seen.named("selinux"), None), seen.files()
    if state is None and _CONFIG not in files and not seen.unread():
        raise NotPresent("this system has no SELinux")
    running: Mode = _RUNNING.get(state.words, "disabled") if state else "disabled"
    config = files.get(_CONFIG, ())
    return SeLinux(
        running,
        _configured(config),
        _policy(config),
        tuple(part.words for part in seen.named("permissive")),
        tuple(path.removeprefix("service ") for path in _loose(seen) if path.startswith("service ")),
        frozenset(part.words for part in seen.named("hidden")) | frozenset(seen.unread()),
    )


def _confinement(answer: Answer) -> Confinement:
    """Read whether anything confines programs: AppArmor with a profile that enforces, or SELinux that enforces."""
    by, unclear = [], ""
    with suppress(NotPresent):
        armor = _apparmor(answer)
        if armor.enabled and "enforce" in armor.profiles.values():
            by.append("AppArmor")
        elif armor.enabled and armor.hidden:
            unclear = "AppArmor is on, and only root may see its profiles"
    with suppress(NotPresent):
        by += ["SELinux"] if _selinux(answer).running == "enforcing" else []
    if not by and not unclear and any(_seen(answer).named("confined")):
        unclear = "programs here are confined from outside, by rules that are not shown"
    return Confinement(tuple(by), unclear)


confinement_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_confinement)
confinement = probe(Shell(_COMMAND), on={Platform.LINUX})(_confinement)
apparmor_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_apparmor)
apparmor = probe(Shell(_COMMAND), on={Platform.LINUX})(_apparmor)
selinux_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_selinux)
selinux = probe(Shell(_COMMAND), on={Platform.LINUX})(_selinux)  # says which part only root may see


def _seen(answer: Answer) -> Sections:
    """Return the parts of an answer. Raises Unreadable where /sys does not show what the kernel has."""
    seen = sections(answer.text)
    if not any(seen.named("kernel")):
        raise Unreadable("/sys is not there, so that nothing tells what confines programs")
    return seen


def _profile(line: str) -> tuple[str, str]:
    shown = re.fullmatch(r"(\S.*) \(([a-z]+)\)", line)
    if shown is None:
        raise Unreadable(f"a line is not a profile: {line[:80]!r}")
    return shown[1], shown[2]


def _loose(seen: Sections) -> Iterator[str]:
    """Yield the programs that run unconfined; one that was replaced on disk is the one it was."""
    for part in seen.named("loose"):
        yield from (line.strip().removesuffix(" (deleted)") for line in part.lines if line.strip())


def _configured(lines: Lines) -> Mode | Literal[""]:
    for line in lines:
        if line.startswith("SELINUX="):
            value = line.removeprefix("SELINUX=").strip().lower()
            if mode := next((mode for mode in _MODES if value.startswith(mode)), None):
                return mode
    return ""


def _policy(lines: Lines) -> str:
    given = [line.strip().partition("=")[2].strip() for line in lines if line.strip().startswith("SELINUXTYPE=")]
    return given[-1] if given else ""


def _alternatives(pattern: str) -> list[str]:
    """Return a pattern without braces, once for each alternative; as it stands where there are too many."""
    waiting: list[str] = [pattern]
    done: list[str] = []
    while waiting and len(waiting) + len(done) <= _MOST_PATTERNS:
        one = waiting.pop()
        inner = re.search(r"\{([^{}]*)\}", one)
        if inner is None:
            done.append(one)
        else:
            waiting += [f"{one[: inner.start()]}{choice}{one[inner.end() :]}" for choice in inner[1].split(",")]
    return [pattern] if waiting else done


def _means(pattern: str, path: str) -> bool:
    pattern = pattern.replace("[^", "[!")
    if "**" in pattern:
        return fnmatchcase(path, pattern.replace("**", "*"))
    names, wanted = path.split("/"), pattern.split("/")
    return len(names) == len(wanted) and all(map(fnmatchcase, names, wanted))
