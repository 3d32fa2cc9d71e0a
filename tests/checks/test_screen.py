"""Verdicts on screens: a laptop that locks itself, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.dconf import Database, Profile
from auditor.facts.screen import AutomaticLogins, Desktop, LoginScreen
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

content = checks("screen")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
IDLE, SAVER = "/org/gnome/desktop/session/idle-delay", "/org/gnome/desktop/screensaver/"
MEDIA, GREETER = "/org/gnome/desktop/media-handling/", "/org/gnome/login-screen/"
VALUES = {
    IDLE: "uint32 600",
    f"{SAVER}lock-enabled": "true",
    f"{SAVER}lock-delay": "uint32 0",
    f"{MEDIA}automount": "false",
    f"{MEDIA}automount-open": "false",
    f"{MEDIA}autorun-never": "true",
}
NOTICE = {
    f"{GREETER}disable-user-list": "true",
    f"{GREETER}banner-message-enable": "true",
    f"{GREETER}banner-message-text": "'Property of Acme'",
}
OLD = "the database is older than its key files"


def desk(*, locked: bool = True, why: str = "", **changed: str | None) -> Desktop:
    """Return a locked-down desktop with keys changed, or gone where None, named by their last word."""
    values = {key: changed.get(key.rpartition("/")[2].replace("-", "_"), value) for key, value in VALUES.items()}
    told = {key: value for key, value in values.items() if value is not None}
    return Desktop(Profile((Database("local", told, frozenset(VALUES) if locked else frozenset(), why),)))


def login(why: str = "", xdmcp: str = "", **changed: str) -> LoginScreen:
    values = {key: changed.get(key.rpartition("/")[2].replace("-", "_"), value) for key, value in NOTICE.items()}
    return LoginScreen(Profile((Database("gdm", values, why=why),)), {"xdmcp/enable": xdmcp} if xdmcp else {})


LOOSE = {"locked": False}
ONES = [
    (content.idle, IDLE, "idle_delay", "uint32 0"),
    (content.idle, IDLE, "idle_delay", "600"),
    (content.locked_when_dark, f"{SAVER}lock-enabled", "lock_enabled", "false"),
    (content.lock_delay, f"{SAVER}lock-delay", "lock_delay", "uint32 60"),
    (content.media_not_opened, f"{MEDIA}autorun-never", "autorun_never", "false"),
]
EACH = [
    case
    for check, key, name, bad in ONES
    for case in (
        Case(check, (desk(),), PASS),
        Case(check, (desk(**{name: bad}),), FAIL, (key,), why=f"it is {bad}"),
        Case(check, (desk(locked=False),), FAIL, why="users may change it"),
        Case(check, (desk(locked=False),), PASS, settings=LOOSE, why="the policy lets users change it"),
        Case(check, (desk(**{name: None}),), DONT_KNOW, why="it is locked, and what it is is not known"),
        Case(check, (desk(locked=False, **{name: None}),), DONT_KNOW, settings=LOOSE, why="no database sets it"),
        Case(check, (desk(why=OLD),), DONT_KNOW, why=OLD),
        Case(check, (UNKNOWN,), DONT_KNOW),
        Case(check, (ABSENT,), NOT_HERE, why="there is no desktop"),
    )
]
CASES: list[Case] = [
    *EACH,
    Case(content.idle, (desk(),), FAIL, settings={"at_most": 300}, why="it is longer than demanded"),
    Case(content.idle, (desk(idle_delay="uint32 900"),), PASS, why="it is just as long"),
    Case(content.media_not_opened, (desk(automount="true"),), FAIL, (f"{MEDIA}automount",)),
    Case(content.media_not_opened, (desk(automount="true"),), PASS, settings={"automount": True}),
    Case(content.users_hidden, (login(),), PASS),
    Case(content.users_hidden, (login(disable_user_list="false"),), FAIL, (f"{GREETER}disable-user-list",)),
    Case(content.users_hidden, (LoginScreen(Profile(), {}),), FAIL, why="it is shown by default"),
    Case(content.users_hidden, (login(OLD),), DONT_KNOW, why=OLD),
    Case(content.users_hidden, (ABSENT,), NOT_HERE),
    Case(content.notice, (login(),), PASS),
    Case(content.notice, (login(banner_message_enable="false"),), FAIL, (f"{GREETER}banner-message-enable",)),
    Case(content.notice, (login(banner_message_text="''"),), FAIL, (f"{GREETER}banner-message-text",)),
    Case(content.notice, (login(),), PASS, settings={"phrase": "property of"}),
    Case(content.notice, (login(),), FAIL, settings={"phrase": "authorised"}),
    Case(content.notice, (login(OLD),), DONT_KNOW, why=OLD),
    Case(content.no_network_logins, (login(),), PASS),
    Case(content.no_network_logins, (login(xdmcp="false"),), PASS),
    Case(content.no_network_logins, (login(xdmcp="True"),), FAIL, ("xdmcp",)),
    Case(content.no_network_logins, (UNKNOWN,), DONT_KNOW),
    Case(content.no_network_logins, (ABSENT,), NOT_HERE),
    Case(content.no_automatic_login, (AutomaticLogins(("gdm3",)),), PASS),
    Case(content.no_automatic_login, (AutomaticLogins(("gdm3",), (("/etc/gdm3/daemon.conf", "kim"),)),), FAIL),
    Case(
        content.no_automatic_login,
        (AutomaticLogins(("sddm",), (("/etc/sddm.conf", "kiosk"),)),),
        PASS,
        settings={"allowed": frozenset({"kiosk"})},
    ),
    Case(
        content.no_automatic_login,
        (replace(AutomaticLogins(("lightdm",)), unread=("/etc/lightdm/lightdm.conf",)),),
        DONT_KNOW,
    ),
    Case(content.no_automatic_login, (ABSENT,), NOT_HERE),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
