"""Our own inventory format: assets, defaults, scope and further sources in one YAML file."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from auditor.documents import Document, Key, Plain, read_yaml, validated
from auditor.errors import ContentError
from auditor.inventory.listing import Declared, Include, Listed, Source, listed, with_defaults
from auditor.inventory.secrets import written_secrets
from auditor.inventory.words import identity, nearest
from auditor.inventory.written import (
    Common,
    Included,
    InventoryFile,
    Login,
    Plainly,
    Replayed,
    Row,
    SavedFile,
    Scope,
    SnmpAgent,
    Transports,
)
from auditor.model.asset import Access, Asset, Channel

_INSIDE: Final[dict[Key, type[BaseModel]]] = {
    "scope": Scope, "defaults": Common, "include": Included, "assets": Row, "transports": Transports,
    "local": Plainly, "ssh": Login, "cli": Login, "snmp": SnmpAgent, "nmap": Plainly, "file": SavedFile,
    "replay": Replayed,
}  # fmt: skip


def read(path: Path) -> Declared:
    """Return what an inventory file declares. Raises ContentError with every problem and its place."""
    document = read_yaml(path)
    if not isinstance(document.value, dict):
        raise ContentError(
            document.place(), "is not an inventory", "Begin with `assets:` and a list of assets below it."
        )
    if problems := [*written_secrets(document), *_strays(document, document.value, (), InventoryFile)]:
        raise ContentError.of(problems)
    written = validated(document, InventoryFile)
    _refuse_twins(document, written)
    defaults = _asset(written.defaults, "", document, ("defaults",))
    rows = [_listed(row, document, ("assets", index)) for index, row in enumerate(written.assets)]
    includes = tuple(_include(each, document, ("include", index)) for index, each in enumerate(written.include))
    return Declared(
        Source(tuple(with_defaults(row, defaults) for row in rows), tuple(_unusable(document, written, rows))),
        written.scope.allow,
        written.scope.deny,
        tuple(replace(each, defaults=with_defaults(listed(each.defaults), defaults).asset) for each in includes),
        document.key_place("scope"),
    )


def _strays(document: Document, value: Plain, path: tuple[Key, ...], model: type[BaseModel]) -> Iterator[ContentError]:
    """Yield a problem for each field that there is not, with the fields that there are."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strays(document, item, (*path, index), model)
    if not isinstance(value, dict):
        return
    known = [field.alias or name for name, field in model.model_fields.items()]
    for key, inner in value.items():
        if key not in known:
            where = f" under {path[-1]}" if path and isinstance(path[-1], str) else ""
            problem = f"{key}: there is no such field{where}"
            yield ContentError(document.key_place(*path, key), problem, nearest(key, known))
        elif key in _INSIDE:
            yield from _strays(document, inner, (*path, key), _INSIDE[key])


def _refuse_twins(document: Document, written: InventoryFile) -> None:
    seen: dict[str, int] = {}
    for index, row in enumerate(written.assets):
        first = seen.setdefault(row.name.casefold(), index)
        if first != index:
            earlier = document.place("assets", first, "name")
            raise ContentError(
                document.place("assets", index, "name"),
                f"the name {row.name} stands at {earlier} already",
                "Give each asset its own name, or make the two entries one.",
            )


def _listed(row: Row, document: Document, path: tuple[Key, ...]) -> Listed:
    asset = replace(
        _asset(row, row.name, document, path),
        addresses=tuple(dict.fromkeys(row.addresses)),
        identities=frozenset(filter(None, (identity(*_parted(text)) for text in row.identities))),
        aliases=frozenset(row.aliases),
    )
    return Listed(asset, frozenset(row.model_fields_set))


def _parted(text: str) -> tuple[str, str]:
    kind, _, value = text.partition(":")
    return kind, value


def _unusable(document: Document, written: InventoryFile, rows: Sequence[Listed]) -> Iterator[str]:
    for index, row in enumerate(written.assets):
        if len(rows[index].asset.identities) == len(row.identities):
            continue
        for at, text in enumerate(row.identities):
            if identity(*_parted(text)) is None:
                place = document.place("assets", index, "identities", at)
                yield f"{place}: {text} is a placeholder that many devices share; {row.name} is not known by it"


def _asset(common: Common, name: str, document: Document, path: tuple[Key, ...]) -> Asset:
    return Asset(
        name=name,
        kind=common.kind,
        platform=common.platform,
        site=common.site,
        zone=common.zone,
        owner=common.owner,
        department=common.department,
        criticality=common.criticality,
        tags=common.tags,
        model=common.model,
        accesses=tuple(_accesses(common.transports, document, (*path, "transports"))),
        declared_at=document.place(*path),
    )


def _accesses(written: Transports, document: Document, path: tuple[Key, ...]) -> Iterator[Access]:
    if written.local is not None:
        yield Access(channel=Channel.LOCAL)
    for channel, login in ((Channel.SSH, written.ssh), (Channel.CLI, written.cli)):
        if login is not None:
            yield Access(
                channel=channel,
                port=login.port,
                user=login.user,
                credential=login.credential,
                jump=login.jump,
                jump_credential=login.jump_credential,
                legacy=login.legacy,
            )
    if written.snmp is not None:
        agent = written.snmp
        yield Access(channel=Channel.SNMP, port=agent.port, version=agent.version, credential=agent.credential)
    if written.nmap is not None:
        yield Access(channel=Channel.NMAP)
    for index, saved in enumerate(written.file):
        one = (*path, "file", index) if document.find((*path, "file", 0)) else (*path, "file")
        yield from _saved(saved, document, one)
    if written.replay is not None:
        folder = _existing(document, written.replay.folder, (*path, "replay", "folder"), folder=True)
        yield Access(channel=Channel.REPLAY, path=str(folder))


def _saved(written: SavedFile, document: Document, path: tuple[Key, ...]) -> Iterator[Access]:
    if written.configuration:
        file = _existing(document, written.configuration, (*path, "configuration"))
        yield Access(channel=Channel.FILE, path=str(file), holds="configuration")
    if written.device_record:
        file = _existing(document, written.device_record, (*path, "device-record"))
        if not written.key:
            problem, mend = "key: is required beside device-record", "Write a cell that only this device's record has."
            raise ContentError(document.place(*path), problem, mend)
        columns = tuple(written.columns.items())
        yield Access(channel=Channel.FILE, path=str(file), holds="device-record", key=written.key, columns=columns)
    if not written.configuration and not written.device_record:
        mend = "Write `configuration: FILE`, or `device-record: FILE` and `key: CELL`."
        raise ContentError(document.place(*path), "file: names no file", mend)


def _existing(document: Document, written: str, path: Sequence[Key], *, folder: bool = False) -> Path:
    """Return the whole path of one written relative to the inventory file. Raises ContentError when it is not there."""
    found = Path(document.file).absolute().parent / Path(written).expanduser()
    if found.is_dir() if folder else found.is_file():
        return found
    place, sort = document.place(*path), "folder" if folder else "file"
    raise ContentError(place, f"there is no {sort} {found}", "Paths count from the inventory file's own folder.")


def _include(written: Included, document: Document, path: tuple[Key, ...]) -> Include:
    file = _existing(document, written.path, (*path, "path"))
    columns = written.columns if isinstance(written.columns, dict) else _mapping(written.columns, document, path)
    defaults = _asset(written.defaults, "", document, (*path, "defaults"))
    return Include(file, written.format or "", columns, defaults)


def _mapping(name: str, document: Document, path: tuple[Key, ...]) -> dict[str, str]:
    mapping = read_yaml(_existing(document, name, (*path, "columns")))
    return validated(mapping, dict[str, str])
