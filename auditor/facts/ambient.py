"""Facts that are the same for every asset of an audit: given to it, not asked of anything."""

from dataclasses import dataclass
from datetime import date


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
