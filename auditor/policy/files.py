"""The policy file, field by field, as a person writes it."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from auditor.model.asset import Criticality, Kind, Platform
from auditor.model.check import Severity

Word = Annotated[str, Field(min_length=1, max_length=200)]


class Written(BaseModel):
    """A mapping of the file in which every unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScopeFile(Written):
    """`applies_to:` and its opposite for names; an empty scope is every asset."""

    kind: frozenset[Kind] = frozenset()
    platform: frozenset[Platform] = frozenset()
    site: frozenset[Word] = frozenset()
    zone: frozenset[Word] = frozenset()
    tags: frozenset[Word] = frozenset()
    criticality: frozenset[Criticality] = frozenset()
    assets: frozenset[Word] = frozenset()
    except_assets: frozenset[Word] = frozenset()


class ControlFile(Written):
    """One control. In a policy that extends another, a field left out keeps the other's value."""

    id: Word
    title: Word | None = None
    text: str | None = None
    applies_to: ScopeFile | None = None
    severity: Severity | None = None
    satisfies: dict[Word, tuple[Word, ...]] | None = None
    checks: dict[Word, dict[str, object] | None] | None = None
    manual: bool = False


class WaiverFile(Written):
    """One waiver: what it is for, why, who answers for it, and its last day."""

    check: Word
    assets: Annotated[frozenset[Word], Field(min_length=1)]
    reason: Annotated[str, Field(min_length=10)]
    approved_by: Word
    expires: date
    subject: str = ""
    found: str = ""


class PolicyFile(Written):
    """A file of policies/."""

    policy: Word
    version: Word
    title: str = ""
    extends: tuple[Word, ...] = ()
    drop: frozenset[Word] = frozenset()  # controls of an extended policy that do not hold here
    controls: tuple[ControlFile, ...] = ()
    waivers: tuple[WaiverFile, ...] = ()


class FrameworkFile(Written):
    """A file of policies/frameworks/: the requirements that `satisfies` may name, in our own words."""

    framework: Word
    title: Word
    source: Word
    requirements: dict[Word, Word]
