"""`auditor evidence record`, and what is recorded as a case: the whole way of an author of checks, on this machine."""

import json
from pathlib import Path

from auditor.start import make_workspace
from tests.cli.running import Auditor

CHECK = '''\
"""A probe that looks at everything that an answer has."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor import Answer, Fix, Outcome, Severity, Shell, Violation, check, probe
from auditor.facts.ambient import Today


@dataclass(frozen=True)
class Said:
    """What came."""

    words: str


@probe(Shell("printf 'password = %s\\\\n' hunter2hunter2; exit 3", ok=(0, 3)))
def said(answer: Answer) -> Said:
    """Take all of it."""
    return Said(f"{answer.exit_status} {answer.channel} {bool(answer.privilege)} {answer.problem!r} {answer.text}")


@check("own.said", severity=Severity.LOW, fix=Fix("Say nothing.", solution="patch-systems"))
def nothing(seen: Said, today: Today) -> Iterator[Outcome]:
    """Nothing is said."""
    yield Violation("words", found=f"{today.date} {seen.words}", wanted="")
'''
POLICY = 'policy: company\nversion: "1"\ncontrols:\n  - id: A-1\n    title: x\n    checks: {own.said: }\n'
CASES = '''\
"""Recorded cases."""

from pathlib import Path

from auditor.model.result import Verdict
from auditor.plugins import load_file
from auditor.testing import Case, wrong

HERE = Path(__file__).parent
own = load_file(HERE.parent / "checks" / "own.py")
CASES = [
    Case(own.nothing, HERE / "recorded" / "this", Verdict.FAIL, at=("words",)),
    Case(own.nothing, HERE / "recorded" / "this", Verdict.PASS, why="nobody looked"),
    Case(own.nothing, HERE / "recorded" / "gone", Verdict.UNKNOWN),
]
'''


def test_what_was_audited_is_recorded_judged_again_and_a_case(auditor: Auditor, tmp_path: Path) -> None:
    """With its exit status, its account and its day; without its secret."""
    folder = tmp_path / "acme"
    list(make_workspace(folder, "Acme"))
    (folder / "checks/own.py").write_text(CHECK)
    (folder / "policies/company.yaml").write_text(POLICY)
    assert auditor("audit", folder=folder).code == 1
    live = json.loads(auditor("findings", "list", "--format", "json", folder=folder).out)[0]["found"]

    made = auditor("evidence", "record", "localhost", "--to", "tests/recorded/this", folder=folder)
    recorded = folder / "tests/recorded/this"
    again = json.loads(auditor("checks", "run", "own", "--replay", recorded, "--format", "json", folder=folder).out)

    assert (made.code, made.out) == (0, "wrote 1 answer to tests/recorded/this\n")
    assert "3 local True '' password = <secret " in live
    assert again[0]["found"] == [live]
    assert {path.name for path in recorded.iterdir()} == {"recording.json", "Said.txt", "SHA256SUMS"}
    written = "".join(path.read_text() for path in recorded.iterdir())
    assert written.count("hunter2hunter2") == 1  # in the request, which the check's author wrote

    old = recorded / "recording.json"
    old.write_text(old.read_text().replace('"day": "20', '"day": "19'))
    kept = auditor("evidence", "record", "localhost", "--to", recorded, folder=folder)
    assert (kept.code, "recording.json was edited by hand" in kept.err) == (2, True)
    aged = json.loads(auditor("checks", "run", "own", "--replay", recorded, "--format", "json", folder=folder).out)
    assert aged[0]["found"] == ["19" + live[2:]]
    assert auditor("evidence", "record", "localhost", "--to", recorded, "--overwrite", folder=folder).code == 0

    (folder / "tests/test_own.py").write_text(CASES)
    tried = auditor("checks", "test", folder=folder)
    assert tried.code == 1
    assert "3 cases of 1 check, 2 differ" in tried.out
    assert "pass is right, and it says fail: Not met: words." in tried.out
    assert "test_own.py: CASES[2]\n  the recording " in tried.out
