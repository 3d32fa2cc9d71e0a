"""What is left of a secret once it is redacted: its class and a keyed digest, never its text.

Classes are those of the redactor: `type0` `type4` `type5` `type6` `type7` `type8` `type9` (Cisco IOS password types,
NSA "Cisco Password Types: Best Practices", 2022), `plain`, `community`, `default-community:<word>`, `hash-<scheme>`,
`pem`.
"""

import re
from dataclasses import dataclass
from typing import Final

REVERSIBLE: Final = frozenset({"plain", "type0", "type7"})  # readable by whoever holds the configuration
_TOKEN: Final = re.compile(r"<secret (?P<kind>[^\s:<>]+)(?::(?P<detail>[^\s<>]*))?(?: (?P<digest>[0-9a-f]+))?>")
_WORD: Final = re.compile(r"<secret [^<>\n]*>|\S+")


@dataclass(frozen=True, slots=True)
class SecretToken:
    """A secret's class, the word itself where it is no secret (`public`), and a digest that shows reuse and change."""

    kind: str
    detail: str = ""
    digest: str = ""

    @property
    def reversible(self) -> bool:
        """Whether the secret can be read back from where it is stored."""
        return self.kind in REVERSIBLE


def parse(token: str) -> SecretToken | None:
    """Return what a redaction token says, or None for any other word."""
    found = _TOKEN.fullmatch(token)
    return SecretToken(found["kind"], found["detail"] or "", found["digest"] or "") if found else None


def words(text: str) -> list[str]:
    """Return a statement's words; a redaction token is one word although it holds spaces."""
    return _WORD.findall(text)


def secret_at(rest: list[str]) -> SecretToken | None:
    """Return the secret that stands first in these words, behind an optional type digit; None when there is none.

    A value that is not redacted counts by its digit, or as plain where there is none; its text goes nowhere.
    """
    if not rest:
        return None
    digit, value = (rest[0], rest[1]) if len(rest) > 1 and rest[0].isdigit() and len(rest[0]) == 1 else ("", rest[0])
    return parse(value) or SecretToken(f"type{digit}" if digit else "plain")
