"""Ask POSIX hosts by SSH (paramiko 5): one handshake, one shell and one script a host, however many the requests."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import paramiko

from auditor.errors import NoShell, TimedOut
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request
from auditor.transports import ssh_wire as wires
from auditor.transports.script import compose, shell_requests
from auditor.transports.ssh_login import SshLogin
from auditor.transports.transcript import Transcript


class Ssh:
    """The transport to hosts with an SSH server and a POSIX shell."""

    def __init__(self, login: SshLogin, *, asset_seconds: float = 300.0) -> None:
        """Give a host `asset_seconds` for everything that is asked of it."""
        self._login, self._asset_seconds = login, asset_seconds

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when no session could be had."""
        shells = shell_requests(requests)
        credential = self._login.credential(access)
        deadline = time.monotonic() + self._asset_seconds
        nonce = secrets.token_hex(16)
        transcript = Transcript(shells, nonce)
        sudo = credential.become_password.reveal() if credential.become_password else ""
        with self._login.session(asset, access, credential, deadline) as session:
            asked_at = datetime.now(UTC)
            script = compose(shells, nonce, sudo)
            channel = wires.open_shell(session.wire, session.target, script, self._login.until(deadline))
            stopped = _follow(channel, transcript, deadline)
        if not transcript.started:
            if stopped:
                raise TimedOut(f"{session.target}: {stopped}")
            said = transcript.noise or "nothing was said"
            raise NoShell(f"{session.target}: {session.user} runs no POSIX shell there: {said}")
        return transcript.answers(Channel.SSH, asked_at, stopped)


def _follow(channel: paramiko.Channel, transcript: Transcript, deadline: float) -> str:
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
