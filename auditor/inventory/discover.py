"""What a scan saw and the inventory does not list: proposals, never additions."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from auditor.inventory.listing import Inventory
from auditor.inventory.nmap_xml import parse
from auditor.model.asset import Access, Asset, Channel, Kind, Platform


def proposed(scan: str, inventory: Inventory, file: str = "the scan") -> tuple[Asset, ...]:
    """Return the hosts of a scan's XML of which no address, name or MAC address is in the inventory.

    A proposal whose name an asset already has, at another address, is named by its address. Raises ContentError.
    """
    known_addresses = {address.casefold() for asset in inventory.assets for address in asset.addresses}
    known_names = {name.casefold() for asset in inventory.assets for name in (asset.name, *asset.aliases)}
    known_macs = {text for asset in inventory.assets for text in asset.identities if text.startswith("mac:")}
    seen = [entry.asset for entry in parse(scan, file).listed]
    return tuple(
        _renamed(asset, known_names)
        for asset in seen
        if not known_addresses & {text.casefold() for text in (asset.name, *asset.addresses)}
        and not known_macs & asset.identities
    )


def snippet(assets: Iterable[Asset]) -> str:
    """Return proposals as YAML to paste below `assets:`. Words from the network stand in quotes, whatever they hold."""
    return "\n".join(line for asset in assets for line in _lines(asset))


def _renamed(asset: Asset, taken: set[str]) -> Asset:
    return replace(asset, name=asset.addresses[0]) if asset.name.casefold() in taken and asset.addresses else asset


def _lines(asset: Asset) -> Iterator[str]:
    yield f"  - name: {_quoted(asset.name)}"
    yield f"    kind: {asset.kind}" + ("  # not told by the scan" if asset.kind is Kind.OTHER else "")
    guessed = "not told by the scan" if asset.platform is Platform.UNKNOWN else "a guess of the scan"
    yield f"    platform: {asset.platform}  # {guessed}"
    if asset.addresses:
        yield f"    addresses: [{', '.join(map(_quoted, asset.addresses))}]"
    if asset.identities:
        yield f"    identities: [{', '.join(map(_quoted, sorted(asset.identities)))}]"
    if asset.accesses:
        yield "    transports:"
        yield from (f"      {access.channel}: {_words(access)}" for access in asset.accesses)


def _words(access: Access) -> str:
    port = f"port: {access.port}" if access.port else ""
    if access.channel is Channel.NMAP:
        return "{}"
    return f"{{{port}}}  # add credential: NAME"


def _quoted(text: str) -> str:
    return json.dumps(text)  # a JSON string is a YAML 1.2 string
