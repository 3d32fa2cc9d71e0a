"""What grades verdicts: a verdict's worth, and which check is asked for a rule that nobody here has seen."""

import json
from pathlib import Path

import pytest

from auditor.checking import demanded
from auditor.model.result import Verdict
from auditor.plugins import load_content
from auditor.workspace import Workspace
from bench import linux_corpus, linux_rules
from bench.grades import Grade, Graded, grade_of, lines_of
from bench.linux_rules import Asked, asked
from tests.make import ROOT

CONTENT = load_content(Workspace(ROOT))
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
COLUMNS = ("rule", "scenario", "expected", "area", "self_contained", "confirmed", "policy", "packages")
MORE = ("template", "template_vars", "variables", "variable_defaults", "cis_debian12")


def row(rule: str = "", template: str = "", given: dict[str, object] | None = None, **columns: str) -> dict[str, str]:
    """Return a row of a manifest."""
    told = {"rule": rule, "template": template, "template_vars": json.dumps(given or {}), **columns}
    return dict.fromkeys((*COLUMNS, *MORE), "") | told


@pytest.mark.parametrize(
    ("verdict", "right", "worth"),
    [
        (PASS, PASS, Grade.RIGHT),
        (NONE, PASS, Grade.RIGHT),
        (FAIL, FAIL, Grade.RIGHT),
        (OPEN, OPEN, Grade.RIGHT),
        (PASS, FAIL, Grade.WRONG_PASS),
        (NONE, FAIL, Grade.WRONG_PASS),
        (PASS, OPEN, Grade.WRONG_PASS),
        (FAIL, PASS, Grade.WRONG_FAIL),
        (FAIL, OPEN, Grade.WRONG_FAIL),
        (OPEN, PASS, Grade.UNKNOWN),
        (Verdict.ERROR, FAIL, Grade.UNKNOWN),
        (Verdict.MANUAL, PASS, Grade.UNKNOWN),
    ],
)
def test_what_a_verdict_is_worth(verdict: Verdict, right: Verdict, worth: Grade) -> None:
    """A pass where none is due is told apart from a fail where none is due, and not to know is neither."""
    assert worth is grade_of(verdict, right)


def test_shares_are_of_what_was_graded() -> None:
    """What was not run or has no check is counted, and makes no share smaller."""
    grades = (Grade.RIGHT, Grade.RIGHT, Grade.RIGHT, Grade.WRONG_PASS, Grade.NO_CHECK, Grade.NOT_RUN)
    lines = lines_of("linux", [Graded("sshd", "x", grade) for grade in grades])

    assert lines[1].split() == ["sshd", "3", "1", "0", "0", "0", "1", "1"]
    assert lines[-1].split()[-5:] == ["75.0%", "25.0%", "0.0%", "0.0%", "0.0%"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            row("sshd_x", "sshd_lineinfile", {"parameter": "MaxAuthTries"}, variable_defaults="var_x=3"),
            Asked("ssh.max-tries", {"at_most": "3"}),
        ),
        (
            row("sysctl_x", "sysctl", {"sysctlvar": "net.ipv4.tcp_syncookies", "sysctlval": ["1", "2"]}),
            Asked("kernel.parameter", {"name": "net.ipv4.tcp_syncookies", "allowed": "1,2"}),
        ),
        (
            row("x", "accounts_password", {"variable": "ucredit"}, variable_defaults="var_x=-2"),
            Asked("passwords.complexity", {"classes": "0", "uppers": "2"}),
        ),
        (
            row("x", "file_permissions", {"filepath": "/etc/cron.d/", "filemode": "0700"}),
            Asked("files.scheduled-jobs", {"folders_at_most": "0700"}, ("/etc/cron.d",)),
        ),
        (row("x", "package_installed", {"pkgname": "aide"}), Asked("packages.present", {"names": "aide"})),
        (
            row("x", "audit_rules_dac_modification", {"attr": "chmod"}),
            Asked("audit.permission-changes", {"view": "configured", "calls": "chmod"}),
        ),
        (
            row("x", "file_permissions", {"filepath": ["/sbin/auditctl", "/sbin/ausearch"], "filemode": "0755"}),
            Asked("files.audit-tools", {"at_most": "0755"}, ("/sbin/auditctl", "/sbin/ausearch")),
        ),
        (
            row("x", "file_permissions", {"filepath": ["/etc/ssh/"], "file_regex": ["^.*_key$"], "filemode": "0600"}),
            Asked("files.ssh-host-keys", {}, ("/etc/ssh",)),
        ),
        (row("x", "pam_options", {"module": "pam_pwhistory.so", "arguments": [{"argument": "use_authtok"}]}), None),
        (
            row("audit_rules_time_adjtimex", "audit_rules_syscall", cis_debian12="6.2.3.4"),
            Asked("audit.time-change", {"view": "configured", "calls": "adjtimex", "paths": ""}),
        ),
        (
            row("audit_rules_execution_chcon", "x", {"path": "/usr/bin/chcon"}, cis_debian12="6.2.3.15"),
            Asked("audit.permission-tools", {"view": "configured", "programs": "/usr/bin/chcon"}),
        ),
        (row("auditd_data_disk_full_action"), Asked("audit.no-space", {}, ("disk_full_action",))),
        (row("group_unique_id"), Asked("accounts.unique-group-ids")),
        (row("x", cis_debian12="1.5.1"), Asked("kernel.aslr")),
        (row("x", cis_debian12="6.2.3.10"), Asked("audit.mounts", {"view": "configured"})),
        (row("x", "sshd_lineinfile", {"parameter": "RekeyLimit", "value": "1G"}), None),
        (row("x", cis_debian12="7.1.12"), None),  # two checks refer to it
        (row("x"), None),
    ],
)
def test_a_rule_is_answered_by_what_its_template_name_or_section_means(
    one: dict[str, str], expected: Asked | None
) -> None:
    """Whether or not the rule is among those that are shared."""
    assert expected == asked(one)


@pytest.mark.parametrize("rule", linux_rules.RULES)
def test_rules_that_are_mapped_by_name_have_checks_that_take_their_settings(rule: str) -> None:
    """A check that was renamed would be graded as missing."""
    wanted = asked(row(rule, variables="x=1" if "umask" not in rule else "x=027"))

    assert wanted is not None
    assert demanded([CONTENT.checks[wanted.check]], [f"{name}={value}" for name, value in wanted.settings.items()])


def test_a_script_beside_the_manifest_goes_before_our_own(tmp_path: Path) -> None:
    """By the names of its rule's folder and its own, however deep it lies."""
    header = ",".join((*COLUMNS, *MORE))
    line = "disable_host_auth,comment.fail.sh,fail,sshd,yes,yes,default,,sshd_lineinfile,{},,,\n"
    (tmp_path / "manifest.csv").write_text(f"{header}\n{line}")
    script = tmp_path / "linux_os" / "disable_host_auth" / "tests" / "comment.fail.sh"
    script.parent.mkdir(parents=True)
    script.touch()

    corpus = linux_corpus.read(tmp_path)

    assert [one["scenario"] for one in corpus.rows] == ["comment.fail.sh"]
    assert corpus.scripts["disable_host_auth", "comment.fail.sh"] == script


@pytest.mark.parametrize(
    ("changed", "used", "tailored"),
    [
        ({}, 1, 1),
        ({"confirmed": "no"}, 0, 0),
        ({"self_contained": "no"}, 0, 0),
        ({"policy": "tailored", "confirmed": "not checked"}, 0, 1),
    ],
)
def test_only_what_upstream_agrees_with_is_graded(
    tmp_path: Path, changed: dict[str, str], used: int, tailored: int
) -> None:
    """What needs values of its own only when asked for."""
    one = row("x", scenario="a.pass.sh") | {"self_contained": "yes", "confirmed": "yes", "policy": "default"} | changed
    (tmp_path / "manifest.csv").write_text(f"{','.join(one)}\n{','.join(one.values())}\n")

    assert len(linux_corpus.read(tmp_path).rows) == used
    assert len(linux_corpus.read(tmp_path, tailored=True).rows) == tailored
