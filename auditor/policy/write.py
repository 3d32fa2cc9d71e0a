"""Write policies as files that people go on with: the words of `policy.files`, with comments."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.model.asset import Kind, Platform

_LONGEST: Final = 200  # signs of a word in `policy.files`
_LONGEST_REMARK: Final = 300
_PLAIN: Final = re.compile(r"[a-z][a-z0-9.-]*[a-z0-9]")


@dataclass(frozen=True, slots=True)
class SettingText:
    """A setting's value as plain data, and a remark."""

    value: object
    remark: str = ""


@dataclass(frozen=True, slots=True)
class CheckText:
    """A check with its settings and a remark; one that is left out stands in the file as a comment."""

    id: str
    settings: Mapping[str, SettingText] = field(default_factory=dict)
    remark: str = ""
    left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlText:
    """A control. One whose checks are all left out stands in the file as a comment; one without checks is manual."""

    id: str
    title: str
    text: str = ""
    kind: tuple[Kind, ...] = ()
    platform: tuple[Platform, ...] = ()
    severity: str = ""
    satisfies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    checks: tuple[CheckText, ...] = ()


def policy_text(
    name: str, version: str, title: str, controls: Iterable[ControlText], *, remarks: Iterable[str] = ()
) -> str:
    """Return a policy file; `remarks` stand at its top."""
    written = [line for control in controls for line in ["", *_control(control)]]
    some = any(line.startswith("  - ") for line in written)
    lines = [
        *(f"# {_line(remark)}".rstrip() for remark in remarks),
        f"policy: {quoted(name)}",
        f"version: {quoted(version)}",
        f"title: {quoted(title)}",
        "controls:" if some else "controls: []",
        *written,
    ]
    return "\n".join(lines) + "\n"


def framework_text(framework: str, title: str, source: str, requirements: Mapping[str, str]) -> str:
    """Return a framework file."""
    lines = [f"  {quoted(id_)}: {quoted(words)}" for id_, words in requirements.items()]
    head = [f"framework: {quoted(framework)}", f"title: {quoted(title)}", f"source: {quoted(source)}"]
    return "\n".join([*head, "requirements:", *lines]) + "\n"


def quoted(text: str) -> str:
    """Return a text as YAML's double-quoted scalar (1.2.2, section 7.3.1); what does not print is escaped."""
    words = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in words)


def plain(value: object) -> str:
    """Return a value of a setting in YAML's flow style: sets in order, and every text in quotes."""
    if isinstance(value, frozenset | set):
        items = sorted(value, key=lambda item: (isinstance(item, str), item if isinstance(item, int) else 0, str(item)))
        return f"[{', '.join(map(plain, items))}]"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(plain, value))}]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def _escaped(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _control(control: ControlText) -> Iterator[str]:
    if control.checks and all(check.left_out for check in control.checks):
        yield f"  # {_line(f'{control.id} {control.title}')}: left out with all its checks"
        yield from (f"  #   {_line(f'{check.id}: {check.remark}')}" for check in control.checks)
        return
    yield f"  - id: {quoted(control.id)}"
    yield f"    title: {quoted(control.title[:_LONGEST])}"
    yield from _fields(control)
    yield "    checks:" if control.checks else "    manual: true"
    for check in control.checks:
        yield from _check(check)


def _fields(control: ControlText) -> Iterator[str]:
    if control.text:
        yield f"    text: {quoted(control.text)}"
    scope = {"kind": control.kind, "platform": control.platform}
    if narrowed := [f"{name}: [{', '.join(words)}]" for name, words in scope.items() if words]:
        yield f"    applies_to: {{{', '.join(narrowed)}}}"
    if control.severity:
        yield f"    severity: {control.severity}"
    if control.satisfies:
        named = ", ".join(f"{quoted(name)}: {plain(tuple(ids))}" for name, ids in control.satisfies.items())
        yield f"    satisfies: {{{named}}}"


def _check(check: CheckText) -> Iterator[str]:
    if check.left_out:
        yield f"      # {_line(f'{check.id}: {check.remark}')}"
        return
    if check.remark:
        yield f"      # {_line(check.remark)}"
    yield f"      {quoted(check.id)}:" if not _PLAIN.fullmatch(check.id) else f"      {check.id}:"
    for name, setting in check.settings.items():
        remark = f"  # {_line(setting.remark)}" if setting.remark else ""
        yield f"        {name}: {plain(setting.value)}{remark}"


def _line(text: str) -> str:
    """Return a remark as one line of a comment."""
    words = "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)
    return words if len(words) <= _LONGEST_REMARK else f"{words[: _LONGEST_REMARK - 1]}…"
