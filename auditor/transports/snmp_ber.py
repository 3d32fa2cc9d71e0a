"""As much of the basic encoding rules (X.690) as SNMP needs (RFC 3417, section 8): definite lengths, one-octet tags.

Nothing here calls itself: an element is cut out of a datagram, never unfolded, so nesting costs nothing. Whatever a
length claims is compared with what is there before anything is cut.
"""

import re
from typing import Final

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
MOST_SUB_IDENTIFIER: Final = 2**32 - 1  # RFC 2578, section 3.5, as is the next one
MOST_SUB_IDENTIFIERS: Final = 128
_IDENTIFIER: Final = re.compile(r"\.?[0-9]{1,10}(\.[0-9]{1,10})+")
_LONGEST_LENGTH: Final = 4  # octets of a length; no datagram needs three
_LONGEST_INTEGER: Final = 9  # octets of a value: a Counter64 has a leading zero where its first bit is set


class Malformed(ValueError):
    """Octets that are no element of the kind that belongs here."""


def tlv(tag: int, body: bytes) -> bytes:
    """Return an element: tag, length, value."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def sequence(*parts: bytes) -> bytes:
    """Return a sequence of elements."""
    return tlv(SEQUENCE, b"".join(parts))


def octets(value: bytes) -> bytes:
    """Return an octet string."""
    return tlv(OCTETS, value)


def integer(number: int) -> bytes:
    """Return an integer in the fewest octets."""
    return tlv(INTEGER, number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True))


def oid(text: str) -> bytes:
    """Return an object identifier (`1.3.6.1`, or `.1.3.6.1`). Raises ValueError when the text is none."""
    numbers = [int(part) for part in text.strip(".").split(".")] if _IDENTIFIER.fullmatch(text) else []
    if not 2 <= len(numbers) <= MOST_SUB_IDENTIFIERS or numbers[0] > 2 or max(numbers) > MOST_SUB_IDENTIFIER:
        raise ValueError(f"{text!r} is no object identifier")
    return tlv(OID, b"".join(map(_base128, [numbers[0] * 40 + numbers[1], *numbers[2:]])))


def element(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return tag, start and stop of the value of the element at a place. Raises Malformed when it passes the end."""
    if at + 2 > end:
        raise Malformed("an element is cut off")
    tag, size = data[at], data[at + 1]
    at += 2
    if size >= 0x80:
        more = size & 0x7F
        if not 0 < more <= _LONGEST_LENGTH or at + more > end:
            raise Malformed("a length is indefinite, or too long")
        size = int.from_bytes(data[at : at + more], "big")
        at += more
    if tag & 0x1F == 0x1F or at + size > end:
        raise Malformed("an element is longer than what it stands in")
    return tag, at, at + size


def inside(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return start and stop of the value at a place. Raises Malformed when it has another tag."""
    found, start, stop = element(data, at, end)
    if found != tag:
        raise Malformed(f"tag {found:#04x} stands where {tag:#04x} belongs")
    return start, stop


def number_at(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the integer at a place, and where it ends. Raises Malformed."""
    start, stop = inside(data, at, end, INTEGER)
    if not 0 < stop - start <= _LONGEST_INTEGER:
        raise Malformed("an integer of no octets, or of too many")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def octets_at(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Return the octet string at a place, and where it ends. Raises Malformed."""
    start, stop = inside(data, at, end, OCTETS)
    return data[start:stop], stop


def sub_identifiers(encoded: bytes) -> list[int]:
    """Return the numbers of an encoded object identifier. Raises Malformed."""
    numbers = base128_numbers(encoded)
    if not numbers or len(numbers) >= MOST_SUB_IDENTIFIERS:
        raise Malformed("an object identifier is empty or too long")
    first = min(numbers[0] // 40, 2)
    return [first, numbers[0] - 40 * first, *numbers[1:]]


def base128_numbers(encoded: bytes) -> list[int]:
    """Return the numbers that octets make, seven bits in each, the last of a number below 0x80. Raises Malformed."""
    if encoded.isascii():  # each octet is a number
        return list(encoded)
    numbers: list[int] = []
    number, fresh = 0, True
    for octet in encoded:
        if fresh and octet == 0x80:
            raise Malformed("an object identifier begins a number with nothing")
        number = number << 7 | octet & 0x7F
        if number > MOST_SUB_IDENTIFIER:
            raise Malformed("an object identifier has a number beyond 32 bits")
        fresh = octet < 0x80
        if fresh:
            numbers.append(number)
            number = 0
    if not fresh:
        raise Malformed("an object identifier is cut off")
    return numbers


def _base128(number: int) -> bytes:
    reverse = [number & 0x7F]
    while number := number >> 7:
        reverse.append(number & 0x7F | 0x80)
    return bytes(reversed(reverse))
