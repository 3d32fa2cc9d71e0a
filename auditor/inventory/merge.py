"""Make one asset of everything that sources say about it.

Two entries are one asset when they share an identity (serial number, engine id, host key, IMEI, MEID, UDID, device id),
directly or through a third; otherwise when they share a name, letter case aside, and no identity speaks against it. A
MAC address is kept and does not decide: docking stations share theirs, and phones invent a new one for each network.

Fields come from the first source that states them, in the order of the sources, then from the first one's defaults.
Addresses, tags and identities are joined; the other names become aliases. Entries that would be one by name or by one
identity, and two by another, are an error: only a person knows which of them is right.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from auditor.errors import ContentError
from auditor.inventory.listing import BLANK_ASSET, Listed, filled
from auditor.model.asset import Access, Asset

DECISIVE: Final = frozenset({"serial", "engine-id", "host-key", "imei", "meid", "udid", "device-id"})
_EXCLUSIVE: Final = ("serial", "udid", "imei", "meid", "engine-id")  # the strongest that both have decides


def merged(entries: Iterable[Listed]) -> tuple[Asset, ...]:
    """Return one asset for each thing, in the order of first mention. Raises ContentError on contradictions."""
    ordered = list(entries)
    groups = _Groups(len(ordered))
    first: dict[str, int] = {}
    for index, entry in enumerate(ordered):
        for key in (*_decisive(entry.asset), *_names(entry.asset)):
            groups.join(index, first.setdefault(key, index))
    members: defaultdict[int, list[Listed]] = defaultdict(list)
    for index, entry in enumerate(ordered):
        members[groups.root(index)].append(entry)
    return tuple(_one(group) for group in members.values())


def contradiction(one: Asset, other: Asset) -> str:
    """Return the strongest sort of identity that both have, if they share none of it, or an empty string.

    A phone with two SIM cards has two IMEIs, so sources that agree on the serial number may differ in the IMEI.
    """
    for sort in _EXCLUSIVE:
        ours, theirs = _of_sort(one, sort), _of_sort(other, sort)
        if ours and theirs:
            return "" if ours & theirs else sort
    return ""


class _Groups:
    """Disjoint sets of numbers; the root of a set is its smallest member."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def root(self, index: int) -> int:
        while self.parent[index] != index:
            self.parent[index] = self.parent[self.parent[index]]
            index = self.parent[index]
        return index

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self.parent[high] = low


def _decisive(asset: Asset) -> list[str]:
    return sorted(text for text in asset.identities if text.partition(":")[0] in DECISIVE)


def _names(asset: Asset) -> list[str]:
    return [f"name:{name.casefold()}" for name in (asset.name, *sorted(asset.aliases))]


def _of_sort(asset: Asset, sort: str) -> set[str]:
    return {text for text in asset.identities if text.partition(":")[0] == sort}


def _one(group: Sequence[Listed]) -> Asset:
    first = group[0].asset
    if len(group) == 1:
        return first
    _refuse_contradictions(entry.asset for entry in group)
    names = {entry.asset.name for entry in group} | {name for entry in group for name in entry.asset.aliases}
    chosen = {field: _chosen(field, blank, group) for field, blank in BLANK_ASSET.items()}
    return replace(
        first,
        **chosen,  # type: ignore[arg-type]
        addresses=tuple(dict.fromkeys(address for entry in group for address in entry.asset.addresses)),
        tags=frozenset().union(*(entry.asset.tags for entry in group)),
        identities=frozenset().union(*(entry.asset.identities for entry in group)),
        accesses=tuple(_joined(access for entry in group for access in entry.asset.accesses)),
        aliases=frozenset(name for name in names if name.casefold() != first.name.casefold()),
    )


def _refuse_contradictions(assets: Iterable[Asset]) -> None:
    """Compare each with all before it, but those that are known by the same only once: an export may list many."""
    distinct: dict[frozenset[str], Asset] = {}
    for asset in assets:
        known_by = frozenset(text for text in asset.identities if text.partition(":")[0] in _EXCLUSIVE)
        if known_by in distinct:
            continue
        for earlier in distinct.values():
            _refuse_contradiction(earlier, asset)
        distinct[known_by] = asset


def _refuse_contradiction(one: Asset, other: Asset) -> None:
    sort = contradiction(one, other)
    if not sort:
        return
    ours, theirs = (", ".join(sorted(_of_sort(asset, sort))) for asset in (one, other))
    raise ContentError(
        other.declared_at,
        f"{other.name} ({theirs}) and {one.name} ({ours}, at {one.declared_at}) are one asset by name or another "
        f"identity, and two by {sort}",
        "Rename one of them, or correct the identity that is wrong.",
    )


def _chosen(field: str, blank: object, group: Sequence[Listed]) -> object:
    for entry in group:
        if field in entry.said:
            return getattr(entry.asset, field)
    return next((value for entry in group if (value := getattr(entry.asset, field)) != blank), blank)


def _joined(accesses: Iterable[Access]) -> Iterable[Access]:
    """Return the ways of asking, those of one channel (and one file) made one, the first mention's words first."""
    ways: dict[tuple[str, ...], Access] = {}
    for access in accesses:
        way = (access.channel.value, access.holds, access.path, access.key)
        ways[way] = filled(ways[way], access) if way in ways else access
    return ways.values()
