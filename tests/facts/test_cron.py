"""What is read of cron and at: who may use them, what runs, and which programs root's jobs start."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.cron import Schedulers, schedulers
from auditor.facts.guarded import Guarded
from tests.make import fact, refused

CRONTAB = """\
SHELL=/bin/sh
# m h dom mon dow user command
17 * * * * root cd / && run-parts --report /etc/cron.hourly
25 6 * * * root test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )
@reboot root /bin/sh "/opt/start.sh" --fast >/dev/null
*/5 * * * * backup /opt/backup
0 1 * * * root
"""
DEBIAN = {"/etc/os-release": 'ID=debian\nNAME="Debian GNU/Linux"', "/etc/crontab": CRONTAB}
PROGRAMS = """\
|755|0|0|regular file|/usr/sbin/anacron
|755|0|0|directory|/etc/cron.daily
|644|0|0|regular file|/opt/start.sh
|755|1000|1000|directory|/opt
|775|0|50|regular file|/opt/backup
|755|0|0|regular file|/bin/sh
"""
SCRIPTS = "|755|0|0|regular file|/etc/cron.daily/logrotate\n"


def text(
    files: dict[str, str],
    installed: str = "/usr/sbin/cron",
    more: str = "",
    seen: str = "seen",
    programs: str = PROGRAMS,
) -> str:
    """Return what the request prints on a host with these files."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.split("\n")) for path, content in files.items()
    )
    there = "".join(f"|{path}\n" for path in installed.split())
    return (
        f"[processes {seen}]\n[running]\n|cron\n[installed]\n{there}{more}{shown}[programs]\n{programs}"
        f"[scripts]\n{SCRIPTS}[end]\n"
    )


def host(files: dict[str, str], installed: str = "/usr/sbin/cron", more: str = "", seen: str = "seen") -> Schedulers:
    read = fact(schedulers, text(files, installed, more, seen))
    assert isinstance(read, Schedulers)
    return read


@pytest.mark.parametrize(
    ("release", "installed", "more", "kind"),
    [
        ("ID=debian", "/usr/sbin/cron", "", "debian"),
        ("ID=ubuntu\nID_LIKE=debian", "/usr/sbin/cron", "", "debian"),
        ("ID=debian", "/usr/sbin/crond", "", "unknown"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "/usr/sbin/crond", "", "cronie"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"', "/usr/sbin/cron", "", "cronie"),
        ("ID=alpine", "/usr/sbin/crond", "[busybox]\n", "busybox"),
        ("ID=alpine", "/usr/sbin/crond", "", "unknown"),
        ("ID=debian", "/lib/systemd/system-generators/systemd-crontab-generator", "", "systemd-cron"),
        ("ID=debian", "", "", ""),
    ],
)
def test_which_cron_it_is(release: str, installed: str, more: str, kind: str):
    """They differ in whom they let in where there is no list."""
    assert host({"/etc/os-release": release}, installed, more).cron == kind


def test_lists():
    """One name a line; an empty file is a list of nobody."""
    read = host({**DEBIAN, "/etc/cron.allow": "alice\n\n bob \n", "/etc/at.deny": ""})

    assert read.lists == {"/etc/cron.allow": ("alice", "bob"), "/etc/at.deny": ()}


def test_jobs_and_the_programs_that_they_start():
    """Variables and comments are none; a folder is no program; a script need not be executable for its interpreter."""
    read = host(DEBIAN)

    assert [job.user for job in read.jobs] == ["root", "root", "root", "backup"]
    assert list(read.started()) == ["/usr/sbin/anacron", "/bin/sh", "/opt/start.sh", "/etc/cron.daily/logrotate"]
    assert read.programs["/opt/backup"] == Guarded("/opt/backup", 0, 50, 0o775)


def test_debian_passes_over_names_with_a_dot():
    """Others do not."""
    files = {"/etc/cron.d/old.bak": "1 1 1 1 1 root /opt/backup", "/etc/cron.d/own": "1 1 1 1 1 root /bin/sh"}

    assert [job.command for job in host({**files, "/etc/os-release": "ID=debian"}).jobs] == ["/bin/sh"]
    assert len(host({**files, "/etc/os-release": "ID=fedora"}, "/usr/sbin/crond").jobs) == 2


def test_hidden_processes_are_not_none():
    """Nor are hidden files."""
    assert host(DEBIAN, seen="hidden").running is None
    assert host(DEBIAN).running == {"cron"}
    assert host(DEBIAN, more="[unread /etc/cron.allow]\n").unread == ("/etc/cron.allow",)


def test_what_is_no_file_is_unreadable():
    """A stat that does not know the options."""
    assert isinstance(refused(schedulers, text(DEBIAN, programs="|stat: bad\n")), Unreadable)
