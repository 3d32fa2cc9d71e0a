"""Reports of large fleets: bounded pages, everything in technical.json, and whom the audit passed over on purpose."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auditor.errors import CredentialStopped, NotNow
from auditor.model.check import Severity, Violation
from auditor.model.evidence import Evidence
from auditor.model.policy import Scope
from auditor.model.result import Judged, Verdict
from auditor.reports import write
from auditor.reports.tally import MOST_ASSETS
from auditor.reports.view import view
from auditor.transports.attempts import Attempts
from auditor.windows import Day, Freeze, Window, Windows
from tests.make import NOW, ROOT, asset
from tests.reports.made import audited, given, result, seen

COUNT = MOST_ASSETS + 5
NAMES = [f"host-{number:03}" for number in range(COUNT)]
TWICE = (Violation("a", "x", None), Violation("b", "y", None))


def fleet(**changed: object):
    """Return an audit of some more assets than a page shows; every tenth fails something critical."""
    results = [
        result(
            name,
            Verdict.FAIL,
            violations=TWICE,
            severity=Severity.CRITICAL if number % 10 == 9 else Severity.LOW,
        )
        for number, name in enumerate(NAMES)
    ]
    given_ = {
        "inventory": tuple(map(asset, NAMES)),
        "asked": frozenset(NAMES),
        "unreached": {},
        "judged": given(results),
    }
    return audited(**{**given_, **changed})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the reports of a large fleet, half of which did not answer."""
    folder = tmp_path_factory.mktemp("fleet")
    silent = dict.fromkeys(NAMES[: COUNT // 2], "no route to host")
    write(fleet(unreached=silent, last_answers={}), [ROOT / "reports"], folder)
    return folder


def test_a_page_shows_the_worst_assets_and_says_where_the_rest_is(written: Path) -> None:
    """The critical ones first; no more sections than a browser shows at once."""
    html = (written / "technical.html").read_text(encoding="utf-8")

    assert html.count('<section class="asset"') == MOST_ASSETS
    assert f"These are the {MOST_ASSETS} worst of {COUNT}" in html
    assert html.index("<h2>host-199</h2>") < html.index("<h2>host-000</h2>")
    assert "<h2>host-204</h2>" not in html


def test_a_large_fleet_is_told_of_demand_by_demand(written: Path) -> None:
    """Of how many assets it was demanded, and how it fared on them, whether they are shown or not."""
    (row,) = view(fleet()).demands

    assert (row.check, row.not_met, row.met, row.undecided, row.idle) == ("ssh.root", COUNT, 0, 0, 0)
    assert "<h2>Demands</h2>" in (written / "technical.html").read_text(encoding="utf-8")


def test_programs_are_told_all_of_it(written: Path) -> None:
    """Nothing is left out of technical.json, and its links hold."""
    told = json.loads((written / "technical.json").read_text(encoding="utf-8"))

    assert [one["name"] for one in told["assets"]] == NAMES
    assert len(told["results"]) == COUNT
    assert len(told["violations"]) == 2 * COUNT
    assert {id_ for one in told["results"] for id_ in one["evidence"]} == told["evidence"].keys()
    assert len(told["coverage"]["unseen"]) == COUNT // 2


def test_a_table_of_the_silent_says_how_many_more_there_are(written: Path) -> None:
    """A manager reads twelve names, not a thousand."""
    html = (written / "management.html").read_text(encoding="utf-8")

    assert html.count("no route to host") == 12
    assert f"Shown are 12 of {COUNT // 2}" in html


def test_a_small_fleet_is_shown_whole_in_the_inventorys_order() -> None:
    """Exactly as many assets as fit are not yet too many."""
    names = NAMES[:MOST_ASSETS][::-1]
    small = fleet(
        inventory=tuple(map(asset, names)),
        asked=frozenset(names),
        judged=fleet().judged[:MOST_ASSETS],
    )

    assert [one.name for one in view(small).assets] == names


def test_an_audit_is_gone_through_once() -> None:
    """What the store gives piece by piece is not asked for twice, nor kept."""
    once = iter(fleet().judged)

    assert view(fleet(judged=once)).verdicts[Verdict.FAIL] == COUNT
    assert next(once, None) is None


def test_evidence_that_belongs_to_no_asset_stands_once(tmp_path: Path) -> None:
    """What day it was is evidence of many results, and one entry."""
    clock = Evidence(asset="", request="today's date", channel="clock", origin="2026-11-22 (UTC)")
    results = [result(name, Verdict.PASS, evidence=(clock, seen(name))) for name in NAMES[:3]]
    path = write(fleet(judged=given(results)), [ROOT / "reports"], tmp_path)["technical-json"]
    pairs: list[str] = []
    json.loads(path.read_text(), object_pairs_hook=lambda items: pairs.extend(key for key, _ in items))

    assert pairs.count(clock.id) == 1


# --- whom the audit passed over ---------------------------------------------------------------------------------------


def stopped(name: str = "linux-audit") -> str:
    """Return the words with which a credential is stopped, as the transports say them."""
    attempts = Attempts(1)
    tally = attempts._tally(name)
    tally.enter(None)
    tally.leave(1, 0)
    with pytest.raises(CredentialStopped) as error:
        attempts.check(name)
    return str(error.value)


def closed() -> list[str]:
    """Return the words with which a window and a freeze keep an asset from being asked."""
    window = Window(covers=Scope(), days=frozenset({Day.SAT}), opens=0, closes=60, timezone="UTC", name="nights")
    freeze = Freeze(covers=Scope(), first=date(2026, 11, 20), last=date(2026, 11, 30), timezone="UTC", reason="sales")
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return [Windows((window,), ()).closed(asset(), at), Windows((), (freeze,)).closed(asset(), at)]


def test_reasons_are_known_again_by_the_words_of_those_who_give_them() -> None:
    """Else a change of words would silently empty the first page."""
    assert CredentialStopped.told_in(stopped("a b")) == ("a b", 1)
    assert [NotNow.told_in(words) for words in closed()] == [True, True]


@pytest.mark.parametrize(
    "said", ["", "192.0.2.1:22: no route to host", "banner: credential x stopped after 3 refusals"]
)
def test_other_reasons_are_not(said: str) -> None:
    """Nor what an asset says of a credential, which stands behind its address."""
    assert CredentialStopped.told_in(said) is None
    assert not NotNow.told_in(said)


def untold(name: str, problem: str) -> Judged:
    """Return an asset of which a reason is all that is known."""
    silent = replace(seen(name), digest="", problem=problem)
    (judged,) = given([result(name, Verdict.UNKNOWN, problem, evidence=(silent,))])
    return judged


def test_the_first_page_says_which_credential_was_stopped_and_who_was_not_asked(tmp_path: Path) -> None:
    """Coverage stays first; then credentials, then windows; as it was stored, by whatever way an asset was asked."""
    window, freeze = closed()
    names = ("web-01", "db-01", "app-01", "edge-01")
    reasons = dict(zip(names, (stopped(), stopped(), window, freeze), strict=True))
    told = audited(
        judged=[untold(name, reason) for name, reason in reasons.items()],
        asked=frozenset(names),
        unreached={"web-01": reasons["web-01"], "app-01": window},
    )
    paths = write(told, [ROOT / "reports"], tmp_path)

    for page in ("management", "technical"):
        html = paths[page].read_text(encoding="utf-8")
        places = [
            html.index(words)
            for words in (
                "of 4 demands decided",
                "Credential linux-audit stopped after 1 refusal: 2 assets not asked with it",
                "db-01, web-01",
                "1 asset not asked:</strong> frozen from 2026-11-20 to 2026-11-30: sales (edge-01)",
                "1 asset not asked:</strong> outside its maintenance window: nights",
            )
        ]
        assert places == sorted(places)
    coverage = json.loads(paths["technical-json"].read_text())["coverage"]
    assert coverage["credentials_stopped"] == [
        {"credential": "linux-audit", "refusals": 1, "assets": ["db-01", "web-01"]}
    ]
    assert [(one["reason"], one["assets"]) for one in coverage["not_asked"]] == [
        (freeze, ["edge-01"]),
        (window, ["app-01"]),
    ]


def test_an_audit_that_passed_over_nobody_says_nothing_of_it() -> None:
    """No empty boxes on the first page."""
    assert not view(audited(asked=frozenset({"web-01"}), started_at=NOW)).passed_over
