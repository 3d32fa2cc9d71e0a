"""Read a Cisco IOS or IOS-XE running configuration into a tree of statements with their line numbers.

The form is what `show running-config` prints: one statement a line, blocks by indentation, `!` as separator, and `end`.
Banners, menus, macros and certificates are free text: nothing in them is a statement, whatever it looks like. What is
not one whole IOS configuration raises Unreadable: half a file proves nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.secrets import words

_DEEPEST: Final = 32  # columns of indentation that are told apart; IOS itself uses fewer than ten


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a configuration, with single spaces between words, and the lines that stand under it."""

    line: int
    text: str
    children: tuple["Statement", ...] = ()

    @property
    def words(self) -> list[str]:
        """Return its words; a redacted secret is one word."""
        return words(self.text)

    def after(self, prefix: str) -> list[str]:
        """Return the words that follow a prefix of whole words."""
        return words(self.text[len(prefix) :])

    def starts(self, prefix: str) -> bool:
        """Whether it is, or begins with, these whole words."""
        return self.text == prefix or self.text.startswith(prefix + " ")


@dataclass(frozen=True, slots=True)
class Banner:
    """Free text that is shown to whoever connects: `motd`, `login`, `exec`, ..."""

    kind: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ConfigTree:
    """A whole configuration. `version` is the release train that its `version` line names, such as `17.9`."""

    statements: tuple[Statement, ...]
    banners: tuple[Banner, ...]
    version: str | None
    hostname: str | None
    _by_word: dict[str, list[Statement]] = field(repr=False, compare=False)

    def starting(self, prefix: str) -> list[Statement]:
        """Return the top-level statements that begin with these whole words, in their order."""
        return [found for found in self._by_word.get(prefix.partition(" ")[0], []) if found.starts(prefix)]

    def switched(self, command: str) -> bool | None:
        """Return True where the bare command stands last, False where `no` of it does, None where neither is shown."""
        state: bool | None = None
        lines = {
            found.line: value
            for text, value in ((command, True), (f"no {command}", False), (f"default {command}", None))
            for found in self.starting(text)
            if found.text == text
        }
        for line in sorted(lines):
            state = lines[line]
        return state


def parse(text: str) -> ConfigTree:
    """Return the tree of a whole configuration. Raises Unreadable for anything else."""
    lines = _cleaned(text)
    reader = _Reader(lines)
    flat = list(reader.statements())
    _refuse_fragment(flat, reader)
    statements = _nested(flat)
    by_word: dict[str, list[Statement]] = {}
    for statement in statements:
        by_word.setdefault(statement.text.partition(" ")[0], []).append(statement)
    return ConfigTree(
        statements, tuple(reader.banners), _word_after(by_word, "version"), _word_after(by_word, "hostname"), by_word
    )


def _word_after(by_word: dict[str, list[Statement]], keyword: str) -> str | None:
    values = [rest[0] for found in by_word.get(keyword, []) if (rest := found.after(keyword))]
    return values[-1] if values else None


def number(word: str) -> int | None:
    """Return a decimal number of up to nine digits, or None for any other word."""
    return int(word) if len(word) < 10 and word.isascii() and word.isdigit() else None


# --- the text -------------------------------------------------------------------------------------------------------

_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x00")
_PAGER: Final = re.compile(r"^ ?<?-+ ?More ?-+>?", re.IGNORECASE)


def _cleaned(text: str) -> list[str]:
    """Return the lines without line ends, terminal codes and what a pager left behind."""
    lines = _CONTROL.sub("", text.removeprefix("\ufeff").replace("\r", "")).split("\n")
    for number, line in enumerate(lines):
        if "\b" in line:  # a pager paints itself over with backspaces; what stands behind them is the line
            lines[number] = line.rpartition("\b")[2]
        elif _PAGER.match(line):
            raise Unreadable(
                f"line {number + 1}: a pager's --More-- stands in the configuration, so its blocks cannot be told; "
                "save it again after 'terminal length 0'"
            )
    return lines


# What other systems print that also uses `!`, indentation and often `end`; each line is decisive for its system.
_FOREIGN: Final = [
    (re.compile(pattern, re.IGNORECASE), name)
    for name, pattern in (
        (
            "Arista EOS",
            r"! device: .*EOS-|transceiver qsfp |management (api|ssh|console|telnet|security)\b|daemon Termin",
        ),
        (
            "Cisco IOS XR",
            r"!! IOS XR|interface MgmtEth|route-policy \S|end-policy|ssh server v2|telnet vrf \S+ ipv[46] ",
        ),
        ("Cisco NX-OS", r"feature [a-z]|vdc \S+ id \d|version \d+\.\d+\(\d+\)|boot nxos "),
        ("Cisco ASA", r"(ASA|PIX|NGFW) Version |: Saved|: end"),
        ("FRRouting", r"frr (version|defaults) |(zebra|quagga) version"),
        ("ArubaOS-CX", r"!Version ArubaOS-CX"),
        ("Brocade FastIron", r"ver \d\d\.\d"),
        ("Comware", r"sysname \S|#\s*version \d+\.\d+\.\d+, Release"),
        ("FortiOS", r"config system global|#config-version="),
        ("Junos, VyOS or PAN-OS", r"set (system|version|interfaces|deviceconfig) |(system|interfaces|firewall) \{"),
        ("RouterOS", r"# .* by RouterOS|/ip (address|service)\b"),
        ("a web page or XML", r"<(!doctype|html|\?xml|rpc-reply|response)\b"),
    )
]


def _refuse_foreign(line: str, number: int) -> None:
    for pattern, name in _FOREIGN:
        if pattern.match(line):
            raise Unreadable(f"this is not Cisco IOS: line {number} looks like {name}")


# --- statements and free text ---------------------------------------------------------------------------------------

# Where free text begins: everything up to its delimiter, which is the next character (or `^C`, as IOS prints ETX).
_FREE_TEXT: Final = re.compile(
    r"(?P<head>(?:banner(?=\s+(?:\^C|\x03))|banner (?P<kind>\S+)|aaa authentication (?:banner|fail-message)|"
    r"menu \S+ (?:title|prompt)|.*\bauth-proxy-banner \S+))\s+(?P<rest>\S.*)",
    re.IGNORECASE,
)
_BANNERS: Final = frozenset({"motd", "login", "exec", "incoming", "slip-ppp", "prompt-timeout", "config-save"})
_CERTIFICATE: Final = re.compile(r"\s+certificate\s+\S")
_HEXADECIMAL: Final = re.compile(r"[\s0-9A-Fa-f]+")
# A block opener behind a separator is a block of its own even when IOS printed it indented, as old switches do.
_OPENERS: Final = ("interface ", "line ", "router ")
_PREAMBLE: Final = re.compile(
    r"Building configuration|Current configuration|Using \d+ out of|Last configuration change|Load for|Time source|"
    r"terminal (length|width)|show (run|start|conf)|sh(ow)? ?run|more (nvram|system):|\S{1,64}[#>]",
    re.IGNORECASE,
)


class _Reader:
    """Walks the lines once; remembers banners, the line of `end`, and text behind it."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.banners: list[Banner] = []
        self.end = 0
        self.after_end = 0

    def statements(self) -> Iterator[tuple[int, Statement]]:
        """Yield each statement with its indentation."""
        separated, started = True, False
        while self.at < len(self.lines):
            raw = self.lines[self.at].expandtabs(8)
            self.at += 1
            text = " ".join(raw.split())
            _refuse_foreign(raw, self.at)
            if not text or text.startswith("!"):
                separated = separated or raw.startswith("!")
                continue
            if self.end or (not started and _PREAMBLE.match(text)):
                self._outside(text)
                continue
            started = True
            number = self.at
            indent = len(raw) - len(raw.lstrip())
            if separated and text.startswith(_OPENERS):
                indent = 0
            separated = False
            if indent == 0 and text == "end":
                self.end = number
                continue
            yield min(indent, _DEEPEST), Statement(number, self._opaque(raw, text, number))

    def _outside(self, text: str) -> None:
        """Note what stands behind `end`, unless it is the device's prompt."""
        if self.end and not self.after_end and not _PREAMBLE.match(text):
            self.after_end = self.at

    def _opaque(self, raw: str, text: str, number: int) -> str:
        """Consume the free text that a statement opens, and return the statement without it."""
        if _CERTIFICATE.match(raw):
            self._skip_certificate()
        elif text.startswith("macro name "):
            self._text_until("@", "", number)
        elif (found := _FREE_TEXT.fullmatch(self.lines[number - 1].strip())) and _opens(found):
            delimiter, first = self._delimiter(found["rest"])
            body = self._text_until(delimiter, first, number)
            if (kind := (found["kind"] or "").lower()) in _BANNERS and not raw[:1].isspace():
                self.banners.append(Banner(kind, number, body.strip()))
            return " ".join(found["head"].split())
        return text

    def _delimiter(self, rest: str) -> tuple[str, str]:
        if rest.startswith("^C") and (
            "^C" in rest[2:] or any("^C" in line for line in self.lines[self.at : self.at + 500])
        ):
            return "^C", rest[2:]
        return rest[0], rest[1:]

    def _text_until(self, delimiter: str, first: str, number: int) -> str:
        """Return the text up to the delimiter. Raises Unreadable when it never comes: the rest would be swallowed."""
        if delimiter in first:
            return first.partition(delimiter)[0]
        body = [first]
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if delimiter in line:
                body.append(line.partition(delimiter)[0])
                return "\n".join(body)
            body.append(line)
        raise Unreadable(f"line {number}: a banner or macro opens here and never ends; the configuration is cut off")

    def _skip_certificate(self) -> None:
        while self.at < len(self.lines) and _HEXADECIMAL.fullmatch(self.lines[self.at]):
            self.at += 1
        if self.at < len(self.lines) and self.lines[self.at].strip() == "quit":
            self.at += 1


def _opens(found: re.Match[str]) -> bool:
    """Whether free text really begins: any character delimits a login banner, only ETX the texts of other commands."""
    return (found["kind"] or "").lower() in _BANNERS or found["rest"].startswith(("^C", "\x03"))


def _refuse_fragment(flat: list[tuple[int, Statement]], reader: _Reader) -> None:
    """Raise Unreadable unless the statements are one whole configuration."""
    named = [
        (keyword, statement.line)
        for indent, statement in flat
        if indent == 0 and (keyword := statement.text.partition(" ")[0]) in {"version", "hostname"}
    ]
    if not named:
        raise Unreadable("this is not a Cisco IOS configuration: it names neither a version nor a hostname")
    for keyword in ("version", "hostname"):
        if len(lines := [str(line) for word, line in named if word == keyword]) > 1:
            raise Unreadable(f"{keyword} stands on lines {', '.join(lines[:5])}; give one file for each configuration")
    if not reader.end:
        raise Unreadable("the configuration is cut off: its last line, 'end', is missing")
    if reader.after_end:
        raise Unreadable(f"line {reader.after_end}: more text follows the end of the configuration; give one file each")


def _nested(flat: list[tuple[int, Statement]]) -> tuple[Statement, ...]:
    """Return the top-level statements, each holding those that are indented deeper behind it."""
    waiting: list[tuple[int, Statement]] = []  # complete statements of the text behind, the nearest last
    for indent, statement in reversed(flat):
        children = []
        while waiting and waiting[-1][0] > indent:
            children.append(waiting.pop()[1])
        waiting.append((indent, Statement(statement.line, statement.text, tuple(children))))
    return tuple(statement for _, statement in reversed(waiting))
