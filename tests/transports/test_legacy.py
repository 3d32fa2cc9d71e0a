"""Devices that speak only SHA-1 are asked by the system's ssh: judged, and given nothing that they need not have."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from auditor.collect.redact import Redactor
from auditor.credentials import Secret
from auditor.errors import (
    AuthenticationRefused,
    CredentialMissing,
    CredentialStopped,
    HostKeyChanged,
    HostKeyUnknown,
    OutOfScope,
    ProofInsufficient,
    TimedOut,
    ToolMissing,
    Unreachable,
)
from auditor.facts.ssh_offered import said
from auditor.model.probe import KeyExchange, Limits, Shell
from auditor.transports.attempts import Attempts
from auditor.transports.host_keys import KnownHosts, RememberedKeys, public_key
from auditor.transports.scope import Scope
from tests.lab import hostile
from tests.lab.hostile import Raw, wait_until
from tests.lab.sshd import SSHD, Sshd, generate_key
from tests.make import Verdict, checks, judged
from tests.transports.asking import CANARY, Given, ask, refusal, transport

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

OLD_KEX = "KexAlgorithms diffie-hellman-group14-sha1"
OLD_KEY = "HostKeyAlgorithms ssh-rsa"
OLD_CIPHER = "Ciphers aes128-cbc"
OLD = (OLD_KEX, OLD_KEY, OLD_CIPHER, "MACs hmac-sha1", "PubkeyAcceptedAlgorithms +ssh-rsa")


@pytest.fixture(scope="module")
def old() -> Iterator[Sshd]:
    """Return a server that speaks nothing that is still safe."""
    with Sshd(key_types=("rsa",), extra=OLD) as server:
        yield server


def key_of(server: Sshd, **parts: object) -> Given:
    return Given(user=server.user, key_file=server.client_key, **parts)


def known(server: Sshd) -> KnownHosts:
    return KnownHosts(server.known_hosts())


@pytest.mark.parametrize("extra", [(OLD_KEX,), (OLD_KEY,), OLD], ids=["key exchange", "host key", "everything"])
def test_what_speaks_only_sha_1_answers(extra: tuple[str, ...]) -> None:
    """By the opt-in alone: without it there is no agreement."""
    with Sshd(key_types=("rsa",), extra=extra) as server:
        ssh = transport(key_of(server), known(server))

        assert "speaks only SHA-1" in refusal(Unreachable, ssh, server.port)
        first, second = ask(ssh, server.port, Shell("echo first"), Shell("echo second >&2; exit 3"), legacy=True)

    assert (first.text, first.problem, first.privilege[:4]) == ("first\n", "", server.user[:4])
    assert second.exit_status == 3


def test_everything_comes_over_one_session(old: Sshd) -> None:
    """However many requests, however large the answer; limits hold as ever."""
    before = old.log.count("Accepted publickey")

    found = ask(
        transport(key_of(old), known(old)),
        old.port,
        Shell("head -c 3000000 /dev/zero | tr '\\0' y"),
        Shell("head -c 3000000 /dev/zero | tr '\\0' y", limits=Limits(bytes=1000)),
        Shell("sleep 30", limits=Limits(seconds=1)),
        Shell("echo 'last'"),
        legacy=True,
    )

    assert [len(answer.text) for answer in found] == [3_000_000, 1000, 0, 5]
    assert found[1].problem == "the answer was cut off after 1000 bytes"
    assert found[2].problem == "gave no complete answer within 1 s"
    assert old.log.count("Accepted publickey") == before + 1
    assert wait_until(lambda: not old.sessions)


def test_a_modern_host_is_asked_as_well_as_ever(tmp_path: Path) -> None:
    """`legacy` adds algorithms; where both sides have better ones, these are used."""
    with Sshd(key_types=("ed25519",), extra=("LogLevel DEBUG1",)) as server:
        (answer,) = ask(transport(key_of(server), known(server)), server.port, legacy=True)

        assert answer.text == "hello\n"
        assert "-sha1" not in next(line for line in server.log.splitlines() if "kex: algorithm:" in line)


# --- who it is ------------------------------------------------------------------------------------------------------


def test_a_changed_key_gets_no_credential(old: Sshd) -> None:
    """Enrolling or not; the key that it shows is named."""
    keys = RememberedKeys()
    keys.pin("127.0.0.1", old.port, public_key(f"ssh-rsa {paramiko.RSAKey.generate(2048).get_base64()}"))
    before = old.log.count("Connection from")

    for enrol in (False, True):
        ssh = transport(Given(user=old.user, password=Secret(CANARY)), keys, enrol=enrol)
        message = refusal(HostKeyChanged, ssh, old.port, legacy=True)
        assert public_key(old.public_key("rsa")).fingerprint in message

    assert wait_until(lambda: old.log.count("Connection from") == before + 2)
    assert "Failed password" not in old.log


def test_an_unknown_key_is_refused_unless_it_is_enrolled(old: Sshd) -> None:
    """Then it is pinned once, in our store, and needed ever after."""
    keys = RememberedKeys()
    message = refusal(HostKeyUnknown, transport(key_of(old), keys), old.port, legacy=True)
    assert public_key(old.public_key("rsa")).fingerprint in message

    ask(transport(key_of(old), keys, enrol=True), old.port, legacy=True)
    assert keys.pinned("127.0.0.1", old.port) == (public_key(old.public_key("rsa")),)
    assert ask(transport(key_of(old), keys), old.port, legacy=True)[0].text == "hello\n"


def test_a_revoked_key_is_refused(old: Sshd, tmp_path: Path) -> None:
    """Whatever else is pinned."""
    key = old.public_key("rsa")
    (tmp_path / "known").write_text(f"@revoked * {key}\n[127.0.0.1]:{old.port} {key}\n")

    message = refusal(HostKeyChanged, transport(key_of(old), KnownHosts(tmp_path / "known")), old.port, legacy=True)
    assert "revoked" in message


def test_the_scope_is_not_left(old: Sshd) -> None:
    """The address that was judged is the one that ssh is given."""
    ssh = transport(key_of(old), known(old), Scope.parse([], ["127.0.0.0/8"]))

    for host in ("127.0.0.1", "localhost", "-oProxyCommand=touch /tmp/x"):
        assert host in refusal(OutOfScope, ssh, old.port, host=host, legacy=True)


# --- who we are -----------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_refused_and_counted() -> None:
    """Three times on twenty hosts, as everywhere."""
    with Sshd(key_types=("rsa",), extra=(*OLD, "PasswordAuthentication yes")) as server:
        attempts = Attempts(3)
        given = Given(user=server.user, password=Secret(CANARY))
        ssh = transport(given, RememberedKeys(), enrol=True, connect_seconds=30.0, attempts=attempts)
        for number in range(3):
            message = refusal(AuthenticationRefused, ssh, server.port, host=f"127.9.0.{number + 1}", legacy=True)
            assert f"refused {server.user}" in message
        refusal(CredentialStopped, ssh, server.port, host="127.9.0.9", legacy=True)

        assert server.log.count("Failed password for") == 3
    assert attempts.stopped() == {"lab": 3}


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("chpasswd") is None, reason="needs an account with a password")
def test_a_right_password_is_told_by_askpass_and_nowhere_else(tmp_path: Path) -> None:
    """Not in the process list, the environment, or a file."""
    account = "auditorlab"
    subprocess.run(["useradd", "-M", "-d", "/", "-s", "/bin/sh", account], check=True)  # noqa: S607
    try:
        subprocess.run(["chpasswd"], input=f"{account}:{CANARY}".encode(), check=True)  # noqa: S607
        with Sshd(key_types=("rsa",), extra=(*OLD, "PasswordAuthentication yes", "UsePAM no")) as server:
            given = Given(user=account, password=Secret(CANARY))
            seen: list[str] = []
            over = threading.Event()

            def watch() -> None:
                while not over.wait(0.01):
                    for place in (*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")):
                        try:
                            seen.append(place.read_bytes().decode("latin-1"))
                        except OSError:
                            continue

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                (answer,) = ask(transport(given, known(server)), server.port, legacy=True)
            finally:
                over.set()
                watcher.join()
    finally:
        subprocess.run(["userdel", account], check=True)  # noqa: S607

    assert (answer.text, answer.problem) == ("hello\n", "")
    assert any("-oHostKeyAlias=" in text for text in seen)
    assert not [text for text in seen if CANARY in text]


def test_an_encrypted_key_opens_with_its_passphrase(old: Sshd, tmp_path: Path) -> None:
    """And with no other."""
    shutil.copy(old.client_key, tmp_path / "locked")
    (tmp_path / "locked").chmod(0o600)
    program = str(shutil.which("ssh-keygen"))
    subprocess.run([program, "-q", "-p", "-P", "", "-N", CANARY, "-f", str(tmp_path / "locked")], check=True)

    def given(passphrase: str) -> Given:
        return Given(user=old.user, key_file=tmp_path / "locked", passphrase=Secret(passphrase))

    assert ask(transport(given(CANARY), known(old)), old.port, legacy=True)[0].text == "hello\n"
    with Raw(hostile.silent) as nobody:
        refusal(CredentialMissing, transport(given("another")), nobody.port, legacy=True)
        assert nobody.connections == 0


def test_a_stranger_s_key_is_refused(old: Sshd, tmp_path: Path) -> None:
    """The person's own keys and agent are not tried instead."""
    generate_key(tmp_path / "stranger", "rsa")
    ssh = transport(Given(user=old.user, key_file=tmp_path / "stranger"), known(old))

    assert "it takes publickey" in refusal(AuthenticationRefused, ssh, old.port, legacy=True)


def test_a_device_that_wants_other_proofs_refuses_nothing(old: Sshd) -> None:
    """It is sent no password, and the credential is not counted as wrong."""
    attempts = Attempts(1)
    ssh = transport(Given(user=old.user, password=Secret(CANARY)), known(old), attempts=attempts)

    assert "it takes publickey" in refusal(ProofInsufficient, ssh, old.port, legacy=True)
    assert attempts.stopped() == {}


def test_nothing_to_prove_with_is_said_before_connecting() -> None:
    """As by the other transport."""
    with Raw(hostile.silent) as nobody:
        assert "key_file, a password or agent" in refusal(
            CredentialMissing, transport(Given()), nobody.port, legacy=True
        )
        assert nobody.connections == 0


# --- what may go wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (hostile.silent, TimedOut),
        (hostile.dripping, TimedOut),
        (hostile.greeting_only, TimedOut),
        (hostile.closing, Unreachable),
    ],
)
def test_a_server_that_is_none_is_given_up(behave: hostile.Behaviour, kind: type[Exception]) -> None:
    """In time, and the process that was started ends with it."""
    with Raw(behave) as server:
        ssh = transport(Given(password=Secret(CANARY)), connect_seconds=0.5)
        message = refusal(kind, ssh, server.port, legacy=True)

    assert message.isprintable()


def test_a_missing_program_is_named(old: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setenv("PATH", "/nonexistent")

    assert "apt install openssh-client" in refusal(ToolMissing, transport(key_of(old)), old.port, legacy=True)


def test_nothing_is_left_behind(old: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, and no process."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    ask(transport(key_of(old), known(old)), old.port, legacy=True)
    refusal(HostKeyUnknown, transport(key_of(old)), old.port, legacy=True)

    assert list(tmp_path.iterdir()) == []
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "ssh"]


# --- what the server offers -----------------------------------------------------------------------------------------


def test_what_is_offered_is_known_from_a_session_and_from_none(old: Sshd, tmp_path: Path) -> None:
    """Of a modern host without another connection; of an old one although no agreement is possible."""
    with Sshd(key_types=("ed25519",)) as server:
        hello, modern = ask(transport(key_of(server), known(server)), server.port, Shell("echo hello"), KeyExchange())
        (alone,) = ask(transport(key_of(server), known(server)), server.port, KeyExchange())

        assert (hello.text, modern.problem, alone.text) == ("hello\n", "", modern.text)
        assert wait_until(lambda: server.log.count("Connection from") >= 2)
        assert server.log.count("Accepted publickey") == 1
        (offer,) = said.read(modern).servers
        assert offer.port == server.port
        assert offer.product.startswith("OpenSSH_")
        assert offer.host_keys == ("ssh-ed25519",)

    unasked, told = ask(transport(key_of(old)), old.port, Shell("echo hello"), KeyExchange())
    answered, again = ask(transport(key_of(old), known(old)), old.port, Shell("echo hello"), KeyExchange(), legacy=True)

    assert "speaks only SHA-1 key exchange" in unasked.problem
    assert (answered.text, again.text) == ("hello\n", told.text)
    (offer,) = said.read(told).servers
    assert offer.host_keys == ("ssh-rsa",)
    assert offer.key_exchange is not None
    assert offer.key_exchange[0] == "diffie-hellman-group14-sha1"
    assert (offer.ciphers, offer.macs) == (("aes128-cbc",), ("hmac-sha1",))


def test_speaking_only_sha_1_is_a_finding_where_no_agreement_was_possible(old: Sshd) -> None:
    """The checks of what is offered fail, from the server's own words; nothing is unknown for want of a session."""
    judging = checks("ssh_offered")
    (told,) = ask(transport(key_of(old)), old.port, KeyExchange())
    redacted = Redactor(bytes(32)).said_to(told.request, told.text)

    fact = said.read(replace(told, text=redacted))
    wrong = [judging.key_exchange, judging.host_keys, judging.ciphers, judging.macs]

    assert redacted == told.text
    assert [judged(check, fact).verdict for check in wrong] == [Verdict.FAIL] * 4


@pytest.mark.parametrize("legacy", [False, True])
def test_a_server_that_does_not_prove_who_it_is_shows_nothing(old: Sshd, legacy: bool) -> None:  # noqa: FBT001
    """What a stranger offers is not the asset's, and a host that lets nobody in has not answered."""
    with Sshd(key_types=("rsa",)) as server:
        keys = RememberedKeys()
        keys.pin("127.0.0.1", server.port, public_key(old.public_key("rsa")))
        for requests in ((KeyExchange(),), (Shell("echo hello"), KeyExchange())):
            changed = refusal(HostKeyChanged, transport(key_of(server), keys), server.port, *requests, legacy=legacy)
            assert "is pinned" in changed
            unknown = refusal(HostKeyUnknown, transport(key_of(server)), server.port, *requests, legacy=legacy)
            assert "is not known" in unknown
        given = Given(user=server.user, password=Secret(CANARY))
        message = refusal(ProofInsufficient, transport(given, known(server)), server.port, *requests, legacy=legacy)
        assert "publickey" in message


def test_no_greeting_is_no_answer() -> None:
    """A server that says nothing gives the reason to every request."""
    with Raw(hostile.greeting_only) as server:
        ssh = transport(Given(password=Secret(CANARY)), connect_seconds=0.5)
        for requests in ((Shell("echo hello"), KeyExchange()), (KeyExchange(),)):
            assert "did not finish the key exchange in time" in refusal(TimedOut, ssh, server.port, *requests)
