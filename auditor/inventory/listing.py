"""What a source lists, and what an inventory is once its sources are one."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from auditor.errors import Place
from auditor.model.asset import Access, Asset

_ALWAYS_JOINED: Final = frozenset({"name", "addresses", "tags", "identities", "accesses", "aliases", "declared_at"})

# What an asset's fields of one value, and those of a way of asking, hold where nobody says anything.
BLANK_ASSET: Final = {field.name: field.default for field in fields(Asset) if field.name not in _ALWAYS_JOINED}
_BLANK_ACCESS: Final = {field.name: field.default for field in fields(Access)}


@dataclass(frozen=True, slots=True)
class Listed:
    """An asset as one source lists it. `said` names the fields that the source itself states, not a default."""

    asset: Asset
    said: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """What one file gave, and what of it could not be used (never a secret's value)."""

    listed: tuple[Listed, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """A further source that an inventory names. `columns` maps our field names to the source's column names."""

    path: Path
    format: str
    columns: dict[str, str]
    defaults: Asset


@dataclass(frozen=True, slots=True)
class Declared:
    """What an inventory file declares."""

    source: Source
    scope_allow: tuple[str, ...]
    scope_deny: tuple[str, ...]
    includes: tuple[Include, ...]
    scope_at: Place = Place("")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a company owns, merged by identity, and the networks that may be asked, with the lines that say so.

    `sources` are the files that were read, in order of precedence.
    """

    assets: tuple[Asset, ...]
    scope_allow: tuple[str, ...] = ()
    scope_deny: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    scope_at: tuple[Place, ...] = ()


def listed(asset: Asset) -> Listed:
    """Return an asset of which every field that is not empty was stated by the source."""
    blank = Asset(name=asset.name)
    stated = (field.name for field in fields(Asset) if getattr(asset, field.name) != getattr(blank, field.name))
    return Listed(asset, frozenset(stated) | {"name"})


def with_defaults(entry: Listed, defaults: Asset) -> Listed:
    """Return an entry whose unstated fields come from a file's defaults.

    Tags are added to the entry's own. A default transport fills the blanks of the entry's transport of that channel; a
    transport that the entry does not have is added only when it has none at all.
    """
    asset = entry.asset
    single = {
        name: value
        for name, blank in BLANK_ASSET.items()
        if name not in entry.said and (value := getattr(defaults, name)) != blank
    }
    accesses = tuple(_filled(own, defaults) for own in asset.accesses) or defaults.accesses
    return replace(entry, asset=replace(asset, **single, tags=asset.tags | defaults.tags, accesses=accesses))


def filled(own: Access, other: Access) -> Access:
    """Return a way of asking whose blank fields come from another description of the same way."""
    values = {
        name: said if (said := getattr(own, name)) != blank else getattr(other, name)
        for name, blank in _BLANK_ACCESS.items()
    }
    return Access(**values)


def _filled(own: Access, defaults: Asset) -> Access:
    other = defaults.access(own.channel, own.holds)
    return filled(own, other) if other else own
