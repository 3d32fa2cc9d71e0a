"""What a company demands: controls in its own words, and the checks they come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from auditor.errors import Place
from auditor.model.asset import Asset, Criticality, Kind, Platform
from auditor.model.check import Check, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which assets a control is about; what is left empty does not narrow it."""

    kind: frozenset[Kind] = frozenset()
    platform: frozenset[Platform] = frozenset()
    site: frozenset[str] = frozenset()
    zone: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    criticality: frozenset[Criticality] = frozenset()
    assets: frozenset[str] = frozenset()
    except_assets: frozenset[str] = frozenset()

    def covers(self, asset: Asset) -> bool:
        """Whether the asset lies within every dimension that is narrowed."""
        return (
            (not self.kind or asset.kind in self.kind)
            and (not self.platform or asset.platform in self.platform)
            and (not self.site or asset.site in self.site)
            and (not self.zone or asset.zone in self.zone)
            and (not self.tags or bool(self.tags & asset.tags))
            and (not self.criticality or asset.criticality in self.criticality)
            and (not self.assets or asset.name in self.assets)
            and asset.name not in self.except_assets
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One demand in the company's words. Without checks it is manual: a person has to look."""

    id: str
    title: str
    policy: str
    text: str = ""
    applies_to: Scope = Scope()
    severity: Severity | None = None
    satisfies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # framework -> ids
    checks: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # check id -> validated settings
    declared_at: Place = Place("")
    settings_at: Mapping[str, Place] = field(default_factory=dict)  # "check id" or "check id.setting" -> who set it


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A violation that somebody answers for until the end of a day."""

    check: str
    assets: frozenset[str]
    reason: str
    approved_by: str
    expires: date  # the last day on which it holds
    subject: str = ""  # empty: every subject of the check
    found: str = ""  # the value it was granted for; another value found ends it. Empty: the value first seen
    declared_at: Place = Place("")

    def matches(self, asset: str, check: str, subject: str) -> bool:
        """Whether it speaks of this violation; whether it still holds is another question."""
        return check == self.check and asset in self.assets and self.subject in {"", subject}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Controls and waivers, with everything that was extended already folded in."""

    id: str
    version: str
    title: str = ""
    controls: tuple[Control, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    digest: str = ""  # SHA-256 of every file that it was made from, and of the checks it names


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One check, or one look by a person, that a control demands: one value for all assets that it covers.

    `settings` is what the policy says, `effective` also what holds where it is silent; so is `severity`.
    """

    control: Control
    check: Check | None  # None: a manual control
    settings: Mapping[str, object] = field(default_factory=dict)
    effective: Mapping[str, object] = field(init=False, repr=False, compare=False)
    severity: Severity = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Add what the check itself says, once for all assets."""
        own = self.check.settings if self.check else {}
        effective = {name: self.settings.get(name, setting.default) for name, setting in own.items()}
        object.__setattr__(self, "effective", effective)
        severity = self.control.severity or (self.check.severity if self.check else Severity.MEDIUM)
        object.__setattr__(self, "severity", severity)
