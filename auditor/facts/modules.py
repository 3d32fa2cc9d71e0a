"""Which kernel modules can be loaded: what modprobe.d(5) says of them, and which are loaded, built in or not there.

A `blacklist` line only stops loading by a device's alias; `install NAME /bin/false` stops modprobe itself, whatever
asks it, and `module_blacklist=NAME` on the kernel's command line stops the kernel. `alias NAME off` stops modprobe NAME
and leaves the module to its other aliases. Sources: modprobe.d(5) (a file replaces one of the same name in a later
folder, what remains is read in the order of names, `-` and `_` are one letter, a backslash at a line's end continues
it, `#` begins a comment only at the start of a line); kmod libkmod-config.c and libkmod-module.c (the first `install`
line whose pattern fits counts; names are patterns; the command is a shell's, so it may be quoted and commented).
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dropins import Lines, in_order
from auditor.facts.sections import END, SHOW_FILES, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_FOLDERS: Final = tuple(f"{root}/modprobe.d" for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"))
_REFUSES: Final = frozenset({"true", "false"})
_OF_SHELL: Final = frozenset(";&|<>()$`\n")
ASKED: Final = (
    "bluetooth", "cramfs", "dccp", "firewire_core", "freevxfs", "hfs", "hfsplus", "jffs2", "rds", "sctp", "squashfs",
    "tipc", "udf", "usb_storage",
)  # fmt: skip
"""Modules of which it is asked whether the running kernel has them at all."""


@dataclass(frozen=True, slots=True)
class ModuleRule:
    """One line of modprobe.d: `install` with its command or `blacklist`, the module's name or pattern, its place."""

    kind: str
    pattern: str
    command: str
    place: str


@dataclass(frozen=True, slots=True)
class KernelModules:
    """What is known of modules; names have `_` for `-`. `unread` are files that could not be read.

    `absent` are modules of ASKED that the running kernel does not have, and `barred` those that its command line bars.
    """

    rules: tuple[ModuleRule, ...]
    loaded: frozenset[str] = frozenset()
    built_in: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()

    def install(self, name: str) -> str | None:
        """Return the command that modprobe runs instead of loading a module, or None when it loads it."""
        found = (rule.command for rule in self.rules if rule.kind == "install" and fnmatchcase(one(name), rule.pattern))
        return next(found, None)

    def refused(self, name: str) -> bool:
        """Whether modprobe runs a program that does nothing instead of loading the module."""
        try:
            words = shlex.split(self.install(name) or "", comments=True)
        except ValueError:
            return False
        return bool(words) and words[0].rpartition("/")[2] in _REFUSES and not _OF_SHELL & set(" ".join(words))


_AVAILABLE: Final = f"sed -nE 's#^[^:]*/({'|'.join(ASKED).replace('_', '[-_]')})[.]ko[^/:]*:.*#|\\1#p'"
_BARRED: Final = (
    "set -f; read -r c </proc/cmdline && for w in $c; do case $w in module_blacklist=?*) "
    'echo "[barred ${w#*=}]";; esac; done; set +f'
)
_COMMAND: Final = "; ".join(
    [
        SHOW_FILES,
        f"show {' '.join(f'{folder} {folder}/*.conf' for folder in _FOLDERS)}",
        "if [ -r /proc/modules ]; then echo '[loaded]'; sed 's/ .*//;s/^/|/' /proc/modules; fi",
        "d=/lib/modules/$(uname -r); echo '[builtin]'; sed 's/^/|/' $d/modules.builtin 2>/dev/null",
        f"[ -s $d/modules.dep ] && [ -s $d/modules.builtin ] && echo '[available]' && {_AVAILABLE} $d/modules.dep",
        _BARRED,
        'for f in /sbin/modprobe /usr/sbin/modprobe /usr/bin/modprobe; do [ -e $f ] && echo "[modprobe $f]"; done',
        END,
    ]
)


def _read(answer: Answer) -> KernelModules:
    """Read modprobe.d and the modules that are loaded. Raises NotPresent on a kernel without modules."""
    seen = sections(answer.text)
    built_in = seen.one("builtin").lines
    loaded = next(seen.named("loaded"), None)
    if loaded is None and not any(seen.named("modprobe")):
        raise NotPresent("this system loads no kernel modules: it has neither modprobe nor /proc/modules")
    names = [line.strip() for line in (loaded.lines if loaded else ()) if line.strip()]
    if odd := next((name for name in names if not re.fullmatch(r"[\w.-]+", name)), None):
        raise Unreadable(f"a line is not a module's name: {odd[:80]!r}")
    built = (line.rpartition("/")[2].strip() for line in built_in)
    return KernelModules(
        tuple(_rules(seen.files())),
        frozenset(one(name) for name in names),
        frozenset(one(re.sub(r"\.ko(\..*)?$", "", name)) for name in built if name),
        seen.unread(),
        _absent(seen),
        frozenset(_barred(seen)),
    )


kernel_modules_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_read)
kernel_modules = probe(Shell(_COMMAND), on={Platform.LINUX})(_read)  # files that root alone may read are rare


def one(name: str) -> str:
    """Return the spelling of a module's name that the kernel uses."""
    return name.replace("-", "_")


def _absent(seen: Sections) -> frozenset[str]:
    """Return the modules that the kernel's own list does not have; none where that list cannot be seen."""
    shown = next(seen.named("available"), None)
    if shown is None:
        return frozenset()
    return frozenset(ASKED) - {one(line.strip()) for line in shown.lines}


def _barred(seen: Sections) -> Iterator[str]:
    """Yield the modules that the kernel refuses whatever asks for them (kernel-parameters: module_blacklist)."""
    for part in seen.named("barred"):
        yield from map(one, part.words.split(","))


def _rules(files: Mapping[str, Lines]) -> Iterator[ModuleRule]:
    for path, lines in in_order(files, _FOLDERS):
        for number, line in _joined(lines):
            words = line.split(maxsplit=2)
            if len(words) > 1 and words[0] in {"install", "blacklist"}:
                command = words[2].strip() if words[0] == "install" and len(words) > 2 else ""
                yield ModuleRule(words[0], one(words[1]), command, f"{path}:{number}")


def _joined(lines: Lines) -> Iterator[tuple[int, str]]:
    """Yield each line with those that continue it, and the number of its first; comments left out."""
    held, start = "", 0
    for number, line in enumerate(lines, 1):
        start = start if held else number
        if line.endswith("\\"):
            held += line[:-1]
            continue
        text = (held + line).strip()
        held = ""
        if text and not text.startswith("#"):
            yield start, text
