"""The graphical screen of a Linux machine: what GNOME is told about locking, and how its log-in screen behaves.

Sources: dconf (see auditor.facts.dconf); GDM's manual (custom.conf, daemon.conf on Debian; greeter.dconf-defaults there
is a key file of the log-in screen); lightdm.conf (a seat's `autologin-user`); sddm.conf(5) ([Autologin] User).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dconf import Database, Profile, profile, values
from auditor.facts.dropins import Lines, ini_values
from auditor.facts.sections import END, SHOW_FILES, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_GDM: Final = ("/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf", "/etc/gdm/custom.conf")
_GREETER: Final = ("/etc/gdm3/greeter.dconf-defaults",)
_LIGHTDM: Final = (
    "/usr/share/lightdm/lightdm.conf.d/*.conf", "/etc/xdg/lightdm/lightdm.conf.d/*.conf",
    "/etc/lightdm/lightdm.conf.d/*.conf", "/etc/lightdm/lightdm.conf",
)  # fmt: skip
_SDDM: Final = ("/usr/lib/sddm/sddm.conf.d/*.conf", "/etc/sddm.conf.d/*.conf", "/etc/sddm.conf")
_DCONF: Final = (
    "/etc/dconf/profile/*", "/usr/local/share/dconf/profile/*", "/usr/share/dconf/profile/*", "/etc/dconf/db/*.d/*",
    "/etc/dconf/db/*.d/locks/*",
)  # fmt: skip
_TRUE: Final = frozenset({"true", "1", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Desktop:
    """What sessions of GNOME are told by the administrator."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class LoginScreen:
    """What GDM's log-in screen is told, and its [xdmcp] and [daemon] settings as `section/key` in small letters."""

    profile: Profile
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AutomaticLogins:
    """Which display managers log somebody in without asking: file and account. `managers` are those that were found."""

    managers: tuple[str, ...]
    logins: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


_SESSIONS: Final = (
    "for f in /usr/share/xsessions/*.desktop /usr/share/wayland-sessions/*.desktop; do "
    '[ ! -e "$f" ] || { n=${f##*/}; echo "[session ${n%.desktop}]"; }; done'
)
_MANAGERS: Final = (
    'for f in gdm3 gdm lightdm sddm; do [ ! -x /usr/sbin/$f ] && [ ! -x /usr/bin/$f ] || echo "[manager $f]"; done'
)
_STATES: Final = (
    "for d in /etc/dconf/db/*.d; do b=${d%.d}; [ -e $b ] || continue; s=compiled; "
    'for f in $d $d/* $d/locks/*; do [ ! "$f" -nt $b ] || s=newer; done; echo "[$s $b]"; done'
)
_SCREEN: Final = Shell(
    f"{SHOW_FILES}; {_SESSIONS}; {_MANAGERS}; {_STATES}; echo '[desktop]'; "
    f"show {' '.join((*_DCONF, *_GDM, *_GREETER, *_LIGHTDM, *_SDDM))}; {END}"
)


@probe(_SCREEN, on={Platform.LINUX})
def desktop(answer: Answer) -> Desktop:
    """Read what GNOME is told. Raises NotPresent without a desktop, and Unreadable where it is another one."""
    seen = _seen(answer)
    names = [part.words for part in seen.named("session")]
    if not names:
        raise NotPresent("no graphical desktop is installed here")
    if not any(name.startswith(("gnome", "ubuntu", "pop")) for name in names):
        raise Unreadable(f"the desktop here is {names[0][:40]}, whose settings are not read")
    return Desktop(profile("user", seen.files(), _states(seen)))


@probe(_SCREEN, on={Platform.LINUX})
def login_screen(answer: Answer) -> LoginScreen:
    """Read what GDM is told. Raises NotPresent where GDM is not installed."""
    seen = _seen(answer)
    if not {"gdm", "gdm3"} & {part.words for part in seen.named("manager")}:
        raise NotPresent("the display manager GDM is not installed here")
    files = seen.files()
    told = profile("gdm", files, _states(seen))
    debian = values(files[path] for path in _GREETER if path in files)
    config = [(path, files[path]) for path in _GDM if path in files]
    settings = {
        f"{section}/{key.lower()}": value
        for section in ("daemon", "xdmcp")
        for key, value in ini_values(config, section)
    }
    return LoginScreen(Profile((*told.databases, Database("greeter", debian))), settings)


@probe(_SCREEN, on={Platform.LINUX})
def automatic_logins(answer: Answer) -> AutomaticLogins:
    """Read whom display managers log in by themselves. Raises NotPresent where none is known."""
    seen = _seen(answer)
    managers = tuple(dict.fromkeys(part.words for part in seen.named("manager")))
    if not managers:
        raise NotPresent("no display manager is installed here")
    files = seen.files()
    found = [*_of_gdm(files), *_of_lightdm(files), *_of_sddm(files)]
    return AutomaticLogins(managers, tuple(found), seen.unread())


def _seen(answer: Answer) -> Sections:
    seen = sections(answer.text)
    if not any(seen.named("desktop")):
        raise Unreadable("the answer lacks the part that every answer has")
    if unread := [path for path in seen.unread() if path.startswith("/etc/dconf")]:
        raise Unreadable(f"{unread[0]} may not be read by this account")
    return seen


def _states(seen: Sections) -> dict[str, str]:
    return {part.words: part.name for part in seen.parts if part.name in {"compiled", "newer"}}


def _of_gdm(files: Mapping[str, Lines]) -> list[tuple[str, str]]:
    """Return whom GDM logs in, at once or after a while; a name alone does nothing."""
    found = []
    for path in _GDM:
        told = {key.lower(): value for key, value in ini_values([(path, files.get(path, ()))], "daemon")}
        found += [
            (path, told.get(f"{kind}login", "somebody"))
            for kind in ("automatic", "timed")
            if told.get(f"{kind}loginenable", "").lower() in _TRUE
        ]
    return found


def _of_lightdm(files: Mapping[str, Lines]) -> list[tuple[str, str]]:
    """Return whom LightDM logs in: the last file that says so counts, and an empty name takes it back."""
    last = ("", "")
    for pattern in _LIGHTDM:
        for path in sorted(path for path in files if _fits(path, pattern)):
            for section in ("SeatDefaults", "Seat:*"):
                for key, value in ini_values([(path, files[path])], section):
                    last = (path, value) if key == "autologin-user" else last
    return [last] if last[1] else []


def _of_sddm(files: Mapping[str, Lines]) -> list[tuple[str, str]]:
    last = ("", "")
    for pattern in _SDDM:
        for path in sorted(path for path in files if _fits(path, pattern)):
            for key, value in ini_values([(path, files[path])], "Autologin"):
                last = (path, value) if key == "User" else last
    return [last] if last[1] else []


def _fits(path: str, pattern: str) -> bool:
    folder, star, _ = pattern.partition("*")
    return path == pattern if not star else path.startswith(folder) and path.endswith(".conf")
