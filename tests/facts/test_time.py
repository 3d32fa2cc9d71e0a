"""What is read of a host's time keeping."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.time import TimeKeeping, time_keeping
from tests.make import fact, refused

FULL = "000001ffffffffff"
DOCKER = "00000000a80425fb"
TRACKING = "C0000201,192.0.2.1,3,1763780000.1,0.0001,0.0,0.0,-5.1,0.0,0.02,0.03,0.001,64.5,{}"


def text(*daemons: str, may: str = FULL, processes: str = "seen", said: str = "", **files: str) -> str:
    """Return an answer with these daemons running, programs' words, and files (`__` stands for a slash)."""
    shown = "".join(
        f"[file /{path.replace('__', '/').replace('_conf', '.conf').replace('_sources', '.sources')}]\n"
        + "".join(f"|{line}\n" for line in content.splitlines())
        for path, content in files.items()
    )
    running = "".join(f"|{name}\n" for name in daemons)
    return f"[processes {processes}]\n[may {may}]\n[running]\n{running}{said}{shown}[end]\n"


def keeping(*daemons: str, **given: str) -> TimeKeeping:
    read = fact(time_keeping, text(*daemons, **given))
    assert isinstance(read, TimeKeeping)
    return read


def chronyc(leap: str) -> str:
    return f"[chronyc 0]\n|{TRACKING.format(leap)}\n"


KERNEL_SAYS_NO = "[timedatectl 0]\n|NTPSynchronized=no\n"
KERNEL_SAYS_YES = "[timedatectl 0]\n|NTPSynchronized=yes\n"


@pytest.mark.parametrize(
    ("daemon", "said", "right"),
    [
        ("chronyd", chronyc("Normal"), True),
        ("chronyd", chronyc("Insert second"), True),
        ("chronyd", chronyc("Not synchronised"), False),
        ("chronyd", chronyc("Normal") + KERNEL_SAYS_NO, True),
        ("chronyd", "[chronyc 1]\n|506 Cannot talk to daemon\n", None),
        ("chronyd", "[chronyc 1]\n|506 Cannot talk to daemon\n" + KERNEL_SAYS_YES, True),
        ("systemd-timesyn", KERNEL_SAYS_YES, True),
        ("systemd-timesyn", KERNEL_SAYS_NO, False),
        ("systemd-timesyn", chronyc("Normal") + KERNEL_SAYS_NO, False),
        ("ntpd", "[ntpq 0]\n|associd=0 status=0615 leap_none, sync_ntp, 1 event,\n|stratum=3, refid=192.0.2.1\n", True),
        ("ntpd", "[ntpq 0]\n|associd=0 status=c016 leap_alarm, sync_unspec, 1 event\n|stratum=16\n", False),
        ("ntpd", "[ntpq 1]\n|ntpq: read: Connection refused\n", None),
    ],
)
def test_the_daemon_that_runs_says_whether_the_clock_is_right(daemon: str, said: str, right: bool | None):  # noqa: FBT001
    """Chrony without rtcsync leaves the kernel's flag off, and a stopped chrony's words count for nothing."""
    assert right is keeping(daemon, said=said).synchronised


def test_nothing_keeps_the_time():
    """No daemon and no word from the kernel."""
    read = keeping()

    assert (frozenset(), False) == (read.daemons, read.synchronised)


def test_hidden_processes_prove_nothing():
    """With hidepid an empty list is not an empty list."""
    read = keeping(processes="hidden")

    assert (read.daemons, read.synchronised) == (None, None)


def test_a_container_has_no_clock_of_its_own():
    """Its init may not set the time (capabilities(7), CAP_SYS_TIME)."""
    assert isinstance(refused(time_keeping, text("chronyd", may=DOCKER)), NotPresent)


def test_chrony_follows_its_directives():
    """Comments start lines in four ways; folders count only where the main file names them; options are not servers."""
    read = keeping(
        "chronyd",
        etc__chrony__chrony_conf=(
            "! server old.example\n%server older.example\nPOOL 2.debian.pool.ntp.org iburst\n"
            "sourcedir /run/chrony-dhcp\nconfdir /etc/chrony/conf.d\nrefclock PHC /dev/ptp0"
        ),
        etc__chrony__conf_d__corp_conf="server NTP1.example key 7",
    )
    unused = keeping(
        "chronyd",
        etc__chrony_conf="server 192.0.2.1",
        etc__chrony__sources_d__left_sources="server 198.51.100.1",
    )

    assert read.servers == ("2.debian.pool.ntp.org", "refclock PHC")
    assert unused.servers == ("192.0.2.1",)


def test_chrony_reads_a_folder_that_it_names():
    """The folder's files, in the order of their names."""
    shown = text("chronyd", etc__chrony_conf="confdir /etc/chrony.d").replace(
        "[end]", "[file /etc/chrony.d/20.conf]\n|server b\n[file /etc/chrony.d/10.conf]\n|server a\n[end]"
    )
    read = fact(time_keeping, shown)
    assert isinstance(read, TimeKeeping)

    assert read.servers == ("a", "b")


def test_a_file_out_of_sight_is_named():
    """An include that leads elsewhere may name more servers."""
    assert keeping("chronyd", etc__chrony_conf="server a\ninclude /srv/ntp.conf").unread == ("/srv/ntp.conf",)


def test_a_hosts_own_clock_is_no_server():
    """Ntpd's driver 127.127.1.0 is the undisciplined local clock."""
    read = keeping("ntpd", etc__ntp_conf="server 127.127.1.0\nserver -4 Ntp.example iburst # ours\n#server x")

    assert read.servers == ("ntp.example",)


def test_only_the_configuration_of_the_running_daemon_counts():
    """An old ntp.conf names nobody whom chrony asks."""
    assert keeping("chronyd", etc__chrony_conf="server a", etc__ntp_conf="server b").servers == ("a",)


def test_an_installed_daemon_is_configured_though_it_does_not_run():
    """Only what is installed counts: a file that another package left behind configures nothing."""
    files = {"etc__chrony__chrony_conf": "server ntp1.example\n", "etc__ntp_conf": "server old.example\n"}
    read = keeping(said="[installed chronyd]\n", **files)

    assert ((), ("ntp1.example",)) == (read.servers, read.configured)


def test_timesyncd_says_what_is_in_force():
    """Servers from the link come from DHCP and stand in no file."""
    said = (
        "[timesync 0]\n|LinkNTPServers=192.0.2.9\n|SystemNTPServers=ntp.example\n|FallbackNTPServers=ntp.ubuntu.com\n"
    )

    assert keeping("systemd-timesyn", said=said).servers == ("ntp.example", "192.0.2.9")


def test_timesyncd_as_written():
    """Lists are collected, an empty one starts anew, other sections do not count."""
    read = keeping("systemd-timesyn", etc__systemd__timesyncd_conf="[Time]\nNTP=a\nNTP=\nNTP = b c\n[Other]\nNTP=d")

    assert read.servers == ("b", "c")


def test_timesyncd_without_a_word_uses_what_it_was_built_with():
    """Which differs between distributions."""
    assert keeping("systemd-timesyn").unread == ("the servers that timesyncd was built with",)


@pytest.mark.parametrize("broken", ["", "<html>", "[processes seen]\n[may ff]\n", "[may ffffffffff]\n[end]\n"])
def test_anything_else_is_unknown(broken: str):
    """Half an answer or another one."""
    assert isinstance(refused(time_keeping, broken), Unreadable)
