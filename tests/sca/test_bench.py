"""Our own cases, in the layout of the engine's, agree by the command that runs both."""

from pathlib import Path

import pytest

from bench.sca import main

HERE = Path(__file__).parent


def test_all_cases_agree(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a suite, and the sum."""
    assert main([str(HERE)]) == 0
    *suites, whole = capsys.readouterr().out.splitlines()

    assert {line.split()[0] for line in suites} == {
        "condition", "pattern", "pattern_split", "policy_parser", "rule_command", "rule_directory", "rule_file",
        "rule_process", "rule_type",
    }  # fmt: skip
    assert len(whole.split()) == 5
    assert whole.split()[1] == whole.split()[3]


def test_a_case_that_does_not_agree_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And so is one whose set-up says nothing."""
    head = "suite,test,condition,rule_results,rule,pattern,content,negated,setup,expected\n"
    cases = "pattern,Wrong,,,,r:a,b,,,match\nrule_file,Unread,,,/x,,,false,return 1;,Found\n"
    (tmp_path / "engine_cases.csv").write_text(head + cases)

    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "pattern.Wrong: match expected, no match\n" in said
    assert "rule_file.Unread: Found expected, its set-up not read\n" in said
    assert "0 of 2 agree" in said
