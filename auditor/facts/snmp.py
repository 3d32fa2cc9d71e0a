"""What an SNMP agent tells about itself, about its users, and about who may ask it.

SNMPv2-MIB (RFC 3418), HOST-RESOURCES-MIB (RFC 2790), SNMP-FRAMEWORK-MIB (RFC 3411), SNMP-USER-BASED-SM-MIB (RFC 3414).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.snmp_text import SnmpValue, column, parse_values
from auditor.model.probe import Answer, Snmp, SnmpAccepts, probe

_DESCRIPTION: Final = "1.3.6.1.2.1.1.1.0"
_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
_AGENT_UP: Final = (
    "1.3.6.1.2.1.1.3.0"  # sysUpTime: hundredths of a second, wraps after 497 days, restarts with the agent
)
_CONTACT: Final = "1.3.6.1.2.1.1.4.0"
_NAME: Final = "1.3.6.1.2.1.1.5.0"
_LOCATION: Final = "1.3.6.1.2.1.1.6.0"
_HOST_UP: Final = "1.3.6.1.2.1.25.1.1.0"  # hrSystemUptime: hundredths of a second, wraps after 497 days
_ENGINE_UP: Final = "1.3.6.1.6.3.10.2.1.3.0"  # snmpEngineTime: seconds, does not wrap, restarts with the agent
_USER_AUTH: Final = "1.3.6.1.6.3.15.1.2.2.1.5"
_USER_PRIVACY: Final = "1.3.6.1.6.3.15.1.2.2.1.8"
_AUTH_PROTOCOLS: Final = {  # RFC 3414, section 5, and RFC 7860
    f"1.3.6.1.6.3.10.1.1.{number}": name
    for number, name in enumerate(("none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"), 1)
}
_PRIVACY_PROTOCOLS: Final = {  # RFC 3414, RFC 3826; the long keys as Cisco and net-snmp number them
    "1.3.6.1.6.3.10.1.2.1": "none",
    "1.3.6.1.6.3.10.1.2.2": "des",
    "1.3.6.1.6.3.10.1.2.3": "3des",
    "1.3.6.1.6.3.10.1.2.4": "aes128",
    "1.3.6.1.4.1.9.12.6.1.1": "aes192",
    "1.3.6.1.4.1.9.12.6.1.2": "aes256",
    "1.3.6.1.4.1.14832.1.3": "aes192",
    "1.3.6.1.4.1.14832.1.4": "aes256",
}
_REPLIES: Final = frozenset({"answered", "refused", "silent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpIdentity:
    """What the agent says it is. Times are None where the agent does not show them.

    `protection` is how this was read: `community`, `noAuthNoPriv`, `authNoPriv`, `authPriv`; empty when not recorded.
    """

    description: str = ""
    object_id: str = ""
    name: str = ""
    contact: str | None = None
    location: str | None = None
    agent_up: timedelta | None = None
    host_up: timedelta | None = None
    engine_up: timedelta | None = None
    protection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpCommunities:
    """Which well-known communities the agent answered. `alive` tells that it is there: else silence means nothing."""

    tried: frozenset[str]
    answered: frozenset[str]
    alive: bool


@dataclass(frozen=True, slots=True)
class SnmpUser:
    """An SNMPv3 user: protocols by name, or by OID where we know no name; empty where the agent does not show it."""

    name: str
    authentication: str
    privacy: str


@dataclass(frozen=True, slots=True)
class SnmpUsers:
    """The SNMPv3 users that the agent shows."""

    users: tuple[SnmpUser, ...]


@probe(
    Snmp((_DESCRIPTION, _OBJECT_ID, _AGENT_UP, _CONTACT, _NAME, _LOCATION, _HOST_UP, _ENGINE_UP)),
)
def identity(answer: Answer) -> SnmpIdentity:
    """Read the system group. Raises Unreadable when the view that the credential has shows nothing of it, or half."""
    values = parse_values(answer.text)
    asked = answer.request.oids if isinstance(answer.request, Snmp) else ()
    if missing := [oid for oid in asked if oid not in values]:  # what an agent does not have is listed as absent
        raise Unreadable(f"the answer stops before {missing[0]}")
    if not any(oid in values and not values[oid].tag.is_absence for oid in (_DESCRIPTION, _OBJECT_ID)):
        raise Unreadable("the agent answers, but shows this credential neither sysDescr nor sysObjectID")
    object_id = values[_OBJECT_ID].value if _OBJECT_ID in values else None
    return SnmpIdentity(
        description=_text(values, _DESCRIPTION) or "",
        object_id=object_id if isinstance(object_id, str) else "",
        name=_text(values, _NAME) or "",
        contact=_text(values, _CONTACT),
        location=_text(values, _LOCATION),
        agent_up=_since(values, _AGENT_UP, 0.01),
        host_up=_since(values, _HOST_UP, 0.01),
        engine_up=_since(values, _ENGINE_UP, 1.0),
        protection=answer.privilege,
    )


@probe(SnmpAccepts(("public", "private", "cisco", "admin", "manager", "ILMI", "internal")))
def communities(answer: Answer) -> SnmpCommunities:
    """Read which communities were answered. Raises Unreadable when one that was to be tried is missing."""
    replies = dict(_reply(line) for line in answer.text.split("\n") if line)
    sign_of_life = replies.pop("", "")
    wanted = answer.request.communities if isinstance(answer.request, SnmpAccepts) else ()
    if missing := [word for word in wanted if word not in replies] or not replies:
        raise Unreadable(f"the answer does not speak of every community that was tried: {missing}")
    return SnmpCommunities(
        tried=frozenset(replies),
        answered=frozenset(word for word, reply in replies.items() if reply == "answered"),
        alive=bool(sign_of_life) or any(reply != "silent" for reply in replies.values()),
    )


@probe(Snmp((_USER_AUTH, _USER_PRIVACY), walk=True))
def users(answer: Answer) -> SnmpUsers:
    """Read usmUserTable (RFC 3414). Raises Unreadable when it is empty: agents hide it, and every v3 agent has users.

    Every row has both columns, and a walk gives one after the other: a row with one of them is half an answer.
    """
    values = parse_values(answer.text)
    auth, privacy = dict(column(values, _USER_AUTH)), dict(column(values, _USER_PRIVACY))
    if not auth:
        raise Unreadable("the agent does not show its users (usmUserTable) to this credential")
    if auth.keys() != privacy.keys():
        raise Unreadable("the agent shows only part of its users' protocols (usmUserTable)")
    rows = (
        SnmpUser(_user_name(index), _protocol(row, _AUTH_PROTOCOLS), _protocol(privacy[index], _PRIVACY_PROTOCOLS))
        for index, row in auth.items()
    )
    return SnmpUsers(tuple(sorted(set(rows), key=lambda user: (user.name, user.authentication, user.privacy))))


def _reply(line: str) -> tuple[str, str]:
    word, bar, reply = line.partition("|")
    if not bar or (word and reply not in _REPLIES) or (not word and not reply.startswith("alive|")):
        raise Unreadable(f"not a line about a community: {line[:60]!r}")
    return word, reply


def _text(values: Mapping[str, SnmpValue], oid: str) -> str | None:
    value = values.get(oid)
    return value.text if value is not None and isinstance(value.value, bytes) else None


def _since(values: Mapping[str, SnmpValue], oid: str, unit: float) -> timedelta | None:
    number = values[oid].number if oid in values else None
    return timedelta(seconds=number * unit) if number is not None and number >= 0 else None


def _protocol(value: SnmpValue, known: Mapping[str, str]) -> str:
    oid = value.value if isinstance(value.value, str) else ""
    return known.get(oid, oid)


def _user_name(index: str) -> str:
    """Return the name in an index of two strings that carry their length: engine id and user (RFC 3414, section 5)."""
    numbers = [int(part) for part in index.split(".")]
    engine = numbers[0] if numbers else 0
    name = numbers[engine + 2 :]
    if len(numbers) < engine + 2 or len(name) != numbers[engine + 1] or any(number > 255 for number in name):
        raise Unreadable(f"not a row of usmUserTable: {index[:80]}")
    return bytes(name).decode("utf-8", "replace")
