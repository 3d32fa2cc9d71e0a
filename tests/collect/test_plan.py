"""What an asset is asked: just what its demands need, once, over the sessions that it offers."""

from dataclasses import dataclass

from auditor.collect.plan import AssetPlan, Planner, plan_asset, ways_to
from auditor.model.asset import Access, Asset, Channel, Platform
from auditor.model.check import Check, Fix, Severity
from auditor.model.policy import Control, Demand
from auditor.model.probe import Answer, Cli, Nmap, Saved, Shell, Snmp, derived, probe
from auditor.plugins import Content, load_content
from auditor.workspace import Workspace
from tests.make import ROOT, asset

WHO, OS, CONFIG, RUNNING = Shell("id"), Shell("cat /etc/os-release"), Saved("configuration"), Cli("show run", end="end")
SSH, LOCAL, CLI = Access(channel=Channel.SSH), Access(channel=Channel.LOCAL), Access(channel=Channel.CLI)
FILE = Access(channel=Channel.FILE, path="a.cfg", holds="configuration")
RECORD = Access(channel=Channel.FILE, path="a.csv", holds="device-record")


@dataclass(frozen=True)
class Who:
    """Who logged in."""


@dataclass(frozen=True)
class Config:
    """A configuration."""


@dataclass(frozen=True)
class Names:
    """Names in a configuration."""


@dataclass(frozen=True)
class Deep:
    """What follows from names."""


@dataclass(frozen=True)
class Nothing:
    """Which nothing reads."""


@probe(WHO, on={Platform.LINUX})
def who(answer: Answer) -> Who:
    """Read it."""
    return Who()


@probe(OS, WHO, on={Platform.LINUX})
def who_else(first: Answer, second: Answer) -> Who:
    """Read it another way."""
    return Who()


@probe(CONFIG, on={Platform.CISCO_IOS})
def saved(answer: Answer) -> Config:
    """Read it."""
    return Config()


@probe(RUNNING, on={Platform.CISCO_IOS})
def shown(answer: Answer) -> Config:
    """Read it."""
    return Config()


@derived
def names(config: Config) -> Names:
    """Derive it."""
    return Names()


@derived
def deep(names: Names, who: Who) -> Deep:
    """Derive it from what is derived."""
    return Deep()


CONTENT = Content({}, (who, who_else, saved, shown), (names, deep), {})


def demanding(*facts: type[object]) -> Check:
    """Return a check that needs these facts."""
    needs = {fact.__name__: fact for fact in facts}
    fix = Fix("Mend it.", solution="harden-ssh")
    return Check("test.facts", "All is well", "", Severity.LOW, fix, needs, {}, lambda **_: ())


def plan(asked: Asset, *needs: tuple[type[object], ...]) -> AssetPlan:
    """Return what an asset is asked for checks with these needs."""
    control = Control(id="C", title="c", policy="p")
    demands = [Demand(control=control, check=demanding(*facts)) for facts in needs]
    return plan_asset(asked, demands, CONTENT)


def router(*accesses: Access) -> Asset:
    """Return a router that can be asked so."""
    return asset("rt-01", platform=Platform.CISCO_IOS, accesses=accesses)


def test_nothing_demanded_is_nothing_asked() -> None:
    """Nor for a control that a person looks at."""
    manual = Demand(control=Control(id="C", title="c", policy="p"), check=None)

    assert plan(asset()).requests == {}
    assert plan_asset(asset(), [manual], CONTENT).requests == {}


def test_a_request_that_several_facts_need_is_put_once_in_one_session() -> None:
    """Whatever the number of checks."""
    assert plan(asset(), (Who,), (Who,)).requests == {SSH: (WHO, OS)}


def test_ways_come_in_the_order_of_their_definition() -> None:
    """The first that knows is believed."""
    assert ways_to(Who, asset(), CONTENT) == (who, who_else)
    assert ways_to(Config, router(FILE, CLI), CONTENT) == (saved, shown)


def test_only_what_the_asset_offers_is_asked() -> None:
    """A saved file, a live device, or both; never a file that holds something else."""
    assert plan(router(FILE), (Config,)).requests == {FILE: (CONFIG,)}
    assert plan(router(CLI, FILE), (Config,)).requests == {FILE: (CONFIG,), CLI: (RUNNING,)}
    assert plan(router(RECORD), (Config,)).requests == {}


def test_local_goes_before_ssh_whatever_the_inventorys_order() -> None:
    """The machine itself needs no session."""
    assert plan(asset(accesses=(SSH, LOCAL)), (Who,)).requests == {LOCAL: (WHO, OS)}


def test_a_recording_answers_for_any_channel() -> None:
    """But only where the asset offers nothing better."""
    replay = Access(channel=Channel.REPLAY, path="recorded")

    assert plan(router(replay), (Config,)).requests == {replay: (CONFIG, RUNNING)}
    assert plan(router(replay, FILE), (Config,)).requests == {FILE: (CONFIG,), replay: (RUNNING,)}


def test_derived_facts_are_followed_to_what_can_be_asked() -> None:
    """Through two derivations, one of which needs a second source."""
    planned = plan(router(FILE), (Deep,))

    assert planned.ways == {Deep: (deep,), Names: (names,), Config: (saved,), Who: ()}
    assert planned.requests == {FILE: (CONFIG,)}


def test_what_cannot_be_known_says_what_the_inventory_lacks() -> None:
    """A person reads it and knows what to add."""
    assert plan(asset(accesses=()), (Who,)).unasked[Who] == (
        "Who needs one of local, ssh; the inventory offers no transport"
    )
    assert plan(asset(accesses=(FILE,)), (Who,)).unasked[Who] == (
        "Who needs one of local, ssh; the inventory offers file (configuration)"
    )
    assert plan(router(RECORD), (Config,)).unasked[Config] == (
        "Config needs one of cli, file (configuration); the inventory offers file (device-record)"
    )
    assert plan(router(CLI), (Who,)).unasked[Who] == "nothing reads Who on platform cisco-ios yet"
    assert plan(asset(), (Nothing,)).unasked[Nothing] == "nothing reads Nothing yet"
    assert plan(asset(), (Who,)).unasked == {}


def test_every_shipped_request_has_a_channel_that_can_carry_it() -> None:
    """One fact, one session of each kind: what a whole audit of a host with everything costs."""
    content = load_content(Workspace(ROOT))
    control = Control(id="C", title="c", policy="p")
    host = asset(accesses=(SSH, Access(channel=Channel.NMAP), Access(channel=Channel.SNMP)))
    demands = [Demand(control=control, check=one) for one in content.checks.values()]
    requests = plan_asset(host, demands, content).requests

    assert {access.channel for access in requests} == {Channel.SSH, Channel.NMAP, Channel.SNMP}
    assert {Shell, Nmap, Snmp} <= {type(request) for asked in requests.values() for request in asked}
    assert all(len(set(asked)) == len(asked) for asked in requests.values())


def test_like_assets_share_their_ways() -> None:
    """A fleet with a manual control among its demands is planned once, and each asset asked over its own access."""
    manual, control, check = (
        Control(id="M", title="m", policy="p"),
        Control(id="C", title="c", policy="p"),
        demanding(Who),
    )
    demands = [Demand(control=manual, check=None), Demand(control=control, check=check)]
    planner, plans = Planner(CONTENT), []
    for number in (1, 2):
        one = asset(f"host-{number}", accesses=(Access(channel=Channel.SSH, port=number),))
        plans.append(planner.plan(one, demands))

    assert plans[0].ways is plans[1].ways
    assert [{access.port for access in plan.requests} for plan in plans] == [{1}, {2}]
    assert [plan.asset.name for plan in plans] == ["host-1", "host-2"]
    assert plans[0] == plan_asset(plans[0].asset, plans[0].demands, CONTENT)
