"""Which well-known communities an agent answers, by SNMPv2c and then v1: all are tried at once over one socket."""

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
    for version in (V2C, V1):
        if left := [word for word in words if word not in replies]:
            _try(udp, version, left, replies, until)
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


def _try(udp: Udp, version: int, words: Sequence[str], into: dict[str, str], until: float) -> None:
    asked = {secrets.randbits(31): word for word in words}

    def read(datagram: bytes) -> bool | None:
        spoken, found = read_community_message(datagram)
        if spoken == version and found.tag == RESPONSE and found.request_id in asked:
            into[asked[found.request_id]] = "refused" if found.status in _MAY_NOT_READ else "answered"
        return True if into.keys() >= set(words) else None

    requests = [
        community_message(version, word.encode(), pdu(GET, number, [SYSTEM_DESCRIPTION]))
        for number, word in asked.items()
    ]
    udp.ask(requests, read, until)
