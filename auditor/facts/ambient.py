"""Facts that are the same for every asset of an audit: given to it, not asked of anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Today:
    """The day the audit is judged on, in UTC."""

    date: date


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """One release cycle of a product. `ends` is None when an end is announced without a date or there is none.

    `extended_ends` is when paid or separate support ends on top of that, where there is any.
    """

    cycle: str
    ended: bool
    ends: date | None
    latest: str = ""
    extended_ends: date | None = None


@dataclass(frozen=True, slots=True)
class Lifecycles:
    """End-of-life dates as known on a day: product slug -> its cycles (source: endoflife.date)."""

    as_of: date
    products: dict[str, tuple[Lifecycle, ...]]

    def cycle(self, product: str, version: str) -> Lifecycle | None:
        """Return the cycle that a version belongs to: the longest cycle name that it equals or extends by a dot."""
        fitting = [
            known
            for known in self.products.get(product, ())
            if version == known.cycle or version.startswith(known.cycle + ".")
        ]
        return max(fitting, key=lambda known: len(known.cycle), default=None)


NAMELESS: Final = "*"  # stands for the package of advisories that name none


class State(StrEnum):
    """What an advisory says of a package of a release."""

    FIXED = "fixed"  # mended by the version that it names
    PAID = "paid"  # mended by a version that only subscribers get
    OPEN = "open"  # weak, and no version mends it
    UNDETERMINED = "undetermined"  # nobody has found out
    UNREAD = "unread"  # it says more than auditor understands


@dataclass(frozen=True, slots=True)
class Advisory:
    """What a publisher says of one package: these weaknesses, and the version that is the first without them.

    Versions before `fixed` are spoken of, or all of them where it is empty. `stream` is a module stream of RPM
    (`nodejs:18`), `*` where the publisher does not name the one it means.
    """

    ids: tuple[str, ...]
    state: State
    fixed: str = ""
    note: str = ""
    stream: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseAdvisories:
    """The advisories of one release of a distribution, such as `debian/bookworm`, as known on a day.

    `by_source` says that packages are source packages only; elsewhere a name may be of either kind. `unmended` says
    that weaknesses are listed too which no version mends: many publishers tell only of what they have mended.
    """

    release: str
    as_of: date
    source: str
    by_source: bool
    packages: Mapping[str, tuple[Advisory, ...]]
    unmended: bool = True

    @property
    def told(self) -> str:
        """Return who says so and since when, for people."""
        return f"{self.source} as of {self.as_of}"


@dataclass(frozen=True, slots=True)
class Advisories:
    """All advisories that were given to auditor."""

    releases: tuple[ReleaseAdvisories, ...] = ()

    def of(self, names: Iterable[str]) -> ReleaseAdvisories | None:
        """Return the newest ones of a release, by any of its names."""
        known = set(names)
        fitting = [one for one in self.releases if one.release in known]
        return max(fitting, key=lambda one: one.as_of, default=None)


@dataclass(frozen=True, slots=True)
class Exploited:
    """Weaknesses that are known to be exploited, and since when that is known (CISA's KEV catalogue)."""

    as_of: date
    since: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class ExploitScores:
    """How likely a weakness is exploited within 30 days, from 0 to 1 (EPSS of FIRST). No day: none were given."""

    as_of: date | None = None
    scores: Mapping[str, float] | None = None


def stale(as_of: date, today: date, most_days: int, what: str) -> str:
    """Return why dated knowledge proves nothing any more, or nothing while it does."""
    if as_of > today + timedelta(days=1):
        return f"{what} are dated {as_of}, which is yet to come"
    age = (today - as_of).days
    return f"{what} are of {as_of}, {age} days old: what became known since is not in them" if age > most_days else ""
