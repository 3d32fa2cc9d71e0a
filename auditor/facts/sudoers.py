"""The language of sudoers(5): Defaults with their scopes, aliases, and who may run what as whom.

Sources: sudoers(5); sudo's plugins/sudoers/toke.l and gram.y: a backslash at a line's end continues it; `#` begins a
comment unless a number follows, which is a user's or, after %, a group's id; `,`, `:`, `=`, `#` and blanks in a command
are written with a backslash; a tag and who a command runs as hold for the rest of the list; a line that cannot be read
is passed over, and all others count.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from auditor.errors import Unreadable

_QUOTED: Final = r'"(?:[^"\\\n]|\\.)*"'
_NAME: Final = re.compile(rf'{_QUOTED}|%?#-?\d+|%?:?(?:[^\s,:=!()"#\\]|\\.)+')
_HOST: Final = re.compile(rf'{_QUOTED}|[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\d+)?|(?:[^\s,:=!()"#\\]|\\.)+')
_COMMAND: Final = re.compile(r"\^[^#\n]*?\$(?=[ \t]*(?:[,:#]|$))|(?:[^\\#:,\n]|\\.)+")
_UP_TO_COMMENT: Final = re.compile(rf"(?:{_QUOTED}|\\.|[^\"#\\]|#(?=[0-9-]))*")
_OLD_INCLUDE: Final = re.compile(r"\s*#include(?:dir)?[ \t]")
_CONTINUED: Final = re.compile(r"\\[ \t]*$")
_DIGESTS: Final = re.compile(r"(?:sha(?:224|256|384|512)\s*:\s*[A-Za-z0-9+/=]+\s*,?\s*)+(?=[/A-Z^])")
_TAG: Final = re.compile(r"(NO)?(PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|FOLLOW|MAIL|INTERCEPT)\s*:(?!=)\s*")
_OPTION: Final = re.compile(
    rf"(?:ROLE|TYPE|APPARMOR_PROFILE|PRIVS|LIMITPRIVS|CWD|CHROOT|TIMEOUT|NOTBEFORE|NOTAFTER)\s*=\s*(?:{_QUOTED}|[^\s,]+)\s*"
)
_PARAMETER: Final = re.compile(r"(?P<off>(?:!\s*)*)(?P<name>[a-z_][a-z0-9_]*)")
_VALUE: Final = re.compile(rf'\s*(?P<sign>\+=|-=|=)\s*(?P<value>{_QUOTED}|(?:[^\s,"\\]|\\.)+)')
_BLANKS: Final = re.compile(r"\s*")
_DEFAULTS: Final = re.compile(r"Defaults(?:(?P<scope>[:@>!])|(?=\s))")
_ALIAS: Final = re.compile(r"(?P<kind>User|Runas|Host|Cmnd|Cmd)_Alias\s+")
_ALIAS_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_RUNNABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*|/.*|\^.*|(?:sudoedit|list)(?:[ \t].*)?", re.DOTALL)
_SCOPES: Final = {":": "User", "@": "Host", ">": "Runas", "!": "Cmnd"}
_DEEPEST: Final = 16
_MOST: Final = 5000  # names that one list may stand for: aliases of aliases grow fast


@dataclass(frozen=True, slots=True)
class SudoDefault:
    """A Defaults setting. A switch has the value "on" or "off".

    `scope` is empty where it holds for all, else `:`, `@`, `>` or `!` and the user, host, target or command it is for.
    """

    name: str
    value: str
    scope: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SudoRule:
    """One command in a rule: who may run it, on which hosts, and as whom. Aliases are replaced by what they stand for.

    Names are as written, groups with their %, and all but `!` for what is excepted. `command` is ALL, a path with its
    arguments, or a word such as sudoedit. `tags` hold what was switched on, such as NOPASSWD.
    """

    users: tuple[str, ...]
    hosts: tuple[str, ...]
    command: str
    runas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    denied: bool = False
    place: str = ""


@dataclass(slots=True)
class Sudoers:
    """What files of sudoers say, in reading order. `odd` are places of lines that cannot be read."""

    defaults: list[SudoDefault] = field(default_factory=list)
    rules: list[SudoRule] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    aliases: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule while its aliases are not yet known."""

    users: tuple[str, ...]
    hosts: tuple[str, ...]
    runas: tuple[str, ...]
    groups: tuple[str, ...]
    tags: frozenset[str]
    command: str
    place: str


def read_sudoers(lines: Iterable[tuple[str, str]]) -> Sudoers:
    """Return what logical lines, each with its place, say together; aliases may stand below what uses them."""
    found = Sudoers()
    parts: list[_Part] = []
    for place, text in lines:
        scanner = _Scanner(text)
        try:
            if scanner.at_end():
                continue
            if (scope := scanner.take(_DEFAULTS)) is not None:
                found.defaults += list(_defaults(scanner, scope["scope"] or "", place))
            elif (kind := scanner.take(_ALIAS)) is not None:
                found.aliases |= dict(_aliases(scanner, kind["kind"].replace("Cmd", "Cmnd")))
            else:
                parts += list(_user_rules(scanner, place))
        except _NotSudoersError:
            found.odd.append(place)
    found.rules = [rule for part in parts for rule in _expanded(part, found)]
    found.defaults = [default for one in found.defaults for default in _scoped(one, found)]
    return found


def logical_lines(path: str, lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each line of a file with those that continue it, and its place; a comment is not continued."""
    held, start = "", 0
    for number, line in enumerate(lines, 1):
        start = start if held else number
        plain = _UP_TO_COMMENT.match(line)
        commented = plain is not None and line.startswith("#", plain.end()) and not _OLD_INCLUDE.match(line)
        text = line[: plain.end()] if plain is not None and commented else line
        if not commented and (more := _CONTINUED.search(line)):
            held += line[: more.start()] + " "
            continue
        yield f"{path}:{start}", held + text
        held = ""
    if held:
        yield f"{path}:{start}", held


class _NotSudoersError(Exception):
    """A line that sudo cannot read."""


class _Scanner:
    """Takes a line apart from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0
        self.blanks()

    def blanks(self) -> None:
        if found := _BLANKS.match(self.text, self.place):
            self.place = found.end()

    def at_end(self) -> bool:
        return self.place >= len(self.text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()
            self.blanks()
        return found

    def sign(self, signs: str) -> str:
        """Take one of these signs, if it is next."""
        found = self.text[self.place : self.place + 1]
        if not found or found not in signs:
            return ""
        self.place += 1
        self.blanks()
        return found

    def must(self, pattern: re.Pattern[str]) -> re.Match[str]:
        if (found := self.take(pattern)) is None:
            raise _NotSudoersError
        return found

    def names(self, pattern: re.Pattern[str]) -> list[str]:
        """Take a list of names with commas between them; `!` before one takes it out."""
        found: list[str] = []
        while True:
            found.append(self.excepted() + _plain(self.must(pattern)[0]))
            if not self.sign(","):
                return found

    def command(self) -> str:
        self.take(_DIGESTS)
        text = self.must(_COMMAND)[0].strip()
        if not _RUNNABLE.fullmatch(text):
            raise _NotSudoersError
        return re.sub(r"\\([\\:,= \t#])", r"\1", text)

    def excepted(self) -> str:
        """Take any number of `!`, of which two are none."""
        found = ""
        while self.sign("!"):
            found = "" if found else "!"
        return found


def _plain(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1] if name.startswith('"') else name)


def _defaults(scanner: _Scanner, scope: str, place: str) -> list[SudoDefault]:
    scopes = [scope + name for name in scanner.names(_NAME if scope in {":", ">"} else _HOST)] if scope else [""]
    found: list[SudoDefault] = []
    while True:
        parameter = scanner.must(_PARAMETER)
        value = scanner.take(_VALUE)
        on_or_off = "off" if parameter["off"].count("!") % 2 else "on"
        text = on_or_off if value is None else value["sign"].removesuffix("=") + _plain(value["value"])
        found += [SudoDefault(parameter["name"], text, one, place) for one in scopes]
        if not scanner.sign(","):
            break
    if not scanner.at_end():
        raise _NotSudoersError
    return found


def _aliases(scanner: _Scanner, kind: str) -> list[tuple[tuple[str, str], tuple[str, ...]]]:
    found: list[tuple[tuple[str, str], tuple[str, ...]]] = []
    while True:
        name = scanner.must(_ALIAS_NAME)[0]
        if not scanner.sign("="):
            raise _NotSudoersError
        members = _commands(scanner) if kind == "Cmnd" else scanner.names(_HOST if kind == "Host" else _NAME)
        found.append(((kind, name), tuple(members)))
        if not scanner.sign(":"):
            break
    if not scanner.at_end():
        raise _NotSudoersError
    return found


def _commands(scanner: _Scanner) -> list[str]:
    found: list[str] = []
    while True:
        found.append(scanner.excepted() + scanner.command())
        if not scanner.sign(","):
            return found


def _user_rules(scanner: _Scanner, place: str) -> list[_Part]:
    users = tuple(scanner.names(_NAME))
    found: list[_Part] = []
    while True:
        hosts = tuple(scanner.names(_HOST))
        if not scanner.sign("="):
            raise _NotSudoersError
        found += _specs(scanner, users, hosts, place)
        if not scanner.sign(":"):
            break
    if not scanner.at_end():
        raise _NotSudoersError
    return found


def _specs(scanner: _Scanner, users: tuple[str, ...], hosts: tuple[str, ...], place: str) -> Iterator[_Part]:
    runas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    while True:
        if scanner.sign("("):
            runas, groups = _target(scanner)
        while scanner.take(_OPTION):
            pass
        while tag := scanner.take(_TAG):
            tags = tags - {tag[2], "NO" + tag[2]} | {(tag[1] or "") + tag[2]}
        command = scanner.excepted() + scanner.command()
        yield _Part(users, hosts, runas, groups, tags, command, place)
        if not scanner.sign(","):
            return


def _target(scanner: _Scanner) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return as which users and groups the commands run that follow."""
    users: list[str] = []
    groups: list[str] = []
    if not scanner.sign(")"):
        users = [] if scanner.text.startswith(":", scanner.place) else scanner.names(_NAME)
        groups = scanner.names(_NAME) if scanner.sign(":") else []
        if not scanner.sign(")"):
            raise _NotSudoersError
    return tuple(users), tuple(groups)


def _expanded(part: _Part, found: Sudoers) -> Iterator[SudoRule]:
    """Yield a rule for each command that a part allows or denies."""
    users, hosts = _all(part.users, "User", found), _all(part.hosts, "Host", found)
    runas, groups = _all(part.runas, "Runas", found), _all(part.groups, "Runas", found)
    for command in _all((part.command,), "Cmnd", found):
        yield SudoRule(
            users=users,
            hosts=hosts,
            command=command.removeprefix("!"),
            runas=runas,
            groups=groups,
            tags=part.tags,
            denied=command.startswith("!"),
            place=part.place,
        )


def _scoped(default: SudoDefault, found: Sudoers) -> Iterator[SudoDefault]:
    """Yield a setting for each of those whom an alias in its scope stands for."""
    sign, name = default.scope[:1], default.scope[1:]
    yield from (
        [default] if not sign else [replace(default, scope=sign + one) for one in _all((name,), _SCOPES[sign], found)]
    )


def _all(names: tuple[str, ...], kind: str, found: Sudoers) -> tuple[str, ...]:
    """Return names with aliases replaced. Raises Unreadable when they stand for too many, or for themselves."""
    members = tuple(islice(_members(names, kind, found.aliases), _MOST + 1))
    if len(members) > _MOST:
        raise Unreadable(f"sudoers: the alias {names[0].removeprefix('!')} stands for more than {_MOST} names")
    return members


def _members(
    names: tuple[str, ...], kind: str, aliases: Mapping[tuple[str, str], tuple[str, ...]], depth: int = 0
) -> Iterator[str]:
    for name in names:
        bare = name.removeprefix("!")
        members = aliases.get((kind, bare))
        if members is None:
            yield name
        elif depth > _DEEPEST:
            raise Unreadable(f"sudoers: the alias {bare} stands for itself")
        else:
            turned = members if bare == name else tuple(_turned(one) for one in members)
            yield from _members(turned, kind, aliases, depth + 1)


def _turned(name: str) -> str:
    return name[1:] if name.startswith("!") else f"!{name}"
