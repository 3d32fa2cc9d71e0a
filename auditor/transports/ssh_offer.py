"""Answer what an SSH server says before anybody logs in: from the session that other requests have, or from none."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from auditor.errors import CollectionError
from auditor.model.asset import Access
from auditor.model.probe import Answer, KeyExchange, Request
from auditor.transports.ssh_login import Greeting

# paramiko's names for the lists of a KEXINIT, which say "server" and "client" for who sends, and the RFC's.
_LISTS: Final = {
    "kex_algo_list": "kex_algorithms",
    "server_key_algo_list": "server_host_key_algorithms",
    "client_encrypt_algo_list": "encryption_algorithms_client_to_server",
    "server_encrypt_algo_list": "encryption_algorithms_server_to_client",
    "client_mac_algo_list": "mac_algorithms_client_to_server",
    "server_mac_algo_list": "mac_algorithms_server_to_client",
}

Ask = Callable[[Sequence[Request], Greeting], list[Answer]]
Greet = Callable[[Greeting], None]


def with_greeting(access: Access, requests: Sequence[Request], ask: Ask, greet: Greet) -> list[Answer]:
    """Return one answer a request, in their order: those to KeyExchange from the greeting, all others by `ask`.

    `greet` connects where there is nothing else to ask. Raises CollectionError as they do, unless the greeting was
    asked for and is of a server with which no agreement is possible: then that is the reason of the other answers. A
    server that could prove who it is and did not, or that lets nobody in, gives no answer at all.
    """
    others = [request for request in requests if not isinstance(request, KeyExchange)]
    greeting, began, asked_at = Greeting(), time.monotonic(), datetime.now(UTC)
    if len(others) == len(requests):
        return ask(others, greeting)
    answers: list[Answer] = []
    why = ""
    try:
        if others:
            answers = ask(others, greeting)
        else:
            greet(greeting)
    except CollectionError as failure:
        if greeting.agreed or not greeting.offer:
            raise
        why = str(failure)
        answers = [_unanswered(access, request, asked_at, why) for request in others]
    if access.legacy and not greeting.offer:
        why = _heard(greeting, greet)
    waiting = iter(answers)
    told = (why, asked_at, time.monotonic() - began)
    return [
        _told(access, request, greeting, *told) if isinstance(request, KeyExchange) else next(waiting)
        for request in requests
    ]


def _heard(greeting: Greeting, greet: Greet) -> str:
    """Connect for the greeting alone; return why it did not come, or nothing."""
    try:
        greet(greeting)
    except CollectionError as why:
        return str(why)
    return ""


def _told(
    access: Access, request: KeyExchange, greeting: Greeting, why: str, asked_at: datetime, seconds: float
) -> Answer:
    lists = [f"{name} {','.join(greeting.offer[ours])}" for ours, name in _LISTS.items() if ours in greeting.offer]
    text = "\n".join([f"port {greeting.port}", f"version {greeting.version}", *lists, "[end]", ""])
    printable = "\n".join(line if line.isprintable() else _shown(line) for line in text.split("\n"))
    problem = "" if lists else why or "the server said nothing before the log-in"
    if len(printable.encode()) > request.limits.bytes:
        problem = f"the server's lists are longer than {request.limits.bytes} bytes"
    return Answer(
        request=request,
        channel=access.channel,
        asked_at=asked_at,
        text="" if problem else printable,
        problem=problem,
        seconds=seconds,
        privilege="nobody",
    )


def _shown(line: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _unanswered(access: Access, request: Request, asked_at: datetime, problem: str) -> Answer:
    return Answer(request=request, channel=access.channel, asked_at=asked_at, problem=problem)
