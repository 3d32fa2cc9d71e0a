"""Spreadsheets: one asset a row, columns found by their header, nothing lost silently.

Read as RFC 4180 has it, with a byte order mark, semicolons or tabs, and a `sep=;` line allowed, since spreadsheet
programs write those. A row with too many or too few cells is an error: it is a shifted row, not a shorter one.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Final

from auditor.documents import read_text
from auditor.errors import ContentError, Place
from auditor.inventory.listing import Listed, Source, listed
from auditor.inventory.secrets import is_secret, secret_written
from auditor.inventory.words import (
    address_problem,
    identity,
    kind_of,
    name_problem,
    nearest,
    platform_of,
    rounded,
    squeezed,
)
from auditor.model.asset import Access, Asset, Channel, Criticality, Kind, Platform

# Our field names, and the headers that mean them, letters and digits only.
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "hostname", "host", "asset", "assetname", "devicename", "device", "computername", "fqdn",
             "system"),
    "addresses": ("addresses", "address", "ip", "ips", "ipaddress", "ipaddresses", "ipv4", "ipv6", "managementip",
                  "mgmtip", "managementaddress", "ipv4address", "ipv6address", "primaryip", "dns", "dnsname"),
    "kind": ("kind", "type", "devicetype", "assettype", "role", "devicerole", "category", "class"),
    "platform": ("platform", "os", "operatingsystem", "osfamily", "ostype", "networkos"),
    "site": ("site", "location", "office", "building", "branch", "datacenter", "datacentre"),
    "zone": ("zone", "networkzone", "securityzone", "segment", "networksegment"),
    "owner": ("owner", "assetowner", "responsible", "contact", "custodian", "primaryuser", "assignedto", "user"),
    "department": ("department", "dept", "businessunit", "team", "costcenter", "costcentre"),
    "criticality": ("criticality", "importance", "businessimpact", "impact"),
    "tags": ("tags", "tag", "labels", "groups", "group"),
    "model": ("model", "hardware", "hardwaremodel", "product", "devicemodel"),
    "serial": ("serial", "serialnumber", "serialno", "sn", "servicetag"),
    "imei": ("imei",), "meid": ("meid",), "udid": ("udid",), "mac": ("mac", "macaddress", "ethernetmac"),
    "engine-id": ("engineid", "snmpengineid"), "host-key": ("hostkey", "sshhostkey"), "device-id": ("deviceid",),
    "transports": ("transports", "transport", "channels", "access", "protocol", "protocols"),
    "port": ("port", "sshport"), "login": ("login", "username", "loginuser", "sshuser"),
    "credential": ("credential", "credentialname", "credentialref"),
    "version": ("snmpversion",),
}  # fmt: skip
IDENTITY_COLUMNS: Final = ("serial", "imei", "meid", "udid", "mac", "engine-id", "host-key", "device-id")
_TRANSPORTS: Final = ("local", "ssh", "cli", "snmp", "nmap")
_DELIMITERS: Final = (",", ";", "\t")
_MOST_COLUMNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row by header, and the line on which it begins."""

    cells: Mapping[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A spreadsheet: its headers as written, and its rows."""

    place: Place
    headers: tuple[str, ...]
    rows: tuple[Row, ...]


def table(text: str, file: str) -> Table:
    """Return a spreadsheet's rows. Raises ContentError with the line of each bad row."""
    skipped = 1 if text[:4].casefold() == "sep=" else 0
    head, _, rest = text.partition("\n") if skipped else ("", "", text)
    delimiter = head.strip()[4:] or _delimiter(rest)
    if len(delimiter) != 1:
        raise ContentError(Place(file, 1), "sep= must name one character", "Write sep=; or leave the line out.")
    records = list(_records(rest, file, delimiter, skipped))
    if not records:
        raise ContentError(Place(file), "is empty", "The first line must name the columns.")
    place, headers = records[0][0], tuple(cell.strip() for cell in records[0][1])
    _refuse_twin_headers(headers, place)
    return Table(place, headers, tuple(_rows(headers, records[1:])))


def read(path: Path, columns: Mapping[str, str] | None = None) -> Source:
    """Return the assets of a spreadsheet. `columns` maps our field names to its headers where they are its own.

    Raises ContentError with every bad row, for a secret in a column, and when no column names or locates an asset.
    """
    sheet = table(read_text(path), str(path))
    _refuse_secrets(sheet)
    fields = assigned(sheet, columns or {}, HEADERS)
    if not {"name", "addresses"} & set(fields.values()):
        raise ContentError(
            sheet.place,
            f"no column names an asset; there are {', '.join(sheet.headers)}",
            "Call one of them name or address, or say which one is under columns: where the file is included.",
        )
    entries: list[Listed] = []
    problems: list[ContentError] = []
    for row in sheet.rows:
        try:
            entries.append(_entry(_by_field(row, fields), row.place))
        except ContentError as problem:
            problems.append(problem)
    if problems := problems or list(_twins(entries)):
        raise ContentError.of(problems)
    return Source(tuple(entries), (*_unread(sheet, fields), *_roundings(sheet, fields)))


def assigned(sheet: Table, columns: Mapping[str, str], headers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return header -> our field. A mapping that a person wrote wins over the known headers.

    Raises ContentError for a mapping of a field that there is not, or to a column that there is not.
    """
    for field, header in columns.items():
        if field not in headers:
            raise ContentError(sheet.place, f"columns: there is no field {field}", nearest(field, headers))
        if header not in sheet.headers:
            raise ContentError(
                sheet.place, f"columns: {field} is to come from {header}", nearest(header, sheet.headers)
            )
    chosen = {header: field for field, header in columns.items()}
    meanings = {word: field for field, words in headers.items() for word in words if field not in columns}
    known = {header: meanings[squeezed(header)] for header in sheet.headers if squeezed(header) in meanings}
    return {**known, **chosen}


def _refuse_secrets(sheet: Table) -> None:
    for header in sheet.headers:
        if is_secret(header) and any(row.cells[header].strip() for row in sheet.rows):
            raise secret_written(header, sheet.place)


def _delimiter(text: str) -> str:
    """Return the delimiter that stands most often in the first line, outside quotes."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    bare = "".join(part for index, part in enumerate(first.split('"')) if index % 2 == 0)
    return max(_DELIMITERS, key=bare.count)


def _records(text: str, file: str, delimiter: str, skipped: int) -> Iterator[tuple[Place, list[str]]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1 + skipped
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Place(file, begins), cells
            begins = reader.line_num + 1 + skipped
    except csv.Error as error:
        place = Place(file, begins)
        raise ContentError(
            place, f"the row is not CSV: {error}", "Close each quote, and double a quote inside."
        ) from error


def _refuse_twin_headers(headers: Sequence[str], place: Place) -> None:
    if len(headers) > _MOST_COLUMNS:
        raise ContentError(place, f"has {len(headers):,} columns", f"Leave in the ones that count: {_MOST_COLUMNS:,}.")
    named = Counter(header for header in headers if header)
    if twins := sorted(header for header, count in named.items() if count > 1):
        raise ContentError(place, f"two columns are called {', '.join(twins)}", "Give each column its own name.")


def _rows(headers: Sequence[str], records: Sequence[tuple[Place, list[str]]]) -> Iterator[Row]:
    problems = [
        ContentError(place, problem, mend) for place, cells in records for problem, mend in _misfits(headers, cells)
    ]
    if problems:
        raise ContentError.of(problems)
    for place, cells in records:
        yield Row(dict(zip(headers, cells, strict=True)), place)


def _misfits(headers: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(cells) != len(headers):
        problem = f"the row has {len(cells)} cells, and there are {len(headers)} columns"
        yield problem, "Put a cell that holds the delimiter in quotes."
    elif any(cell.strip() and not header for header, cell in zip(headers, cells, strict=True)):
        yield "a cell stands below no header", "Name its column in the first line."


def _by_field(row: Row, fields: Mapping[str, str]) -> dict[str, str]:
    """Return our field -> text; several columns of one field (IPv4, IPv6) are joined by a semicolon."""
    found: dict[str, str] = {}
    for header, field in fields.items():
        if text := row.cells[header].strip():
            found[field] = f"{found[field]};{text}" if field in found else text
    return found


def _entry(cells: Mapping[str, str], place: Place) -> Listed:
    addresses = _parts(cells.get("addresses", ""))
    name = cells.get("name") or (addresses[0] if addresses else "")
    kind = _word(cells, "kind", place)
    asset = Asset(
        name=name,
        kind=kind,
        platform=_platform(cells, kind, place),
        addresses=addresses,
        site=cells.get("site", ""),
        zone=cells.get("zone", ""),
        owner=cells.get("owner", ""),
        department=cells.get("department", ""),
        criticality=_criticality(cells, place),
        tags=frozenset(_parts(cells.get("tags", ""))),
        model=cells.get("model", ""),
        identities=identities(cells),
        accesses=_accesses(cells, place),
        declared_at=place,
    )
    _refuse_bad_names(asset, place)
    return replace(listed(asset), said=listed(asset).said | {key for key in cells if key in Asset.__slots__})


def identities(cells: Mapping[str, str]) -> frozenset[str]:
    """Return the identities that a row's cells hold; placeholders are none."""
    return frozenset(filter(None, (identity(sort, cells[sort]) for sort in IDENTITY_COLUMNS if sort in cells)))


def _refuse_bad_names(asset: Asset, place: Place) -> None:
    if problem := name_problem(asset.name):
        mend = "" if asset.name else "Give the row a name or an address."
        raise ContentError(place, f"the name {problem}", mend)
    for address in asset.addresses:
        if problem := address_problem(address):
            raise ContentError(place, f"address {address!r} {problem}", "Write one address, or several with ; between.")


def _word(cells: Mapping[str, str], field: str, place: Place) -> Kind:
    if (text := cells.get(field)) is None:
        return Kind.OTHER
    if (kind := kind_of(text)) is None:
        raise ContentError(place, f"there is no kind {text}", nearest(text, [known.value for known in Kind]))
    return kind


def _platform(cells: Mapping[str, str], kind: Kind, place: Place) -> Platform:
    if (text := cells.get("platform")) is None:
        return Platform.UNKNOWN
    if (platform := platform_of(text, kind)) is None:
        words = ["cisco-ios", "apple-ios"] if squeezed(text).startswith("ios") else [each.value for each in Platform]
        raise ContentError(place, f"there is no platform {text}", nearest(text, words))
    return platform


def _criticality(cells: Mapping[str, str], place: Place) -> Criticality:
    text = cells.get("criticality", "medium").casefold()
    known = [level.value for level in Criticality]
    if text not in known:
        raise ContentError(place, f"there is no criticality {text}", nearest(text, known))
    return Criticality(text)


def _accesses(cells: Mapping[str, str], place: Place) -> tuple[Access, ...]:
    words = [word.casefold() for word in _parts(cells.get("transports", "").replace(",", ";"))]
    for word in words:
        if word not in _TRANSPORTS:
            raise ContentError(place, f"there is no transport {word}", nearest(word, _TRANSPORTS))
    return tuple(_access(Channel(word), cells, place) for word in words)


def _access(channel: Channel, cells: Mapping[str, str], place: Place) -> Access:
    if channel in {Channel.LOCAL, Channel.NMAP}:
        return Access(channel=channel)
    version = cells.get("version", "").casefold().removeprefix("v") if channel is Channel.SNMP else ""
    if version not in {"", "2c", "3"}:
        raise ContentError(place, f"there is no SNMP version {version} here", "Write 2c or 3.")
    login = cells.get("login", "") if channel is not Channel.SNMP else ""
    port = _port(cells, place) if channel is not Channel.SNMP else 0
    return Access(channel=channel, port=port, user=login, version=version, credential=cells.get("credential", ""))


def _port(cells: Mapping[str, str], place: Place) -> int:
    text = cells.get("port", "0")
    if not text.isdecimal() or len(text) > 5 or int(text) > 65535:
        raise ContentError(place, f"port {text[:20]!r} is not a port", "Write a number from 1 to 65535.")
    return int(text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.replace("|", ";").split(";") if part.strip()))


def _twins(entries: Sequence[Listed]) -> Iterator[ContentError]:
    first: dict[str, Place] = {}
    for entry in entries:
        place = entry.asset.declared_at
        earlier = first.setdefault(entry.asset.name.casefold(), place)
        if earlier is not place:
            yield ContentError(
                place,
                f"the name {entry.asset.name} stands at {earlier} already",
                "Give each asset its own name, or make the two rows one.",
            )


def _unread(sheet: Table, fields: Mapping[str, str]) -> Iterator[str]:
    if ignored := [header for header in sheet.headers if header and header not in fields]:
        yield f"{sheet.place}: columns not read: {', '.join(ignored)}"


def _roundings(sheet: Table, fields: Mapping[str, str]) -> Iterator[str]:
    for row in sheet.rows:
        for header, field in fields.items():
            if field in IDENTITY_COLUMNS and rounded(row.cells[header]):
                yield f"{row.place}: {header} {row.cells[header].strip()} was rounded by a spreadsheet and is left out"
