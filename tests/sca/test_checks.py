"""An imported policy's checks, asked and judged as all others are: by plan, answers and facts."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collect.facts import Facts
from auditor.collect.plan import AssetPlan, plan_asset
from auditor.documents import parse_yaml
from auditor.errors import ContentError
from auditor.evaluate import judge_all
from auditor.model.asset import Platform
from auditor.model.check import Severity, Violation
from auditor.model.evidence import text_digest
from auditor.model.policy import Control, Demand
from auditor.model.probe import Answer, Request
from auditor.model.result import Result, Verdict
from auditor.plugins import Content
from auditor.sca.checks import brought, commands
from auditor.sca.policy import read_policy
from auditor.sca.stored import Imported, as_json, load
from tests.make import answer, asset

POLICY = """\
policy: {id: acme, name: Acme}
requirements: {name: Linux, condition: all, rules: ["f:/proc/sys/kernel/ostype -> Linux"]}
checks:
  - id: 1
    name: "One file."
    remediation: Mend it.
    compliance: {tsc: [CC6.1]}
    condition: all
    rules: ["f:/etc/a -> r:^x"]
  - {id: 2, name: One of two, condition: any, rules: ["f:/etc/a -> r:^x", "c:tool -> r:on"]}
  - {id: 3, name: None of two, condition: none, rules: ["f:/etc/a -> r:^x", "f:/etc/b -> r:^y"]}
  - {id: 4, name: A command, condition: all, rules: ["c:tool -> r:on", "not p:telnetd"]}
  - {id: 5, name: Unreadable, condition: all, rules: ["f:/etc/a -> r:^x", "f:etc/relative", "nonsense"]}
  - {id: 6, name: Nothing, condition: all, rules: []}
"""
LINUX = "[regular]\n|Linux\n[read 0]\n[end]\n"
X, Y = "[regular]\n|x\n[read 0]\n[end]\n", "[regular]\n|y\n[read 0]\n[end]\n"
MISSING, HIDDEN = "[missing]\n[end]\n", "[hidden]\n[end]\n"
PROCESSES = "[processes seen]\n[names]\n|init\n[programs]\n[end]\n"
GOOD = {"ostype": LINUX, "/etc/a": X, "/etc/b": Y, "tool": "[output]\n|on\n[end]\n", "/comm": PROCESSES}
NEEDS_ROOT = "needs root: sudo is not installed here, and the account is not root"


def imported(*, allowed: bool = True, text: str = POLICY) -> Imported:
    """Return the policy as it is imported."""
    return Imported("acme", read_policy(parse_yaml(text, "acme.yml")), "acme.yml", "0" * 64, commands=allowed)


def planned(policy: Imported) -> AssetPlan:
    """Return what a host is asked for all of the policy."""
    content = brought(policy)
    checks = {check.id: check for check in content.checks}
    control = Control(id="C", title="All of it", policy="acme")
    host = asset()
    demands = [Demand(control=control, check=check) for check in checks.values()]
    return plan_asset(host, demands, Content(checks, content.probes, (), {}))


def requests(plan: AssetPlan) -> list[Request]:
    """Return everything that is asked."""
    return [request for asked in plan.requests.values() for request in asked]


def said(request: Request, texts: Mapping[str, str]) -> Answer:
    """Return the text whose name stands in a request, or that as the problem which is no section."""
    text = next(text for name, text in texts.items() if name in str(request))
    if not text.startswith("["):
        return answer("", request, problem=text)
    return replace(answer(text, request), digest=text_digest(text))


def results(policy: Imported, *, root: bool = True, **changed: str) -> dict[str, Result]:
    """Return the verdicts on a host that answers so, by the check's number."""
    plan = planned(policy)
    texts = {**GOOD, **{f"/etc/{name}" if name in "ab" else name: text for name, text in changed.items()}}
    answers = {one: said(one, texts) for one in requests(plan)}
    if not root:
        refused = [one for one in answers if str(one).startswith("sudo ")]
        answers |= {one: answer("", one, problem=NEEDS_ROOT) for one in refused}
    judged = judge_all(plan.demands, plan.asset, Facts(plan, answers))
    return {one.check.rpartition(".")[2]: one for one in judged}


def verdicts(policy: Imported, *, root: bool = True, **changed: str) -> str:
    """Return the first letters of the verdicts, in the policy's order."""
    letters = {Verdict.NOT_APPLICABLE: "-", Verdict.UNKNOWN: "?", Verdict.PASS: "p", Verdict.FAIL: "F"}
    return "".join(letters[result.verdict] for result in results(policy, root=root, **changed).values())


def test_a_check_is_what_the_file_says():
    """Its title as the state, its ids as references; how bad it is, a policy decides."""
    first = brought(imported()).checks[0]

    assert (first.id, first.title, first.severity) == ("sca.acme.1", "One file", Severity.MEDIUM)
    assert (first.fix.text, first.fix.solution) == ("Mend it.", "acme")
    assert first.references == ("tsc:CC6.1",)
    assert first.settings == {}


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, "ppFp?-"),
        ({"a": Y}, "FpFpF-"),
        ({"a": Y, "b": X}, "FpppF-"),
        ({"a": MISSING}, "-pFp?-"),
        ({"a": HIDDEN}, "?pFp?-"),
        ({"a": HIDDEN, "b": X}, "?p?p?-"),
        ({"a": MISSING, "b": X}, "-p-p?-"),
        ({"a": Y, "tool": "[missing]\n[end]\n"}, "F-F-F-"),
        ({"a": Y, "tool": "gave no complete answer within 30 s"}, "F?F?F-"),
        ({"a": Y, "tool": "[output]\n|off\n[end]\n"}, "FFFFF-"),
        ({"tool": "[output]\n|off\n[end]\n"}, "ppFF?-"),
        ({"/comm": PROCESSES.replace("seen", "hidden")}, "ppF??-"),
        ({"/comm": PROCESSES.replace("init", "telnetd")}, "ppFF?-"),
        ({"ostype": "[regular]\n|FreeBSD\n[read 0]\n[end]\n"}, "------"),
        ({"ostype": MISSING}, "------"),
        ({"ostype": HIDDEN}, "??????"),
    ],
)
def test_verdicts_follow_what_was_seen(changed, wanted):
    """Fails are decided by what was seen, whatever else was not; a policy for another host does not apply."""
    assert wanted == verdicts(imported(), **changed)


def test_commands_that_are_not_allowed_are_not_asked_and_leave_it_unknown():
    """Nor are processes; what is decided without them is decided."""
    refused = imported(allowed=False)
    unknown = results(refused, a=Y)["4"]

    assert verdicts(refused) == "ppF??-"
    assert verdicts(refused, a=Y) == "F?F?F-"
    assert not any("tool" in str(one) or "/proc/[" in str(one) for one in requests(planned(refused)))
    assert "the commands of acme were not allowed (auditor policy import-sca --allow-commands)" in unknown.reason
    assert commands(refused) == commands(imported()) == ("c:tool", "p:telnetd")


def test_everything_that_is_asked_is_declared_and_asked_as_root():
    """By the probes that the import brings; what needs no root is also asked without."""
    declared = {request for probe in brought(imported()).probes for request in probe.requests}
    asked = requests(planned(imported()))

    assert set(asked) == declared
    assert {str(one) for one in asked if "tool" in str(one)} == {
        str(one) for one in asked if "sudo if command" in str(one)
    }
    assert sum("f=/etc/a" in str(one) for one in asked) == 2


def test_without_root_what_any_account_may_read_is_judged():
    """Commands are not run otherwise than as root, as their words may say something else then."""
    judged = results(imported(), root=False)

    assert verdicts(imported(), root=False) == "ppF??-"
    assert "as root or not at all" in judged["4"].reason
    assert all(not seen.problem for seen in judged["1"].evidence)


def test_a_host_that_does_not_answer_is_unknown_for_its_own_reason():
    """The one that every other check gives."""
    plan = planned(imported())
    silent = {one: answer("", one, problem="no connection in time") for one in requests(plan)}
    judged = judge_all(plan.demands, plan.asset, Facts(plan, silent))

    assert {(one.verdict, one.reason) for one in judged} == {(Verdict.UNKNOWN, "no connection in time")}


def test_a_verdict_rests_on_what_its_own_rules_were_shown():
    """And on what the requirements were."""
    judged = results(imported())

    assert {seen.request.partition(";")[0] for seen in judged["1"].evidence} == {
        "sudo f=/proc/sys/kernel/ostype", "sudo f=/etc/a",
    }  # fmt: skip
    assert not any("tool" in seen.request for seen in judged["3"].evidence)


def test_a_violation_names_the_rule_and_what_was_found():
    """Of `any`, every rule at once."""
    judged = results(imported(), a=Y, tool="[output]\n|off\n[end]\n")

    assert judged["1"].violations == (Violation("f:/etc/a -> r:^x", "no such line", "holds"),)
    assert judged["3"].violations == (Violation("f:/etc/b -> r:^y", "y", "does not hold"),)
    (whole,) = judged["2"].violations
    assert (whole.subject, whole.wanted) == ("every rule", "one rule that holds")
    assert whole.found == ("f:/etc/a -> r:^x: no such line", "c:tool -> r:on: no such line")


def test_another_platform_is_not_asked():
    """Paths of Linux mean nothing there."""
    content = brought(imported())
    (check, *_) = content.checks
    host = replace(asset(), platform=Platform.MACOS)
    control = Control(id="C", title="One", policy="acme")
    plan = plan_asset(host, [Demand(control=control, check=check)], Content({}, content.probes, (), {}))
    (judged,) = judge_all(plan.demands, plan.asset, Facts(plan, {}))

    assert requests(plan) == []
    assert judged.reason == "nothing reads acme on platform macos yet"


@pytest.mark.parametrize("allowed", [True, False])
def test_what_is_stored_is_what_was_imported(tmp_path, allowed):
    """Rules that cannot be read too."""
    (tmp_path / "acme.json").write_text(as_json(imported(allowed=allowed)))
    kept = load(tmp_path / "acme.json")

    assert kept.policy.checks == imported().policy.checks
    assert kept.policy.requirements == imported().policy.requirements
    assert (kept.name, kept.commands) == ("acme", allowed)
    assert verdicts(kept, a=Y) == verdicts(imported(allowed=allowed), a=Y)


@pytest.mark.parametrize(
    "change", [("acme", "../acme"), ('"allowed"', '"maybe"'), ('"checks"', '"chekcs"'), ("{", "[")]
)
def test_a_stored_file_that_is_none_is_refused_with_its_name(tmp_path, change):
    """And with what to do."""
    (tmp_path / "acme.json").write_text(as_json(imported()).replace(*change))

    with pytest.raises(ContentError, match="Import the policy again"):
        load(tmp_path / "acme.json")


def test_no_file_is_read_outside_of_where_it_should_be(tmp_path):
    """A missing file is told as any other."""
    with pytest.raises(ContentError, match="cannot be read"):
        load(Path(tmp_path / "none.json"))
