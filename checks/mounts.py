"""What a company may demand of mounts: folders that many write to lie apart, and hold nothing that gives rights."""

from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.disks import Disks
from auditor.facts.mounts import NETWORK, PLACES, SHM, TMP, VAR_TMP, Mount, Mounts, Place
from auditor.facts.mounts_at_boot import Configured, MountsAtBoot
from auditor.facts.services import EnabledUnits

Option = Literal["nodev", "noexec", "nosuid"]
Options = frozenset[Option]
View = Literal["running", "running and after a reboot"]
Both = tuple[Mounts, MountsAtBoot]

_BOTH_VIEWS: Final[View] = "running and after a reboot"
_ALL: Final[Options] = frozenset({"nodev", "noexec", "nosuid"})
_NO_DEVICES: Final[Options] = frozenset({"nodev", "nosuid"})
_NOT_SHOWN: Final = "the kernel does not show which file system it lies in"
_REMOVABLE: Final = ("/media/", "/run/media/", "/cdrom", "/floppy")
_MEDIA: Final = ("/dev/sr", "/dev/cdrom", "/dev/dvd", "/dev/fd")


def _fix(text: str) -> Fix:
    return Fix(text, solution="separate-file-systems")


def _options(place: str) -> Fix:
    return _fix(f"Add the options to the line of {place} in /etc/fstab or to its mount unit, then remount {place}.")


def _judge(both: Both, place: Place, options: Options, *, only_separate: bool, view: View) -> Iterator[Outcome]:
    """Yield the options that a folder's file system lacks, now and after a reboot."""
    mounts, _ = both
    if (real := mounts.real.get(place)) is None:
        yield _nowhere(mounts, place)
    elif only_separate and not _ever_separate(both, real, view):
        yield NotApplicable(f"{place} is not a file system of its own")
    else:
        now = mounts.over(real)
        if now is None:
            yield Undecided(place, _NOT_SHOWN)
        elif now.place == real or not only_separate:
            yield from _lacks(place, now, options)
        if view == _BOTH_VIEWS:
            yield from _later(both, place, options, only_separate=only_separate)


def _nowhere(mounts: Mounts, place: Place) -> Outcome:
    if place in mounts.hidden:
        return Undecided(place, "this account may not look at it")
    return NotApplicable(f"there is no {place} here")


def _ever_separate(both: Both, real: str, view: View) -> bool:
    """Whether a place is a file system of its own in one of the views, or may be."""
    mounts, boot = both
    now, later = mounts.over(real), boot.over(real)
    return now is None or now.place == real or (view == _BOTH_VIEWS and later is not None and later.place == real)


def _later(both: Both, place: Place, options: Options, *, only_separate: bool) -> Iterator[Outcome]:
    mounts, boot = both
    real, subject = mounts.real[place], f"{place} after a reboot"
    now, later = mounts.over(real), boot.over(real)
    if boot.unread:
        yield Undecided(subject, f"{boot.unread[0]} could not be read")
    elif later is None or (boot.at(real) is None and now is not None and now.place == real):
        yield Undecided(subject, "nothing that was read says how it is mounted then")
    elif later.place == real or not only_separate:
        yield from _lacks(subject, later, options)


def _lacks(subject: str, mount: Mount | Configured, options: Options) -> Iterator[Violation]:
    if lacking := sorted(options - mount.options):
        yield Violation(subject, found=f"without {', '.join(lacking)}", wanted=", ".join(sorted(options)))


@check(
    "mounts.tmp",
    severity=Severity.MEDIUM,
    fix=_options(TMP),
    references=("cis-debian12:1.1.2.1.2", "cis-debian12:1.1.2.1.3", "cis-debian12:1.1.2.1.4"),
)
def tmp(
    mounts: Mounts,
    boot: MountsAtBoot,
    *,
    options: Options = _ALL,
    only_separate: bool = False,
    view: View = _BOTH_VIEWS,
) -> Iterator[Outcome]:
    """Nothing that somebody puts into /tmp is run, or gives more rights

    Everybody may write there, so it is where an attacker's programs land first. A /tmp that is part of another file
    system has that one's options; with `only_separate` it is left out.
    """
    yield from _judge((mounts, boot), TMP, options, only_separate=only_separate, view=view)


@check(
    "mounts.dev-shm",
    severity=Severity.MEDIUM,
    fix=_options(SHM),
    references=("cis-debian12:1.1.2.2.2", "cis-debian12:1.1.2.2.3", "cis-debian12:1.1.2.2.4"),
)
def dev_shm(
    mounts: Mounts,
    boot: MountsAtBoot,
    *,
    options: Options = _ALL,
    only_separate: bool = False,
    view: View = _BOTH_VIEWS,
) -> Iterator[Outcome]:
    """Nothing that somebody puts into shared memory is run, or gives more rights

    It is as open as /tmp, and leaves no trace on a disk.
    """
    yield from _judge((mounts, boot), SHM, options, only_separate=only_separate, view=view)


@check(
    "mounts.var-tmp",
    severity=Severity.MEDIUM,
    fix=_options(VAR_TMP),
    references=("cis-debian12:1.1.2.5.2", "cis-debian12:1.1.2.5.3", "cis-debian12:1.1.2.5.4"),
)
def var_tmp(
    mounts: Mounts, boot: MountsAtBoot, *, options: Options = _ALL, only_separate: bool = True, view: View = _BOTH_VIEWS
) -> Iterator[Outcome]:
    """Nothing that somebody puts into /var/tmp is run, or gives more rights

    Everybody may write there, and what is there survives a restart.
    """
    yield from _judge((mounts, boot), VAR_TMP, options, only_separate=only_separate, view=view)


@check(
    "mounts.home",
    severity=Severity.MEDIUM,
    fix=_options("/home"),
    references=("cis-debian12:1.1.2.3.2", "cis-debian12:1.1.2.3.3"),
)
def home(
    mounts: Mounts,
    boot: MountsAtBoot,
    *,
    options: Options = _NO_DEVICES,
    only_separate: bool = True,
    view: View = _BOTH_VIEWS,
) -> Iterator[Outcome]:
    """No file in people's homes gives more rights than its user has

    Nobody needs device files or set-user-id programs of his own.
    """
    yield from _judge((mounts, boot), "/home", options, only_separate=only_separate, view=view)


@check(
    "mounts.var",
    severity=Severity.LOW,
    fix=_options("/var"),
    references=("cis-debian12:1.1.2.4.2", "cis-debian12:1.1.2.4.3"),
)
def var(
    mounts: Mounts,
    boot: MountsAtBoot,
    *,
    options: Options = _NO_DEVICES,
    only_separate: bool = True,
    view: View = _BOTH_VIEWS,
) -> Iterator[Outcome]:
    """No file of a service's data gives more rights

    Services write to /var, and a taken service would leave such files there.
    """
    yield from _judge((mounts, boot), "/var", options, only_separate=only_separate, view=view)


@check(
    "mounts.var-log",
    severity=Severity.LOW,
    fix=_options("/var/log"),
    references=("cis-debian12:1.1.2.6.2", "cis-debian12:1.1.2.6.3", "cis-debian12:1.1.2.6.4"),
)
def var_log(
    mounts: Mounts, boot: MountsAtBoot, *, options: Options = _ALL, only_separate: bool = True, view: View = _BOTH_VIEWS
) -> Iterator[Outcome]:
    """Nothing among the logs is run, or gives more rights

    Logs are text; a program among them is somebody's who hides it.
    """
    yield from _judge((mounts, boot), "/var/log", options, only_separate=only_separate, view=view)


@check(
    "mounts.var-log-audit",
    severity=Severity.LOW,
    fix=_options("/var/log/audit"),
    references=("cis-debian12:1.1.2.7.2", "cis-debian12:1.1.2.7.3", "cis-debian12:1.1.2.7.4"),
)
def var_log_audit(
    mounts: Mounts, boot: MountsAtBoot, *, options: Options = _ALL, only_separate: bool = True, view: View = _BOTH_VIEWS
) -> Iterator[Outcome]:
    """Nothing among the audit records is run, or gives more rights

    Only the audit daemon writes there.
    """
    yield from _judge((mounts, boot), "/var/log/audit", options, only_separate=only_separate, view=view)


@check(
    "mounts.separate",
    severity=Severity.LOW,
    fix=_fix("Give the folder a file system of its own: a partition, a logical volume, or tmpfs for /tmp."),
    references=("cis-debian12:1.1.2", "nist-800-53r5:CM-6"),
)
def separate(
    mounts: Mounts,
    boot: MountsAtBoot,
    *,
    places: frozenset[Place] = frozenset({TMP, VAR_TMP, "/home", "/var", "/var/log", "/var/log/audit"}),
    view: View = _BOTH_VIEWS,
) -> Iterator[Outcome]:
    """Folders that fill up have a file system of their own

    A full log or a large upload then stops neither the system nor the recording of what happened, and options such as
    noexec can be set where they belong.
    """
    here = [place for place in PLACES if place in places and place not in mounts.missing()]
    if not here:
        yield NotApplicable("none of these folders exists here")
    for place in here:
        real = mounts.real.get(place)
        now = mounts.over(real) if real else None
        if real is None or now is None:
            yield Undecided(place, _NOT_SHOWN)
        elif now.place != real:
            yield Violation(place, found=f"part of {now.place}", wanted="a file system of its own")
        elif view == _BOTH_VIEWS:
            yield from _stays_separate(boot, place, real)


def _stays_separate(boot: MountsAtBoot, place: Place, real: str) -> Iterator[Outcome]:
    own, subject = boot.at(real), f"{place} after a reboot"
    if boot.unread:
        yield Undecided(subject, f"{boot.unread[0]} could not be read")
    elif own is None:
        yield Undecided(subject, "nothing that was read says how it is mounted then")
    elif not own.automatic:
        yield Violation(subject, found=f"not mounted by itself ({own.told_by})", wanted="mounted at boot")


@check(
    "mounts.removable",
    severity=Severity.MEDIUM,
    fix=_fix("Add nodev, nosuid and noexec to the medium's line in /etc/fstab, or let udisks mount it."),
    references=("nist-800-53r5:MP-7",),
)
def removable(mounts: Mounts, boot: MountsAtBoot, disks: Disks, *, options: Options = _ALL) -> Iterator[Outcome]:
    """Nothing on a disk that somebody plugs in is run, or gives more rights

    Whoever brings a USB stick decides about its device files, and which programs on it belong to root.
    """
    system = mounts.over("/")
    now = [mount for mount in mounts.seen() if _is_removable(mount) or disks.carried(mount, system)]
    later = [one for one in boot.configured if _is_removable(one)]
    for mount in now:
        yield from _lacks(mount.place, mount, options)
    for one in later:
        yield from _lacks(f"{one.place} in {one.told_by}", one, options)
    if boot.unread:
        yield Undecided("removable media", f"{boot.unread[0]} could not be read")
    elif not now and not later:
        yield NotApplicable("no removable medium is mounted or configured")


def _is_removable(mount: Mount | Configured) -> bool:
    return f"{mount.place}/".startswith(_REMOVABLE) or mount.source.startswith(_MEDIA)


@check(
    "mounts.network",
    severity=Severity.MEDIUM,
    fix=_fix("Add nodev and nosuid to the options of the share in /etc/fstab, and mount it again."),
    references=("nist-800-53r5:CM-6",),
)
def network(mounts: Mounts, boot: MountsAtBoot, *, options: Options = _NO_DEVICES) -> Iterator[Outcome]:
    """No file on a network share gives more rights

    Whoever is root on the server, or takes its place, would be root on every host that mounts the share.
    """
    now = [mount for mount in mounts.seen() if mount.kind in NETWORK]
    later = [one for one in boot.configured if one.kind in NETWORK]
    for mount in now:
        yield from _lacks(mount.place, mount, options)
    for one in later:
        yield from _lacks(f"{one.place} in {one.told_by}", one, options)
    if boot.unread:
        yield Undecided("network shares", f"{boot.unread[0]} could not be read")
    elif not now and not later:
        yield NotApplicable("no network share is mounted or configured")


@check(
    "mounts.automatic-off",
    severity=Severity.LOW,
    fix=Fix("Run systemctl disable --now autofs, or remove the package autofs.", solution="close-unneeded-ports"),
    references=("cis-debian12:2.1.1", "nist-800-53r5:CM-7"),
)
def automatic_off(mounts: Mounts, units: EnabledUnits) -> Iterator[Outcome]:
    """The automounter is off

    It mounts disks and shares without anybody having decided to. What systemd
    itself mounts on first use does not count.
    """
    if "autofs" in units.names:
        yield Violation("autofs", found=f"enabled in {units.manager}", wanted="disabled")
    for mount in mounts.seen():
        if mount.kind == "autofs" and not mount.source.startswith("systemd"):
            yield Violation(mount.place, found=f"watched by {mount.source}", wanted="no automounter")
