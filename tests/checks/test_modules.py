"""Verdicts on kernel modules."""

from dataclasses import replace

import pytest

from auditor.facts.modules import KernelModules, ModuleRule, one
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

modules, network, devices = checks("modules"), checks("modules_network"), checks("modules_devices")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
SCTP = {"names": frozenset({"sctp"})}
BOTH = {**SCTP, "blacklisted": True}
WRITTEN = {"view": "effective and written"}


def rules(*lines: tuple[str, str, str]) -> KernelModules:
    """Return modules with these lines of modprobe.d."""
    return KernelModules(tuple(ModuleRule(*line, place="/etc/modprobe.d/a.conf:1") for line in lines))


INSTALL, LISTED = ("install", "sctp", "/bin/false"), ("blacklist", "sctp", "")
CASES: list[Case] = [
    Case(modules.disabled, (rules(INSTALL),), PASS, settings=SCTP),
    Case(modules.disabled, (rules(INSTALL),), FAIL, ("sctp",), settings=BOTH, why="an alias still loads it"),
    Case(modules.disabled, (rules(INSTALL, LISTED),), PASS, settings=BOTH),
    Case(modules.disabled, (rules(LISTED),), FAIL, ("sctp",), settings=SCTP, why="modprobe by name loads it"),
    Case(modules.disabled, (rules(("install", "sctp", "/sbin/insmod x")),), FAIL, ("sctp",), settings=SCTP),
    Case(modules.disabled, (rules(),), FAIL, ("rds", "sctp"), settings={"names": frozenset({"sctp", "rds"})}),
    Case(
        modules.disabled,
        (replace(rules(INSTALL), loaded=frozenset({"sctp"})),),
        FAIL,
        settings=SCTP,
        why="it is loaded",
    ),
    Case(
        modules.disabled,
        (replace(rules(INSTALL), built_in=frozenset({"sctp"})),),
        FAIL,
        settings=SCTP,
        why="it is part of the kernel",
    ),
    Case(
        modules.disabled,
        (replace(rules(INSTALL), unread=("/etc/modprobe.d/0.conf",)),),
        DONT_KNOW,
        settings=SCTP,
        why="an earlier file may load it",
    ),
    Case(
        modules.disabled,
        (replace(rules(), absent=frozenset({"sctp"})),),
        PASS,
        settings=SCTP,
        why="this kernel does not have it",
    ),
    Case(
        modules.disabled,
        (replace(rules(), absent=frozenset({"sctp"})),),
        FAIL,
        settings={**SCTP, **WRITTEN},
        why="the next kernel may have it",
    ),
    Case(
        modules.disabled,
        (replace(rules(), barred=frozenset({"sctp"})),),
        PASS,
        settings=SCTP,
        why="the kernel's command line bars it",
    ),
    Case(modules.disabled, (rules(INSTALL),), PASS, settings={**SCTP, **WRITTEN}),
    Case(modules.disabled, (UNKNOWN,), DONT_KNOW),
    Case(modules.disabled, (ABSENT,), NOT_HERE, why="the kernel has no modules"),
]
NAMES = ("cramfs", "freevxfs", "hfs", "hfsplus", "jffs2", "squashfs", "udf", "dccp", "tipc", "rds", "sctp")
ONES = {
    **{getattr(modules, name): name for name in NAMES[:7]},
    **{getattr(network, name): name for name in NAMES[7:]},
    devices.usb_storage: "usb-storage",
    devices.firewire: "firewire-core",
    devices.bluetooth: "bluetooth",
}
CASES += [
    case
    for check, name in ONES.items()
    for case in (
        Case(check, (rules(("install", one(name), "/bin/true")),), PASS),
        Case(check, (replace(rules(), absent=frozenset({one(name)})),), PASS, why="this kernel does not have it"),
        Case(
            check, (replace(rules(), absent=frozenset({one(name)})),), FAIL, settings=WRITTEN, why="it is not written"
        ),
        Case(check, (rules(("install", "other", "/bin/true")),), FAIL, (name,), why="another module is meant"),
        Case(check, (rules(("install", one(name), "/bin/true")),), FAIL, (name,), settings={"blacklisted": True}),
        Case(check, (replace(rules(), loaded=frozenset({one(name)})),), FAIL, (name,), why="it is loaded"),
        Case(check, (replace(rules(), built_in=frozenset({one(name)})),), FAIL, (name,), why="it is built in"),
        Case(check, (replace(rules(), unread=("/etc/modprobe.d/a.conf",)),), DONT_KNOW, why="a file is unread"),
        Case(check, (UNKNOWN,), DONT_KNOW),
        Case(check, (ABSENT,), NOT_HERE, why="the kernel has no modules"),
    )
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
