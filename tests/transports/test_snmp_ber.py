"""What stands in a datagram: as net-snmp wrote it, and as somebody wrote it who means us ill."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.rfc1902 import ObjectIdentifier

from auditor.transports import snmp_ber as ber
from auditor.transports.snmp_ber import Malformed, element, integer, number_at, octets, oid, sequence, tlv
from auditor.transports.snmp_message import (
    GET,
    REPORT,
    REPORTABLE,
    RESPONSE,
    V1,
    V2C,
    Security,
    community_message,
    discovery,
    pdu,
    read_community_message,
    read_scoped,
    read_user_message,
)
from auditor.transports.snmp_values import read_varbinds

# Recorded: snmpd 5.9.3 on Debian 12, asked by snmp_message.
ASKED = bytes.fromhex(
    "305102010104036c6162a047020312d687020100020100303a300c06082b060102010101000500300c06082b060102010102000500"
    "300c06082b060102010107000500300e060a2b06010401868d1f01000500"
)
ANSWERED = bytes.fromhex(
    "306902010104036c6162a25f020312d6870201000201003052301906082b06010201010100040d4c6162206167656e7420312e30"
    "301606082b06010201010200060a2b06010401bf0803020a300d06082b06010201010700020148300e060a2b06010401868d1f01008000"
)
V1_REFUSED = bytes.fromhex("302502010004036c6162a21b02014d0201020201013010300e060a2b06010401868d1f01000500")
DISCOVERY = bytes.fromhex(
    "303a020103300f02021234020300ffe30401040201030410300e0400020100020100040004000400301204000400a00c020256780201000201"
    "003000"
)
DISCOVERED = bytes.fromhex(
    "306d020103300f02021234020300ffe30401000201030421301f041180001f8880457433679685026b000000000201010201000400040004003034"
    "041180001f8880457433679685026b000000000400a81d020256780201000201003011300f060a2b060106030f01010400410101"
)
OIDS = ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.7.0", "1.3.6.1.4.1.99999.1.0"]


def bound(*values: bytes) -> bytes:
    return b"".join(sequence(oid("1.3.6.1"), value) for value in values)


def read(data: bytes) -> list[str]:
    return [value for _, _, value in read_varbinds(data, 0, len(data))]


def test_requests_are_the_datagrams_that_a_real_agent_answered():
    assert community_message(V2C, b"lab", pdu(GET, 1234567, OIDS)) == ASKED
    assert discovery(4660, 22136) == DISCOVERY


def test_a_real_answer_is_read():
    version, found = read_community_message(ANSWERED)

    assert (version, found.tag, found.request_id, found.status, found.index) == (V2C, RESPONSE, 1234567, 0, 0)
    assert [f"{name}|{value}" for name, _, value in found.values()] == [
        "1.3.6.1.2.1.1.1.0|4|Lab agent 1.0",
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10",
        "1.3.6.1.2.1.1.7.0|2|72",
        "1.3.6.1.4.1.99999.1.0|128|",
    ]


def test_a_refusal_of_v1_is_read():
    version, found = read_community_message(V1_REFUSED)

    assert (version, found.request_id, found.status, found.index) == (V1, 77, 2, 1)


def test_an_engine_that_shows_itself_is_read():
    message = read_user_message(DISCOVERED)

    engine = bytes.fromhex("80001f8880457433679685026b00000000")
    assert message.security == Security(4660, 0, engine, boots=1, seconds=0, user=b"")
    found = read_scoped(message.data)
    assert (found.tag, found.values()[0][0]) == (REPORT, "1.3.6.1.6.3.15.1.1.4.0")
    assert read_user_message(DISCOVERY).security == Security(4660, REPORTABLE)


@pytest.mark.parametrize("recorded", [ANSWERED, V1_REFUSED, DISCOVERED])
def test_a_datagram_cut_off_anywhere_is_malformed(recorded):
    for size in range(len(recorded)):
        with pytest.raises(Malformed):
            everything(recorded[:size])


def everything(datagram: bytes) -> None:
    """Read a datagram to the last value. Raises Malformed."""
    try:
        read_community_message(datagram)[1].values()
    except Malformed:
        read_scoped(read_user_message(datagram).data).values()


def came_of(read: Callable[[bytes], object], octets: bytes) -> str:
    """Return what reading came to; whatever else is raised is a mistake of ours, and is not caught."""
    try:
        read(octets)
    except Malformed:
        return "malformed"
    return "read"


def test_what_was_recorded_is_read_and_its_half_is_not():
    """So that neither outcome of the two tests below is the only one there is."""
    for recorded in (ANSWERED, V1_REFUSED, DISCOVERED):
        assert came_of(everything, recorded) == "read"
        assert came_of(everything, recorded[: len(recorded) // 2]) == "malformed"


@given(st.sampled_from([ANSWERED, V1_REFUSED, DISCOVERED]), st.data())
def test_a_changed_datagram_is_read_or_malformed(recorded: bytes, data: st.DataObject) -> None:
    changed = bytearray(recorded)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))

    assert came_of(everything, bytes(changed)) in {"read", "malformed"}


@given(st.binary(max_size=100))
def test_any_octets_are_read_or_malformed(datagram: bytes) -> None:
    assert came_of(everything, datagram) in {"read", "malformed"}
    assert came_of(lambda octets: read_varbinds(octets, 0, len(octets)), datagram) in {"read", "malformed"}


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x30",
        b"\x30\x80\x02\x01\x01\x00\x00",  # indefinite
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x84\x00\x00\x00\x10" + b"\x00" * 8,
        b"\x30\xff" + b"\xff" * 127,
        b"\x30\x85\x00\x00\x00\x00\x01\x00",
        b"\x3f\x81\x01\x00",  # a tag of several octets
        b"\x30\x7f\x02\x01\x01",
    ],
)
def test_a_length_that_cannot_be_is_malformed(hostile):
    with pytest.raises(Malformed):
        everything(hostile)
    with pytest.raises(Malformed):
        read_varbinds(hostile or b"0", 0, len(hostile) or 1)


def test_deep_nesting_costs_nothing():
    datagram = b""
    for _ in range(5000):
        datagram = tlv(0x30, datagram)

    with pytest.raises(Malformed):
        everything(datagram)
    with pytest.raises(Malformed):
        read_varbinds(datagram, 0, len(datagram))


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (integer(-129), "2|-129"),
        (tlv(0x02, b"\x00\x00\x00\x05"), "2|5"),
        (tlv(0x41, b"\xff\xff\xff\xff"), "65|4294967295"),  # without the zero that belongs before it
        (tlv(0x42, b"\x00\xff\xff\xff\xff"), "66|4294967295"),
        (tlv(0x46, b"\x00" + b"\xff" * 8), "70|18446744073709551615"),
        (tlv(0x40, b"\x7f\x00\x00\x01"), "64|127.0.0.1"),
        (tlv(0x44, b"\x9f\x78\x04\x3f\x80\x00\x00"), "68x|9f78043f800000"),
        (tlv(0x05, b""), "5|"),
        (tlv(0x81, b""), "129|"),
        (tlv(0x82, b""), "130|"),
        (octets(b"y" * 300), f"4|{'y' * 300}"),
        (b"\x04\x81\x02ab", "4|ab"),  # a longer length than it needs is still one
    ],
)
def test_a_value_is_written_by_its_type(value, line):
    assert read(bound(value)) == [line]
    assert read(bound(octets(b"before"), value, integer(1))) == ["4|before", line, "2|1"]


@pytest.mark.parametrize(
    "value",
    [
        tlv(0x02, b""),
        tlv(0x02, bytes(5)),
        tlv(0x41, b"\x01\x00\x00\x00\x00"),
        tlv(0x41, b""),
        tlv(0x46, b"\x01" + bytes(8)),
        tlv(0x40, b"\x7f\x00\x01"),
        tlv(0x05, b"x"),
        tlv(0x80, b"x"),
        tlv(0x06, b""),
        tlv(0x06, b"\x2b\x80\x01"),
        tlv(0x06, b"\x2b\x81"),
        tlv(0x06, b"\x2b" + b"\xff\xff\xff\xff\x7f"),
        tlv(0x06, b"\x2b" * 128),
        tlv(0x47, b"\x01"),  # UInteger32, which left the standard in 1996
        tlv(0x24, octets(b"ab")),  # an octet string in pieces
        tlv(0x30, integer(1)),
        integer(1) + integer(2),
        b"",
    ],
)
def test_a_value_that_cannot_be_is_malformed(value):
    with pytest.raises(Malformed):
        read(bound(value))


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=100), st.integers(0, 1), st.integers(0, 39))
def test_identifiers_are_those_of_another_encoder(rest: list[int], first: int, second: int) -> None:
    text = ".".join(map(str, [first, second, *rest]))

    assert oid(text) == encoder.encode(ObjectIdentifier(text))
    assert read(bound(oid(text))) == [f"6|{text}"]


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_those_of_another_encoder(number: int) -> None:
    encoded = integer(number)

    assert int(decoder.decode(encoded)[0]) == number
    assert number_at(encoded, 0, len(encoded)) == (number, len(encoded))


@pytest.mark.parametrize("text", ["", "1", "1.x", "3.1", "1.-1", "1.3.4294967296", "1..3", "1.3." + "1." * 130 + "1"])
def test_what_is_no_identifier_is_not_encoded(text):
    with pytest.raises(ValueError, match="is no object identifier"):
        ber.oid(text)


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_a_length_is_written_in_the_fewest_octets(size):
    encoded = octets(bytes(size))

    assert element(encoded, 0, len(encoded)) == (0x04, len(encoded) - size, len(encoded))
    assert len(encoded) - size == 2 + (size > 127) + (size > 255) + (size > 65535)
