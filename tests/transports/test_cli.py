"""Network devices over real SSH, played on loopback: whole answers or a reason, no credential to a stranger."""

import threading
import time
from collections.abc import Mapping

import paramiko
import pytest

from auditor.credentials import Credential, Secret
from auditor.errors import (
    AuthenticationRefused,
    CollectionError,
    CredentialMissing,
    HostKeyChanged,
    HostKeyUnknown,
    OutOfScope,
    Unreachable,
)
from auditor.facts.router import shown_ios
from auditor.model.asset import Access, Channel, Kind, Platform
from auditor.model.probe import Answer, Cli, Limits, Request
from auditor.transports.cli import NetworkCli, reads_only
from auditor.transports.host_keys import PinnedKey, RememberedKeys
from auditor.transports.scope import Scope
from auditor.transports.ssh_login import SshLogin
from tests.lab.device import PAUSE, Device, Recording
from tests.make import asset

(RUNNING,) = shown_ios.requests
CLOCK = Cli("show clock")
BANNER = "banner login ^C\nThis is rt-01#\nrt-01# is ours\n^C"
CONFIG = f"""Building configuration...

Current configuration : 4242 bytes
!
version 17.9
hostname rt-01
!
{BANNER}
!
interface GigabitEthernet0/0/0
 description uplink to rt-01# core, ÄÖÜ
 ip address 192.0.2.1 255.255.255.0
!
{
    "!".join(
        f'''
interface Loopback{number}
 no ip address
'''
        for number in range(40)
    )
}!
line vty 0 4
 transport input ssh
!
end

"""
COMMANDS = {"show running-config": CONFIG, "show clock": "*12:00:00.000 UTC Sun Nov 22 2026\n"}
WANTED = [line for line in CONFIG.splitlines() if line]


class Purse:
    """Opens one credential, whatever its name."""

    def __init__(self, password: str = "lab password", enable: str = "") -> None:  # noqa: S107  (the lab's own)
        self.credential = Credential(
            name="lab", user="audit", password=Secret(password), enable=Secret(enable) if enable else None
        )

    def open(self, name: str) -> Credential:
        """Return the credential."""
        return self.credential


def router(device: Device, **changed: object) -> object:
    """Return the device as an asset."""
    way = Access(channel=Channel.CLI, port=device.port, credential="lab")
    fields = {"kind": Kind.ROUTER, "platform": Platform.CISCO_IOS, "addresses": (device.host,), "accesses": (way,)}
    return asset("rt-01", **{**fields, **changed})


def ask(
    device: Device,
    *requests: Request,
    keys: RememberedKeys | None = None,
    scope: Scope | None = None,
    purse: Purse | None = None,
    enrol: bool = True,
    **changed: object,
) -> list[Answer]:
    """Ask a device over real SSH."""
    transport = NetworkCli(SshLogin(purse or Purse(), keys or RememberedKeys(), scope or Scope(), enrol=enrol))
    owned = router(device, **changed)
    return transport.ask(owned, owned.accesses[0], requests or (RUNNING,))


def recording(commands: Mapping[str, str] = COMMANDS, **changed: object) -> Recording:
    """Return a good router with fields changed."""
    return Recording("rt-01", commands, **changed)


def said(answer: Answer) -> list[str]:
    """Return an answer's lines that hold anything."""
    return [line for line in answer.text.splitlines() if line]


def test_a_configuration_comes_whole_with_the_privilege_that_it_was_read_with() -> None:
    """Every line, letters of other scripts too, no echo, no prompt; and the parser takes it."""
    with Device(recording()) as device:
        running, clock = ask(device, RUNNING, CLOCK)

    assert (running.problem, clock.problem) == ("", "")
    assert said(running) == WANTED
    assert clock.text == COMMANDS["show clock"]
    assert running.privilege == "level 15"
    assert shown_ios.read(running).tree.hostname == "rt-01"


@pytest.mark.parametrize(
    "place",
    ["description uplink to rt-01#", "This is rt-01#", "\nrt-01#", "hostname rt-01", "\nend"],
    ids=["in a description", "in a banner", "alone in its line", "in the hostname", "at the end marker"],
)
def test_a_pause_after_something_like_a_prompt_ends_nothing(place: str) -> None:
    """A device that stops to think behind its own name is still speaking."""
    text = CONFIG.replace("\nrt-01# is ours", "\nrt-01#").replace(place, place + PAUSE, 1)

    with Device(recording({"show running-config": text})) as device:
        (running,) = ask(device)

    assert running.problem == ""
    assert said(running) == [line for line in text.replace(PAUSE, "").splitlines() if line]


def test_a_pager_that_cannot_be_switched_off_is_paged_through() -> None:
    """No line is lost, nothing of the pager stays, and blocks keep their indentation."""
    with Device(recording(stubborn=True, page=7)) as device:
        (running,) = ask(device)

    assert running.problem == ""
    assert said(running) == WANTED


@pytest.mark.parametrize(
    "greeting",
    ["### WELCOME ###\n", f"\n*** rt-99#{PAUSE}\n>>> ours <<<\n", f"#\n{PAUSE}#\n{PAUSE}#\n", f"old-name#{PAUSE}\n"],
)
def test_a_greeting_is_not_taken_for_the_prompt(greeting: str) -> None:
    """Banners that look like prompts, and arrive when they like."""
    with Device(recording(greeting=greeting)) as device:
        running, clock = ask(device, RUNNING, CLOCK)

    assert (running.problem, said(running)) == ("", WANTED)
    assert clock.text == COMMANDS["show clock"]


def test_a_configuration_without_its_end_is_cut_off() -> None:
    """Half a configuration has a problem, so no probe reads it."""
    half = CONFIG[: CONFIG.index("line vty")]

    with Device(recording({"show running-config": half, "show clock": COMMANDS["show clock"]})) as device:
        running, clock = ask(device, RUNNING, CLOCK)

    assert "cut off" in running.problem
    assert clock.problem == ""


def test_a_connection_that_ends_in_the_middle_is_no_answer() -> None:
    """Neither to the command that was being answered nor to those behind it."""
    with Device(recording(hangs_up_after="show running-config")) as device:
        running, clock = ask(device, RUNNING, CLOCK)

    assert "connection was lost" in running.problem
    assert "not asked" in clock.problem


def test_an_answer_over_its_limits_is_cut_and_says_so() -> None:
    """Too large and too slow are problems; what follows is not asked on a session that is out of step."""
    small = Cli("show running-config", end="^end$", limits=Limits(bytes=500))
    slow = {"show running-config": f"version 17.9\n{PAUSE}end\n", "show clock": "12:00\n"}
    hasty = Cli("show running-config", end="^end$", limits=Limits(seconds=0.3))

    with Device(recording()) as device:
        cut, after = ask(device, small, CLOCK)
    with Device(recording(slow, pause=1.5)) as device:
        (late,) = ask(device, hasty)

    assert "larger than 500 bytes" in cut.problem
    assert "not asked" in after.problem
    assert "not complete in time" in late.problem


def test_a_refused_command_is_a_problem() -> None:
    """An error message is not an answer."""
    with Device(recording()) as device:
        (answer,) = ask(device, Cli("show vstack config"))

    assert "Invalid input" in answer.problem


def test_enable_is_done_once_for_what_needs_it() -> None:
    """A session at `>` becomes privileged with the credential's enable secret."""
    with Device(recording(level=1, enable="up")) as device:
        running, again = ask(device, RUNNING, RUNNING, purse=Purse(enable="up"))

    assert (running.problem, again.problem, running.privilege) == ("", "", "level 15")
    assert said(running) == WANTED
    assert device.commands_seen.count("enable") == 1


@pytest.mark.parametrize(("secret", "reason"), [("wrong", "refused enable"), ("", "has no enable secret")])
def test_without_enable_only_what_needs_it_is_unanswered(secret: str, reason: str) -> None:
    """The session stays usable for the others, and the refused secret is in no message."""
    with Device(recording(level=1, enable="up")) as device:
        running, clock = ask(device, RUNNING, CLOCK, purse=Purse(enable=secret))

    assert reason in running.problem
    assert "wrong" not in running.problem
    assert (clock.problem, clock.text) == ("", COMMANDS["show clock"])


def test_a_level_below_fifteen_gets_no_configuration() -> None:
    """It would be shown without the lines that the level may not set."""
    with Device(recording(level=7)) as device:
        (running,) = ask(device)

    assert running.problem == "needs privilege level 15, and the session has 7"
    assert "show running-config" not in device.commands_seen


def test_a_changed_host_key_gets_no_credential_and_is_called_what_it_is() -> None:
    """Not a timeout: another key than the pinned one, and no password was sent."""
    other = paramiko.ECDSAKey.generate()
    with Device(recording()) as device:
        keys = RememberedKeys()
        keys.pin(device.host, device.port, PinnedKey(other.get_name(), other.get_base64()))

        with pytest.raises(HostKeyChanged):
            ask(device, keys=keys)

    assert device.passwords_tried == []


def test_an_unknown_host_key_gets_no_credential_unless_it_is_enrolled() -> None:
    """The first contact is a decision; afterwards the pinned key is enough."""
    keys = RememberedKeys()
    with Device(recording()) as device:
        with pytest.raises(HostKeyUnknown):
            ask(device, CLOCK, keys=keys, enrol=False)
        assert device.passwords_tried == []

        ask(device, CLOCK, keys=keys, enrol=True)
        (clock,) = ask(device, CLOCK, keys=keys, enrol=False)

    assert clock.problem == ""


def test_a_wrong_password_is_refused_and_not_a_timeout() -> None:
    """The reason names the account and not the password."""
    with Device(recording()) as device, pytest.raises(AuthenticationRefused) as refused:
        ask(device, purse=Purse("not it"))

    assert "audit" in str(refused.value)
    assert "not it" not in str(refused.value)


def test_the_scope_is_not_left() -> None:
    """An address that is denied is not even connected to."""
    with Device(recording()) as device, pytest.raises(OutOfScope):
        ask(device, scope=Scope.parse(["192.0.2.0/24"], []))

    assert device.sessions == 0


def test_what_cannot_be_reached_says_why() -> None:
    """A closed port, an asset without address, a platform without a driver, a credential without a secret."""
    with Device(recording()) as device:
        pass
    with pytest.raises(Unreachable):
        ask(device)
    with pytest.raises(Unreachable, match="no address"):
        ask(device, addresses=())
    with pytest.raises(CollectionError, match="command line of linux"):
        ask(device, platform=Platform.LINUX)
    bare = Purse()
    bare.credential = Credential(name="lab", user="audit")
    with pytest.raises(CredentialMissing):
        ask(device, purse=bare)


def test_one_session_is_opened_for_all_requests_and_closed() -> None:
    """Devices have few sessions, and people need the others."""
    with Device(recording()) as device:
        ask(device, RUNNING, CLOCK, CLOCK)
        until = time.monotonic() + 5
        while any(thread.name.startswith("paramiko") for thread in threading.enumerate()) and time.monotonic() < until:
            time.sleep(0.05)

        assert device.sessions == 1
        assert not [thread for thread in threading.enumerate() if "paramiko" in thread.name]


@pytest.mark.parametrize(
    "command",
    [
        "configure terminal",
        "show running-config | redirect tftp://192.0.2.9/x",
        "show clock\nreload",
        "show clock ; reload",
        "show tech > flash:x",
        "show run | append flash:x",
        "showx",
        "copy running-config startup-config",
        "",
    ],
)
def test_commands_that_do_more_than_read_are_not_sent(command: str) -> None:
    """Nothing is written, redirected or chained."""
    assert not reads_only(command)


@pytest.mark.parametrize(
    "command",
    [
        "show running-config",
        "show running-config view full",
        "show ip interface brief | exclude down",
        "show configuration | display inheritance | display set",
        "more system:running-config",
        "get system status",
        "/ip service print detail",
        "/export",
    ],
)
def test_commands_that_read_are_sent(command: str) -> None:
    """The evidence commands of all platforms pass."""
    assert reads_only(command)


def test_a_command_that_does_more_is_a_problem_and_never_arrives() -> None:
    """Even a probe that declares it does not get it sent."""
    with Device(recording()) as device:
        (answer,) = ask(device, Cli("reload"))

    assert "was not sent" in answer.problem
    assert "reload" not in device.commands_seen
