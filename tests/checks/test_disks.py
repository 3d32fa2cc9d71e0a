"""Verdicts on disks: an encrypted laptop, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.disks import Disk, Disks
from auditor.facts.mounts import Mount, Mounts
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

content = checks("disks")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
LAPTOP = Disks(
    {
        "sda": Disk("sda", "8:0"),
        "sda1": Disk("sda1", "8:1", ("sda",)),
        "sda2": Disk("sda2", "8:2", ("sda",)),
        "dm-0": Disk("dm-0", "253:0", ("sda2",), "CRYPT-LUKS2-00-root", "root"),
        "sdb": Disk("sdb", "8:16", portable=True),
    },
    swaps=(("/dev/mapper/root", False), ("/dev/zram0", False), ("/swapfile", True)),
)
ROOT = Mount(1, 0, "/", "ext4", "/dev/mapper/root", frozenset({"rw"}), "253:0")
BOOT = Mount(2, 1, "/boot", "ext4", "/dev/sda1", frozenset({"rw"}), "8:1")
SHM = Mount(3, 1, "/dev/shm", "tmpfs", "tmpfs", frozenset({"rw"}), "0:22")
DATA = Mount(4, 1, "/data", "ext4", "/dev/sda1", frozenset({"rw"}), "8:1")
STICK = Mount(5, 1, "/media/a", "vfat", "/dev/sdb", frozenset({"rw"}), "8:16")
SHARE = Mount(6, 1, "/srv", "nfs4", "files.example:/srv", frozenset({"rw"}), "0:40")
IMAGE = Mount(7, 1, "/snap/a/1", "squashfs", "/dev/loop0", frozenset({"ro"}), "7:0")
BARE = replace(ROOT, device="8:2", source="/dev/sda2")


def on(*mounts: Mount) -> Mounts:
    return Mounts(mounts)


CASES: list[Case] = [
    Case(content.encrypted, (on(ROOT, BOOT, SHM, SHARE, IMAGE), LAPTOP), PASS),
    Case(content.encrypted, (on(BARE, BOOT), LAPTOP), FAIL, ("/",)),
    Case(content.encrypted, (on(ROOT, DATA), LAPTOP), FAIL, ("/data",), why="one of several is not"),
    Case(content.encrypted, (on(ROOT, BOOT), LAPTOP), FAIL, ("/boot",), settings={"except_places": frozenset()}),
    Case(content.encrypted, (on(ROOT, STICK), LAPTOP), PASS, why="a stick does not count"),
    Case(content.encrypted, (on(ROOT, STICK), LAPTOP), FAIL, ("/media/a",), settings={"portable": True}),
    Case(
        content.encrypted,
        (on(replace(ROOT, device="8:16", source="/dev/sdb")), LAPTOP),
        FAIL,
        ("/",),
        why="the system itself runs from a stick",
    ),
    Case(
        content.encrypted,
        (on(replace(ROOT, kind="overlay", source="overlay", device="0:50")), LAPTOP),
        DONT_KNOW,
        why="what lies beneath an overlay is not known",
    ),
    Case(content.encrypted, (on(replace(ROOT, kind="nfs4", source="a:/", device="0:50")), LAPTOP), DONT_KNOW),
    Case(content.encrypted, (on(ROOT, replace(DATA, device="9:9", source="/dev/new")), LAPTOP), DONT_KNOW),
    Case(
        content.encrypted,
        (on(ROOT, replace(DATA, kind="zfs", source="pool/data", device="0:60")), LAPTOP),
        DONT_KNOW,
        why="ZFS may encrypt by itself",
    ),
    Case(content.encrypted, (on(replace(SHM, above=9)), LAPTOP), DONT_KNOW, why="a changed root hides it"),
    Case(content.encrypted, (on(ROOT), ABSENT), NOT_HERE, why="a container has no disks"),
    Case(content.encrypted, (UNKNOWN, LAPTOP), DONT_KNOW),
    Case(content.swap_encrypted, (on(ROOT), LAPTOP), PASS),
    Case(content.swap_encrypted, (on(BARE), LAPTOP), FAIL, ("/swapfile",), why="the file lies on a bare disk"),
    Case(content.swap_encrypted, (on(ROOT), replace(LAPTOP, swaps=(("/dev/sda1", False),))), FAIL, ("/dev/sda1",)),
    Case(content.swap_encrypted, (on(ROOT), replace(LAPTOP, swaps=(("/dev/new", False),))), DONT_KNOW),
    Case(content.swap_encrypted, (on(SHM), LAPTOP), DONT_KNOW, why="what the file lies on is not shown"),
    Case(content.swap_encrypted, (on(ROOT), replace(LAPTOP, swaps=(("/dev/zram0", False),))), NOT_HERE, why="zram"),
    Case(content.swap_encrypted, (on(ROOT), UNKNOWN), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
