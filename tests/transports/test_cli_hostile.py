"""Devices that lie or hang on their command line, and the traps of netmiko 4.8 that such a device would spring.

Its traps, each with a test here or in test_cli: unknown and changed host keys, errors that all say "timeout", an answer
cut off at something like a prompt, timeouts that are too short, sessions that stay open, FortinetSSH's key exchange,
configuration that is changed to switch paging off, and the privilege that nobody noted. SSHDetect and TextFSM, which
has a raw text for a failure, are not used at all.
"""

import threading
import time
from collections.abc import Callable, Mapping

import paramiko
import pytest

from auditor.credentials import Credential, Secret
from auditor.errors import CollectionError, CredentialStopped, HostKeyChanged, TimedOut, Unreachable
from auditor.model.asset import Access, Channel, Platform
from auditor.model.probe import Answer, Cli, KeyExchange, Limits, Request
from auditor.transports import cli
from auditor.transports.attempts import Attempts
from auditor.transports.cli import NetworkCli
from auditor.transports.host_keys import PinnedKey, RememberedKeys
from auditor.transports.scope import Scope
from auditor.transports.ssh_login import SshLogin
from tests.lab.device import Device, Recording
from tests.lab.hostile import wait_until
from tests.make import asset

CLOCK = Cli("show clock")
TOLD = {"show clock": "12:00:00 UTC\n"}


class Purse:
    """Opens one credential, whatever its name."""

    def __init__(self, device: Device, enable: str = "") -> None:
        secret = Secret(enable) if enable else None
        self.credential = Credential(name="lab", user=device.user, password=Secret(device.password), enable=secret)

    def open(self, name: str) -> Credential:
        """Return the credential."""
        return self.credential


def pinned(*devices: Device) -> RememberedKeys:
    keys = RememberedKeys()
    for device in devices:
        keys.pin(device.host, device.port, PinnedKey(device.key.get_name(), device.key.get_base64()))
    return keys


def login_to(device: Device, **options: object) -> SshLogin:
    options = {"step_seconds": 5.0, **options}
    return SshLogin(Purse(device), pinned(device), Scope(), **options)  # type: ignore[arg-type]


def ask(
    device: Device,
    *requests: Request,
    login: SshLogin | None = None,
    platform: Platform = Platform.CISCO_IOS,
    legacy: bool = False,
    seconds: float = 60.0,
) -> list[Answer]:
    """Ask a device whose key is pinned."""
    way = Access(channel=Channel.CLI, port=device.port, credential="lab", legacy=legacy)
    owned = asset("rt-01", platform=platform, addresses=(device.host,), accesses=(way,))
    return NetworkCli(login or login_to(device), asset_seconds=seconds).ask(owned, way, requests or (CLOCK,))


def device(commands: Mapping[str, str] = TOLD, **changed: object) -> Device:
    return Device(Recording("rt-01", commands, **changed))  # type: ignore[arg-type]


def playing(play: Callable[[paramiko.Channel, threading.Event], None]) -> Device:
    return Device(Recording("rt-01", {}), plays=play)


def closed() -> bool:
    """Whether no connection of ours is open any more."""
    return wait_until(lambda: not [one for one in threading.enumerate() if isinstance(one, paramiko.Transport)])


# --- hostile --------------------------------------------------------------------------------------------------------


def test_bytes_that_are_no_text_are_read_around() -> None:
    """NULs, terminal codes and invalid UTF-8 neither end an answer nor reach it."""
    said = "one\0two \x1b[31mred\x1b[0m \x1b[2Kthree\nfo\rur\n"
    with device({"show clock": said, "show users": "\udcff\udcfe\n"}) as router:
        (clock,) = ask(router, CLOCK)
    assert clock.text == "onetwo red three\nfour\n"

    def invalid(channel: paramiko.Channel, ended: threading.Event) -> None:
        while not ended.is_set() and (typed := channel.recv(100)):
            echo = typed.replace(b"\n", b"\r\n")
            answer = b"\xff\xfe\xc3(\r\nok\r\n" if b"show clock" in typed else b""
            channel.sendall(echo + answer + b"rt-01#")

    with playing(invalid) as router:
        (clock,) = ask(router, CLOCK)
    assert (clock.problem, clock.text) == ("", "\ufffd\ufffd\ufffd(\nok\n")


def flood(channel: paramiko.Channel, ended: threading.Event) -> None:
    while not ended.is_set():
        channel.sendall(b"rt-01# " * 5000)


def one_line(channel: paramiko.Channel, ended: threading.Event) -> None:
    while not ended.is_set():
        channel.sendall(b"x" * 32768)


def drip(channel: paramiko.Channel, ended: threading.Event) -> None:
    while not ended.wait(0.2):
        channel.sendall(b"x")


def silence(channel: paramiko.Channel, ended: threading.Event) -> None:
    ended.wait()


@pytest.mark.parametrize("play", [flood, one_line, drip, silence])
def test_a_device_without_a_prompt_is_given_up(
    play: Callable[[paramiko.Channel, threading.Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In time, with no more than a megabyte of what it says; and the session is closed."""
    monkeypatch.setattr(cli, "_PREPARE_SECONDS", 2.0)
    with playing(play) as router:
        with pytest.raises(TimedOut, match=r"showed no prompt|the same prompt twice"):
            ask(router)
        assert closed()


def test_a_greeting_without_end_is_cut() -> None:
    """Its size alone gives it away, long before its time is up."""
    with playing(flood) as router, pytest.raises(TimedOut, match="more than 1048576 bytes before it shows a prompt"):
        ask(router)


def test_a_device_that_hangs_up_before_its_prompt_is_no_timeout() -> None:
    """It has closed the session, and that is what is said."""

    def leave(channel: paramiko.Channel, ended: threading.Event) -> None:
        del ended
        channel.get_transport().close()

    with playing(leave) as router, pytest.raises(Unreachable, match="closed the session before it showed a prompt"):
        ask(router)


def test_an_answer_that_drips_ends_with_its_request_s_time() -> None:
    """The session is out of step then, and the rest is not asked."""
    slow = {"show clock": "".join(f"{number}\n\f" for number in range(100)), "show users": "nobody\n"}
    with device(slow) as router:
        clock, users = ask(router, Cli("show clock", limits=Limits(seconds=1.0)), Cli("show users"))

    assert clock.problem == "the answer was not complete in time"
    assert users.problem.startswith("not asked: the session is out of step")


# --- one session ----------------------------------------------------------------------------------------------------


def test_a_device_has_one_session_at_a_time() -> None:
    """Whatever the number of accesses and of entries in the inventory: five VTYs are also other people's."""
    with device() as router:
        login = login_to(router, step_seconds=20.0)
        credential = login.credential(Access(channel=Channel.CLI, credential="lab"))
        inside: list[str] = []
        most: list[int] = []

        def work(channel: Channel, name: str) -> None:
            way = Access(channel=channel, port=router.port, credential="lab")
            until = time.monotonic() + 60
            with login.session(asset(name, addresses=(router.host,)), way, credential, until) as session:
                inside.append(name)
                most.append(len(inside))
                session.terminal()
                time.sleep(0.1)
                inside.remove(name)

        kinds = [(Channel.SSH, "a"), (Channel.CLI, "b"), (Channel.SSH, "c"), (Channel.CLI, "d")]
        threads = [threading.Thread(target=work, args=kind) for kind in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most == [1, 1, 1, 1]


def test_who_waits_for_a_session_has_a_deadline() -> None:
    """The one that is inside may hang."""
    with playing(silence) as router:
        login = login_to(router)
        credential = login.credential(Access(channel=Channel.CLI, credential="lab"))
        way = Access(channel=Channel.CLI, port=router.port, credential="lab")
        owned = asset(addresses=(router.host,))
        with (
            login.session(owned, way, credential, threading.TIMEOUT_MAX),
            pytest.raises(TimedOut, match="another session of this audit was still open"),
        ):
            ask(router, login=login, seconds=0.3)


# --- netmiko's traps ------------------------------------------------------------------------------------------------


def shaped(kex: tuple[str, ...] = (), keys: tuple[str, ...] = ()) -> Callable[[paramiko.Transport], None]:
    def shape(wire: paramiko.Transport) -> None:
        wire._preferred_kex = kex or wire._preferred_kex
        if keys:
            wire._preferred_keys = keys
            wire.server_key_dict = dict.fromkeys(keys, paramiko.RSAKey.generate(2048))

    return shape


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (shaped(kex=("diffie-hellman-group14-sha1",)), "speaks only SHA-1 key exchange"),
        (shaped(keys=("ssh-rsa",)), "speaks only SHA-1 signatures"),
    ],
)
def test_no_agreement_is_no_timeout(shape: Callable[[paramiko.Transport], None], why: str) -> None:
    """Netmiko says NetmikoTimeoutException to this; what is offered is an answer all the same."""
    with Device(Recording("rt-01", TOLD), shape=shape) as router:
        with pytest.raises(Unreachable, match=why):
            ask(router)
        clock, offer = ask(router, CLOCK, KeyExchange())

    assert why in clock.problem
    assert (offer.problem, offer.text[:5]) == ("", "port ")
    assert router.passwords_tried == []


@pytest.mark.parametrize("platform", [Platform.FORTIOS, Platform.CISCO_ASA])
def test_no_configuration_is_changed_to_read_one(platform: Platform) -> None:
    """FortinetSSH would write `config system console`, the ASA's driver `terminal width` in configuration mode.

    Nor is the key exchange narrowed to FortinetSSH's four, of which paramiko 5 has one.
    """
    status = {"get system status": "Version: FortiGate\n" + "line\n" * 60, "show clock": "12:00:00 UTC\n"}
    modern = shaped(kex=("curve25519-sha256@libssh.org",))
    with Device(Recording("rt-01", status), shape=modern) as router:
        first, clock = ask(router, Cli("get system status"), CLOCK, platform=platform)

    assert router.commands_seen == ["get system status", "show clock"]
    assert (first.problem, first.text) == ("", status["get system status"])
    assert clock.text == "12:00:00 UTC\n"


def test_a_banner_that_wants_a_key_is_accepted() -> None:
    """FortiOS, post-login-banner: it says nothing else until somebody presses `a`."""

    def banner(channel: paramiko.Channel, ended: threading.Event) -> None:
        channel.sendall(b"Authorised use only\r\n(Press 'a' to accept):")
        while not ended.is_set() and channel.recv(1) != b"a":
            continue
        while not ended.is_set() and (typed := channel.recv(100)):
            answer = b"12:00:00\r\n" if b"show clock" in typed else b""
            channel.sendall(typed.replace(b"\n", b"\r\n") + answer + b"fw-01 # ")

    with playing(banner) as router:
        (clock,) = ask(router, CLOCK, platform=Platform.FORTIOS)

    assert (clock.problem, clock.text) == ("", "12:00:00\n")


def test_nothing_is_sent_but_what_is_declared() -> None:
    """No platform is guessed at by commands (SSHDetect), and the session's own are those that are printed."""
    with device() as router:
        ask(router)

    assert set(router.commands_seen) <= {*cli.SESSION_COMMANDS[Platform.CISCO_IOS], "show clock"}


def test_a_wrong_enable_secret_is_tried_on_three_devices() -> None:
    """It may be an account's on a server behind all of them."""
    attempts, tried, problems = Attempts(3), 0, []
    privileged = Cli("show running-config", end="^end$", privileged=True)
    for _ in range(5):
        with device(level=1, enable="up") as router:
            login = SshLogin(Purse(router, "wrong"), pinned(router), Scope(), attempts=attempts)
            (answer,) = ask(router, privileged, login=login)
            problems.append(answer.problem)
            tried += router.commands_seen.count("enable")

    assert tried == 3
    assert problems[-1] == "credential lab (enable) stopped after 3 refusals"
    assert attempts.stopped() == {"lab (enable)": 3}


def test_a_stopped_credential_is_not_sent_to_devices() -> None:
    """The circuit breaker is the same as for hosts."""
    with device() as router:
        login = login_to(router, attempts=Attempts(1))
        login._credentials = Purse(Device(Recording("", {}), password="wrong"))
        with pytest.raises(CollectionError, match="refused audit"):
            ask(router, login=login)
        with pytest.raises(CredentialStopped):
            ask(router, login=login)

    assert router.passwords_tried == ["wrong"]


# --- by the system's ssh --------------------------------------------------------------------------------------------


def test_a_device_is_asked_by_the_systems_ssh_as_well() -> None:
    """The whole dialogue: pager, enable, privilege, errors; one session."""
    config = "version 12.4\n" + "".join(f"interface Vlan{number}\n no ip address\n" for number in range(40)) + "end\n"
    running = Cli("show running-config", end="^end$", privileged=True)
    with device({"show running-config": config, **TOLD}, level=1, enable="up", stubborn=True) as router:
        login = SshLogin(Purse(router, "up"), pinned(router), Scope())
        first, clock, wrong = ask(router, running, CLOCK, Cli("show nothing"), login=login, legacy=True)

    assert (first.problem, first.text, first.privilege) == ("", config, "level 15")
    assert clock.text == "12:00:00 UTC\n"
    assert "Invalid input" in wrong.problem
    assert (router.sessions, router.passwords_tried) == (1, [router.password])


def test_the_systems_ssh_judges_a_device_s_key_first() -> None:
    """No password for a stranger."""
    with device() as router, device() as other:
        keys = RememberedKeys()
        keys.pin(router.host, router.port, PinnedKey(other.key.get_name(), other.key.get_base64()))
        login = SshLogin(Purse(router), keys, Scope())

        with pytest.raises(HostKeyChanged):
            ask(router, login=login, legacy=True)

    assert router.passwords_tried == []
