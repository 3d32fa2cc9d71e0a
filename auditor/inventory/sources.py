"""Read an inventory whatever its format, follow its includes, and make one of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.documents import parse_yaml, read_text
from auditor.errors import ContentError, Place
from auditor.inventory.jumps import routed
from auditor.inventory.listing import Declared, Include, Inventory, Listed, Source, with_defaults
from auditor.inventory.merge import merged
from auditor.model.asset import Asset

_OUR_KEYS: Final = frozenset({"assets", "include", "scope", "defaults"})
_OURS: Final = re.compile(r"^(?:assets|include|scope|defaults):", re.MULTILINE)
_EXPORTS: Final = frozenset({"intune", "jamf", "google", "devices"})
_NOTHING: Final = Declared(Source(()), (), (), ())


@dataclass(frozen=True, slots=True)
class _Read:
    path: Path
    source: Source


def load(paths: Path | Iterable[Path]) -> Inventory:
    """Return the inventory that one or several files are, with all that they include.

    Without our own YAML around it, a spreadsheet, Ansible inventory, nmap XML or device-management export is an
    inventory too: one with no scope list. The scope lists of several files are joined. Raises ContentError with file,
    line and mend.
    """
    reads: list[_Read] = []
    allow: list[str] = []
    deny: list[str] = []
    scope_at: list[Place] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        declared = _declared(path)
        allow += declared.scope_allow
        deny += declared.scope_deny
        scope_at += [declared.scope_at] if declared.scope_allow or declared.scope_deny else []
        reads += [_Read(path, declared.source)] if declared is not _NOTHING else [_Read(path, read_source(path))]
        reads += [_Read(include.path, _included(include)) for include in declared.includes]
    return Inventory(
        assets=routed(merged(entry for read in reads for entry in read.source.listed)),
        scope_allow=tuple(dict.fromkeys(allow)),
        scope_deny=tuple(dict.fromkeys(deny)),
        sources=tuple(dict.fromkeys(read.path for read in reads)),
        warnings=tuple(dict.fromkeys(warning for read in reads for warning in read.source.warnings)),
        scope_at=tuple(scope_at),
    )


def _declared(path: Path) -> Declared:
    if path.is_dir():
        mend = f"Name one file in it, or write a YAML file that includes them: {', '.join(_files(path)) or 'none'}."
        raise ContentError(Place(str(path)), "is a folder, not an inventory file", mend)
    if format_of(path) != "auditor":
        return _NOTHING
    from auditor.inventory.yaml import read  # noqa: PLC0415  (pydantic)

    return read(path)


def format_of(path: Path) -> str:
    """Return a file's format by its suffix and its content: auditor, csv, ansible, nmap or devices."""
    match path.suffix.casefold():
        case ".xml":
            return "nmap"
        case ".csv" | ".tsv":
            return _spreadsheet(path)
        case ".json":
            return "devices"
        case ".yaml" | ".yml":
            return _yaml(path)
        case _:
            return "ansible"


def read_source(path: Path, sort: str = "", columns: dict[str, str] | None = None) -> Source:
    """Return what one file lists; the format is found out when it is not said. Raises ContentError."""
    from auditor.inventory import ansible, csv, device_export, nmap_xml  # noqa: PLC0415  (a source at a time is usual)

    sort = sort or format_of(path)
    if sort in _EXPORTS:
        return device_export.read(path, columns)
    if sort == "csv":
        return csv.read(path, columns)
    if sort == "auditor":
        raise ContentError(Place(str(path)), "is an inventory of its own", "Include its sources, not the file.")
    return nmap_xml.read(path) if sort == "nmap" else ansible.read(path)


def _included(include: Include) -> Source:
    source = read_source(include.path, include.format, include.columns)
    return Source(tuple(_defaulted(source.listed, include.defaults)), source.warnings)


def _defaulted(entries: Iterable[Listed], defaults: Asset) -> Iterable[Listed]:
    return (with_defaults(entry, defaults) for entry in entries)


def _spreadsheet(path: Path) -> str:
    from auditor.inventory.csv import table  # noqa: PLC0415
    from auditor.inventory.device_export import is_export  # noqa: PLC0415

    return "devices" if is_export(table(read_text(path), str(path)).headers) else "csv"


def _yaml(path: Path) -> str:
    """Return whose YAML it is. What is neither, even an empty file, is read as ours, so that the message fits."""
    text = read_text(path)
    if _OURS.search(text):  # a large inventory is not worth reading twice
        return "auditor"
    try:
        value = parse_yaml(text, str(path)).value
    except ContentError:
        return "ansible" if "!vault" in text else "auditor"
    groups = isinstance(value, dict) and value and not _OUR_KEYS & value.keys()
    return "ansible" if groups and _looks_grouped(value) else "auditor"


def _looks_grouped(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else ()
    return all(
        each is None or (isinstance(each, dict) and each.keys() <= {"hosts", "children", "vars"}) for each in inner
    )


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())[:10]
