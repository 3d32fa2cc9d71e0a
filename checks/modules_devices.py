"""What a company may demand of the kernel's modules: nothing that is plugged in or sent over the air is used."""

from collections.abc import Iterator

from auditor import Outcome, Severity, check
from auditor.facts.modules import KernelModules
from auditor.facts.modules_views import EFFECTIVE, View, judge_module, keep_out


@check(
    "modules.usb-storage",
    severity=Severity.LOW,
    fix=keep_out("usb-storage"),
    references=(
        "cis-debian12:1.1.1.9",
        "nist-800-53r5:MP-7",
    ),
)
def usb_storage(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """Disks that are plugged into USB are not used

    They carry data out and attacks in. Where people need them, leave this check out and encrypt them.
    """
    yield from judge_module(modules, "usb-storage", blacklisted=blacklisted, view=view)


@check(
    "modules.firewire",
    severity=Severity.LOW,
    fix=keep_out("firewire-core"),
    references=("nist-800-53r5:SC-41",),
)
def firewire(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """Devices that are plugged into FireWire are not used

    Such a device may read and write the memory of the machine.
    """
    yield from judge_module(modules, "firewire-core", blacklisted=blacklisted, view=view)


@check(
    "modules.bluetooth",
    severity=Severity.LOW,
    fix=keep_out("bluetooth"),
    references=("nist-800-53r5:AC-18(3)",),
)
def bluetooth(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """Bluetooth cannot be loaded

    A server has nobody to talk to over the air, and its radio code had holes that needed no password.
    """
    yield from judge_module(modules, "bluetooth", blacklisted=blacklisted, view=view)
