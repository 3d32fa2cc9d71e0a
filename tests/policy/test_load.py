"""A policy is read with everything that it extends, or every problem of it is named with file, line and column."""

from pathlib import Path

import pytest

from auditor.errors import ContentError, UsageError
from auditor.model.asset import Kind, Platform
from auditor.model.check import Severity
from auditor.model.policy import Policy
from auditor.plugins import Content, load_content
from auditor.policy.demands import demands
from auditor.policy.explain import explained
from auditor.policy.load import load_frameworks, load_policy
from auditor.policy.schema import policy_schema
from auditor.workspace import Workspace
from tests.make import ROOT, asset

GOOD = """\
policy: acme
version: "1"
controls:
  - id: ACC-01
    title: Nobody logs in as root
    applies_to: {kind: [server]}
    satisfies: {cis-controls-8.1: ["5.4"]}
    checks:
      ssh.root-login: {allowed: [no]}
"""


@pytest.fixture(scope="module")
def content() -> Content:
    """Return the shipped checks."""
    return load_content(Workspace(ROOT))


def load(tmp_path: Path, content: Content, text: str, **others: str) -> Policy:
    """Return a policy written in a workspace of its own."""
    workspace = Workspace(tmp_path)
    workspace.settings_file.touch()
    (tmp_path / "policies").mkdir(exist_ok=True)
    for name, other in {"acme": text, **others}.items():
        (tmp_path / "policies" / f"{name}.yaml").write_text(other, encoding="utf-8")
    return load_policy("acme", workspace, content)


def problem(tmp_path: Path, content: Content, text: str, **others: str) -> str:
    """Return what is said of a wrong policy, without the folder's name."""
    with pytest.raises(ContentError) as error:
        load(tmp_path, content, text, **others)
    return str(error.value).replace(f"{tmp_path}/policies/", "")


def test_a_bare_no_is_the_word_no(tmp_path: Path, content: Content) -> None:
    """YAML 1.2: it neither becomes false nor fails."""
    settings = load(tmp_path, content, GOOD).controls[0].checks["ssh.root-login"]

    assert settings == {"allowed": frozenset({"no"})}


WRONG = {
    "an unknown check": (("ssh.root-login", "ssh.rot-login"), "acme.yaml:9:7: there is no check ssh.rot-login"),
    "an unknown setting": (("allowed:", "alowed:"), "acme.yaml:9:24: ssh.root-login has no setting alowed"),
    "a wrong value": (("[no]", "[never]"), "acme.yaml:9:"),
    "an unknown field": (("title:", "titel:"), "acme.yaml:5:5: titel: there is no such field"),
    "an unknown framework": (("cis-controls-8.1", "cis-9"), "acme.yaml:7:17: there is no framework cis-9"),
    "an unknown requirement": (('"5.4"', '"99"'), "acme.yaml:7:17: cis-controls-8.1 has no requirement 99 here"),
    "a wrong kind": (("[server]", "[severs]"), "acme.yaml:6:"),
    "a missing title": (
        ("    title: Nobody logs in as root\n", ""),
        "acme.yaml:4:5: ACC-01: a new control needs a title",
    ),
    "a control without checks": (
        ("    checks:\n      ssh.root-login: {allowed: [no]}\n", ""),
        "acme.yaml:4:5: ACC-01: has no checks",
    ),
    "broken YAML": (("controls:", "controls: ["), "acme.yaml:"),
    "a tab": (("    title", "\ttitle"), "acme.yaml:5:1: is not YAML"),
    "a duplicate key": (('version: "1"', 'version: "1"\nversion: "2"'), "acme.yaml:3:1: version: stands here twice"),
    "a tag": (('"1"', "!!python/object:os.system x"), "acme.yaml:2:10: the tag"),
    "a missing version": (('version: "1"\n', ""), "version: is required"),
    "no document": ((GOOD, ""), "acme.yaml"),
    "a list": ((GOOD, "- a\n- b\n"), "acme.yaml:1:1"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, content: Content, change: tuple[str, str], said: str
) -> None:
    """One change, one message."""
    assert said in problem(tmp_path, content, GOOD.replace(*change))


def test_all_problems_of_a_file_are_said_in_one_run(tmp_path: Path, content: Content) -> None:
    """Mending a file does not take as many runs as it has problems."""
    text = GOOD.replace("ssh.root-login", "ssh.rot-login").replace("cis-controls-8.1", "cis-9")

    assert problem(tmp_path, content, text).count("acme.yaml:") == 2


def test_an_extended_control_keeps_what_is_not_changed(tmp_path: Path, content: Content) -> None:
    """The same id changes a control, field by field."""
    own = 'policy: acme\nversion: "2"\nextends: [base]\ncontrols:\n  - id: ACC-01\n    severity: critical\n'

    control = load(tmp_path, content, own, base=GOOD).controls[0]

    assert control.severity is Severity.CRITICAL
    assert control.title == "Nobody logs in as root"
    assert control.applies_to.kind == {Kind.SERVER}


def test_a_dropped_control_is_gone_and_an_unknown_one_is_an_error(tmp_path: Path, content: Content) -> None:
    """Dropping nothing is a mistake, not a wish fulfilled."""
    own = 'policy: acme\nversion: "2"\nextends: [base]\ndrop: [ACC-01]\n'

    assert load(tmp_path, content, own, base=GOOD).controls == ()
    assert "no extended policy has such a control" in problem(
        tmp_path, content, own.replace("ACC-01", "ACC-99"), base=GOOD
    )


def test_policies_that_extend_each_other_are_an_error(tmp_path: Path, content: Content) -> None:
    """A circle ends in a message."""
    one, other = (f'policy: {a}\nversion: "1"\nextends: [{b}]\n' for a, b in (("acme", "base"), ("base", "acme")))

    assert "there is no policy acme to extend" in problem(tmp_path, content, one, base=other)


WAIVER = """\
waivers:
  - check: ssh.root-login
    assets: [backup-01]
    reason: The restore tool needs root.
    approved_by: ciso@acme.example
    expires: 2026-12-31
"""


@pytest.mark.parametrize("field", ["reason", "approved_by", "expires", "assets", "check"])
def test_a_waiver_needs_all_its_fields(tmp_path: Path, content: Content, field: str) -> None:
    """Nobody answers for a waiver without reason, approver or last day."""
    lines = [line for line in WAIVER.splitlines() if f"{field}:" not in line]
    text = GOOD + "\n".join(lines).replace("waivers:\n    ", "waivers:\n  - ", 1)

    assert f"{field}: is required" in problem(tmp_path, content, text)


def test_waivers_are_not_inherited(tmp_path: Path, content: Content) -> None:
    """Whoever extends a policy answers for its own exceptions."""
    own = 'policy: acme\nversion: "2"\nextends: [base]\n'

    assert load(tmp_path, content, own, base=GOOD + WAIVER).waivers == ()
    assert len(load(tmp_path, content, GOOD + WAIVER).waivers) == 1


def test_a_missing_policy_lists_what_there_is(tmp_path: Path, content: Content) -> None:
    """Including the shipped ones."""
    (tmp_path / "auditor.toml").touch()
    with pytest.raises(UsageError, match=r"There are: baseline"):
        load_policy("acme", Workspace(tmp_path), content)


def test_a_million_values_by_aliases_are_refused(tmp_path: Path, content: Content) -> None:
    """A small file cannot fill the memory."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{n}: &{n} [{', '.join([f'*{p}'] * 10)}]\n" for p, n in zip("abcdefg", "bcdefgh", strict=True)
    )

    assert "holds too many values" in problem(tmp_path, content, bomb)


def test_demands_follow_the_scope(tmp_path: Path, content: Content) -> None:
    """A control about servers demands nothing of a router."""
    policy = load(tmp_path, content, GOOD)
    assets = [asset(), asset("r1", kind=Kind.ROUTER, platform=Platform.CISCO_IOS), asset("web-02")]
    found = [(one.name, [d.check and d.check.id for d in wanted]) for one, wanted in demands(policy, assets, content)]

    assert found == [("web-01", ["ssh.root-login"]), ("r1", []), ("web-02", ["ssh.root-login"])]


def test_assets_that_the_same_controls_cover_share_their_demands(tmp_path: Path, content: Content) -> None:
    """So that a fleet is planned and judged by the kind of its assets, and not one by one."""
    router = asset("r1", kind=Kind.ROUTER, platform=Platform.CISCO_IOS)
    fleet = [asset(), router, asset("web-02")]
    first, other, second = (wanted for _, wanted in demands(load(tmp_path, content, GOOD), fleet, content))

    assert first is second
    assert first != other


def test_explain_names_the_line_that_set_a_value(tmp_path: Path, content: Content) -> None:
    """And says which values are the check's own."""
    ((one, wanted),) = demands(load(tmp_path, content, GOOD), [asset()], content)
    rows = explained(one.name, wanted)
    by_setting = {row["setting"]: (row["value"], row["set_by"]) for row in rows}

    assert by_setting["allowed"] == ("no", f"{tmp_path}/policies/acme.yaml:9:24")
    assert by_setting["view"][1] == "the check's default"


def test_the_shipped_policy_is_right_and_every_framework_is_used(content: Content) -> None:
    """Every check that it names exists, with settings that fit."""
    policy = load_policy("baseline", Workspace(ROOT), content)
    mapped = {framework for control in policy.controls for framework in control.satisfies}

    assert mapped == set(load_frameworks(Workspace(ROOT)))
    assert len({check for control in policy.controls for check in control.checks}) >= 30


def test_every_requirement_of_a_shipped_framework_is_asked_for_by_some_control(content: Content) -> None:
    """A framework file lists what the baseline maps, nothing that is merely there."""
    policy = load_policy("baseline", Workspace(ROOT), content)
    for name, framework in load_frameworks(Workspace(ROOT)).items():
        used = {one for control in policy.controls for one in control.satisfies.get(name, ())}

        assert set(framework.requirements) - used == set(), name


def test_the_schema_knows_every_check_and_its_settings(content: Content) -> None:
    """Editors complete from it."""
    definitions = policy_schema(content)["$defs"]
    assert isinstance(definitions, dict)
    checks = definitions["ControlFile"]["properties"]["checks"]["properties"]

    assert set(checks) == set(content.checks)
    assert "allowed" in str(checks["ssh.root-login"])


def test_a_framework_may_stand_in_several_files(tmp_path: Path) -> None:
    """Their requirements add up; of one that stands twice, and of the title, the first file's words count."""
    (tmp_path / "auditor.toml").write_text("")
    folder = tmp_path / "policies" / "frameworks"
    folder.mkdir(parents=True)
    head = "framework: nist-800-53r5\ntitle: {}\nsource: ours\nrequirements:\n"
    (folder / "a.yaml").write_text(head.format("First") + "  AC-2: Ours.\n  XX-1: One more.\n")
    (folder / "b.yaml").write_text(head.format("Second") + "  XX-1: Not this.\n  XX-2: And one.\n")
    known = load_frameworks(Workspace(tmp_path))["nist-800-53r5"]

    assert known.title == "First"
    assert [known.requirements[id_] for id_ in ("AC-2", "XX-1", "XX-2")] == ["Ours.", "One more.", "And one."]
    assert known.requirements["AC-3"] == "Access is granted as approved."
