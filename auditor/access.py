"""Before an audit: who answers, who lets us in, and with which privilege. Nothing else is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.collect.ahead import refused
from auditor.collect.ask import Asker, Collected, Job, declared_requests
from auditor.collect.executor import LocalExecutor
from auditor.collect.plan import AssetPlan
from auditor.collect.redact import Redactor
from auditor.collect.turns import at_once
from auditor.model.asset import Access
from auditor.model.probe import Answer, KeyExchange, Request
from auditor.setup import Setup, transports
from auditor.store.store import Store
from auditor.transports.attempts import Attempts


@dataclass(frozen=True, slots=True)
class AccessTried:
    """What came of one way to ask one asset. An empty `problem` means that an audit will get its answers."""

    asset: str
    way: str  # the channel and the credential's name
    answers: bool
    account: str  # as whom plain requests were answered
    privileged: str  # as whom privileged ones were; empty where the audit has none
    problem: str

    def as_row(self) -> dict[str, object]:
        """Return it as a line of a table."""
        return {
            "asset": self.asset,
            "way": self.way,
            "answers": self.answers,
            "account": self.account,
            "privileged": self.privileged,
            "note": self.problem,
        }


def try_access(setup: Setup, store: Store, plans: Mapping[str, AssetPlan], *, enrol: bool) -> list[AccessTried]:
    """Log in to every asset over every way that its demands need, and put at most two of their requests to it."""
    collect = setup.settings.collect
    attempts = Attempts(collect.refusals, setup.credentials.names)
    jobs = [
        Job(plan.asset, {access: _few(asked) for access, asked in plan.requests.items()}) for plan in plans.values()
    ]
    with transports(setup, store.host_keys(), attempts, enrol=enrol or collect.enrol) as channels:
        redactor = Redactor(store.redaction_key(), setup.credentials.given_away)
        asker = Asker(channels, redactor, declared_requests(setup.content))

        def work(job: Job) -> Collected:
            why = setup.windows.closed(job.asset, datetime.now(UTC))
            return asker.ask(refused(job, why) if why else job)

        lots = LocalExecutor(min(collect.workers, max(1, len(jobs))), at_once(setup.settings.limits)).run(jobs, work)
        found = {collected.asset.name: collected for lot in lots for collected in lot}
    return [row for job in jobs for row in _rows(job, found[job.asset.name].answers)]


def _few(asked: Sequence[Request]) -> tuple[Request, ...]:
    """Return the first plain and the first privileged request: who answers these, answers the others.

    What is answered to whoever connects shows nothing of the log-in, and is asked only where there is nothing else.
    """
    privileged = [request for request in asked if getattr(request, "privileged", False)]
    plain = [request for request in asked if request not in privileged]
    by_account = [request for request in plain if not isinstance(request, KeyExchange)]
    shown = by_account or ([] if privileged else plain)
    return (*shown[:1], *privileged[:1])


def _rows(job: Job, answers: Mapping[Request, Answer]) -> Iterator[AccessTried]:
    if not job.requests:
        yield AccessTried(
            job.asset.name, "", answers=False, account="", privileged="", problem="nothing is demanded of it"
        )
    for access, requests in job.requests.items():
        given = [answers[request] for request in requests]
        plain = [one for one in given if not getattr(one.request, "privileged", False)]
        raised = [one for one in given if getattr(one.request, "privileged", False)]
        yield AccessTried(
            job.asset.name,
            _way(access),
            answers=any(one.reached for one in given),
            account=_as_whom(plain),
            privileged=_as_whom(raised),
            problem="; ".join(dict.fromkeys(one.problem for one in given if one.problem)),
        )


def _as_whom(answers: Sequence[Answer]) -> str:
    return next((one.privilege for one in answers if one.reached and not one.problem), "")


def _way(access: Access) -> str:
    return f"{access.channel.value} ({access.credential})" if access.credential else access.channel.value
