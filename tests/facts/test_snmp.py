"""What SNMP answers become as facts, and which answers become none."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreadable
from auditor.facts.snmp import SnmpCommunities, SnmpIdentity, SnmpUser, SnmpUsers, communities, identity, users
from auditor.facts.snmp_text import SnmpValue, Tag, parse_values
from tests.make import fact, refused

IDENTITY = (
    "1.3.6.1.2.1.1.1.0|4e|Cisco IOS Software, C2960 Software\\r\\nCopyright (c) 1986-2013\n"
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1208\n"
    "1.3.6.1.2.1.1.3.0|67|8640000\n"
    "1.3.6.1.2.1.1.4.0|4|\n"
    "1.3.6.1.2.1.1.5.0|4|sw-berlin-01\n"
    "1.3.6.1.2.1.1.6.0|128|\n"
    "1.3.6.1.2.1.25.1.1.0|128|\n"
    "1.3.6.1.6.3.10.2.1.3.0|2|86400\n"
)
TRIED = ("public", "private", "cisco", "admin", "manager", "ILMI", "internal")
SILENT = "".join(f"{word}|silent\n" for word in TRIED)
ENGINE = "5.128.0.31.136.4"  # five bytes of an engine id
AUTH, PRIVACY = "1.3.6.1.6.3.15.1.2.2.1.5", "1.3.6.1.6.3.15.1.2.2.1.8"


def row(name: str, auth: str, privacy: str) -> str:
    """Return a user's two objects."""
    index = ".".join(map(str, [*ENGINE.split("."), len(name), *name.encode()]))
    return f"{AUTH}.{index}|6|1.3.6.1.6.3.10.1.1.{auth}\n{PRIVACY}.{index}|6|{privacy}\n"


GARBAGE = [
    "<html><body>401 Unauthorized</body></html>",
    "sysDescr.0 = STRING: Linux\n",
    "1.3.6.1.2.1.1.1.0|4\n",
    "1.3.6.1.2.1.1.1.0|99|x\n",
    "1.3.6.1.2.1.1.3.0|67|a long time\n",
    "1.3.6.1.2.1.1.1.0|4x|0x12\n",
    "1.3.6.xx.1|4|masked\n",
]


def test_an_identity_is_read_whole():
    expected = SnmpIdentity(
        description="Cisco IOS Software, C2960 Software\r\nCopyright (c) 1986-2013",
        object_id="1.3.6.1.4.1.9.1.1208",
        name="sw-berlin-01",
        contact="",
        location=None,
        agent_up=timedelta(days=1),
        host_up=None,
        engine_up=timedelta(days=1),
        protection="authPriv",
    )

    assert expected == fact(identity, IDENTITY, privilege="authPriv")


def test_an_object_of_another_type_than_the_standard_says_is_not_shown():
    odd = IDENTITY.replace("|67|8640000", "|4|one day").replace("4.0|4|", "4.0|2|7")
    known = fact(identity, odd)

    assert (known.agent_up, known.contact) == (None, None)


@pytest.mark.parametrize("text", [*GARBAGE, "", "1.3.6.1.2.1.1.1.0|128|\n1.3.6.1.2.1.1.2.0|129|\n"])
def test_no_identity_comes_from_garbage_or_from_an_agent_that_shows_nothing(text):
    assert isinstance(refused(identity, text), Unreadable)


def test_communities_say_which_were_answered_and_that_the_agent_is_there():
    text = SILENT.replace("public|silent", "public|answered")

    assert SnmpCommunities(tried=frozenset(TRIED), answered=frozenset({"public"}), alive=True) == fact(
        communities, text
    )


@pytest.mark.parametrize(
    ("text", "alive"),
    [
        (SILENT, False),
        ("|alive|it answered another request\n" + SILENT, True),
        (SILENT.replace("admin|silent", "admin|refused"), True),
    ],
)
def test_silence_alone_does_not_show_that_the_agent_is_there(text, alive):
    assert SnmpCommunities(tried=frozenset(TRIED), answered=frozenset(), alive=alive) == fact(communities, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "public|silent\n",
        SILENT.replace("ILMI|silent\n", ""),
        SILENT.replace("ILMI|silent", "ILMI|maybe"),
        SILENT + "|dead|\n",
        "<html>\n",
        "|alive|it answered another request\n",
    ],
)
def test_a_shortened_or_strange_list_of_communities_is_no_fact(text):
    assert isinstance(refused(communities, text), Unreadable)


def test_users_are_read_with_their_protocols():
    text = row("audit", "5", "1.3.6.1.6.3.10.1.2.4") + row("old", "2", "1.3.6.1.6.3.10.1.2.2")
    text += row("cisco", "3", "1.3.6.1.4.1.9.12.6.1.2") + row("none", "1", "1.3.6.1.4.1.99.1")
    expected = (
        SnmpUser("audit", "sha256", "aes128"),
        SnmpUser("cisco", "sha1", "aes256"),
        SnmpUser("none", "none", "1.3.6.1.4.1.99.1"),
        SnmpUser("old", "md5", "des"),
    )

    assert SnmpUsers(expected) == fact(users, text)


@pytest.mark.parametrize("column", [0, 1])
def test_a_user_of_whom_one_column_is_missing_is_half_an_answer(column: int):
    text = row("audit", "5", "1.3.6.1.6.3.10.1.2.4").splitlines(keepends=True)[column]

    assert isinstance(refused(users, text), Unreadable)


@pytest.mark.parametrize(
    "text", [*GARBAGE, "", f"{AUTH}.5.1.2|6|1.3.6\n", f"{AUTH}.1.7.9.65|6|1.3.6\n", f"{AUTH}.1.7.1.999|6|1.3.6\n"]
)
def test_hidden_or_strange_users_are_no_fact(text):
    assert isinstance(refused(users, text), Unreadable)


@pytest.mark.parametrize(
    "value",
    [
        SnmpValue("1.3.6.1", Tag.STRING, b"C:\\new|table"),
        SnmpValue("1.3.6.1", Tag.STRING, b"two\r\nlines\\n"),
        SnmpValue("1.3.6.1", Tag.STRING, b"\x00\x1a\xff"),
        SnmpValue("1.3.6.1", Tag.STRING, "Gerät\u2028x".encode()),
        SnmpValue("1.3.6.1", Tag.STRING, b"  spaces  "),
        SnmpValue("1.3.6.1", Tag.STRING, b""),
        SnmpValue("1.3.6.1", Tag.OPAQUE, b"\x9fx\x04"),
        SnmpValue("1.3.6.1", Tag.INTEGER, -1),
        SnmpValue("1.3.6.1", Tag.COUNTER64, 2**64 - 1),
        SnmpValue("1.3.6.1", Tag.OID, "1.3.6.1.4"),
        SnmpValue("1.3.6.1", Tag.IP_ADDRESS, "192.0.2.1"),
        SnmpValue("1.3.6.1", Tag.NO_SUCH_OBJECT, None),
    ],
)
def test_a_value_survives_its_line(value):
    assert value == SnmpValue.parse(value.line())
    assert len(value.line().splitlines()) == 1


@given(st.binary())
def test_any_octets_survive_their_line(octets):
    value = SnmpValue("1.3.6.1", Tag.STRING, octets)

    assert {"1.3.6.1": value} == parse_values(value.line() + "\n")


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text):
    with suppress(Unreadable):
        assert SnmpValue.parse(text).oid


def test_recordings_of_other_tools_are_read():
    text = "1.3.6.1.2.1.2.2.1.6.1|4x|00163E5A\n.1.3.6.1.2.1.1.2.0|6|.1.3.6.1.4.1.9\n1.3.6.1.2.1.4.20|64x|c0000201\n"

    assert [v.value for v in parse_values(text).values()] == [b"\x00\x16\x3e\x5a", "1.3.6.1.4.1.9", "192.0.2.1"]
