"""What is learned of a whole fleet at once is given to each asset's job, and every job comes out exactly once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from auditor.collect.ahead import Ahead
from auditor.collect.ask import Job
from auditor.errors import ToolMissing
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Nmap, Request, Shell, Snmp, SnmpAccepts
from tests.make import NOW

WHO, PORTS, NAME = Shell("id"), Nmap("22"), Snmp(("1.3.6.1.2.1.1.5.0",))
GUESS = SnmpAccepts(("public",))
ASKED = {Channel.SSH: WHO, Channel.NMAP: PORTS, Channel.SNMP: NAME}


def job(name: str, *channels: Channel) -> Job:
    """Return a job that asks one thing over each of these channels."""
    accesses = tuple(Access(channel=channel) for channel in channels)
    return Job(Asset(name=name, accesses=accesses), {access: (ASKED[access.channel],) for access in accesses})


@dataclass
class Looks:
    """A sweep and a scan that find what a test says, and remember whom they looked at."""

    quiet: dict[str, str] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    missing: bool = False
    seen: list[str] = field(default_factory=list)
    tried: dict[str, Sequence[str]] = field(default_factory=dict)

    def silent(
        self, wanted: Sequence[tuple[Asset, Access]], communities: Mapping[str, Sequence[str]]
    ) -> dict[str, str]:
        """Find which are silent."""
        self.seen += [asset.name for asset, _ in wanted]
        self.tried |= communities
        return self.quiet

    def scan_ahead(self, wanted: Sequence[tuple[Asset, Sequence[Request]]]) -> Iterator[tuple[Asset, list[Answer]]]:
        """Find open ports."""
        if self.missing:
            raise ToolMissing("nmap is not installed here")
        for asset, requests in wanted:
            if asset.name not in self.unseen:
                yield asset, [Answer(request=one, channel=Channel.NMAP, asked_at=NOW, text="<xml>") for one in requests]


def come(looks: Looks, *jobs: Job, closed: str = "") -> dict[str, Job]:
    """Return the jobs as they come out, by name; none may come twice."""
    out = list(Ahead(looks, looks, lambda asset: "frozen" if asset.name == closed else "").jobs(jobs))
    assert sorted(one.asset.name for one in jobs) == sorted(one.asset.name for one in out)
    return {one.asset.name: one for one in out}


def problems(one: Job) -> dict[Request, str]:
    """Return what is known already, and why it failed."""
    return {answer.request: answer.problem for answer in one.answers}


def test_an_asset_that_is_closed_gets_no_packet():
    """Neither sweep nor scan sees it, and each of its requests has the reason."""
    looks = Looks()
    others = [job(f"ups-{number}", Channel.SNMP) for number in range(9)]
    out = come(looks, job("web", Channel.SSH, Channel.SNMP, Channel.NMAP), *others, closed="web")
    assert {WHO: "frozen", PORTS: "frozen", NAME: "frozen"} == problems(out["web"])
    assert "web" not in looks.seen


def test_what_needs_no_look_comes_first():
    """Nobody waits for a scan of others."""
    jobs = [job("scanned", Channel.NMAP), job("agent", Channel.SNMP), job("plain", Channel.SSH)]
    out = [one.asset.name for one in Ahead(Looks(), Looks(), lambda _: "").jobs(jobs)]
    assert ["plain", "agent", "scanned"] == out


def test_silent_agents_are_not_asked_and_the_others_are():
    """Only the SNMP part of the job is answered by the sweep."""
    looks = Looks(quiet={"ups-3": "no agent answered"})
    out = come(looks, *(job(f"ups-{number}", Channel.SNMP, Channel.SSH) for number in range(9)))
    assert {NAME: "no agent answered"} == problems(out["ups-3"])
    assert {} == problems(out["ups-4"])


def test_the_sweep_knows_which_communities_will_be_tried():
    """An agent that answers nobody but `public` is not silent where that is asked, and only there."""
    looks = Looks()
    jobs = [job(f"ups-{number}", Channel.SNMP) for number in range(9)]
    guessed = replace(jobs[0], requests=dict.fromkeys(jobs[0].requests, (NAME, GUESS)))
    come(looks, guessed, *jobs[1:])
    assert ["public"] == looks.tried["ups-0"]
    assert [] == looks.tried["ups-1"]


def test_a_few_agents_are_not_swept():
    """Asking them costs no more than looking whether they are there."""
    looks = Looks(quiet={"ups-1": "no agent answered"})
    assert {} == problems(come(looks, job("ups-1", Channel.SNMP))["ups-1"])
    assert [] == looks.seen


def test_the_scan_s_answers_go_with_the_job():
    """The rest of the job is asked as always."""
    (answer,) = come(Looks(), job("web", Channel.NMAP, Channel.SSH))["web"].answers
    assert (PORTS, "<xml>", "") == (answer.request, answer.text, answer.problem)


def test_whom_the_scan_forgets_has_a_reason():
    """No answer is not an empty one."""
    out = come(Looks(unseen=frozenset({"web"})), job("web", Channel.NMAP), job("app", Channel.NMAP))
    assert {PORTS: "nmap ended without a word about it"} == problems(out["web"])
    assert {PORTS: ""} == problems(out["app"])


def test_a_scan_that_cannot_be_is_every_asset_s_reason():
    """All else is asked."""
    out = come(Looks(missing=True), job("web", Channel.NMAP, Channel.SSH))
    assert {PORTS: "nmap is not installed here"} == problems(out["web"])
