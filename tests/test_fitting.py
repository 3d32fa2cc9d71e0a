"""The settings with which a check passes are found by its verdicts alone: strict as can be, and never silently lax."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest

from auditor.facts.ambient import Today
from auditor.fitting import Fitted, fit
from auditor.model.check import Check, Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.model.result import Result, Verdict
from tests.make import TODAY, judged

FIX = Fix("Mend it.", solution="harden-ssh")
Mode = Literal["0400", "0600", "0640", "0644"]


@dataclass(frozen=True, slots=True)
class Host:
    """What a host has."""

    tries: int | None = 3
    login: str = "no"
    open: frozenset[str] = frozenset({"tcp/22"})
    weak: frozenset[str] = frozenset()
    mode: str = "0600"
    rate: tuple[int, int] = (10, 30)
    servers: tuple[str, ...] = ("ntp1", "ntp2")
    old: bool = False
    days: int = 5


@check("fit.tries", severity=Severity.LOW, fix=FIX)
def tries(host: Host, *, at_most: int = 4) -> Iterator[Outcome]:
    """Few tries; 0 is for ever."""
    if host.tries is None:
        yield Undecided("tries", "not shown")
    elif not 0 < host.tries <= at_most:
        yield Violation("tries", found=host.tries, wanted=f"1 to {at_most}")


@check("fit.least", severity=Severity.LOW, fix=FIX)
def least(host: Host, *, servers: int = 1) -> Iterator[Outcome]:
    """Enough servers."""
    if len(host.servers) < servers:
        yield Violation("servers", found=host.servers, wanted=servers)


@check("fit.login", severity=Severity.LOW, fix=FIX)
def login(
    host: Host, *, allowed: frozenset[Literal["no", "yes", "key"]] = frozenset({"no"}), view: Literal["a", "b"] = "a"
) -> Iterator[Outcome]:
    """A login of the allowed ones."""
    if host.login not in allowed:
        yield Violation(f"login in {view}", found=host.login, wanted=allowed)


@check("fit.open", severity=Severity.LOW, fix=FIX)
def opened(host: Host, *, allowed: frozenset[str] = frozenset({"tcp/22", "tcp/443"})) -> Iterator[Outcome]:
    """Only allowed ports."""
    for port in sorted(host.open - allowed):
        yield Violation(port, found="open", wanted="closed")


@check("fit.weak", severity=Severity.LOW, fix=FIX)
def weak(
    host: Host, *, refused: frozenset[str] = frozenset({"des", "md5", "rc4"}), only: frozenset[str] = frozenset()
) -> Iterator[Outcome]:
    """Nothing refused, and where some are named no others."""
    for name in sorted(host.weak & refused | (host.weak - only if only else frozenset())):
        yield Violation("ciphers", found=name, wanted="another")


@check("fit.mode", severity=Severity.LOW, fix=FIX)
def mode(host: Host, *, at_most: Mode = "0640") -> Iterator[Outcome]:
    """A mode."""
    if int(host.mode, 8) & ~int(at_most, 8):
        yield Violation("/x", found=f"mode {host.mode}", wanted=at_most)


@check("fit.rate", severity=Severity.LOW, fix=FIX)
def rate(host: Host, *, start: int = 10, full: int = 60) -> Iterator[Outcome]:
    """Two numbers in one demand."""
    if host.rate[0] > start or host.rate[1] > full:
        yield Violation("rate", found=":".join(map(str, host.rate)), wanted=f"{start}:{full}")


@check("fit.old", severity=Severity.LOW, fix=FIX)
def old(host: Host, *, accept: bool = False) -> Iterator[Outcome]:
    """Nothing old."""
    if host.old and not accept:
        yield Violation("old", found="old", wanted="new")


@check("fit.strict", severity=Severity.LOW, fix=FIX)
def strict(host: Host, *, tries: int = 4) -> Iterator[Outcome]:
    """Never met by a host that is old, whatever is set."""
    if host.old:
        yield Violation("old", found=host.tries, wanted="new")


@check("fit.age", severity=Severity.LOW, fix=FIX)
def age(host: Host, today: Today, *, days: int = 30) -> Iterator[Outcome]:
    """Done not long ago."""
    if host.days > days:
        yield Violation("age", found=f"{host.days} days", wanted=days)


@check("fit.named", severity=Severity.LOW, fix=FIX)
def named(host: Host, *, name: str = "", allowed: frozenset[int] = frozenset()) -> Iterator[Outcome]:
    """A parameter that the policy names."""
    if not name:
        yield NotApplicable("nothing is named")
    elif host.tries not in allowed:
        yield Violation(name, found=host.tries, wanted=allowed)


def fitted(one: Check, host: Host, **start: object) -> Fitted:
    """Return what fits a host."""

    def tried(settings) -> Result:
        facts = [host if fact is Host else Today(TODAY) for fact in one.needs.values()]
        return judged(one, *facts, **settings)

    return fit(one, tried, start)


CASES = [
    (tries, Host(tries=3), {"at_most": 3}, set(), "stricter than the default"),
    (tries, Host(tries=4), {"at_most": 4}, set(), "just what the default says"),
    (tries, Host(tries=6), {"at_most": 6}, {"at_most"}, "laxer"),
    (least, Host(), {"servers": 2}, set(), "more than the default"),
    (least, Host(servers=()), {"servers": 0}, {"servers"}, "fewer than the default"),
    (login, Host(), {"allowed": {"no"}}, set(), "the default"),
    (login, Host(login="key"), {"allowed": {"no", "key"}}, {"allowed"}, "what is allowed stays so"),
    (opened, Host(), {"allowed": {"tcp/22"}}, set(), "no more than is open"),
    (opened, Host(open=frozenset()), {}, set(), "nothing is open, so nothing is told"),
    (opened, Host(open=frozenset({"tcp/8"})), {"allowed": {"tcp/22", "tcp/443", "tcp/8"}}, {"allowed"}, "one more"),
    (weak, Host(), {}, set(), "nothing is told"),
    (weak, Host(weak=frozenset({"aes"})), {"only": {"aes"}}, set(), "what was found is named"),
    (weak, Host(weak=frozenset({"des"})), {"refused": {"md5", "rc4"}, "only": {"des"}}, {"refused"}, "one less"),
    (mode, Host(), {"at_most": "0600"}, set(), "an option that is found"),
    (mode, Host(mode="0644"), {"at_most": "0644"}, {"at_most"}, "a laxer option"),
    (rate, Host(), {"start": 10, "full": 30}, set(), "each by itself"),
    (rate, Host(rate=(20, 30)), {"start": 20, "full": 30}, {"start"}, "only one has to change"),
    (rate, Host(rate=(20, 100)), {"start": 20, "full": 100}, {"start", "full"}, "both have to"),
    (old, Host(old=True), {"accept": True}, {"accept"}, "a switch"),
    (old, Host(), {}, set(), "a switch that nothing tells of"),
    (age, Host(days=5), {}, set(), "what grows by itself is not tightened"),
    (age, Host(days=90), {"days": 90}, {"days"}, "but loosened"),
]


@pytest.mark.parametrize(("one", "host", "wanted", "laxer", "why"), CASES, ids=[f"{c[0].id} {c[4]}" for c in CASES])
def test_settings_are_what_a_host_has(one, host, wanted, laxer, why):
    """And the check passes with them."""
    found = fitted(one, host)

    assert found.settings == {name: frozenset(v) if isinstance(v, set) else v for name, v in wanted.items()}
    assert found.laxer == laxer
    assert found.result.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("one", "host", "verdict"),
    [
        (tries, Host(tries=0), Verdict.FAIL),
        (strict, Host(old=True), Verdict.FAIL),
        (tries, Host(tries=None), Verdict.UNKNOWN),
        (named, Host(), Verdict.NOT_APPLICABLE),
    ],
    ids=lambda one: getattr(one, "id", None) or str(one),
)
def test_what_no_setting_expresses_stays_as_it_is(one, host, verdict):
    """Without settings."""
    found = fitted(one, host)

    assert (found.settings, found.laxer, found.result.verdict) == ({}, frozenset(), verdict)


def test_what_a_policy_names_is_kept_and_what_it_sets_is_compared_with():
    """A setting that is empty by itself is laxer only than what the shipped policy says."""
    same = fitted(named, Host(tries=2), name="tries", allowed=frozenset({1, 2}))
    other = fitted(named, Host(tries=0), name="tries", allowed=frozenset({1, 2}))
    nothing = fitted(named, Host(tries=0), name="tries")

    assert (same.settings, same.laxer) == ({"name": "tries", "allowed": frozenset({2})}, frozenset())
    assert (other.settings["allowed"], other.laxer) == (frozenset({0, 1, 2}), {"allowed"})
    assert (nothing.settings["allowed"], nothing.laxer) == (frozenset({0}), {"allowed"})


def test_a_setting_laxer_than_the_default_is_marked_though_a_policy_sets_it():
    """Whoever set it."""
    found = fitted(tries, Host(tries=8), at_most=10)

    assert (found.settings, found.laxer) == ({"at_most": 8}, {"at_most"})
