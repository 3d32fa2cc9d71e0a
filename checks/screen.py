"""What a company may demand of the screens of Linux machines: nobody sits down at another person's session."""

from collections.abc import Callable, Iterator

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.dconf import Profile, seconds
from auditor.facts.screen import AutomaticLogins, Desktop, LoginScreen

_SESSION = "/org/gnome/desktop/session/"
_SAVER = "/org/gnome/desktop/screensaver/"
_MEDIA = "/org/gnome/desktop/media-handling/"
_GREETER = "/org/gnome/login-screen/"


def _fix(text: str) -> Fix:
    where = "in a key file of /etc/dconf/db/local.d, lock it in locks/, and run dconf update."
    return Fix(f"{text} {where}", solution="lock-screens")


def _judge(profile: Profile, key: str, good: Callable[[str], bool], wanted: str, *, locked: bool) -> Iterator[Outcome]:
    """Yield what is wrong with a key: its value where users changed nothing, and whether they can change it."""
    value = profile.value(key)
    if profile.doubt:
        yield Undecided(key, profile.doubt)
    elif value is not None and not good(value):
        yield Violation(key, found=value, wanted=wanted)
    elif locked and not profile.locked(key):
        yield Violation(key, found="users may change it", wanted=f"{wanted}, and locked")
    elif value is None:
        yield Undecided(key, "no database sets it, and what the distribution made the default is not known")


def _at_most(most: int, *, least: int) -> Callable[[str], bool]:
    def good(value: str) -> bool:
        number = seconds(value)
        return number is not None and least <= number <= most

    return good


@check(
    "screen.idle",
    severity=Severity.MEDIUM,
    fix=_fix("Set idle-delay=uint32 900 of org/gnome/desktop/session"),
    references=("cis-debian12:1.7.4", "cis-debian12:1.7.5", "nist-800-53r5:AC-11"),
)
def idle(desktop: Desktop, *, at_most: int = 900, locked: bool = True) -> Iterator[Outcome]:
    """A screen that nobody works at goes dark after the policy's number of seconds

    Who leaves the desk for a coffee leaves the company's data on it. 0 would be never.
    """
    good = _at_most(at_most, least=1)
    yield from _judge(desktop.profile, f"{_SESSION}idle-delay", good, f"uint32 1 to {at_most}", locked=locked)


@check(
    "screen.locked",
    severity=Severity.MEDIUM,
    fix=_fix("Set lock-enabled=true of org/gnome/desktop/screensaver"),
    references=("cis-debian12:1.7.4", "nist-800-53r5:AC-11"),
)
def locked_when_dark(desktop: Desktop, *, locked: bool = True) -> Iterator[Outcome]:
    """A screen that went dark asks for the password

    Otherwise moving the mouse is enough.
    """
    key = f"{_SAVER}lock-enabled"
    yield from _judge(desktop.profile, key, lambda value: value == "true", "true", locked=locked)


@check(
    "screen.lock-delay",
    severity=Severity.LOW,
    fix=_fix("Set lock-delay=uint32 5 of org/gnome/desktop/screensaver"),
    references=("cis-debian12:1.7.4", "nist-800-53r5:AC-11"),
)
def lock_delay(desktop: Desktop, *, at_most: int = 5, locked: bool = True) -> Iterator[Outcome]:
    """A screen is locked as soon as it is dark

    In between, it only looks locked.
    """
    good = _at_most(at_most, least=0)
    yield from _judge(desktop.profile, f"{_SAVER}lock-delay", good, f"uint32 0 to {at_most}", locked=locked)


@check(
    "screen.media-not-opened",
    severity=Severity.MEDIUM,
    fix=_fix("Set automount, automount-open to false and autorun-never to true of org/gnome/desktop/media-handling"),
    references=("cis-debian12:1.7.6", "cis-debian12:1.7.8", "nist-800-53r5:MP-7"),
)
def media_not_opened(desktop: Desktop, *, automount: bool = False, locked: bool = True) -> Iterator[Outcome]:
    """What is plugged in is neither mounted nor started by itself

    A stick found in the car park then does nothing until somebody decides to look. With `automount` mounting is
    allowed, and only starting what is on it is not.
    """
    demands = {"automount-open": "false", "autorun-never": "true"} | ({} if automount else {"automount": "false"})
    for name, wanted in sorted(demands.items()):
        yield from _judge(desktop.profile, f"{_MEDIA}{name}", wanted.__eq__, wanted, locked=locked)


@check(
    "screen.users-hidden",
    severity=Severity.LOW,
    fix=Fix(
        "Set disable-user-list=true of org/gnome/login-screen in GDM's key file, and run dconf update.",
        solution="lock-screens",
    ),
    references=("cis-debian12:1.7.3", "nist-800-53r5:AC-3"),
)
def users_hidden(screen: LoginScreen) -> Iterator[Outcome]:
    """The log-in screen does not show who has an account

    Whoever stands there has to know a name and a password, not one of them.
    """
    yield from _greeter(screen, "disable-user-list", "true".__eq__, "true")


@check(
    "screen.notice",
    severity=Severity.LOW,
    fix=Fix(
        "Set banner-message-enable=true and banner-message-text of org/gnome/login-screen in GDM's key file, and run "
        "dconf update.",
        solution="lock-screens",
    ),
    references=("cis-debian12:1.7.2", "nist-800-53r5:AC-8"),
)
def notice(screen: LoginScreen, *, phrase: str = "") -> Iterator[Outcome]:
    """A notice is shown on the log-in screen

    Whoever goes on after it knows that the machine is somebody's. `phrase` are words that it has to contain.
    """

    def good(value: str) -> bool:
        text = value.strip("\"'").strip()
        return bool(text) and phrase.lower() in text.lower()

    yield from _greeter(screen, "banner-message-enable", "true".__eq__, "true")
    yield from _greeter(screen, "banner-message-text", good, f"a text with {phrase!r}" if phrase else "a text")


def _greeter(screen: LoginScreen, name: str, good: Callable[[str], bool], wanted: str) -> Iterator[Outcome]:
    """Yield what is wrong with a key of the log-in screen, which nobody can change and which is off by default."""
    key = f"{_GREETER}{name}"
    if screen.profile.doubt:
        yield Undecided(key, screen.profile.doubt)
    elif not good(value := screen.profile.value(key) or ""):
        yield Violation(key, found=value or "not set", wanted=wanted)


@check(
    "screen.no-network-logins",
    severity=Severity.HIGH,
    fix=Fix(
        "Take Enable=true out of the section [xdmcp] of GDM's custom.conf, and restart it.", solution="lock-screens"
    ),
    references=("cis-debian12:1.7.10", "nist-800-53r5:AC-17(2)"),
)
def no_network_logins(screen: LoginScreen) -> Iterator[Outcome]:
    """The log-in screen is not offered over the network

    The protocol XDMCP sends passwords and everything that is typed in clear.
    """
    value = screen.settings.get("xdmcp/enable", "")
    if value.lower() in {"true", "1", "yes", "on"}:
        yield Violation("xdmcp", found="on", wanted="off")


@check(
    "screen.no-automatic-login",
    severity=Severity.HIGH,
    fix=Fix("Switch automatic log-in off in the display manager's configuration.", solution="lock-screens"),
    references=("nist-800-53r5:IA-2",),
)
def no_automatic_login(logins: AutomaticLogins, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Nobody is logged in without being asked

    Whoever switches such a machine on is that person. `allowed` are accounts, as of a kiosk.
    """
    for path, account in logins.logins:
        if account not in allowed:
            yield Violation(path, found=f"logs {account} in", wanted="asks")
    if logins.unread:
        yield Undecided("display manager", f"{logins.unread[0]} could not be read")
