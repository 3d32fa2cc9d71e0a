"""What is learned of a whole fleet at once, before assets are asked one by one: who may be asked, who answers at all.

A closed maintenance window keeps every packet back. One sweep tells which SNMP agents are silent, and one scan with
large host groups looks at all ports: both are many times cheaper than a session each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, runtime_checkable

from auditor.collect.ask import Job, unanswered
from auditor.errors import CollectionError
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request, SnmpAccepts

_FEW: Final = 4  # agents that are asked without looking first whether they are there


@runtime_checkable
class Sweep(Protocol):
    """Finds which SNMP agents are silent."""

    def silent(
        self, wanted: Sequence[tuple[Asset, Access]], communities: Mapping[str, Sequence[str]]
    ) -> dict[str, str]:
        """Return why nothing answers, by the name of the asset; who may answer is not in it.

        `communities` has those that will be tried besides, by the name of the asset.
        """
        ...


@runtime_checkable
class Scan(Protocol):
    """Looks at the ports of many assets."""

    def scan_ahead(self, wanted: Sequence[tuple[Asset, Sequence[Request]]]) -> Iterator[tuple[Asset, list[Answer]]]:
        """Yield each asset with the answers to its requests, as they come."""
        ...


@dataclass(frozen=True, slots=True)
class Ahead:
    """Turns jobs into jobs that have some answers already. `closed` says why an asset may not be asked now."""

    sweep: Sweep
    scan: Scan
    closed: Callable[[Asset], str]

    def jobs(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield every job once: first those that need no look, last those that wait for the scan."""
        wanted: list[Job] = []
        for job in jobs:
            if why := self.closed(job.asset):
                yield refused(job, why)
            elif _access(job, Channel.SNMP) or _access(job, Channel.NMAP):
                wanted.append(job)
            else:
                yield job
        scanned: list[Job] = []
        for job in self._swept(wanted):
            if _access(job, Channel.NMAP):
                scanned.append(job)
            else:
                yield job
        yield from self._scanned(scanned)

    def _swept(self, jobs: Sequence[Job]) -> Iterable[Job]:
        agents = [(job.asset, access) for job in jobs if (access := _access(job, Channel.SNMP))]
        if len(agents) <= _FEW:
            return jobs
        silent = self.sweep.silent(agents, {job.asset.name: _communities(job) for job in jobs})
        return [_without(job, Channel.SNMP, silent.get(job.asset.name, "")) for job in jobs]

    def _scanned(self, jobs: Sequence[Job]) -> Iterator[Job]:
        left = {job.asset.name: job for job in jobs}
        why = "nmap ended without a word about it"
        try:
            for asset, answers in self.scan.scan_ahead([(job.asset, _asked(job, Channel.NMAP)) for job in jobs]):
                if job := left.pop(asset.name, None):
                    yield replace(job, answers=(*job.answers, *answers))
        except CollectionError as error:
            why = str(error)
        for job in left.values():
            yield _without(job, Channel.NMAP, why)


def refused(job: Job, why: str) -> Job:
    """Return a job of which nothing is to be asked, for this reason."""
    return replace(job, answers=tuple(unanswered(job.requests, why)))


def _without(job: Job, channel: Channel, why: str) -> Job:
    """Return a job that is not asked over one channel, when there is a reason."""
    if not why:
        return job
    of = {access: requests for access, requests in job.requests.items() if access.channel is channel}
    return replace(job, answers=(*job.answers, *unanswered(of, why)))


def _access(job: Job, channel: Channel) -> Access | None:
    return next((access for access in job.requests if access.channel is channel), None)


def _communities(job: Job) -> list[str]:
    tried = (one for asked in job.requests.values() for one in asked if isinstance(one, SnmpAccepts))
    return [word for one in tried for word in one.communities]


def _asked(job: Job, channel: Channel) -> tuple[Request, ...]:
    return tuple(one for access, asked in job.requests.items() if access.channel is channel for one in asked)
