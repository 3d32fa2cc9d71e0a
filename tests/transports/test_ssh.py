"""Hosts are asked over a real sshd: one session a host, and nothing secret to a host that is not the one it was."""

import logging
import os
import shutil
import subprocess
import threading

import paramiko
import pytest

from auditor.credentials import Secret
from auditor.errors import (
    AuthenticationRefused,
    CredentialMissing,
    HostKeyChanged,
    HostKeyUnknown,
    NoShell,
    ProofInsufficient,
    Unreachable,
)
from auditor.model.asset import Access, Channel
from auditor.model.probe import Limits, Shell
from auditor.transports.base import Last, Remembering
from auditor.transports.become import Becoming
from auditor.transports.host_keys import KnownHosts, RememberedKeys, public_key
from auditor.transports.scope import Scope
from auditor.transports.script import compose
from tests.lab import hostile
from tests.lab.hostile import Raw, wait_until
from tests.lab.sshd import SSHD, Sshd, free_tcp_port, generate_key
from tests.make import asset
from tests.transports.asking import CANARY, Given, ask, refusal, transport

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]


@pytest.fixture(scope="module")
def sshd():
    """Return one sshd for all tests that do not change it."""
    with Sshd() as server:
        yield server


def key_of(server: Sshd, **parts: object) -> Given:
    return Given(user=server.user, key_file=server.client_key, **parts)


def logins(server: Sshd) -> int:
    return server.log.count("Accepted publickey")


def test_one_session_answers_everything(sshd):
    """However many requests there are: one log-in, one shell, all answers in order."""
    ssh = transport(key_of(sshd), KnownHosts(sshd.known_hosts()))
    before = logins(sshd)

    found = ask(
        ssh,
        sshd.port,
        Shell("echo first"),
        Shell("printf 'a\\000b'; exit 3"),
        Shell("no-such-tool"),
        Shell("sleep 30", limits=Limits(seconds=1)),
        Shell("head -c 3000000 /dev/zero | tr '\\0' y", limits=Limits(bytes=2_500_000)),
        Shell("echo last; echo 'a complaint' >&2"),
    )

    assert [answer.text[:6] for answer in found] == ["first\n", "a\0b", "", "", "yyyyyy", "last\n"]
    assert [answer.problem for answer in found] == [
        "",
        "exit status 3",
        "no-such-tool is not installed here",
        "gave no complete answer within 1 s",
        "the answer was cut off after 2500000 bytes",
        "",
    ]
    assert {answer.channel for answer in found} == {Channel.SSH}
    assert found[0].privilege.startswith("root" if os.geteuid() == 0 else sshd.user)
    assert found[3].seconds > 0.9
    assert [answer.asked_at for answer in found] == sorted(answer.asked_at for answer in found)
    assert logins(sshd) == before + 1


def test_a_host_says_only_what_changed():
    """What has the digest of last time is not said again; NULs, refusals and what is new are."""
    large, bound = Shell("seq 200000"), Shell("printf 'a\\000b'")
    asked = [large, bound, Shell("echo three; exit 3"), Shell("cat /proc/sys/kernel/random/uuid")]
    where = asset(addresses=("127.0.0.1",))
    with Sshd(key_types=("ed25519",)) as server:
        ssh = transport(key_of(server), KnownHosts(server.known_hosts()))
        access = Access(channel=Channel.SSH, port=server.port, credential="lab")

        first = ssh.ask_again(where, access, asked, Last("0f" * 32, {}))
        last = Last("0f" * 32, {answer.request: answer.raw for answer in first if answer.raw})
        again = ssh.ask_again(where, access, asked, last)

    assert [answer.unchanged for answer in first] == [False] * 4
    assert [bool(answer.raw) for answer in first] == [True, True, False, True]
    assert first[0].text == "".join(f"{number}\n" for number in range(1, 200_001))
    assert [answer.unchanged for answer in again] == [True, False, False, False]
    assert [again[0].text, again[1].text, again[2].problem] == ["", "a\0b", "exit status 3"]
    assert first[0].raw == again[0].raw
    assert first[3].raw != again[3].raw
    assert isinstance(ssh, Remembering)


def test_sessions_are_closed(sshd):
    """Nothing stays open on either side."""
    ask(transport(key_of(sshd), KnownHosts(sshd.known_hosts())), sshd.port)

    assert wait_until(lambda: not [t for t in threading.enumerate() if isinstance(t, paramiko.Transport)])
    assert wait_until(lambda: not sshd.sessions)


def test_every_loopback_address_is_a_host(sshd):
    """Each with keys of its own in the list."""
    ssh = transport(key_of(sshd), KnownHosts(sshd.known_hosts("127.7.7.7", "127.8.8.8")))

    for host in ("127.7.7.7", "127.8.8.8"):
        assert ask(ssh, sshd.port, host=host)[0].text == "hello\n"
    refusal(HostKeyUnknown, ssh, sshd.port, host="127.9.9.9")


def test_ipv6():
    """Hosts are reached over IPv6 too."""
    try:
        port = free_tcp_port("::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with Sshd(host="::1", key_types=("ed25519",), port=port) as server:
        ssh = transport(key_of(server), KnownHosts(server.known_hosts("::1")))

        assert ask(ssh, server.port, host="::1")[0].text == "hello\n"


def test_addresses_are_tried_in_order(sshd):
    """The first that takes a connection is used; when none does, each reason is told."""
    ssh = transport(key_of(sshd), KnownHosts(sshd.known_hosts("127.7.7.7")), Scope.parse(["127.0.0.0/8"], []))
    dead = free_tcp_port()

    hosts = ("192.0.2.1", "no-such-host.invalid", "127.7.7.7")
    assert ask(ssh, sshd.port, host=hosts)[0].text == "hello\n"
    message = refusal(Unreachable, ssh, dead, host=("192.0.2.1", "127.7.7.7"))
    assert "192.0.2.1 is not in scope.allow" in message
    assert f"127.7.7.7 port {dead}: Connection refused" in message
    assert "has no address" in refusal(Unreachable, ssh, dead, host=())


def test_enrolment_pins_once(sshd):
    """The first contact pins the key; later ones need no enrolment."""
    keys = RememberedKeys()

    assert ask(transport(key_of(sshd), keys, enrol=True), sshd.port)[0].text == "hello\n"
    pinned = keys.pinned("127.0.0.1", sshd.port)
    assert ask(transport(key_of(sshd), keys, enrol=True), sshd.port)[0].text == "hello\n"
    assert ask(transport(key_of(sshd), keys), sshd.port)[0].text == "hello\n"

    assert pinned == (public_key(sshd.public_key("ed25519")),)
    assert keys.pinned("127.0.0.1", sshd.port) == pinned


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_host_with_several_keys_shows_the_one_that_is_known(sshd, kind):
    """A host does not look changed because it has a better key as well."""
    ssh = transport(key_of(sshd), KnownHosts(sshd.known_hosts(kinds=(kind,))))

    assert ask(ssh, sshd.port)[0].text == "hello\n"


def test_host_that_lost_its_pinned_key_type_has_changed():
    """Another type of key is another key."""
    with Sshd(key_types=("ed25519",)) as server:
        rsa = paramiko.RSAKey.generate(2048)
        keys = RememberedKeys()
        keys.pin("127.0.0.1", server.port, public_key(f"ssh-rsa {rsa.get_base64()}"))

        refusal(HostKeyChanged, transport(key_of(server), keys), server.port)
        assert "Accepted" not in server.log
        assert "Failed" not in server.log


def test_fast_algorithms_are_preferred(sshd):
    """curve25519 and AES-GCM where both sides have them."""
    with Sshd(key_types=("ed25519",), extra=("LogLevel DEBUG1",)) as server:
        ask(transport(key_of(server), KnownHosts(server.known_hosts())), server.port)

        assert "kex: algorithm: curve25519-sha256" in server.log
        assert "cipher: aes128-gcm@openssh.com" in server.log


def test_refused_key_names_what_was_tried(sshd, tmp_path):
    """And what the server would take; sshd notes one attempt."""
    generate_key(tmp_path / "stranger", "ed25519")
    ssh = transport(Given(user=sshd.user, key_file=tmp_path / "stranger"), KnownHosts(sshd.known_hosts()))

    message = refusal(AuthenticationRefused, ssh, sshd.port)

    assert f"refused {sshd.user} with the key {tmp_path / 'stranger'}" in message


def test_password_that_is_not_offered_is_not_sent(sshd):
    """A server that takes keys only is told no password."""
    ssh = transport(Given(user=sshd.user, password=Secret(CANARY)), KnownHosts(sshd.known_hosts()))

    message = refusal(ProofInsufficient, ssh, sshd.port)

    assert "password (not offered); it takes publickey" in message


def test_encrypted_key(sshd, tmp_path):
    """Opens with its passphrase; without it or with another one the message says so, and nobody is connected to."""
    shutil.copy(sshd.client_key, tmp_path / "client")
    (tmp_path / "client").chmod(0o600)
    key = paramiko.PKey.from_path(tmp_path / "client")
    generate_key(tmp_path / "locked", "ed25519", CANARY)
    with Raw(hostile.silent) as nobody:
        for given, why in (
            ({}, "it is no private key, or it needs a passphrase"),
            ({"passphrase": Secret("wrong" + CANARY)}, "its passphrase is another one"),
        ):
            ssh = transport(Given(key_file=tmp_path / "locked", **given))
            assert why in refusal(CredentialMissing, ssh, nobody.port)
        assert nobody.connections == 0
    opened = transport(Given(key_file=tmp_path / "locked", passphrase=Secret(CANARY)), KnownHosts(sshd.known_hosts()))
    assert "refused audit with the key" in refusal(AuthenticationRefused, opened, sshd.port)
    assert key.get_name() == "ssh-ed25519"


def test_credential_without_proof_or_user(sshd):
    """Says what to add."""
    assert "key_file, a password or agent" in refusal(CredentialMissing, transport(Given()), sshd.port)
    assert "no user" in refusal(CredentialMissing, transport(Given(user="", password=Secret(CANARY))), sshd.port)


@pytest.fixture
def agent(sshd, tmp_path, monkeypatch):
    """Run an ssh-agent that holds a key that sshd accepts."""
    program = shutil.which("ssh-agent")
    if program is None:
        pytest.skip("ssh-agent is not installed")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    process = subprocess.Popen([program, "-D", "-a", str(tmp_path / "agent")], stdout=subprocess.DEVNULL)
    try:
        assert wait_until((tmp_path / "agent").exists)
        subprocess.run([str(shutil.which("ssh-add")), "-q", str(sshd.client_key)], check=True)
        yield
    finally:
        process.terminate()
        process.wait(5)


@pytest.mark.usefixtures("agent")
def test_agent_is_asked_only_when_the_credential_says_so(sshd):
    """No key of the person who runs auditor is used by accident."""
    known = KnownHosts(sshd.known_hosts())
    before = logins(sshd)

    refusal(ProofInsufficient, transport(Given(user=sshd.user, password=Secret(CANARY)), known), sshd.port)
    assert logins(sshd) == before
    assert ask(transport(Given(user=sshd.user, agent=True), known), sshd.port)[0].text == "hello\n"


def test_agent_without_keys_is_said(sshd, monkeypatch, tmp_path):
    """It is no refusal by the host."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "no-agent"))

    assert "the agent holds no key" in refusal(CredentialMissing, transport(Given(agent=True)), sshd.port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's sshd lets other accounts in")
def test_account_without_a_shell(sshd):
    """Is no asset without answers but an asset with a reason, in the host's own words."""
    given = Given(user="nobody", key_file=sshd.client_key)

    message = refusal(NoShell, transport(given, KnownHosts(sshd.known_hosts())), sshd.port)

    assert "nobody runs no POSIX shell there: This account is currently not available." in message


def test_forced_command():
    """An account that runs something else is noticed."""
    with Sshd(key_types=("ed25519",), extra=("ForceCommand /bin/echo welcome to the appliance",)) as server:
        message = refusal(NoShell, transport(key_of(server), KnownHosts(server.known_hosts())), server.port)

    assert message.endswith("runs no POSIX shell there: welcome to the appliance")


def test_login_that_repeats_the_script():
    """As `head -n 24` does, whose last line is the one with the password, quoted for a shell."""
    asked = Shell("uname")
    lines = compose([asked], "nonce", Becoming(password="it's")).decode().split("\n")
    where = next(number for number, line in enumerate(lines, 1) if line.startswith("P="))
    with Sshd(key_types=("ed25519",), extra=(f"ForceCommand head -n {where}",)) as server:
        known = KnownHosts(server.known_hosts())
        without = refusal(NoShell, transport(key_of(server), known), server.port, asked)
        given = refusal(NoShell, transport(key_of(server, become_password=Secret("it's")), known), server.port, asked)

    assert without.endswith("there: P='' a_tool=sudo a_state=ok")
    assert given.endswith("there: it repeats what it is given")


def test_login_that_ends_before_it_has_the_script():
    """What it said is the reason, not that it would not listen; the script is larger than what a channel buffers."""
    asked = [Shell(f"echo {number}; : {'x' * 1_000_000}") for number in range(4)]
    with Sshd(key_types=("ed25519",), extra=("ForceCommand /bin/echo bye",)) as server:
        ssh = transport(key_of(server), KnownHosts(server.known_hosts()))
        assert refusal(NoShell, ssh, server.port, *asked).endswith("runs no POSIX shell there: bye")


def test_noise_of_the_login_shell_is_no_answer():
    """A profile that prints something does not end up in an answer."""
    noisy = 'ForceCommand echo "profile: \\$PATH"; echo noise >&2; exec /bin/sh -s'
    with Sshd(key_types=("ed25519",), extra=(noisy,)) as server:
        (answer,) = ask(transport(key_of(server), KnownHosts(server.known_hosts())), server.port)

    assert (answer.text, answer.problem) == ("hello\n", "")


def test_nothing_secret_is_logged(sshd, caplog):
    """Not even at the lowest level, and paramiko prints no tracebacks of its own."""
    caplog.set_level(logging.DEBUG)
    given = Given(user=sshd.user, key_file=sshd.client_key, become_password=Secret(CANARY), password=Secret(CANARY))

    ask(transport(given, KnownHosts(sshd.known_hosts())), sshd.port)
    with Raw(hostile.closing) as server:
        refusal(Unreachable, transport(given), server.port)

    assert CANARY not in caplog.text
    assert "Traceback" not in caplog.text


def test_sudo_password_is_not_in_the_process_list(sshd):
    """The script goes over standard input."""
    ssh = transport(key_of(sshd, become_password=Secret(CANARY)), KnownHosts(sshd.known_hosts()))

    (answer,) = ask(ssh, sshd.port, Shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '"))

    assert "/bin/sh -s" in answer.text
    assert CANARY not in answer.text


def test_many_hosts_at_once(sshd):
    """One transport serves many threads; an encrypted or plain key is read once."""
    hosts = [f"127.3.0.{number}" for number in range(1, 13)]
    ssh = transport(key_of(sshd), KnownHosts(sshd.known_hosts(*hosts)), connect_seconds=30.0)
    texts: dict[str, str] = {}

    def work(host: str) -> None:
        texts[host] = ask(ssh, sshd.port, Shell(f"echo {host}"), host=host)[0].text

    threads = [threading.Thread(target=work, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert texts == {host: f"{host}\n" for host in hosts}
