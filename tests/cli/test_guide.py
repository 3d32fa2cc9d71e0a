"""checks/README.md, done as it says from an empty folder: its files, its policy, its commands in their order."""

import json
import re
import shlex
from pathlib import Path

from auditor.model.asset import Channel
from auditor.model.evidence import evidence_of
from auditor.plugins import load_file
from auditor.transports.recorder import save_recording
from tests.cli.running import Auditor
from tests.make import ROOT, answer, asset

GUIDE = (ROOT / "checks/README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (auditor .*|cd .*)$", GUIDE, re.MULTILINE)


def blocks(language: str) -> list[str]:
    """Return the guide's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


def write_as_the_guide_says(folder: Path) -> None:
    """Change the parts into the guide's, and record a host whose backup is eleven days old."""
    fact, probe, check, cases = blocks("python")
    (demanded,) = blocks("yaml")
    (folder / "checks/backup.py").write_text(f"{fact}\n\n{probe}\n\n{check}")
    (folder / "tests/test_backup.py").write_text(cases)
    policy = folder / "policies/company.yaml"
    policy.write_text(policy.read_text().replace("controls: []\n", demanded).replace("extends: [baseline]\n", ""))
    (request,) = load_file(folder / "checks/backup.py").last_backup.requests
    said = answer("1794355200\n", request, channel=Channel.SSH, privilege="root")
    save_recording(folder / "tests/recorded/web-01", asset(), [(evidence_of("web-01", said), said.text)])


def test_the_guide_leads_to_a_check_that_works(auditor: Auditor, tmp_path: Path) -> None:
    """What it shows is all that is needed, and every case of it is right."""
    folder, said = tmp_path, {}
    for line in COMMANDS:
        words = shlex.split(line, comments=True)[1:]
        if line.startswith("cd "):
            folder /= words[0]
            continue
        if words == ["audit"]:
            write_as_the_guide_says(folder)
        said[" ".join(words)] = auditor(*words, folder=folder)
    trusted = auditor("checks", "list", "--trust", "--subject", "backup", "--format", "json", folder=folder)
    tests = load_file(folder / "tests/test_backup.py")

    judging = ("audit", "checks run ")
    assert {words: one.err for words, one in said.items() if one.code > words.startswith(judging)} == {}
    assert "6 cases of 1 check, 0 differ" in said["checks test backup.recent"].out
    assert "8 cases of 1 check, 0 differ" in said["checks test"].out
    assert json.loads(trusted.out)[0]["cases"] == {"pass": 2, "fail": 2, "unknown": 3, "not-applicable": 1}
    assert list((folder / "tests/recorded/localhost").glob("*.json"))
    tests.test_every_verdict_is_right()
    tests.test_the_probe_reads_what_stat_prints()
