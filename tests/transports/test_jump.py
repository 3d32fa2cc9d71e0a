"""Hosts behind a jump host: both judged, both in scope, one connection to it for all that lie behind."""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from auditor.credentials import Credential, Secret
from auditor.errors import (
    AuthenticationRefused,
    CollectionError,
    CredentialStopped,
    HostKeyChanged,
    HostKeyUnknown,
    OutOfScope,
    TimedOut,
    Unreachable,
)
from auditor.model.asset import Access, Channel, JumpHost
from auditor.model.probe import Shell
from auditor.transports import ssh_jump
from auditor.transports.host_keys import HostKeys, KnownHosts, RememberedKeys, public_key
from auditor.transports.scope import Scope
from auditor.transports.ssh import Ssh
from auditor.transports.ssh_login import SshLogin
from tests.lab import hostile
from tests.lab.hostile import Impostor, Raw, wait_until
from tests.lab.sshd import SSHD, Sshd, free_tcp_port
from tests.make import asset
from tests.transports.asking import CANARY

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

BASTION, TARGET = "127.8.0.1", "127.8.0.2"


class Purse:
    """Credentials by name."""

    def __init__(self, credentials: Mapping[str, Credential]) -> None:
        self.credentials = credentials

    def open(self, name: str) -> Credential:
        """Return a credential."""
        return self.credentials[name]


@pytest.fixture
def bastion() -> Iterator[Sshd]:
    """Return a jump host that notes what is connected through it."""
    with Sshd(host=BASTION, key_types=("ed25519",), extra=("LogLevel DEBUG1",)) as server:
        yield server


@pytest.fixture(scope="module")
def target() -> Iterator[Sshd]:
    """Return what lies behind it."""
    with Sshd(key_types=("ed25519",)) as server:
        yield server


def keys_of(*places: tuple[str, Sshd], shown_by: Sshd | None = None) -> RememberedKeys:
    """Return the servers' own keys, or those of another server, pinned."""
    keys = RememberedKeys()
    for host, server in places:
        keys.pin(host, server.port, public_key((shown_by or server).public_key("ed25519")))
    return keys


def purse(bastion: Sshd, target: Sshd) -> Purse:
    return Purse(
        {
            "bastion": Credential(name="bastion", user=bastion.user, key_file=bastion.client_key),
            "target": Credential(name="target", user=target.user, key_file=target.client_key),
        }
    )


def via(port: int, jump_host: JumpHost | None = None, host: str = BASTION, credential: str = "bastion") -> JumpHost:
    access = Access(channel=Channel.SSH, port=port, credential=credential, jump_host=jump_host)
    return JumpHost(name="bastion-01", addresses=(host,), access=access)


def transport(given: Purse, keys: HostKeys, scope: Scope | None = None, **seconds: float) -> Ssh:
    login = SshLogin(given, keys, scope or Scope(), step_seconds=seconds.get("step", 5.0))
    return Ssh(login, asset_seconds=seconds.get("asset", 60.0))


def ask(ssh: Ssh, port: int, jump: JumpHost, *requests: Shell, host: str = TARGET) -> str:
    access = Access(channel=Channel.SSH, port=port, credential="target", jump=jump.name, jump_host=jump)
    return ssh.ask(asset(addresses=(host,)), access, requests or [Shell("echo hello")])[0].text


def tunnels(server: Sshd) -> list[str]:
    return re.findall(r"server_request_direct_tcpip: originator \S+ port \d+, target (\S+ port \d+)", server.log)


def test_the_way_leads_through_the_jump_host(bastion: Sshd, target: Sshd) -> None:
    """Both log in their own way; the jump host connects to the address that was judged."""
    ssh = transport(purse(bastion, target), keys_of((BASTION, bastion), (TARGET, target)))

    assert ask(ssh, target.port, via(bastion.port)) == "hello\n"
    assert tunnels(bastion) == [f"{TARGET} port {target.port}"]
    assert bastion.log.count("Accepted publickey") == 1


def test_many_hosts_share_one_connection(bastion: Sshd, target: Sshd) -> None:
    """Fifteen at once and one more afterwards: one log-in at the jump host."""
    hosts = [f"127.8.1.{number}" for number in range(1, 16)]
    ssh = transport(purse(bastion, target), keys_of((BASTION, bastion), *((host, target) for host in hosts)), step=30.0)
    told: dict[str, str] = {}

    def work(host: str) -> None:
        told[host] = ask(ssh, target.port, via(bastion.port), Shell(f"echo {host}"), host=host)

    threads = [threading.Thread(target=work, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == {host: f"{host}\n" for host in hosts}
    assert ask(ssh, target.port, via(bastion.port), host=hosts[0]) == "hello\n"
    assert len(tunnels(bastion)) == 16
    assert bastion.log.count("Accepted publickey") == 1


def test_two_jumps_in_a_row(bastion: Sshd, target: Sshd) -> None:
    """Each hop is encrypted for itself, within the one before."""
    with Sshd(host="127.8.0.3", key_types=("ed25519",), extra=("LogLevel DEBUG1",)) as inner:
        given = purse(bastion, target)
        inner_key = Credential(name="inner", user=inner.user, key_file=inner.client_key)
        given = Purse({**given.credentials, "inner": inner_key})
        keys = keys_of((BASTION, bastion), ("127.8.0.3", inner), (TARGET, target))
        second = replace(via(inner.port, via(bastion.port), "127.8.0.3", "inner"), name="inner")

        assert ask(transport(given, keys), target.port, second) == "hello\n"
        assert tunnels(bastion) == [f"127.8.0.3 port {inner.port}"]
        assert tunnels(inner) == [f"{TARGET} port {target.port}"]


def test_an_unused_connection_is_closed(bastion: Sshd, target: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while; the next host behind it makes a new one."""
    monkeypatch.setattr(ssh_jump, "_LINGER", 0.2)
    ssh = transport(purse(bastion, target), keys_of((BASTION, bastion), (TARGET, target)))

    ask(ssh, target.port, via(bastion.port))

    assert wait_until(lambda: not bastion.sessions)
    assert ask(ssh, target.port, via(bastion.port)) == "hello\n"


def test_a_lost_connection_is_made_again(bastion: Sshd, target: Sshd) -> None:
    """A jump host that was restarted is no reason to give up what lies behind it."""
    ssh = transport(purse(bastion, target), keys_of((BASTION, bastion), (TARGET, target)))
    ask(ssh, target.port, via(bastion.port))

    bastion.restart("LogLevel DEBUG1")

    assert wait_until(lambda: not bastion.sessions)
    assert ask(ssh, target.port, via(bastion.port)) == "hello\n"


def failure(kind: type[CollectionError], ssh: Ssh, port: int, jump: JumpHost) -> str:
    with pytest.raises(kind) as caught:
        ask(ssh, port, jump)
    assert type(caught.value) is kind
    return str(caught.value)


def test_neither_may_be_out_of_scope(bastion: Sshd, target: Sshd) -> None:
    """The jump host is connected to by us, and what lies behind it by the jump host: both must be allowed."""
    given, keys = purse(bastion, target), keys_of((BASTION, bastion), (TARGET, target))
    for denied in (BASTION, TARGET):
        ssh = transport(given, keys, Scope.parse([], [denied]))
        assert f"is denied by scope.deny ({denied}/32)" in failure(OutOfScope, ssh, target.port, via(bastion.port))

    assert tunnels(bastion) == []


def test_both_host_keys_are_judged(bastion: Sshd, target: Sshd) -> None:
    """A jump host that is not the one it was gets no credential, and one that is may not pass for what is behind it."""
    given = purse(bastion, target)
    unknown = transport(given, keys_of((TARGET, target)))
    changed = transport(given, keys_of((BASTION, bastion), shown_by=target))
    behind = transport(given, keys_of((BASTION, bastion), (TARGET, target), shown_by=bastion))

    assert "jump host bastion-01: " in failure(HostKeyUnknown, unknown, target.port, via(bastion.port))
    assert "no credential was sent" in failure(HostKeyChanged, changed, target.port, via(bastion.port))
    assert bastion.log.count("Accepted publickey") == 0
    assert TARGET in failure(HostKeyChanged, behind, target.port, via(bastion.port))


def test_a_jump_host_that_leads_nowhere_says_why(bastion: Sshd, target: Sshd) -> None:
    """It may forbid it, or find nobody there."""
    given, keys = purse(bastion, target), keys_of((BASTION, bastion), (TARGET, target))
    closed = free_tcp_port(TARGET)

    assert "bastion-01 has no connection" in failure(Unreachable, transport(given, keys), closed, via(bastion.port))
    bastion.restart("AllowTcpForwarding no")
    assert "forbids to go on" in failure(Unreachable, transport(given, keys), target.port, via(bastion.port))


def test_the_refusals_of_a_jump_host_are_its_own_credential_s(bastion: Sshd, target: Sshd) -> None:
    """And a hundred hosts behind it are one refusal, not a hundred."""
    given, keys = purse(target, target), keys_of((BASTION, bastion), (TARGET, target))
    ssh = transport(given, keys)

    for _ in range(5):
        assert "jump host bastion-01" in failure(AuthenticationRefused, ssh, target.port, via(bastion.port))
    assert bastion.log.count("Failed publickey") == 1
    assert ssh._login.attempts.stopped() == {}


def test_a_stopped_credential_opens_no_jump_host(bastion: Sshd, target: Sshd) -> None:
    """It is refused before anything is sent."""
    ssh = transport(purse(bastion, target), keys_of((BASTION, bastion), (TARGET, target)))
    for _ in range(3):
        with pytest.raises(AuthenticationRefused), ssh._login.attempts.of("bastion"):
            raise AuthenticationRefused("no")

    failure(CredentialStopped, ssh, target.port, via(bastion.port))
    assert bastion.log.count("Accepted publickey") == 0


@pytest.mark.parametrize("behave", [hostile.silent, hostile.greeting_only])
def test_every_hop_has_its_deadline(bastion: Sshd, target: Sshd, behave: hostile.Behaviour) -> None:
    """A hop that hangs is given up, be it the first or the last."""
    with Raw(behave, host=TARGET) as silent, Raw(behave, host="127.8.0.4") as hanging:
        keys = keys_of((BASTION, bastion))
        last = transport(purse(bastion, target), keys, step=1.0)
        first = transport(purse(bastion, target), keys, step=1.0)

        assert TARGET in failure(TimedOut, last, silent.port, via(bastion.port))
        assert "jump host bastion-01" in failure(TimedOut, first, target.port, via(hanging.port, host="127.8.0.4"))
        failure(TimedOut, first, target.port, via(hanging.port, host="127.8.0.4"))
        assert hanging.connections == 1  # what does not answer is not asked again for each host behind it


def test_a_jump_host_that_never_connects_is_given_up(target: Sshd) -> None:
    """It takes the request and says nothing, for ever."""
    with Impostor(hides=True) as server:
        keys = RememberedKeys()
        keys.pin("127.0.0.1", server.port, public_key(f"{server.key.get_name()} {server.key.get_base64()}"))
        given = Purse(
            {
                "bastion": Credential(name="bastion", user="audit", password=Secret(CANARY)),
                "target": Credential(name="target", user="audit", password=Secret(CANARY)),
            }
        )
        ssh = transport(given, keys, step=1.0)

        assert "through the jump host" in failure(TimedOut, ssh, target.port, via(server.port, host="127.0.0.1"))


def test_a_known_hosts_file_serves_jumps_too(bastion: Sshd, target: Sshd) -> None:
    """Each hop is looked up under its own name."""
    path = bastion.known_hosts(BASTION)
    path.write_text(path.read_text() + target.known_hosts(TARGET).read_text())

    assert ask(transport(purse(bastion, target), KnownHosts(path)), target.port, via(bastion.port)) == "hello\n"
