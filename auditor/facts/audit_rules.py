"""Audit rules, as the kernel lists them or as files hold them, brought to one form in which spellings do not matter.

`-w /etc/passwd -p wa` and `-a always,exit -F path=/etc/passwd -F perm=wa` are one rule, as are `auid!=unset`,
`auid!=-1` and `auid!=4294967295`. Sources: auditctl(8), audit.rules(7), augenrules(8); audit-userspace auditctl.c
(a file's reading stops at the first line that fails, which a rule that is there already does too, unless -c or -i
stands above it; an option may be followed by its value directly; `#` begins a comment only at a line's start; no
quotes), auditctl-listing.c and augenrules (files in the order of `ls -v`; -D, -b and -f first and -e last, of each
only the last).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from auditor.facts.dropins import Lines
from auditor.facts.logindefs import number

RULES_FOLDER: Final = "/etc/audit/rules.d"

_UNSET: Final = "4294967295"
_LISTS: Final = frozenset({"task", "exit", "user", "exclude", "filesystem", "io_uring"})
_IDS: Final = frozenset({"auid", "loginuid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"})
_PLACES: Final = frozenset({"path", "dir", "exe"})
_ERRORS: Final = {"-EPERM": "-1", "-EACCES": "-13"}
_ARCHES: Final = {
    **dict.fromkeys(("b64", "x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "riscv64", "c000003e"), "b64"),
    **dict.fromkeys(("b32", "i386", "i486", "i586", "i686", "ppc", "s390", "arm", "40000003"), "b32"),
}
_OPTION: Final = re.compile(r"(?P<option>--[a-z_-]+|-[A-Za-z])(?P<value>.*)")
_FIELD: Final = re.compile(r"([a-z0-9_]+)(!=|>=|<=|&=|=|<|>|&)(.+)")
_PERMS_FIRST: Final = re.compile(r" -p ([rwxa]{1,4})-w (\S+)(.*)")  # how auditctl lists a watch whose perm stood first
_ALONE: Final = frozenset({"-D", "-c", "-i", "-t", "--loginuid-immutable", "--reset-lost"})
_VALUED: Final = frozenset(
    {"-a", "-A", "-d", "-S", "-F", "-C", "-k", "-w", "-W", "-p", "-q", "-b", "-r", "-f", "-e", "--backlog_wait_time"}
)


@dataclass(frozen=True, slots=True, order=True)
class Filter:
    """One condition of a rule, such as auid >= 1000; `compare` puts two of an event's own ids side by side."""

    name: str
    sign: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `calls` are the system calls that it is about, empty for all of them; `arch` is b64, b32 or empty.

    Names of system calls without an arch mean the machine's own, so that `arch` is empty for all of them only.
    `path` is what it watches, with `tree` also everything below; `perms` are letters of rwxa, empty where it does not
    ask. `first` rules go before those that are there.
    """

    list: str
    action: str
    arch: str = ""
    calls: frozenset[str] = frozenset()
    path: str = ""
    tree: bool = False
    perms: frozenset[str] = frozenset()
    filters: frozenset[Filter] = frozenset()
    keys: tuple[str, ...] = ()
    first: bool = False
    text: str = ""

    @property
    def meaning(self) -> tuple[object, ...]:
        """Return what two rules have in common that do the same."""
        return (self.list, self.action, self.arch, self.calls, self.path, self.perms, self.filters)


@dataclass(frozen=True, slots=True)
class Control:
    """A line that sets something: its option and value, such as -e and 2."""

    option: str
    value: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which the kernel tries them.

    `enabled` is 0 for off, 1 for on, 2 for on and locked until a restart, and None where it was not seen. `trouble` is
    the line at which reading a file stops; the rules below it, which may not be loaded, are `late`. With `unsure` that
    line is one that auditor does not know, and may be good.
    """

    rules: tuple[Rule, ...] = ()
    enabled: int | None = 1
    trouble: str = ""
    late: tuple[Rule, ...] = ()
    unsure: bool = False


def rule_set(lines: Iterable[str], enabled: int | None = 1, native: str = "b64") -> RuleSet:
    """Return what auditctl makes of lines in their order, or what its own list says, on a machine of b64 or b32."""
    rules: list[Rule] = []
    late: list[Rule] = []
    trouble, unsure, ignoring = "", False, False
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        read = parsed(line, native)
        if isinstance(read, Control):
            ignoring = ignoring or read.option in {"-c", "-i"}
            enabled = _enabled(enabled, read)
            if read.option == "-D":
                rules.clear()
            continue
        if read is None or enabled == 2 or read in rules:
            unsure = unsure or (read is None and _unknown(line))
            trouble = trouble or ("" if ignoring else line.strip())
        elif trouble:
            late.append(read)
        else:
            rules.insert(0 if read.first else len(rules), read)
    return RuleSet(tuple(rules), enabled, trouble, tuple(late), unsure)


def augenrules(files: Mapping[str, Lines]) -> list[str]:
    """Return the lines of the files in rules.d in the order in which they are put together."""
    last = {"-D": "", "-b": "", "-f": "", "-e": ""}
    rest: list[str] = []
    for path in sorted((path for path in files if _is_rules(path)), key=_version):
        for line in files[path]:
            option = line.strip()[:2]
            if option in last and (option != "-D" or line.strip() == "-D"):
                last[option] = line
            else:
                rest.append(line)
    return [last["-D"], last["-b"], last["-f"], *rest, last["-e"]]


def parsed(line: str, native: str = "b64") -> Rule | Control | None:
    """Return what a line means to auditctl, or None when auditctl does not take it."""
    if odd := _PERMS_FIRST.fullmatch(line):
        line = f"-w {odd[2]} -p {odd[1]}{odd[3]}"
    pairs = list(_options(line.split()))
    options = dict(pairs)
    if any(not option for option, _ in pairs):
        return None
    if adds := [option for option, _ in pairs if option in {"-a", "-A", "-w"}]:
        return _rule(pairs, " ".join(line.split()), native) if adds == [pairs[0][0]] else None
    named = next((option for option in options if option in {"-e", "-D", "-b", "-f", "-r", "-c", "-i"}), "")
    if named == "-D" and len(pairs) > 1:
        return None  # deletes the rules of one key
    if named:
        return Control(named, options[named])
    return None if set(options) & {"-d", "-W", "-k", "-S", "-F", "-C", "-p"} else Control(pairs[0][0], pairs[0][1])


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each option with its value; an empty option for a word that belongs to none."""
    rest = iter(words)
    for word in rest:
        found = _OPTION.fullmatch(word)
        if found is None or found["option"] not in _ALONE | _VALUED:
            yield "", word
        elif found["option"] in _ALONE:
            yield ("" if found["value"] else found["option"]), ""
        else:
            yield found["option"], found["value"] or next(rest, "")


def _unknown(line: str) -> bool:
    """Whether a line has an option that no release known here has."""
    found = (_OPTION.fullmatch(word) for word in line.split())
    return any(option and option["option"] not in _ALONE | _VALUED for option in found)


def _rule(pairs: list[tuple[str, str]], text: str, native: str) -> Rule | None:
    option, value = pairs[0]
    words = set(value.split(","))
    lists, actions = words & _LISTS, words & {"always", "never"}
    if option == "-w":
        lists, actions = {"exit"}, {"always"}
    elif len(words) != 2 or len(lists) != 1 or len(actions) != 1:
        return None
    fields = [_FIELD.fullmatch(field) for name, field in pairs if name == "-F"]
    if any(field is None for field in fields) or _arch_is_late(pairs):
        return None
    given = [(field[1], field[2], field[3]) for field in fields if field is not None]
    path, tree = _place(value if option == "-w" else "", given)
    calls = _calls(pairs)
    return Rule(
        list=lists.pop(),
        action=actions.pop(),
        arch=next(
            (_arch(arch) for name, sign, arch in given if (name, sign) == ("arch", "=")), native if calls else ""
        ),
        calls=calls,
        path=path,
        tree=tree,
        perms=_perms(option, pairs, given),
        filters=frozenset([*_filters(given), *_compared(pairs)]),
        keys=(*(k for name, k in pairs if name == "-k"), *(k for name, _, k in given if name == "key")),
        first=option == "-A",
        text=text,
    )


def _place(watched: str, given: list[tuple[str, str, str]]) -> tuple[str, bool]:
    """Return what a rule watches. A watch of a folder is one of all that is in it; a file has nothing below it."""
    below = next((value for name, sign, value in given if (name, sign) == ("dir", "=")), "")
    itself = next((value for name, sign, value in given if (name, sign) == ("path", "=")), "")
    return (watched or below or itself).rstrip("/"), bool(watched or below)


def _arch_is_late(pairs: list[tuple[str, str]]) -> bool:
    calls = next((place for place, (name, _) in enumerate(pairs) if name == "-S"), len(pairs))
    return any(name == "-F" and value.startswith("arch") for name, value in pairs[calls:])


def _arch(name: str) -> str:
    return _ARCHES.get(name.lower().removeprefix("0x"), name)


def _calls(pairs: list[tuple[str, str]]) -> frozenset[str]:
    named = {call for name, value in pairs if name == "-S" for call in value.split(",") if call}
    return frozenset() if "all" in named else frozenset(named)


def _perms(option: str, pairs: list[tuple[str, str]], given: list[tuple[str, str, str]]) -> frozenset[str]:
    asked = [value for name, value in pairs if name == "-p"] + [value for name, _, value in given if name == "perm"]
    return frozenset(asked[0] if asked else "rwxa" if option == "-w" else "")


def _filters(given: list[tuple[str, str, str]]) -> Iterator[Filter]:
    for name, sign, value in given:
        placed = name in {"path", "dir", "arch"} and sign == "="
        if not placed and name not in {"key", "perm"}:
            yield Filter("auid" if name == "loginuid" else name, sign, _value(name, value))


def _compared(pairs: list[tuple[str, str]]) -> Iterator[Filter]:
    for name, value in pairs:
        if name == "-C":
            left, sign, right = (
                (value.partition("!=") if "!=" in value else value.partition("=")) if value else ("",) * 3
            )
            yield Filter("compare", sign, ",".join(sorted((left, right))))


def _value(name: str, value: str) -> str:
    if name in _IDS:
        return _UNSET if value in {"unset", "-1", _UNSET} else value
    if name == "exit":
        return _ERRORS.get(value, value)
    if name in _PLACES:
        return value.rstrip("/")
    argument = number(value) if re.fullmatch("a[0-3]", name) else None
    return value if argument is None else str(argument)


def _enabled(enabled: int | None, read: Control) -> int | None:
    """Return what -e leaves: whoever locked the rules cannot unlock them."""
    if read.option != "-e" or enabled == 2 or read.value not in {"0", "1", "2"}:
        return enabled
    return int(read.value)


def _is_rules(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == RULES_FOLDER and name.endswith(".rules")


def _version(path: str) -> list[tuple[tuple[int, ...], int]]:
    """Return a key that sorts names as `ls -v` does: numbers by size, and letters before other signs."""
    name = path.rpartition("/")[2].removesuffix(".rules")
    parts = re.findall(r"([^0-9]*)([0-9]{0,18})", name)
    return [(tuple(_sign(sign) for sign in text), int(number or 0)) for text, number in parts]


def _sign(sign: str) -> int:
    if sign == "~":
        return -1
    return ord(sign) if sign.isalpha() else ord(sign) + 0x110000
