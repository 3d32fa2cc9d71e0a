"""One device's record in a device-management export: which column holds what, and what its words mean.

Columns are those of Microsoft Intune (portal CSV; Graph `managedDevices`), Jamf Pro (computers-inventory,
mobile-devices in list and detail form, Classic), Google (Directory `mobiledevices`, Cloud Identity `devices`) and our
own field names, to which an inventory maps the columns of any other export. In Intune's list answers null and 0 stand
where nothing was collected, so they show nothing; the same goes for every word that is not known here.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final

Cell = str | int | float | bool | None

# Our field names, and the columns that hold them, the better ones first; letters and digits, nested keys dotted.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("devicename", "general.displayname", "general.name", "displayname", "name", "hostname", "computername",
             "manageddevicename"),
    "serial": ("serialnumber", "hardware.serialnumber", "serial"),
    "device-id": ("deviceid", "id", "mobiledeviceid", "resourceid"),
    "imei": ("imei", "network.imei", "hardware.imei"),
    "meid": ("meid", "network.meid", "hardware.meid"),
    "udid": ("udid", "general.udid"),
    "owner": ("primaryuserupn", "userprincipalname", "primaryuseremailaddress", "emailaddress",
              "userandlocation.email", "userandlocation.emailaddress", "userandlocation.username", "email",
              "primaryuserdisplayname", "userdisplayname", "username", "owner", "assignedto"),
    "department": ("department", "userandlocation.department"),
    "model": ("model", "hardware.model", "devicemodel"),
    "manufacturer": ("manufacturer", "hardware.make", "brand"),
    "os": ("operatingsystem", "os", "operatingsystem.name", "platform", "general.platform", "devicetype", "type"),
    "os-version": ("osversion", "operatingsystem.version", "general.osversion", "operatingsystemversion",
                   "releaseversion"),
    "edition": ("skufamily", "osedition", "edition"),
    "last-check-in": ("lastcheckin", "lastsyncdatetime", "general.lastcontacttime", "lastcontacttime",
                      "general.lastinventoryupdatedate", "lastinventoryupdatedate", "lastinventoryupdate",
                      "lastsynctime", "lastsync", "lastseen"),
    "reported": ("reported", "general.reportdate", "reportdate", "general.lastinventoryupdatedate",
                 "lastinventoryupdatedate"),
    "encrypted": ("encrypted", "isencrypted", "operatingsystem.filevault2status", "filevault2status",
                  "filevaultstatus", "security.dataprotected", "dataprotected", "security.dataprotection",
                  "dataprotection", "encryptionstate", "encryptionstatus", "diskencrypted"),
    "boot-encrypted": ("diskencryption.bootpartitionencryptiondetails.partitionfilevault2state",),
    "compliance": ("compliance", "compliancestate", "compliancestatus", "compliant"),
    "grace-until": ("compliancegraceperiodexpiration", "compliancegraceperiodexpirationdatetime", "graceuntil"),
    "jailbroken": ("jailbroken", "security.jailbreakdetected", "jailbreakdetected", "security.jailbreakstatus",
                   "jailbreakstatus", "compromisedstate", "devicecompromisedstatus", "rooted"),
    "passcode": ("passcode", "security.passcodepresent", "passcodepresent", "passwordstate", "devicepasswordstatus",
                 "screenlock"),
    "passcode-compliant": ("security.passcodecompliant", "passcodecompliant"),
    "managed": ("managedby", "managementagent", "general.remotemanagement.managed", "general.managed", "managed",
                "managementstate"),
    "supervised": ("supervised", "issupervised", "general.supervised"),
    "ownership": ("ownership", "manageddeviceownertype", "general.deviceownershiptype", "deviceownershiptype",
                  "ownertype"),
    "security-patch": ("securitypatchlevel", "androidsecuritypatchlevel", "securitypatchtime", "securitypatch"),
    "threat": ("partnerreportedthreatstate", "threatstate", "threat"),
}  # fmt: skip

# Squeezed words that say yes and no of a state. Compared whole: NOT_ENCRYPTED holds ENCRYPTED.
_YES: Final = frozenset(
    {"true", "yes", "1", "on", "ja", "oui", "si", "sí", "sim", "enabled", "active", "present", "set"}
)
_NO: Final = frozenset({"false", "no", "off", "nein", "non", "nao", "não", "disabled", "inactive", "absent", "notset"})
WORDS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "encrypted": (
        _YES | {"encrypted", "allencrypted", "bootencrypted", "encryptionactive", "activeencryption"},
        _NO | {"notencrypted", "unencrypted", "encryptioninactive", "inactive", "unsupportedbydevice"},
    ),
    "jailbroken": (
        _YES | {"compromised", "jailbroken", "rooted", "compromisedetected", "compromisedevice"},
        _NO | {"normal", "notcompromised", "uncompromised", "notjailbroken", "notrooted", "nocompromisedetected"},
    ),
    "passcode": (_YES | {"passwordset", "passcodeset"}, _NO | {"passwordnotset", "passcodenotset"}),
    "managed": (
        _YES
        | {
            "mdm", "easmdm", "intune", "intuneclient", "easintuneclient", "comanaged", "configmgr", "jamf", "jamfpro",
            "configurationmanagerclient", "configurationmanagerclientmdm", "configurationmanagerclientmdmeas",
            "googleclouddevicepolicycontroller", "microsoft365managedmdm", "intuneaosp", "approved", "managed",
        },
        # eas: mail only, nothing of the device is set or known
        _NO | {"eas", "unmanaged", "notmanaged", "blocked", "pending", "unprovisioned", "wiped", "wiping"},
    ),
    "plain": (_YES, _NO),
}  # fmt: skip
_OLDEST: Final = datetime(2001, 1, 1, tzinfo=UTC)  # 0001-01-01 and 1970-01-01 stand for "never", as does 9999-12-31
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def squeezed(text: str) -> str:
    """Return a text's letters and digits in lower case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def flat(record: Mapping[str, object]) -> dict[str, Cell]:
    """Return a record's cells by squeezed name, nested names joined by dots; of a list of plain values the first."""
    return dict(_cells(record, ""))


def cell(cells: Mapping[str, Cell], field: str) -> Cell:
    """Return the first cell of a field that shows something, or None."""
    columns = (squeezed(field), *COLUMNS[field])
    return next((cells[name] for name in columns if name in cells and cells[name] not in {None, ""}), None)


def text(cells: Mapping[str, Cell], field: str) -> str:
    """Return a field as text, empty when nothing is shown."""
    found = cell(cells, field)
    return "" if found is None or isinstance(found, bool) else " ".join(str(found).split())


def truth(cells: Mapping[str, Cell], field: str, words: str = "plain") -> bool | None:
    """Return whether a state holds, or None when its column does not show it."""
    found = cell(cells, field)
    if isinstance(found, bool) or found is None:
        return found
    yes, no = WORDS[words]
    word = squeezed(str(found))
    return True if word in yes else False if word in no else None


def moment(found: Cell) -> datetime | None:
    """Return a time in UTC, or None when it is none, stands for "never", or reads two ways (03/04/2026).

    Read are ISO 8601, `2026-11-20 08:12:33.0000000` of Intune, milliseconds since 1970, `20.11.2026 08:12`, and
    `11/20/2026 8:12:33 AM` when only one of its first numbers can be a month. A time without a zone counts as UTC.
    """
    if isinstance(found, bool) or found is None:
        return None
    written = str(found).strip()
    read = _epoch(written) or _iso(written) or _local(written)
    return read if read and _OLDEST <= read < _LATEST else None


def day(found: Cell) -> date | None:
    """Return a day, such as that of a security patch level; a month counts from its first day."""
    if isinstance(found, str) and re.fullmatch(r"\d{4}-\d{2}", found.strip()):
        found = f"{found.strip()}-01"
    read = moment(found)
    return read.date() if read else None


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: (10, 0, 22631, 4317), (17, 5, 1), (14,); empty when none do."""
    match = re.match(r"\s*v?([0-9]{1,18}(?:\.[0-9]{1,18})*)", version)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def _cells(record: Mapping[str, object], before: str) -> Iterator[tuple[str, Cell]]:
    for key, value in record.items():
        name = before + squeezed(key)
        if isinstance(value, Mapping):
            yield from _cells(value, name + ".")
        elif isinstance(value, list):
            plain = [item for item in value if isinstance(item, str | int | float)]
            yield name, plain[0] if plain else None
        elif value is None or isinstance(value, str | int | float):
            yield name, value


def _epoch(written: str) -> datetime | None:
    if not re.fullmatch(r"\d{10}|\d{13}", written):
        return None
    return datetime.fromtimestamp(int(written) / (1000 if len(written) == 13 else 1), UTC)


def _iso(written: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _local(written: str) -> datetime | None:
    match = re.fullmatch(
        r"(\d{1,2})([./])(\d{1,2})\2(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?)?", written
    )
    if match is None:
        return None
    first, third = int(match[1]), int(match[3])
    if match[2] == "/" and first <= 12 and third <= 12 and first != third:
        return None
    days_first = match[2] == "." or first > 12
    hour = int(match[5] or 0)
    if match[8]:
        hour = hour % 12 + (12 if match[8] in "Pp" else 0)
    try:
        return datetime(int(match[4]), third if days_first else first, first if days_first else third,
                        hour, int(match[6] or 0), int(match[7] or 0), tzinfo=UTC)  # fmt: skip
    except ValueError:
        return None
