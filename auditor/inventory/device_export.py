"""Exports of device management: Intune (CSV, Graph JSON), Jamf Pro, Google, any other by a mapping; an asset a device.

The asset's record is found again by a cell that no other record has: the serial number, else the device id, and so on.
A device that is listed twice, as after a new enrolment, is one asset with the record of the latest check-in. Devices of
the same name ("iPhone") are told apart by their serial numbers, in their names too.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor.documents import read_text
from auditor.errors import ContentError, Place
from auditor.facts.device_record import COLUMNS, Cell, cell, flat, moment, squeezed, text
from auditor.facts.devices import DeviceOs, os_of
from auditor.inventory.csv import assigned, table
from auditor.inventory.listing import Listed, Source, listed
from auditor.inventory.secrets import is_secret_column
from auditor.inventory.words import identity, nearest, rounded
from auditor.model.asset import Access, Asset, Channel, Kind, Platform

_KEYS: Final = ("serial", "device-id", "imei", "udid", "meid", "name")
_IDENTITIES: Final = ("serial", "device-id", "imei", "udid", "meid")
_LISTS: Final = ("value", "results", "mobiledevices", "devices", "computers", "mobile_devices")
_PLATFORMS: Final = {
    DeviceOs.WINDOWS: Platform.WINDOWS, DeviceOs.MACOS: Platform.MACOS, DeviceOs.IOS: Platform.APPLE_IOS,
    DeviceOs.IPADOS: Platform.APPLE_IOS, DeviceOs.ANDROID: Platform.ANDROID, DeviceOs.LINUX: Platform.LINUX,
}  # fmt: skip
_MOBILE: Final = frozenset({Platform.APPLE_IOS, Platform.ANDROID})
# Model names of makers that tell a laptop from a desktop. A model that none of them fits stays a workstation.
_LAPTOPS: Final = (
    "macbook", "latitude", "thinkpad", "elitebook", "probook", "zbook", "surface laptop", "surface pro", "surface book",
    "surface go", "xps 13", "xps 15", "chromebook", "toughbook", "lifebook", "travelmate", "ideapad", "yoga", "laptop",
    "notebook",
)  # fmt: skip
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """A device's record: its cells by squeezed column name, and where it stands."""

    cells: Mapping[str, Cell]
    place: Place

    def text(self, field: str) -> str:
        """Return a field as text, empty when it shows nothing."""
        return text(self.cells, field)


def is_export(headers: Iterable[str]) -> bool:
    """Whether a spreadsheet's headers are those of a device-management export: check-ins, and a state of the device."""
    names = flat(dict.fromkeys(headers, "x")).keys()
    return bool(names & {*COLUMNS["last-check-in"]}) and bool(names & {*COLUMNS["encrypted"], *COLUMNS["compliance"]})


def read(path: Path, columns: Mapping[str, str] | None = None) -> Source:
    """Return the devices of an export as assets. `columns` maps our field names to its columns.

    Raises ContentError for what is not an export, and for a record that nothing tells apart from the others.
    """
    content = read_text(path)
    is_json = content.lstrip()[:1] in {"{", "["}
    records = list(_json(content, str(path), columns or {}) if is_json else _csv(content, str(path), columns or {}))
    if not records:
        raise ContentError(Place(str(path)), "holds no device", "Export the list of all devices, with its header.")
    kept, warnings = _latest(records, path)
    different = {frozenset(record.cells.items()): record for record in records}
    counts = Counter(seen for record in different.values() for seen in _distinct(record))
    names = Counter(record.text("name").casefold() for record in kept)
    entries = [_entry(record, path, counts, names, columns or {}) for record in kept]
    return Source(tuple(entries), (*warnings, *_roundings(kept), *_secrets(records, path)))


def _csv(content: str, file: str, columns: Mapping[str, str]) -> Iterator[Record]:
    sheet = table(content, file)
    assigned(sheet, columns, COLUMNS)
    for row in sheet.rows:
        ours = {field: row.cells[column] for field, column in columns.items()}
        yield Record({**flat(dict(row.cells)), **flat(dict(ours))}, row.place)


def _json(content: str, file: str, columns: Mapping[str, str]) -> Iterator[Record]:
    for field in columns:
        if field not in COLUMNS:
            raise ContentError(Place(file), f"columns: there is no field {field}", nearest(field, COLUMNS))
    records = [flat(record) for record in _entries(content, file)]
    dotted = {field: ".".join(map(squeezed, column.split("."))) for field, column in columns.items()}
    for field, column in dotted.items():
        if not any(column in cells for cells in records):
            mend = "Write nested names with dots, such as general.udid."
            raise ContentError(
                Place(file), f"columns: {field} is to come from {columns[field]}, which is not there", mend
            )
    for cells in records:
        ours = {squeezed(field): cells.get(column) for field, column in dotted.items()}
        yield Record({**cells, **ours}, Place(file))


def _entries(content: str, file: str) -> Iterator[Mapping[str, object]]:
    try:
        found = json.loads(content)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise ContentError(place, f"is not JSON: {error.msg}", "Export it again; the file may be cut off.") from error
    except (ValueError, RecursionError) as error:
        raise ContentError(Place(file), "is not JSON that can be read") from error
    if isinstance(found, dict):
        found = next((found[name] for name in _LISTS if isinstance(found.get(name), list)), [found])
    for index, record in enumerate(found, 1):
        if not isinstance(record, dict):
            raise ContentError(Place(file), f"entry {index} is not a device's record", "Export a list of devices.")
        yield record


def _latest(records: Sequence[Record], path: Path) -> tuple[list[Record], list[str]]:
    """Return one record a device, that of the latest check-in, and a warning for each that was left out."""
    by_device: defaultdict[str, list[Record]] = defaultdict(list)
    for index, record in enumerate(records):
        own = next((found for sort in _IDENTITIES if (found := identity(sort, record.text(sort)))), "")
        by_device[own or f"record {index}"].append(record)
    kept, warnings = [], []
    for device, same in by_device.items():
        kept.append(max(same, key=_checked_in))
        if len(same) > 1:
            warnings.append(f"{path}: {len(same)} records of {device}; the one of the latest check-in counts")
    return kept, warnings


def _checked_in(record: Record) -> datetime:
    return moment(cell(record.cells, "last-check-in")) or _NEVER


def _distinct(record: Record) -> set[str]:
    return {str(value).strip().casefold() for value in record.cells.values() if value not in {None, ""}}


def _entry(record: Record, path: Path, counts: Counter[str], names: Counter[str], columns: Mapping[str, str]) -> Listed:
    key = next((written for written in _keys(record) if counts[written.strip().casefold()] == 1), "")
    if not key:
        raise ContentError(
            record.place,
            f"nothing tells the record of {record.text('name') or 'a device'} apart from the others",
            "Export the serial number or the device id too.",
        )
    system = os_of(record.text("os"), record.text("model"))
    platform = _PLATFORMS.get(system, Platform.UNKNOWN) if system else Platform.UNKNOWN
    access = Access(channel=Channel.FILE, path=str(path.absolute()), holds="device-record", key=key)
    asset = Asset(
        name=_name(record, names, key),
        kind=_kind(record, platform),
        platform=platform,
        owner=record.text("owner"),
        department=record.text("department"),
        model=record.text("model"),
        identities=frozenset(filter(None, (identity(sort, record.text(sort)) for sort in _IDENTITIES))),
        accesses=(replace(access, columns=tuple(columns.items())) if columns else access,),
        declared_at=record.place,
    )
    entry = listed(asset)
    return replace(entry, said=entry.said - {"kind"})  # told from the model's name


def _keys(record: Record) -> Iterator[str]:
    """Yield the cells by which a record could be found again, the best first; a placeholder is no such cell."""
    for field in _KEYS:
        written = cell(record.cells, field)
        if written is not None and (field == "name" or identity(field, str(written))):
            yield str(written)


def _name(record: Record, names: Counter[str], key: str) -> str:
    own = "".join(letter for letter in record.text("name") if letter.isprintable())[:200].strip()
    if not own:
        return key
    return f"{own} ({key})" if names[record.text("name").casefold()] > 1 and key != own else own


def _kind(record: Record, platform: Platform) -> Kind:
    if platform in _MOBILE:
        return Kind.PHONE
    model = record.text("model").casefold()
    return Kind.LAPTOP if any(name in model for name in _LAPTOPS) else Kind.WORKSTATION


def _roundings(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        for sort in _IDENTITIES:
            if rounded(written := record.text(sort)):
                yield f"{record.place}: {sort} {written} was rounded by a spreadsheet and is left out"


def _secrets(records: Iterable[Record], path: Path) -> Iterator[str]:
    secret = {name for record in records for name, value in record.cells.items() if value and is_secret_column(name)}
    if secret:
        yield f"{path}: columns with secrets ({', '.join(sorted(secret))}) are not read; export without them"
