"""Whatever an asset or a transport does, there is an answer with a reason, and the other sessions are unharmed."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from auditor.collect.ask import Asker, Collected, Job
from auditor.collect.executor import LocalExecutor
from auditor.collect.redact import Redactor
from auditor.errors import Unreachable
from auditor.model.asset import Access, Asset, Channel
from auditor.model.evidence import text_digest
from auditor.model.probe import Answer, KeyExchange, Request, Saved, Shell
from auditor.transports.base import Last
from tests.make import NOW, asset

WHO = Shell("id")
CONFIG = Saved("configuration")
SSH = Access(channel=Channel.SSH)
FILE = Access(channel=Channel.FILE, path="a.cfg", holds="configuration")


class Says:
    """A transport that gives every request the same text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request."""
        del asset
        return [Answer(request=one, channel=access.channel, asked_at=NOW, text=self.text) for one in requests]


class Raises:
    """A transport whose session fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Fail."""
        raise self.error


def asker(**transports: Says | Raises) -> Asker:
    """Return an asker with these transports, to which both requests are declared."""
    channels = {Channel(name): transport for name, transport in transports.items()}
    return Asker(channels, Redactor(b"key"), frozenset({WHO, CONFIG}))


def ask(asking: Asker, **requests: Request) -> Collected:
    """Ask one asset one request a channel."""
    accesses = {"ssh": SSH, "file": FILE}
    return asking.ask(Job(asset(), {accesses[name]: (request,) for name, request in requests.items()}))


def test_a_session_that_fails_leaves_the_other_unharmed() -> None:
    """One unreachable channel is one unknown, not a lost asset."""
    collected = ask(asker(ssh=Raises(Unreachable("no route to 192.0.2.10")), file=Says("end")), ssh=WHO, file=CONFIG)

    assert collected.answers[WHO].problem == "no route to 192.0.2.10"
    assert collected.answers[CONFIG].text == "end"
    assert collected.reached


def test_a_transport_with_a_fault_of_its_own_gives_a_reason_too() -> None:
    """An unforeseen exception neither ends the audit nor vanishes."""
    collected = ask(asker(ssh=Raises(KeyError("x"))), ssh=WHO)

    assert collected.answers[WHO].problem == "asking failed: KeyError: 'x'"
    assert not collected.reached
    assert collected.problem == "asking failed: KeyError: 'x'"


def test_a_request_that_no_probe_declares_is_refused_before_anything_is_sent() -> None:
    """A transport carries declared requests only."""
    collected = ask(asker(ssh=Says("done")), ssh=Shell("rm -rf /"))

    assert collected.answers[Shell("rm -rf /")].problem == "no probe declares this request: rm -rf /"
    assert collected.answers[Shell("rm -rf /")].text == ""


def test_answers_are_redacted_before_anybody_sees_them() -> None:
    """The secret is gone from what is returned."""
    collected = ask(asker(file=Says("enable password hunter2\nend\n")), file=CONFIG)

    assert "hunter2" not in collected.answers[CONFIG].text


def test_a_missing_transport_is_said() -> None:
    """An asset may offer what this installation cannot speak."""
    assert ask(asker(), ssh=WHO).answers[WHO].problem == "there is no transport for ssh"


def test_the_executor_yields_one_outcome_a_job_whatever_the_number_of_workers() -> None:
    """More jobs than workers, and more workers than jobs."""
    jobs = [Job(asset(f"host-{number}"), {}) for number in range(40)]
    for workers in (1, 7, 100):
        lots = LocalExecutor(workers).run(jobs, lambda job: Collected(job.asset, {}))
        names = [done.asset.name for lot in lots for done in lot]

        assert sorted(names) == sorted(job.asset.name for job in jobs)


def test_a_mistake_in_a_thread_is_raised_where_the_outcomes_are_read() -> None:
    """Nobody waits for ever; and so it is with whoever brings the jobs."""

    def work(job: Job) -> Collected:
        raise ZeroDivisionError(job.asset.name)

    def broken() -> Iterator[Job]:
        yield Job(asset("host-1"), {})
        raise LookupError("no more")

    with pytest.raises(ZeroDivisionError, match="host-1"):
        list(LocalExecutor(2).run([Job(asset("host-1"), {})], work))
    with pytest.raises(LookupError, match="no more"):
        list(LocalExecutor(2).run(broken(), lambda job: Collected(job.asset, {})))


def test_jobs_are_asked_while_others_are_still_to_come() -> None:
    """A scan that gives one host after another does not keep the first one waiting."""
    first_done = threading.Event()

    def coming() -> Iterator[Job]:
        yield Job(asset("host-1"), {})
        assert first_done.wait(30)
        yield Job(asset("host-2"), {})

    names = []
    for lot in LocalExecutor(2).run(coming(), lambda job: Collected(job.asset, {})):
        names += [done.asset.name for done in lot]
        first_done.set()
    assert ["host-1", "host-2"] == names


def test_closing_the_executor_starts_no_further_job() -> None:
    """Ctrl-C keeps what was done and asks nobody else."""
    started: list[str] = []

    def work(job: Job) -> Collected:
        started.append(job.asset.name)
        return Collected(job.asset, {})

    run = LocalExecutor(1).run([Job(asset(f"host-{number}"), {}) for number in range(1000)], work)
    next(run)
    run.close()  # type: ignore[attr-defined]

    assert len(started) < 1000


@dataclass(frozen=True)
class Remembered:
    """What is remembered of an answer."""

    digest: str
    raw: str
    exit_status: int | None = 0


class Compares:
    """A transport whose far end answers by digests, as a test tells it to."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.heard = answers, Last("", {})

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Never be asked without what is remembered."""
        raise AssertionError(requests)

    def ask_again(self, asset: Asset, access: Access, requests: Sequence[Request], last: Last) -> list[Answer]:
        """Remember what was told, and answer."""
        del asset, access, requests
        self.heard = last
        return list(self.answers)


UNCHANGED = Answer(request=WHO, channel=Channel.SSH, asked_at=NOW, raw="ab" * 16, unchanged=True)


def again(transport: Compares, told: Mapping[str, Remembered]) -> Answer:
    """Return what comes of asking an asset that was asked before."""
    declared = frozenset({WHO})
    asking = Asker({Channel.SSH: transport}, Redactor(b"key"), declared, lambda _: told)
    return asking.ask(Job(asset("web-01"), {SSH: (WHO,)})).answers[WHO]


def test_an_unchanged_answer_is_the_one_that_is_remembered() -> None:
    """Its digest and exit status are those of last time, and the host was told which digest that had."""
    transport = Compares(UNCHANGED)
    found = again(transport, {str(WHO): Remembered(text_digest("root"), "ab" * 16, 1)})
    assert ("", text_digest("root"), 1, "") == (found.text, found.digest, found.exit_status, found.problem)
    assert {WHO: "ab" * 16} == transport.heard.digests
    assert Redactor(b"key").key_for("web-01") == transport.heard.key


@pytest.mark.parametrize("told", [{}, {str(WHO): Remembered(text_digest("root"), "cd" * 16)}])
def test_what_was_never_said_cannot_be_unchanged(told) -> None:
    """A host that claims it gets no verdict for it."""
    found = again(Compares(UNCHANGED), told)
    assert ("it says that an answer is the last one, which it is not", "") == (found.problem, found.digest)


def test_what_changed_is_redacted_as_ever() -> None:
    """And has the digest of what is left."""
    found = again(Compares(replace(UNCHANGED, unchanged=False, text="password=hunter22")), {})
    assert "hunter22" not in found.text
    assert text_digest(found.text) == found.digest


def test_no_asset_s_key_tells_another_s_digests() -> None:
    """Nor does the key of another workspace."""
    keys = {Redactor(key).key_for(name) for key in (b"a", b"b") for name in ("web-01", "web-02")}
    assert 4 == len(keys)


def test_answers_that_were_had_already_are_not_asked_for() -> None:
    """What a scan of the fleet told is redacted and put in its place."""
    had = Answer(request=CONFIG, channel=Channel.FILE, asked_at=NOW, text="enable secret hunter22")
    job = Job(asset("rt-01"), {FILE: (CONFIG,), SSH: (WHO,)}, (had,))
    asking = Asker({Channel.SSH: Says("root")}, Redactor(b"key"), frozenset({WHO, CONFIG}))
    found = asking.ask(job)
    assert [CONFIG, WHO] == list(found.answers)
    assert "hunter22" not in found.answers[CONFIG].text
    assert "root" == found.answers[WHO].text


def test_a_greeting_alone_is_no_answer() -> None:
    """A server that offers algorithms to everybody and lets nobody in was not reached."""
    offer = KeyExchange()
    greeted = Answer(request=offer, channel=Channel.SSH, asked_at=NOW, text="port 22")
    refused = Answer(request=WHO, channel=Channel.SSH, asked_at=NOW, problem="refused")
    both = Collected(asset("web-01"), {offer: greeted, WHO: refused})
    assert (False, "refused") == (both.reached, both.problem)
    assert Collected(asset("web-01"), {offer: greeted}).reached
