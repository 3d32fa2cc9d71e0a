"""Checks of laptops and phones: each changes one thing of a good device."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from auditor.facts.ambient import Lifecycle, Lifecycles, Today
from auditor.facts.devices import Compliance, DeviceOs, ManagedDevice, Threat
from auditor.model.check import Check
from auditor.model.result import Verdict
from tests.make import TODAY, UNKNOWN, Case, checks, judged, names

devices = checks("devices")
NOW = Today(TODAY)
GOOD = ManagedDevice(
    os=DeviceOs.IOS,
    os_version="26.1",
    model="iPhone 15",
    serial="F17XR2ABCD9K",
    last_check_in=datetime(2026, 11, 21, 7, 0, tzinfo=UTC),
    encrypted=True,
    compliance=Compliance.COMPLIANT,
    jailbroken=False,
    passcode=True,
    managed=True,
    supervised=True,
    ownership="company",
    threat=Threat.SECURED,
)
LAPTOP = replace(GOOD, os=DeviceOs.WINDOWS, os_version="10.0.26200.8117", edition="Enterprise", jailbroken=None)
ANDROID = replace(GOOD, os=DeviceOs.ANDROID, os_version="16", security_patch=date(2026, 11, 5))
STALE = {"last_check_in": datetime(2026, 8, 14, tzinfo=UTC)}
SILENT = {"last_check_in": None}


def cycle(name: str, ends: date | None, build: str = "", *, ended: bool = False) -> Lifecycle:
    return Lifecycle(name, ended, ends, build)


KNOWN = Lifecycles(
    date(2026, 11, 1),
    {
        "ios": (cycle("26", None), cycle("17", date(2025, 5, 13)), cycle("9", None, ended=True)),
        "ipados": (cycle("26", None), cycle("17", None)),
        "macos": (cycle("15", None), cycle("10.15", date(2026, 2, 2)), cycle("10.14", date(2021, 10, 25))),
        "android": (cycle("16", None), cycle("12.1", date(2025, 3, 3)), cycle("12", date(2025, 3, 3))),
        "windows": (
            cycle("11-25h2-e", date(2028, 10, 10), "10.0.26200"),
            cycle("11-25h2-w", date(2027, 10, 12), "10.0.26200"),
            cycle("11-24h2-e", date(2027, 10, 12), "10.0.26100"),
            cycle("11-24h2-w", date(2026, 10, 13), "10.0.26100"),
            cycle("10-22h2", date(2025, 10, 14), "10.0.19045"),
            cycle("10-21h2-e-lts", date(2027, 1, 12), "10.0.19044"),
            cycle("10-21h2-e", date(2024, 6, 11), "10.0.19044"),
            cycle("10-21h2-w", date(2023, 6, 13), "10.0.19044"),
        ),
    },
)


def case(check: Check, verdict: Verdict, why: str, device: ManagedDevice = GOOD, **changed: object) -> Case:
    """Return a case of one device, with the setting `settings` if there is one."""
    settings = changed.pop("settings", {})
    facts = (replace(device, **changed), NOW, KNOWN)[: len(check.needs)]  # type: ignore[arg-type]
    return Case(check, facts, verdict, settings=settings, why=why)  # type: ignore[arg-type]


def unread(check: Check) -> Case:
    return Case(check, (UNKNOWN, NOW, KNOWN)[: len(check.needs)], Verdict.UNKNOWN, why="the record cannot be read")


def state_cases(check: Check, field: str) -> list[Case]:
    """Return the cases of a check that one field decides."""
    return [
        case(check, Verdict.PASS, "it holds", **{field: True}),
        case(check, Verdict.FAIL, "it does not", **{field: False}),
        case(check, Verdict.UNKNOWN, "it is not shown", **{field: None}),
        case(check, Verdict.UNKNOWN, "good news is stale", **{field: True}, **STALE),
        case(check, Verdict.UNKNOWN, "bad news is stale", **{field: False}, **STALE),
        case(check, Verdict.UNKNOWN, "nobody knows how old it is", **{field: True}, **SILENT),
        case(check, Verdict.PASS, "the policy allows it", **{field: True}, **STALE, settings={"stale_after_days": 120}),
        unread(check),
    ]  # fmt: skip


PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
CASES = [
    *state_cases(devices.managed, "managed"),
    *state_cases(devices.encrypted, "encrypted"),
    *state_cases(devices.passcode, "passcode"),
    case(devices.checked_in, PASS, "it did yesterday"),
    case(devices.checked_in, PASS, "it did 30 days ago", last_check_in=datetime(2026, 10, 23, tzinfo=UTC)),
    case(devices.checked_in, FAIL, "it did 31 days ago", last_check_in=datetime(2026, 10, 22, tzinfo=UTC)),
    case(devices.checked_in, PASS, "the policy allows 120 days", **STALE, settings={"days": 120}),
    case(devices.checked_in, UNSURE, "nobody knows when", **SILENT),
    case(devices.checked_in, UNSURE, "the clock is wrong", last_check_in=datetime(2031, 1, 1, tzinfo=UTC)),
    unread(devices.checked_in),
    case(devices.not_jailbroken, PASS, "it is intact"),
    case(devices.not_jailbroken, FAIL, "it is rooted", jailbroken=True),
    case(devices.not_jailbroken, UNSURE, "it is not shown", jailbroken=None),
    case(devices.not_jailbroken, UNSURE, "the system is not shown either", os=None, jailbroken=None),
    case(devices.not_jailbroken, UNSURE, "bad news is stale", jailbroken=True, **STALE),
    case(devices.not_jailbroken, NOT, "it is a laptop", LAPTOP),
    unread(devices.not_jailbroken),
    case(devices.compliant, PASS, "it is"),
    case(devices.compliant, FAIL, "it is not", compliance=Compliance.NONCOMPLIANT),
    case(devices.compliant, FAIL, "it has time left", compliance=Compliance.GRACE_PERIOD),
    case(devices.compliant, PASS, "the policy allows the time", compliance=Compliance.GRACE_PERIOD,
         grace_until=date(2026, 11, 22), settings={"accept_grace_period": True}),
    case(devices.compliant, FAIL, "the time is over", compliance=Compliance.GRACE_PERIOD,
         grace_until=date(2026, 11, 21), settings={"accept_grace_period": True}),
    *(case(devices.compliant, UNSURE, f"it says {word}", compliance=word)
      for word in (None, Compliance.UNKNOWN, Compliance.CONFLICT, Compliance.ERROR, Compliance.CONFIG_MANAGER)),
    case(devices.compliant, UNSURE, "the news is stale", compliance=Compliance.NONCOMPLIANT, **STALE),
    unread(devices.compliant),
    case(devices.os_supported, PASS, "its release has no end yet"),
    case(devices.os_supported, FAIL, "its release ended on a day", os_version="17.5.1"),
    case(devices.os_supported, FAIL, "its release ended, nobody knows when", os_version="9.3.5"),
    case(devices.os_supported, PASS, "an iPad still gets the release", os=DeviceOs.IPADOS, os_version="17.7"),
    case(devices.os_supported, UNSURE, "no date is known for it", os_version="27.0"),
    case(devices.os_supported, UNSURE, "the release is not shown", os_version=""),
    case(devices.os_supported, UNSURE, "the system is not shown", os=None),
    case(devices.os_supported, UNSURE, "the news is stale", os_version="17.5.1", **STALE),
    case(devices.os_supported, FAIL, "10.14 is not 10.1", os=DeviceOs.MACOS, os_version="10.14.6"),
    case(devices.os_supported, PASS, "a build follows the release", os=DeviceOs.MACOS, os_version="15.6.1 (24G90)"),
    case(devices.os_supported, FAIL, "12.0 is Android 12", ANDROID, os_version="12.0"),
    case(devices.os_supported, PASS, "Enterprise has another year", LAPTOP, os_version="10.0.26100.1"),
    case(devices.os_supported, FAIL, "Pro has ended", LAPTOP, os_version="10.0.26100.1", edition="Pro"),
    case(devices.os_supported, UNSURE, "the edition decides", LAPTOP, os_version="10.0.26100.1", edition=""),
    case(devices.os_supported, UNSURE, "a long-term edition lives on", LAPTOP, os_version="10.0.19044.1"),
    case(devices.os_supported, FAIL, "all editions have ended", LAPTOP, os_version="10.0.19045.1", edition=""),
    case(devices.os_supported, FAIL, "the export leaves 10.0 out", LAPTOP, os_version="19045.6456"),
    case(devices.os_supported, UNSURE, "the build is not shown", LAPTOP, os_version="10.0"),
    case(devices.os_supported, UNSURE, "11 is no build", LAPTOP, os_version="11"),
    case(devices.os_supported, UNSURE, "no dates are known", os=DeviceOs.CHROMEOS, os_version="120"),
    unread(devices.os_supported),
    case(devices.os_minimum, PASS, "it is newer"),
    case(devices.os_minimum, FAIL, "it is older", os_version="17.5.1"),
    case(devices.os_minimum, FAIL, "9 is less than 18", os_version="9.3"),
    case(devices.os_minimum, PASS, "it is the same", os_version="18"),
    case(devices.os_minimum, PASS, "18.0 is 18", os_version="18.0", settings={"ios": "18"}),
    case(devices.os_minimum, PASS, "18 is 18.0", os_version="18", settings={"ios": "18.0"}),
    case(devices.os_minimum, UNSURE, "18 may be 18.7", os_version="18", settings={"ios": "18.7"}),
    case(devices.os_minimum, FAIL, "18.6 is not 18.7", os_version="18.6", settings={"ios": "18.7"}),
    case(devices.os_minimum, PASS, "18.10 is more than 18.7", os_version="18.10", settings={"ios": "18.7"}),
    case(devices.os_minimum, PASS, "a Windows build is new enough", LAPTOP),
    case(devices.os_minimum, FAIL, "a Windows build is too old", LAPTOP, os_version="10.0.22631.4317"),
    case(devices.os_minimum, FAIL, "Windows 7", LAPTOP, os_version="6.1.7601"),
    case(devices.os_minimum, UNSURE, "11 is no build", LAPTOP, os_version="11"),
    case(devices.os_minimum, UNSURE, "10.0 lacks the build", LAPTOP, os_version="10.0"),
    case(devices.os_minimum, UNSURE, "the demand is no release", settings={"ios": "latest"}),
    case(devices.os_minimum, NOT, "nothing is demanded", settings={"ios": ""}),
    case(devices.os_minimum, NOT, "nothing can be demanded", os=DeviceOs.LINUX),
    case(devices.os_minimum, UNSURE, "the system is not shown", os=None),
    case(devices.os_minimum, UNSURE, "the news is stale", os_version="9", **STALE),
    unread(devices.os_minimum),
    case(devices.security_patch_age, PASS, "it is of this month", ANDROID),
    case(devices.security_patch_age, PASS, "it is 90 days old", ANDROID, security_patch=date(2026, 8, 24)),
    case(devices.security_patch_age, FAIL, "it is 91 days old", ANDROID, security_patch=date(2026, 8, 23)),
    case(devices.security_patch_age, PASS, "next month's came early", ANDROID, security_patch=date(2026, 12, 1)),
    case(devices.security_patch_age, UNSURE, "it is of next year", ANDROID, security_patch=date(2027, 11, 1)),
    case(devices.security_patch_age, UNSURE, "it is not shown", ANDROID, security_patch=None),
    case(devices.security_patch_age, UNSURE, "the news is stale", ANDROID, **STALE),
    case(devices.security_patch_age, NOT, "it is an iPhone"),
    unread(devices.security_patch_age),
    *state_cases(devices.supervised, "supervised"),
    case(devices.supervised, NOT, "it is personal", ownership="personal", supervised=False),
    case(devices.supervised, NOT, "it is a laptop", LAPTOP, supervised=False),
    case(devices.supervised, UNSURE, "nobody knows whose it is", ownership="", supervised=False),
    case(devices.supervised, PASS, "supervised, whoever owns it", ownership=""),
    case(devices.no_threat, PASS, "it is secured"),
    *(case(devices.no_threat, FAIL, f"it says {word}", threat=word)
      for word in (Threat.LOW, Threat.MEDIUM, Threat.HIGH, Threat.COMPROMISED)),
    *(case(devices.no_threat, UNSURE, f"it says {word}", threat=word)
      for word in (None, Threat.UNKNOWN, Threat.ACTIVATED, Threat.DEACTIVATED, Threat.UNRESPONSIVE,
                   Threat.MISCONFIGURED)),
    case(devices.no_threat, UNSURE, "the news is stale", threat=Threat.HIGH, **STALE),
    unread(devices.no_threat),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_the_verdict_is_right(case: Case) -> None:
    """Each case changes one thing."""
    case.assert_right()


def test_a_stale_record_says_how_old_it_is() -> None:
    """The reason is what a person acts on."""
    result = judged(devices.encrypted, replace(GOOD, **STALE), NOW)  # type: ignore[arg-type]

    assert result.reason == "encryption: last check-in was 100 days ago, on 2026-08-14"


def test_an_unsupported_release_says_since_when() -> None:
    """With the last day of the longest-lived edition."""
    result = judged(devices.os_supported, replace(GOOD, os_version="17.5.1"), NOW, KNOWN)

    assert result.violations[0].found == "iOS 17.5.1, supported until 2025-05-13"
