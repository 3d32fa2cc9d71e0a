"""How a system boots: whether the boot loader asks for a password, and what the kernel is told on its command line.

The hash of a boot password never leaves the host: awk(1) there prints only whether one stands in its place. Sources:
GRUB's manual, "Authentication and authorisation" (`superusers` names who may edit; names are separated by blanks or one
of `,;|&`); grub2-setpassword(8) (RHEL's user.cfg); loader.conf(5) (systemd-boot has no password, but an editor that can
be switched off); kernel-parameters. An EFI grub.cfg that only leads to another is not judged itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import dirname
from typing import Final, Literal

from auditor.errors import NotPresent, Unreadable
from auditor.facts.sections import END, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

Password = Literal["hashed", "in clear", "not usable"]

_GRUB: Final = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/efi/EFI/*/grub.cfg")
_BESIDE: Final = ("/boot/grub/custom.cfg", "/boot/grub2/custom.cfg", "/boot/efi/EFI/*/custom.cfg")
_OF_RHEL: Final = ("/boot/grub2/user.cfg", "/boot/efi/EFI/*/user.cfg", "/boot/grub2/grubenv", "/boot/efi/EFI/*/grubenv")
_LOADERS: Final = ("/boot/loader/loader.conf", "/boot/efi/loader/loader.conf", "/efi/loader/loader.conf")
_ENTRIES: Final = ("/boot/loader/entries/*.conf", "/boot/efi/loader/entries/*.conf", "/efi/loader/entries/*.conf")
_CMDLINE: Final = ("/etc/kernel/cmdline", "/usr/lib/kernel/cmdline")
_OTHERS: Final = (
    "/boot/extlinux.conf", "/boot/extlinux/extlinux.conf", "/boot/syslinux/syslinux.cfg", "/boot/boot.scr",
    "/etc/lilo.conf", "/boot/zipl/bootmap", "/boot/firmware/cmdline.txt", "/boot/cmdline.txt",
)  # fmt: skip
_WORDS: Final = (
    "audit", "audit_backlog_limit", "apparmor", "security", "lsm", "selinux", "enforcing", "mitigations", "nopti",
    "pti", "kpti", "nospectre_v1", "nospectre_v2", "spectre_v2", "spectre_v2_user", "spectre_bhi", "l1tf", "mds", "tsx",
    "nospec_store_bypass_disable", "spec_store_bypass_disable", "tsx_async_abort", "mmio_stale_data", "retbleed",
    "srbds", "gather_data_sampling", "reg_file_data_sampling", "spec_rstack_overflow", "indirect_target_selection",
    "init", "rdinit", "rd[.]break", "single", "s", "S", "1", "emergency", "rescue", "-b", "systemd[.]unit",
    "systemd[.]debug[-_]shell", "systemd[.]setenv=SYSTEMD_SULOGIN_FORCE", "lockdown", "[$]kernelopts",
)  # fmt: skip
"""Words of a kernel's command line that are asked for, as others may hold secrets (systemd.set_credential)."""

_AWK: Final = " ".join(
    [
        'function words(from,  s, i) { s = ""; for (i = from; i <= NF; i++)',
        f'if ($i ~ /^({"|".join(_WORDS)})(=|$)/) s = s " " $i; return s }}',
        'FNR == 1 { print "[config " FILENAME "]" } { sub(/^[ \\t]+/, ""); sub(/\\r$/, "") }',
        '/^(un)?set[ \\t]+superusers/ { print "|" $0 }',
        '/^password_pbkdf2[ \\t]/ { v = $3; gsub(/["\\047]/, "", v); k = "unusable";',
        'if (v ~ /^grub[.]pbkdf2[.]sha512[.][0-9]+[.][0-9A-Fa-f]+[.][0-9A-Fa-f]+$/) k = "hashed";',
        'if (v ~ /^[$][{]?GRUB2_PASSWORD[}]?$/) k = "user.cfg"; print "|password_pbkdf2 " $2 " " k }',
        '/^password[ \\t]/ { print "|password " $2 }',
        '/^GRUB2_PASSWORD=grub[.]pbkdf2[.]sha512[.]/ { print "|GRUB2_PASSWORD" }',
        '/^(menuentry|blscfg|configfile)([ \\t]|$)/ { print "|" $1 }',
        '/^editor[ \\t]/ { print "|editor " $2 }',
        '/^(options|linux|linux16|linuxefi)[ \\t]/ { print "|linux" words(2) }',
        '/^kernelopts=/ { sub(/^kernelopts=/, ""); $0 = $0; print "|kernelopts" words(1) }',
        'FILENAME ~ /cmdline$/ { print "|linux" words(1) }',
    ]
)
_KINDS: Final = frozenset(
    {
        "set", "unset", "password", "password_pbkdf2", "GRUB2_PASSWORD", "menuentry", "blscfg", "configfile", "editor",
        "linux", "kernelopts",
    }
)  # fmt: skip
_RUNNING: Final = "/proc/cmdline"
_PATHS: Final = (*_GRUB, *_BESIDE, *_OF_RHEL, *_LOADERS, *_ENTRIES, *_CMDLINE)
_FOLDERS: Final = (
    "/boot", "/boot/grub", "/boot/grub2", "/boot/efi", "/boot/efi/EFI", "/boot/efi/EFI/*", "/boot/loader",
    "/boot/loader/entries", "/efi",
)  # fmt: skip
_READABLE: Final = (
    f'set --; for f in {_RUNNING} {" ".join(_PATHS)}; do if [ -f "$f" ]; then '
    'if [ -r "$f" ]; then set -- "$@" "$f"; else echo "[unread $f]"; fi; fi; done'
)
_COMMAND: Final = "; ".join(
    [
        _READABLE,
        f"awk '{_AWK}' \"$@\"",
        f'for d in {" ".join(_FOLDERS)}; do [ ! -d $d ] || {{ [ -r $d ] && [ -x $d ]; }} || echo "[unread $d]"; done',
        f'for f in {" ".join(_OTHERS)}; do [ ! -e $f ] || echo "[other $f]"; done',
        END,
    ]
)


@dataclass(frozen=True, slots=True)
class Grub:
    """One configuration of GRUB that boots systems: who may edit it, and by which kind of password."""

    path: str
    superusers: tuple[str, ...] = ()
    passwords: Mapping[str, Password] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BootLoader:
    """What starts the kernel. `systemd_boot` are its files, and `editable` those that let anybody edit entries.

    `others` are files of boot loaders that are not read, `unread` those that this account may not read.
    """

    grubs: tuple[Grub, ...] = ()
    systemd_boot: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KernelWords:
    """Words of the kernel's command line: those it was started with, and those of each entry that may start it next.

    Only words that bear on security are known. An entry has its file, and None where its words are in a variable that
    was not found. `unread` are files that may hold entries and could not be read.
    """

    running: tuple[str, ...]
    entries: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    unread: tuple[str, ...] = ()


def _loader(answer: Answer) -> BootLoader:
    """Read who may change how the system boots. Raises NotPresent where no boot loader is set up."""
    seen = sections(answer.text)
    configs = _configs(seen)
    loaders = {path: lines for path, lines in configs.items() if path in _LOADERS}
    others = tuple(part.words for part in seen.named("other"))
    grubs = tuple(_grub(path, configs) for path, lines in configs.items() if _boots(path, lines))
    if not (grubs or loaders or others or seen.unread()):
        raise NotPresent("no boot loader is set up here: it is a container, or started by its hypervisor")
    editable = tuple(path for path, lines in loaders.items() if _editable(lines))
    return BootLoader(grubs, tuple(loaders), editable, others, seen.unread())


def _kernel_words(answer: Answer) -> KernelWords:
    """Read the command lines of the running kernel and of what may be started next."""
    seen = sections(answer.text)
    configs = _configs(seen)
    told = [line[1:] for lines in configs.values() for line in lines if line[0] == "kernelopts"]
    entries = tuple(
        (path, _filled(line[1:], told[-1] if told else None))
        for path, lines in configs.items()
        for line in lines
        if path != _RUNNING and line[0] == "linux"
    )
    running = next((line[1:] for line in configs[_RUNNING] if line[0] == "linux"), ())
    return KernelWords(tuple(running), entries, seen.unread())


boot_loader_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_loader)
boot_loader = probe(Shell(_COMMAND), on={Platform.LINUX})(_loader)
kernel_words_as_root = probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})(_kernel_words)
kernel_words = probe(Shell(_COMMAND), on={Platform.LINUX})(_kernel_words)  # what it may not read it says


def _configs(seen: Sections) -> dict[str, list[tuple[str, ...]]]:
    """Return the words of each line, by file. Raises Unreadable for what was not asked for."""
    configs: dict[str, list[tuple[str, ...]]] = {}
    for part in seen.named("config"):
        lines = [tuple(line.split()) for line in part.lines if line.strip()]
        if odd := next((line for line in lines if line[0] not in _KINDS), None):
            raise Unreadable(f"a line is not of a boot loader: {' '.join(odd)[:80]!r}")
        configs[part.words] = lines
    if _RUNNING not in configs:
        raise Unreadable("the kernel does not show its command line")
    return configs


def _boots(path: str, lines: list[tuple[str, ...]]) -> bool:
    """Whether a file is a grub.cfg with a menu of its own, and not one that leads to another."""
    return path.endswith("/grub.cfg") and (
        any(line[0] in {"menuentry", "blscfg", "linux"} for line in lines)
        or not any(line[0] == "configfile" for line in lines)
    )


def _grub(path: str, configs: Mapping[str, list[tuple[str, ...]]]) -> Grub:
    beside = [configs.get(f"{dirname(path)}/{name}", []) for name in ("custom.cfg", "user.cfg")]
    from_user_cfg = ("GRUB2_PASSWORD",) in beside[1]
    superusers: tuple[str, ...] = ()
    passwords: dict[str, Password] = {}
    for line in [*configs[path], *beside[0]]:
        if line[0] in {"set", "unset"}:
            superusers = _names(" ".join(line)) if line[0] == "set" else ()
        elif line[0] == "password" and len(line) > 1:
            passwords[_bare(line[1])] = "in clear"
        elif line[0] == "password_pbkdf2" and len(line) > 2:
            good = line[-1] == "hashed" or (line[-1] == "user.cfg" and from_user_cfg)
            passwords[_bare(line[1])] = "hashed" if good else "not usable"
    return Grub(path, superusers, passwords)


def _names(assignment: str) -> tuple[str, ...]:
    value = assignment.partition("=")[2]
    return tuple(name for name in re.split(r"[ ,;|&\"']+", value) if name)


def _bare(name: str) -> str:
    return name.strip("\"'")


def _editable(lines: list[tuple[str, ...]]) -> bool:
    """Whether systemd-boot lets anybody edit an entry, which it does unless told otherwise; the last line counts."""
    told = [line[1].lower() for line in lines if line[0] == "editor" and len(line) > 1]
    return not told or told[-1] not in {"0", "no", "n", "false", "f", "off"}


def _filled(words: tuple[str, ...], options: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return an entry's words with those of the variable kernelopts in its place; None when nothing sets it."""
    if "$kernelopts" not in words:
        return words
    return (
        None
        if options is None
        else tuple(one for word in words for one in (options if word == "$kernelopts" else (word,)))
    )
