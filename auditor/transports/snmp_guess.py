"""Which well-known communities an agent answers, by SNMPv2c or v1: all are tried at once over one socket."""

import secrets
from collections.abc import Sequence
from typing import Final

from auditor.errors import Unreachable
from auditor.transports.snmp_links import discover, silence
from auditor.transports.snmp_message import GET, RESPONSE, V1, V2C, community_message, pdu, read_community_message
from auditor.transports.snmp_udp import Udp

SYSTEM_DESCRIPTION: Final = "1.3.6.1.2.1.1.1.0"
_MAY_NOT_READ: Final = frozenset({6, 16})  # noAccess, authorizationError: RFC 3416, section 3


def guess(udp: Udp, words: Sequence[str], until: float) -> dict[str, str]:
    """Return for each community `answered`, `refused` or `silent`: what a GET of sysDescr.0 with it brought."""
    replies: dict[str, str] = {}
    asked = {secrets.randbits(31): (version, word) for version in (V2C, V1) for word in words}

    def read(datagram: bytes) -> bool | None:
        spoken, found = read_community_message(datagram)
        version, word = asked.get(found.request_id, (-1, ""))
        if spoken == version and found.tag == RESPONSE and replies.get(word) != "answered":
            replies[word] = "refused" if found.status in _MAY_NOT_READ else "answered"
        return True if len(replies) == len(set(words)) else None

    requests = [
        community_message(version, word.encode(), pdu(GET, number, [SYSTEM_DESCRIPTION]))
        for number, (version, word) in asked.items()
    ]
    udp.ask(requests, read, until)
    return {word: replies.get(word, "silent") for word in words}


def sign_of_life(udp: Udp, until: float) -> str:
    """Return how an agent that answers no community shows that it is there. Raises Unreachable when it does not."""
    if udp.closed:
        raise silence(udp)
    if discover(udp, until) is not None:
        return "it answered the discovery of its SNMPv3 engine"
    raise Unreachable(
        f"{udp.name} answered none of the communities and no discovery: an access list, other communities and a dead "
        "host look the same from here"
    )
