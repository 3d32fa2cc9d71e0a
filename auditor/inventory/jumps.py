"""What `jump:` of an asset's way stands for: another asset that is asked by SSH, or a host written out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from auditor.errors import ContentError
from auditor.inventory.words import address_problem
from auditor.model.asset import Access, Asset, Channel, JumpHost

_WRITTEN: Final = re.compile(r"(?:([^@:\s]+)@)?(?:\[([^\]]+)\]|([^@:\s\[\]]+))(?::([1-9][0-9]{0,4}))?")
_FORMS: Final = "Write the name of an asset that has `ssh:`, or user@host:port."


def routed(assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """Return the assets with every jump resolved. Raises ContentError with each that leads nowhere, or in a circle."""
    known: dict[str, Asset] = {}
    for asset in assets:
        for name in (asset.name, *asset.aliases):
            known.setdefault(name.casefold(), asset)
    problems: list[ContentError] = []
    found: list[Asset] = []
    for asset in assets:
        try:
            accesses = tuple(_routed(asset, access, known, (asset.name,)) for access in asset.accesses)
            found.append(asset if accesses == asset.accesses else replace(asset, accesses=accesses))
        except ValueError as why:
            problems.append(ContentError(asset.declared_at, f"{asset.name}: {why}", _FORMS))
    if problems:
        raise ContentError.of(problems)
    return tuple(found)


def _routed(asset: Asset, access: Access, known: dict[str, Asset], trail: tuple[str, ...]) -> Access:
    if not access.jump:
        return access
    if access.legacy:
        raise ValueError("legacy and jump do not go together: the system's ssh knows nothing of our connections")
    written = _jump_written(access)
    return replace(access, jump_host=written or _jump_asset(asset, access, known, trail))


def _jump_written(access: Access) -> JumpHost | None:
    """Return a jump that is written out, or None for the name of an asset."""
    if not {"@", ":"} & set(access.jump):
        return None
    parts = _WRITTEN.fullmatch(access.jump)
    host = parts and (parts[2] or parts[3])
    if not parts or not host or address_problem(host) or int(parts[4] or 0) > 65535:
        raise ValueError("jump is not of the form user@host:port")  # not repeated: it may hold a password
    way = Access(
        channel=Channel.SSH,
        port=int(parts[4] or 0),
        user=parts[1] or "",
        credential=access.jump_credential or access.credential,
    )
    return JumpHost(name=access.jump, addresses=(host,), access=way)


def _jump_asset(asset: Asset, access: Access, known: dict[str, Asset], trail: tuple[str, ...]) -> JumpHost:
    via = known.get(access.jump.casefold())
    if via is None:
        raise ValueError(f"jump names {access.jump}, and there is no such asset")
    if via.name in trail:
        raise ValueError(f"its jumps lead in a circle: {' -> '.join([*trail, via.name])}")
    way = via.access(Channel.SSH)
    if way is None or way.legacy:
        raise ValueError(f"jump names {via.name}, which has no `ssh:`" if way is None else f"{via.name} is legacy")
    way = replace(way, credential=access.jump_credential or way.credential)
    way = _routed(asset, way, known, (*trail, via.name))
    return JumpHost(name=via.name, addresses=via.addresses, access=way)
