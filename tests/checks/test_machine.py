"""Verdicts on machines: processor and radios."""

import pytest

from auditor.facts.machine import CpuFlaws, Radio, Radios
from auditor.facts.services import EnabledUnits
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

content = checks("machine")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
OFF = EnabledUnits("systemd", frozenset({"ssh"}))


def flaws(**told: str) -> CpuFlaws:
    return CpuFlaws({"l1tf": "Not affected", "itlb_multihit": "KVM: Mitigation: VMX disabled", **told})


WLAN = Radio("wlan0", "wlan", blocked=False, up=True)
HCI = Radio("hci0", "bluetooth", blocked=True)
BUFFERS = "Mitigation: Clear CPU buffers; SMT vulnerable"
CASES: list[Case] = [
    Case(content.processor_flaws, (flaws(mds="Mitigation: Clear CPU buffers; SMT disabled"),), PASS),
    Case(content.processor_flaws, (flaws(mds="Vulnerable"),), FAIL, ("mds",)),
    Case(
        content.processor_flaws, (flaws(mds="Vulnerable: Clear CPU buffers attempted, no microcode"),), FAIL, ("mds",)
    ),
    Case(content.processor_flaws, (flaws(itlb_multihit="KVM: Vulnerable"),), FAIL, ("itlb_multihit",)),
    Case(content.processor_flaws, (flaws(itlb_multihit="Processor vulnerable"),), FAIL, ("itlb_multihit",)),
    Case(
        content.processor_flaws,
        (flaws(spectre_v2="Mitigation: Enhanced IBRS; RSB filling; BHI: Vulnerable, KVM: SW loop"),),
        FAIL,
        ("spectre_v2",),
        why="one part of it is open",
    ),
    Case(content.processor_flaws, (flaws(mds=BUFFERS),), PASS, why="only hyper-threading leaves a gap"),
    Case(content.processor_flaws, (flaws(mds=BUFFERS),), FAIL, ("mds",), settings={"threads": True}),
    Case(content.processor_flaws, (flaws(mds="Vulnerable"),), PASS, settings={"accepted": frozenset({"mds"})}),
    Case(content.processor_flaws, (flaws(srbds="Unknown: Dependent on hypervisor status"),), DONT_KNOW),
    Case(content.processor_flaws, (ABSENT,), NOT_HERE),
    Case(content.processor_flaws, (UNKNOWN,), DONT_KNOW),
    Case(content.wireless_off, (Radios((WLAN,)),), FAIL, ("wlan0",)),
    Case(content.wireless_off, (Radios((Radio("wlan0", "wlan", blocked=True, up=True),)),), PASS, why="it is blocked"),
    Case(content.wireless_off, (Radios((Radio("wlan0", "wlan", blocked=False),)),), PASS, why="it is switched off"),
    Case(content.wireless_off, (Radios((HCI,)),), NOT_HERE, why="there is no such card"),
    Case(content.wireless_off, (UNKNOWN,), DONT_KNOW),
    Case(content.bluetooth_off, (Radios((HCI,)), OFF), PASS),
    Case(content.bluetooth_off, (Radios(()), OFF), PASS, why="there is no adapter"),
    Case(content.bluetooth_off, (Radios(()), EnabledUnits("systemd", frozenset({"bluetooth"}))), FAIL, ("bluetooth",)),
    Case(content.bluetooth_off, (Radios((Radio("hci0", "bluetooth", blocked=False),)), OFF), FAIL, ("hci0",)),
    Case(content.bluetooth_off, (Radios((Radio("hci0", "bluetooth"),)), OFF), DONT_KNOW, why="no switch tells"),
    Case(content.bluetooth_off, (UNKNOWN, OFF), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
