"""What a scan saw and the inventory does not list: proposals, never additions."""

from dataclasses import replace

from auditor.inventory.listing import Inventory
from auditor.inventory.nmap_xml import parse
from auditor.model.asset import Asset


def proposals(scan: str, inventory: Inventory, file: str = "the scan") -> tuple[Asset, ...]:
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


def _renamed(asset: Asset, taken: set[str]) -> Asset:
    return replace(asset, name=asset.addresses[0]) if asset.name.casefold() in taken and asset.addresses else asset
