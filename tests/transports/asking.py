"""Ask hosts over SSH with credentials as they are, and catch what goes wrong."""

import traceback

import pytest

from auditor.credentials import Credential
from auditor.model.asset import Access, Channel
from auditor.model.probe import Shell
from auditor.transports.host_keys import RememberedKeys
from auditor.transports.scope import Scope
from auditor.transports.ssh import Ssh
from auditor.transports.ssh_login import SshLogin
from tests.make import asset

CANARY = "canary-7f2e9"


class Given:
    """Credentials given as they are."""

    def __init__(self, **parts: object) -> None:
        self.credential = Credential(name="lab", **{"user": "audit", **parts})

    def open(self, name: str) -> Credential:
        """Return the one credential."""
        assert name == "lab"
        return self.credential


def transport(
    credentials,
    host_keys=None,
    scope=Scope(),  # noqa: B008
    *,
    enrol=False,
    connect_seconds=5.0,
    asset_seconds=300.0,
    attempts=None,
):
    keys = host_keys or RememberedKeys()
    login = SshLogin(credentials, keys, scope, enrol=enrol, step_seconds=connect_seconds, attempts=attempts)
    return Ssh(login, asset_seconds=asset_seconds)


def ask(ssh, port, *requests, host="127.0.0.1", legacy=False):
    hosts = (host,) if isinstance(host, str) else tuple(host)
    access = Access(channel=Channel.SSH, port=port, credential="lab", legacy=legacy)
    return ssh.ask(asset(addresses=hosts), access, requests or [Shell("echo hello")])


def refusal(kind, *arguments, **options) -> str:
    """Return the message of the error that asking ends with; the canary is nowhere in it."""
    with pytest.raises(kind) as caught:
        ask(*arguments, **options)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert type(caught.value) is kind
    return str(caught.value)
