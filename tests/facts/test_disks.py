"""What is read of disks, and of what lies beneath them."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.disks import Disks, disks
from auditor.facts.mounts import Mount
from tests.make import fact, refused

# A laptop: LUKS on a partition, LVM in it, swap on LVM; a USB stick with LUKS; a mirror of which one half is encrypted.
LAPTOP = """[devices]
|nvme0n1|259:0|0|||
|nvme0n1p1|259:1|0|nvme0n1||
|nvme0n1p3|259:3|0|nvme0n1||
|dm-0|253:0|0| nvme0n1p3|nvme0n1p3_crypt|CRYPT-LUKS2-6a1f0c-nvme0n1p3_crypt
|dm-1|253:1|0| dm-0|vg-root|LVM-abc
|dm-2|253:2|0| dm-0|vg-swap_1|LVM-def
|sda|8:0|1|||
|dm-3|253:3|0| sda|stick|CRYPT-LUKS1-00-stick
|dm-4|253:4|0| nvme0n1p1|vroot|CRYPT-VERITY-00-vroot
|md0|9:0|0| dm-0 nvme0n1p1||
|loop0|7:0|0|||
[swaps]
|/dev/dm-2                               partition\t999420\t0\t-2
|/swap\\040file                           file\t\t999420\t0\t-3
[btrfs dm-0 nvme0n1p1]
[end]
"""


def laptop(text: str = LAPTOP) -> Disks:
    read = fact(disks, text)
    assert isinstance(read, Disks)
    return read


def mount(device: str = "0:30", source: str = "none") -> Mount:
    return Mount(2, 1, "/x", "ext4", source, frozenset(), device)


@pytest.mark.parametrize(
    ("name", "encrypted"),
    [
        ("dm-0", True),
        ("dm-1", True),
        ("dm-3", True),
        ("nvme0n1p3", False),
        ("nvme0n1", False),
        ("dm-4", False),
        ("md0", False),
        ("loop0", False),
    ],
)
def test_what_lies_on_dm_crypt(name: str, *, encrypted: bool) -> None:
    """Volumes on LUKS are encrypted; the partition beneath, dm-verity and half a mirror are not."""
    read = laptop()

    assert encrypted is read.encrypted(read.disks[name])


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (mount("253:1"), ("dm-1",)),
        (mount(source="/dev/mapper/nvme0n1p3_crypt"), ("dm-0", "nvme0n1p1")),
        (mount(source="/dev/nvme0n1p1"), ("dm-0", "nvme0n1p1")),
        (mount(source="/dev/mapper/dm-0"), ()),
        (mount(source="dm-0"), ()),
        (mount(source="rpool/ROOT"), ()),
    ],
)
def test_devices_are_found_by_number_or_name(where: Mount, names: tuple[str, ...]) -> None:
    """A btrfs has a number of its own, and may lie on several devices."""
    assert names == tuple(disk.name for disk in laptop().below(where))


def test_what_is_carried_about() -> None:
    """A volume on a stick is; not so when the system itself runs from that stick."""
    read, stick, root = laptop(), mount("253:3"), mount("253:1")

    assert (True, False, False) == (read.carried(stick, root), read.carried(stick, stick), read.carried(root, root))


def test_swap_areas_are_partitions_or_files() -> None:
    """A blank in a name is written as its octal number."""
    assert laptop().swaps == (("/dev/dm-2", False), ("/swap file", True))


def test_devices_that_go_in_circles_end() -> None:
    """A host may lie about its disks."""
    read = laptop("[devices]\n|a|1:1|0|b||\n|b|1:2|0|a||\n[swaps]\n[end]\n")

    assert (False, frozenset()) == (read.encrypted(read.disks["a"]), read.drives(mount("1:1")))


def test_a_container_has_no_disks() -> None:
    """Then there is nothing to encrypt here."""
    assert isinstance(refused(disks, "[devices]\n[swaps]\n[end]\n"), NotPresent)


@pytest.mark.parametrize(
    "broken",
    ["", "<html>", LAPTOP[:-6], "[swaps]\n[end]\n", "[devices]\n|sda 8:0\n[swaps]\n[end]\n", "[devices]\n[end]\n"],
)
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer, or a system that shows no devices at all."""
    assert isinstance(refused(disks, broken), Unreadable | NotPresent)
