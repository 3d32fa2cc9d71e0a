"""Ask POSIX hosts by SSH (paramiko 5): one handshake, one shell and one script a host, however many the requests."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from auditor.credentials import Credential
from auditor.errors import NoShell, TimedOut
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request, Shell
from auditor.transports import ssh_wire as wires
from auditor.transports.base import Last
from auditor.transports.become import Becoming
from auditor.transports.script import compose, new_nonce, shell_requests
from auditor.transports.ssh_login import Greeting, SshLogin
from auditor.transports.ssh_offer import with_greeting
from auditor.transports.transcript import Transcript


class Ssh:
    """The transport to hosts with an SSH server and a POSIX shell."""

    def __init__(self, login: SshLogin, *, asset_seconds: float = 300.0) -> None:
        """Give a host `asset_seconds` for everything that is asked of it."""
        self._login, self._asset_seconds = login, asset_seconds

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when no session could be had."""
        return self._greeted(asset, access, requests, None)

    def ask_again(self, asset: Asset, access: Access, requests: Sequence[Request], last: Last) -> list[Answer]:
        """Return one answer a request; the host leaves unsaid what has the digest that it had last time.

        Complete answers have their `raw`. Where a host has no digest tool everything is said. Raises as `ask` does.
        """
        return self._greeted(asset, access, requests, last)

    def _greeted(self, asset: Asset, access: Access, requests: Sequence[Request], last: Last | None) -> list[Answer]:
        def ask(others: Sequence[Request], greeting: Greeting) -> list[Answer]:
            return self._ask(asset, access, shell_requests(others), last, greeting)

        def greet(greeting: Greeting) -> None:
            self._login.greet(asset, access, time.monotonic() + self._asset_seconds, greeting)

        return with_greeting(access, requests, ask, greet)

    def _ask(
        self, asset: Asset, access: Access, requests: Sequence[Shell], last: Last | None, greeting: Greeting
    ) -> list[Answer]:
        credential = self._login.credential(access)
        deadline = time.monotonic() + self._asset_seconds
        nonce = new_nonce()
        transcript = Transcript(requests, nonce, last)
        becoming = _becoming(credential)
        script = compose(requests, nonce, becoming, last)
        with self._login.session(asset, access, credential, deadline, greeting) as session:
            asked_at = datetime.now(UTC)
            channel = session.shell(script, self._login.until(deadline))
            stopped = _follow(channel, transcript, deadline)
        if not transcript.started:
            said = _without_password(transcript.noise, becoming)
            if stopped:
                raise TimedOut(f"{session.target}: {stopped}" + (said and f": {said}"))
            said = said or "nothing was said"
            raise NoShell(f"{session.target}: {session.user} runs no POSIX shell there: {said}")
        return transcript.answers(Channel.SSH, asked_at, stopped)


def _becoming(credential: Credential) -> Becoming:
    return Becoming(credential.become, credential.become_password.reveal() if credential.become_password else "")


def _without_password(noise: str, becoming: Becoming) -> str:
    """Return what a login said, but not where it repeats the line of the script that holds the password.

    There the password is quoted for a shell, which redaction would not know again.
    """
    return "it repeats what it is given" if becoming.password and "P=" in noise else noise


def _follow(channel: wires.Talk, transcript: Transcript, deadline: float) -> str:
    """Read until the script is through; return why it was not, or nothing when the connection ended."""
    for text, complaint in wires.pieces(channel, lambda: transcript.left(time.monotonic(), deadline)):
        now = time.monotonic()
        if text:
            transcript.out(text, now)
        if complaint:
            transcript.complain(complaint)
        if transcript.done:
            break
        if why := transcript.stop(now, deadline):
            return why
    return ""
