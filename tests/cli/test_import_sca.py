"""`auditor policy import-sca`: a Wazuh policy file runs as it is, and no command of it before somebody allowed that."""

import json
import os
from pathlib import Path

import pytest

from auditor.start import make_workspace
from tests.cli.running import Auditor

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="a policy's commands are run as root or not at all")
SCA = """\
policy: {{id: acme_linux, name: Acme Linux}}
requirements: {{name: Linux, condition: all, rules: ["f:/proc/sys/kernel/ostype -> Linux"]}}
checks:
  - id: 101
    name: "The file says yes."
    description: What it says.
    rationale: Why it should.
    remediation: Write yes.
    compliance: {{pci_dss: ["2.2"], nist_800_53: [CM-6], acme: ["1"]}}
    condition: all
    rules: ['f:{folder}/said -> r:^\\s*answer\\s+yes$']
  - id: 102
    name: A command says ready
    compliance: {{pci_dss: ["6.1"]}}
    condition: all
    rules: ['c:sh -c "echo ready > {folder}/ran; cat {folder}/ran" -> r:^ready$']
  - {{id: 103, name: No such process, condition: none, rules: ["p:no-such-process"]}}
  - {{id: 104, name: Half of it, condition: sometimes, rules: ["f:/x"]}}
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Return a workspace whose only asset is this machine, a policy file beside it, and a file that it looks at."""
    list(make_workspace(tmp_path / "acme", "Acme"))
    inventory = (
        "assets:\n  - {name: here, kind: server, platform: linux, addresses: [127.0.0.1], transports: {local: {}}}\n"
    )
    (tmp_path / "acme" / "inventory" / "company.yaml").write_text(inventory)
    (tmp_path / "acme_linux.yml").write_text(SCA.format(folder=tmp_path))
    (tmp_path / "said").write_text("# answer no\n  Answer  YES\n")
    return tmp_path / "acme"


def verdicts(auditor: Auditor, acme: Path) -> dict[str, str]:
    """Return what becomes of the imported checks on this machine."""
    said = auditor("checks", "run", "sca.*", "--local", "--format", "json", folder=acme)
    return {row["check"].rpartition(".")[2]: row["verdict"] for row in json.loads(said.out)}


def test_a_policy_file_becomes_checks_and_a_policy(auditor: Auditor, acme: Path) -> None:
    """What it brings is said, what cannot be used is noted, and the policy passes lint."""
    done = auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)

    assert done.code == 0, done.err
    assert "3 checks, read as of Wazuh 5 (pcre2); rules: 1 file, 1 process, 1 command" in done.out
    assert f'  c:sh -c "echo ready > {acme.parent}/ran; cat {acme.parent}/ran"\n  p:no-such-process\n' in done.out
    assert "not run:" in done.out
    assert "2 checks left unknown" in done.out
    assert "acme_linux.yml:18:5: the check 104 has no id or no known condition, and is left out" in done.err
    assert "acme is no framework that Wazuh knows" in done.err
    lint = auditor("policy", "lint", "acme-linux", folder=acme)
    assert (lint.code, lint.err) == (0, "")
    assert lint.out.endswith(": 3 controls, 3 checks, 0 waivers.\n")


def test_commands_are_not_run_unless_they_are_allowed(auditor: Auditor, acme: Path) -> None:
    """What rests on them is unknown, for that reason; they are not among what may be asked either."""
    auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)

    assert verdicts(auditor, acme) == {"101": "pass", "102": "unknown", "103": "unknown"}
    assert not (acme.parent / "ran").exists()
    assert "echo ready" not in auditor("privileges", "--policy", "acme-linux", folder=acme).out
    shown = auditor("checks", "show", "sca.acme-linux.102", folder=acme).out
    assert "echo ready" not in shown
    assert "pci_dss:6.1" in shown


@ROOT
def test_allowed_commands_are_run_and_listed(auditor: Auditor, acme: Path) -> None:
    """As they were declared, among the rights that an audit needs."""
    done = auditor("policy", "import-sca", "../acme_linux.yml", "--allow-commands", folder=acme)

    assert "run as root:" in done.out
    assert verdicts(auditor, acme) == {"101": "pass", "102": "pass", "103": "pass"}
    assert (acme.parent / "ran").read_text() == "ready\n"
    listed = json.loads(auditor("privileges", "--policy", "acme-linux", "--format", "json", folder=acme).out)
    asked = [one for one in listed["shell"] if "echo ready" in one["command"]]
    assert [(one["name"], one["privileged"]) for one in asked] == [("acme-linux", True)]
    assert any("echo\\ ready" in line for line in listed["sudoers"])


def test_what_the_host_says_decides(auditor: Auditor, acme: Path) -> None:
    """A file that says no fails, one that is not there is not applicable."""
    auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)
    (acme.parent / "said").write_text("answer no\n")
    assert verdicts(auditor, acme)["101"] == "fail"
    (acme.parent / "said").unlink()
    assert verdicts(auditor, acme)["101"] == "not-applicable"


def test_an_audit_judges_by_it_and_keeps_its_frameworks(auditor: Auditor, acme: Path) -> None:
    """Extended by the company's own policy; a report counts the requirements that were met."""
    auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)
    own = "policy: company\nversion: '1'\nextends: [acme-linux]\n"
    (acme / "policies" / "company.yaml").write_text(own)
    done = auditor("audit", "--format", "json", folder=acme)
    told = json.loads(Path(json.loads(done.out)["reports"]["technical-json"]).read_text())

    assert done.code == 1
    (asset,) = json.loads(done.out)["assets"]
    assert (asset["pass"], asset["unknown"]) == (1, 2)
    frameworks = {row["id"]: row for row in told["frameworks"]}
    assert (frameworks["pci_dss"]["title"], frameworks["pci_dss"]["met"]) == ("PCI DSS", 1)
    assert frameworks["nist_800_53"]["met"] == 1


def test_two_policies_add_to_one_framework(auditor: Auditor, acme: Path) -> None:
    """Whichever was imported first."""
    other = (acme.parent / "acme_linux.yml").read_text().replace("acme_linux", "other").replace('"2.2"', '"3.4"')
    (acme.parent / "other.yml").write_text(other)
    auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)
    auditor("policy", "import-sca", "../other.yml", folder=acme)

    for name in ("acme-linux", "other"):
        assert auditor("policy", "lint", name, folder=acme).code == 0
    shown = json.loads(auditor("policy", "show", "other", "--format", "json", folder=acme).out)
    assert shown[0]["satisfies"] == {"pci_dss": ["3.4"], "nist_800_53": ["CM-6"]}


def test_an_import_is_replaced_only_where_that_is_said(auditor: Auditor, acme: Path) -> None:
    """And the policy, which the company may have changed, stays as it is."""
    auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)
    policy = acme / "policies" / "acme-linux.yaml"
    policy.write_text(policy.read_text().replace("The file says yes", "Changed"))
    again = auditor("policy", "import-sca", "../acme_linux.yml", "--allow-commands", folder=acme)
    assert again.code == 2
    assert "acme-linux.json is there already; give another --name, or --replace" in again.err
    assert '"commands": "refused"' in (acme / "checks" / "sca" / "acme-linux.json").read_text()

    source = acme.parent / "acme_linux.yml"
    source.write_text(source.read_text().replace("sometimes", "any"))
    done = auditor("policy", "import-sca", "../acme_linux.yml", "--allow-commands", "--replace", folder=acme)
    assert done.code == 0
    assert "note: policies/acme-linux.yaml does not name 1 check of it: sca.acme-linux.104\n" in done.err
    assert '"commands": "allowed"' in (acme / "checks" / "sca" / "acme-linux.json").read_text()
    assert "Changed" in policy.read_text()


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (["../no.yml"], None, "no.yml: cannot be read: No such file"),
        (["../x.yml"], "policy: [", "x.yml:1:"),
        (["../x.yml"], "a: 1", "x.yml:1:1: is no Wazuh SCA policy: it has no `policy`"),
        (["../x.yml"], "policy: {id: x}", "x.yml:1:1: is no Wazuh SCA policy: it has no `checks`"),
        (["../x.yml", "--name", "Bad Name"], "policy: {id: x}\nchecks: []", "Bad Name: a name has small letters"),
        (["../x.yml", "--name", "../x"], "policy: {id: x}\nchecks: []", "../x: a name has small letters"),
        (["../x.yml"], "policy: {id: baseline}\nchecks: []", "baseline.yaml is there already; give another --name"),
        (["../x.yml"], "policy: {id: company}\nchecks: []", "company.yaml is there already; give another --name"),
    ],
)
def test_what_cannot_be_imported_is_said(auditor: Auditor, acme: Path, words: list[str], text: str, said: str) -> None:
    """Exit 2, with the place, and nothing is written."""
    if text is not None:
        (acme.parent / "x.yml").write_text(text)
    done = auditor("policy", "import-sca", *words, folder=acme)

    assert (done.code, done.out) == (2, "")
    assert said in done.err.replace("\n  ", " ")
    assert not (acme / "checks" / "sca").exists()


def test_an_import_needs_a_workspace(auditor: Auditor, acme: Path) -> None:
    """Else it would be written anywhere."""
    done = auditor("policy", "import-sca", "acme_linux.yml", folder=acme.parent)

    assert done.code == 2
    assert "is no workspace: make one with `auditor init DIR`" in done.err


def test_an_older_file_is_read_in_its_own_dialect(auditor: Auditor, acme: Path) -> None:
    r"""`\s` is a blank of OSRegex; with --dialect it is PCRE2's."""
    old = (acme.parent / "acme_linux.yml").read_text().replace("name: ", "title: ")
    (acme.parent / "acme_linux.yml").write_text(old)
    (acme.parent / "said").write_text("answer\tyes\n")
    done = auditor("policy", "import-sca", "../acme_linux.yml", folder=acme)
    assert "read as of Wazuh 4 (osregex)" in done.out
    assert verdicts(auditor, acme)["101"] == "fail"
    done = auditor("policy", "import-sca", "../acme_linux.yml", "--dialect", "pcre2", "--replace", folder=acme)
    assert "read as of Wazuh 4 (pcre2)" in done.out
    assert verdicts(auditor, acme)["101"] == "pass"


def test_hostile_words_of_a_policy_move_no_cursor(auditor: Auditor, acme: Path) -> None:
    """A command that hides in an escape sequence is shown as it is, and its title makes no second policy field."""
    title, command = r'"t\x1b[8m\n  - id: y"', r'"c:echo \x1b[2Jhidden"'
    check = f"{{id: 1, name: {title}, condition: all, rules: [{command}]}}"
    (acme.parent / "x.yml").write_text(f'policy: {{id: x, name: "a\\nversion: b"}}\nchecks: [{check}]\n')
    done = auditor("policy", "import-sca", "../x.yml", folder=acme)

    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    assert "c:echo \\x1b[2Jhidden" in done.out
    lint = auditor("policy", "lint", "x", folder=acme)
    assert (lint.code, lint.err) == (0, "")
    assert "1 controls, 1 checks" in lint.out
