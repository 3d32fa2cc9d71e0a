"""What a company may demand of sessions at a shell: that they end, and that files made in them are closed to others."""

from collections.abc import Iterable, Iterator
from typing import Literal, TypeVar

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.sessions import ListedShells, Mask, PamMasks, RootStart, SessionStart, Timeout

Umask = Literal["022", "026", "027", "037", "077"]
LineT = TypeVar("LineT", Mask, Timeout)


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-sessions")


@check(
    "sessions.timeout",
    severity=Severity.LOW,
    fix=_fix(
        "Write readonly TMOUT=900 ; export TMOUT into a file of /etc/profile.d that ends in .sh, and nowhere else."
    ),
    references=("cis-debian12:5.4.3.2", "nist-800-53r5:AC-12"),
)
def timeout(
    start: SessionStart, *, seconds: int = 900, readonly: bool = True, exported: bool = False
) -> Iterator[Outcome]:
    """A shell that nobody uses ends by itself

    A forgotten session is an open door. Wherever TMOUT is set it has to be right, as what counts depends on how a shell
    was started; `readonly` demands that users cannot change it, `exported` that shells within the session have it.
    """
    wanted = f"1 to {seconds} seconds"
    wrong = [one for one in start.timeouts if one.seconds is None or not 0 < one.seconds <= seconds]
    for path, lines in _by_file(wrong):
        if certain := [one for one in lines if one.seconds is not None and not one.condition]:
            yield Violation(path, found=tuple(one.seconds for one in certain), wanted=wanted)
        else:
            yield Undecided(path, f"TMOUT depends on {lines[0].condition or 'what is computed there'}")
    if not start.timeouts:
        yield Violation("TMOUT", found="not set", wanted=wanted)
    elif all(one.condition for one in start.timeouts):
        yield Undecided("TMOUT", f"it is set only under a condition: {start.timeouts[0].condition}")
    elif readonly and not start.readonly:
        yield Violation("TMOUT", found="users may change it", wanted="readonly")
    elif exported and not start.exported:
        yield Violation("TMOUT", found="not exported", wanted="exported")


@check(
    "sessions.umask",
    severity=Severity.LOW,
    fix=_fix("Set UMASK 027 in /etc/login.defs, and write umask 027 into a file of /etc/profile.d that ends in .sh."),
    references=("cis-debian12:5.4.3.3",),
)
def umask(start: SessionStart, pam: PamMasks, *, at_least: Umask = "027") -> Iterator[Outcome]:
    """Files that people make are closed to others from the start

    Where start files set a mask it counts, else the one that PAM sets. `at_least` are the rights to take away.
    """
    wanted = f"{at_least} or stricter"
    yield from _laxer(start.masks, at_least)
    if any(not one.condition for one in start.masks):
        return
    if not pam.by_service:
        yield Violation("umask", found="not set", wanted=wanted)
    for service, bits in pam.by_service:
        if bits is None:
            yield Violation(service, found="neither a start file nor pam_umask sets it", wanted=wanted)
        elif int(at_least, 8) & ~bits:
            yield Violation(service, found=f"{bits:03o}", wanted=wanted)


@check(
    "sessions.root-umask",
    severity=Severity.LOW,
    fix=_fix("Remove the umask from root's own start files, or make it 027."),
    references=("cis-debian12:5.4.2.6",),
)
def root_umask(root: RootStart, *, at_least: Umask = "027") -> Iterator[Outcome]:
    """Root's own start files do not open its files to others

    What root writes is often configuration, and sometimes holds secrets.
    """
    yield from _laxer(root.masks, at_least)


def _laxer(masks: tuple[Mask, ...], at_least: Umask) -> Iterator[Outcome]:
    """Yield the files whose masks take too little away. One that is set where there is none yet takes nothing back."""
    for path, lines in _by_file(masks):
        lax = [one.bits for one in lines if one.bits is not None and int(at_least, 8) & ~one.bits]
        guarded = all("umask" in one.condition for one in lines)
        if lax and not guarded:
            yield Violation(path, found=tuple(f"{bits:03o}" for bits in lax), wanted=f"{at_least} or stricter")
        elif any(one.bits is None for one in lines):
            yield Undecided(path, "the mask is computed")


def _by_file(lines: Iterable[LineT]) -> Iterator[tuple[str, list[LineT]]]:
    """Yield each file with its lines, as lines move within a file and findings are followed by what they are about."""
    found: dict[str, list[LineT]] = {}
    for one in lines:
        found.setdefault(one.place.rpartition(":")[0], []).append(one)
    yield from found.items()


@check(
    "sessions.no-shell-unlisted",
    severity=Severity.LOW,
    fix=_fix("Remove the line from /etc/shells."),
    references=("cis-debian12:5.4.3.1",),
)
def no_shell_unlisted(
    shells: ListedShells, *, no_shells: frozenset[str] = frozenset({"nologin", "false"})
) -> Iterator[Outcome]:
    """Programs that refuse a session are not listed as shells

    Some services let in whoever has a listed shell, and take an account with nologin for a person's then.
    """
    for path in dict.fromkeys(shells.paths):
        if path.rpartition("/")[2] in no_shells:
            yield Violation(path, found="listed", wanted="not listed")
