"""What is mounted where after a reboot: fstab(5), and systemd's mount units for the folders that matter.

systemd makes a unit of each line of fstab, and of two lines for one place it takes the first (systemd 252); mount(8) -a
mounts both, so that the last is on top. A unit in /etc or in /run/systemd/system replaces the one made of fstab, which
replaces the vendor's; drop-ins change whichever it is (systemd.unit(5)). A unit that nothing asks for is not started.
Checked with mount(8) 2.38: of contradicting options the last counts, `defaults` takes nothing back, `user` and `users`
stand for noexec, nosuid and nodev, `owner` and `group` for the latter two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import Final

from auditor.facts.dropins import UNIT_FOLDERS, Lines, in_order, ini_values
from auditor.facts.mounts import FSTAB, PLACES, SHM, STORAGE, unescaped
from auditor.facts.sections import Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, probe

_STANDS_FOR: Final = {
    "user": ("noexec", "nosuid", "nodev"),
    "users": ("noexec", "nosuid", "nodev"),
    "owner": ("nosuid", "nodev"),
    "group": ("nosuid", "nodev"),
}
_OPPOSITE: Final = {"exec": "noexec", "suid": "nosuid", "dev": "nodev", "auto": "noauto", "rw": "ro"}
_GENERATED: Final = UNIT_FOLDERS.index("/run/systemd/generator")


@dataclass(frozen=True, slots=True)
class Configured:
    """A mount that files ask for: where, the options as they work, whether it is mounted by itself, and who says so."""

    place: str
    options: frozenset[str]
    source: str
    kind: str
    automatic: bool
    told_by: str


_SHM_OF_SYSTEMD: Final = Configured(
    SHM, frozenset({"nosuid", "nodev"}), "tmpfs", "tmpfs", automatic=True, told_by="systemd"
)


@dataclass(frozen=True, slots=True)
class MountsAtBoot:
    """The mounts that files ask for, one a place. `unread` are files that could not be read."""

    configured: tuple[Configured, ...]
    unread: tuple[str, ...] = ()

    def at(self, place: str) -> Configured | None:
        """Return what will be mounted at a place, or None when nothing that was read says so."""
        return next((one for one in self.configured if one.place == place), None)

    def over(self, path: str) -> Configured | None:
        """Return the mount that a path will lie in: the longest place above it that is mounted by itself."""
        above = [one for one in self.configured if one.automatic and _below(path, one.place)]
        return max(above, key=lambda one: len(one.place), default=None)


@probe(STORAGE, on={Platform.LINUX})
def mounts_at_boot(answer: Answer) -> MountsAtBoot:
    """Read fstab and mount units. The answer is the one that also shows what is mounted now."""
    seen = sections(answer.text)
    seen.one("mounts")
    files, by_systemd = seen.files(), any(seen.named("systemd"))
    real = {part.words: normpath(part.lines[0]) for part in seen.named("place") if part.lines}
    lines = [one for line in files.get(FSTAB, ()) for one in _entry(line, real)]
    entries = {one.place: one for one in (reversed(lines) if by_systemd else lines)}
    if SHM not in entries and any(part.words == "running" for part in seen.named("systemd")):
        entries[SHM] = Configured(
            SHM, frozenset({"nosuid", "nodev"}), "tmpfs", "tmpfs", automatic=True, told_by="systemd"
        )
    if by_systemd:
        entries |= {one.place: one for one in _by_units(files, entries, seen)}
    return MountsAtBoot(tuple(entries.values()), seen.unread())


def _entry(line: str, real: Mapping[str, str]) -> Iterator[Configured]:
    """Yield the mount that a line of fstab asks for: blanks separate fields, so an option after a blank is none."""
    fields = line.split()
    if len(fields) < 3 or fields[0].startswith("#"):
        return
    place = normpath(unescaped(fields[1]))
    if place.startswith("/") and fields[2] != "swap":
        options = effective(fields[3] if len(fields) > 3 else "defaults")
        automatic = "noauto" not in options
        yield Configured(real.get(place, place), options, unescaped(fields[0]), fields[2], automatic, FSTAB)


def effective(options: str) -> frozenset[str]:
    """Return mount options as they work: the last of two that contradict each other, and what shorthands stand for."""
    left: dict[str, None] = {}
    for option in _apart(options):
        for one in _STANDS_FOR.get(option, ()):
            left[one] = None
        if option in _OPPOSITE:
            left.pop(_OPPOSITE[option], None)
        else:
            left[option] = None
    return frozenset(left)


def _apart(options: str) -> Iterator[str]:
    """Yield the options between commas; a comma within double quotes, as SELinux contexts have them, is none."""
    held, quoted = "", False
    for letter in options:
        quoted ^= letter == '"'
        if letter == "," and not quoted:
            yield held
            held = ""
        else:
            held += letter
    yield held


def _by_units(files: Mapping[str, Lines], entries: Mapping[str, Configured], seen: Sections) -> Iterator[Configured]:
    """Yield what systemd mounts at the folders of PLACES where a unit says so."""
    wanted = {part.words.rpartition(".")[0] for part in seen.named("wanted")}
    for place in PLACES:
        unit, by_fstab = place[1:].replace("/", "-"), entries.get(place)
        folders = UNIT_FOLDERS[:_GENERATED] if by_fstab else UNIT_FOLDERS
        path = next((f"{folder}/{unit}.mount" for folder in folders if f"{folder}/{unit}.mount" in files), None)
        dropins = in_order(files, [f"{folder}/{unit}.mount.d" for folder in UNIT_FOLDERS])
        if path:
            values = dict(ini_values([(path, files[path]), *dropins], "Mount"))
            if "Where" in values:  # a unit that is linked to /dev/null is masked, and says nothing
                automatic = unit in wanted or bool(by_fstab and by_fstab.automatic)
                yield _unit(place, values, automatic=automatic, told_by=path)
            elif by_fstab:
                yield Configured(place, by_fstab.options, by_fstab.source, by_fstab.kind, automatic=False, told_by=path)
        elif by_fstab and (values := dict(ini_values(dropins, "Mount"))):
            yield _unit(
                place, {"Options": ",".join(by_fstab.options), **values}, automatic=by_fstab.automatic, told_by=FSTAB
            )


def _unit(place: str, values: Mapping[str, str], *, automatic: bool, told_by: str) -> Configured:
    return Configured(
        place,
        effective(values.get("Options", "")),
        values.get("What", ""),
        values.get("Type", ""),
        automatic,
        told_by,
    )


def _below(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")
