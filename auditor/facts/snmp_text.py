r"""SNMP values as text: one line an object, `OID|tag|value`, as the recordings of snmpsim (`.snmprec`) write them.

Tags are the BER tag numbers of RFC 3416: 2 integer, 4 octet string, 5 null, 6 object identifier, 64 IP address,
65 counter32, 66 gauge32, 67 time ticks, 68 opaque, 70 counter64; and the exceptions 128 noSuchObject,
129 noSuchInstance, 130 endOfMibView. An octet string of printable UTF-8 stands as it is; `4e` has the escapes `\n`,
`\r`, `\t` and `\\`; `4x` is hexadecimal. Every string comes back byte for byte.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from auditor.errors import Unreadable

_OID: Final = re.compile(r"\.?[0-2](\.[0-9]{1,10}){1,127}")
_TAG: Final = re.compile(r"([0-9]{1,3})([xe]?)")
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


class Tag(IntEnum):
    """What kind of value an object has (RFC 3416, section 3)."""

    INTEGER = 2
    STRING = 4
    NULL = 5
    OID = 6
    IP_ADDRESS = 64
    COUNTER32 = 65
    GAUGE32 = 66
    TIME_TICKS = 67
    OPAQUE = 68
    COUNTER64 = 70
    NO_SUCH_OBJECT = 128
    NO_SUCH_INSTANCE = 129
    END_OF_MIB_VIEW = 130

    @property
    def is_absence(self) -> bool:
        """Whether it says that there is no value."""
        return self >= Tag.NO_SUCH_OBJECT

    @property
    def is_number(self) -> bool:
        """Whether the value is a whole number."""
        return self in {Tag.INTEGER, Tag.COUNTER32, Tag.GAUGE32, Tag.TIME_TICKS, Tag.COUNTER64}


_OCTETS: Final = frozenset({Tag.STRING, Tag.OPAQUE})


@dataclass(frozen=True, slots=True)
class SnmpValue:
    """One object: numbers are `int`, strings `bytes`, identifiers and addresses dotted `str`, absence `None`."""

    oid: str
    tag: Tag
    value: int | bytes | str | None

    @property
    def text(self) -> str:
        """Return a string value as text without the padding that agents add; whatever is no UTF-8 is replaced."""
        return self.value.decode("utf-8", "replace").strip("\0 \r\n\t") if isinstance(self.value, bytes) else ""

    @property
    def number(self) -> int | None:
        """Return a number, or None for anything else."""
        return self.value if isinstance(self.value, int) else None

    def line(self) -> str:
        """Return the object as one line of an answer."""
        if isinstance(self.value, bytes):
            suffix, value = written(self.value)
            return f"{self.oid}|{int(self.tag)}{suffix}|{value}"
        return f"{self.oid}|{int(self.tag)}|{'' if self.value is None else self.value}"

    @classmethod
    def parse(cls, line: str) -> "SnmpValue":
        """Return the object that a line writes. Raises Unreadable."""
        oid, _, rest = line.partition("|")
        tag, bar, value = rest.partition("|")
        kind = _TAG.fullmatch(tag)
        if not bar or kind is None or _OID.fullmatch(oid) is None or int(kind[1]) not in set(Tag):
            raise Unreadable(f"not a line of an SNMP answer: {line[:80]!r}")
        known = Tag(int(kind[1]))
        return cls(oid.lstrip("."), known, _read(known, kind[2], value))


def parse_values(text: str) -> dict[str, SnmpValue]:
    """Return the objects of an answer by OID, in its order; the first of two counts. Raises Unreadable."""
    values: dict[str, SnmpValue] = {}
    if text and not text.endswith("\n"):
        raise Unreadable("the answer stops in the middle of a line")
    for line in text.split("\n"):
        if line.strip():
            value = SnmpValue.parse(line)
            values.setdefault(value.oid, value)
    return values


def column(values: dict[str, SnmpValue], oid: str) -> Iterator[tuple[str, SnmpValue]]:
    """Yield index and value of each row of a table's column, leaving out what is absent."""
    for name, value in values.items():
        if name.startswith(oid + ".") and not value.tag.is_absence:
            yield name.removeprefix(oid + "."), value


def _read(tag: Tag, suffix: str, value: str) -> int | bytes | str | None:
    if tag in _OCTETS:
        return _octets(suffix, value)
    plain = value
    if suffix:
        octets = _octets(suffix, value)
        plain = ".".join(map(str, octets)) if tag is Tag.IP_ADDRESS else octets.decode("ascii", "replace")
    if tag.is_absence or tag is Tag.NULL:
        return None
    if not tag.is_number:
        return plain.lstrip(".") if tag is Tag.OID else plain
    if _NUMBER.fullmatch(plain) is None:
        raise Unreadable(f"not a number in an SNMP answer: {value[:40]!r}")
    return int(plain)


def _octets(suffix: str, value: str) -> bytes:
    if suffix == "x":
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise Unreadable(f"not hexadecimal in an SNMP answer: {value[:40]!r}") from None
    if suffix == "e":
        value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), value)
    return value.encode("utf-8", "surrogatepass")


def written(octets: bytes) -> tuple[str, str]:
    """Return an octet string as the suffix of its tag and as text."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return "x", octets.hex()
    if text.isprintable():
        return "", text
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return ("e", escaped) if escaped.isprintable() else ("x", octets.hex())
