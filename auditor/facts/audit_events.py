"""Which events of a demand a host's audit rules do not record, as loaded and as configured."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from auditor.facts.audit import WATCHED, AuditRules
from auditor.facts.audit_cover import UNSET, Event, Range, Recorded, recorded

View = Literal["loaded and configured", "loaded", "configured"]
Demanded = tuple[str, Event]  # by the name under which it is reported

BOTH: Final[View] = "loaded and configured"
# What the newer architectures have no system call for; their C library uses the one that ends in `at`.
_OLD_CALLS: Final = frozenset({"open", "creat", "chmod", "chown", "lchown", "rename", "unlink", "rmdir"})
_NEWER_MACHINES: Final = frozenset({"aarch64", "riscv64", "loongarch64"})


def by_people(audit: AuditRules) -> Mapping[str, Range]:
    """Return what holds for what people do, whatever account they act as: they logged in as themselves."""
    return {"auid": (audit.first_human, UNSET - 1)}


def calls_of(
    audit: AuditRules, names: frozenset[str], given: Mapping[str, Range] | None = None, note: str = ""
) -> Iterator[Demanded]:
    """Yield the system calls of these names that the machine has, in the circumstances given."""
    for name in sorted(names):
        if name not in _OLD_CALLS or audit.machine not in _NEWER_MACHINES:
            yield name + note, Event(call=name, given=given or {})


def accesses(
    audit: AuditRules, paths: Iterable[str], access: str = "wa", given: Mapping[str, Range] | None = None
) -> Iterator[Demanded]:
    """Yield the access to these paths; of those of WATCHED, to those that exist. A slash at the end means a folder."""
    there, asked_for = {audit.real(path) for path in audit.there}, {audit.real(path) for path in WATCHED}
    for name in sorted(paths):
        path = audit.real(name)
        if path in there or path not in asked_for:
            tree = path.endswith("/")
            yield name, Event(path=path.rstrip("/"), access=access, tree=tree, given=given or {})


def unrecorded(audit: AuditRules, events: Iterable[Demanded], view: View) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each event that is not, or perhaps not recorded: where it is not, or else what is in doubt."""
    for name, event in events:
        missing: list[str] = []
        doubts: list[str] = []
        for words, found, why in _found(audit, event, view):
            if found is Recorded.NO:
                missing.append(f"{words} ({why})" if why else words)
            elif found is Recorded.PERHAPS:
                doubts.append(why)
        if missing or doubts:
            yield name, ", ".join(missing), doubts[0] if doubts else ""


def _found(audit: AuditRules, event: Event, view: View) -> Iterator[tuple[str, Recorded, str]]:
    """Yield for each view and kind of program whether an event is recorded, and why not or perhaps."""
    for words, rules, why_not in (
        ("loaded", audit.loaded, audit.no_loaded),
        ("configured", audit.configured, audit.no_configured),
    ):
        if words in view and rules is None:
            yield words, Recorded.PERHAPS, why_not
        elif words in view and rules is not None:
            for bits in audit.widths:
                yield f"{words} for {bits}", *recorded(rules, event, bits)
