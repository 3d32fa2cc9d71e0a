"""A refused credential is stopped before it locks an account: over threads, processes and a fleet of real servers."""

import multiprocessing
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.credentials import Secret
from auditor.errors import AuthenticationRefused, CollectionError, CredentialStopped, TimedOut, Unreachable
from auditor.transports.attempts import Attempts
from auditor.transports.host_keys import RememberedKeys
from tests.lab.sshd import SSHD, Sshd, generate_key
from tests.transports.asking import CANARY, Given, ask, transport

LIMIT = 3


def refused(attempts: Attempts, name: str = "lab", sent: Callable[[], object] = lambda: None) -> str:
    """Send a credential that is refused; return the error that this ends with."""
    try:
        with attempts.of(name):
            sent()
            raise AuthenticationRefused("no")
    except CollectionError as why:
        return str(why)


def accepted(attempts: Attempts, times: int = 1, name: str = "lab") -> None:
    for _ in range(times):
        with attempts.of(name):
            pass


def together(count: int, work: Callable[[int], object]) -> None:
    """Run work in so many threads at once."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def under_way_at_most(attempts: Attempts, most: int) -> bool:
    """Whether exactly so many blocks can run at once: all but one more get to the barrier."""
    barrier = threading.Barrier(most)
    late: list[str] = []

    def work(_: int) -> None:
        with attempts.of("lab"):
            barrier.wait(10)
            if not late:  # the first who passes looks for a free turn while all are still inside
                late.append("")
                try:
                    with attempts.of("lab", time.monotonic() + 0.05):
                        late[0] = "there was room for one more"
                except TimedOut:
                    pass
            barrier.wait(10)

    together(most, work)
    return late == [""]


def test_the_fourth_attempt_is_not_made() -> None:
    """Nor is any other, and other credentials are not concerned."""
    attempts = Attempts(LIMIT)
    sent: list[int] = []

    told = [refused(attempts, sent=lambda: sent.append(1)) for _ in range(5)]

    assert told == ["no"] * 3 + ["credential lab stopped after 3 refusals"] * 2
    assert len(sent) == LIMIT
    assert attempts.stopped() == {"lab": 3}
    with pytest.raises(CredentialStopped):
        attempts.check("lab")
    attempts.check("other")
    accepted(attempts, name="other")


def test_success_does_not_buy_back_refusals() -> None:
    """An account counts its refusals over a day, whatever lies between."""
    attempts = Attempts(LIMIT)

    for _ in range(2):
        accepted(attempts, 50)
        refused(attempts)
    assert attempts.stopped() == {}
    refused(attempts)

    assert attempts.stopped() == {"lab": 3}


def test_what_is_no_refusal_is_not_counted() -> None:
    """A host that hangs or hangs up has not judged the credential; its turn is free again."""
    attempts = Attempts(LIMIT)
    for _ in range(10):
        with pytest.raises(Unreachable), attempts.of("lab"):
            raise Unreachable("gone")

    assert attempts.stopped() == {}
    assert under_way_at_most(attempts, LIMIT)


def test_many_threads_with_a_wrong_credential_send_it_three_times() -> None:
    """Not one more is under way when the third refusal comes, and nobody is left waiting."""
    attempts, sent, told = Attempts(LIMIT), [], []

    def work(number: int) -> None:
        told.append(refused(attempts, sent=lambda: (sent.append(number), time.sleep(0.01))))

    together(40, work)

    assert len(sent) == LIMIT
    assert told.count("credential lab stopped after 3 refusals") == 37


def test_forked_processes_share_the_count() -> None:
    """Three refusals among four processes with five threads each."""
    fork = multiprocessing.get_context("fork")
    attempts, sent = Attempts(LIMIT, ["lab"]), fork.Value("i", 0)

    def send() -> None:
        with sent.get_lock():
            sent.value += 1
        time.sleep(0.01)

    def work() -> None:
        together(5, lambda _: refused(attempts, sent=send))

    processes = [fork.Process(target=work) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)

    assert [process.exitcode for process in processes] == [0] * 4
    assert sent.value == LIMIT
    assert attempts.stopped() == {"lab": LIMIT}


@pytest.mark.parametrize(
    ("before", "most"),
    [
        (lambda attempts: None, 3),
        (lambda attempts: accepted(attempts, 7), 3),
        (lambda attempts: accepted(attempts, 80), 13),
        (lambda attempts: accepted(attempts, 5000), 32),
        (lambda attempts: (accepted(attempts, 5000), refused(attempts)), 2),
        (lambda attempts: (refused(attempts), accepted(attempts, 5000), refused(attempts)), 1),
    ],
    ids=["unproven", "hardly proven", "proven", "well proven", "proven and refused", "refused twice"],
)
def test_how_many_may_be_under_way_at_once(before: Callable[[Attempts], object], most: int) -> None:
    """Success is not made to queue; doubt is."""
    attempts = Attempts(LIMIT)
    before(attempts)

    assert under_way_at_most(attempts, most)


def test_who_waits_has_a_deadline_of_their_own() -> None:
    """Hosts that hang at the log-in do not take the others with them for ever."""
    attempts = Attempts(1)

    late = time.monotonic() + 0.05

    with attempts.of("lab"), pytest.raises(TimedOut, match="others were still"), attempts.of("lab", late):
        pass
    accepted(attempts)


def test_a_limit_of_nothing_is_refused() -> None:
    """It would stop what was never tried."""
    with pytest.raises(ValueError, match="tried once"):
        Attempts(0)


# --- a fleet of real servers ----------------------------------------------------------------------------------------


def needs_sshd(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that starts servers."""
    return pytest.mark.lab(pytest.mark.skipif(SSHD is None, reason="sshd is not installed")(test))


def audit(ssh: object, places: list[tuple[str, int]]) -> dict[str, str]:
    """Ask every host at once; return what each said, or why it said nothing."""
    told: dict[str, str] = {}

    def work(number: int) -> None:
        host, port = places[number]
        try:
            told[host] = ask(ssh, port, host=host)[0].text
        except CollectionError as why:
            told[host] = str(why)

    together(len(places), work)
    return told


@needs_sshd
def test_a_wrong_password_reaches_three_hosts_of_twenty() -> None:
    """As their own log counts them; the others are told why they were not asked."""
    with Sshd(key_types=("ed25519",), extra=("PasswordAuthentication yes",)) as server:
        attempts = Attempts(LIMIT)
        given = Given(user=server.user, password=Secret(CANARY))
        ssh = transport(given, RememberedKeys(), enrol=True, connect_seconds=30.0, attempts=attempts)

        told = audit(ssh, [(f"127.4.0.{number}", server.port) for number in range(1, 21)])
        assert server.log.count("Failed password for") == LIMIT

    assert list(told.values()).count("credential lab stopped after 3 refusals") == 17
    assert sum(f"refused {server.user} with password" in why for why in told.values()) == LIMIT
    assert attempts.stopped() == {"lab": LIMIT}


@needs_sshd
def test_a_key_and_a_password_refused_by_one_host_are_one_refusal(tmp_path: Path) -> None:
    """A credential is what has a name; three hosts are asked, with both."""
    generate_key(tmp_path / "stranger", "ed25519")
    with Sshd(key_types=("ed25519",), extra=("PasswordAuthentication yes",)) as server:
        given = Given(user=server.user, key_file=tmp_path / "stranger", password=Secret(CANARY))
        ssh = transport(given, RememberedKeys(), enrol=True, connect_seconds=30.0)
        audit(ssh, [(f"127.4.1.{number}", server.port) for number in range(1, 9)])

        assert server.log.count("Failed publickey for") == LIMIT
        assert server.log.count("Failed password for") == LIMIT


@needs_sshd
def test_a_mixed_fleet_stops_at_three_refusals() -> None:
    """What was answered before stays answered; whoever comes behind the third refusal is not tried."""
    with Sshd(key_types=("ed25519",)) as friend, Sshd(key_types=("ed25519",)) as stranger:
        attempts = Attempts(LIMIT)
        given = Given(user=friend.user, key_file=friend.client_key)
        ssh = transport(given, RememberedKeys(), enrol=True, connect_seconds=30.0, attempts=attempts)
        good = [(f"127.5.0.{number}", friend.port) for number in range(1, 6)]
        both = [(f"127.5.1.{n}", (friend if n % 2 else stranger).port) for n in range(1, 31)]

        first, then = audit(ssh, good), audit(ssh, both)
        refusals = stranger.log.count("Failed publickey for")
        accepted_there = friend.log.count("Accepted publickey for")

    assert set(first.values()) == {"hello\n"}
    assert refusals == LIMIT
    assert accepted_there == 5 + list(then.values()).count("hello\n")
    assert attempts.stopped() == {"lab": LIMIT}


@needs_sshd
def test_hosts_that_do_not_take_passwords_stop_nothing() -> None:
    """They have judged nothing: no account counts it."""
    with Sshd(key_types=("ed25519",)) as server:
        attempts = Attempts(LIMIT)
        ssh = transport(
            Given(user=server.user, password=Secret(CANARY)), RememberedKeys(), enrol=True, attempts=attempts
        )
        told = audit(ssh, [(f"127.4.2.{number}", server.port) for number in range(1, 7)])

    assert all("password (not offered)" in why for why in told.values())
    assert attempts.stopped() == {}
