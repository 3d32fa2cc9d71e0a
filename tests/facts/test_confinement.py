"""What is read of AppArmor and SELinux."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.confinement import AppArmor, Confinement, SeLinux, apparmor, confinement, selinux
from tests.make import fact, refused

KERNEL = "[kernel]\n"
UBUNTU = f"""[apparmor Y]
[profiles]
|/usr/bin/man (enforce)
|/usr/sbin/cups-browsed (complain)
|Discord (unconfined)
|snap.firefox.hook.configure (enforce)
[attached]
|/usr/bin/man
|/usr/sbin/cups-browsed
|/{{,usr/}}{{,s}}bin/ping
|/opt/Discord/**
|/usr/lib/snapd/snap-confine
{KERNEL}[loose]
|/usr/bin/bash
|/usr/sbin/cups-browsed (deleted)
|/usr/bin/ping
|/opt/Discord/a/Discord
[end]
"""
CONFIG = "[file /etc/selinux/config]\n|# SELINUX=disabled\n|SELINUX=enforcing\n|SELINUXTYPE=targeted\n"
RHEL = f"[selinux 1]\n[permissive httpd_t]\n{CONFIG}{KERNEL}[loose]\n|service /opt/agent/bin/agent\n[end]\n"


def armor(text: str = UBUNTU) -> AppArmor:
    read = fact(apparmor, text)
    assert isinstance(read, AppArmor)
    return read


def se(text: str = RHEL) -> SeLinux:
    read = fact(selinux, text)
    assert isinstance(read, SeLinux)
    return read


def test_each_profile_has_a_mode() -> None:
    """Names may hold blanks and brackets; the mode stands last."""
    read = armor(UBUNTU.replace("|Discord (unconfined)", "|a (b) c (kill)"))

    assert ("enforce", "complain", "kill") == (read.profiles["/usr/bin/man"], *list(read.profiles.values())[1:3])
    assert "a (b) c" in read.profiles


@pytest.mark.parametrize(
    ("attachment", "path", "meant"),
    [
        ("/usr/bin/man", "/usr/bin/man", True),
        ("/usr/bin/man", "/usr/bin/mandb", False),
        ("/{,usr/}{,s}bin/ping", "/usr/sbin/ping", True),
        ("/{,usr/}{,s}bin/ping", "/usr/local/bin/ping", False),
        ("/{a,{b,c}}/x", "/c/x", True),
        ("/usr/lib/*/x", "/usr/lib/a/x", True),
        ("/usr/lib/*/x", "/usr/lib/a/b/x", False),
        ("/opt/**", "/opt/a/b", True),
        ("/usr/bin/x[^0-9]", "/usr/bin/xa", True),
        ("/usr/bin/x[^0-9]", "/usr/bin/x1", False),
        ("{a,b}" * 40, "/x", False),
        ("<unknown>", "/x", False),
    ],
)
def test_which_programs_a_profile_is_for(attachment: str, path: str, *, meant: bool) -> None:
    """Alternatives in braces, wildcards within one name or over all, and no explosion of them."""
    read = AppArmor(enabled=True, attachments=(attachment,), unconfined=(path,))

    assert ((path,) if meant else ()) == read.unapplied()


def test_programs_that_run_outside_their_profile() -> None:
    """One that was replaced on disk is the one it was; one without a profile does not count."""
    assert armor().unapplied() == ("/usr/sbin/cups-browsed", "/usr/bin/ping", "/opt/Discord/a/Discord")


def test_what_only_root_may_see_is_hidden_and_not_empty() -> None:
    """The list of profiles, and others' programs."""
    read = armor(
        f"[apparmor Y]\n[profiles]\n[hidden profiles]\n[attached]\n{KERNEL}[loose]\n[hidden processes]\n[end]\n"
    )

    assert ({"profiles", "processes"}, {}) == (read.hidden, read.profiles)


def test_selinux_as_it_runs_and_as_it_is_set() -> None:
    """A comment is none of it."""
    read = se()

    assert ("enforcing", "enforcing", "targeted") == (read.running, read.configured, read.policy)
    assert (("httpd_t",), ("/opt/agent/bin/agent",)) == (read.permissive, read.unconfined)


@pytest.mark.parametrize(
    ("lines", "configured"),
    [
        ("|SELINUX=Permissive", "permissive"),
        ("|SELINUX=permissive\n|SELINUX=enforcing", "permissive"),
        ("|SELINUX=wrong\n|SELINUX=enforcing", "enforcing"),
        ("| SELINUX=enforcing", ""),
        ("|SELINUX =enforcing", ""),
        ("|SELINUX= enforcing  ", "enforcing"),
        ("|#SELINUX=enforcing", ""),
        ("", ""),
    ],
)
def test_the_first_valid_line_counts(lines: str, configured: str) -> None:
    """As libselinux reads it: at the very start of the line, in any case."""
    assert configured == se(f"[selinux 1]\n[file /etc/selinux/config]\n{lines}\n{KERNEL}[end]\n").configured


@pytest.mark.parametrize(
    ("state", "running"), [("[selinux 0]\n", "permissive"), ("", "disabled"), ("[selinux off]\n", "disabled")]
)
def test_a_kernel_that_does_not_enforce(state: str, running: str) -> None:
    """Permissive, or off although it is configured."""
    assert running == se(state + CONFIG + KERNEL + "[end]\n").running


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UBUNTU, Confinement(("AppArmor",))),
        (RHEL, Confinement(("SELinux",))),
        (UBUNTU.replace("(enforce)", "(complain)"), Confinement(())),
        (RHEL.replace("[selinux 1]", "[selinux 0]"), Confinement(())),
        (f"{KERNEL}[end]\n", Confinement(())),
        (f"[apparmor N]\n{KERNEL}[end]\n", Confinement(())),
        (
            f"{KERNEL}[confined]\n[end]\n",
            Confinement((), "programs here are confined from outside, by rules that are not shown"),
        ),
        (
            f"[apparmor Y]\n[profiles]\n[hidden profiles]\n{KERNEL}[end]\n",
            Confinement((), "AppArmor is on, and only root may see its profiles"),
        ),
    ],
)
def test_what_confines_programs(text: str, expected: Confinement) -> None:
    """Profiles that only complain confine nothing, and neither does a permissive mode."""
    assert expected == fact(confinement, text)


def test_systems_without_one_of_them() -> None:
    """Each is absent where the other is used."""
    assert isinstance(refused(apparmor, RHEL), NotPresent)
    assert isinstance(refused(selinux, UBUNTU), NotPresent)


@pytest.mark.parametrize(
    "broken", ["", "<html>", UBUNTU[:-6], "[end]\n", f"[apparmor Y]\n[profiles]\n|no\n{KERNEL}[end]\n"]
)
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer, a system without /sys, a line that is no profile."""
    assert isinstance(refused(apparmor, broken), Unreadable)
    assert isinstance(refused(confinement, broken), Unreadable)
