"""What a company may demand of the notices that are shown before and after a login."""

from collections.abc import Iterator

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.banners import Banners, tells_system
from auditor.facts.ssh import SshServer


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-sessions")


def _judged(banners: Banners, subject: str, shown: str, wanted: str, *, needed: bool) -> Iterator[Outcome]:
    """Judge a notice: it is there, says what the policy says, and nothing about the system."""
    if not shown.strip():
        if needed or wanted:
            yield Violation(subject, found="nothing is shown", wanted=wanted or "a notice")
        return
    if wanted and " ".join(wanted.split()) not in " ".join(shown.split()):
        yield Violation(subject, found="another notice", wanted=wanted)
    elif told := tells_system(shown, banners.names):
        yield Violation(subject, found=told, wanted="nothing about the system")


@check(
    "banners.console",
    severity=Severity.LOW,
    fix=_fix("Write the company's notice into /etc/issue, without \\m, \\r, \\s, \\v and the system's name."),
    references=("cis-debian12:1.6.2", "nist-800-53r5:AC-8"),
)
def console(banners: Banners, *, text: str = "", needed: bool = True) -> Iterator[Outcome]:
    """A notice is shown before a login at the console, and says nothing about the system

    It tells those who should not be there that they are not welcome, which courts ask for. `text` is what it has to
    contain, whatever the line breaks.
    """
    yield from _judged(banners, "/etc/issue", banners.console, text, needed=needed)


@check(
    "banners.network",
    severity=Severity.LOW,
    fix=_fix("Write the company's notice into /etc/issue.net, without the system's name."),
    references=("cis-debian12:1.6.3", "nist-800-53r5:AC-8"),
)
def network(banners: Banners, *, text: str = "", needed: bool = True) -> Iterator[Outcome]:
    """A notice is kept for logins over the network, and says nothing about the system

    Services show this file before anybody has proved who he is. `text` is what it has to contain.
    """
    yield from _judged(banners, "/etc/issue.net", banners.network, text, needed=needed)


@check(
    "banners.after-login",
    severity=Severity.LOW,
    fix=_fix("Remove \\m, \\r, \\s, \\v and the system's name from /etc/motd, or remove the file."),
    references=("cis-debian12:1.6.1", "nist-800-53r5:AC-8"),
)
def after_login(banners: Banners, *, text: str = "", needed: bool = False) -> Iterator[Outcome]:
    """The message of the day says nothing about the system

    Whoever got in with a stolen password need not be told what to try next. `text` is what it has to contain.
    """
    yield from _judged(banners, "/etc/motd", banners.after_login, text, needed=needed)


@check(
    "banners.ssh",
    severity=Severity.LOW,
    fix=_fix("Set Banner /etc/issue.net in sshd_config, write the notice into that file, and reload sshd."),
    references=("cis-debian12:5.1.5", "nist-800-53r5:AC-8"),
)
def ssh(banners: Banners, server: SshServer, *, text: str = "") -> Iterator[Outcome]:
    """The notice that SSH shows before a login is the company's, and says nothing about the system

    It is the file that Banner names in sshd's settings. `text` is what it has to contain.
    """
    path = server.settings.banner
    if path is None:
        yield Undecided("Banner", "the server does not show this setting")
    elif path.lower() == "none":
        yield Violation("Banner", found="none", wanted=text or "a notice")
    elif not banners.knows(path):
        yield Undecided("Banner", f"{path} was not read")
    else:
        yield from _judged(banners, "Banner", banners.files.get(path, ""), text, needed=True)
