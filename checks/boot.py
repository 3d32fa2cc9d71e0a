"""What a company may demand of how a system starts: nobody changes it unseen, and nothing that protects is left out."""

from collections.abc import Callable, Iterator
from typing import Final, Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.boot import BootLoader, Grub, KernelWords
from auditor.facts.machine import Firmware

View = Literal["running", "running and after a reboot"]
Words = tuple[str, ...]
Bad = Callable[[Words], str]  # what is wrong with a command line, or nothing

_BOTH_VIEWS: Final[View] = "running and after a reboot"
_SHELLS: Final = frozenset({"sh", "ash", "bash", "dash", "ksh", "zsh", "busybox"})
_SINGLE: Final = frozenset({"single", "s", "S", "1", "emergency", "rescue", "-b"})
_UNITS: Final = ("rescue", "emergency", "runlevel1", "debug-shell")
_UNSHIELDED: Final = frozenset(
    {
        "nopti", "nospectre_v1", "nospectre_v2", "nospec_store_bypass_disable", "mitigations=off", "pti=off", "kpti=0",
        "kpti=off", "spectre_v2=off", "spectre_v2_user=off", "spectre_bhi=off", "spec_store_bypass_disable=off",
        "l1tf=off", "mds=off", "tsx_async_abort=off", "mmio_stale_data=off", "retbleed=off", "srbds=off",
        "gather_data_sampling=off", "reg_file_data_sampling=off", "spec_rstack_overflow=off",
        "indirect_target_selection=off",
    }
)  # fmt: skip
_UNCONFINED: Final = frozenset({"selinux=0", "enforcing=0", "apparmor=0", "security=none"})


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-boot")


def _words_fix(what: str) -> Fix:
    return _fix(f"{what} GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub or grub2-mkconfig, and restart.")


@check(
    "boot.password",
    severity=Severity.MEDIUM,
    fix=_fix(
        "Set superusers and password_pbkdf2 in /etc/grub.d/40_custom (RHEL: grub2-setpassword), then update-grub."
    ),
    references=("cis-debian12:1.4.1", "nist-800-53r5:AC-3"),
)
def password(loader: BootLoader) -> Iterator[Outcome]:
    """Nobody changes how the system starts without a password

    Whoever stands at the machine, or at its virtual console, otherwise adds one word and is root. Of systemd-boot,
    which has no password, the editor has to be off.
    """
    for grub in loader.grubs:
        yield from _protected(grub)
    for path in loader.editable:
        yield Violation(path, found="everybody may edit entries", wanted="editor no")
    for path in loader.unread:
        yield Undecided(path, "this account may not read it")
    if not loader.grubs and not loader.systemd_boot:
        for path in loader.others:
            yield Undecided(path, "the settings of this boot loader are not read")


def _protected(grub: Grub) -> Iterator[Violation]:
    if not grub.superusers:
        yield Violation(grub.path, found="no superusers", wanted="superusers with a password")
    for name in grub.superusers:
        kind = grub.passwords.get(name)
        if kind != "hashed":
            found = f"the password of {name} is {kind}" if kind else f"{name} has no password"
            yield Violation(f"{grub.path}: {name}", found=found, wanted="a hash by PBKDF2")


@check(
    "boot.secure",
    severity=Severity.MEDIUM,
    fix=_fix("Switch Secure Boot on in the firmware's settings, and mokutil --enable-validation if shim's is off."),
    references=("nist-800-53r5:SI-7(6)",),
)
def secure(firmware: Firmware) -> Iterator[Outcome]:
    """The firmware starts only what its keys have signed

    Without it, whoever writes to the disk once keeps the machine for ever, below the operating system.
    """
    if not firmware.uefi:
        yield NotApplicable("the machine was started by a BIOS or a hypervisor, not by UEFI")
        return
    state = firmware.variables.get("SecureBoot")
    if state is None:
        yield Undecided("Secure Boot", "the firmware's variables are not shown")
    elif state != 1 or firmware.variables.get("SetupMode") == 1:
        yield Violation("Secure Boot", found="off", wanted="on")
    if firmware.variables.get("MokSBStateRT") == 1:
        yield Violation("shim", found="checks nothing", wanted="checks what it starts")


@check(
    "boot.locked-down",
    severity=Severity.LOW,
    fix=_words_fix("Add lockdown=integrity to"),
    references=("nist-800-53r5:SI-7",),
)
def locked_down(
    firmware: Firmware, *, at_least: Literal["integrity", "confidentiality"] = "integrity"
) -> Iterator[Outcome]:
    """Not even root changes the running kernel

    In lockdown the kernel takes neither unsigned modules nor writes to its memory, so that a taken host is clean after
    a restart.
    """
    levels = ("none", "integrity", "confidentiality")
    if firmware.lockdown is None:
        yield Undecided("lockdown", "the kernel does not show it; it may be built without it")
    elif levels.index(firmware.lockdown) < levels.index(at_least):
        yield Violation("lockdown", found=firmware.lockdown, wanted=at_least)


@check(
    "boot.mitigations-kept",
    severity=Severity.MEDIUM,
    fix=_words_fix("Take the word out of"),
    references=("nist-800-53r5:SI-2",),
)
def mitigations_kept(
    words: KernelWords, *, allowed: frozenset[str] = frozenset(), view: View = _BOTH_VIEWS
) -> Iterator[Outcome]:
    """The kernel is not told to leave the processor's flaws open

    It is a habit on machines that once were slow, and is forgotten there. `allowed` are words such as l1tf=off.
    """
    yield from _judge(words, lambda line: _among(line, _UNSHIELDED - allowed), "no such word", view)


@check(
    "boot.confinement-kept",
    severity=Severity.HIGH,
    fix=_words_fix("Take the word out of"),
    references=("cis-debian12:1.3.1.2", "nist-800-53r5:AC-3(3)"),
)
def confinement_kept(
    words: KernelWords, *, allowed: frozenset[str] = frozenset(), view: View = _BOTH_VIEWS
) -> Iterator[Outcome]:
    """The kernel is not told to leave out AppArmor or SELinux

    Such a word stays from a day of searching for a fault, and switches every rule off. `allowed` are words that do no
    harm, such as selinux=0 where AppArmor confines programs.
    """
    yield from _judge(words, lambda line: _unconfined(line, allowed), "no such word", view)


@check(
    "boot.audited",
    severity=Severity.LOW,
    fix=_words_fix("Add audit=1 to"),
    references=("cis-debian12:6.2.1.3", "nist-800-53r5:AU-12"),
)
def audited(words: KernelWords, *, view: View = _BOTH_VIEWS) -> Iterator[Outcome]:
    """Programs that start before the audit daemon are audited too

    Without the word audit=1 the kernel records nothing of them, ever.
    """
    yield from _judge(words, lambda line: "" if _last(line, "audit") in {"1", "on"} else "no audit=1", "audit=1", view)


@check(
    "boot.audit-backlog",
    severity=Severity.LOW,
    fix=_words_fix("Add audit_backlog_limit=8192 to"),
    references=("cis-debian12:6.2.1.4", "nist-800-53r5:AU-12"),
)
def audit_backlog(words: KernelWords, *, at_least: int = 8192, view: View = _BOTH_VIEWS) -> Iterator[Outcome]:
    """Audit records that wait for the daemon during start-up are not lost

    The kernel keeps 64 of them by itself, and drops the rest.
    """

    def bad(line: Words) -> str:
        limit = _last(line, "audit_backlog_limit")
        enough = (
            limit is not None and limit.isascii() and limit.isdigit() and len(limit) < 10 and int(limit) >= at_least
        )
        return "" if enough else f"audit_backlog_limit={limit or 'not set'}"

    yield from _judge(words, bad, f"{at_least} or more", view)


@check(
    "boot.no-shell",
    severity=Severity.HIGH,
    fix=_words_fix("Take the word out of"),
    references=("nist-800-53r5:AC-3",),
)
def no_shell(words: KernelWords, *, view: View = _BOTH_VIEWS) -> Iterator[Outcome]:
    """The system does not start into a shell

    Words such as init=/bin/sh or systemd.debug-shell give whoever stands at the machine a root shell without a
    password. Entries of the menu that ask for one, as rescue modes do, do not count.
    """
    if found := _maintenance(words.running):
        yield Violation("mode", found=found, wanted="the usual start")
    yield from _judge(words, _shell, "no such word", view)


def _judge(words: KernelWords, bad: Bad, wanted: str, view: View) -> Iterator[Outcome]:
    """Yield what is wrong with the command line now, and in entries that may be started next."""
    if found := bad(words.running):
        yield Violation("command line", found=found, wanted=wanted)
    if view == _BOTH_VIEWS:
        yield from _later(words, bad, wanted)


def _later(words: KernelWords, bad: Bad, wanted: str) -> Iterator[Outcome]:
    if words.unread:
        yield Undecided("command line after a reboot", f"{words.unread[0]} may not be read by this account")
    elif not words.entries:
        yield Undecided("command line after a reboot", "no entry of a boot loader was found")
    wrong: dict[str, str] = {}
    for path, line in words.entries:
        if line is None:
            yield Undecided(path, "its words stand in a variable that was not found")
        elif found := bad(line):
            wrong.setdefault(path, found)
    for path, found in wrong.items():
        yield Violation(path, found=found, wanted=wanted)


def _among(line: Words, bad: frozenset[str]) -> str:
    """Return the words of a command line that are bad; of several assignments to a name the last counts."""
    last = {word.partition("=")[0]: word for word in line}
    return " ".join(word for word in last.values() if word in bad)


def _last(line: Words, name: str) -> str | None:
    given = [word.partition("=")[2] for word in line if word.startswith(f"{name}=")]
    return given[-1] if given else None


def _unconfined(line: Words, allowed: frozenset[str]) -> str:
    modules = _last(line, "lsm")
    if modules is not None and not {"apparmor", "selinux"} & set(modules.split(",")):
        return f"lsm={modules}"
    return _among(line, _UNCONFINED - allowed)


def _shell(line: Words) -> str:
    for word in line:
        name, _, value = word.partition("=")
        if name in {"init", "rdinit"} and value.rpartition("/")[2] in _SHELLS:
            return word
        if name == "rd.break" or (name in {"systemd.debug-shell", "systemd.debug_shell"} and value not in {"0", "no"}):
            return word
        if name == "systemd.setenv" and value == "SYSTEMD_SULOGIN_FORCE=1":
            return word
    return ""


def _maintenance(line: Words) -> str:
    """Return the word that started a system without its services, for maintenance."""
    return next(
        (word for word in line if word in _SINGLE or word.startswith(tuple(f"systemd.unit={unit}" for unit in _UNITS))),
        "",
    )
