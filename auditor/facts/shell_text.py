"""Shell start files as text: which commands stand in them, and under which conditions.

Only what tells settings apart is read: quotes, comments, continued lines, and the words that begin and end conditions
(POSIX.1-2024, Shell Command Language, 2.3, 2.9 and 2.10; bash(1), declare, readonly and function). Nothing is run, so
a value that is computed is not known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_QUOTED: Final = r'"(?:[^"\\]|\\[\s\S])*"' + r"|'[^']*'|\\[\s\S]|\$\([^()]*\)|`[^`]*`|\$\{[^{}]*\}"
_TOKEN: Final = re.compile(
    r"(?P<blank>[ \t]+|\\\n|(?<![^\s;&|(])#[^\n]*)|(?P<end>\n|;;?|&&|\|\|?|&|[()])|"
    rf"(?P<word>(?:{_QUOTED}|[^\s;&|()\"'\\`])+|.)"
)
_OPENS: Final = {
    "if": "fi",
    "while": "done",
    "until": "done",
    "for": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
}
_CLOSES: Final = frozenset(_OPENS.values())
_BETWEEN: Final = frozenset({"then", "else", "do", "!", "time"})
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)")
_DECLARES: Final = frozenset({"export", "readonly", "declare", "typeset", "local"})


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command: its words as written, the conditions that it stands under, and its place."""

    words: tuple[str, ...]
    conditions: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable that a start file sets, or makes readonly or exported without setting it (`value` is None).

    `value` is as written, without the quotes around it; `$` and backquotes in it are left.
    """

    name: str
    value: str | None
    readonly: bool
    exported: bool
    conditions: tuple[str, ...]
    place: str


def commands(path: str, lines: Iterable[str]) -> tuple[Command, ...]:
    """Return the commands of a file in their order; what is tested by if, while and until is no command."""
    return _commands(path, "\n".join([*lines, ""]))


@lru_cache(maxsize=64)
def _commands(path: str, text: str) -> tuple[Command, ...]:
    """Return the commands of a text; hosts share their start files, and several facts rest on them."""
    commanded: list[Command] = []
    words: list[str] = []
    nest = _Nest()
    line, counted, chained = 1, 0, ""
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "word":
            words.append(token[0])
        elif token.lastgroup == "end":
            end = token[0]
            found = nest.enter(words)
            if found:
                line, counted = line + text.count("\n", counted, token.start()), token.start()
                under = (*nest.conditions(), *([chained] if chained else []))
                commanded.append(Command(tuple(found), under, f"{path}:{line}"))
            chained = " ".join([chained, *(found or words)]).strip() if end in {"&&", "||"} else ""
            nest.bracket(end, words)
            words = []
    return tuple(commanded)


class _Nest:
    """The conditions that hold at a place of a file: what ends each of them, and its words."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, str]] = []
        self.function = ""  # whose body begins at the next brace

    def conditions(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.stack if text)

    def enter(self, words: list[str]) -> list[str]:
        """Return the words of a simple command, once the reserved words before it are noted."""
        rest = list(words)
        while rest:
            word = rest[0]
            if word in _BETWEEN:
                rest = rest[1:]
            elif word in _CLOSES:
                self._leave(word)
                rest = rest[1:]
            elif word == "{":
                self.stack.append(("}", self.function))
                self.function, rest = "", rest[1:]
            elif word == "function" and len(rest) > 1:
                self.function, rest = f"function {rest[1]}", rest[2:]
            elif word in _OPENS or word == "elif":
                self._leave("fi" if word == "elif" else "")
                self.stack.append((_OPENS.get(word, "fi"), " ".join(rest)))
                rest = []
            else:
                break
        return rest

    def bracket(self, sign: str, words: list[str]) -> None:
        """Note a subshell or the `()` of a function; the bracket behind a pattern of `case` closes none."""
        if sign == "(":
            named = self.function or (f"function {words[0]}" if len(words) == 1 else "a subshell")
            self.stack.append((")", named))
        elif sign == ")" and self.stack and self.stack[-1][0] == ")":
            _, text = self.stack.pop()
            self.function = text if text.startswith("function") and not words else ""

    def _leave(self, word: str) -> None:
        if self.stack and self.stack[-1][0] == word:
            self.stack.pop()


def assignments(found: Iterable[Command]) -> Iterator[Assignment]:
    """Yield what commands do to variables; what stands before another command is that command's alone."""
    for command in found:
        first, *rest = command.words
        if first in _DECLARES:
            flags = "".join(word[1:] for word in rest if word.startswith("-"))
            names = [word for word in rest if not word.startswith(("-", "+"))]
            readonly = first == "readonly" or (first != "export" and "r" in flags)
            exported = first == "export" or (first != "readonly" and "x" in flags)
        elif all(_ASSIGNMENT.fullmatch(word) for word in command.words):
            names, readonly, exported = list(command.words), False, False
        elif first == "unset":
            names, readonly, exported = [f"{name}=" for name in rest if not name.startswith("-")], False, False
        else:
            continue
        for name in names:
            given = _ASSIGNMENT.fullmatch(name)
            value = None if given is None else unquoted(given[2])
            yield Assignment(
                name if given is None else given[1], value, readonly, exported, command.conditions, command.place
            )


def unquoted(word: str) -> str:
    """Return a word without its quotes; what is quoted singly and holds a `$` keeps its quotes, as it means itself."""
    plain = word.replace("\\\n", "")
    return re.sub(r'"((?:[^"\\]|\\.)*)"|\'([^\'$`]*)\'', lambda found: found[1] or found[2] or "", plain)
