"""What a company may demand of sudo's settings: what it asks for, what it writes down, and what it lets through."""

import re
from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.sudo import Sudo

View = Literal["effective", "effective and written"]

_TAKE_OVER: Final = re.compile(
    r"LD_.*|_RLD.*|SHLIB_PATH|IFS|ENV|BASH_ENV|PERL5LIB|PERL5OPT|PYTHONPATH|PYTHONHOME|RUBYLIB|RUBYOPT|NODE_OPTIONS|\*"
)
_PTY_SINCE: Final = (1, 9, 14)


def _fix(text: str) -> Fix:
    return Fix(text, solution="restrict-sudo")


def _switch(sudo: Sudo, name: str, wanted: Literal["on", "off"], default: str | None = None) -> Iterator[Outcome]:
    """Judge a setting for everybody, and for those who have one of their own."""
    value = sudo.value(name) or default
    if sudo.doubts:
        yield Undecided(name, sudo.doubts[0])
    elif value != wanted:
        yield Violation(name, found=value or "not set", wanted=wanted)
    for scope, own in sudo.scoped(name).items():
        if own != wanted:
            yield Violation(f"{name} {scope}", found=own, wanted=wanted)


@check(
    "sudo.readable-rules",
    severity=Severity.MEDIUM,
    fix=_fix("Run visudo -c, and mend the line or file that it names."),
    references=("nist-800-53r5:AC-6",),
)
def readable_rules(sudo: Sudo) -> Iterator[Outcome]:
    """Sudo can read all of its rules

    What it cannot read it passes over, or refuses to work at all: rules that restrict are lost as easily as others.
    """
    if sudo.complaints is None:
        yield Undecided("visudo", "visudo is not on this host")
    elif sudo.complaints:
        yield Violation("visudo -c", found=sudo.complaints, wanted="no complaint")


@check(
    "sudo.use-pty",
    severity=Severity.MEDIUM,
    fix=_fix("Write Defaults use_pty into /etc/sudoers, by visudo."),
    references=("cis-debian12:5.2.2",),
)
def use_pty(sudo: Sudo, *, view: View = "effective") -> Iterator[Outcome]:
    """Programs that sudo starts get a terminal of their own

    Otherwise a program can stay behind and type into the administrator's terminal later. On by itself since sudo 1.9.14
    and in sudo-rs.
    """
    written = sudo.value("use_pty") is not None
    if not written and view == "effective" and sudo.kind == "sudo" and sudo.version is None and not sudo.doubts:
        yield Undecided("use_pty", "it is not set, and the release of sudo is not known")
        return
    new = sudo.kind == "sudo-rs" or (sudo.version or (0,)) >= _PTY_SINCE
    yield from _switch(sudo, "use_pty", "on", "on" if new and view == "effective" else None)


@check(
    "sudo.log-file",
    severity=Severity.LOW,
    fix=_fix('Write Defaults logfile="/var/log/sudo.log" into /etc/sudoers, by visudo.'),
    references=("cis-debian12:5.2.3", "nist-800-53r5:AU-12"),
)
def log_file(sudo: Sudo, *, path: str = "") -> Iterator[Outcome]:
    """Sudo writes what it ran into a file of its own

    In the system's log its lines are hard to find. An empty `path` accepts any file.
    """
    wanted = path or "a file"
    found = sudo.value("logfile")
    if sudo.doubts:
        yield Undecided("logfile", sudo.doubts[0])
    elif found in {None, "off", "on", ""} or (path and found != path):
        yield Violation("logfile", found=found or "not set", wanted=wanted)
    elif sudo.kind == "sudo-rs":
        yield Violation("logfile", found="sudo-rs writes to the system's log only", wanted=wanted)
    for scope, own in sudo.scoped("logfile").items():
        if own == "off" or (path and own != path):
            yield Violation(f"logfile {scope}", found=own, wanted=wanted)


@check(
    "sudo.authenticate",
    severity=Severity.HIGH,
    fix=_fix("Remove !authenticate and exempt_group from the Defaults in sudoers, by visudo."),
    references=("cis-debian12:5.2.5", "nist-800-53r5:IA-11"),
)
def authenticate(sudo: Sudo) -> Iterator[Outcome]:
    """Sudo asks for a password, whoever runs what

    Without it, whoever finds an open session or breaks into one program is an administrator. `NOPASSWD` in single rules
    is what sudo.password-asked judges.
    """
    yield from _switch(sudo, "authenticate", "on", "on")
    group = sudo.value("exempt_group")
    if group not in {None, "off"}:
        yield Violation("exempt_group", found=group, wanted="not set")


@check(
    "sudo.timeout",
    severity=Severity.LOW,
    fix=_fix("Write Defaults timestamp_timeout=15 into /etc/sudoers, by visudo."),
    references=("cis-debian12:5.2.6", "nist-800-53r5:IA-11"),
)
def timeout(sudo: Sudo, *, minutes: int = 15, view: View = "effective") -> Iterator[Outcome]:
    """Sudo asks again after some minutes

    A negative number means never. Where nothing is set, it is 5 to 15 minutes as sudo was built.
    """
    wanted = f"0 to {minutes} minutes"
    written = sudo.value("timestamp_timeout")
    if sudo.doubts:
        yield Undecided("timestamp_timeout", sudo.doubts[0])
    elif written is None and (view != "effective" or minutes < 5):
        yield Violation("timestamp_timeout", found="not set", wanted=wanted)
    elif written is None and minutes < 15:
        yield Undecided("timestamp_timeout", "it is not set, and what sudo was built with is not known")
    elif written is not None and not _within(written, minutes):
        yield Violation("timestamp_timeout", found=written, wanted=wanted)
    for scope, own in sudo.scoped("timestamp_timeout").items():
        if not _within(own, minutes):
            yield Violation(f"timestamp_timeout {scope}", found=own, wanted=wanted)


def _within(value: str, minutes: int) -> bool:
    """Whether a number of minutes, which may have a fraction, is neither negative nor too large; off is 0."""
    return value == "off" or bool(re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) and float(value) <= minutes)


@check(
    "sudo.ticket-per-terminal",
    severity=Severity.LOW,
    fix=_fix("Remove timestamp_type=global and !tty_tickets from the Defaults in sudoers, by visudo."),
)
def ticket_per_terminal(sudo: Sudo) -> Iterator[Outcome]:
    """A password given to sudo in one terminal opens no other

    With a ticket for all of them, any program of the same user waits for the password to be given elsewhere.
    """
    if sudo.doubts:
        yield Undecided("timestamp_type", sudo.doubts[0])
    elif (found := sudo.value("timestamp_type")) == "global":
        yield Violation("timestamp_type", found=found, wanted="tty")
    elif sudo.value("tty_tickets") == "off":
        yield Violation("tty_tickets", found="off", wanted="on")
    for scope, own in [*sudo.scoped("timestamp_type").items(), *sudo.scoped("tty_tickets").items()]:
        if own in {"global", "off"}:
            yield Violation(f"timestamp_type {scope}", found=own, wanted="tty")


@check(
    "sudo.own-password",
    severity=Severity.MEDIUM,
    fix=_fix("Remove targetpw, rootpw and runaspw from the Defaults in sudoers, and name administrators in rules."),
)
def own_password(sudo: Sudo) -> Iterator[Outcome]:
    """Sudo asks for the password of whoever runs it

    Asking for root's makes everybody share root's, and with ALL ALL=(ALL) ALL it lets everybody try.
    """
    for name in ("targetpw", "rootpw", "runaspw"):
        yield from _switch(sudo, name, "off", "off")


@check(
    "sudo.environment",
    severity=Severity.MEDIUM,
    fix=_fix("Write Defaults env_reset into /etc/sudoers, and keep no variable that loads code."),
)
def environment(sudo: Sudo) -> Iterator[Outcome]:
    """Programs that sudo starts do not take over the user's environment

    Variables such as LD_PRELOAD or PYTHONPATH make a permitted program run the user's code as root.
    """
    yield from _switch(sudo, "env_reset", "on", "on")
    yield from _switch(sudo, "setenv", "off", "off")
    lists = [one for one in sudo.defaults if one.name in {"env_keep", "env_check"} and not one.value.startswith("-")]
    names = [name.partition("=")[0] for one in lists for name in one.value.removeprefix("+").split()]
    if kept := frozenset(name for name in names if _TAKE_OVER.fullmatch(name)):
        yield Violation("env_keep", found=kept, wanted="none that loads code")


@check(
    "sudo.secure-path",
    severity=Severity.MEDIUM,
    fix=_fix('Write Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" into sudoers.'),
)
def secure_path(sudo: Sudo) -> Iterator[Outcome]:
    """Sudo looks for programs in folders that only root can change

    With the user's own path, a program that a script calls by its name may be somebody else's.
    """
    path = sudo.value("secure_path")
    if sudo.doubts:
        yield Undecided("secure_path", sudo.doubts[0])
    elif path in {None, "off"}:
        yield Violation("secure_path", found=path or "not set", wanted="a list of folders")
    else:
        for folder in (path or "").split(":"):
            if not folder.startswith("/"):
                yield Violation(f"secure_path {folder}", found=folder or "empty: the folder one is in", wanted="a path")
            elif (shown := sudo.programs.get(folder)) and shown.open:
                yield Violation(f"secure_path {folder}", found=str(shown), wanted="only root may write")
    for scope, own in sudo.scoped("secure_path").items():
        if own == "off":
            yield Violation(f"secure_path {scope}", found=own, wanted="a list of folders")


@check(
    "sudo.password-hidden",
    severity=Severity.LOW,
    fix=_fix("Remove visiblepw and pwfeedback from the Defaults in sudoers, by visudo."),
)
def password_hidden(sudo: Sudo) -> Iterator[Outcome]:
    """Sudo shows nothing of a password while it is typed

    Without a terminal that hides it, visiblepw lets it be typed in sight.
    """
    yield from _switch(sudo, "visiblepw", "off", "off")
