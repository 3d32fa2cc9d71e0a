"""What a company may demand of disks: what is on them is worth nothing to a thief."""

from collections.abc import Iterator
from typing import Final

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.disks import Disk, Disks
from auditor.facts.mounts import NETWORK, Mount, Mounts

_IMAGES: Final = frozenset({"squashfs", "erofs", "iso9660", "udf"})  # read-only, and the same for everybody
_OPAQUE: Final = frozenset({"zfs", "bcachefs", "fuseblk"})  # may encrypt by themselves, which /sys does not show


def _fix(text: str) -> Fix:
    return Fix(text, solution="encrypt-devices", disruptive=True)


@check(
    "disks.encrypted",
    severity=Severity.HIGH,
    fix=_fix("Install the system anew with LUKS beneath its file systems, or move the data to a LUKS volume."),
    references=("nist-800-53r5:SC-28(1)", "cis-controls-8.1:3.6"),
)
def encrypted(
    mounts: Mounts,
    disks: Disks,
    *,
    except_places: frozenset[str] = frozenset({"/boot", "/boot/efi", "/efi"}),
    portable: bool = False,
) -> Iterator[Outcome]:
    """Everything on the disks is encrypted

    A stolen laptop or a disk that was thrown away then tells nothing. `except_places` are file systems that need not
    be, as most boot loaders read theirs before anybody typed a password; with `portable` plugged-in disks count too.
    """
    system = mounts.over("/")
    if system is None:
        yield Undecided("/", "the kernel does not show which file system it is")
    for mount in mounts.seen():
        if mount.place in except_places or (mount.kind in _IMAGES | NETWORK and mount is not system):
            continue
        if portable or not disks.carried(mount, system):
            yield from _encrypted(mount.place, disks.below(mount), disks, known=not _opaque(mount))


def _opaque(mount: Mount) -> bool:
    """Whether a file system writes to a disk that cannot be told from it."""
    return mount.kind in _OPAQUE or mount.place == "/" or mount.source.startswith("/dev/")


def _encrypted(subject: str, below: tuple[Disk, ...], disks: Disks, *, known: bool = False) -> Iterator[Outcome]:
    """Yield the devices without encryption; no devices are fine only where it is `known` that nothing is on a disk."""
    bare = [disk.name for disk in below if not disks.encrypted(disk)]
    if not below and not known:
        yield Undecided(subject, "the device that it lies on is not known")
    elif bare:
        yield Violation(subject, found=f"not encrypted on {', '.join(bare)}", wanted="dm-crypt beneath it")


@check(
    "disks.swap-encrypted",
    severity=Severity.MEDIUM,
    fix=_fix("Put swap on a LUKS volume, or give it a random key at each boot in /etc/crypttab."),
    references=("nist-800-53r5:SC-28(1)",),
)
def swap_encrypted(mounts: Mounts, disks: Disks) -> Iterator[Outcome]:
    """Memory that is swapped out is encrypted

    Passwords and keys stand in memory, and are written to disk when it runs short or the machine sleeps.
    """
    areas = [area for area in disks.swaps if not area[0].startswith("/dev/zram")]
    if not areas:
        yield NotApplicable("nothing is swapped to a disk")
    for path, is_file in areas:
        mount = mounts.over(path) if is_file else None
        device = disks.of(path)
        below = disks.below(mount) if mount else (device,) if device else ()
        yield from _encrypted(path, below, disks)
