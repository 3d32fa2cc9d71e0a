"""Where rsyslog sends messages: the old syntax and RainerScript (rsyslog.conf(5), and rsyslog's own pages on omfwd).

Only what decides forwarding is read: includes, comments, `@host` and `@@host` actions with their selectors, and
`action(type="omfwd" target="...")`. An action within braces or after a filter holds only under that condition.
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
_OBJECT: Final = re.compile(rf"\b(action|include|module)\s*\(((?:{_QUOTED}|[^()\"])*)\)", re.IGNORECASE)
_PARAMETER: Final = re.compile(rf"([\w.]+)\s*=\s*({_QUOTED}|\[[^\]]*\])")
_OLD_INCLUDE: Final = re.compile(r"\s*\$IncludeConfig\s+(\S+)", re.IGNORECASE)
_SELECTOR: Final = re.compile(r"(?P<selector>&|[\w*,]+\.[\w*=!]+(?:;[\w*,]+\.[\w*=!]+)*|:[^@]*)\s+(?P<action>\S.*)")
_REMOTE: Final = re.compile(r"(?P<at>@@?)(?:\([^)]*\))?(?P<host>\[[^\]]+\]|[^:;\s]+)(?::(?P<port>\d+))?(?:;.*)?\s*")
_RELP: Final = re.compile(r":omrelp:(?P<host>\[[^\]]+\]|[^:;\s]+)(?::(?P<port>\d+))?(?:;.*)?\s*")
_MOST_INCLUDES: Final = 200


@dataclass(frozen=True, slots=True)
class LogForward:
    """Messages that are sent to another host: the host, how, and which of them."""

    host: str
    protocol: str  # "udp", "tcp", "relp"
    share: Share


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
    for match in _OBJECT.finditer(text):
        given = _parameters(match[2])
        kind = given.get("type", "").lower()
        if match[1].lower() != "action" or kind not in {"omfwd", "omrelp"}:
            continue
        protocol = "relp" if kind == "omrelp" else given.get("protocol", "udp").lower()
        for host in re.findall(r'[^\s",]+', _unbracketed(given.get("target", ""))):
            yield LogForward(host.lower(), protocol, _share_before(text[: match.start()]))


def _unbracketed(target: str) -> str:
    """Return the words of a list such as ["a", "b"], or a single target as it is, IPv6 addresses included."""
    return target[1:-1] if target.startswith("[") else target


def _share_before(before: str) -> Share:
    """Return which messages reach an action, by what stands before it."""
    plain = re.sub(_QUOTED, '""', before)
    line = plain.rpartition("\n")[2].strip()
    if plain.count("{") > plain.count("}") or re.search(r"\b(then|else)\s*$", plain, re.IGNORECASE):
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


def _by_selector(text: str) -> Iterator[LogForward]:
    plain = _OBJECT.sub(" ", text)
    depth, last = 0, ""
    for line in plain.split("\n"):
        parsed = _SELECTOR.fullmatch(line.strip())
        if parsed:
            last = parsed["selector"] if parsed["selector"] != "&" else last
            remote, relp = _REMOTE.fullmatch(parsed["action"]), _RELP.fullmatch(parsed["action"])
            if sent := remote or relp:
                protocol = "relp" if relp else {"@": "udp", "@@": "tcp"}[sent["at"]]
                share: Share = "under a condition" if depth > 0 else _share_of(last)
                yield LogForward(sent["host"].strip("[]").lower(), protocol, share)
        bare = re.sub(_QUOTED, "", line)
        depth += bare.count("{") - bare.count("}")
