"""Whether a Linux host's packages have weaknesses that are known, by the advisories of its own distribution."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ambient import Exploited, ExploitScores, State, Today, stale
from auditor.facts.versions import newest
from auditor.facts.weaknesses import Weakness, Weaknesses

_MENDED = frozenset({State.FIXED})
_THERE = frozenset({State.FIXED, State.PAID, State.OPEN})
_UNCLEAR = frozenset({State.UNDETERMINED, State.UNREAD})
_MOST = 5  # names that a reason gives before it counts the rest


def _fix(text: str) -> Fix:
    return Fix(text, solution="patch-systems", disruptive=True)


@check(
    "vulnerabilities.none-fixable",
    severity=Severity.HIGH,
    fix=_fix("Install the version that mends it with the host's package manager; for a kernel, restart too."),
    references=("cis-controls-8.1:7.4", "cis-controls-8.1:7.7", "nist-800-53r5:SI-2", "nist-800-53r5:RA-5"),
)
def none_fixable(
    weak: Weaknesses,
    today: Today,
    *,
    advisories_max_days: int = 14,
    subscription: bool = False,
    watched_otherwise: frozenset[str] = frozenset(),
) -> Iterator[Outcome]:
    """No package has a weakness that its distribution has mended.

    A weakness with a mended version is the cheapest to close and the first to be tried. `subscription` counts mended
    versions that only subscribers get (Ubuntu Pro, SUSE LTSS). `watched_otherwise` names archives and vendors whose
    packages somebody follows by other means: the distribution's advisories do not speak of them.
    """
    counted = _MENDED | {State.PAID} if subscription else _MENDED
    yield from _violations(weak, lambda one: one.advisory.state in counted)
    yield from _undecided(weak, lambda one: one.advisory.state is State.UNREAD, watched_otherwise)
    if old := stale(weak.as_of, today.date, advisories_max_days, "the advisories"):
        yield Undecided("advisories", old)


@check(
    "vulnerabilities.none-exploited",
    severity=Severity.CRITICAL,
    fix=_fix("Install the version that mends it now; where there is none, take the service off the network."),
    references=("cis-controls-8.1:7.7", "nist-800-53r5:SI-2", "nist-800-53r5:RA-5"),
)
def none_exploited(  # noqa: PLR0913  (each age and each choice is a question of its own)
    weak: Weaknesses,
    exploited: Exploited,
    today: Today,
    *,
    advisories_max_days: int = 14,
    exploited_max_days: int = 30,
    mended_only: bool = False,
    watched_otherwise: frozenset[str] = frozenset(),
) -> Iterator[Outcome]:
    """No package has a weakness that is known to be exploited.

    CISA lists weaknesses that somebody has been attacked by. One that is open counts whether or not a version mends it:
    who attacks does not wait for one. `mended_only` leaves those out which no version mends; advisories that tell only
    of what is mended decide nothing without it.
    """
    by = f"CISA KEV as of {exploited.as_of}"
    counted = _counted(mended_only=mended_only)
    yield from _violations(weak, lambda one: one.advisory.state in counted, exploited.since.keys().__contains__, by)
    yield from _undecided(weak, lambda one: not exploited.since.keys().isdisjoint(_unclear(one)), watched_otherwise)
    yield from _silent(weak, mended_only=mended_only)
    if old := stale(weak.as_of, today.date, advisories_max_days, "the advisories"):
        yield Undecided("advisories", old)
    if old := stale(exploited.as_of, today.date, exploited_max_days, "the lists of exploited weaknesses"):
        yield Undecided("exploited weaknesses", old)


@check(
    "vulnerabilities.none-likely",
    severity=Severity.HIGH,
    fix=_fix("Install the version that mends it with the host's package manager before those of other weaknesses."),
    references=("cis-controls-8.1:7.7", "nist-800-53r5:RA-5"),
)
def none_likely(  # noqa: PLR0913
    weak: Weaknesses,
    likely: ExploitScores,
    today: Today,
    *,
    epss: float = 0.1,
    advisories_max_days: int = 14,
    scores_max_days: int = 30,
    mended_only: bool = False,
    watched_otherwise: frozenset[str] = frozenset(),
) -> Iterator[Outcome]:
    """No package has a weakness that is likely to be exploited soon.

    EPSS estimates how likely a weakness is exploited within 30 days; most never are. `epss` is the likelihood from
    which on it counts, from 0 to 1. `mended_only` leaves those out which no version mends; advisories that tell only of
    what is mended decide nothing without it.
    """
    scores: Mapping[str, float] = likely.scores or {}
    by = f"EPSS {epss:g} or more as of {likely.as_of}"
    counted = _counted(mended_only=mended_only)
    yield from _violations(weak, lambda one: one.advisory.state in counted, lambda cve: scores.get(cve, 0) >= epss, by)
    yield from _undecided(weak, lambda one: any(scores.get(cve, 1) >= epss for cve in _unclear(one)), watched_otherwise)
    yield from _silent(weak, mended_only=mended_only)
    if old := stale(weak.as_of, today.date, advisories_max_days, "the advisories"):
        yield Undecided("advisories", old)
    present = [one for one in weak.found if one.advisory.state in counted]
    if likely.as_of is None:
        yield from (
            [Undecided("scores", "no EPSS scores were given to auditor: auditor intel --help")] if present else []
        )
    elif old := stale(likely.as_of, today.date, scores_max_days, "the EPSS scores"):
        yield from [Undecided("scores", old)] if present else []
    else:
        yield from _unscored(present, scores, likely)


def _counted(*, mended_only: bool) -> frozenset[State]:
    return _THERE - {State.OPEN} if mended_only else _THERE


def _silent(weak: Weaknesses, *, mended_only: bool) -> Iterator[Undecided]:
    """Yield a doubt where the advisories would not tell of a weakness that no version mends."""
    if not (weak.unmended or mended_only):
        yield Undecided("advisories", f"they tell only of what is mended, and not of what is open ({weak.told})")


def _unclear(one: Weakness) -> tuple[str, ...]:
    """Return the weaknesses that a package may have and may not have."""
    return one.advisory.ids if one.advisory.state in _UNCLEAR else ()


def _violations(
    weak: Weaknesses,
    counts: Callable[[Weakness], bool],
    wanted: Callable[[str], bool] = lambda _: True,
    by: str = "",
) -> Iterator[Violation]:
    """Yield a violation for each source package: its versions here with the weaknesses, and what mends them."""
    of: dict[str, list[Weakness]] = {}
    for one in weak.found:
        if counts(one) and any(wanted(cve) for cve in one.advisory.ids):
            of.setdefault(one.source, []).append(one)
    for source, found in of.items():
        yield Violation(source, found=_found(found, wanted), wanted=_wanted(weak, found, by))


def _found(found: Iterable[Weakness], wanted: Callable[[str], bool]) -> str:
    cves: dict[str, set[str]] = {}
    held = any(one.held for one in found)
    for one in found:
        cves.setdefault(one.version, set()).update(cve for cve in one.advisory.ids if wanted(cve))
    parts = [f"{version}: {', '.join(sorted(named, key=_age))}" for version, named in sorted(cves.items())]
    return "; ".join(parts) + (" (held back)" if held else "")


def _wanted(weak: Weaknesses, found: Iterable[Weakness], by: str) -> str:
    listed = list(found)
    fixed = newest(weak.manager, [one.advisory.fixed for one in listed if one.advisory.state is not State.OPEN])
    paid = any(one.advisory.state is State.PAID for one in listed)
    notes = sorted({one.advisory.note for one in listed if one.advisory.state is State.OPEN and one.advisory.note})
    none = f"no version mends all of it in {weak.release}" + (f" ({', '.join(notes)})" if notes else "")
    parts = [f"{fixed} or newer{', which subscribers get' if paid else ''}"] if fixed else []
    parts += [none] if any(one.advisory.state is State.OPEN for one in listed) else []
    return f"{'; '.join(parts)} ({'; '.join(filter(None, [weak.told, by]))})"


def _undecided(
    weak: Weaknesses, unclear: Callable[[Weakness], bool], watched_otherwise: frozenset[str]
) -> Iterator[Undecided]:
    for one in weak.unjudged:
        if one.origin not in watched_otherwise:
            packages = f"{_some(one.packages)}: " if one.packages else ""
            yield Undecided(one.origin, f"{packages}{one.why}")
    of: dict[str, dict[str, str]] = {}
    for weakness in filter(unclear, weak.found):
        of.setdefault(weakness.source, {}).update(dict.fromkeys(weakness.advisory.ids, weakness.advisory.note))
    for source, ids in of.items():
        why = ", ".join(sorted(set(filter(None, ids.values())))) or "undetermined"
        yield Undecided(source, f"whether {_some(sorted(ids, key=_age))} is in it is not known ({why}; {weak.told})")


def _unscored(present: Iterable[Weakness], scores: Mapping[str, float], likely: ExploitScores) -> Iterator[Undecided]:
    """Yield the CVEs that have no score; weaknesses without a CVE never get one."""
    of: dict[str, set[str]] = {}
    for one in present:
        of.setdefault(one.source, set()).update(cve for cve in one.advisory.ids if cve.startswith("CVE-"))
    for source, cves in of.items():
        if missing := sorted(cves - scores.keys(), key=_age):
            yield Undecided(source, f"{_some(missing)} had no EPSS score on {likely.as_of}")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    return ", ".join(listed[:_MOST]) + more


def _age(cve: str) -> tuple[str, int, str]:
    """Return what sorts CVEs by year and number: CVE-2024-999 stands before CVE-2024-10000."""
    return cve[: len("CVE-2024")], len(cve), cve
