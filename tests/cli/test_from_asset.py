"""`auditor policy from-asset`: what a host was seen to have, as a policy that it passes, with what is laxer marked."""

import json
from pathlib import Path

import pytest

from auditor.facts.ssh import openssh_as_root
from auditor.model.evidence import Evidence, text_digest
from auditor.start import make_workspace
from auditor.testing import NOW, an_asset
from auditor.transports.recorder import save_recording
from tests.cli.running import Auditor

RECORDED = Path(__file__).parent.parent / "facts" / "recorded" / "ssh_debian12.txt"
POLICY = """\
policy: company
version: "1"
controls:
  - id: SSH-1
    title: "Log-ins: few and late"
    severity: high
    satisfies: {nist-800-53r5: ["AC-7"]}
    checks:
      ssh.root-login:
      ssh.max-tries:
      ssh.max-sessions:
      ssh.idle:
      ssh.empty-passwords:
      ssh.log-level:
  - id: SSH-2
    title: Nothing of it is met
    checks: {ssh.x11-forwarding: }
  - id: KRN-1
    title: What was never answered
    checks: {kernel.aslr: }
  - id: MAN-1
    title: Somebody looked
    manual: true
"""


@pytest.fixture
def acme(auditor: Auditor, tmp_path: Path) -> Path:
    """Return a workspace in which a host was audited by a recording of its SSH server's settings."""
    folder = tmp_path / "acme"
    list(make_workspace(folder, "Acme"))
    text = RECORDED.read_text()
    (request,) = openssh_as_root.requests
    seen = Evidence(
        asset="gold", request=str(request), channel="ssh", asked_at=NOW, digest=text_digest(text), privilege="root"
    )
    save_recording(tmp_path / "recording", an_asset("gold"), [(seen, text)])
    recording = f"replay: {{folder: {tmp_path}/recording}}"
    inventory = f"assets:\n  - {{name: gold, kind: server, platform: linux, transports: {{{recording}}}}}\n"
    (folder / "inventory" / "company.yaml").write_text(inventory)
    (folder / "policies" / "company.yaml").write_text(POLICY)
    assert auditor("audit", folder=folder).code == 1
    return folder


def test_settings_are_those_that_were_seen(auditor: Auditor, acme: Path) -> None:
    """What is laxer than by default is marked, what fails or is not known is left out and says why."""
    done = auditor("policy", "from-asset", "gold", folder=acme)
    lines = [line.strip() for line in done.out.splitlines()]

    assert (done.code, done.err) == (0, "")
    assert 'allowed: ["no", "prohibit-password"]  # laxer than the default: no' in lines
    assert "at_most: 6  # laxer than the default: 4" in lines
    assert "at_most: 10" in lines
    assert 'allowed: ["INFO"]' in lines
    assert any(line.startswith("# ssh.idle: fails, and no setting can say what was found; Client") for line in lines)
    assert "# SSH-2 Nothing of it is met: left out with all its checks" in lines
    assert "# KRN-1 What was never answered: left out with all its checks" in lines
    assert any(line.startswith("#   kernel.aslr: unknown: ") for line in lines)
    assert "manual: true" in lines


def test_the_host_passes_by_it(auditor: Auditor, acme: Path) -> None:
    """It passes lint, demands what the company demanded in the same words, and gives no fail."""
    wrote = auditor("policy", "from-asset", "gold", "--to", "policies/gold.yaml", folder=acme)
    assert wrote.out == "wrote policies/gold.yaml: 5 checks, 2 settings laxer than by default, 3 left out\n"
    lint = auditor("policy", "lint", "gold", folder=acme)
    assert (lint.code, lint.err) == (0, "")
    audited = json.loads(auditor("audit", "--policy", "gold", "--format", "json", folder=acme).out)
    (asset,) = audited["assets"]

    assert audited["met"] is True
    assert (asset["pass"], asset["fail"], asset["unknown"]) == (5, 0, 0)
    (first, second) = json.loads(auditor("policy", "show", "gold", "--format", "json", folder=acme).out)
    assert (first["id"], first["title"], first["severity"]) == ("SSH-1", "Log-ins: few and late", "high")
    assert first["satisfies"] == {"nist-800-53r5": ["AC-7"]}
    assert second["checks"] == ["manual"]


def test_nothing_is_asked_of_the_host(auditor: Auditor, acme: Path, tmp_path: Path) -> None:
    """What is stored is enough."""
    (tmp_path / "recording" / "recording.json").unlink()

    assert "at_most: 6" in auditor("policy", "from-asset", "gold", folder=acme).out


def test_what_cannot_be_is_said(auditor: Auditor, acme: Path) -> None:
    """And nothing is overwritten."""
    for words, said in (
        (["gone"], "the inventory has no asset gone"),
        (["gold", "--audit", "99"], "99"),
        (["gold", "--to", "policies/company.yaml"], "policies/company.yaml is there already"),
    ):
        done = auditor("policy", "from-asset", *words, folder=acme)

        assert (done.code, done.out) == (2, "")
        assert said in done.err
    assert (acme / "policies" / "company.yaml").read_text() == POLICY


def test_a_host_that_was_never_audited_has_no_settings(auditor: Auditor, tmp_path: Path) -> None:
    """It has to be asked first."""
    list(make_workspace(tmp_path / "new", "New"))
    done = auditor("policy", "from-asset", "localhost", folder=tmp_path / "new")

    assert done.code == 2
    assert "there is no evidence of localhost yet; audit it first" in done.err
