"""What is read of graphical screens: dconf's databases, GDM, and who is logged in without being asked."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dconf import Profile, seconds
from auditor.facts.screen import AutomaticLogins, Desktop, LoginScreen, automatic_logins, desktop, login_screen
from tests.make import fact, refused

USER = "/etc/dconf/profile/user"
LOCAL, SITE = "/etc/dconf/db/local.d", "/etc/dconf/db/site.d"
IDLE = "/org/gnome/desktop/session/idle-delay"
SESSION = "[org/gnome/desktop/session]\nidle-delay=uint32 {}\n"
GDM = {
    "/etc/dconf/profile/gdm": "user-db:user\nsystem-db:gdm\n",
    "/etc/dconf/db/gdm.d/00-a": "[org/gnome/login-screen]\ndisable-user-list=true\n",
}
PROFILE = {USER: "user-db:user\nsystem-db:local\nsystem-db:site\n"}


def text(files: dict[str, str], *more: str) -> str:
    """Return an answer of a machine with GNOME and GDM, both databases compiled, and these files."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.splitlines()) for path, content in files.items()
    )
    states = "".join(f"[compiled /etc/dconf/db/{name}]\n" for name in ("local", "site", "gdm"))
    lines = more or ("[session gnome]", "[manager gdm3]")
    return "\n".join(lines) + f"\n{states}[desktop]\n{shown}[end]\n"


def told(files: dict[str, str], *more: str) -> Profile:
    read = fact(desktop, text({**PROFILE, **files}, *more))
    assert isinstance(read, Desktop)
    return read.profile


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({f"{LOCAL}/00-a": SESSION.format(300)}, "uint32 300"),
        ({f"{LOCAL}/00-a": SESSION.format(300), f"{LOCAL}/10-b": SESSION.format(900)}, "uint32 900"),
        ({f"{LOCAL}/00-a": SESSION.format(300) + " idle-delay = uint32 5"}, "uint32 5"),
        ({f"{LOCAL}/00-a": SESSION.format(300), f"{LOCAL}/99-b~": SESSION.format(0)}, "uint32 0"),
        ({f"{LOCAL}/00-a": "[org/gnome/desktop/session]\n#idle-delay=uint32 300"}, None),
        ({f"{LOCAL}/00-a": "[org/gnome/desktop]\nidle-delay=uint32 300"}, None),
        ({f"{LOCAL}/00-a": SESSION.format(300), f"{SITE}/00-a": SESSION.format(900)}, "uint32 300"),
        ({f"{SITE}/00-a": SESSION.format(900)}, "uint32 900"),
        ({"/etc/dconf/db/other.d/00-a": SESSION.format(900)}, None),
    ],
)
def test_which_value_counts(files: dict[str, str], value: str | None) -> None:
    """The last file by name, its last line, and the first database of the profile."""
    assert value == told(files).value(IDLE)


def test_a_lock_below_takes_the_value_from_there() -> None:
    """The database above cannot change what is locked in one below it."""
    read = told(
        {f"{LOCAL}/a": SESSION.format(300), f"{SITE}/a": SESSION.format(900), f"{SITE}/locks/a": f"# no\n{IDLE}\n"}
    )

    assert (True, "uint32 900") == (read.locked(IDLE), read.value(IDLE))


@pytest.mark.parametrize("lock", ["/org/gnome/desktop/session/", f"#{IDLE}", IDLE.removeprefix("/"), f"{IDLE}x"])
def test_a_lock_names_one_whole_key(lock: str) -> None:
    """A folder, a comment and another key lock nothing."""
    assert not told({f"{LOCAL}/a": SESSION.format(300), f"{LOCAL}/locks/a": lock}).locked(IDLE)


def test_key_files_mean_nothing_until_they_are_compiled() -> None:
    """Never compiled, or changed since."""
    files = {f"{LOCAL}/a": SESSION.format(300)}
    raw = text({**PROFILE, **files})
    never = fact(desktop, raw.replace("[compiled /etc/dconf/db/local]\n", ""))
    changed = fact(desktop, raw.replace("[compiled /etc/dconf/db/local]", "[newer /etc/dconf/db/local]"))

    assert isinstance(never, Desktop)
    assert isinstance(changed, Desktop)
    assert (None, "") == (never.profile.value(IDLE), never.profile.doubt)
    assert changed.profile.doubt.startswith("/etc/dconf/db/local is older")


def test_without_a_profile_no_database_counts() -> None:
    """As on Debian, where nobody made one; one in /etc goes before the vendor's."""
    files = {f"{LOCAL}/a": SESSION.format(300), "/usr/share/dconf/profile/user": "user-db:user\nsystem-db:local\n"}
    vendors = fact(desktop, text(files))
    own = fact(desktop, text({**files, USER: "user-db:user\n# system-db:local\n"}))

    assert isinstance(vendors, Desktop)
    assert isinstance(own, Desktop)
    assert ("uint32 300", None) == (vendors.profile.value(IDLE), own.profile.value(IDLE))


@pytest.mark.parametrize(
    ("value", "number"), [("uint32 5", 5), ("5", None), ("'5'", None), ("uint32 -1", None), (None, None)]
)
def test_seconds_have_a_type(value: str | None, number: int | None) -> None:
    """GSettings ignores a value of another."""
    assert number == seconds(value)


def test_another_desktop_is_unknown_and_none_is_absent() -> None:
    """A server has no session to lock."""
    assert isinstance(refused(desktop, text({}, "[session plasma]")), Unreadable)
    assert isinstance(refused(desktop, text({}, "[manager lightdm]")), NotPresent)


def test_the_log_in_screen_has_a_profile_of_its_own() -> None:
    """On Debian a key file beside it is the lowest of its databases."""
    defaults = {"/etc/gdm3/greeter.dconf-defaults": "[org/gnome/login-screen]\nbanner-message-enable=true\n#x=1\n"}
    custom = {"/etc/gdm3/daemon.conf": "[xdmcp]\nEnable=true\n[daemon]\n#AutomaticLogin=x\n"}
    read = fact(login_screen, text({**GDM, **defaults, **custom}))

    assert isinstance(read, LoginScreen)
    assert read.profile.value("/org/gnome/login-screen/disable-user-list") == "true"
    assert read.profile.value("/org/gnome/login-screen/banner-message-enable") == "true"
    assert {"xdmcp/enable": "true"} == read.settings


@pytest.mark.parametrize(
    ("files", "logins"),
    [
        ({"/etc/gdm3/daemon.conf": "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=kim\n"}, ["kim"]),
        ({"/etc/gdm/custom.conf": "[daemon]\nautomaticloginenable = True\n"}, ["somebody"]),
        ({"/etc/gdm/custom.conf": "[daemon]\nTimedLoginEnable=true\nTimedLogin=kim\n"}, ["kim"]),
        ({"/etc/gdm/custom.conf": "[daemon]\nAutomaticLogin=kim\n#AutomaticLoginEnable=true\n"}, []),
        ({"/etc/gdm/custom.conf": "[security]\nAutomaticLoginEnable=true\n"}, []),
        ({"/etc/lightdm/lightdm.conf": "[Seat:*]\nautologin-user=kim\n"}, ["kim"]),
        (
            {
                "/etc/lightdm/lightdm.conf.d/10-a.conf": "[SeatDefaults]\nautologin-user=kim\n",
                "/etc/lightdm/lightdm.conf": "[Seat:*]\nautologin-user=\n",
            },
            [],
        ),
        ({"/etc/sddm.conf.d/a.conf": "[Autologin]\nUser=kim\n"}, ["kim"]),
        ({"/etc/sddm.conf.d/a.conf": "[Autologin]\nUser=kim\n", "/etc/sddm.conf": "[Autologin]\nUser=\n"}, []),
    ],
)
def test_who_is_logged_in_without_being_asked(files: dict[str, str], logins: list[str]) -> None:
    """The switch counts and not the name; the last file counts, and may take it back."""
    read = fact(automatic_logins, text(files))

    assert isinstance(read, AutomaticLogins)
    assert logins == [account for _, account in read.logins]


def test_a_machine_without_a_display_manager() -> None:
    """Then nobody is logged in."""
    assert isinstance(refused(automatic_logins, text({}, "[session gnome]")), NotPresent)
    assert isinstance(refused(login_screen, text({}, "[manager sddm]")), NotPresent)


@pytest.mark.parametrize(
    "broken", ["", "<html>", text(GDM)[:-6], "[end]\n", text({}, "[unread /etc/dconf/db/local.d/a]")]
)
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer, or a key file that may say anything."""
    for probe in (desktop, login_screen, automatic_logins):
        assert isinstance(refused(probe, broken), Unreadable)
