"""What the kernel says of the machine: processor, firmware, radios."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.machine import CpuFlaws, Firmware, Radio, Radios, cpu_flaws, firmware, radios
from tests.make import fact, refused

# As Linux 6.18 says it of a virtual machine on an AMD processor.
FLAWS = """[flaws]
|gather_data_sampling:Not affected
|itlb_multihit:Not affected
|spec_rstack_overflow:Vulnerable: Safe RET, no microcode
|spec_store_bypass:Vulnerable
|spectre_v1:Mitigation: usercopy/swapgs barriers and __user pointer sanitization
|spectre_v2:Mitigation: Retpolines; STIBP: disabled; RSB filling; PBRSB-eIBRS: Not affected; BHI: Not affected
"""
UEFI = "[uefi]\n[variable SecureBoot]\n|   6   0   0   0   1\n[variable SetupMode]\n|   6   0   0   0   0\n"
LOCKED = "[lockdown none [integrity] confidentiality]\n"
LAPTOP = "[radios]\n|wlp2s0 wlan 00 0x1003\n|hci0 bluetooth 10 -\n|wlan1 wlan - 0x1002\n"
TEXT = f"{FLAWS}{UEFI}{LOCKED}{LAPTOP}[end]\n"


def test_flaws_of_the_processor_are_read_as_the_kernel_words_them() -> None:
    """A colon or a slash within the text is part of it."""
    read = fact(cpu_flaws, TEXT)
    assert isinstance(read, CpuFlaws)

    assert len(read.told) == 6
    assert read.told["spec_rstack_overflow"] == "Vulnerable: Safe RET, no microcode"
    assert read.told["spectre_v1"].startswith("Mitigation: usercopy/swapgs")


def test_the_last_byte_of_a_variable_is_its_value() -> None:
    """The four before it are its attributes."""
    assert Firmware(uefi=True, variables={"SecureBoot": 1, "SetupMode": 0}, lockdown="integrity") == fact(
        firmware, TEXT
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[bios]\n[end]\n", Firmware(uefi=False, variables={})),
        ("[uefi]\n[end]\n", Firmware(uefi=True, variables={})),
        (
            "[bios]\n[lockdown [none] integrity confidentiality]\n[end]\n",
            Firmware(uefi=False, variables={}, lockdown="none"),
        ),
    ],
)
def test_machines_without_uefi_or_without_its_variables(text: str, expected: Firmware) -> None:
    """A BIOS, variables that are not mounted, a kernel that could lock down and does not."""
    assert expected == fact(firmware, text)


def test_radios_are_blocked_by_software_or_by_a_switch() -> None:
    """One of several switches is enough; without any nothing is known of it."""
    read = fact(radios, TEXT)
    assert isinstance(read, Radios)

    assert read.radios == (
        Radio("wlp2s0", "wlan", blocked=False, up=True),
        Radio("hci0", "bluetooth", blocked=True),
        Radio("wlan1", "wlan"),
    )


def test_a_machine_without_radios() -> None:
    """An empty list is an answer, and no list is none."""
    assert Radios(()) == fact(radios, "[radios]\n[end]\n")
    assert isinstance(refused(radios, "[bios]\n[end]\n"), Unreadable)


def test_a_kernel_that_lists_no_flaws() -> None:
    """One that knows of none to look for, and one that has no such list."""
    assert isinstance(refused(cpu_flaws, "[flaws]\n[end]\n"), NotPresent)
    assert isinstance(refused(cpu_flaws, "[bios]\n[end]\n"), Unreadable)


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        (cpu_flaws, TEXT[:-6]),
        (cpu_flaws, "[flaws]\n|<h1>no</h1>\n[end]\n"),
        (firmware, "[radios]\n[end]\n"),
        (firmware, "[uefi]\n[variable SecureBoot]\n|6 0\n[end]\n"),
        (firmware, "[uefi]\n[variable SecureBoot]\n|6 0 0 0 yes\n[end]\n"),
        (radios, "[radios]\n|wlan0 wlan\n[end]\n"),
        (radios, "[radios]\n|eth0 cable - 0x1\n[end]\n"),
    ],
)
def test_anything_else_is_unknown(probe: object, text: str) -> None:
    """Half an answer, another file's text, bytes that are none."""
    assert isinstance(refused(probe, text), Unreadable)  # type: ignore[arg-type]
