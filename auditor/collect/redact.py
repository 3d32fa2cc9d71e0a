"""Take secrets out of an answer before anything keeps or reads it, leaving their class and a keyed digest in place.

`enable secret 5 $1$abcd$...` becomes `enable secret 5 <secret type5 3f9a0c1d>`. The class is what checks judge (type 7
is reversible, `default-community:public` is guessable); the digest, keyed with the workspace's own key, shows reuse and
change without showing the secret. Redacting a redacted text changes nothing. The forms stand in `secret_forms` and
`secret_shapes`.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from auditor.collect import secret_forms, secret_shapes
from auditor.collect.secret_forms import AGENT_COMMUNITIES, ASSIGNED, COMMUNITIES, CONFIGURED, HOSTED, Form
from auditor.collect.secret_shapes import ACCOUNTS, SHAPES, communities_by_section, headless_keys
from auditor.errors import CredentialStopped
from auditor.model.probe import Cli, Request, Saved

# Words that everybody tries first. They are public knowledge, so they may stay readable.
WELL_KNOWN: Final = frozenset(
    {
        "admin", "all", "apc", "cable-docsis", "cisco", "community", "default", "ilmi", "internal", "manager",
        "monitor", "openview", "private", "public", "read", "read-only", "ro", "root", "rw", "secret", "security",
        "snmp", "snmpd", "snmptrap", "system", "test", "tivoli", "write", "write-only",
    }
)  # fmt: skip

_TOKEN: Final = re.compile(r"<secret [A-Za-z0-9:-]{1,60} [0-9a-f]{8}>")
_MASK: Final = re.compile("\ufdd0(\\d+)\ufdd1")
_SHORTEST_OWN: Final = 6
_UNMASKED: Final = str.maketrans("\ufdd0\ufdd1", "\ufffd\ufffd")  # no device may write a mask of its own

_CRYPT: Final = {
    "1": "md5", "2a": "bcrypt", "2b": "bcrypt", "2y": "bcrypt", "3": "nt", "5": "sha256", "6": "sha512", "7": "scrypt",
    "y": "yescrypt", "gy": "gost-yescrypt", "sha1": "sha1", "md5": "sun-md5",
}  # fmt: skip
_DEVICE: Final = {"1": "type5", "5": "hash-sha256", "6": "hash-sha512", "8": "type8", "9": "type9", "14": "type9"}
_HOST: Final = {scheme: f"hash-{name}" for scheme, name in _CRYPT.items()}

Span = tuple[int, int, str]  # where a secret stands in a text, and its class


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces secrets; `key` is the workspace's own, so that digests mean nothing elsewhere.

    `own` gives the secrets that were sent: an asset may say them again in any form of words, and the reason why a
    connection failed may repeat them. Those that are short or that everybody tries first stand in too many places.
    """

    key: bytes = field(repr=False)
    own: Callable[[], Iterable[str]] = field(default=tuple, repr=False)

    def said_to(self, request: Request, text: str) -> str:
        """Return what was said to a request, or of it, without its secrets."""
        if CredentialStopped.told_in(text):  # our own words, in which `credential password stopped` is no password
            return text
        return self.configuration(text) if self.as_configuration(request) else self.host(text)

    def as_configuration(self, request: Request) -> bool:
        """Whether what is said to a request reads like a network device's configuration."""
        return isinstance(request, Cli | Saved)

    def key_for(self, asset: str) -> str:
        """Return the key, in hex, with which one asset tells by digests what did not change since it was last asked.

        Another asset cannot guess it, and it changes with these rules: what was redacted by older ones is sent anew.
        """
        return hmac.new(self.key, f"{_rules()}\0{asset}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def configuration(self, text: str) -> str:
        """Return a network device's configuration without its secrets."""
        return self._replaced(
            text,
            lambda masked: [
                *_communities(masked, COMMUNITIES),
                *(_community(masked, span) for span in communities_by_section(masked)),
                *_positions(masked, (*CONFIGURED, *ASSIGNED), _DEVICE),
                *_shapes(masked, _DEVICE),
            ],
        )

    def host(self, text: str) -> str:
        """Return what a host's shell, an agent or a scanner said without its secrets."""
        return self._replaced(
            text,
            lambda masked: [
                *_accounts(masked),
                *_communities(masked, AGENT_COMMUNITIES),
                *_positions(masked, (*HOSTED, *ASSIGNED), _HOST),
                *_shapes(masked, _HOST),
            ],
        )

    def _replaced(self, text: str, find: Callable[[str], Iterable[Span]]) -> str:
        """Replace what is found in one pass, so that no pattern sees another's replacement."""
        text = text.translate(_UNMASKED)
        before = _TOKEN.findall(text)
        number = iter(range(len(before)))
        masked = _TOKEN.sub(lambda _: f"\ufdd0{next(number)}\ufdd1", text) if before else text
        parts: list[str] = []
        end = 0
        for start, stop, kind in _disjoint([*find(masked), *_known(masked, self.own())]):
            parts += [masked[end:start], self._token(kind, masked[start:stop].strip("\"'"))]
            end = stop
        return _MASK.sub(lambda found: before[int(found[1])], "".join([*parts, masked[end:]]))

    def _token(self, kind: str, secret: str) -> str:
        digest = hmac.new(self.key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]
        return f"<secret {kind} {digest}>"


@cache
def _rules() -> str:
    """Return a digest of everything that decides what becomes of a text."""
    files = (Path(__file__), Path(secret_forms.__file__), Path(secret_shapes.__file__))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _communities(text: str, forms: Iterable[Form]) -> Iterator[Span]:
    return (_community(text, found.span("secret")) for found in _all(forms, text))


def _community(text: str, span: tuple[int, int]) -> Span:
    word = text[span[0] : span[1]].strip("\"'")
    return *span, f"default-community:{word}" if word.lower() in WELL_KNOWN else "community"


def _positions(text: str, forms: Iterable[Form], schemes: Mapping[str, str]) -> Iterator[Span]:
    for found in _all(forms, text):
        digit = found.groupdict().get("type")
        encrypted = text.endswith("ENC ", 0, found.start("secret"))
        shape = "encrypted" if encrypted else _form(found["secret"].strip("\"'"), schemes)
        yield *found.span("secret"), f"type{digit}" if digit else shape


def _shapes(text: str, schemes: Mapping[str, str]) -> Iterator[Span]:
    for shape in SHAPES:
        if any(hint in text for hint in shape.hints):
            group = "secret" if "secret" in shape.pattern.groupindex else 0
            for found in shape.pattern.finditer(text):
                yield *found.span(group), shape.kind or schemes.get(found["type"], "hash-unknown")
    yield from ((*span, "pem") for span in headless_keys(text))


def _known(text: str, secrets: Iterable[str]) -> Iterator[Span]:
    for secret in secrets:
        if len(secret) < _SHORTEST_OWN or secret.lower() in WELL_KNOWN:
            continue
        for face in {secret, quote(secret, safe=""), b64encode(secret.encode("utf-8", "surrogatepass")).decode()}:
            place = text.find(face)
            while place >= 0:
                yield place, place + len(face), "own"
                place = text.find(face, place + len(face))


def _accounts(text: str) -> Iterator[Span]:
    for found in ACCOUNTS.finditer(text):
        scheme = re.match(r"\$([0-9a-z]+)\$", found["secret"])
        yield *found.span("secret"), f"hash-{_CRYPT.get(scheme[1], 'unknown')}" if scheme else "hash-des"


def _all(forms: Iterable[Form], text: str) -> Iterator[re.Match[str]]:
    """Give what is found in the lines that may hold something: `str.find` knows which, a hundred times as fast."""
    small = text.replace("\u0130", "i").lower()  # the one letter whose small form is longer; places have to stay
    lines: dict[str, dict[int, int]] = {}
    for form in forms:
        chosen: dict[int, int] = {}
        for hint in form.hints:
            if hint not in lines:
                lines[hint] = _lines(small, hint)
            chosen |= lines[hint]
        for start, end in chosen.items():
            if form.also and small.find(form.also, start, end) < 0:
                continue
            if not form.anchored:
                yield from form.pattern.finditer(text, start, end)
            elif found := form.pattern.match(text, start, end):
                yield found


def _lines(text: str, word: str) -> dict[int, int]:
    """Return where the lines begin and end that hold a word."""
    found: dict[int, int] = {}
    end = 0
    place = text.find(word)
    while place >= 0:
        start = text.rfind("\n", end, place) + 1 or end
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        found[start] = end
        place = text.find(word, end)
    return found


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order of place; those that overlap become one, of the class of the first and longest."""
    kept: list[Span] = []
    for start, stop, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, stop, kind))
        elif stop > kept[-1][1]:
            kept[-1] = (kept[-1][0], stop, kept[-1][2])
    return kept


def _form(secret: str, schemes: Mapping[str, str]) -> str:
    """Return the class of a secret whose type no digit tells: by its form, or plain."""
    found = re.match(r"\$([0-9a-z]{1,6})\$", secret)
    return schemes.get(found[1], "hash-unknown") if found else "plain"
