"""`auditor discover` looks at admitted addresses and at no print port; seen from the other side."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network

import pytest

from auditor.errors import OutOfScope, UsageError
from auditor.transports.scope import Scope
from auditor.transports.sweep import admitted, sweep

HOSTS = ("127.77.3.4", "127.77.3.5", "127.77.3.6", "127.77.3.7")


@pytest.fixture
def listening() -> Iterator[dict[str, socket.socket]]:
    """Return sockets that four neighbours listen on, at one port, by address."""
    with ExitStack() as stack:
        first = stack.enter_context(socket.create_server((HOSTS[0], 0)))
        port = first.getsockname()[1]
        others = {host: stack.enter_context(socket.create_server((host, port))) for host in HOSTS[1:]}
        for server in (first, *others.values()):
            server.setblocking(False)
        yield {HOSTS[0]: first, **others}


def visited(server: socket.socket) -> bool:
    """Whether anybody connected."""
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.lab
@pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed")
def test_only_admitted_addresses_are_looked_at(listening: dict[str, socket.socket]) -> None:
    """A network is named whole; what the scope denies in it gets no packet."""
    port = listening[HOSTS[0]].getsockname()[1]
    scope = Scope(allow=(ip_network("127.77.3.0/24"),), deny=(ip_network("127.77.3.6/32"),))

    text = sweep(["127.77.3.4/30"], str(port), scope)

    assert [visited(server) for server in listening.values()] == [True, True, False, True]
    assert all(f'addr="{host}"' in text for host in HOSTS if host != "127.77.3.6")
    assert "127.77.3.6" not in text


def test_the_fewest_networks_hold_what_is_admitted() -> None:
    """And not one address more."""
    scope = Scope(deny=(ip_network("192.0.2.6/32"),))

    found = admitted([ip_network("192.0.2.0/29")], scope)

    assert [str(one) for one in found] == ["192.0.2.0/30", "192.0.2.4/31", "192.0.2.7/32"]


@pytest.mark.parametrize("ports", ["9100", "22,9107", "9000-9200", "1-65535"])
def test_raw_print_ports_are_not_looked_at(ports: str) -> None:
    """Nobody knows yet which of the hosts is a printer; what is sent there comes out on paper."""
    with pytest.raises(UsageError, match="9100-9107 are raw print ports"):
        sweep(["127.0.0.1"], ports, Scope())


@pytest.mark.parametrize(
    ("networks", "ports", "said"),
    [
        (["nonsense"], "22", "is no address and no network"),
        (["192.0.2.1/24"], "22", "write 192.0.2.0/24"),
        (["192.0.2.0/24", "2001:db8::/120"], "22", "name them in two"),
        (["10.0.0.0/8"], "22", "more than 65536 addresses"),
        (["192.0.2.1"], "22; id", "not a list of ports"),
        (["192.0.2.1"], "-oN x", "not a list of ports"),
        (["192.0.2.1"], "0", "not ports from 1 to 65535"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(networks: list[str], ports: str, said: str) -> None:
    """Before nmap is started."""
    with pytest.raises(UsageError, match=said):
        sweep(networks, ports, Scope())


def test_nothing_admitted_is_out_of_scope() -> None:
    """And says where the scope stands."""
    with pytest.raises(OutOfScope, match="the scope admits no address of 192"):
        sweep(["192.0.2.0/30"], "22", Scope(allow=(ip_network("127.0.0.0/8"),)))
