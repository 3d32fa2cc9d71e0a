"""Take secrets out of an answer before anything keeps or reads it, leaving their class and a keyed digest in place.

`enable secret 5 $1$abcd$...` becomes `enable secret 5 <secret type5 3f9a0c1d>`. The class is what checks judge (type 7
is reversible, `default-community:public` is guessable); the digest, keyed with the workspace's own key, shows reuse and
change without showing the secret. Redacting a redacted text changes nothing.

Sources of the forms: Cisco IOS password types (NSA "Cisco Password Types: Best Practices"), crypt(5), shadow(5),
RFC 7468 (PEM), RFC 3986 3.2.1 (user information in URLs).
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.model.probe import Answer, Cli, Saved

# Words that everybody tries first. They are public knowledge, so they may stay readable.
WELL_KNOWN: Final = frozenset(
    {
        "admin", "all", "apc", "cable-docsis", "cisco", "community", "default", "ilmi", "internal", "manager",
        "monitor", "openview", "private", "public", "read", "read-only", "ro", "root", "rw", "secret", "security",
        "snmp", "snmpd", "snmptrap", "system", "test", "tivoli", "write", "write-only",
    }
)  # fmt: skip

_VALUE: Final = r'(?P<secret>"[^"\n\ufdd0]+"|[^\s;"\ufdd0]+)'
_TYPE: Final = r"(?>(?:(?P<type>[0-9]) )?)"


def _patterns(*written: str) -> list[re.Pattern[str]]:
    """Compile patterns in which a space stands for any run of blanks, as devices take it."""
    return [re.compile(one.replace(" ", r"[ \t]+"), re.MULTILINE | re.IGNORECASE) for one in written]


# Where a configuration puts a secret: what stands before it, an optional type digit, the secret itself. What is
# optional is atomic, so that a keyword is never taken for the secret that a mask already hides. (Possessive quantifiers
# would say the same, but match wrongly before CPython 3.11.5: gh-106052.)
_POSITIONS: Final = _patterns(
    rf"^\s*enable(?>(?: algorithm-type \S+)?) (?:secret|password)(?>(?: level \d+)?) {_TYPE}{_VALUE}",
    rf"^\s*user(?:name)?\b.*? (?:secret|password|passphrase)(?>(?: sha512)?) {_TYPE}{_VALUE}",
    rf"^\s*(?:password|passphrase|passwd) {_TYPE}{_VALUE}",
    rf"^\s*(?:(?:tacacs|radius)\b.*? )?(?:server-)?key "
    rf"(?>(?P<type>[0-9]) |(?!chain\b|config-key\b|generate\b|\d+\s*$)){_VALUE}",
    rf"\bkey-string {_TYPE}{_VALUE}",
    rf"\bntp authentication-key \d+ (?!type\b)\S+ {_VALUE}",
    rf"\bauthentication-key \d+ type \S+ value {_VALUE}",
    rf"\b(?:message-digest-key \d+ md5|ospf authentication-key|eigrp authentication-key|isis password|area-password|"
    rf"domain-password) {_TYPE}{_VALUE}",
    rf"^\s*(?:standby|vrrp|glbp)\b.*? authentication (?!md5\b)(?>(?:text )?){_VALUE}",
    rf"\bneighbor \S+ password {_TYPE}{_VALUE}",
    rf"\b(?:pre-shared-key|psksecret|isakmp key|wpa-psk (?:ascii|hex))"
    rf"(?>(?: (?:local|remote|hexadecimal|ascii-text))*) {_TYPE}{_VALUE}",
    rf"\bppp (?:chap|pap)\b.*? password {_TYPE}{_VALUE}",
    rf"\b(?:vtp|ftp|client|dot1x|eap) password {_TYPE}{_VALUE}",
    rf"\b(?:password|secret|key|key-string|server-key|set-key \w+) (?P<type>[05-9]) "
    rf"(?!prefer\b|version\b|source\b|burst|iburst|minpoll|maxpoll|use-vrf|vrf\b){_VALUE}",
    rf"\bsnmp-server user\b.*? auth \S+ {_VALUE}",
    rf"\bsnmp-server user\b.*? priv (?>(?:(?:aes|des|3des|aes-?\d+)(?: \d+)? )?){_VALUE}",
    rf"^\s*set (?:\S*pass(?:word|wd|phrase)|secret|\S*key|psksecret|private-key)(?>(?: ENC)?) (?!\d+\s*$){_VALUE}",
    rf"\b(?:encrypted-password|plain-text-password-value|plaintext-password|authentication-password|"
    rf"privacy-password|hashed-password|authentication-key|privacy-key|secret|pre-shared-secret)(?>(?: ascii-text)?) "
    rf"(?!\d+ ){_VALUE}(?=\s*;|\s*$|\s*#)",
    rf"\b\S*(?:password|passphrase|secret|private-key|pre-shared-key|psk|authentication-key)={_VALUE}",
)  # fmt: skip
_COMMUNITIES: Final = _patterns(
    rf"\bsnmp-server community {_TYPE}{_VALUE}",
    r"\bsnmp-server host \S+(?>(?: (?:vrf \S+|use-vrf \S+|traps|informs|version (?:1|2c)))*)"
    rf" (?!version 3\b){_VALUE}",  # with version 3 it is a user's name
    rf"\bsnmp(?: v3)? community {_VALUE}",
    rf"^\s*community {_VALUE}(?=\s*[;{{]|\s*$)",
    rf"^\s*(?:r[ow]community6?|trapcommunity|com2sec6? \S+ \S+) {_VALUE}",
)
_SHAPES: Final = [
    (re.compile(r"\$(?P<type>[0-9a-z]{1,6})\$[^\s:\"';,<>]{4,}"), ""),
    (re.compile(r"(?<=\bENC )(?P<secret>[A-Za-z0-9+/=]{16,})"), "encrypted"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?P<secret>[^\s/@\ufdd0]+)(?=@)", re.IGNORECASE), "plain"),
    (re.compile(r"\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}"), "token"),
    (re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY[A-Z ]*)-----.*?(?:-----END \1-----|\Z)", re.DOTALL), "pem"),
]
_ACCOUNTS: Final = re.compile(
    r"^[^:\s]+:!{0,2}(?P<secret>\$[^:\s]+|[./A-Za-z0-9]{13}|_[./A-Za-z0-9]{19})(?=:(?:[^:\n]*:){2,})", re.MULTILINE
)
_TOKEN: Final = re.compile(r"<secret [^<>\n]*>")
_MASK: Final = re.compile("\ufdd0(\\d+)\ufdd1")


_CRYPT: Final = {
    "1": "md5", "2a": "bcrypt", "2b": "bcrypt", "2y": "bcrypt", "3": "nt", "5": "sha256", "6": "sha512", "7": "scrypt",
    "y": "yescrypt", "gy": "gost-yescrypt", "sha1": "sha1", "md5": "sun-md5",
}  # fmt: skip
_DEVICE: Final = {"1": "type5", "5": "hash-sha256", "6": "hash-sha512", "8": "type8", "9": "type9", "14": "type9"}

Span = tuple[int, int, str]  # where a secret stands in a text, and its class


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces secrets; `key` is the workspace's own, so that digests mean nothing elsewhere."""

    key: bytes = field(repr=False)

    def answer(self, answer: Answer) -> str:
        """Return the text of an answer without its secrets."""
        return self.configuration(answer.text) if isinstance(answer.request, Cli | Saved) else self.host(answer.text)

    def configuration(self, text: str) -> str:
        """Return a network device's configuration without its secrets."""
        return self._replaced(
            text, lambda masked: [*_communities(masked), *_positions(masked), *_shapes(masked, _DEVICE)]
        )

    def host(self, text: str) -> str:
        """Return what a host's shell, an agent or a scanner said without its secrets."""
        schemes = {scheme: f"hash-{name}" for scheme, name in _CRYPT.items()}
        return self._replaced(text, lambda masked: [*_accounts(masked), *_shapes(masked, schemes)])

    def _replaced(self, text: str, find: Callable[[str], Iterable[Span]]) -> str:
        """Replace what is found in one pass, so that no pattern sees another's replacement."""
        before = _TOKEN.findall(text)
        number = iter(range(len(before)))
        masked = _TOKEN.sub(lambda _: f"\ufdd0{next(number)}\ufdd1", text) if before else text
        parts: list[str] = []
        end = 0
        for start, stop, kind in _disjoint(find(masked)):
            parts += [masked[end:start], self._token(kind, masked[start:stop].strip('"'))]
            end = stop
        return _MASK.sub(lambda found: before[int(found[1])], "".join([*parts, masked[end:]]))

    def _token(self, kind: str, secret: str) -> str:
        digest = hmac.new(self.key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]
        return f"<secret {kind} {digest}>"


def _communities(text: str) -> Iterator[Span]:
    for found in _all(_COMMUNITIES, text):
        word = found["secret"].strip('"')
        kind = f"default-community:{word}" if word.lower() in WELL_KNOWN else "community"
        yield *found.span("secret"), kind


def _positions(text: str) -> Iterator[Span]:
    for found in _all(_POSITIONS, text):
        digit = found.groupdict().get("type")
        shape = "encrypted" if found[0].endswith("ENC " + found["secret"]) else _form(found["secret"].strip('"'))
        yield *found.span("secret"), f"type{digit}" if digit else shape


def _shapes(text: str, schemes: Mapping[str, str]) -> Iterator[Span]:
    for pattern, kind in _SHAPES:
        for found in pattern.finditer(text):
            group = "secret" if "secret" in pattern.groupindex else 0
            yield *found.span(group), kind or schemes.get(found["type"], "hash-unknown")


def _accounts(text: str) -> Iterator[Span]:
    for found in _ACCOUNTS.finditer(text):
        scheme = re.match(r"\$([0-9a-z]+)\$", found["secret"])
        yield *found.span("secret"), f"hash-{_CRYPT.get(scheme[1], 'unknown')}" if scheme else "hash-des"


def _all(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    return (found for pattern in patterns for found in pattern.finditer(text))


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order of place; of two that overlap the one that starts first, then the longer, stays."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _form(secret: str) -> str:
    """Return the class of a secret whose type no digit tells: by its form, or plain."""
    found = re.match(r"\$([0-9a-z]{1,6})\$", secret)
    return _DEVICE.get(found[1], "hash-unknown") if found else "plain"
