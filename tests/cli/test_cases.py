"""`auditor checks test` and `auditor checks list --trust`, as a person reads them and a script does."""

import json
from pathlib import Path

from auditor.start import make_workspace
from tests.cli.running import PROGRAM, Auditor, on_its_own

NO_PYTEST = f"import sys; sys.modules['pytest'] = sys.modules['_pytest'] = None; {PROGRAM}"


def test_a_check_of_ones_own_is_tested_and_trusted(auditor: Auditor, tmp_path: Path) -> None:
    """As it is written to begin with, where pytest is not installed; then with a case that differs."""
    folder = tmp_path / "acme"
    list(make_workspace(folder, "Acme"))
    auditor("checks", "new", "backup.recent", folder=folder)
    first = on_its_own("checks", "test", folder=folder, program=NO_PYTEST)
    tests = folder / "tests/test_backup.py"
    tests.write_text(
        tests.read_text().replace("days_up=180), Verdict.PASS".replace(")", "),)"), "days_up=500),), Verdict.PASS")
    )
    second = auditor("checks", "test", "backup.recent", folder=folder)
    third = json.loads(auditor("checks", "test", "backup", "--format", "json", folder=folder).out)
    trusted = json.loads(auditor("checks", "list", "--trust", "--format", "json", folder=folder).out)
    table = auditor("checks", "list", "--trust", "--subject", "backup", folder=folder)

    assert (first.code, first.err) == (0, "")
    assert "6 cases of 1 check, 0 differ" in first.out
    assert second.code == 1
    assert "backup.recent: pass when that is the last day\n" in second.out
    assert f"{tests}: CASES[1]\n  pass is right, and it says fail: Not met: uptime." in second.out
    assert "6 cases of 1 check, 1 differ" in second.out
    assert [(row["check"], row["pass"], row["differ"], row["differences"][0]["number"]) for row in third] == [
        ("backup.recent", 2, 1, 1)
    ]
    counts = {row["id"]: row["cases"] for row in trusted}
    assert counts["backup.recent"] == {"pass": 2, "fail": 1, "unknown": 1, "not-applicable": 1}
    assert all(counts["ssh.root-login"].values())
    assert [line.split() for line in table.out.splitlines()] == [
        ["ID", "PASS", "FAIL", "UNKNOWN", "NOT-APPLICABLE"],
        ["backup.recent", "2", "1", "1", "1"],
    ]


def test_where_no_case_is_nothing_passes(auditor: Auditor, tmp_path: Path) -> None:
    """Outside a workspace, or of a check that ships; and a check that is not there is none."""
    folder = tmp_path / "acme"
    list(make_workspace(folder, "Acme"))
    nowhere, shipped = auditor("checks", "test"), auditor("checks", "test", "ssh", folder=folder)
    unknown = auditor("checks", "test", "backup.recemt", folder=folder)

    assert (nowhere.code, shipped.code, unknown.code) == (2, 2, 2)
    assert "there are no such cases in " in nowhere.err
    assert f"there are no such cases in {folder}/tests; `auditor checks test --help` says where" in shipped.err
    assert "there is no check backup.recemt" in unknown.err
