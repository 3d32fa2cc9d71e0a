"""Records of device management: what they show, and what only looks as if they did."""

import json
from datetime import UTC, date, datetime

import pytest

from auditor.errors import Unreadable
from auditor.facts.device_record import WORDS, day, flat, moment, numbers, squeezed
from auditor.facts.devices import Compliance, DeviceOs, ManagedDevice, Threat, device_record
from tests.make import TODAY, fact, refused

INTUNE_CSV = {
    "Device ID": "5b0f6c1e", "Device name": "field-phone-1", "Last check-in": "2026-11-17 05:33:29.0000000",
    "OS version": "13.0", "Serial number": "R58R30EXAMPL", "Model": "SM-A528B", "IMEI": "490154203237518",
    "Compliance grace period expiration": "2026-12-03 00:00:00.0000000", "Security patch level": "2026-02-01",
    "Compliance": "In grace period", "Managed by": "Intune", "Ownership": "Company", "Supervised": "False",
    "Encrypted": "True", "OS": "Android (fully managed)", "Jailbroken": "False",
    "_observed_at": "2026-11-22T01:00:00+00:00",
}  # fmt: skip
GRAPH = {
    "id": "705c034c", "deviceName": "LT-7", "managedDeviceOwnerType": "company", "operatingSystem": "Windows",
    "lastSyncDateTime": "2026-11-20T08:12:33.1234567Z", "osVersion": "10.0.22631.4317",
    "complianceState": "noncompliant", "jailBroken": "Unknown", "managementAgent": "mdm", "isEncrypted": True,
    "isSupervised": False, "skuFamily": "Enterprise",
    "androidSecurityPatchLevel": None, "partnerReportedThreatState": "highSeverity", "serialNumber": "PF2X8KQ1",
    "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z", "udid": None, "physicalMemoryInBytes": 0,
}  # fmt: skip
JAMF_COMPUTER = {
    "id": "12", "general": {"name": "MB-1", "reportDate": "2026-10-01T07:00:00.000Z", "supervised": True,
                            "lastContactTime": "2026-11-20T08:00:00.000Z", "remoteManagement": {"managed": True}},
    "hardware": {"serialNumber": "C02ZK1ABMD6T", "model": "MacBook Pro"},
    "operatingSystem": {"name": "macOS", "version": "15.6.1", "fileVault2Status": "SOME_ENCRYPTED"},
    "diskEncryption": {"bootPartitionEncryptionDetails": {"partitionFileVault2State": "ENCRYPTED"}},
}  # fmt: skip
JAMF_MOBILE = {
    "mobileDeviceId": "7", "deviceType": "iOS",
    "general": {"udid": "0B8B", "displayName": "iPad", "lastInventoryUpdateDate": "2026-11-19T10:00:00Z",
                "osVersion": "18.6", "managed": True, "supervised": True, "deviceOwnershipType": "Institutional"},
    "hardware": {"serialNumber": "DMPXYZ", "model": "iPad Air"},
    "security": {"dataProtected": True, "passcodePresent": True, "passcodeCompliant": False,
                 "jailBreakDetected": False},
}  # fmt: skip
GOOGLE = {
    "deviceId": "3f1", "deviceType": "ANDROID", "model": "Pixel 8", "osVersion": "Android 15", "serialNumber": "3A02",
    "lastSyncTime": "2026-11-21T08:00:00Z", "ownerType": "COMPANY", "encryptionState": "NOT_ENCRYPTED",
    "compromisedState": "UNCOMPROMISED", "managementState": "APPROVED", "securityPatchTime": "2026-10-05T00:00:00Z",
    "passwordState": "PASSWORD_SET",
}  # fmt: skip


def read(record: dict[str, object]) -> ManagedDevice:
    found = fact(device_record, json.dumps(record))
    assert isinstance(found, ManagedDevice)
    return found


def test_an_intune_csv_record_is_read() -> None:
    """The portal's columns."""
    assert read(INTUNE_CSV) == ManagedDevice(
        os=DeviceOs.ANDROID,
        os_version="13.0",
        model="SM-A528B",
        serial="R58R30EXAMPL",
        last_check_in=datetime(2026, 11, 17, 5, 33, 29, tzinfo=UTC),
        observed_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        encrypted=True,
        compliance=Compliance.GRACE_PERIOD,
        grace_until=date(2026, 12, 3),
        jailbroken=False,
        managed=True,
        supervised=False,
        ownership="company",
        security_patch=date(2026, 2, 1),
    )


def test_a_graph_record_is_read() -> None:
    """Unknown is not shown; the year 9999 is no date; null and 0 say nothing."""
    assert read(GRAPH) == ManagedDevice(
        os=DeviceOs.WINDOWS,
        os_version="10.0.22631.4317",
        edition="Enterprise",
        serial="PF2X8KQ1",
        last_check_in=datetime(2026, 11, 20, 8, 12, 33, 123456, tzinfo=UTC),
        encrypted=True,
        compliance=Compliance.NONCOMPLIANT,
        managed=True,
        supervised=False,
        ownership="company",
        threat=Threat.HIGH,
    )


def test_a_jamf_computer_is_read() -> None:
    """The volume it starts from decides; the state is as old as the inventory report, not as the last contact."""
    found = read(JAMF_COMPUTER)

    assert (found.os, found.os_version, found.encrypted, found.managed) == (DeviceOs.MACOS, "15.6.1", True, True)
    assert found.last_check_in == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert found.doubt(TODAY, 30) == "last check-in was 52 days ago, on 2026-10-01"


def test_a_jamf_mobile_device_is_read() -> None:
    """A passcode that the profile does not accept is none."""
    found = read(JAMF_MOBILE)

    assert (found.os, found.encrypted, found.passcode, found.jailbroken) == (DeviceOs.IPADOS, True, False, False)
    assert (found.supervised, found.ownership, found.os_version) == (True, "company", "18.6")


def test_a_google_device_is_read() -> None:
    """NOT_ENCRYPTED holds ENCRYPTED, UNCOMPROMISED holds COMPROMISED."""
    found = read(GOOGLE)

    assert (found.encrypted, found.jailbroken, found.managed, found.passcode) == (False, False, True, True)
    assert (found.security_patch, found.os) == (date(2026, 10, 5), DeviceOs.ANDROID)


@pytest.mark.parametrize(
    ("column", "written", "field", "expected"),
    [
        ("isEncrypted", None, "encrypted", None),
        ("isEncrypted", 0, "encrypted", None),
        ("isEncrypted", "Unknown", "encrypted", None),
        ("isEncrypted", "", "encrypted", None),
        ("isEncrypted", "perhaps", "encrypted", None),
        ("isEncrypted", False, "encrypted", False),
        ("Encrypted", "No", "encrypted", False),
        ("encrypted", "Ja", "encrypted", True),
        ("encryptionState", "ENCRYPTION_STATE_UNSPECIFIED", "encrypted", None),
        ("fileVault2Status", "NOT_APPLICABLE", "encrypted", None),
        ("fileVault2Status", "ALL_ENCRYPTED", "encrypted", True),
        ("fileVault2Status", "SOME_ENCRYPTED", "encrypted", None),
        ("jailBroken", "True", "jailbroken", True),
        ("jailbreakDetected", "Normal", "jailbroken", False),
        ("compromisedState", "COMPROMISED", "jailbroken", True),
        ("deviceCompromisedStatus", "Undetermined", "jailbroken", None),
        ("managementAgent", "eas", "managed", False),
        ("managementAgent", "easMdm", "managed", True),
        ("managementAgent", "unknown", "managed", None),
        ("managementAgent", "msSense", "managed", None),
        ("complianceState", "compliant", "compliance", Compliance.COMPLIANT),
        ("Compliance", "Noncompliant", "compliance", Compliance.NONCOMPLIANT),
        ("Compliance", "Not evaluated", "compliance", Compliance.UNKNOWN),
        ("complianceState", "unknown", "compliance", Compliance.UNKNOWN),
        ("complianceState", "configManager", "compliance", Compliance.CONFIG_MANAGER),
        ("complianceState", "somethingNew", "compliance", None),
        ("partnerReportedThreatState", "unknown", "threat", Threat.UNKNOWN),
        ("osVersion", "0.0.0", "os_version", ""),
        ("lastSyncDateTime", "0001-01-01T00:00:00Z", "last_check_in", None),
        ("androidSecurityPatchLevel", "2026-10", "security_patch", date(2026, 10, 1)),
        ("securityPatchLevel", "1759622400000", "security_patch", date(2025, 10, 5)),
    ],
)
def test_one_column_shows_what_it_shows(column: str, written: object, field: str, expected: object) -> None:
    """What is not shown is None: neither a yes nor a no."""
    assert getattr(read({"operatingSystem": "Windows", column: written}), field) == expected


@pytest.mark.parametrize(
    ("system", "model", "expected"),
    [
        ("iOS/iPadOS", "iPhone 15", DeviceOs.IOS),
        ("iOS/iPadOS", "iPad (10th generation)", DeviceOs.IPADOS),
        ("iPadOS", "", DeviceOs.IPADOS),
        ("MAC_OS", "", DeviceOs.MACOS),
        ("Mac OS X", "", DeviceOs.MACOS),
        ("AndroidEnterprise", "", DeviceOs.ANDROID),
        ("Linux (ubuntu)", "", DeviceOs.LINUX),
        ("ChromeOS", "", DeviceOs.CHROMEOS),
    ],
)
def test_systems_are_known_by_their_words(system: str, model: str, expected: DeviceOs) -> None:
    """Makers write them differently."""
    assert read({"OS": system, "Model": model}).os == expected


def test_a_system_that_nobody_knows_is_not_shown() -> None:
    """The rest of the record still counts."""
    assert read({"OS": "Tizen", "Encrypted": "True"}).os is None


def test_a_release_may_stand_behind_the_systems_name() -> None:
    """Google writes `Android 14` in one field."""
    assert read({"os": "Android 14", "type": "ANDROID"}).os_version == "14"


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "<html><body>Sign in</body></html>", json.dumps(GRAPH)[:200], "[]", '"text"', "null", "12",
        '{"error": {"code": "Unauthorized", "message": "token"}}', "{}", '{"Spalte A": "ja", "Spalte B": 7}',
        '{"Serial number": "X", "Model": "Y", "_observed_at": "2026-11-22T01:00:00+00:00"}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_record_is_unreadable(text: str) -> None:
    """Never a device full of nothing."""
    assert isinstance(refused(device_record, text), Unreadable)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-20 08:12:33.0000000", datetime(2026, 11, 20, 8, 12, 33, tzinfo=UTC)),
        ("2026-11-20T08:12:33+02:00", datetime(2026, 11, 20, 6, 12, 33, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("20.11.2026 08:12", datetime(2026, 11, 20, 8, 12, tzinfo=UTC)),
        ("03.04.2026", datetime(2026, 4, 3, tzinfo=UTC)),
        ("11/20/2026 8:12:33 PM", datetime(2026, 11, 20, 20, 12, 33, tzinfo=UTC)),
        ("20/11/2026, 12:01:00 AM", datetime(2026, 11, 20, 0, 1, tzinfo=UTC)),
        ("04/04/2026", datetime(2026, 4, 4, tzinfo=UTC)),
        ("03/04/2026", None),
        ("31.02.2026", None),
        (1763625600000, datetime(2025, 11, 20, 8, tzinfo=UTC)),
        ("0001-01-01 00:00:00.0000000", None),
        ("1970-01-01T00:00:00Z", None),
        ("9999-12-31 23:59:59", None),
        ("never", None),
        (True, None),
        (None, None),
    ],
)
def test_times_are_read_where_they_read_one_way(written: object, expected: datetime | None) -> None:
    """A date that is March here and April there is not shown."""
    assert moment(written) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("version", "expected"),
    [("10.0.22631.4317", (10, 0, 22631, 4317)), ("26.1 (25B78)", (26, 1)), ("14", (14,)), ("v8.1.0", (8, 1, 0)),
     ("Tahoe", ())],
)  # fmt: skip
def test_versions_are_numbers(version: str, expected: tuple[int, ...]) -> None:
    """9 is older than 10."""
    assert numbers(version) == expected


def test_no_word_says_yes_and_no() -> None:
    """Of one state."""
    assert [yes & no for yes, no in WORDS.values()] == [frozenset()] * len(WORDS)


def test_every_word_is_written_as_it_is_compared() -> None:
    """A word with a space in it would never match."""
    words = {word for pair in WORDS.values() for words in pair for word in words}

    assert {word for word in words if squeezed(word) != word} == set()


def test_nested_cells_have_dotted_names_and_lists_give_their_first() -> None:
    """Of a list of objects nothing is taken."""
    record = {"A b": {"C-d": 1}, "e": ["x", "y"], "f": [{"g": 1}], "h": []}

    assert flat(record) == {"ab.cd": 1, "e": "x", "f": None, "h": None}


def test_a_day_is_none_when_it_is_none() -> None:
    """A patch level of words."""
    assert (day("soon"), day("2026-10-05")) == (None, date(2026, 10, 5))


@pytest.mark.parametrize(
    ("last", "doubt"),
    [
        (datetime(2026, 11, 22, tzinfo=UTC), ""),
        (datetime(2026, 10, 23, tzinfo=UTC), ""),
        (datetime(2026, 10, 22, 23, 59, tzinfo=UTC), "last check-in was 31 days ago, on 2026-10-22"),
        (datetime(2026, 11, 23, tzinfo=UTC), ""),
        (datetime(2027, 1, 1, tzinfo=UTC), "the last check-in, 2027-01-01, lies in the future"),
        (None, "the record does not show when the device last checked in"),
    ],
)
def test_a_record_is_doubted_when_it_is_old_silent_or_from_the_future(last: datetime | None, doubt: str) -> None:
    """Thirty days exactly are fine."""
    assert ManagedDevice(last_check_in=last).doubt(TODAY, 30) == doubt
