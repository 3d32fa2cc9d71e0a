"""What goes to another process and comes back is what it was."""

import json
from dataclasses import replace

from auditor import letters
from auditor.collect.ask import Collected, Job
from auditor.judging import Judge
from auditor.model.evidence import Evidence, text_digest
from auditor.model.policy import Control, Demand
from auditor.testing import NOW, an_answer, an_asset
from tests.test_judging import LIMIT, PLANNER, WHO, enough, not_root

ASSET = an_asset("web-1")
CONTROL = Control(id="T-1", title="A control", policy="test")
PLAN = PLANNER.plan(ASSET, [Demand(control=CONTROL, check=one) for one in (not_root, enough)])
AWKWARD = 'r\u00f6\u00f6t\0"\\\ud800\n'


def outcome(account: str) -> tuple[Collected, object]:
    """Return what came of asking."""
    answers = {
        WHO: replace(an_answer(account, WHO), digest=text_digest(account), raw="ab" * 16, privilege="root"),
        LIMIT: an_answer("", LIMIT, problem="refused: \u2013", exit_status=None),
    }
    collected = Collected(ASSET, answers, 1.5)
    return collected, Judge({}).judge(PLAN, collected)


def test_an_outcome_comes_back_as_it_was():
    """Texts, times, reasons, verdicts and evidence, whatever a device put into them."""
    for account in ("root", AWKWARD):
        collected, judged = outcome(account)
        letter = letters.Writer().outcome(PLAN, collected, judged, ())
        assert (collected, judged) == letters.Reader().outcome(letter, PLAN)


def test_what_a_verdict_rests_on_besides_the_answers_comes_back():
    """The inventory's entry, a day, a data set."""
    collected, judged = outcome("root")
    day = Evidence(asset="", request="today's date", channel="clock", origin="2026-11-22")
    status = replace(day, asset="web-1", channel="ssh", asked_at=NOW, digest="0" * 64, privilege="root", exit_status=3)
    more = replace(
        judged, evidence=(*judged.evidence, day, status, replace(status, problem="cut off", exit_status=None))
    )
    letter = letters.Writer().outcome(PLAN, collected, more, ())

    assert (collected, more) == letters.Reader().outcome(letter, PLAN)


def test_a_known_text_is_left_out_and_its_digest_stays():
    """The reader has stored it already."""
    collected, judged = outcome("root")
    (back, again) = letters.Reader().outcome(
        letters.Writer().outcome(PLAN, collected, judged, {text_digest("root")}), PLAN
    )
    assert ("", text_digest("root"), True) == (
        back.answers[WHO].text,
        back.answers[WHO].digest,
        back.answers[WHO].unchanged,
    )
    assert judged == again


def test_like_judgements_become_one_value():
    """So that they are stored once, too."""
    reader = letters.Reader()
    lots = [reader.outcome(letters.Writer().outcome(PLAN, *outcome("root"), ()), PLAN)[1] for _ in range(2)]
    assert lots[0].judgements is lots[1].judgements


def test_settings_are_one_value_whatever_was_judged():
    """So that what a control demands is put into words once for all assets."""
    reader = letters.Reader()
    first, other = [
        reader.outcome(letters.Writer().outcome(PLAN, *outcome(account), ()), PLAN)[1] for account in ("root", "alice")
    ]
    assert first.judgements[0].verdict is not other.judgements[0].verdict
    assert first.judgements[1].settings is other.judgements[1].settings


def test_a_job_comes_back_with_the_answers_it_has():
    """And is about the same asset."""
    job = Job(ASSET, PLAN.requests, (an_answer("seen", WHO),))
    letter = letters.job_letter(job, PLAN)
    assert ("web-1", job) == (letters.name_of(letter), letters.job_from(letter, PLAN))


def test_a_request_is_a_place_in_the_plan():
    """Nothing in a letter could be run."""
    letter = letters.Writer().outcome(PLAN, *outcome("root"), ())
    assert [0, 1] == sorted(line[0] for line in json.loads(letter)["answers"])
    assert WHO.command.encode() not in letters.job_letter(Job(ASSET, PLAN.requests, (an_answer("x", WHO),)), PLAN)
