"""How a Cisco IOS device is reached and by whom: management lines, access lists, logins, banners, secrets.

Defaults are claimed only where Cisco's command references give one for every release: `exec-timeout` 10 minutes, vty
`login`, no `transport input` on console and aux (CISC-RT-000230), AAA off, passwords not obscured.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.ios_acl import access_lists
from auditor.facts.ios_config import ConfigTree, Statement, number
from auditor.facts.router import (
    DeviceIdentity,
    DeviceSecrets,
    Line,
    LineKind,
    LocalUser,
    LoginBlock,
    LoginRules,
    ManagementAccess,
    PlacedSecret,
    RunningConfig,
)
from auditor.facts.secrets import SecretToken, parse, secret_at, words
from auditor.model.asset import Platform
from auditor.model.probe import derived

_MOST_LINES: Final = 4096  # line numbers of one kind; no device has more
_PROTOCOLS: Final = frozenset({"ssh", "telnet", "rlogin", "lat", "mop", "pad", "udptn", "v120"})  # what `all` means


def ios_tree(config: RunningConfig) -> ConfigTree:
    """Return the statements of an IOS configuration. Raises Unreadable for another platform's."""
    if config.platform is not Platform.CISCO_IOS:
        raise Unreadable(f"configurations of {config.platform} are not read yet")
    return config.tree


@derived
def identity(config: RunningConfig) -> DeviceIdentity:
    """Read the names that the configuration itself gives."""
    tree = ios_tree(config)
    udi = [statement.after("license udi pid") for statement in tree.starting("license udi pid")]
    model = udi[0][0] if udi and udi[0] else None
    serial = udi[0][2] if udi and udi[0][1:2] == ["sn"] and len(udi[0]) > 2 else None
    return DeviceIdentity(tree.hostname, tree.version, model, serial)


@derived
def access(config: RunningConfig) -> ManagementAccess:
    """Read the management lines and what guards them."""
    tree = ios_tree(config)
    version = [rest[0] for found in tree.starting("ip ssh version") if (rest := found.after("ip ssh version"))]
    return ManagementAccess(
        lines=tuple(_lines(tree, _login_lists(tree))),
        access_lists=access_lists(tree),
        ipv6=any(
            child.starts("ipv6 address") or child.text == "ipv6 enable"
            for interface in tree.starting("interface")
            for child in interface.children
        ),
        ssh_version=int(version[-1]) if version and version[-1] in {"1", "2"} else None,
        banners=tree.banners,
    )


@derived
def login_rules(config: RunningConfig) -> LoginRules:
    """Read whether logins are central, by which methods, and whether guessing is slowed down."""
    tree = ios_tree(config)
    block = None
    for statement in tree.starting("login block-for"):
        if found := re.fullmatch(r"login block-for (\d{1,9}) attempts (\d{1,9}) within (\d{1,9})", statement.text):
            block = LoginBlock(*map(int, found.groups()))
    return LoginRules(bool(tree.switched("aaa new-model")), _login_lists(tree) or {}, block)


def _login_lists(tree: ConfigTree) -> dict[str, tuple[str, ...]] | None:
    """Return the login method lists by name, or None when AAA is off, which is the default."""
    if not tree.switched("aaa new-model"):
        return None
    prefix = "aaa authentication login"
    return {rest[0]: tuple(_methods(rest[1:])) for found in tree.starting(prefix) if (rest := found.after(prefix))}


def _methods(rest: list[str]) -> Iterator[str]:
    """Yield `group tacacs+` as one method and single words as they are."""
    remaining = iter(rest)
    for word in remaining:
        yield f"group {next(remaining, '')}" if word == "group" else word


# --- lines ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Set:
    """What one line number was given so far."""

    declared_at: int
    protocols: frozenset[str] | None
    idle_seconds: int = 600
    acl: str | None = None
    acl6: str | None = None
    login: str = ""  # the statement that decides: "login", "no login", "login local", "login authentication X"
    exec: bool = True


def _lines(tree: ConfigTree, lists: Mapping[str, tuple[str, ...]] | None) -> Iterator[Line]:
    """Yield runs of equal lines. A later block over the same numbers changes only what it says."""
    numbered: dict[tuple[LineKind, int], _Set] = {}
    for block in tree.starting("line"):
        kind, first, last = _range(block)
        silent = None if kind is LineKind.VTY else frozenset[str]()
        for at in range(first, min(last, first + _MOST_LINES) + 1):
            before = numbered.get((kind, at), _Set(block.line, silent))
            numbered[kind, at] = _applied(before, block)
    ordered = sorted(numbered, key=lambda key: (list(LineKind).index(key[0]), key[1]))
    start = 0
    for index, (here, following) in enumerate(pairwise([*ordered, None]), 1):
        assert here is not None
        if following != (here[0], here[1] + 1) or numbered[here] != numbered[following]:
            yield _line(ordered[start], here[1], numbered[here], lists)
            start = index


def _range(block: Statement) -> tuple[LineKind, int, int]:
    """Return the kind and numbers of `line vty 0 4`, `line con 0`, `line 33 48`; slots (`line 0/1/0`) count as 0."""
    rest = block.after("line")
    kind = next((LineKind(word) for word in rest[:1] if word in set(LineKind)), None)
    kind = LineKind.CONSOLE if rest[:1] == ["console"] else kind
    numbers = [found for word in (rest[1:] if kind else rest) if (found := number(word)) is not None] or [0]
    return kind or LineKind.TTY, numbers[0], max(numbers[0], numbers[-1])


def _applied(line: _Set, block: Statement) -> _Set:
    for statement in block.children:
        line = _changed(line, statement.words)
    return line


def _changed(line: _Set, text: list[str]) -> _Set:
    """Return the settings after one statement under `line`."""
    match text:
        case ["transport", "input", *protocols]:
            return replace(line, protocols=_accepted(protocols))
        case ["no", "transport", "input", *_]:
            return replace(line, protocols=frozenset())
        case ["login", *_] | ["no", "login"]:
            return replace(line, login=" ".join(text))
        case ["exec"] | ["no", "exec"]:
            return replace(line, exec=text == ["exec"])
        case ["exec-timeout", *_] | ["no", "exec-timeout", *_]:
            return replace(line, idle_seconds=_seconds(text))
        case _:
            return _guarded(line, text)


def _seconds(text: list[str]) -> int:
    """Return the seconds of `exec-timeout MINUTES [SECONDS]`; 0 is never, as is `no exec-timeout`."""
    if text[0] == "no":
        return 0
    minutes, seconds = (number(part) or 0 for part in [*text[1:3], "0", "0"][:2])
    return minutes * 60 + seconds


def _accepted(protocols: list[str]) -> frozenset[str]:
    return _PROTOCOLS if "all" in protocols else frozenset(protocols) - {"none"}


def _guarded(line: _Set, text: list[str]) -> _Set:
    """Return the settings after an access-class statement; lists for outgoing sessions guard nothing here."""
    match text:
        case ["access-class", name, "in", *_]:
            return replace(line, acl=name)
        case ["ipv6", "access-class", name, "in", *_]:
            return replace(line, acl6=name)
        case ["no", "access-class", *rest] if "out" not in rest:
            return replace(line, acl=None)
        case ["no", "ipv6", "access-class", *rest] if "out" not in rest:
            return replace(line, acl6=None)
        case _:
            return line


def _line(first: tuple[LineKind, int], last: int, line: _Set, lists: Mapping[str, tuple[str, ...]] | None) -> Line:
    methods, name = _aaa_login(first[0], line.login, lists) if lists is not None else (_own_login(first[0], line), "")
    return Line(
        kind=first[0],
        first=first[1],
        last=last,
        declared_at=line.declared_at,
        protocols=line.protocols,
        idle_seconds=line.idle_seconds,
        acl=line.acl,
        acl6=line.acl6,
        login=methods,
        login_list=name,
        exec=line.exec,
    )


def _aaa_login(kind: LineKind, login: str, lists: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], str]:
    """Return the methods under AAA. Without a default list the console asks nothing and the others ask locally."""
    name = login.removeprefix("login authentication ") if login.startswith("login authentication ") else "default"
    unlisted = (("none",) if kind is LineKind.CONSOLE else ("local",)) if name == "default" else ()
    return lists.get(name, unlisted), name


def _own_login(kind: LineKind, line: _Set) -> tuple[str, ...] | None:
    """Return the methods without AAA; the default asks for the line's password on vty and nothing on the console."""
    match line.login.split():
        case ["login"]:
            return ("line",)
        case ["login", method, *_]:
            return (method,)
        case ["no", "login"]:
            return ("none",)
    return {LineKind.VTY: ("line",), LineKind.CONSOLE: ("none",)}.get(kind)


# --- secrets --------------------------------------------------------------------------------------------------------

_MOST_OPTIONS: Final = 100  # words of an account's line; no device prints as many
_HASHED_BY: Final = {"md5": "type5", "sha256": "type8", "scrypt": "type9"}
_WITH_VALUE: Final = frozenset(
    {"privilege", "algorithm-type", "common-criteria-policy", "view", "access-class", "user-maxlinks", "aaa"}
)
_RAW: Final = re.compile(
    r"\b(?:password|secret|key|key-string|server-key|md5|set-key \w+)\s+(?P<type>[07])\s+(?!<secret )\S"
)


@derived
def secrets(config: RunningConfig) -> DeviceSecrets:
    """Read which secrets are stored and how."""
    tree = ios_tree(config)
    return DeviceSecrets(
        enable_secrets=dict(_enable(tree, "secret")),
        enable_passwords=dict(_enable(tree, "password")),
        users=tuple(_users(tree)),
        placed=tuple(found for statement in tree.statements for found in _placed("", statement)),
        obscured=bool(tree.switched("service password-encryption")),
    )


def _enable(tree: ConfigTree, keyword: str) -> Iterator[tuple[int, SecretToken]]:
    for statement in tree.starting("enable"):
        rest = statement.after("enable")
        behind = rest[2:] if rest[:1] == ["algorithm-type"] else rest
        if behind[:1] != [keyword]:
            continue
        behind = behind[1:]
        leveled = behind[:1] == ["level"]
        level = number(behind[1]) if leveled and len(behind) > 1 else 15
        if level is not None and (token := secret_at(behind[2:] if leveled else behind)):
            yield level, _hashed(token, rest)


def _hashed(token: SecretToken, options: list[str]) -> SecretToken:
    """Return the class that the device stores: a clear text behind `algorithm-type` is hashed on entry."""
    if token.kind in {"plain", "type0"} and options[:1] == ["algorithm-type"] and len(options) > 1:
        return replace(token, kind=_HASHED_BY.get(options[1], token.kind))
    return token


def _users(tree: ConfigTree) -> Iterator[LocalUser]:
    """Yield local accounts; an account may be spread over several lines."""
    users: dict[str, LocalUser] = {}
    for statement in tree.starting("username"):
        name, *rest = statement.after("username") or [""]
        users[name] = _user(users.get(name) or LocalUser(name=name, privilege=None, secret=None), rest)
    for statement in tree.starting("user-name"):
        name = " ".join(statement.after("user-name"))
        user = LocalUser(name=name, privilege=None, secret=None)
        for child in statement.children:
            user = _user(user, child.words)
        users[name] = user
    yield from users.values()


def _user(user: LocalUser, rest: list[str]) -> LocalUser:
    """Return the account with what one line's options say; option values are never taken for keywords."""
    rest = rest[:_MOST_OPTIONS]
    while rest:
        word, *behind = rest
        if word == "nopassword":
            user = replace(user, no_password=True)
        elif word == "privilege" and behind:
            user = replace(user, privilege=number(behind[0]))
        elif word in {"secret", "password"}:
            return replace(user, secret=secret_at(behind) or user.secret, reversible=word == "password")
        elif word == "algorithm-type" and behind[1:2] == ["secret"] and (token := secret_at(behind[2:])):
            return replace(user, secret=_hashed(token, rest))
        elif word in {"autocommand", "description"}:
            return user
        rest = behind[1:] if word in _WITH_VALUE else behind
    return user


def _placed(above: str, statement: Statement) -> Iterator[PlacedSecret]:
    """Yield the secrets of a statement and of all below it, other than SNMP communities."""
    before: list[str] = []
    for word, following in pairwise([*words(statement.text), ""]):
        token = parse(word)
        if token and not token.kind.endswith("community"):
            behind = token.kind == "plain" and following == "7"  # `ntp authentication-key 1 md5 X 7` names it last
            yield PlacedSecret(above + " ".join(before), replace(token, kind="type7") if behind else token)
        before.append("..." if token else word)
    if found := _RAW.search(statement.text):
        yield PlacedSecret(above + statement.text[: found.end() - 1].strip(), SecretToken(f"type{found['type']}"))
    here = above + " ".join(before) + " / "
    for child in statement.children:
        yield from _placed(here, child)
