"""Findings that nobody demands to be mended any more, as people see them: by commands and in the report."""

from pathlib import Path

import pytest

from tests.lab.auditing import invoke
from tests.lab.workspace import LabWorkspace

TELNET = "router.telnet-off"
POLICY = """\
policy: own
version: "1"
controls:
  - {id: A-1, title: No telnet, applies_to: {platform: [cisco-ios]}, checks: {router.telnet-off: }}
"""
OTHER = """\
policy: other
version: "1"
controls:
  - {id: B-1, title: SSH of version 2, applies_to: {platform: [cisco-ios]}, checks: {router.ssh-version-2: }}
"""
CONFIGURATION = "version 15.2\nhostname {name}\nline con 0\nline vty 0 4\n transport input telnet\n!\nend\n"


@pytest.fixture
def workspace(tmp_path: Path) -> LabWorkspace:
    """Return a workspace with two routers that take telnet."""
    made = LabWorkspace(tmp_path, policy="own")
    for name in ("rt-01", "rt-02"):
        (tmp_path / "inventory" / f"{name}.cfg").write_text(CONFIGURATION.format(name=name))
        transports = {"file": {"configuration": f"{name}.cfg"}}
        made.asset(name, kind="router", platform="cisco-ios", transports=transports)
    made.write()
    (tmp_path / "policies" / "own.yaml").write_text(POLICY)
    (tmp_path / "policies" / "other.yaml").write_text(OTHER)
    return made


def told(workspace: LabWorkspace, *words: str) -> dict[str, tuple[str, str]]:
    """Audit, and return the state of the finding about telnet on each router, with the reason."""
    assert invoke(workspace, "audit", *words).status in {0, 1}
    every = [word for state in ("new", "open", "reopened", "not-verified", "retired") for word in ("--state", state)]
    listed = invoke(workspace, "findings", "list", *every, "--format", "json").json
    return {one["asset"]: (one["state"], one["reason"]) for one in listed if one["check"] == TELNET}


def test_an_asset_leaves_the_inventory_and_comes_back(workspace: LabWorkspace) -> None:
    """Its findings stand no more and count as nothing mended, in the list, on the screen and in the report."""
    assert told(workspace) == {"rt-01": ("new", ""), "rt-02": ("new", "")}
    gone = workspace.assets.pop("rt-02")
    workspace.write()

    assert told(workspace) == {"rt-01": ("open", ""), "rt-02": ("retired", "The asset left the inventory.")}
    assert "rt-02" not in invoke(workspace, "findings", "list").out
    table = invoke(workspace, "findings", "list", "--state", "retired").out
    assert "REASON" in table
    assert "The asset left the inventory." in table
    report = (workspace.folder / "out" / "audit-2" / "management.html").read_text()
    assert '<tr><th scope="row">retired</th><td class="number">1</td>' in report
    assert '<tr><th scope="row">fixed</th><td class="number">0</td>' in report
    assert "Findings: 1 open.\n" in invoke(workspace, "audit").out

    workspace.assets["rt-02"] = gone
    workspace.write()
    assert told(workspace) == {"rt-01": ("open", ""), "rt-02": ("reopened", "")}


def test_a_demand_leaves_the_policy_and_comes_back(workspace: LabWorkspace) -> None:
    """Whether or not an asset answers: nobody asks it that any more."""
    told(workspace)
    policy = workspace.folder / "policies" / "own.yaml"
    policy.write_text(OTHER.replace("policy: other", "policy: own"))
    (workspace.folder / "inventory" / "rt-02.cfg").write_text("")

    said = invoke(workspace, "audit")
    assert "2 retired" in said.out
    no_more = ("retired", "The policy no longer demands it of this asset.")
    assert told(workspace) == {"rt-01": no_more, "rt-02": no_more}
    policy.write_text(POLICY)
    back = told(workspace)
    assert (back["rt-01"], back["rt-02"][0]) == (("reopened", ""), "not-verified")


def test_a_look_with_another_policy_or_inventory_retires_nothing(workspace: LabWorkspace) -> None:
    """`--policy` and `--inventory` say what is looked at now, not what the company gave up."""
    told(workspace)
    small = workspace.folder / "inventory" / "small.yaml"
    small.write_text((workspace.folder / "inventory" / "lab.yaml").read_text().replace("rt-02", "rt-03"))
    (workspace.folder / "inventory" / "rt-03.cfg").write_text(CONFIGURATION.format(name="rt-03"))

    left_alone = ("not-verified", "This audit's policy does not demand it of this asset.")
    assert told(workspace, "--policy", "other") == {"rt-01": left_alone, "rt-02": left_alone}
    assert told(workspace) == {"rt-01": ("open", ""), "rt-02": ("open", "")}
    assert told(workspace, "--inventory", "small")["rt-02"] == ("open", "")
    assert told(workspace, "--policy", "own", "--inventory", "inventory/lab.yaml")["rt-03"][0] == "retired"
