"""What an SSH session may do and how much of the server it may take (sshd_config(5))."""

from collections.abc import Callable, Iterator
from typing import Literal

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import SshSettings
from auditor.facts.ssh_views import NOT_SHOWN, Pick, T, View, judge_conditions, judge_off, judge_setting
from auditor.model.check import Value


def _fix(text: str) -> Fix:
    return Fix(f"{text} in sshd_config, test with sshd -t, then reload sshd.", solution="harden-ssh")


@check(
    "ssh.max-tries",
    severity=Severity.MEDIUM,
    fix=_fix("Set MaxAuthTries to 4 or less"),
    references=("cis-debian12:5.1.16",),
)
def max_tries(ssh: SshServer, *, at_most: int = 4, view: View = "effective") -> Iterator[Outcome]:
    """A connection allows only a few attempts to log in

    The more attempts a connection allows, the faster passwords can be guessed and the later it is noticed.
    """
    yield from judge_setting(
        ssh, "MaxAuthTries", lambda s: s.max_tries, lambda n: n <= at_most, wanted=f"at most {at_most}", view=view
    )


@check(
    "ssh.login-grace",
    severity=Severity.LOW,
    fix=_fix("Set LoginGraceTime to 60 or less, not to 0"),
    references=("cis-debian12:5.1.13",),
)
def login_grace(ssh: SshServer, *, at_most: int = 60, view: View = "effective") -> Iterator[Outcome]:
    """Connections that do not log in are closed soon

    Unauthenticated connections take up the few places there are, so that others cannot log in. 0 means no limit.
    """

    def good(seconds: int) -> bool:
        return 0 < seconds <= at_most

    yield from judge_setting(
        ssh, "LoginGraceTime", lambda s: s.login_grace, good, wanted=f"1 to {at_most} seconds", view=view
    )


@check(
    "ssh.idle",
    severity=Severity.LOW,
    fix=_fix("Set ClientAliveInterval to 15 and ClientAliveCountMax to 3"),
    references=("cis-debian12:5.1.7",),
)
def idle(ssh: SshServer, *, at_most: int = 900) -> Iterator[Outcome]:
    """Sessions whose client no longer answers are closed

    A session left behind by a lost laptop or a dropped line stays open for whoever finds it.
    """
    wanted = f"ClientAliveInterval times ClientAliveCountMax from 1 to {at_most} seconds"
    usual = (ssh.settings.alive_interval, ssh.settings.alive_count)
    if None in usual:
        yield Undecided("ClientAliveInterval", NOT_SHOWN)
        return
    for where, own in [("", usual), *((f" ({m.criteria})", _alive(m.settings, ssh.settings)) for m in ssh.matches)]:
        interval, count = own[0] or 0, own[1] or 0
        if own == usual and where:
            continue
        if interval and not count and ssh.version is None:
            yield Undecided(f"ClientAliveCountMax{where}", "0 means at once before OpenSSH 8.2 and never since")
        elif not 0 < _silence(interval, count, ssh.version) <= at_most:
            yield Violation(f"ClientAliveInterval{where}", found=f"{interval} times {count}", wanted=wanted)


def _alive(own: SshSettings, usual: SshSettings) -> tuple[int | None, int | None]:
    return (
        usual.alive_interval if own.alive_interval is None else own.alive_interval,
        usual.alive_count if own.alive_count is None else own.alive_count,
    )


def _silence(interval: int, count: int, version: tuple[int, int] | None) -> int:
    """Return after how many seconds a silent client is dropped, 0 for never: since 8.2 a count of 0 means never."""
    return interval if count == 0 and version is not None and version < (8, 2) else interval * count


@check(
    "ssh.x11-forwarding",
    severity=Severity.LOW,
    fix=_fix("Set X11Forwarding to no"),
    references=("cis-debian12:5.1.8",),
)
def x11_forwarding(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Graphical programs are not forwarded over SSH

    A forwarded display lets a compromised server read the keyboard and screen of whoever logs in. DisableForwarding is
    not enough: before OpenSSH 10.0 it left X11 forwarding on (CVE-2025-32728), unless the distribution mended that.
    """
    if not ssh.settings.disable_forwarding:
        yield from judge_off(ssh, "X11Forwarding", lambda s: s.x11_forwarding, view)
    elif ssh.settings.x11_forwarding is not False and (ssh.version or (0, 0)) < (10, 0):
        yield Undecided("X11Forwarding", "DisableForwarding is on, but does not turn this off before OpenSSH 10.0")
    else:
        yield from _again(ssh, "X11Forwarding", lambda s: s.x11_forwarding, lambda on: not on, wanted=False)


@check(
    "ssh.tcp-forwarding",
    severity=Severity.MEDIUM,
    fix=_fix("Set AllowTcpForwarding to no, or DisableForwarding to yes"),
    references=("cis-debian12:5.1.8",),
)
def tcp_forwarding(
    ssh: SshServer,
    *,
    allowed: frozenset[Literal["yes", "no", "local", "remote"]] = frozenset({"no"}),
    view: View = "effective",
) -> Iterator[Outcome]:
    """Connections are not tunnelled over SSH

    A tunnel carries traffic past the firewall. People who can log in to a shell can build their own, so this matters
    most on gateways and for accounts that may only copy files.
    """
    if ssh.settings.disable_forwarding:
        yield from _again(
            ssh, "AllowTcpForwarding", lambda s: s.tcp_forwarding, lambda value: value in allowed, frozenset(allowed)
        )
        return
    yield from judge_setting(
        ssh,
        "AllowTcpForwarding",
        lambda s: s.tcp_forwarding,
        lambda value: value in allowed,
        wanted=frozenset(allowed),
        view=view,
    )


def _again(ssh: SshServer, keyword: str, pick: Pick[T], good: Callable[[T], bool], wanted: Value) -> Iterator[Outcome]:
    """Yield the Match blocks that lift DisableForwarding where a way of forwarding is then on, by whichever line."""
    usual = pick(ssh.settings)
    others = (value for match in ssh.matches if (value := pick(match.settings)) is not None)
    loosest = next((value for value in others if not good(value)), usual) if usual is None or good(usual) else usual

    def lifted(settings: SshSettings) -> T | None:
        own = pick(settings)
        return None if settings.disable_forwarding is not False else loosest if own is None else own

    if loosest is None and any(match.settings.disable_forwarding is False for match in ssh.matches):
        yield Undecided(keyword, NOT_SHOWN)
    yield from judge_conditions(ssh, keyword, lifted, good, wanted)


@check(
    "ssh.banner",
    severity=Severity.LOW,
    fix=_fix("Set Banner to the file that holds your notice, such as /etc/issue.net"),
    references=("cis-debian12:5.1.5",),
)
def banner(ssh: SshServer, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """A notice is shown before login

    It tells that use is monitored and reserved, which prosecution may need. An empty `allowed` accepts any file.
    """

    def good(path: str) -> bool:
        return path.lower() != "none" and (not allowed or path in allowed)

    yield from judge_setting(ssh, "Banner", lambda s: s.banner, good, wanted=frozenset(allowed) or "a file")


@check(
    "ssh.log-level",
    severity=Severity.LOW,
    fix=_fix("Set LogLevel to VERBOSE or INFO"),
    references=("cis-debian12:5.1.14",),
)
def log_level(
    ssh: SshServer, *, allowed: frozenset[str] = frozenset({"INFO", "VERBOSE"}), view: View = "effective"
) -> Iterator[Outcome]:
    """Logins are logged, and what users type is not

    Below INFO, logins leave no trace; from DEBUG on, the log breaks the users' privacy.
    """
    levels = frozenset(level.upper() for level in allowed)
    yield from judge_setting(
        ssh, "LogLevel", lambda s: s.log_level, lambda level: level in levels, wanted=levels, view=view
    )


@check(
    "ssh.max-sessions",
    severity=Severity.LOW,
    fix=_fix("Set MaxSessions to 10 or less"),
    references=("cis-debian12:5.1.17",),
)
def max_sessions(ssh: SshServer, *, at_most: int = 10, view: View = "effective") -> Iterator[Outcome]:
    """A connection carries only a few sessions

    Sessions that share a connection do not log in again, so a stolen connection is worth as many as it may carry.
    """
    yield from judge_setting(
        ssh, "MaxSessions", lambda s: s.max_sessions, lambda n: n <= at_most, wanted=f"at most {at_most}", view=view
    )


@check(
    "ssh.max-startups",
    severity=Severity.LOW,
    fix=_fix("Set MaxStartups to 10:30:60"),
    references=("cis-debian12:5.1.18",),
)
def max_startups(
    ssh: SshServer, *, start: int = 10, rate: int = 30, full: int = 60, view: View = "effective"
) -> Iterator[Outcome]:
    """Connections that have not logged in yet are limited

    Without a limit, a flood of half-open connections keeps everybody else out.
    """

    def good(found: tuple[int, int, int]) -> bool:
        return found[0] <= start and found[1] >= rate and found[2] <= full

    yield from judge_setting(
        ssh, "MaxStartups", lambda s: s.max_startups, good, wanted=f"{start}:{rate}:{full} or stricter", view=view
    )
