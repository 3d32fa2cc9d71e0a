"""Which disks and swap areas there are, and whether dm-crypt lies beneath them.

Read from /sys, so that no program has to be started: what `lsblk` and `dmsetup info` show comes from there. A device
mapper's uuid begins with who made it: cryptsetup(8) writes CRYPT-LUKS2-, CRYPT-PLAIN-, and CRYPT-VERITY- for dm-verity,
which encrypts nothing. What lies beneath a device are its `slaves`, and of a partition the disk that it is a part of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.mounts import Mount, unescaped
from auditor.facts.sections import END, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe


@dataclass(frozen=True, slots=True)
class Disk:
    """A block device: its kernel name and number, what lies beneath it, who made it, and whether it is carried about.

    `label` is a device mapper's name below /dev/mapper. `portable` holds for USB devices, and for what the kernel calls
    removable.
    """

    name: str
    device: str
    beneath: tuple[str, ...] = ()
    uuid: str = ""
    label: str = ""
    portable: bool = False


@dataclass(frozen=True, slots=True)
class Disks:
    """All block devices by kernel name, swap areas as (path, is a file), and the devices of each btrfs file system."""

    disks: Mapping[str, Disk] = field(default_factory=dict)
    swaps: tuple[tuple[str, bool], ...] = ()
    btrfs: tuple[frozenset[str], ...] = ()

    def of(self, path: str) -> Disk | None:
        """Return the device that a path such as /dev/mapper/root or /dev/sda2 names, where the kernel has it."""
        name = path.rpartition("/")[2]
        if path.startswith("/dev/mapper/"):
            return next((disk for disk in self.disks.values() if disk.label == name), None)
        return self.disks.get(name) if path.startswith("/dev/") else None

    def below(self, mount: Mount) -> tuple[Disk, ...]:
        """Return the devices that a mounted file system lies on; none when they are not known."""
        exact = next((disk for disk in self.disks.values() if disk.device == mount.device), None)
        first = exact or self.of(mount.source)
        if first is None:
            return ()
        group = next((names for names in self.btrfs if first.name in names), frozenset({first.name}))
        return tuple(self.disks[name] for name in sorted(group) if name in self.disks)

    def encrypted(self, disk: Disk) -> bool:
        """Whether all that is written to a device passes through dm-crypt."""
        return self._encrypted(disk.name, frozenset())

    def drives(self, mount: Mount) -> frozenset[str]:
        """Return the names of the drives at the bottom of what a file system lies on."""
        seen: set[str] = set()
        waiting = [disk.name for disk in self.below(mount)]
        while waiting:
            name = waiting.pop()
            if name in self.disks and name not in seen:
                seen.add(name)
                waiting.extend(self.disks[name].beneath)
        return frozenset(name for name in seen if not self.disks[name].beneath)

    def carried(self, mount: Mount, system: Mount | None) -> bool:
        """Whether a file system lies on a drive that is plugged in, and that the system itself does not run from."""
        drives = self.drives(mount)
        return any(self.disks[name].portable for name in drives) and not (system and drives & self.drives(system))

    def _encrypted(self, name: str, above: frozenset[str]) -> bool:
        disk = self.disks.get(name)
        if disk is None or name in above:
            return False
        if disk.uuid.startswith("CRYPT-") and not disk.uuid.startswith("CRYPT-VERITY"):
            return True
        return bool(disk.beneath) and all(self._encrypted(one, above | {name}) for one in disk.beneath)


_DEVICES: Final = (
    "for d in /sys/class/block/*; do [ -r $d/dev ] || continue; m= l= u= r=0 s=; read -r m <$d/dev; "
    "[ ! -r $d/dm/name ] || read -r l <$d/dm/name; [ ! -r $d/dm/uuid ] || read -r u <$d/dm/uuid; "
    "[ ! -r $d/removable ] || read -r r <$d/removable; "
    'for x in $d/slaves/*; do [ ! -e "$x" ] || s="$s ${x##*/}"; done; '
    "if cd -P $d 2>/dev/null; then case $PWD in */usb[0-9]*) r=1 ;; esac; "
    "[ ! -e partition ] || { cd ..; s=${PWD##*/}; }; fi; "
    'echo "|${d##*/}|$m|$r|$s|$l|$u"; done; cd /'
)
_SWAPS: Final = "[ -r /proc/swaps ] && { echo '[swaps]'; sed '1d;s/^/|/' /proc/swaps; }"
_BTRFS: Final = 'for f in /sys/fs/btrfs/*-*; do set -- $f/devices/*; [ ! -e "$1" ] || echo "[btrfs ${*##*/}]"; done'
DISKS: Final = Shell(f"[ -d /sys/class/block ] && echo '[devices]'; {_DEVICES}; {_SWAPS}; {_BTRFS}; {END}")


@probe(DISKS, on={Platform.LINUX})
def disks(answer: Answer) -> Disks:
    """Read the devices. Raises NotPresent where the kernel shows none, as in containers and on diskless hosts."""
    seen = sections(answer.text)
    shown = seen.one("devices").lines
    found = {disk.name: disk for disk in map(_disk, shown)}
    if not found:
        raise NotPresent("this system has no disks of its own")
    return Disks(
        found,
        tuple(_swaps(seen.one("swaps").lines)),
        tuple(frozenset(part.words.split()) for part in seen.named("btrfs")),
    )


def _disk(line: str) -> Disk:
    fields = line.split("|", 5)
    if len(fields) != 6:
        raise Unreadable(f"a line is not a block device: {line[:80]!r}")
    name, device, removable, beneath, label, uuid = fields
    return Disk(name, device, tuple(beneath.split()), uuid, label, removable.strip() == "1")


def _swaps(lines: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    for line in lines:
        words = line.split()
        if len(words) != 5:
            raise Unreadable(f"a line is not a swap area: {line[:80]!r}")
        yield unescaped(words[0]), words[1] == "file"
