"""What is mounted where, as it is now (/proc/self/mountinfo, proc_pid_mountinfo(5)).

Which of several mounts is seen at a place is found as the kernel finds it: from the root down, at each folder over to
what is mounted on that folder of that mount. So what lies on top counts, and a mount that a later one of a folder above
covers does not. `nodev`, `nosuid` and `noexec` belong to the mount, not to the file system that others may share with
it, so the sixth field tells and the last one does not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import normpath
from typing import Final, Literal

from auditor.errors import Unreadable
from auditor.facts.dropins import UNIT_FOLDERS
from auditor.facts.sections import END, SHOW_FILES, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

Place = Literal["/tmp", "/var/tmp", "/dev/shm", "/home", "/var", "/var/log", "/var/log/audit"]  # noqa: S108  (looked at, not used)
TMP: Final = "/tmp"  # noqa: S108
VAR_TMP: Final = "/var/tmp"  # noqa: S108
SHM: Final = "/dev/shm"  # noqa: S108
PLACES: Final[tuple[Place, ...]] = (TMP, VAR_TMP, SHM, "/home", "/var", "/var/log", "/var/log/audit")
"""Folders whose real place is asked for, as any of them may be a link."""

NETWORK: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "glusterfs", "lustre", "ocfs2", "gfs2",
        "fuse.glusterfs", "fuse.sshfs", "fuse.cephfs", "davfs", "fuse.davfs", "ncpfs", "orangefs",
    }
)  # fmt: skip

FSTAB: Final = "/etc/fstab"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: the folder it is seen at, its file system, where that comes from, and the flags of the mount.

    `device` is the kernel's `major:minor` of what is mounted, `above` the number of the mount that it is mounted on.
    """

    number: int
    above: int
    place: str
    kind: str
    source: str
    options: frozenset[str]
    device: str = "0:0"
    root: str = "/"


@dataclass(frozen=True)
class Mounts:
    """All mounts in the order of mounting. `real` leads from folders of PLACES that exist to where they really lie.

    `hidden` are those of which this account cannot tell.
    """

    mounts: tuple[Mount, ...]
    real: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    def over(self, path: str) -> Mount | None:
        """Return the mount that a path lies in, or None when the answer does not show it (in a changed root)."""
        number = self._through(self._start, "/")
        parts = [part for part in path.split("/") if part]
        for count in range(1, len(parts) + 1):
            number = self._through(number, "/" + "/".join(parts[:count]))
        return self._numbered.get(number)

    def seen(self) -> tuple[Mount, ...]:
        """Return the mounts that no other mount covers, in the order of mounting."""
        return tuple(mount for mount in self.mounts if self.over(mount.place) is mount)

    def missing(self) -> frozenset[str]:
        """Return the folders of PLACES that do not exist."""
        return frozenset(PLACES) - set(self.real) - set(self.hidden)

    def _through(self, number: int, place: str) -> int:
        """Return what is on top of a folder of a mount; no more steps than there are mounts, as the answer may lie."""
        for _ in self.mounts:
            if (number, place) not in self._upon:
                break
            number = self._upon[number, place]
        return number

    @cached_property
    def _numbered(self) -> dict[int, Mount]:
        return {mount.number: mount for mount in self.mounts}

    @cached_property
    def _upon(self) -> dict[tuple[int, str], int]:
        return {(mount.above, mount.place): mount.number for mount in self.mounts if mount.above != mount.number}

    @cached_property
    def _start(self) -> int:
        """Return the number of the mount that everything begins with, which a changed root hides."""
        tops = [mount for mount in self.mounts if mount.above not in self._numbered or mount.above == mount.number]
        root = next((mount for mount in tops if mount.place == "/"), None)
        return root.number if root else next((mount.above for mount in tops), 0)


_WHERE: Final = (
    f"for p in {' '.join(PLACES)}; do d=${{p%/*}}; "
    'if cd -P "$p" 2>/dev/null; then echo "[place $p]"; echo "|$PWD"; '
    'elif [ -d "$p" ] || [ -h "$p" ]; then echo "[place $p]"; '
    'elif [ -d "${d:-/}" ] && [ ! -x "${d:-/}" ]; then echo "[hidden $p]"; fi; done; cd /'
)
_UNITS: Final = tuple(place[1:].replace("/", "-") for place in PLACES)
_WANTED: Final = (
    f"for d in {' '.join(UNIT_FOLDERS)}; do for n in {' '.join(_UNITS)}; do "
    "for l in $d/*.wants/$n.mount $d/*.requires/$n.mount $d/*.wants/$n.automount $d/*.requires/$n.automount; do "
    '[ ! -h "$l" ] || echo "[wanted ${l##*/}]"; done; done; done'
)
_SYSTEMD: Final = (
    "if [ -d /run/systemd/system ]; then echo '[systemd running]'; "
    "elif [ -e /usr/lib/systemd/systemd ] || [ -e /lib/systemd/systemd ]; then echo '[systemd installed]'; fi"
)
_FILES: Final = (
    f"set -- {FSTAB}; for d in {' '.join(UNIT_FOLDERS)}; do for n in {' '.join(_UNITS)}; do "
    'set -- "$@" $d/$n.mount $d/$n.mount.d/*.conf; done; done; show "$@"'
)
_NOW: Final = "echo '[mounts]'; sed 's/^/|/' /proc/self/mountinfo"
STORAGE: Final = Shell(f"{SHOW_FILES}; {_NOW}; {_WHERE}; {_SYSTEMD}; {_WANTED}; {_FILES}; {END}")

_ESCAPED: Final = re.compile(r"\\([0-3][0-7]{2})")
_LINE: Final = re.compile(r"(\d{1,12}) (\d{1,12}) (\d{1,9}:\d{1,9}) (\S+) (\S+) (\S+)(?: \S+)*? - (\S+) (\S*) \S*")


@probe(STORAGE, on={Platform.LINUX})
def mounts(answer: Answer) -> Mounts:
    """Read what is mounted, and where the folders of PLACES really lie."""
    seen = sections(answer.text)
    found = tuple(_mount(line) for line in seen.one("mounts").lines if line.strip())
    if not found:
        raise Unreadable("the kernel shows no mount at all")
    return Mounts(found, _real(seen), tuple(part.words for part in seen.named("hidden")))


def unescaped(text: str) -> str:
    """Return a path without the octal escapes that mountinfo and fstab(5) have for blanks."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text) if "\\" in text else text


def _mount(line: str) -> Mount:
    shown = _LINE.fullmatch(line)
    if shown is None:
        raise Unreadable(f"a line is not a mount: {line[:80]!r}")
    number, above, device, root, place, options, kind, source = shown.groups()
    return Mount(
        int(number),
        int(above),
        unescaped(place),
        kind,
        unescaped(source),
        frozenset(options.split(",")),
        device,
        unescaped(root),
    )


def _real(seen: Sections) -> dict[str, str]:
    return {part.words: normpath(part.lines[0]) if part.lines else part.words for part in seen.named("place")}
