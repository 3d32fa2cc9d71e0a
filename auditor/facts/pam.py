"""PAM stacks as configured: the lines of one service and one kind, with every include followed.

Sources: pam.conf(5), pam.d(5); Linux-PAM libpam/pam_handlers.c: `#` begins a comment anywhere, a backslash at a line's
end continues it, a leading `-` only silences a missing module, an argument or control in brackets may hold blanks,
`include` and `substack` take the lines of their own kind and Debian's `@include` those of every kind, a service
without a file of its own uses `other`, and /etc/pam.d goes before the vendor's folders.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from auditor.errors import Unreadable
from auditor.facts.bundle import Bundle

Kind = Literal["auth", "account", "password", "session"]

FOLDERS: Final = ("/etc/pam.d", "/usr/etc/pam.d", "/usr/lib/pam.d")
_WORD: Final = re.compile(r"\[(?:[^\]\\]|\\.)*\]|\S+")
_DEEPEST: Final = 16
_NAMED: Final = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
}
# Modules that decide by who or where somebody is, not by a password: what they jump over may apply to others.
_CONDITIONS: Final = {"pam_succeed_if", "pam_listfile", "pam_access", "pam_time", "pam_group", "pam_exec", "pam_wheel"}


@dataclass(frozen=True, slots=True)
class Line:
    """One module in a stack: its control, its name without path and `.so`, its arguments, and its file."""

    control: str
    module: str
    arguments: tuple[str, ...]
    file: str

    def on(self, result: str) -> str:
        """Return what the stack does on a module's result: ok, done, bad, die, ignore, reset, or a number to jump."""
        if actions := _NAMED.get(self.control.lower()):
            return actions.get(result, actions["default"])
        actions = dict(re.findall(r"(\w+)\s*=\s*(\w+)", self.control.lower()))
        return actions.get(result, actions.get("default", "bad"))

    @property
    def refuses(self) -> bool:
        """Whether a failure of the module makes the whole stack fail."""
        return self.on("auth_err") in {"bad", "die"}

    def argument(self, name: str) -> str | None:
        """Return the last value given as name=value, in any case, or None."""
        pairs = (argument.partition("=") for argument in self.arguments)
        return next((value for key, sign, value in reversed(list(pairs)) if sign and key.lower() == name), None)


def stack(files: Bundle, service: str, kind: Kind) -> list[Line] | None:
    """Return the modules that a service runs for a kind, in order, or None when the service has no file.

    Raises Unreadable when a file of the chain is missing, may not be read or includes itself.
    """
    text = _text(files, service)
    return None if text is None else list(_lines(files, service, text, kind, 0))


def skipped(lines: list[Line], place: int) -> str:
    """Return which condition may jump over the module at a place, or nothing when none does."""
    for index, line in enumerate(lines[:place]):
        if line.module not in _CONDITIONS:
            continue
        jumps = [
            int(action) for action in (line.on("success"), line.on("auth_err")) if re.fullmatch("[0-9]{1,4}", action)
        ]
        if any(index + jump >= place for jump in jumps) or "done" in {line.on("success"), line.on("auth_err")}:
            return f"{line.module} in {line.file} may skip it"
    return ""


def _lines(files: Bundle, name: str, text: str, kind: Kind, depth: int) -> Iterator[Line]:
    if depth > _DEEPEST:
        raise Unreadable(f"PAM: {name} includes itself")
    for words in _statements(text, kind):
        if words[0].lower() == "@include" and len(words) > 1:
            yield from _included(files, words[1], kind, depth)
        elif words[0].lstrip("-").lower() != kind or len(words) < 3:
            continue
        elif words[1].lower() in {"include", "substack"}:
            yield from _included(files, words[2], kind, depth)
        else:
            module = words[2].rpartition("/")[2].removesuffix(".so")
            yield Line(words[1].strip("[]"), module, tuple(word.strip("[]") for word in words[3:]), name)


def _included(files: Bundle, name: str, kind: Kind, depth: int) -> Iterator[Line]:
    text = _text(files, name)
    if text is None:
        raise Unreadable(f"PAM: the included {name} was not found")
    yield from _lines(files, name, text, kind, depth + 1)


def _text(files: Bundle, name: str) -> str | None:
    return files.get(name) if name.startswith("/") else files.first(*(f"{folder}/{name}" for folder in FOLDERS))


@lru_cache(maxsize=64)
def _statements(text: str, kind: Kind) -> tuple[tuple[str, ...], ...]:
    """Return the words of the lines that may be of a kind, or include another file.

    Hosts share these files, each service includes the same ones, and several facts rest on them: each is read once.
    """
    found = []
    lines = text.replace("\\\n", " ").split("\n")
    for line in [line for line in lines if line and line[0] != "#"]:
        told = line.partition("#")[0]
        first = told.split(None, 1)[:1]
        if first and first[0].lstrip("-").lower() in {kind, "@include"}:
            found.append(tuple(_WORD.findall(told)))
    return tuple(found)
