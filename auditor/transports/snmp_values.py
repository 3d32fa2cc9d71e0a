"""Variable bindings (RFC 3416, section 3) turned into the text of an answer, as fast as Python can.

This is where nearly all time of a walk goes: each binding is cut out in place and written at once, without an object of
its own. What is written is byte for byte what `SnmpValue.line` writes.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from auditor.facts.snmp_text import Tag, written
from auditor.transports.snmp_ber import (
    MOST_SUB_IDENTIFIERS,
    OID,
    SEQUENCE,
    Malformed,
    base128_numbers,
    element,
    inside,
    sub_identifiers,
)

Bound = tuple[str, tuple[int, ...], str]  # OID as text and as numbers, and `tag|value`
END_OF_MIB_VIEW: Final = "130|"
_REMEMBERED: Final = 8192  # identifiers: like devices have like tables; some 6 MB, however many there are


def read_varbinds(data: bytes, at: int, end: int) -> list[Bound]:
    """Return the variable bindings that stand between two places of a datagram. Raises Malformed."""
    bound: list[Bound] = []
    try:
        while at < end:
            name_at, name_end, value_at, stop = at + 4, at + 4 + data[at + 3], 0, at + 2 + data[at + 1]
            if stop <= end and data[at] == SEQUENCE and data[at + 2] == OID and name_end < stop:
                value_at = name_end + 2
            if value_at + data[name_end + 1] != stop or data[at + 1] >= 0x80:  # not three short lengths
                name_at, name_end, value_at, stop = _cut(data, at, end)
            name, numbers = identifier(data[name_at:name_end])
            bound.append((name, numbers, _WRITERS[data[name_end]](data[value_at:stop])))
            at = stop
    except IndexError:
        raise Malformed("a variable binding is cut off") from None
    except KeyError as unknown:
        raise Malformed(f"a value is of the unknown type {unknown.args[0]:#04x}") from None
    return bound


@lru_cache(_REMEMBERED)
def identifier(encoded: bytes) -> tuple[str, tuple[int, ...]]:
    """Return an object identifier as text and as numbers. Raises Malformed."""
    at = len(encoded) - 1  # where the last number begins: the others are those of the row before, mostly
    while at > 0 and encoded[at - 1] >= 0x80:
        at -= 1
    if at <= 0:
        return _whole(encoded)
    text, numbers = _whole(encoded[:at])
    (last,) = base128_numbers(encoded[at:])
    if len(numbers) >= MOST_SUB_IDENTIFIERS:
        raise Malformed("an object identifier is too long")
    return f"{text}.{last}", (*numbers, last)


@lru_cache(_REMEMBERED)
def _whole(encoded: bytes) -> tuple[str, tuple[int, ...]]:
    numbers = sub_identifiers(encoded)
    return ".".join(map(str, numbers)), tuple(numbers)


def _cut(data: bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """Return where name and value of a binding begin and end, whatever form its lengths have."""
    start, stop = inside(data, at, end, SEQUENCE)
    name_at, name_end = inside(data, start, stop, OID)
    _, value_at, value_end = element(data, name_end, stop)
    if value_end != stop:
        raise Malformed("a variable binding is longer than its value")
    return name_at, name_end, value_at, stop


def _signed(value: bytes) -> str:
    if not 0 < len(value) <= 4:
        raise Malformed("an integer of no octets, or of more than four")
    return f"2|{int.from_bytes(value, 'big', signed=True)}"


def _unsigned(prefix: str, bits: int, value: bytes) -> str:
    """Write a counter, gauge or time. Agents that leave out its leading zero mean no negative number."""
    number = int.from_bytes(value, "big")
    if not value or number >> bits:
        raise Malformed(f"a number of no octets, or of more than {bits} bits")
    return f"{prefix}{number}"


def _octets(tag: int, value: bytes) -> str:
    suffix, text = written(value)
    return f"{tag}{suffix}|{text}"


def _oid(value: bytes) -> str:
    return f"6|{identifier(value)[0]}"


def _address(value: bytes) -> str:
    if len(value) != 4:
        raise Malformed("an IP address that has not four octets")
    return "64|{}.{}.{}.{}".format(*value)


def _nothing(prefix: str, value: bytes) -> str:
    if value:
        raise Malformed("the absence of a value has a value")
    return prefix


_WRITERS: Final[dict[int, Callable[[bytes], str]]] = {
    Tag.INTEGER: _signed,
    Tag.STRING: partial(_octets, 4),
    Tag.NULL: partial(_nothing, "5|"),
    Tag.OID: _oid,
    Tag.IP_ADDRESS: _address,
    Tag.COUNTER32: partial(_unsigned, "65|", 32),
    Tag.GAUGE32: partial(_unsigned, "66|", 32),
    Tag.TIME_TICKS: partial(_unsigned, "67|", 32),
    Tag.OPAQUE: partial(_octets, 68),
    Tag.COUNTER64: partial(_unsigned, "70|", 64),
    Tag.NO_SUCH_OBJECT: partial(_nothing, "128|"),
    Tag.NO_SUCH_INSTANCE: partial(_nothing, "129|"),
    Tag.END_OF_MIB_VIEW: partial(_nothing, END_OF_MIB_VIEW),
}
