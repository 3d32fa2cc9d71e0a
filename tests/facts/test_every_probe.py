"""Every probe there is: an answer that is empty, refused, shortened or garbage is never a fact."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from auditor.collect.facts import Facts
from auditor.collect.plan import AssetPlan
from auditor.model.evidence import Absent, Knowledge, Known, Unknown
from auditor.model.probe import Answer, Probe
from auditor.plugins import load_content
from auditor.testing import an_asset as asset
from auditor.testing import answer_to
from auditor.workspace import Workspace
from tests.facts.samples import GOOD, MAY_BE_CUT
from tests.make import ROOT

PROBES = load_content(Workspace(ROOT)).probes
GARBAGE = {
    "an error page": "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>\n",
    "a login page": "<!DOCTYPE html>\n<form method=post>Password: <input type=password></form>\n",
    "binary": "\x00\x01\x7fELF\x02\x01\x01\x00\ufffd\ufffd\x00PNG\r\n\x1a\n",
    "prose": "Lorem ipsum dolor sit amet, consectetur adipiscing elit.\nSed do eiusmod tempor.\n",
    "JSON of another kind": '{"error": {"code": 401, "message": "unauthorised"}}\n',
    "an empty object": "{}\n",
    "an empty list": "[]\n",
    "null": "null\n",
    "a number": "0\n",
    "YAML": "assets:\n  - name: web-01\n    kind: server\n",
    "a shell's complaint": "sh: 1: Syntax error: Unterminated quoted string\n",
    "a missing program": "bash: line 1: show: command not found\n",
    "a refusal": "Permission denied\n",
    "sudo's refusal": "Sorry, user auditor is not allowed to execute '/bin/sh -c ...' as root on web-01.\n",
    "a router's refusal": "% Invalid input detected at '^' marker.\n",
    "a router's authorisation": "% Authorization failed.\n",
    "an expired password": "WARNING: Your password has expired.\nPassword change required but no TTY available.\n",
    "a greeting": "Linux web-01 6.1.0-18-amd64 #1 SMP\nLast login: Sun Nov 22 03:00:00 2026 from 192.0.2.1\n",
    "a prompt": "web-01:~$ \n",
    "line ends": "\n\n\n",
    "blanks": "    \t  \n",
    "an end alone": "#== end\n",
    "another end alone": "[end]\n",
    "a router's end alone": "end\n",
}


def known_of(probe: Probe[object], answer: Answer) -> Knowledge:
    """Return what the engine knows of a probe's fact after this answer."""
    (request,) = probe.requests
    plan = AssetPlan(asset(), (), {probe.fact: (probe,)}, {})
    return Facts(plan, {request: answer})(probe.fact)


def said(probe: Probe[object], text: str) -> Knowledge:
    """Return what the engine knows after a probe's one request got this text."""
    (answer,) = answer_to(probe, text)
    return known_of(probe, answer)


def name(probe: Probe[object]) -> str:
    """Return a probe's name without the package that all of ours share."""
    return probe.name.removeprefix("auditor.facts.")


def good(probe: Probe[object]) -> str:
    """Return a probe's sample."""
    assert name(probe) in GOOD, f"{name(probe)} has no sample in tests/facts/samples.py"
    return GOOD[name(probe)]


def cuts(text: str) -> Iterator[str]:
    """Yield beginnings of a text: halves and quarters to the letter, and some two hundred at the ends of lines."""
    yield from (text[: len(text) * part // 12] for part in range(1, 12))
    lines = text.splitlines(keepends=True)
    step = max(1, len(lines) // 200)
    yield from ("".join(lines[:count]) for count in range(1, len(lines), step))


every_probe = pytest.mark.parametrize(
    "probe", PROBES, ids=[f"{name(probe)} ({str(probe.requests[0])[:12]})" for probe in PROBES]
)


def test_no_sample_is_left_over() -> None:
    """A probe that went away takes its sample with it."""
    assert {name(probe) for probe in PROBES} == set(GOOD)


@every_probe
def test_a_good_answer_is_a_fact(probe: Probe[object]) -> None:
    """Else the tests below would prove nothing."""
    known = said(probe, good(probe))

    assert isinstance(known, Known), known
    assert isinstance(known.value, probe.fact)
    assert known.evidence


@every_probe
def test_an_empty_answer_is_unknown(probe: Probe[object]) -> None:
    """Even when no transport noticed."""
    assert isinstance(said(probe, ""), Unknown)


@every_probe
@pytest.mark.parametrize("problem", ["permission denied", "the answer was cut off after 4096 KiB", "timed out"])
def test_an_answer_with_a_problem_is_unknown_for_that_reason(probe: Probe[object], problem: str) -> None:
    """Whatever came with it is not read, good as it may look."""
    (answer,) = answer_to(probe, good(probe))
    known = known_of(probe, replace(answer, problem=problem))

    assert isinstance(known, Unknown)
    assert problem == known.reason
    assert known.evidence


@every_probe
@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_unknown(probe: Probe[object], text: str) -> None:
    """No fact full of defaults, and no absence that nothing showed."""
    assert isinstance(said(probe, text), Unknown)


@every_probe
def test_what_another_kind_of_device_says_is_unknown(probe: Probe[object]) -> None:
    """Answers to requests of another kind."""
    kind = type(probe.requests[0])
    configurations = {"router.saved_ios", "router.shown_ios"}
    others = {
        name(other): good(other)
        for other in PROBES
        if not isinstance(other.requests[0], kind) and not {name(probe), name(other)} <= configurations
    }

    assert others
    assert [] == [other for other, text in others.items() if not isinstance(said(probe, text), Unknown)]


@every_probe
def test_a_shortened_answer_is_unknown(probe: Probe[object]) -> None:
    """A cut that loses nothing may give the whole fact; no other may give any."""
    whole = said(probe, good(probe))
    assert isinstance(whole, Known)
    heard = [known for text in cuts(good(probe)) if not isinstance(known := said(probe, text), Unknown)]
    wrong = [known for known in heard if isinstance(known, Absent) or known.value != whole.value]

    if name(probe) in MAY_BE_CUT:
        assert wrong, f"{name(probe)} notices cuts by now: take it out of MAY_BE_CUT"
    else:
        assert [] == wrong
