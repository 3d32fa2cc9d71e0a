"""What is read of an OpenSSH server, from what Debian 12's sshd 9.2 printed and from changes of it."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.sections import sections
from auditor.facts.ssh import SshServer, openssh, openssh_as_root
from auditor.facts.ssh_config import could_be, words, written_lines
from auditor.facts.ssh_settings import SshSettings, settings
from tests.lab.sshd import SSHD, Sshd
from tests.make import fact, refused

DEBIAN = (Path(__file__).parent / "recorded" / "ssh_debian12.txt").read_text()
MAIN = "/etc/ssh/sshd_config"


def server(text: str = DEBIAN) -> SshServer:
    read = fact(openssh_as_root, text)
    assert isinstance(read, SshServer)
    return read


def with_files(files: dict[str, str], *, unread: str = "") -> str:
    """Return the recorded answer with other configuration files in it."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in text.splitlines()) + "\n" for path, text in files.items()
    )
    shown += f"[unread {unread}]\n" if unread else ""
    before, rest = DEBIAN.split(f"[file {MAIN}]")
    return before + shown + rest[rest.index("[processes") :]


def with_daemon(line: str, *, where: str = "here", uid: int = 0) -> str:
    """Return the recorded answer with a process in it."""
    return DEBIAN.replace("[end]", f"[daemon sshd {where} {uid}]\n|{line}\n\n[end]")


def shown(text: str) -> SshSettings:
    """Return the settings that these lines of configuration set."""
    return settings({line.keyword: (" ".join(line.arguments),) for line in written_lines({MAIN: (text,)}, MAIN)})


def test_reads_the_recorded_server():
    """Debian 12 as installed: typed values, times in seconds, lists in order."""
    read = server()

    assert (
        read.settings.root_login,
        read.settings.password_login,
        read.settings.keyboard_interactive,
        read.settings.max_tries,
        read.settings.login_grace,
    ) == ("prohibit-password", True, False, 6, 120)
    assert read.settings.max_startups == (10, 30, 100)
    assert (read.settings.ciphers or ())[0] == "chacha20-poly1305@openssh.com"
    assert (read.version, read.running, read.matches) == ((9, 2), False, ())


def test_lists_that_the_server_leaves_out_are_empty():
    """Sshd -T prints no AllowUsers line when there is none: that is an empty list, not an unknown one."""
    assert (server().settings.allow_users, server().settings.deny_groups) == ((), ())


def test_lists_that_stand_on_several_lines_are_collected():
    """Sshd -T prints one user a line; a dictionary of lines would keep the last one only."""
    text = DEBIAN.replace("|banner none", "|allowusers alice\n|allowusers Bob\n|banner none")

    assert server(text).settings.allow_users == ("alice", "Bob")


def test_root_has_a_view_of_its_own():
    """A Match block for root shows only in the view with user=root."""
    before, root = DEBIAN.split("[view root 0]")
    text = f"{before}[view root 0]{root.replace('permitrootlogin without-password', 'permitrootlogin yes')}"

    assert server(text).for_root is not None
    assert server(text).for_root.root_login == "yes"
    assert server(text).settings.root_login == "prohibit-password"


def test_warnings_between_the_settings_are_passed_over():
    """Sshd writes complaints to the same place; a path is not a keyword."""
    text = DEBIAN.replace("|port 22", f"|{MAIN} line 2: Deprecated option UsePrivilegeSeparation\n|port 22")

    assert server(DEBIAN) == server(text)


def test_old_releases_show_two_names_of_one_setting():
    """Keyboard-interactive is on when either name says so (before 8.7)."""
    text = DEBIAN.replace("|banner none", "|challengeresponseauthentication yes\n|banner none")

    assert server(text).settings.keyboard_interactive is True


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("OpenSSH_9.2, OpenSSL 3.0.19 27 Jan 2026", (9, 2)),
        ("unknown option -- V\n|OpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w", (8, 4)),
        ("sshd: illegal option -- V\n|OpenSSH_7.4p1, OpenSSL 1.0.2k-fips", (7, 4)),
        ("something else", None),
    ],
)
def test_version_is_read_whether_or_not_the_option_is_known(banner: str, version: tuple[int, int] | None):
    """Before 9.2 sshd complains about -V and names itself while doing so."""
    assert version == server(DEBIAN.replace("OpenSSH_9.2, OpenSSL 3.0.19 27 Jan 2026", banner)).version


def test_options_on_the_command_line_come_first():
    """RHEL 8 gives the cipher policy on the daemon's command line, where sshd -T does not see it."""
    text = with_daemon(
        "/usr/sbin/sshd -D -oCiphers=aes256-gcm@openssh.com,aes256-ctr -o MaxAuthTries=3 -oLoginGraceTime=1m"
    )
    read = server(text)

    assert (
        read.settings.ciphers,
        read.settings.max_tries,
        read.settings.login_grace,
    ) == (("aes256-gcm@openssh.com", "aes256-ctr"), 3, 60)
    assert read.running is True


def test_a_list_relative_to_the_default_on_the_command_line_is_not_known():
    """`+` adds to a default that is not shown, so the result is not shown either."""
    assert server(with_daemon("/usr/sbin/sshd -D -oCiphers=+aes128-cbc")).settings.ciphers is None


@pytest.mark.parametrize(
    ("line", "where", "uid", "running"),
    [
        ("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "here", 0, True),
        ("/usr/sbin/sshd", "here", 0, True),
        ("sshd: alice [priv]", "here", 0, False),
        ("sshd: alice@pts/0", "here", 1000, False),
        ("/usr/sbin/sshd -D", "elsewhere", 0, False),
        ("/usr/sbin/sshd -D -oPermitRootLogin=no", "here", 1000, False),
    ],
)
def test_only_the_systems_own_listener_counts_as_running(line: str, where: str, uid: int, running: bool):  # noqa: FBT001
    """Sessions, containers' daemons and what a user calls sshd are not the server."""
    read = server(with_daemon(line, where=where, uid=uid))

    assert (running, "prohibit-password") == (read.running, read.settings.root_login)


def test_running_is_unknown_where_processes_are_hidden():
    """With hidepid an empty list proves nothing."""
    assert server(DEBIAN.replace("[processes seen]", "[processes hidden]")).running is None


def test_a_daemon_with_a_configuration_of_its_own_is_named():
    """Its settings are not those of the system's file, and its options do not count for it."""
    read = server(with_daemon("/usr/sbin/sshd -D -f /etc/ssh/sftp_config -oPermitRootLogin=yes"))

    assert (read.others, read.settings.root_login) == (("/etc/ssh/sftp_config",), "prohibit-password")
    assert read.running is False


def test_match_blocks_follow_includes_and_end_with_their_file():
    """An included file's Match block ends with that file; an Include within a Match is under its condition."""
    read = server(
        with_files(
            {
                MAIN: "Include sshd_config.d/*.conf\nMaxAuthTries 3\nMatch Group sftp\n  Include /etc/ssh/sftp.inc\n",
                "/etc/ssh/sshd_config.d/10.conf": 'Match User "backup"\n  PermitRootLogin yes # restore\n',
                "/etc/ssh/sftp.inc": "X11Forwarding=yes",
            }
        )
    )

    assert [(match.criteria, match.settings.root_login, match.settings.x11_forwarding) for match in read.matches] == [
        ("Match User backup", "yes", None),
        ("Match Group sftp", None, True),
    ]
    assert [line.max_tries for line in read.written] == [3]


def test_match_all_is_no_condition():
    """Sshd itself applies Match all in every view, so it is left to the views."""
    assert server(with_files({MAIN: "Match all\nPermitRootLogin no\n"})).matches == ()


def test_a_file_that_cannot_be_read_is_named():
    """A Match block could stand in it."""
    text = with_files({MAIN: ""}, unread="/etc/ssh/sshd_config.d/50-cloud-init.conf")

    assert server(text).unread == ("/etc/ssh/sshd_config.d/50-cloud-init.conf",)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("PermitRootLogin without-password", "root_login", "prohibit-password"),
        ("permitrootlogin=NO", "root_login", "no"),
        ("LoginGraceTime 1h30m", "login_grace", 5400),
        ("LoginGraceTime 2m # minutes", "login_grace", 120),
        ("LoginGraceTime soon", "login_grace", None),
        ("MaxStartups 5", "max_startups", (5, 100, 5)),
        ("MaxStartups 10:30", "max_startups", None),
        ("Ciphers -*-cbc", "ciphers", ()),
        ("Ciphers AES256-CTR,aes128-ctr", "ciphers", ("aes256-ctr", "aes128-ctr")),
        ("AllowTcpForwarding all", "tcp_forwarding", "yes"),
        ('Banner "/etc/is sue"', "banner", "/etc/is sue"),
        ("#PermitRootLogin no", "root_login", None),
        ("  \tUsePAM\tyes", "pam", True),
        ("IgnoreRhosts shosts-only", "ignore_rhosts", "shosts-only"),
    ],
)
def test_lines_as_people_write_them(line: str, field: str, value: object):
    """Case, `=`, quotes, comments, units: as sshd reads them."""
    assert value == getattr(shown(line), field)


@pytest.mark.parametrize(
    ("criteria", "could"),
    [
        ("User root", True),
        ("User alice", False),
        ("user=*,!root", False),
        ("User r??t,bob Address 10.0.0.0/8", True),
        ("Address 10.0.0.0/8", True),
        ("User [r]oot", False),
        ("Invalid-User", False),
    ],
)
def test_who_a_match_block_could_hold_for(criteria: str, could: bool):  # noqa: FBT001
    """Pattern lists: a negated match refuses, and a bracket is a letter."""
    assert could == could_be((criteria,), "root")


def test_words_end_at_a_comment():
    """A `#` inside a word is part of it."""
    assert words('a#b "c d" e # f') == ("a#b", "c d", "e")


def test_a_host_without_a_server_has_none():
    """No program and no daemon."""
    text = "[sshd ]\n[main /etc/ssh/sshd_config]\n[processes seen]\n[end]\n"

    assert isinstance(refused(openssh_as_root, text), NotPresent)


def test_another_ssh_daemon_is_not_absence():
    """Dropbear serves SSH, and nothing tells its settings."""
    text = "[sshd ]\n[main /etc/ssh/sshd_config]\n[processes seen]\n[daemon dropbear here 0]\n|dropbear -R\n[end]\n"

    assert "dropbear runs here" in str(refused(openssh_as_root, text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "stops before its end"),
        ("<html><body>502 Bad Gateway</body></html>", "was not asked for"),
        (DEBIAN[: len(DEBIAN) // 2], "stops before its end"),
        (DEBIAN.replace("|permitrootlogin without-password\n", ""), "permitrootlogin not shown"),
        (
            (
                "[sshd /usr/sbin/sshd]\n[version]\n[view auditor-nobody 1]\n|sshd: no hostkeys available -- exiting.\n"
                "[view root 1]\n|sshd: no hostkeys available -- exiting.\n[main x]\n[processes seen]\n[end]\n"
            ),
            "no hostkeys available",
        ),
        (
            (
                "[sshd /usr/sbin/sshd]\n[version]\n[view auditor-nobody 255]\n|Missing privilege separation directory: "
                "/run/sshd\n[view root 255]\n|Missing\n[main x]\n[processes seen]\n[end]\n"
            ),
            "Missing privilege separation directory",
        ),
    ],
)
def test_anything_else_is_unknown_with_a_reason(text: str, reason: str):
    """Never a server full of defaults."""
    why = refused(openssh_as_root, text)

    assert isinstance(why, Unreadable)
    assert reason in str(why)


@pytest.mark.lab
@pytest.mark.skipif(SSHD is None, reason="sshd is not installed")
@pytest.mark.parametrize("shell", [one for one in ("dash", "bash", "busybox", "mksh", "ksh") if shutil.which(one)])
def test_a_daemon_is_told_apart_from_what_sshd_does_at_the_moment(shell: str) -> None:
    """Its sessions are no daemons, and neither is an sshd that is asked for its settings."""
    command = [str(shutil.which(shell)), *(["ash"] if shell == "busybox" else []), "-c", openssh.requests[0].command]
    with Sshd(key_types=("ed25519",)) as running:
        asking = subprocess.Popen(
            [str(SSHD), "-T", "-f", "/dev/stdin"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        knocking = socket.create_connection(("127.0.0.1", running.port))
        try:
            assert knocking.recv(4) == b"SSH-"
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
        finally:
            knocking.close()
            asking.communicate(b"")
        daemons = [part for part in sections(done.stdout).named("daemon") if str(running.folder) in "".join(part.lines)]

    (daemon,) = daemons
    assert daemon.lines[0].rstrip().endswith(("[listener]", "log"))
    assert not [line for part in sections(done.stdout).named("daemon") for line in part.lines if "/dev/stdin" in line]
    assert daemon.words.split()[:2] == ["sshd", "here" if os.geteuid() == 0 else "unknown"]


def test_root_as_anybody_has_the_same_settings() -> None:
    """Where no Match block could tell them apart, sshd is not asked twice."""
    same = re.sub(r"\[view root 0\]\n(\|.*\n)*", "[view root as auditor-nobody]\n", DEBIAN)
    found = fact(openssh, same)

    assert "[view root 0]" in DEBIAN
    assert found.for_root == found.settings
