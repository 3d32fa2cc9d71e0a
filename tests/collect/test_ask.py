"""Whatever an asset or a transport does, there is an answer with a reason, and the other sessions are unharmed."""

from collections.abc import Sequence

from auditor.collect.ask import Asker, Collected, Job
from auditor.collect.executor import LocalExecutor
from auditor.collect.redact import Redactor
from auditor.errors import Unreachable
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request, Saved, Shell
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
        names = {done.asset.name for done in LocalExecutor(workers).run(jobs, lambda job: Collected(job.asset, {}))}

        assert names == {job.asset.name for job in jobs}


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
