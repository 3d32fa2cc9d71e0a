"""What becomes of the memory of a program that crashes: limits of sessions, and what systemd-coredump keeps.

Sources: limits.conf(5) and Linux-PAM modules/pam_limits/pam_limits.c: `#` begins a comment anywhere, case counts only
in names of users and groups, `-` sets both limits, a line for a user beats one for a group and that one beats `*`, of
equals the last counts, `*` and groups do not mean root, `NAME -` alone lifts all limits, and files of limits.d are read
after the main file in the order of the C locale. coredump.conf(5). prelink(8).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.bundle import Bundle, read, section, show
from auditor.facts.dropins import ini_values, main_and_dropins
from auditor.facts.pam import FOLDERS, Line, stack
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_LIMITS: Final = "/etc/security/limits.conf"
_VENDORS: Final = "/usr/etc/security/limits.conf"
_SERVICES: Final = ("login", "sshd")
_ROOTS: Final = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
_CORE: Final = "coredump.conf"
_STORES: Final = frozenset({"none", "external", "journal"})
_SIZE: Final = re.compile(r"([0-9]{1,20})(?:[.][0-9]{1,9})? ?([KMGTPE]?)B?")


@dataclass(frozen=True, slots=True)
class CoreLimit:
    """The hard limit for core files of a user, @group or `*`: a number of KiB, None for no limit, and who says so."""

    who: str
    kib: int | None
    place: str


@dataclass(frozen=True, slots=True)
class CoreDumps:
    """What keeps the memory of crashed programs from being stored.

    `limits` has what counts for each name that files mention, `services` the log-in services that have a PAM stack, and
    `unlimiting` those of them whose sessions get no limits at all. `handler` is whether systemd-coredump is installed;
    `storage` and `size_max` hold every value that files give to Storage and ProcessSizeMax, the one that counts last.
    """

    limits: tuple[CoreLimit, ...] = ()
    services: tuple[str, ...] = ()
    unlimiting: tuple[str, ...] = ()
    handler: bool = False
    storage: tuple[str, ...] = ()
    size_max: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prelink:
    """Whether programs are, or were, moved to fixed places by prelink: its files that are here."""

    files: tuple[str, ...]


_REQUEST: Final = Shell(
    show(
        [
            *(f"{folder}/*" for folder in FOLDERS),
            *(path for main in (_LIMITS, _VENDORS) for path in (main, main.replace(".conf", ".d/*.conf"))),
            *(f"{root}/systemd/{_CORE}{part}" for root in _ROOTS for part in ("", ".d/*.conf")),
        ],
        section("handler", "ls -d /usr/lib/systemd/systemd-coredump /lib/systemd/systemd-coredump"),
        section("prelink", "ls -d /usr/sbin/prelink /etc/prelink.cache"),
    )
)


@probe(_REQUEST, on={Platform.LINUX})
def core_dumps(answer: Answer) -> CoreDumps:
    """Read limits of sessions and systemd-coredump's settings."""
    files = read(answer.text)
    told = files.get("handler")
    if told is None:
        raise Unreadable("the answer does not say whether systemd-coredump is there")
    lines = {path: tuple(text.split("\n")) for path, text in files.texts.items() if _CORE in path}
    stacks = _stacks(files)
    values = list(ini_values(main_and_dropins(lines, _CORE), "Coredump"))
    return CoreDumps(
        tuple(_limits(files)),
        tuple(stacks),
        tuple(name for name, lines in stacks.items() if all(line.module != "pam_limits" for line in lines)),
        bool(told.strip()),
        tuple(value for key, value in values if key == "Storage" and value in _STORES),
        tuple(value for key, value in values if key == "ProcessSizeMax" and _SIZE.fullmatch(value)),
    )


@probe(_REQUEST, on={Platform.LINUX})
def prelink(answer: Answer) -> Prelink:
    """Read which of prelink's files are here."""
    told = read(answer.text).get("prelink")
    if told is None:
        raise Unreadable("the answer does not say whether prelink is there")
    return Prelink(tuple(line for line in told.split("\n") if line.startswith("/")))


def size(text: str) -> int:
    """Return a size of coredump.conf(5) in bytes, up to the suffix's multiple. Raises ValueError for anything else."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * int(1024 ** (" KMGTPE".index(found[2] or " ")))


def _limits(files: Bundle) -> Iterator[CoreLimit]:
    """Yield what counts for each name: of lines for the same name the last."""
    found: dict[str, CoreLimit] = {}
    for path, text in _in_order(files):
        for number, line in enumerate(text.split("\n"), 1):
            words = line.partition("#")[0].split()
            if len(words) == 2 and words[1] == "-":
                found[words[0]] = CoreLimit(words[0], None, f"{path}:{number}")
            elif len(words) == 4 and words[1].lower() in {"hard", "-"} and words[2].lower() == "core":
                found[words[0]] = CoreLimit(words[0], _kib(words[3]), f"{path}:{number}")
    return iter(found.values())


def _in_order(files: Bundle) -> Iterator[tuple[str, str]]:
    """Yield limits.conf, or the vendor's where there is none, and then the drop-ins; /etc replaces one of a name."""
    if (main := files.first(_LIMITS, _VENDORS)) is not None:
        yield _LIMITS if files.get(_LIMITS) is not None else _VENDORS, main
    folders = (_VENDORS.replace(".conf", ".d"), _LIMITS.replace(".conf", ".d"))
    named = {basename(path): (path, text) for folder in folders for path, text in files.below(folder, ".conf")}
    yield from (named[name] for name in sorted(named))


def _kib(value: str) -> int | None:
    return int(value) if re.fullmatch("[0-9]{1,18}", value) else None


def _stacks(files: Bundle) -> dict[str, list[Line]]:
    """Return what each log-in service that has a PAM stack runs for its sessions."""
    stacks = ((service, stack(files, service, "session")) for service in _SERVICES)
    return {service: lines for service, lines in stacks if lines is not None}
