"""Laptops and phones, judged by what the company's device management knows of them.

A record that nobody confirmed for `stale_after_days` decides nothing, neither good nor bad: only `devices.checked-in`
speaks then.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ambient import Lifecycle, Lifecycles, Today
from auditor.facts.device_record import numbers
from auditor.facts.devices import MOBILE, Compliance, DeviceOs, ManagedDevice, Threat

_ENROL = Fix("Have the user open the management app and sync; otherwise enrol the device again.", "enrol-devices")


@check("devices.checked-in", severity=Severity.MEDIUM, fix=_ENROL, references=("nist:SP800-124r2",))
def checked_in(device: ManagedDevice, today: Today, *, days: int = 30) -> Iterator[Outcome]:
    """The device reported to device management recently.

    A device that has gone silent gets no settings and no wipe command, and nobody knows its state. It is often lost,
    replaced, or taken along by somebody who left.
    """
    if device.last_check_in is None:
        yield Undecided("last check-in", "the record does not show when the device last checked in")
        return
    age = (today.date - device.last_check_in.date()).days
    if age < -1:
        yield Undecided("last check-in", f"{device.last_check_in.date()} lies in the future")
    elif age > days:
        yield Violation(
            "last check-in", found=f"{device.last_check_in.date()} ({age} days ago)", wanted=f"at most {days} days ago"
        )


@check(
    "devices.managed",
    severity=Severity.HIGH,
    fix=Fix("Enrol the device in device management; until then it gets no company data.", "enrol-devices"),
    references=("nist:SP800-124r2",),
)
def managed(device: ManagedDevice, today: Today, *, stale_after_days: int = 30) -> Iterator[Outcome]:
    """The device is managed, not merely connected to mail.

    On a device that only fetches mail the company can set no rule, see no state and erase nothing but the mailbox.
    """
    yield from _state("management", device.doubt(today.date, stale_after_days), holds=device.managed)


@check(
    "devices.encrypted",
    severity=Severity.HIGH,
    fix=Fix("Turn on BitLocker, FileVault or a passcode through a management profile.", "encrypt-devices"),
    references=("nist:SP800-111", "nist:SP800-124r2"),
)
def encrypted(device: ManagedDevice, today: Today, *, stale_after_days: int = 30) -> Iterator[Outcome]:
    """The device's storage is encrypted.

    A lost laptop or phone is then a lost object; without encryption it is a lost copy of everything on it.
    """
    yield from _state("encryption", device.doubt(today.date, stale_after_days), holds=device.encrypted)


@check(
    "devices.passcode",
    severity=Severity.HIGH,
    fix=Fix("Require a passcode by a management profile; the user is asked to set one.", "enrol-devices"),
    references=("nist:SP800-124r2",),
)
def passcode(device: ManagedDevice, today: Today, *, stale_after_days: int = 30) -> Iterator[Outcome]:
    """The device is locked by a passcode.

    Without one, whoever finds a phone reads its mail, and its storage is not protected by encryption either.
    """
    yield from _state("passcode", device.doubt(today.date, stale_after_days), holds=device.passcode)


@check(
    "devices.not-jailbroken",
    severity=Severity.CRITICAL,
    fix=Fix("Withdraw company data, reset the device and enrol it again.", "enrol-devices", disruptive=True),
    references=("nist:SP800-124r2",),
)
def not_jailbroken(device: ManagedDevice, today: Today, *, stale_after_days: int = 30) -> Iterator[Outcome]:
    """The phone is neither jailbroken nor rooted.

    The protections on which every other setting of the phone rests are off, and any app may read any other's data.
    """
    if device.os is not None and device.os not in MOBILE:
        yield NotApplicable(f"{device.os} has no jailbreak")
    elif doubt := device.doubt(today.date, stale_after_days):
        yield Undecided("jailbreak", doubt)
    elif device.jailbroken is None:
        yield Undecided("jailbreak", "the record does not show it")
    elif device.jailbroken:
        yield Violation("jailbreak", found="jailbroken or rooted", wanted="intact")


@check(
    "devices.compliant",
    severity=Severity.MEDIUM,
    fix=Fix("Open the device in device management and mend the settings that it lists.", "enrol-devices"),
    references=("nist:SP800-124r2",),
)
def compliant(
    device: ManagedDevice, today: Today, *, stale_after_days: int = 30, accept_grace_period: bool = False
) -> Iterator[Outcome]:
    """Device management finds the device compliant.

    Its own policies look at more than an export shows. A device in its grace period is still allowed in and not yet
    mended.
    """
    if doubt := device.doubt(today.date, stale_after_days):
        yield Undecided("compliance", doubt)
    elif device.compliance is Compliance.NONCOMPLIANT:
        yield Violation("compliance", found=device.compliance.value, wanted="compliant")
    elif device.compliance is Compliance.GRACE_PERIOD:
        until = f" until {device.grace_until}" if device.grace_until else ""
        if not accept_grace_period or (device.grace_until and device.grace_until < today.date):
            yield Violation("compliance", found=f"in grace period{until}", wanted="compliant")
    elif device.compliance is not Compliance.COMPLIANT:
        yield Undecided("compliance", _uncertain(device.compliance))


@check(
    "devices.os-supported",
    severity=Severity.HIGH,
    fix=Fix("Upgrade to a supported release, or replace the device if it cannot take one.", "replace-unsupported"),
    references=("nist:SP800-124r2",),
)
def os_supported(
    device: ManagedDevice, today: Today, lifecycles: Lifecycles, *, stale_after_days: int = 30
) -> Iterator[Outcome]:
    """The operating system still gets security updates from its maker.

    Holes found after the end of support stay open for good. Where the editions of one Windows build end on different
    days, the record must show the edition.
    """
    if doubt := device.doubt(today.date, stale_after_days) or _nameless(device):
        yield Undecided("operating system", doubt)
        return
    release = f"{device.os} {device.os_version}"
    cycles = list(_cycles(device, lifecycles))
    ended = [cycle for cycle in cycles if cycle.ended or (cycle.ends is not None and cycle.ends < today.date)]
    if not cycles:
        yield Undecided("operating system", f"no end of support is known for {release} as of {lifecycles.as_of}")
    elif len(ended) == len(cycles):
        yield Violation("operating system", found=f"{release}, {_end(ended)}", wanted="a supported release")
    elif ended:
        yield Undecided(
            "operating system", f"{release} has editions that are supported and editions that are not; the record "
            "does not show which this is",
        )  # fmt: skip


@check(
    "devices.os-minimum",
    severity=Severity.MEDIUM,
    fix=Fix("Let the device install the pending system update; check free storage if it cannot.", "update-devices"),
    references=("nist:SP800-124r2",),
)
def os_minimum(  # noqa: PLR0913  (one setting a system)
    device: ManagedDevice,
    today: Today,
    *,
    windows: str = "10.0.26100",
    macos: str = "15",
    ios: str = "18",
    ipados: str = "18",
    android: str = "14",
    stale_after_days: int = 30,
) -> Iterator[Outcome]:
    """The operating system is at least the release that the company demands.

    An empty demand for a system lets every release of it pass as not applicable.
    """
    demands = {
        DeviceOs.WINDOWS: windows, DeviceOs.MACOS: macos, DeviceOs.IOS: ios, DeviceOs.IPADOS: ipados,
        DeviceOs.ANDROID: android,
    }  # fmt: skip
    if device.os is not None and not demands.get(device.os):
        yield NotApplicable(f"the company demands no release of {device.os}")
    elif doubt := device.doubt(today.date, stale_after_days) or _nameless(device):
        yield Undecided("operating system", doubt)
    elif device.os is not None:
        yield from _at_least(device, demands[device.os])


@check(
    "devices.security-patch-age",
    severity=Severity.MEDIUM,
    fix=Fix("Install the pending update; replace a phone whose maker sends no patches any more.", "update-devices"),
    references=("nist:SP800-124r2",),
)
def security_patch_age(
    device: ManagedDevice, today: Today, *, days: int = 90, stale_after_days: int = 30
) -> Iterator[Outcome]:
    """The Android security patch level is recent.

    Android's release says little: the patch level is the day up to which known holes are closed.
    """
    if device.os is not None and device.os is not DeviceOs.ANDROID:
        yield NotApplicable(f"{device.os} has no security patch level")
    elif doubt := device.doubt(today.date, stale_after_days):
        yield Undecided("security patch level", doubt)
    elif device.security_patch is None:
        yield Undecided("security patch level", "the record does not show it")
    elif device.security_patch < today.date - timedelta(days=days):
        yield Violation("security patch level", found=str(device.security_patch), wanted=f"at most {days} days old")
    elif device.security_patch > today.date + timedelta(days=31):
        yield Undecided("security patch level", f"{device.security_patch} lies in the future")


@check(
    "devices.supervised",
    severity=Severity.LOW,
    fix=Fix(
        "Enrol through Apple Business Manager, so that the device is supervised from its first start.", "enrol-devices"
    ),
    references=("nist:SP800-124r2",),
)
def supervised(device: ManagedDevice, today: Today, *, stale_after_days: int = 30) -> Iterator[Outcome]:
    """A company-owned iPhone or iPad is supervised.

    Only a supervised device keeps its management profile against the user's will and takes updates when told to.
    """
    if device.os is not None and device.os not in {DeviceOs.IOS, DeviceOs.IPADOS}:
        yield NotApplicable(f"{device.os} is not supervised")
    elif device.ownership == "personal":
        yield NotApplicable("a personal device is not supervised")
    elif not device.ownership and not device.supervised:
        yield Undecided("supervision", "the record does not show whose device it is")
    else:
        yield from _state("supervision", device.doubt(today.date, stale_after_days), holds=device.supervised)


@check(
    "devices.no-threat",
    severity=Severity.HIGH,
    fix=Fix("Isolate the device, and follow the threat defence product's instructions.", "enrol-devices"),
    references=("nist:SP800-124r2",),
)
def no_threat(device: ManagedDevice, today: Today, *, stale_after_days: int = 30) -> Iterator[Outcome]:
    """Threat defence reports no threat on the device.

    Partner products see malicious apps, networks and profiles that device management itself does not.
    """
    bad = {Threat.LOW, Threat.MEDIUM, Threat.HIGH, Threat.COMPROMISED}
    if doubt := device.doubt(today.date, stale_after_days):
        yield Undecided("threat", doubt)
    elif device.threat in bad:
        yield Violation("threat", found=device.threat.value, wanted="secured")
    elif device.threat is not Threat.SECURED:
        told = f"threat defence says {device.threat}" if device.threat else "no threat defence product reports it"
        yield Undecided("threat", told)


def _state(subject: str, doubt: str, *, holds: bool | None) -> Iterator[Outcome]:
    if doubt:
        yield Undecided(subject, doubt)
    elif holds is None:
        yield Undecided(subject, "the record does not show it")
    elif not holds:
        yield Violation(subject, found="no", wanted="yes")


def _uncertain(compliance: Compliance | None) -> str:
    if compliance is None:
        return "the record does not show it"
    if compliance is Compliance.UNKNOWN:
        return "device management has not evaluated the device, most often because no policy is assigned"
    return f"device management says {compliance}"


def _nameless(device: ManagedDevice) -> str:
    if device.os is None:
        return "the record does not show the operating system"
    return "" if numbers(device.os_version) else f"the record does not show the release of {device.os}"


def _build(device: ManagedDevice) -> tuple[int, ...]:
    """Return the version's numbers; some exports leave the 10.0 of a Windows build out."""
    found = numbers(device.os_version)
    return (10, 0, *found) if device.os is DeviceOs.WINDOWS and found[0] >= 10240 else found


def _at_least(device: ManagedDevice, demand: str) -> Iterator[Outcome]:
    found, wanted = _build(device), numbers(demand)
    if not wanted:
        yield Undecided("operating system", f"the demand {demand!r} is not a release such as 14 or 10.0.26100")
    elif device.os is DeviceOs.WINDOWS and found[:2] != (10, 0) and found[0] > 9:
        yield Undecided("operating system", f"{device.os_version} is not a Windows build such as 10.0.26100.2314")
    elif found == wanted[: len(found)] and any(wanted[len(found) :]):
        yield Undecided("operating system", f"{device.os_version} does not tell whether it is at least {demand}")
    elif found + (0,) * (len(wanted) - len(found)) < wanted:  # 18 is 18.0
        yield Violation("operating system", found=f"{device.os} {device.os_version}", wanted=f"at least {demand}")


def _cycles(device: ManagedDevice, lifecycles: Lifecycles) -> Iterator[Lifecycle]:
    """Yield the release cycles that the version may belong to: several of Windows, whose editions share a build."""
    version = ".".join(map(str, _build(device)))
    if device.os is DeviceOs.WINDOWS:
        build = ".".join(version.split(".")[:3])
        cycles = [cycle for cycle in lifecycles.products.get("windows", ()) if cycle.latest == build]
        yield from (cycle for cycle in cycles if _of_edition(cycle.cycle, device.edition.casefold()))
        return
    products = {
        DeviceOs.MACOS: "macos", DeviceOs.IOS: "ios", DeviceOs.IPADOS: "ipados", DeviceOs.ANDROID: "android",
    }  # fmt: skip
    if device.os in products and (cycle := lifecycles.cycle(products[device.os], version)):
        yield cycle


def _of_edition(cycle: str, edition: str) -> bool:
    """Whether a Windows cycle (11-24h2-e, 11-24h2-w, 10-21h2-e-lts) fits an edition; an unknown edition fits all."""
    words = cycle.split("-")[2:]
    if not words or not edition:
        return True
    if any(name in edition for name in ("pro", "home", "core")):
        return words == ["w"]
    return "w" not in words


def _end(ended: list[Lifecycle]) -> str:
    dates: list[date] = [cycle.ends for cycle in ended if cycle.ends]
    return f"supported until {max(dates)}" if dates else "no longer supported"
