"""Listening sockets and enabled units as hosts print them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.errors import Unreadable
from auditor.facts.services import SOCKETS, UNITS, Socket, enabled_units, listening
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


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_any_shell_reads_which_ports_clients_get(shell: str) -> None:
    """As the kernel has them, where /proc/sys can be read."""
    place = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if shutil.which(shell) is None or not place.exists():
        pytest.skip(f"needs {shell} and {place}")
    words = [shell, *["sh"] * (shell == "busybox"), "-c", SOCKETS.command]
    said = subprocess.run(words, capture_output=True, text=True, check=False)

    assert f"#== file range\n{place.read_text()}" in said.stdout


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


SYSTEMD = """in /etc/systemd/system
masked masked.service
masked sshd.service
local.service
in /run/systemd/system
in /usr/lib/systemd/system
ssh.service
telnet.socket
getty@.service
rsh@.socket
dbus.service
masked.service
masked rc.service
gdm.service
spaced\tname.service
"""
LINKS = """-rw-r--r-- 1 root root 120 Jan  1  2026 /etc/systemd/system/local.service
lrwxrwxrwx 1 root root   9 Jan  1  2026 /etc/systemd/system/masked.service -> /dev/null
lrwxrwxrwx 1 root root  31 Nov 20 10:00 /etc/systemd/system/sshd.service -> /lib/systemd/system/ssh.service
lrwxrwxrwx 1 root root  9 Jan 1 2026 /etc/systemd/system/getty.target.wants/getty@tty1.service -> /x/getty@.service
lrwxrwxrwx 1 root root  9 Jan 1 2026 /run/systemd/system/sockets.target.wants/rsh@1.socket -> /x/rsh@.socket
lrwxrwxrwx 1 root root  9 Jan 1 2026 /etc/systemd/system/multi-user.target.wants/masked.service -> /x/masked.service
lrwxrwxrwx 1 root root  9 Jan 1 2026 /etc/systemd/system/multi-user.target.wants/purged.service -> /x/purged.service
"""


def units(**parts: str) -> set[str]:
    """Return what starts with a host."""
    return set(fact(enabled_units, host(**parts)).names)


def test_a_link_enables_what_is_there_and_not_masked() -> None:
    """By its own name, or by an alias; a unit that merely exists, or is gone, or leads nowhere, does not start."""
    assert units(systemd=SYSTEMD, links=LINKS) == {"ssh", "getty", "rsh"}
    wanted = "lrwxrwxrwx 1 root root 9 Jan 1 2026 /etc/systemd/system/a.{}/x.service -> /x/{}\n"

    assert units(systemd=SYSTEMD, links=wanted.format("requires", "gdm.service")) == {"gdm"}
    assert units(systemd=SYSTEMD, links=wanted.format("upholds", "gdm.service")) == {"gdm"}
    assert units(systemd=SYSTEMD, links=wanted.format("wants", "gdm.service") + LINKS) == {"gdm", "ssh", "getty", "rsh"}


def test_the_first_folder_that_has_a_unit_decides() -> None:
    """A unit in /run is not masked when /etc has its own; a vendor's mask is one too."""
    wanted = "lrwxrwxrwx 1 root root 9 Jan 1 2026 /etc/systemd/system/a.wants/one.service -> ../one.service\n" + LINKS
    own = "in /etc/systemd/system\none.service\nin /run/systemd/system\nmasked one.service\n"

    assert "one" in units(systemd=own + SYSTEMD, links=wanted)
    assert "one" not in units(systemd=own.replace("\none", "\nmasked one", 1) + SYSTEMD, links=wanted)


def test_a_folder_that_may_not_be_listed_hides_what_starts() -> None:
    """Half a list would pass for a quiet host."""
    for hidden in ("hidden /etc/systemd/system\n", "hidden /etc/systemd/system/multi-user.target.wants\n"):
        assert "may not be listed" in str(refused(enabled_units, host(systemd=SYSTEMD + hidden, links=LINKS)))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("systemctl"), reason="only root can show systemd other files")
def test_systemd_itself_says_the_same(tmp_path: Path) -> None:
    """Over units of each kind, in a mount namespace where /etc/systemd/system is a folder of ours.

    But for the instances of a template without DefaultInstance=, which it starts and does not list.
    """
    vendor = next(folder for folder in ("/usr/lib/systemd/system", "/lib/systemd/system") if Path(folder).is_dir())
    wants, run = tmp_path / "etc" / "multi-user.target.wants", tmp_path / "run" / "sockets.target.wants"
    wants.mkdir(parents=True)
    run.mkdir(parents=True)
    install = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
    for name in ("enabled", "off", "masked-enabled", "template@", "by-alias"):
        (tmp_path / "etc" / f"{name}.service").write_text(install + "Alias=other-name.service\n" * (name == "by-alias"))
    (tmp_path / "etc" / "run-time.socket").write_text("[Socket]\nListenStream=1\n[Install]\nWantedBy=sockets.target\n")
    (tmp_path / "etc" / "other-name.service").symlink_to("/etc/systemd/system/by-alias.service")
    (tmp_path / "etc" / "empty.service").touch()
    (tmp_path / "etc" / "masked.service").symlink_to("/dev/null")
    for name in ("enabled", "masked", "empty", "gone", "template@1"):
        (wants / f"{name}.service").symlink_to(f"/etc/systemd/system/{re.sub('@.', '@', name)}.service")
    (run / "run-time.socket").symlink_to("/etc/systemd/system/run-time.socket")
    mounts = (
        "mount -t tmpfs none /run && mkdir -p /run/systemd/system && "
        f"mount --bind {tmp_path}/etc /etc/systemd/system && mount --bind {tmp_path}/run /run/systemd/system && "
        f"mount -t tmpfs none {vendor} || exit 9"
    )
    ours, theirs = (
        subprocess.run(
            ["/usr/bin/unshare", "-m", "/bin/sh", "-c", f"{mounts}; {command}"],
            capture_output=True,
            text=True,
            check=False,
        )
        for command in (
            UNITS.command,
            "systemctl --root=/ list-unit-files --no-legend --no-pager --type=service,socket",
        )
    )
    if 9 in (ours.returncode, theirs.returncode):
        pytest.skip("there are no mount namespaces here")
    named = re.findall(r"^(\S+?)(?:@\S*)?\.(?:service|socket) +enabled(?:-runtime)?\b", theirs.stdout, re.MULTILINE)

    without_scripts = re.sub(r"\n#== file sysv\n[^#]*", "\n#== file sysv\n", ours.stdout)
    assert {"enabled", "by-alias", "run-time"} == set(named)
    assert {*named, "template"} == set(fact(enabled_units, without_scripts).names)


def test_openrc_and_sysv() -> None:
    """A service without a runlevel does not start; K-links stop."""
    assert units(openrc=" sshd |      default\n telnetd |\n") == {"sshd"}
    assert units(sysv="/etc/rc2.d:\nS01ssh\nK01telnet\nREADME\n") == {"ssh"}


def test_init_scripts_start_under_systemd_unless_a_unit_replaces_them() -> None:
    """Systemd makes a unit of each script that a runlevel links; a unit of the same name, masked or not, goes first."""
    scripts = "/etc/rc2.d:\nS01vsftpd\nS01telnet\nS01ssh\nS01masked\nS01rc\nK01atftpd\n"
    made = SYSTEMD + "in /run/systemd/generator.late\nvsftpd.service\n"

    assert units(systemd=SYSTEMD, links=LINKS, sysv=scripts) == {"ssh", "getty", "rsh", "vsftpd", "telnet"}
    assert units(systemd=made, links=LINKS, sysv=scripts) == {"ssh", "getty", "rsh", "vsftpd", "telnet"}
    assert units(systemd=made, links=LINKS) == {"ssh", "getty", "rsh"}


def test_what_xinetd_would_start() -> None:
    """Its main file has services too; ids in the defaults switch others off; files with a dot are passed over."""
    service = "service {}\n{{\n\tid = {}\n\tdisable = {}\n}}\n"
    parts = {
        "systemd": "in /etc/systemd/system\nssh.service\n",
        "links": "lrwxrwxrwx 1 root root 1 Jan 1 00:00 /etc/systemd/system/a.wants/ssh.service -> /x/ssh.service\n",
        "/etc/xinetd.conf": "defaults\n{\n\tdisabled = echo-dgram time\n}\n" + service.format("time", "time", "no"),
        "/etc/xinetd.d/echo": service.format("echo", "echo-stream", "no") + service.format("echo", "echo-dgram", "no"),
        "/etc/xinetd.d/old.bak": service.format("finger", "finger", "no"),
        "/etc/xinetd.d/talk~": service.format("talk", "talk", "no"),
        "/etc/xinetd.d/chargen": service.format("chargen", "chargen", "yes") + "# service tftp\n#{\n#}\n",
    }

    assert fact(enabled_units, host(**parts)).by_inetd == {"echo"}
    only = {
        "/etc/xinetd.conf": "defaults {\n enabled = tftp\n}\n",
        "/etc/xinetd.d/tftp": service.format("tftp", "tftp", "no"),
    }
    assert fact(enabled_units, host(**{**parts, **only})).by_inetd == {"tftp"}


def test_inetd_and_xinetd() -> None:
    """Commented lines and disabled blocks do not count; a block without `disable` does."""
    inetd = "#telnet stream tcp nowait root /x y\nftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\n"
    tftp = "service tftp\n{\n disable = yes\n}\n"
    finger = "service finger\n{\n socket_type = stream\n}\n"
    parts = {"/etc/inetd.conf": inetd, "/etc/xinetd.d/tftp": tftp, "/etc/xinetd.d/finger": finger}

    assert units(**parts, systemd=SYSTEMD, links=LINKS) == {"ssh", "getty", "rsh", "ftp", "finger"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        host(),
        host(systemd=""),
        host(systemd=SYSTEMD),
        host(links=LINKS),
        "Failed to connect to bus",
        host(openrc="x\n"),
    ],
)
def test_no_list_is_not_no_service(text: str) -> None:
    """Every host starts something."""
    assert isinstance(refused(enabled_units, text), Unreadable)
