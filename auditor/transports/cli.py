"""Ask network devices on their own command line over SSH: netmiko prepares the session, `console` reads the answers.

One session a device, because devices have five to sixteen and people need the others. The host key is judged before
any credential is sent; the connection is ours, so that netmiko cannot accept an unknown key or call a changed one a
timeout (netmiko 4.8 does both). Only commands that read are sent.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import paramiko

from auditor.credentials import Credential, Secret
from auditor.errors import AuthenticationRefused, CollectionError, CredentialStopped, TimedOut, Unreachable
from auditor.model.asset import Access, Asset, Channel, Platform
from auditor.model.probe import KIBIBYTE, Answer, Cli, Request
from auditor.transports import ssh_wire as wires
from auditor.transports.attempts import Attempts
from auditor.transports.console import Console, Lost, Said, console_on
from auditor.transports.legacy import OldSession
from auditor.transports.ssh_login import Greeting, Session, SshLogin
from auditor.transports.ssh_offer import with_greeting

if TYPE_CHECKING:
    from netmiko.base_connection import BaseConnection

_PROMPT_SECONDS: Final = 15.0
_PREPARE_SECONDS: Final = 60.0  # from the log-in to the prompt
_MOST_GREETING: Final = 1024 * KIBIBYTE

# netmiko turns paging off on these by changing the configuration ("config system console"), enters configuration mode
# for the width, or tries to log in once more (ASA's `login`). They are left as they are, and paged through.
_WRITING: Final = frozenset({"fortinet", "cisco_asa"})

# Which of netmiko's drivers knows how to switch paging off and find the prompt.
DRIVERS: Final[Mapping[Platform, str]] = {
    Platform.CISCO_IOS: "cisco_ios",
    Platform.CISCO_NXOS: "cisco_nxos",
    Platform.CISCO_ASA: "cisco_asa",
    Platform.CISCO_IOSXR: "cisco_xr",
    Platform.JUNOS: "juniper_junos",
    Platform.ARISTA_EOS: "arista_eos",
    Platform.ROUTEROS: "mikrotik_routeros",
    Platform.FORTIOS: "fortinet",
    Platform.PANOS: "paloalto_panos",
    Platform.VYOS: "vyos",
    Platform.ARUBA: "aruba_aoscx",
}
# What is sent besides the probes' commands, per platform; all of it concerns this session only.
SESSION_COMMANDS: Final[Mapping[Platform, tuple[str, ...]]] = {
    Platform.CISCO_IOS: ("terminal width 511", "terminal length 0", "enable", "show privilege", "exit"),
    Platform.ARISTA_EOS: ("terminal width 511", "terminal length 0", "enable", "show privilege", "exit"),
}
_FULL_LEVEL: Final = 15  # below it, `show running-config` leaves out what the level may not set

_READS: Final = re.compile(r"(?:show|get|more system:running-config|/[a-z /-]*(?:print|export))\b[\w .,:/*-]*")
_FILTERS: Final = re.compile(r" *(?:include|exclude|begin|section|count|display|match|except|no-more)\b[\w .,:/*^$-]*")


class NetworkCli:
    """The transport to network devices that speak SSH. Without `enrol` only devices whose key is pinned are asked."""

    def __init__(self, login: SshLogin, *, asset_seconds: float = 300.0) -> None:
        """Give a device `asset_seconds` for everything that is asked of it."""
        self._login, self._asset_seconds = login, asset_seconds

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when no session could be had."""
        driver = DRIVERS.get(asset.platform)
        if driver is None:
            raise CollectionError(f"{asset.name}: there is no way to read the command line of {asset.platform}")
        until = time.monotonic() + self._asset_seconds

        def ask(others: Sequence[Request], greeting: Greeting) -> list[Answer]:
            credential = self._login.credential(access)
            with (
                self._login.session(asset, access, credential, until, greeting) as session,
                _prepared(session, driver, asset.name, until) as console,
            ):
                dialogue = _Session(console, asset.platform, credential, until, self._login.attempts)
                return [dialogue.answer(request) for request in others]

        return with_greeting(access, requests, ask, lambda greeting: self._login.greet(asset, access, until, greeting))


# --- the session ----------------------------------------------------------------------------------------------------


class _Metered:
    """A channel of which no more than `most` bytes are heard, until that is lifted: netmiko reads without end."""

    def __init__(self, channel: wires.Terminal, most: int) -> None:
        self.channel, self.most = channel, most
        self.limited = True

    def recv(self, nbytes: int, /) -> bytes:
        """Return bytes, none at the end. Raises EOFError when it was too much, TimeoutError."""
        if self.most <= 0 and self.limited:
            raise EOFError(f"it says more than {_MOST_GREETING} bytes before it shows a prompt")
        piece = self.channel.recv(nbytes)
        self.most -= len(piece)
        return piece

    def recv_ready(self) -> bool:
        """Whether there is something to read."""
        return self.channel.recv_ready()

    def sendall(self, s: bytes, /) -> None:
        """Send bytes. Raises OSError."""
        self.channel.sendall(s)

    def settimeout(self, timeout: float | None, /) -> None:
        """Say how long to wait."""
        self.channel.settimeout(timeout)


class _Given(paramiko.SSHClient):
    """A client that is connected already: what netmiko would do about keys and passwords is done."""

    def __init__(self, channel: _Metered) -> None:
        super().__init__()
        self._channel = channel

    def connect(self, *_: object, **__: object) -> None:
        """Do nothing."""

    def invoke_shell(self, *_: object, **__: object) -> _Metered:  # type: ignore[override]
        """Return the terminal that there is."""
        return self._channel


@contextmanager
def _prepared(session: Session | OldSession, driver: str, name: str, until: float) -> Iterator[Console]:
    """Give a command line with paging off and its prompt known. Raises TimedOut and Unreachable."""
    from netmiko.exceptions import NetmikoBaseException  # noqa: PLC0415  (a second that other commands do not have)

    connection: BaseConnection | None = None
    late = threading.Timer(wires.left(min(until, time.monotonic() + _PREPARE_SECONDS)), session.close)
    late.daemon = True
    late.start()
    try:
        try:
            line = _Metered(session.terminal(), _MOST_GREETING)
            connection = _driven(driver)(line)(host=name, device_type=driver, allow_agent=False, use_keys=False)
            console = console_on(line, _PROMPT_SECONDS)
        except (NetmikoBaseException, Lost, ValueError, EOFError, OSError, paramiko.SSHException) as error:
            if not session.alive() and late.is_alive():
                raise Unreachable(f"{name}: the device closed the session before it showed a prompt") from error
            raise TimedOut(f"{name}: the device showed no prompt: {_first_line(error)}") from error
        if console is None:
            raise TimedOut(f"{name}: the device did not show the same prompt twice")
        late.cancel()
        line.limited = False
        yield console
    finally:
        late.cancel()
        if connection is not None:
            connection.disconnect()


def _driven(driver: str) -> "Callable[[_Metered], type[BaseConnection]]":
    """Return netmiko's driver for a connection that there is."""
    from netmiko.ssh_dispatcher import ssh_dispatcher  # noqa: PLC0415

    def on(line: _Metered) -> "type[BaseConnection]":
        class Prepared(ssh_dispatcher(driver)):  # type: ignore[misc]
            """The driver, on the connection that there is."""

            def _get_ssh_client_instance(self) -> paramiko.SSHClient:
                return _Given(line)

            def session_preparation(self) -> None:
                """Prepare as the driver does, unless it would change the device's configuration for that."""
                if driver not in _WRITING:
                    super().session_preparation()
                elif "to accept" in self._test_channel_read(pattern=r"to accept|[>#$]"):
                    self.write_channel("a\r")  # FortiOS, post-login-banner

            def cleanup(self, command: str = "exit") -> None:
                """Say good-bye; the driver would first look around for ten seconds."""
                self.write_channel(command + self.RETURN)

        return Prepared

    return on


def _first_line(error: Exception) -> str:
    return next((wires.said(line) for line in str(error).splitlines() if line.strip()), type(error).__name__)


class _Session:
    """One device's command line: what privilege it has, and whether it is still in step."""

    def __init__(
        self, console: Console, platform: Platform, credential: Credential, until: float, attempts: Attempts
    ) -> None:
        self.console, self.platform, self.credential, self.until = console, platform, credential, until
        self.attempts = attempts
        self.broken = ""
        self.level: int | None = None
        self.asked_level = False
        self.no_enable = ""

    def answer(self, request: Request) -> Answer:
        """Return the answer to one command, or why there is none."""
        began, asked_at = time.monotonic(), datetime.now(UTC)
        said = self._said(request)
        return Answer(
            request=request,
            channel=Channel.CLI,
            asked_at=asked_at,
            text=said.text,
            problem=said.problem,
            seconds=time.monotonic() - began,
            privilege=self._privilege() if not self.broken else "",
        )

    def _said(self, request: Request) -> Said:
        if not isinstance(request, Cli) or not reads_only(request.command):
            return Said("", f"{request} is not a command that only reads; it was not sent")
        if self.broken:
            return Said("", f"not asked: {self.broken}")
        if request.privileged and (why := self._unprivileged()):
            return Said("", why)
        seconds = min(request.limits.seconds, self.until - time.monotonic())
        if seconds <= 0:
            return Said("", "not asked: the device's time was used up")
        return self._kept(
            self.console.ask(request.command, end=request.end, seconds=seconds, most_bytes=request.limits.bytes)
        )

    def _kept(self, said: Said) -> Said:
        if not said.usable:
            self.broken = f"the session is out of step since {said.problem}"
        return said

    def _unprivileged(self) -> str:
        """Return why a privileged command would not be answered whole, or nothing; tries `enable` once."""
        if self.platform not in SESSION_COMMANDS:
            return ""
        if self.console.prompt.endswith(">"):
            self.no_enable = self.no_enable or self._enable()
            if self.no_enable:
                return self.no_enable
        if not self.asked_level:
            self.asked_level = True
            said = self._kept(self.console.ask("show privilege", end=r"level is \d+", seconds=10, most_bytes=4096))
            found = re.search(r"privilege level is (\d+)", said.text)
            self.level = int(found[1]) if found and not said.problem else None
        if self.level is None:
            return "the device does not say which privilege level the session has, so its answer may lack parts"
        return (
            f"needs privilege level {_FULL_LEVEL}, and the session has {self.level}" if self.level < _FULL_LEVEL else ""
        )

    def _enable(self) -> str:
        """Become privileged, and return why that did not succeed, or nothing."""
        console, secret = self.console, self.credential.enable
        if secret is None:
            return f"needs enable, and the credential {self.credential.name} has no enable secret"
        try:
            with self.attempts.of(f"{self.credential.name} (enable)", self.until):
                self._become_privileged(secret)
        except (AuthenticationRefused, CredentialStopped, TimedOut) as why:
            return str(why)
        except (Lost, OSError):
            self.broken = "the connection was lost"
            return "the connection was lost at enable"
        console.prompt = f"{console.prompt[:-1]}#"
        return ""

    def _become_privileged(self, secret: Secret) -> None:
        """Raise AuthenticationRefused when the device does not let us; Lost and OSError."""
        console = self.console
        prompts = rf"{re.escape(console.prompt[:-1])}[>#]|[Pp]assword:"
        heard = console.tell("enable", prompts, 10)
        if heard.endswith("assword:"):
            heard = console.tell(secret.reveal(), prompts, 10)
        for _ in range(3):  # it asks again after a wrong secret; leave that question
            if heard.endswith("assword:"):
                heard = console.tell("", prompts, 10)
        if not heard.endswith("#"):
            raise AuthenticationRefused(
                f"the device refused enable with the secret of the credential {self.credential.name}"
            )

    def _privilege(self) -> str:
        return f"level {self.level}" if self.level is not None else f"prompt {self.console.prompt[-1:]}"


def reads_only(command: str) -> bool:
    """Whether a command reads and does nothing else: no redirection, no second command, no control character."""
    first, *filters = command.split("|")
    return bool(_READS.fullmatch(first.strip(" "))) and all(_FILTERS.fullmatch(part) for part in filters)
