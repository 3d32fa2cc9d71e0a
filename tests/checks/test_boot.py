"""Verdicts on how a system starts: a guarded one, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.boot import BootLoader, Grub, KernelWords
from auditor.facts.machine import Firmware
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

content = checks("boot")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
CFG, CONF = "/boot/grub/grub.cfg", "/boot/loader/loader.conf"
GUARDED = Grub(CFG, ("root",), {"root": "hashed"})
LOADER = BootLoader((GUARDED,))
SECURE = Firmware(uefi=True, variables={"SecureBoot": 1, "SetupMode": 0}, lockdown="integrity")
GOOD = ("audit=1", "audit_backlog_limit=8192", "apparmor=1", "mitigations=auto")
RUNNING = {"view": "running"}


def grub(**changed: object) -> BootLoader:
    return BootLoader((replace(GUARDED, **changed),))


def line(*words: str, later: tuple[str, ...] | None = GOOD) -> KernelWords:
    """Return a kernel started with the good words and these, and one entry for the next start."""
    return KernelWords((*GOOD, *words), ((CFG, later),))


def later(*words: str) -> KernelWords:
    return line(later=(*GOOD, *words))


NO_ENTRY, UNREAD = KernelWords(GOOD), KernelWords(GOOD, (), (CFG,))
VARIABLE = line(later=None)
OF_WORDS = [
    (content.mitigations_kept, "mitigations=off"),
    (content.mitigations_kept, "nospectre_v2"),
    (content.confinement_kept, "apparmor=0"),
    (content.confinement_kept, "lsm=lockdown,yama"),
    (content.audited, "audit=0"),
    (content.audit_backlog, "audit_backlog_limit=64"),
    (content.audit_backlog, "audit_backlog_limit=many"),
    (content.no_shell, "init=/bin/bash"),
    (content.no_shell, "rd.break"),
    (content.no_shell, "systemd.debug-shell"),
    (content.no_shell, "systemd.setenv=SYSTEMD_SULOGIN_FORCE=1"),
]
WORDS = [
    case
    for check, word in OF_WORDS
    for case in (
        Case(check, (line(),), PASS),
        Case(check, (line(word),), FAIL, ("command line",), why=f"{word} was given"),
        Case(check, (later(word),), FAIL, (CFG,), why=f"{word} will be given"),
        Case(check, (later(word),), PASS, settings=RUNNING, why="only what runs is demanded"),
        Case(check, (NO_ENTRY,), DONT_KNOW, why="no entry was found"),
        Case(check, (UNREAD,), DONT_KNOW, why="the entries cannot be read"),
        Case(check, (VARIABLE,), DONT_KNOW, why="a variable is not known"),
        Case(check, (UNKNOWN,), DONT_KNOW),
    )
]
CASES: list[Case] = [
    *WORDS,
    Case(content.mitigations_kept, (line("mitigations=off", "mitigations=auto"),), PASS, why="the last word counts"),
    Case(content.mitigations_kept, (line("l1tf=off"),), PASS, settings={"allowed": frozenset({"l1tf=off"})}),
    Case(content.confinement_kept, (line("selinux=0"),), PASS, settings={"allowed": frozenset({"selinux=0"})}),
    Case(content.confinement_kept, (line("lsm=landlock,apparmor"),), PASS, why="one of both is left"),
    Case(content.audited, (KernelWords(("audit=on",), ((CFG, ("audit=on",)),)),), PASS, why="on is 1"),
    Case(content.audited, (KernelWords((), ((CFG, ()),)),), FAIL, ("command line", CFG), why="nothing is said"),
    Case(content.audit_backlog, (line("audit_backlog_limit=16384"),), PASS, why="more than demanded"),
    Case(content.audit_backlog, (line(),), FAIL, settings={"at_least": 16384}),
    Case(content.no_shell, (line("single"),), FAIL, ("mode",), why="it runs in maintenance"),
    Case(content.no_shell, (line("systemd.unit=rescue.target"),), FAIL, ("mode",)),
    Case(content.no_shell, (later("single"),), PASS, why="an entry for rescue asks for a password"),
    Case(content.no_shell, (line("init=/usr/lib/systemd/systemd"),), PASS, why="that is no shell"),
    Case(content.no_shell, (line("systemd.debug_shell=0"),), PASS, why="it is off"),
    Case(content.password, (LOADER,), PASS),
    Case(content.password, (grub(superusers=()),), FAIL, (CFG,), why="everybody may edit"),
    Case(content.password, (grub(passwords={}),), FAIL, (f"{CFG}: root",), why="there is no password"),
    Case(content.password, (grub(passwords={"root": "in clear"}),), FAIL, why="it stands there in clear"),
    Case(content.password, (grub(passwords={"root": "not usable"}),), FAIL, why="user.cfg is missing"),
    Case(content.password, (grub(superusers=("root", "admin")),), FAIL, (f"{CFG}: admin",), why="one has none"),
    Case(content.password, (BootLoader((GUARDED, Grub("/boot/efi/EFI/a/grub.cfg"))),), FAIL, why="one of two is open"),
    Case(content.password, (BootLoader(systemd_boot=(CONF,)),), PASS, why="systemd-boot's editor is off"),
    Case(content.password, (BootLoader(systemd_boot=(CONF,), editable=(CONF,)),), FAIL, (CONF,)),
    Case(content.password, (BootLoader(others=("/boot/extlinux.conf",)),), DONT_KNOW, why="it is not read"),
    Case(content.password, (BootLoader(unread=("/boot/grub2",)),), DONT_KNOW, why="it may not be read"),
    Case(content.password, (UNKNOWN,), DONT_KNOW),
    Case(content.password, (ABSENT,), NOT_HERE, why="nothing boots a container"),
    Case(content.secure, (SECURE,), PASS),
    Case(content.secure, (replace(SECURE, variables={"SecureBoot": 0}),), FAIL, ("Secure Boot",)),
    Case(content.secure, (replace(SECURE, variables={"SecureBoot": 1, "SetupMode": 1}),), FAIL, why="keys can be set"),
    Case(content.secure, (replace(SECURE, variables={"SecureBoot": 1, "MokSBStateRT": 1}),), FAIL, ("shim",)),
    Case(content.secure, (replace(SECURE, variables={}),), DONT_KNOW, why="the variables are not shown"),
    Case(content.secure, (Firmware(uefi=False, variables={}),), NOT_HERE, why="it is a BIOS"),
    Case(content.secure, (UNKNOWN,), DONT_KNOW),
    Case(content.locked_down, (SECURE,), PASS),
    Case(content.locked_down, (replace(SECURE, lockdown="confidentiality"),), PASS, why="stricter than demanded"),
    Case(content.locked_down, (replace(SECURE, lockdown="none"),), FAIL, ("lockdown",)),
    Case(content.locked_down, (SECURE,), FAIL, settings={"at_least": "confidentiality"}),
    Case(content.locked_down, (replace(SECURE, lockdown=None),), DONT_KNOW),
    Case(content.locked_down, (UNKNOWN,), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
