"""What rsyslog does: where it sends messages, what it takes, and how it makes files (rsyslog.conf(5), its own pages).

Both syntaxes are read: `@host` and `@@host` actions with their selectors, and `action(type="omfwd" target="...")`; an
action within braces or after a filter holds only under that condition. What `stop`, or `~` of old, throws away by its
selector goes no further; what a filter throws away by its words is taken as noise that nobody misses. A `$` directive
changes the actions of the old syntax that stand below it, a module's parameters those of the new one (omfile:
FileCreateMode is 0644 by itself).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import dirname
from typing import Final, Literal

from auditor.facts.dropins import Lines

Share = Literal["everything", "some facilities", "under a condition"]

MAIN: Final = "/etc/rsyslog.conf"
FOLDERS: Final = ("/etc/rsyslog.d",)

_QUOTED: Final = (
    r'"(?:\\.|[^"\\\n])*"'  # on one line: a quote left open must not swallow what is commented out below it
)
_TOKEN: Final = re.compile(rf"{_QUOTED}|'[^'\n]*'|(?<!\S)/\*[\s\S]*?\*/|(?<!\S)#[^\n]*")
_OBJECT: Final = re.compile(rf"\b(action|include|module|global|input)\s*\(((?:{_QUOTED}|[^()\"])*)\)", re.IGNORECASE)
_PARAMETER: Final = re.compile(rf"([\w.]+)\s*=\s*({_QUOTED}|\[[^\]]*\])")
_OLD_INCLUDE: Final = re.compile(r"\s*\$IncludeConfig\s+(\S+)", re.IGNORECASE)
_SELECTOR: Final = re.compile(r"(?P<selector>&|[\w*,]+\.[\w*=!]+(?:;[\w*,]+\.[\w*=!]+)*|:[^@]*)\s+(?P<action>\S.*)")
_REMOTE: Final = re.compile(r"(?P<at>@@?)(?:\([^)]*\))?(?P<host>\[[^\]]+\]|[^:;\s]+)(?::(?P<port>\d+))?(?:;.*)?\s*")
_RELP: Final = re.compile(r":omrelp:(?P<host>\[[^\]]+\]|[^:;\s]+)(?::(?P<port>\d+))?(?:;.*)?\s*")
_HANGING: Final = re.compile(r"\b(then|else)\s*$", re.IGNORECASE)
_MOST_INCLUDES: Final = 200
_FILE_MODE: Final = re.compile(r"\s*\$FileCreateMode\s+(\d+)", re.IGNORECASE)
_INPUTS: Final = {
    "imudp": "udp",
    "imtcp": "tcp",
    "imptcp": "tcp",
    "imrelp": "relp",
    "imgssapi": "gssapi",
    "imdtls": "dtls",
}
_RUNS: Final = {
    "udpserverrun": "udp",
    "inputtcpserverrun": "tcp",
    "inputptcpserverrun": "tcp",
    "inputrelpserverrun": "relp",
    "inputgssserverrun": "gssapi",
}
_OLD_INPUT: Final = re.compile(rf"(?mi)^\s*\$({'|'.join(_RUNS)})\s+\S")
_OLD_TLS: Final = re.compile(r"\s*\$ActionSend(StreamDriver(?:Mode|AuthMode)?)\s+(\S+)", re.IGNORECASE)
_TLS_DRIVERS: Final = frozenset({"gtls", "ossl", "mbedtls"})


@dataclass(frozen=True, slots=True)
class LogForward:
    """Messages that are sent to another host: the host, how, and which of them."""

    host: str
    protocol: str  # "udp", "tcp", "relp"
    share: Share
    encrypted: bool = False
    verified: bool = False  # who the other host is


@dataclass(slots=True)
class Rsyslog:
    """What a configuration amounts to: its whole text, what it includes but was not seen, and the modules it loads."""

    text: str = ""
    unread: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)


def rsyslog(files: Mapping[str, Lines]) -> Rsyslog:
    """Return the configuration with its includes in place and its comments gone."""
    found = Rsyslog()
    found.text = "\n".join(_with_includes(files, MAIN, found, []))
    for name, parameters in _objects(found.text):
        if name == "module":
            found.modules.add(parameters.get("load", "").lower())
    found.modules |= {name.lower() for name in re.findall(r"(?mi)^\s*\$ModLoad\s+(\S+)", found.text)}
    return found


def forwards(found: Rsyslog) -> tuple[LogForward, ...]:
    """Return where the configuration sends messages."""
    return tuple(dict.fromkeys([*_by_action(found.text), *_by_selector(found.text)]))


def file_modes(found: Rsyslog) -> tuple[str, ...]:
    """Return the permissions with which each action that writes a file makes it, in octal as written."""
    module = next(
        (given["filecreatemode"] for name, given in _objects(found.text) if name == "module" and _has_mode(given)),
        "0644",
    )
    modes = [
        given.get("filecreatemode", module)
        for name, given in _objects(found.text)
        if name == "action" and given.get("type", "").lower() == "omfile"
    ]
    old = "0644"
    for line in _OBJECT.sub(" ", found.text).split("\n"):
        if directive := _FILE_MODE.match(line):
            old = directive[1]
        elif (parsed := _SELECTOR.fullmatch(line.strip())) and re.match(r"-?[/?%]", parsed["action"]):
            modes.append(old)
    return tuple(dict.fromkeys(modes))


def inputs(found: Rsyslog) -> tuple[str, ...]:
    """Return the ways in which messages of other hosts are taken: udp, tcp, relp and the like."""
    kinds = [given.get("type", "").lower() for name, given in _objects(found.text) if name == "input"]
    ways = [_INPUTS[kind] for kind in kinds if kind in _INPUTS]
    ways += [_RUNS[name.lower()] for name in _OLD_INPUT.findall(found.text)]
    return tuple(dict.fromkeys(ways))


def _has_mode(given: Mapping[str, str]) -> bool:
    return given.get("load", "").lower() in {"builtin:omfile", "omfile"} and "filecreatemode" in given


def _with_includes(files: Mapping[str, Lines], path: str, found: Rsyslog, trail: list[str]) -> Iterator[str]:
    if len(trail) > _MOST_INCLUDES or path in trail[-16:]:
        return
    trail.append(path)
    text = _TOKEN.sub(lambda token: token[0] if token[0][0] in "\"'" else " ", "\n".join(files.get(path, ())))
    for line in text.replace("\\\n", " ").split("\n"):
        old = _OLD_INCLUDE.match(line)
        new = next((p.get("file", "") for name, p in _objects(line) if name == "include"), "")
        pattern = old[1] if old else new
        if not pattern:
            yield line
            continue
        if dirname(pattern.rstrip("/")) not in (*FOLDERS, "/etc") or "*" in dirname(pattern):
            found.unread.append(pattern)
        for included in sorted(files):
            if fnmatchcase(included, pattern + "*" if pattern.endswith("/") else pattern):
                yield from _with_includes(files, included, found, trail)


def _objects(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for match in _OBJECT.finditer(text):
        yield match[1].lower(), _parameters(match[2])


def _parameters(text: str) -> dict[str, str]:
    return {name.lower(): value.strip('"') for name, value in _PARAMETER.findall(text)}


def _by_action(text: str) -> Iterator[LogForward]:
    driver, gone = _default_driver(text), _discarded(text)
    for match in _OBJECT.finditer(text):
        given = _parameters(match[2])
        kind = given.get("type", "").lower()
        if match[1].lower() != "action" or kind not in {"omfwd", "omrelp"}:
            continue
        protocol = "relp" if kind == "omrelp" else given.get("protocol", "udp").lower()
        tls = _relp_tls(given) if protocol == "relp" else _tls(given, driver, protocol)
        if share := gone.left(_share_before(text[: match.start()]), match.start()):
            for host in re.findall(r'[^\s",]+', _unbracketed(given.get("target", ""))):
                yield LogForward(host.lower(), protocol, share, *tls)


def _default_driver(text: str) -> str:
    """Return the driver that encrypts, or does not, where an action names none."""
    new = [given.get("defaultnetstreamdriver", "") for name, given in _objects(text) if name == "global"]
    old = re.findall(r"(?mi)^\s*\$DefaultNetstreamDriver\s+(\S+)", text)
    return next((name for name in reversed([*new, *old]) if name), "ptcp").lower()


def _tls(given: Mapping[str, str], driver: str, protocol: str) -> tuple[bool, bool]:
    """Return whether an action encrypts, and whether it looks who it speaks to."""
    chosen = given.get("streamdriver", driver).lower() in _TLS_DRIVERS and given.get("streamdrivermode", "0") == "1"
    encrypted = chosen and protocol == "tcp"
    return encrypted, encrypted and given.get("streamdriverauthmode", "").lower().startswith("x509/")


def _relp_tls(given: Mapping[str, str]) -> tuple[bool, bool]:
    encrypted = given.get("tls", "off").lower() == "on"
    return encrypted, encrypted and given.get("tls.authmode", "").lower() in {"name", "fingerprint", "certvalid"}


def _unbracketed(target: str) -> str:
    """Return the words of a list such as ["a", "b"], or a single target as it is, IPv6 addresses included."""
    return target[1:-1] if target.startswith("[") else target


def _share_before(before: str) -> Share:
    """Return which messages reach an action, by what stands before it."""
    plain = re.sub(_QUOTED, '""', before)
    line = plain.rpartition("\n")[2].strip()
    if plain.count("{") > plain.count("}") or _HANGING.search(plain):
        return "under a condition"
    return _share_of(line) if line else "everything"


def _share_of(selector: str) -> Share:
    """Return which messages a selector means: all facilities, down to `info` at least, none left out."""
    if not re.fullmatch(r"[\w*,]+\.[\w*=!]+(?:;[\w*,]+\.[\w*=!]+)*", selector):
        return "under a condition"
    parts = [part.lower().rpartition(".") for part in selector.split(";")]
    every = any(names == "*" and priority in {"*", "debug", "info"} for names, _, priority in parts)
    less = any(priority.startswith(("none", "!")) for _, _, priority in parts)
    return "everything" if every and not less else "some facilities"


@dataclass(frozen=True, slots=True)
class _Statement:
    """A line of the old syntax outside objects: where it begins, which messages reach it, and what is done to them."""

    at: int
    line: str
    selector: str  # empty where the line has none, and is for every message
    action: str
    conditional: bool

    @property
    def share(self) -> Share:
        return "under a condition" if self.conditional else _share_of(self.selector or "*.*")


def _statements(text: str) -> Iterator[_Statement]:
    """Yield each line; an object in it is a word."""
    at, depth, last, hanging = 0, 0, "", False
    for line in _OBJECT.sub(lambda found: "o".ljust(len(found[0])), text).split("\n"):
        parsed = _SELECTOR.fullmatch(line.strip())
        if parsed:
            last = parsed["selector"] if parsed["selector"] != "&" else last
        action = parsed["action"] if parsed else line.strip()
        yield _Statement(at, line, last if parsed else "", action, depth > 0 or hanging)
        bare = re.sub(_QUOTED, "", line)
        hanging = bool(_HANGING.search(bare)) or (hanging and not bare.strip())
        depth += bare.count("{") - bare.count("}")
        at += len(line) + 1


@dataclass(frozen=True, slots=True)
class _Discarded:
    """Where in a text some facilities, and where all messages, have been thrown away; None for nowhere."""

    some: int | None
    all: int | None

    def left(self, share: Share, at: int) -> Share | None:
        """Return which messages still reach an action; None for none at all."""
        if self.all is not None and self.all < at:
            return None
        return "some facilities" if share == "everything" and self.some is not None and self.some < at else share


def _discarded(text: str) -> _Discarded:
    stops = [(one.share, one.at) for one in _statements(text) if one.action.lower() in {"stop", "~"}]
    some = next((at for share, at in stops if share == "some facilities"), None)
    return _Discarded(some, next((at for share, at in stops if share == "everything"), None))


def _by_selector(text: str) -> Iterator[LogForward]:
    given: dict[str, str] = {}
    driver, gone = _default_driver(text), _discarded(text)
    for one in _statements(text):
        if directive := _OLD_TLS.match(one.line):
            given[directive[1].lower()] = directive[2]
        remote, relp = _REMOTE.fullmatch(one.action), _RELP.fullmatch(one.action)
        if one.selector and (sent := remote or relp) and (share := gone.left(one.share, one.at)):
            protocol = "relp" if relp else {"@": "udp", "@@": "tcp"}[sent["at"]]
            yield LogForward(sent["host"].strip("[]").lower(), protocol, share, *_tls(given, driver, protocol))
