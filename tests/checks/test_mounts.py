"""Verdicts on mounts: a host with everything apart and safe, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.disks import Disk, Disks
from auditor.facts.mounts import PLACES, Mount, Mounts
from auditor.facts.mounts_at_boot import Configured, MountsAtBoot
from auditor.facts.services import EnabledUnits
from auditor.testing import subjects as places_of
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, judged, names

content = checks("mounts")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
SAFE = "nodev,nosuid,noexec"
RUNNING = {"view": "running"}


def now(*without: str, **changed: str) -> Mounts:
    """Return all places mounted safely, without some and with others' options changed; `_` stands for a slash."""
    options = {place: changed.get(place.replace("/", "_"), SAFE) for place in PLACES if place not in without}
    numbers = {"/": 1, **{place: number for number, place in enumerate(options, 2)}}

    def above(place: str) -> int:
        return max((one for one in numbers if one != place and place.startswith(one)), key=len)

    found = [Mount(1, 0, "/", "ext4", "/dev/vda1", frozenset({"rw"}), "254:1")]
    found += [
        Mount(number, numbers[above(place)], place, "ext4", "/dev/vdb", frozenset(options[place].split(",")))
        for place, number in numbers.items()
        if place != "/"
    ]
    return Mounts(tuple(found), {place: place for place in PLACES})


def boot(*without: str, by_hand: str = "", **changed: str) -> MountsAtBoot:
    """Return the same as written down; `by_hand` is not mounted by itself."""
    lines = [Configured("/", frozenset({"defaults"}), "/dev/vda1", "ext4", automatic=True, told_by="/etc/fstab")]
    for place in PLACES:
        if place not in without:
            options = frozenset(changed.get(place.replace("/", "_"), SAFE).split(","))
            lines.append(Configured(place, options, "/dev/vdb", "ext4", place != by_hand, "/etc/fstab"))
    return MountsAtBoot(tuple(lines))


def plus(*more: Mount) -> Mounts:
    """Return the safe host with more mounts on its root."""
    return Mounts((*now().mounts, *more), now().real)


UNREAD = replace(boot(), unread=("/etc/fstab",))
HIDDEN = Mounts(now().mounts, {}, hidden=PLACES)
ELSEWHERE = Mounts((Mount(9, 3, "/proc", "proc", "proc", frozenset({"rw"})),), now().real)
ONES = {
    "/tmp": content.tmp,
    "/dev/shm": content.dev_shm,
    "/var/tmp": content.var_tmp,
    "/home": content.home,
    "/var": content.var,
    "/var/log": content.var_log,
    "/var/log/audit": content.var_log_audit,
}
LATER = " after a reboot"
EACH = [
    case
    for place, check in ONES.items()
    for name in (place.replace("/", "_"),)
    for case in (
        Case(check, (now(), boot()), PASS),
        Case(check, (now(**{name: "rw,noexec,nodev"}), boot()), FAIL, (place,), why="an option is missing"),
        Case(check, (now(), boot(**{name: "nosuid"})), FAIL, (place + LATER,), why="fstab lacks an option"),
        Case(check, (now(), boot(**{name: "nosuid"})), PASS, settings=RUNNING, why="only what runs is demanded"),
        Case(check, (now(), boot(place)), DONT_KNOW, why="nothing says who mounts it"),
        Case(check, (now(), UNREAD), DONT_KNOW, why="fstab cannot be read"),
        Case(check, (HIDDEN, boot()), DONT_KNOW, why="the folder is hidden"),
        Case(check, (ELSEWHERE, boot()), DONT_KNOW, why="a changed root hides what it lies in"),
        Case(check, (Mounts(now().mounts), boot()), NOT_HERE, why="there is no such folder"),
        Case(check, (now(place), boot(place)), NOT_HERE, settings={"only_separate": True}, why="it is a plain folder"),
        Case(
            check,
            (now(place), boot(place)),
            FAIL,
            (place, place + LATER),
            settings={"only_separate": False, "options": frozenset({"nodev"})},
            why="it is a plain folder of a file system without the option",
        )
        if place in {"/tmp", "/dev/shm", "/home", "/var"}
        else Case(
            check, (now(place), boot(place)), PASS, settings={"only_separate": False}, why="it lies in a safe one"
        ),
        Case(
            check,
            (now(place), boot(**{name: "noexec"})),
            FAIL,
            (place + LATER,),
            settings={"only_separate": True},
            why="it will be a file system of its own, and lacks an option",
        ),
        Case(check, (UNKNOWN, boot()), DONT_KNOW),
    )
]
LINKED = Mounts(now("/var/tmp").mounts, {**now().real, "/var/tmp": "/tmp"})
MORE = [
    Case(content.tmp, (now("/tmp"), boot("/tmp")), FAIL, ("/tmp", "/tmp" + LATER), why="/tmp is a plain folder"),
    Case(content.var_tmp, (LINKED, boot("/var/tmp")), PASS, why="it is a link to /tmp"),
    Case(
        content.var_tmp, (LINKED, boot("/var/tmp", _tmp="nodev")), FAIL, why="it is a link to /tmp, which is not safe"
    ),
    Case(content.tmp, (now(), boot(by_hand="/tmp")), FAIL, ("/tmp" + LATER,), why="it is not mounted by itself"),
    Case(content.home, (now(), boot(by_hand="/home")), PASS, why="after a reboot it is no file system of its own"),
    Case(
        content.tmp, (now(_tmp="nodev"), boot()), PASS, settings={"options": frozenset({"nodev"})}, why="fewer demanded"
    ),
    Case(content.separate, (now(), boot()), PASS),
    Case(content.separate, (now("/var"), boot("/var")), FAIL, ("/var",), why="/var is part of /"),
    Case(content.separate, (now(), boot(by_hand="/home")), FAIL, ("/home" + LATER,), why="it is mounted by hand"),
    Case(content.separate, (now(), boot(by_hand="/home")), PASS, settings=RUNNING, why="only what runs is demanded"),
    Case(content.separate, (now(), boot("/home")), DONT_KNOW, why="nothing says who mounts it"),
    Case(content.separate, (now(), UNREAD), DONT_KNOW, why="fstab cannot be read"),
    Case(content.separate, (HIDDEN, boot()), DONT_KNOW, why="the folders are hidden"),
    Case(content.separate, (ELSEWHERE, boot()), DONT_KNOW, why="a changed root hides what they lie in"),
    Case(content.separate, (Mounts(now().mounts), boot()), NOT_HERE, why="there are no such folders"),
    Case(
        content.separate,
        (LINKED, boot()),
        PASS,
        settings={"places": frozenset({"/var/tmp"}), "view": "running"},
        why="it is a link to one",
    ),
    Case(content.separate, (UNKNOWN, boot()), DONT_KNOW),
]

DISKS = Disks(
    {
        "vda": Disk("vda", "254:0"),
        "vda1": Disk("vda1", "254:1", ("vda",)),
        "sdb": Disk("sdb", "8:16", portable=True),
        "sdb1": Disk("sdb1", "8:17", ("sdb",)),
    }
)
STICK = Mount(20, 1, "/mnt/stick", "vfat", "/dev/sdb1", frozenset({"rw", "nosuid", "nodev"}), "8:17")
SAFE_STICK = replace(STICK, options=frozenset({"nosuid", "nodev", "noexec"}))
ON_STICK = Mounts((Mount(1, 0, "/", "ext4", "/dev/sdb1", frozenset({"rw"}), "8:17"),))
CDROM = Configured(
    "/media/cdrom0",
    frozenset({"user", "noexec", "nosuid", "nodev"}),
    "/dev/sr0",
    "udf",
    automatic=False,
    told_by="/etc/fstab",
)
WITH_CDROM = replace(boot(), configured=(CDROM,))
SHARE = Mount(21, 1, "/srv/share", "nfs4", "files.example:/share", frozenset({"rw", "nosuid", "nodev"}))
SHARED = Configured(
    "/srv/share", frozenset({"nosuid", "nodev"}), "files.example:/share", "nfs", automatic=True, told_by="/etc/fstab"
)
WATCHED = Mount(22, 1, "/net", "autofs", "/etc/auto.net", frozenset({"rw"}))
BY_SYSTEMD = Mount(23, 1, "/proc/sys/fs/binfmt_misc", "autofs", "systemd-1", frozenset({"rw"}))
OTHERS = [
    Case(content.removable, (plus(SAFE_STICK), boot(), DISKS), PASS, why="a USB stick is mounted safely"),
    Case(content.removable, (plus(STICK), boot(), DISKS), FAIL, ("/mnt/stick",), why="programs on it can be run"),
    Case(content.removable, (plus(STICK), boot(), DISKS), PASS, settings={"options": frozenset({"nosuid"})}),
    Case(content.removable, (plus(replace(STICK, place="/media/a")), boot(), Disks()), FAIL, why="/media tells it"),
    Case(content.removable, (now(), WITH_CDROM, DISKS), PASS, why="`user` stands for all three"),
    Case(
        content.removable,
        (now(), replace(boot(), configured=(replace(CDROM, options=frozenset({"user"})),)), DISKS),
        FAIL,
        ("/media/cdrom0 in /etc/fstab",),
    ),
    Case(content.removable, (now(), boot(), DISKS), NOT_HERE, why="none is mounted"),
    Case(content.removable, (ON_STICK, boot(), DISKS), NOT_HERE, why="the system itself runs from a stick"),
    Case(content.removable, (now(), UNREAD, DISKS), DONT_KNOW, why="fstab cannot be read"),
    Case(content.removable, (now(), boot(), ABSENT), NOT_HERE, why="a container has no disks"),
    Case(content.network, (plus(SHARE), boot()), PASS),
    Case(content.network, (plus(replace(SHARE, options=frozenset({"rw"}))), boot()), FAIL, ("/srv/share",)),
    Case(content.network, (now(), replace(boot(), configured=(SHARED,))), PASS),
    Case(
        content.network,
        (now(), replace(boot(), configured=(replace(SHARED, options=frozenset({"nodev"})),))),
        FAIL,
        ("/srv/share in /etc/fstab",),
    ),
    Case(content.network, (now(), boot()), NOT_HERE, why="there is no share"),
    Case(content.network, (now(), UNREAD), DONT_KNOW, why="fstab cannot be read"),
    Case(content.automatic_off, (plus(BY_SYSTEMD), EnabledUnits("systemd", frozenset({"ssh"}))), PASS),
    Case(content.automatic_off, (now(), EnabledUnits("systemd", frozenset({"autofs"}))), FAIL, ("autofs",)),
    Case(content.automatic_off, (plus(WATCHED), EnabledUnits("systemd", frozenset())), FAIL, ("/net",), why="it runs"),
    Case(content.automatic_off, (now(), UNKNOWN), DONT_KNOW),
]

CASES: list[Case] = [*EACH, *MORE, *OTHERS]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()


def test_what_is_missing_is_said() -> None:
    """So that a person knows what to add."""
    (violation,) = judged(content.tmp, now(_tmp="rw,nosuid"), boot()).violations

    assert ("without nodev, noexec", "nodev, noexec, nosuid") == (violation.found, violation.wanted)
    assert places_of(judged(content.tmp, now(_tmp="rw"), boot(_tmp="rw"))) == ("/tmp", "/tmp after a reboot")
