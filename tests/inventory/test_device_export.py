"""Device-management exports: an asset a device, and a key that finds its record again."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.inventory.device_export import is_export, read
from auditor.inventory.listing import Source
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.transports.export import find_record, named_as_ours

HEADER = (
    "Device ID,Device name,Last check-in,OS version,Serial number,Model,IMEI,Primary user UPN,Compliance,Encrypted,OS\n"
)


def source(tmp_path: Path, text: str, file_name: str = "devices.csv", **columns: str) -> Source:
    file = tmp_path / file_name
    file.write_text(text, encoding="utf-8")
    return read(file, columns)


def assets(tmp_path: Path, *rows: str) -> list[Asset]:
    return [entry.asset for entry in source(tmp_path, HEADER + "".join(f"{row}\n" for row in rows)).listed]


def problem(tmp_path: Path, text: str, file_name: str = "devices.csv", **columns: str) -> str:
    with pytest.raises(ContentError) as caught:
        source(tmp_path, text, file_name, **columns)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_device_is_an_asset_with_its_record(tmp_path: Path) -> None:
    """The record is found by the serial number, since no other record has it."""
    (one,) = assets(
        tmp_path, "d-1,LT-1,2026-11-20,10.0.26200.1,5CG5231LT7,HP EliteBook 840,,a@acme.example,Compliant,True,Windows"
    )

    assert (one.name, one.kind, one.platform, one.owner) == ("LT-1", Kind.LAPTOP, Platform.WINDOWS, "a@acme.example")
    assert one.identities == frozenset({"serial:5CG5231LT7", "device-id:d-1"})
    path = str(tmp_path / "devices.csv")
    assert one.accesses == (Access(channel=Channel.FILE, path=path, holds="device-record", key="5CG5231LT7"),)
    assert one.declared_at.line == 2


@pytest.mark.parametrize(
    ("system", "model", "kind", "platform"),
    [
        ("Windows", "OptiPlex 7010", Kind.WORKSTATION, Platform.WINDOWS),
        ("Windows", "", Kind.WORKSTATION, Platform.WINDOWS),
        ("macOS", "MacBook Air", Kind.LAPTOP, Platform.MACOS),
        ("macOS", "Mac mini", Kind.WORKSTATION, Platform.MACOS),
        ("iOS/iPadOS", "iPad Pro", Kind.PHONE, Platform.APPLE_IOS),
        ("Android (fully managed)", "Pixel 9", Kind.PHONE, Platform.ANDROID),
        ("Linux (ubuntu)", "ThinkPad X1", Kind.LAPTOP, Platform.LINUX),
        ("Tizen", "", Kind.WORKSTATION, Platform.UNKNOWN),
    ],
)
def test_kind_and_platform(tmp_path: Path, system: str, model: str, kind: Kind, platform: Platform) -> None:
    """A model that nobody knows is no laptop by guess."""
    (one,) = assets(tmp_path, f"d-1,n,2026-11-20,1,SER-0001,{model},,,,,{system}")

    assert (one.kind, one.platform) == (kind, platform)


def test_devices_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Half the phones of the world are called iPhone."""
    found = assets(
        tmp_path,
        "d-1,iPhone,2026-11-20,26.1,SER-0001,iPhone 15,,,,,iOS",
        "d-2,iPhone,2026-11-20,26.1,SER-0002,iPhone 15,,,,,iOS",
    )

    assert [asset.name for asset in found] == ["iPhone (SER-0001)", "iPhone (SER-0002)"]


def test_a_device_that_was_enrolled_twice_is_one_asset_with_its_latest_record(tmp_path: Path) -> None:
    """Its serial number is in two records, so the device id is the key."""
    read_source = source(
        tmp_path,
        HEADER
        + "d-old,LT-1,2026-01-02 08:00:00.0000000,1,SER-0001,,,,,True,Windows\n"
        + "d-new,LT-1,2026-11-20 08:00:00.0000000,1,SER-0001,,,,,True,Windows\n",
    )

    (entry,) = read_source.listed
    assert entry.asset.accesses[0].key == "d-new"
    assert "2 records of serial:SER-0001" in read_source.warnings[0]


def test_a_placeholder_serial_is_neither_identity_nor_key(tmp_path: Path) -> None:
    """The next device of that maker would have it too."""
    (one,) = assets(tmp_path, "d-1,WS-1,2026-11-20,1,To Be Filled By O.E.M.,,,,,True,Windows")

    assert (one.identities, one.accesses[0].key) == (frozenset({"device-id:d-1"}), "d-1")


def test_a_serial_that_is_another_devices_name_is_no_key(tmp_path: Path) -> None:
    """The transport looks at every cell."""
    found = assets(
        tmp_path,
        "d-1,LT-1,2026-11-20,1,SER-0001,,,,,True,Windows",
        "d-2,ser-0001,2026-11-20,1,SER-0002,,,,,True,Windows",
    )

    assert [asset.accesses[0].key for asset in found] == ["d-1", "SER-0002"]


def test_every_key_finds_its_own_record(tmp_path: Path) -> None:
    """Asked as the transport asks, for the example that ships."""
    example = Path(__file__).parents[2] / "inventory" / "example" / "devices.csv"
    text = example.read_text(encoding="utf-8")

    for entry in read(example).listed:
        record = json.loads(find_record(text, entry.asset.accesses[0].key, example, datetime.now(UTC)))
        assert f"device-id:{record['Device ID']}" in entry.asset.identities


GRAPH = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#deviceManagement/managedDevices",
    "value": [
        {"id": "705c034c-034c-705c-4c03", "deviceName": "LT-7", "operatingSystem": "Windows", "osVersion": "10.0.1",
         "serialNumber": "PF2X8KQ1", "userPrincipalName": "a@acme.example", "imei": None, "meid": None, "udid": None,
         "physicalMemoryInBytes": 0, "isEncrypted": True, "activationLockBypassCode": "HUNTER2"},
    ],
}  # fmt: skip
JAMF = {
    "totalCount": 1,
    "results": [
        {"id": "12", "udid": "0B8B2C1F-AAAA", "general": {"name": "MB-1", "lastContactTime": "2026-11-20T08:00:00Z"},
         "hardware": {"serialNumber": "C02ZK1ABMD6T", "model": "MacBook Pro"}, "operatingSystem": {"name": "macOS"},
         "userAndLocation": {"email": "b@acme.example"}},
    ],
}  # fmt: skip
GOOGLE = {
    "mobiledevices": [
        {"resourceId": "AFiQ", "deviceId": "3f1", "name": ["Jo Doe"], "email": ["jo@acme.example"], "model": "Pixel 8",
         "os": "Android 15", "type": "ANDROID", "serialNumber": "3A021JEC", "imei": "358240051111110"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("export", "name", "platform", "owner", "key"),
    [
        (GRAPH, "LT-7", Platform.WINDOWS, "a@acme.example", "PF2X8KQ1"),
        (JAMF, "MB-1", Platform.MACOS, "b@acme.example", "C02ZK1ABMD6T"),
        (GOOGLE, "Jo Doe", Platform.ANDROID, "jo@acme.example", "3A021JEC"),
    ],
)
def test_json_of_three_makers_is_read(
    tmp_path: Path, export: object, name: str, platform: Platform, owner: str, key: str
) -> None:
    """Nested and flat; null says nothing."""
    read_source = source(tmp_path, json.dumps(export), "devices.json")
    (one,) = (entry.asset for entry in read_source.listed)

    assert (one.name, one.platform, one.owner, one.accesses[0].key) == (name, platform, owner, key)
    assert "HUNTER2" not in repr(read_source)


def test_a_localised_header_is_mapped_down_to_the_record(tmp_path: Path) -> None:
    """The probe finds the mapped columns under our names."""
    text = "Gerätename;Seriennummer;Betriebssystem;Verschlüsselt\nLT-9;SER-0009;Windows;Ja\n"
    columns = {"name": "Gerätename", "serial": "Seriennummer", "os": "Betriebssystem", "encrypted": "Verschlüsselt"}
    (entry,) = source(tmp_path, text, **columns).listed

    access = entry.asset.accesses[0]
    record = named_as_ours(find_record(text, access.key, tmp_path, datetime.now(UTC)), access.columns)
    assert (entry.asset.name, entry.asset.platform) == ("LT-9", Platform.WINDOWS)
    assert json.loads(record)["encrypted"] == "Ja"


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("Device name,OS\n", "devices.csv", "devices.csv: holds no device"),
        ("Device name,OS\nX,Windows\nX,Windows 10\n", "devices.csv", "nothing tells the record of X apart"),
        ('{"value": [{"id": "1"', "devices.json", "devices.json:1:"),
        ('{"value": ["a"]}', "devices.json", "entry 1 is not a device's record"),
        ("Device name,OS\nX\n", "devices.csv", "devices.csv:2: the row has 1 cells"),
    ],
)
def test_what_is_no_export_is_told(tmp_path: Path, text: str, name: str, told: str) -> None:
    """With file and line."""
    assert told in problem(tmp_path, text, name)


def test_a_wrong_mapping_is_told(tmp_path: Path) -> None:
    """Of a field, of a column, and of a key in JSON."""
    assert "Did you mean serial?" in problem(tmp_path, HEADER + "1,2,3,4,5,6,7,8,9,0,1\n", sreial="Serial number")
    assert "Did you mean Serial number?" in problem(tmp_path, HEADER + "1,2,3,4,5,6,7,8,9,0,1\n", serial="Serial nr")
    assert "which is not there" in problem(tmp_path, json.dumps(JAMF), "x.json", serial="hardware.sn")


def test_an_export_is_known_by_its_headers() -> None:
    """A list of servers with a column "last seen" is none."""
    assert is_export(HEADER.strip().split(",")) is True
    assert is_export(["name", "ip", "last seen"]) is False
