"""Laptops and phones as the company's device management last knew them: imported, never scanned."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.device_record import Cell, cell, day, flat, moment, numbers, squeezed, text, truth
from auditor.model.probe import Answer, Saved, probe


class DeviceOs(StrEnum):
    """The operating systems that device management tells apart."""

    WINDOWS = "Windows"
    MACOS = "macOS"
    IOS = "iOS"
    IPADOS = "iPadOS"
    ANDROID = "Android"
    LINUX = "Linux"
    CHROMEOS = "ChromeOS"


class Compliance(StrEnum):
    """What device management's own policies say; UNKNOWN is a word that it uses, most often for "no policy"."""

    COMPLIANT = "compliant"
    NONCOMPLIANT = "noncompliant"
    GRACE_PERIOD = "in grace period"
    CONFLICT = "conflict"
    ERROR = "error"
    CONFIG_MANAGER = "config manager"
    UNKNOWN = "unknown"


class Threat(StrEnum):
    """What a mobile threat defence partner reports of the device."""

    SECURED = "secured"
    LOW = "low severity"
    MEDIUM = "medium severity"
    HIGH = "high severity"
    COMPROMISED = "compromised"
    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    UNRESPONSIVE = "unresponsive"
    MISCONFIGURED = "misconfigured"
    UNKNOWN = "unknown"


MOBILE: Final = frozenset({DeviceOs.IOS, DeviceOs.IPADOS, DeviceOs.ANDROID})


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedDevice:
    """A device's record. None and empty texts are what the record does not show; times are in UTC.

    `reported` is when the device last told its state, where the export knows that apart from the last check-in.
    `observed_at` is when the export was written.
    """

    os: DeviceOs | None = None
    os_version: str = ""
    edition: str = ""  # of Windows: Enterprise, Education, Pro, ...
    model: str = ""
    serial: str = ""
    last_check_in: datetime | None = None
    reported: datetime | None = None
    observed_at: datetime | None = None
    encrypted: bool | None = None
    compliance: Compliance | None = None
    grace_until: date | None = None
    jailbroken: bool | None = None
    passcode: bool | None = None
    managed: bool | None = None
    supervised: bool | None = None
    ownership: str = ""  # company, personal
    security_patch: date | None = None
    threat: Threat | None = None

    def doubt(self, today: date, days: int) -> str:
        """Return why the record cannot speak for the device as it is today, or an empty string.

        A state that nobody confirmed for more than this many days is neither good nor bad news.
        """
        told = min((time for time in (self.last_check_in, self.reported) if time), default=None)
        if told is None:
            return "the record does not show when the device last checked in"
        age = (today - told.date()).days
        if age < -1:  # a day of grace for time zones
            return f"the last check-in, {told.date()}, lies in the future"
        return f"last check-in was {age} days ago, on {told.date()}" if age > days else ""


_OWNERS: Final = {
    "company": "company", "corporate": "company", "companyowned": "company", "institutional": "company",
    "personal": "personal", "userowned": "personal", "personallyowned": "personal", "byod": "personal",
    "personaldeviceprofile": "personal", "userenrollment": "personal", "accountdrivenuserenrollment": "personal",
}  # fmt: skip
_COMPLIANCE: Final = {
    **{squeezed(state.value): state for state in Compliance},
    "ingraceperiod": Compliance.GRACE_PERIOD, "graceperiod": Compliance.GRACE_PERIOD,
    "notcompliant": Compliance.NONCOMPLIANT, "notevaluated": Compliance.UNKNOWN, "configmgr": Compliance.CONFIG_MANAGER,
    "true": Compliance.COMPLIANT, "yes": Compliance.COMPLIANT,
    "false": Compliance.NONCOMPLIANT, "no": Compliance.NONCOMPLIANT,
}  # fmt: skip
_THREATS: Final = {
    **{squeezed(state.value): state for state in Threat},
    "low": Threat.LOW, "medium": Threat.MEDIUM, "high": Threat.HIGH,
}  # fmt: skip


@probe(Saved("device-record"))
def device_record(answer: Answer) -> ManagedDevice:
    """Read a record of Intune, Jamf Pro, Google, or an export whose columns the inventory maps.

    Raises Unreadable for what is not a record, and for a record in which no column is known.
    """
    cells = flat(_record(answer.text))
    device = _device(cells)
    if device == ManagedDevice(observed_at=device.observed_at, serial=device.serial, model=device.model):
        raise Unreadable(
            "the record has no column that is known here; map the export's columns in the inventory (columns:)"
        )
    return device


def _record(written: str) -> Mapping[str, object]:
    try:
        record = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the device record is not a complete JSON object") from error
    if not isinstance(record, dict):
        raise Unreadable("the device record is not a JSON object of columns")
    return record


def _device(cells: Mapping[str, Cell]) -> ManagedDevice:
    return ManagedDevice(
        os=_os(cells),
        os_version=_version(cells),
        edition=text(cells, "edition"),
        model=text(cells, "model"),
        serial=text(cells, "serial"),
        last_check_in=moment(cell(cells, "last-check-in")),
        reported=moment(cell(cells, "reported")),
        observed_at=moment(cells.get("observedat")),
        encrypted=_encrypted(cells),
        compliance=_COMPLIANCE.get(_word(cells, "compliance")),
        grace_until=day(cell(cells, "grace-until")),
        jailbroken=truth(cells, "jailbroken", "jailbroken"),
        passcode=_passcode(cells),
        managed=truth(cells, "managed", "managed"),
        supervised=truth(cells, "supervised"),
        ownership=_OWNERS.get(_word(cells, "ownership"), ""),
        security_patch=day(cell(cells, "security-patch")),
        threat=_THREATS.get(_word(cells, "threat")),
    )


def _word(cells: Mapping[str, Cell], field: str) -> str:
    found = cell(cells, field)
    return "" if found is None else squeezed(str(found))


def os_of(written: str, model: str) -> DeviceOs | None:
    """Return the operating system that an export's words mean. `iOS/iPadOS` is told by the model."""
    word = squeezed(written)
    if word.startswith(("ipad", "iosipados", "ios", "iphone")):
        tablet = word.startswith("ipad") or squeezed(model).startswith("ipad")
        return DeviceOs.IPADOS if tablet else DeviceOs.IOS
    known = {
        "windows": DeviceOs.WINDOWS, "mac": DeviceOs.MACOS, "osx": DeviceOs.MACOS, "android": DeviceOs.ANDROID,
        "linux": DeviceOs.LINUX, "ubuntu": DeviceOs.LINUX, "chrome": DeviceOs.CHROMEOS,
    }  # fmt: skip
    return next((system for start, system in known.items() if word.startswith(start)), None)


def _os(cells: Mapping[str, Cell]) -> DeviceOs | None:
    return os_of(text(cells, "os"), text(cells, "model"))


def _version(cells: Mapping[str, Cell]) -> str:
    """Return the version, from the system's own words (`Android 14`) where no column is for it."""
    own = text(cells, "os-version")
    if any(numbers(own)):  # 0.0.0.0 stands where nothing was collected
        return own
    _, _, after = text(cells, "os").rpartition(" ")
    return after if numbers(after) else ""


def _encrypted(cells: Mapping[str, Cell]) -> bool | None:
    """Return whether storage is encrypted: of a Mac the volume that it starts from, whatever other volumes are."""
    boot = truth(cells, "boot-encrypted", "encrypted")
    return boot if boot is not None else truth(cells, "encrypted", "encrypted")


def _passcode(cells: Mapping[str, Cell]) -> bool | None:
    present, compliant = truth(cells, "passcode", "passcode"), truth(cells, "passcode-compliant")
    return False if present and compliant is False else present
