"""What a company may demand of all files of a host. The search walks its disks, so a policy has to ask for it."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.search import Found, Search

_USUAL: Final = frozenset(
    f"/usr/{path}"
    for path in (
        *(
            f"bin/{name}"
            for name in (
                "at", "bbsuid", "bsd-write", "chage", "chfn", "chsh", "crontab", "doas", "dotlockfile", "expiry",
                "fusermount", "fusermount3", "gpasswd", "ksu", "locate", "mlocate", "mount", "newgidmap", "newgrp",
                "newuidmap", "ntfs-3g", "passwd", "pkexec", "plocate", "sg", "ssh-agent", "su", "sudo", "sudo.ws",
                "sudo-rs", "su-rs", "sudoedit", "umount", "wall", "write", "write.ul",
            )
        ),
        *(
            f"sbin/{name}"
            for name in (
                "exim4", "grub2-set-bootflag", "lockdev", "mount.cifs", "mount.nfs", "pam_extrausers_chk",
                "pam_timestamp_check", "postdrop", "postlog", "postqueue", "pppd", "sendmail.sendmail", "unix2_chkpwd",
                "unix_chkpwd", "userhelper", "usernetctl",
            )
        ),
        "lib/dbus-1.0/dbus-daemon-launch-helper", "lib/openssh/ssh-keysign", "lib/ssh/ssh-keysign",
        "lib/policykit-1/polkit-agent-helper-1", "lib/polkit-1/polkit-agent-helper-1", "lib/qemu/qemu-bridge-helper",
        "lib/snapd/snap-confine", "lib/utempter/utempter", "lib/xorg/Xorg.wrap", "lib/eject/dmcrypt-get-device",
        "libexec/camel-lock-helper-1.2", "libexec/cockpit-session", "libexec/dbus-1/dbus-daemon-launch-helper",
        "libexec/openssh/ssh-keysign", "libexec/polkit-agent-helper-1", "libexec/qemu-bridge-helper",
        "libexec/polkit-1/polkit-agent-helper-1", "libexec/snapd/snap-confine", "libexec/sssd/*_child",
        "libexec/utempter/utempter", "libexec/Xorg.wrap",
    )
)  # fmt: skip


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-file-permissions")


def _judge(
    found: Iterable[Found], why_short: str, wrong: str, wanted: str, excepted: Iterable[str]
) -> Iterator[Outcome]:
    """Yield each path that no pattern excepts, and that there may be more."""
    patterns = tuple(excepted)
    for one in found:
        if not any(fnmatchcase(one.path, pattern) for pattern in patterns):
            yield Violation(one.path, found=wrong.format(mode=f"{one.mode:04o}", owner=one.owner), wanted=wanted)
    if why_short:
        yield Undecided("search", f"there may be more: {why_short}")


@check(
    "files.world-writable",
    severity=Severity.MEDIUM,
    fix=_fix("Run chmod o-w on the file, once it is known which program needs it."),
    references=("cis-debian12:7.1.11", "nist-800-53r5:AC-6"),
)
def world_writable(search: Search, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """No file on the host may be written by everybody

    What anybody may change, an attacker changes: settings, scripts that others run, data. `excepted` are patterns of
    paths.
    """
    short = search.why_short("w")
    yield from _judge(search.writable_files, short, "mode {mode}", "not writable by others", excepted)


@check(
    "files.sticky-everywhere",
    severity=Severity.MEDIUM,
    fix=_fix("Run chmod a+t on the folder, or chmod o-w where nobody has to write."),
    references=("cis-debian12:7.1.11", "nist-800-53r5:AC-6(1)"),
)
def sticky_everywhere(search: Search, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """In no folder that all may write to, anybody removes other people's files

    Without the sticky bit, anybody swaps a file that somebody else's program is about to use. `excepted` are patterns
    of paths.
    """
    short = search.why_short("s")
    yield from _judge(search.open_folders, short, "mode {mode}", "the sticky bit", excepted)


@check(
    "files.owned",
    severity=Severity.LOW,
    fix=_fix("Find out whose the file was, and give it to somebody with chown, or remove it."),
    references=("cis-debian12:7.1.12", "nist-800-53r5:AC-6(1)"),
)
def owned(search: Search, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Every file belongs to an account that exists

    The next account that gets the number gets the files. Of each unknown number three paths are shown; `excepted` are
    patterns of paths.
    """
    yield from _judge(search.unowned, search.why_short("u"), "owner {owner}, whom nobody knows", "an account", excepted)


@check(
    "files.group-owned",
    severity=Severity.LOW,
    fix=_fix("Find out whose the file was, and give it to a group with chgrp, or remove it."),
    references=("cis-debian12:7.1.12", "nist-800-53r5:AC-6(1)"),
)
def group_owned(search: Search, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Every file belongs to a group that exists

    The next group that gets the number gets the files. Of each unknown number three paths are shown; `excepted` are
    patterns of paths.
    """
    yield from _judge(search.ungrouped, search.why_short("g"), "group {owner}, which nobody knows", "a group", excepted)


@check(
    "files.set-id-known",
    severity=Severity.MEDIUM,
    fix=_fix("Remove the package, run chmod u-s,g-s on the program, or add it to the policy."),
    references=("cis-debian12:7.1.13", "nist-800-53r5:AC-6(1)"),
)
def set_id_known(
    search: Search, *, allowed: frozenset[str] = _USUAL, more: frozenset[str] = frozenset()
) -> Iterator[Outcome]:
    """Only known programs run with rights that their users do not have

    Each of them is a way to become root as soon as a flaw is found in it, and a copy that an attacker left is one at
    once. `allowed` are patterns of paths, the usual programs of distributions; `more` are the company's own. /bin means
    /usr/bin, and a folder of a machine's own libraries its parent.
    """
    patterns = tuple(allowed | more)
    for one in search.set_id:
        if not any(fnmatchcase(_usual(one.path), pattern) or fnmatchcase(one.path, pattern) for pattern in patterns):
            yield Violation(one.path, found=f"mode {one.mode:04o}, owner {one.owner}", wanted="a known program")
    if why := search.why_short("x"):
        yield Undecided("search", f"there may be more: {why}")


def _usual(path: str) -> str:
    """Return a path as merged systems without folders for one kind of machine have it."""
    merged = f"/usr{path}" if path.startswith(("/bin/", "/sbin/", "/lib/", "/lib64/")) else path
    parts = merged.replace("/usr/lib64/", "/usr/lib/", 1).split("/")
    if parts[1:3] == ["usr", "lib"] and len(parts) > 4 and parts[3].endswith(("-linux-gnu", "-linux-gnueabihf")):
        del parts[3]
    return "/".join(parts)
