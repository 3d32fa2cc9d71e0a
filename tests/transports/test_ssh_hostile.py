"""Servers that hang, drip, flood, lie or are not who they were get no secret and hold nothing up."""

import re

import paramiko
import pytest

from auditor.credentials import Secret
from auditor.errors import (
    AuthenticationRefused,
    CollectionError,
    HostKeyChanged,
    HostKeyUnknown,
    NoShell,
    OutOfScope,
    TimedOut,
    Undeclared,
    Unreachable,
)
from auditor.model.probe import Limits, Shell, Snmp
from auditor.transports.host_keys import KnownHosts, RememberedKeys, public_key
from auditor.transports.scope import Scope
from tests.lab import hostile
from tests.lab.hostile import Impostor, Raw
from tests.lab.sshd import generate_key
from tests.transports.asking import CANARY, Given, ask, refusal, transport


def test_scope_is_not_left():
    """No packet goes to an address that is out of scope, nor to a name that stands for one."""
    with Raw(hostile.silent) as server:
        ssh = transport(Given(password=Secret(CANARY)), scope=Scope.parse([], ["127.0.0.0/8"]))
        for host in ("127.0.0.1", "::ffff:127.0.0.1", "localhost"):
            refusal(OutOfScope, ssh, server.port, host=host)
        refusal(OutOfScope, ssh, server.port, host="0177.1")

        assert server.connections == 0


def test_unknown_host_key_is_refused_before_authentication():
    """Without enrolment; the message has what a person needs to compare."""
    with Impostor() as server:
        message = refusal(HostKeyUnknown, transport(Given(password=Secret(CANARY))), server.port)

        assert public_key(f"{server.key.get_name()} {server.key.get_base64()}").fingerprint in message
        assert "--enrol" in message
        assert server.attempts == []


def test_changed_host_key_gets_no_credential(tmp_path):
    """Neither password nor key is offered, with or without enrolment; the pinned key stays."""
    generate_key(tmp_path / "client", "ed25519")
    with Impostor() as server:
        other = paramiko.ECDSAKey.generate()
        pinned = public_key(f"{other.get_name()} {other.get_base64()}")
        keys = RememberedKeys()
        keys.pin("127.0.0.1", server.port, pinned)
        for enrol in (False, True):
            given = Given(password=Secret(CANARY), key_file=tmp_path / "client")
            message = refusal(HostKeyChanged, transport(given, keys, enrol=enrol), server.port)
            assert pinned.fingerprint in message
            assert "no credential was sent" in message

        assert server.attempts == []
        assert keys.pinned("127.0.0.1", server.port) == (pinned,)


def test_credential_is_sent_to_the_pinned_host():
    """The counterpart: the same server with its own key pinned is offered the password."""
    with Impostor(accepts=False) as server:
        keys = RememberedKeys()
        keys.pin("127.0.0.1", server.port, public_key(f"{server.key.get_name()} {server.key.get_base64()}"))
        refusal(AuthenticationRefused, transport(Given(password=Secret(CANARY)), keys), server.port)

        assert server.attempts == [("password", CANARY)]


def test_revoked_key_is_refused(tmp_path):
    """Whatever else is pinned, and also while enrolling."""
    with Impostor() as server:
        key = f"{server.key.get_name()} {server.key.get_base64()}"
        (tmp_path / "known").write_text(f"@revoked * {key}\n[127.0.0.1]:{server.port} {key}\n")
        known = KnownHosts(tmp_path / "known")

        message = refusal(HostKeyChanged, transport(Given(password=Secret(CANARY)), known, enrol=True), server.port)

        assert "is revoked" in message
        assert server.attempts == []


def test_second_address_of_an_asset_must_show_the_pinned_key():
    """Who blocks the first address cannot pass for the host on the second, not even while enrolling."""
    with Impostor() as server:
        other = paramiko.ECDSAKey.generate()
        keys = RememberedKeys()
        keys.pin("127.0.0.9", server.port, public_key(f"{other.get_name()} {other.get_base64()}"))

        ssh = transport(Given(password=Secret(CANARY)), keys, enrol=True)
        refusal(HostKeyChanged, ssh, server.port, host=("127.0.0.9", "127.0.0.1"))

        assert server.attempts == []


def test_password_after_a_refused_key(tmp_path):
    """All that a credential has is tried, the key first."""
    generate_key(tmp_path / "client", "ed25519")
    with Impostor(session=hostile.no_shell, accepts=False) as server:
        given = Given(password=Secret(CANARY), key_file=tmp_path / "client")
        message = refusal(AuthenticationRefused, transport(given, enrol=True), server.port)

        assert [method for method, _ in server.attempts] == ["publickey", "password"]
        assert message.endswith(f"refused audit with the key {tmp_path / 'client'}, password")


def test_other_requests_are_refused_before_connecting():
    """Shell commands are carried, and nothing else."""
    with Raw(hostile.silent) as server:
        refusal(Undeclared, transport(Given(password=Secret(CANARY))), server.port, Snmp(("1.3",)))
        assert server.connections == 0


@pytest.mark.parametrize(
    ("behave", "kind", "why"),
    [
        (hostile.silent, TimedOut, "never said that it speaks SSH"),
        (hostile.dripping, TimedOut, "never said that it speaks SSH"),
        (hostile.flooding, TimedOut, "never said that it speaks SSH"),
        (hostile.greeting_only, TimedOut, "did not finish the key exchange in time"),
        (hostile.web_server, Unreachable, "does not speak SSH|closed the connection without saying that it speaks SSH"),
        (hostile.closing, Unreachable, "closed the connection"),
    ],
)
def test_server_that_is_none(behave, kind, why):
    """Is given up in time, with a reason."""
    with Raw(behave) as server:
        message = refusal(kind, transport(Given(password=Secret(CANARY)), connect_seconds=1.0), server.port)

    assert re.search(why, message)
    assert message.isprintable()


@pytest.mark.parametrize(
    ("session", "problems"),
    [
        (hostile.endless, ["the answer was cut off after 1000 bytes", "not asked: the output had no end"]),
        (
            hostile.dripping_answer,
            [
                "the answer was cut off: the time for this asset was up",
                "not asked: the time for this asset was up",
            ],
        ),
        (hostile.hang_up_inside, ["", "the answer was cut off: the connection closed"]),
    ],
)
def test_host_that_does_not_end_its_answer(session, problems):
    """What it said before stays, and the rest has a reason; the session is closed at the deadline."""
    with Impostor(session=session) as server:
        ssh = transport(Given(password=Secret(CANARY)), enrol=True, asset_seconds=3.0)
        requests = [Shell(word, limits=Limits(seconds=600, bytes=1000)) for word in ("first", "second")]
        found = ask(ssh, server.port, *requests)

    assert [answer.problem for answer in found] == problems
    assert CANARY not in repr(found)


def test_request_that_is_not_ended_is_given_up_before_the_asset():
    """The host's own limits are not trusted."""
    with Impostor(session=hostile.dripping_answer) as server:
        ssh = transport(Given(password=Secret(CANARY)), enrol=True, asset_seconds=60.0)
        (answer,) = ask(ssh, server.port, Shell("a", limits=Limits(seconds=0.1)))

    assert answer.problem == "the answer was cut off: a command did not end within its time"
    assert set(answer.text) == {"."}


def test_host_that_only_complains():
    """Standard error without end, and no answer: the deadline ends it."""
    with Impostor(session=hostile.complaining) as server:
        ssh = transport(Given(password=Secret(CANARY)), enrol=True, asset_seconds=2.0)

        assert "the time for this asset was up" in refusal(TimedOut, ssh, server.port)


def test_host_that_opens_no_shell():
    """An exec request that is never answered does not hang the audit."""
    with Impostor(session=None) as server:
        ssh = transport(Given(password=Secret(CANARY)), enrol=True, connect_seconds=1.0)

        assert "opened no shell in time" in refusal(TimedOut, ssh, server.port)


def test_appliance_is_no_posix_host():
    """What it says is shown without its escape sequences."""
    with Impostor(session=hostile.no_shell) as server:
        message = refusal(NoShell, transport(Given(password=Secret(CANARY)), enrol=True), server.port)

    assert "Invalid input detected" in message
    assert message.isprintable()


def old(kex: tuple[str, ...] = (), keys: tuple[str, ...] = (), ciphers: tuple[str, ...] = ()):
    """Return what makes an impostor offer only some algorithms, whether it could speak them or not."""

    def shape(wire: paramiko.Transport) -> None:
        wire._preferred_kex = kex or wire._preferred_kex
        wire._preferred_ciphers = ciphers or wire._preferred_ciphers
        if keys:
            wire._preferred_keys = keys
            wire.server_key_dict = dict.fromkeys(keys, paramiko.RSAKey.generate(2048))

    return shape


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (
            old(kex=("diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1")),
            "speaks only SHA-1 key exchange (diffie-hellman-group14-sha1, diffie-hellman-group1-sha1)",
        ),
        (old(keys=("ssh-rsa",)), "speaks only SHA-1 signatures (ssh-rsa)"),
        (old(ciphers=("arcfour", "blowfish-cbc")), "speaks only old algorithms (arcfour, blowfish-cbc)"),
    ],
    ids=["key exchange", "host key", "cipher"],
)
def test_old_peers_are_named(shape, why):
    """`No connection` would hide the finding that this is."""
    with Impostor(shape=shape) as server:
        message = refusal(Unreachable, transport(Given(password=Secret(CANARY)), enrol=True), server.port)

        assert why in message
        assert server.attempts == []


def test_errors_are_collection_errors():
    """So that the engine can turn each into the reason of an unknown result."""
    with Impostor() as server, pytest.raises(CollectionError):
        ask(transport(Given(password=Secret(CANARY))), server.port)


def test_host_that_hangs_at_the_log_in():
    """It is given up in time, and is no refusal of the credential."""
    with Impostor(hangs=True) as server:
        ssh = transport(Given(password=Secret(CANARY)), enrol=True, connect_seconds=1.0)

        assert "did not answer to the log-in of audit in time" in refusal(TimedOut, ssh, server.port)
        assert server.attempts == [("password", CANARY)]


def test_one_line_of_ten_megabytes():
    """It is one long text, cut at the cap."""

    def long_line(channel, script, ended):
        n = hostile.nonce_of(script)
        channel.sendall_stderr(b"\n%s B 0\n\n%s S 0 0\n\n%s Z\n" % (n, n, n))
        channel.sendall(b"\n%s H 0 root group sudo self\n\n%s B 0 a_run\n" % (n, n))
        channel.sendall(b"x" * 10_000_000)
        channel.sendall(b"\n%s E 0 0\n\n%s Z\n" % (n, n))

    with Impostor(session=long_line) as server:
        ssh = transport(Given(password=Secret(CANARY)), enrol=True)
        (whole,) = ask(ssh, server.port, Shell("a", limits=Limits(bytes=10_000_000)))
        (cut,) = ask(ssh, server.port, Shell("a", limits=Limits(bytes=1_000)))

    assert (len(whole.text), whole.problem) == (10_000_000, "")
    assert (len(cut.text), cut.problem) == (1_000, "the answer was cut off after 1000 bytes")
