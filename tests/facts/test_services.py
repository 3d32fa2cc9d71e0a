"""Listening sockets and enabled units as hosts print them."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.services import Socket, enabled_units, listening
from tests.make import fact, refused

SS = """Netid State  Recv-Q Send-Q        Local Address:Port  Peer Address:Port
udp   UNCONN 0      0        127.0.0.53%lo:53         0.0.0.0:*
udp   UNCONN 0      0              0.0.0.0:68         0.0.0.0:*
udp   UNCONN 0      0      [fe80::1]%eth0:546            [::]:*
tcp   LISTEN 0      128            0.0.0.0:22         0.0.0.0:*
tcp   LISTEN 0      128               [::]:22            [::]:*
tcp   LISTEN 0      511                  *:80               *:*
tcp   LISTEN 0      100          [::1]:25             [::]:*
tcp   LISTEN 0      50   [::ffff:127.0.0.1]:8005        *:*
"""
ANY = "0.0.0.0"  # noqa: S104  (an address that is read, not bound to)
BOGUS = "Netid\ntcp LISTEN 0 128 bogus:22 x\n"
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


def host(**parts: str) -> str:
    """Return what a request prints, part by part."""
    return "".join(f"\n#== file {name.replace('_', '-')}\n{text}" for name, text in parts.items()) + "\n#== end\n"


def sockets(**parts: str) -> dict[str, bool]:
    """Return each socket's name and address, and whether it is on loopback only."""
    return {f"{s.name} {s.address}": s.loopback for s in fact(listening, host(**parts)).sockets}


def test_ss_addresses_zones_wildcards_and_mapped_loopback() -> None:
    """`127.0.0.53%lo`, `*`, brackets, and an IPv4 loopback written as IPv6."""
    assert sockets(ss=SS) == {
        "udp/53 127.0.0.53%lo": True,
        "udp/68 0.0.0.0": False,
        "udp/546 fe80::1%eth0": False,
        "tcp/22 0.0.0.0": False,
        "tcp/22 ::": False,
        "tcp/80 *": False,
        "tcp/25 ::1": True,
        "tcp/8005 ::ffff:127.0.0.1": True,
    }


def test_old_ss_writes_ipv6_without_brackets() -> None:
    """`:::22` is every address."""
    assert sockets(ss="Netid State\ntcp LISTEN 0 128 :::22 :::*\n") == {"tcp/22 ::": False}


def test_the_kernels_tables_where_ss_is_missing() -> None:
    """Little-endian words, listening state only, UDP included."""
    found = sockets(
        machine="x86_64\n",
        proc_tcp=HEAD + "   0: 0100007F:0019 00000000:0000 0A 0\n   1: 0A00A8C0:9AF2 507100CB:0050 01 0\n",
        proc_tcp6=HEAD + "   0: 00000000000000000000000000000000:0016 0000:0000 0A 0\n",
        proc_udp=HEAD + "  95: 00000000:0044 00000000:0000 07 0\n",
    )

    assert found == {"tcp/25 127.0.0.1": True, "tcp/22 ::": False, "udp/68 0.0.0.0": False}


def test_byte_order_decides_what_is_loopback() -> None:
    """10.0.0.127 on a PC reads 7F00000A, which on a mainframe is 127.0.0.10."""
    row = HEAD + "   0: 7F00000A:0016 00000000:0000 0A 0\n"

    assert sockets(machine="x86_64\n", proc_tcp=row) == {"tcp/22 10.0.0.127": False}
    assert sockets(machine="s390x\n", proc_tcp=row) == {"tcp/22 127.0.0.10": True}


def test_nothing_listens() -> None:
    """A table with its heading alone is an answer."""
    assert sockets(ss="Netid State Recv-Q\n") == {}


def test_the_range_of_ephemeral_ports() -> None:
    """As the kernel is set, or its default."""
    assert fact(listening, host(ss=SS, range="10000\t20000\n")).ephemeral == (10000, 20000)
    assert fact(listening, host(ss=SS)).ephemeral == (32768, 60999)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html/>",
        host(ss=""),
        host(ss=BOGUS),
        host(machine="x86_64\n"),
        host(ss=SS)[:50],
    ],
)
def test_no_table_is_not_no_socket(text: str) -> None:
    """Else a broken tool would pass for a quiet host."""
    assert isinstance(refused(listening, text), Unreadable)


def test_sockets_sort_and_compare() -> None:
    """The same socket seen twice is one."""
    assert fact(listening, host(ss=SS + SS)).sockets[0] == Socket("tcp", 22, ANY)


SYSTEMD = """ssh.service enabled enabled
telnet.socket disabled enabled
getty@.service enabled enabled
rsh@1.socket enabled-runtime enabled
dbus.service static -
masked.service masked enabled
"""


def units(**parts: str) -> set[str]:
    """Return what starts with a host."""
    return set(fact(enabled_units, host(**parts)).names)


def test_systemd_state_is_the_second_column() -> None:
    """The third is the vendor's preset: what is disabled stays disabled."""
    assert units(systemd=SYSTEMD) == {"ssh", "getty", "rsh"}


def test_openrc_and_sysv() -> None:
    """A service without a runlevel does not start; K-links stop."""
    assert units(openrc=" sshd |      default\n telnetd |\n") == {"sshd"}
    assert units(sysv="/etc/rc2.d:\nS01ssh\nK01telnet\nREADME\n") == {"ssh"}


def test_init_scripts_start_under_systemd_unless_a_unit_replaces_them() -> None:
    """Systemd makes a unit of each script that a runlevel links; a unit of the same name, masked or not, goes first."""
    scripts = "/etc/rc2.d:\nS01vsftpd\nS01telnet\nS01ssh\nS01masked\nK01atftpd\n"
    made = SYSTEMD + "vsftpd.service generated -\n"

    assert units(systemd=SYSTEMD, sysv=scripts) == {"ssh", "getty", "rsh", "vsftpd", "telnet"}
    assert units(systemd=made, sysv=scripts) == {"ssh", "getty", "rsh", "vsftpd", "telnet"}
    assert units(systemd=made) == {"ssh", "getty", "rsh"}


def test_inetd_and_xinetd() -> None:
    """Commented lines and disabled blocks do not count; a block without `disable` does."""
    inetd = "#telnet stream tcp nowait root /x y\nftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\n"
    tftp = "service tftp\n{\n disable = yes\n}\n"
    finger = "service finger\n{\n socket_type = stream\n}\n"
    parts = {"/etc/inetd.conf": inetd, "/etc/xinetd.d/tftp": tftp, "/etc/xinetd.d/finger": finger}

    assert units(**parts, systemd=SYSTEMD) == {"ssh", "getty", "rsh", "ftp", "finger"}


@pytest.mark.parametrize("text", ["", host(), host(systemd=""), "Failed to connect to bus", host(openrc="x\n")])
def test_no_list_is_not_no_service(text: str) -> None:
    """Every host starts something."""
    assert isinstance(refused(enabled_units, text), Unreadable)
