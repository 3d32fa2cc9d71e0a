"""What a company may demand of a machine's keyboard: without a log-in it does nothing."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.console import Console
from auditor.facts.services import EnabledUnits


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-boot")


def _unread(console: Console, subject: str) -> Iterator[Outcome]:
    if console.unread:
        yield Undecided(subject, f"{console.unread[0]} could not be read")


@check(
    "console.keys-off",
    severity=Severity.LOW,
    fix=_fix("Run systemctl mask ctrl-alt-del.target (without systemd: take ctrlaltdel out of /etc/inittab)."),
    references=("nist-800-53r5:CM-6", "nist-800-53r5:AC-3"),
)
def keys_off(console: Console, *, burst_too: bool = True) -> Iterator[Outcome]:
    """Ctrl-Alt-Del does not restart the machine

    Somebody who takes the console for another system's would stop the service by a habit. With `burst_too` pressing it
    seven times, which systemd heeds separately, has to do nothing either.
    """
    if console.keys:
        yield Violation("Ctrl-Alt-Del", found=console.keys, wanted="nothing")
    if burst_too and console.burst not in {"", "none"}:
        yield Violation("Ctrl-Alt-Del seven times", found=console.burst, wanted="CtrlAltDelBurstAction=none")
    yield from _unread(console, "Ctrl-Alt-Del")


@check(
    "console.maintenance-password",
    severity=Severity.MEDIUM,
    fix=_fix("Remove what replaces rescue.service or emergency.service in /etc/systemd/system, then daemon-reload."),
    references=("nist-800-53r5:AC-3", "nist-800-53r5:IA-2"),
)
def maintenance_password(console: Console) -> Iterator[Outcome]:
    """Maintenance modes ask for root's password

    A machine that does not find a disk starts into such a mode, and so does one word at the boot menu.
    """
    if not console.shells:
        yield NotApplicable("systemd has no maintenance modes here")
    for name, commands in console.shells.items():
        if not commands or not all("sulogin" in command for command in commands):
            yield Violation(name, found=", ".join(commands) or "nothing is run", wanted="sulogin")
    for name in console.forced:
        yield Violation(f"{name}: SYSTEMD_SULOGIN_FORCE", found="1", wanted="not set")
    yield from _unread(console, "maintenance modes")


@check(
    "console.no-debug-shell",
    severity=Severity.HIGH,
    fix=_fix("Run systemctl disable --now debug-shell.service, or systemctl mask it."),
    references=("nist-800-53r5:AC-3",),
)
def no_debug_shell(units: EnabledUnits) -> Iterator[Outcome]:
    """No root shell waits on a virtual console

    The service debug-shell puts one on the ninth, for developers of systemd, and asks nobody for anything.
    """
    if "debug-shell" in units.names:
        yield Violation("debug-shell", found=f"enabled in {units.manager}", wanted="disabled")
