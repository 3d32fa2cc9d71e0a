"""Kernel parameters: as they are now (/proc/sys), and as files will set them at the next boot (sysctl.d(5)).

Parameters are named by their path below /proc/sys, because an interface name may contain dots
(`net/ipv4/conf/eth0.100/rp_filter`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.kernel_parameters import BUILD_OPTIONS, DEFAULTS, PARAMETERS, built
from auditor.facts.sections import END, SHOW_FILES, sections
<<<<<<< HEAD
from auditor.facts.sysctl import Assignment, at_boot, not_at_boot, parameter_path, value_of, written_of
=======
from auditor.facts.sysctl import Assignment, Settled, at_boot, not_at_boot, written_of
>>>>>>> distinct
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe


@dataclass(frozen=True, slots=True)
class KernelNow:
    """Parameters in force: path -> text. `refused` could not be read by this account; others do not exist."""

    values: Mapping[str, str]
    refused: frozenset[str] = frozenset()
    _interfaces: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the interfaces once, which every check of a network parameter asks for."""
        object.__setattr__(self, "_interfaces", _interfaces(path.split("/") for path in self.values))

    def number(self, path: str) -> int | None:
        """Return a parameter as a number, or None when the kernel has none by this name or did not tell."""
        return _number(self.values.get(path))

    def interfaces(self, family: str) -> tuple[str, ...]:
        """Return the names below net/FAMILY/conf other than `all`, `default` and the loopback."""
        return self._interfaces.get(family, ())


@dataclass(frozen=True, slots=True)
class KernelAtBoot:
    """Parameters that files set at boot, in the order in which they are applied.

    `unread` are files that could not be read; `starts` is what the kernel starts with by its build configuration and
    its command line, where they tell; `idle` are lines of files that nothing applies at boot.
    """

    assignments: tuple[Assignment, ...]
    unread: tuple[str, ...] = ()
    starts: Mapping[str, int] = field(default_factory=dict)
    idle: tuple[Assignment, ...] = ()
    _settled: Settled = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Settle the assignments once, of which every check asks for several."""
        object.__setattr__(self, "_settled", Settled.of(self.assignments))

    def number(self, path: str) -> int | None:
        """Return the number a parameter will have: as configured, else as the kernel starts; None when not known."""
        text = self._settled.value_of(path)
        if text is not None:
            return _number(text)
        return self.starts.get(path, DEFAULTS.get(path))

    def text(self, path: str) -> str | None:
        """Return the text that files give to a parameter, or None when none does."""
        return value_of(self.assignments, path)

    def written(self, path: str) -> tuple[int | None, ...]:
        """Return what each line that names a parameter sets it to, whichever of them counts at boot."""
        lines = written_of((*self.assignments, *self.idle), path)
        if lines:
            return tuple(_number(line.text) for line in lines)
        by_wildcard = self._settled.value_of(path)
        return () if by_wildcard is None else (_number(by_wildcard),)

    def interfaces(self, family: str) -> tuple[str, ...]:
        """Return the interfaces that files name."""
        paths = (assignment.path.split("/") for assignment in self.assignments)
        names = _interfaces(parts for parts in paths if len(parts) == 5).get(family, ())
        return tuple(name for name in names if "*" not in name)


def _interfaces(paths: Iterable[list[str]]) -> dict[str, tuple[str, ...]]:
    """Return by family the names below net/FAMILY/conf, in order, of paths in parts."""
    found: dict[str, set[str]] = defaultdict(set)
    for parts in paths:
        if len(parts) > 3 and parts[0] == "net" and parts[2] == "conf":
            found[parts[1]].add(parts[3])
    return {family: tuple(sorted(names - {"all", "default", "lo"})) for family, names in found.items()}


_VALUE: Final = re.compile(r"([\w./@:+*-]+?/[\w]+):(.*)")
_REFUSAL: Final = re.compile(r"grep: (\S+): (.+)")

_NOW: Final = (
    f"cd /proc/sys || exit 1; echo '[values]'; grep -H . {' '.join(PARAMETERS)} 2>&1 </dev/null | sed 's/^/|/'; {END}"
)
_FOLDERS: Final = tuple(f"{root}/sysctl.d" for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"))
_FILES: Final = ("/etc/sysctl.conf", "/etc/ufw/ufw.conf", "/etc/default/ufw", "/etc/ufw/sysctl.conf")
_BUILT: Final = f"grep -hE '{BUILD_OPTIONS}'"
_STARTED_WITH: Final = (
    "set -f; read -r c </proc/cmdline && for w in $c; do case $w in sysctl.?*=*) "
    'echo "[start ${w#sysctl.}]";; esac; done; set +f'
)
_BOOT: Final = "; ".join(
    [
        SHOW_FILES,
        "f=/usr/lib/systemd/systemd-sysctl; [ -e $f ] || f=/lib/systemd/systemd-sysctl",
        '[ -e $f ] && echo "[systemd $f]"',
        f"show {' '.join(f'{folder} {folder}/*.conf' for folder in _FOLDERS)} {' '.join(_FILES)}",
        'for f in /etc/sysctl.d/*.conf; do [ $f -ef /etc/sysctl.conf ] && echo "[linked $f]"; done',
        f"v=$(uname -r); echo '[built]'; {_BUILT} /boot/config-$v /lib/modules/$v/config 2>/dev/null | sed 's/^/|/'",
        _STARTED_WITH,
        END,
    ]
)


def _read_now(answer: Answer) -> KernelNow:
    """Read the parameters in force."""
    values: dict[str, str] = {}
    refused: set[str] = set()
    for line in sections(answer.text).one("values").lines:
        if problem := _REFUSAL.fullmatch(line):
            if "No such file" not in problem[2]:
                refused.add(problem[1])
        elif shown := _VALUE.fullmatch(line):
            values[shown[1]] = shown[2].strip()
        elif line.strip():
            raise Unreadable(f"a line is not a kernel parameter: {line[:80]!r}")
    if "kernel/randomize_va_space" not in values and "net/ipv4/ip_forward" not in values:
        raise Unreadable("the answer shows none of the parameters that every kernel has")
    return KernelNow(values, frozenset(refused))


kernel_now_as_root = probe(Shell(_NOW, privileged=True), on={Platform.LINUX})(_read_now)
kernel_now = probe(Shell(_NOW), on={Platform.LINUX})(_read_now)  # a few parameters are root's to read, and say so


@probe(Shell(_BOOT), on={Platform.LINUX})
def kernel_at_boot(answer: Answer) -> KernelAtBoot:
    """Read what files set at boot, in the order of systemd-sysctl(8) where it is there, else of sysctl(8) --system."""
    seen = sections(answer.text)
    by_systemd = next(seen.named("systemd"), None) is not None
    linked = next(seen.named("linked"), None) is not None
    told = [part.words.partition("=") for part in seen.named("start")]
    starts = {parameter_path(name): _number(value) for name, _, value in told}
    files, read_last = seen.files(), not by_systemd and not linked
    return KernelAtBoot(
        at_boot(files, and_sysctl_conf=read_last),
        seen.unread(),
        {**built(seen.one("built").lines), **{name: value for name, value in starts.items() if value is not None}},
        not_at_boot(files, and_sysctl_conf=read_last or linked),
    )


def _number(text: str | None) -> int | None:
    """Return the number that the kernel takes from a text: it stops at the first blank, and reads 0x and 0."""
    word = (text or "").split()[:1]
    try:
        return int(word[0], 0) if word else None
    except ValueError:
        return int(word[0], 8) if re.fullmatch(r"0[0-7]+", word[0]) else None
