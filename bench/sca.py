"""How far our reading of Wazuh SCA policies agrees with the cases that its engine is tested by.

    python -m bench.sca FOLDER

FOLDER holds `engine_cases.csv`: a suite, a test's name, what goes in, and what is expected to come out. Prints for each
suite how many of how many agree, and every case that does not; the exit status is 1 when there is one. What a test's
set-up does in C++ is read for what the engine was shown; a case whose set-up says nothing is counted as not read.
"""

import argparse
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.documents import parse_yaml
from auditor.errors import ContentError
from auditor.sca.judge import MOST_STEPS, RuleResult, combined, judge_rule
from auditor.sca.lines import matches
from auditor.sca.nodes import BadPattern
from auditor.sca.policy import ScaPolicy, read_policy
from auditor.sca.program import Budget
from auditor.sca.rules import Edition, Kind, Rule, rule_kind, split_pattern
from auditor.sca.seen import (
    CommandSeen,
    DirectorySeen,
    FileSeen,
    NotSeen,
    ProcessesSeen,
    Seen,
    Target,
    Thing,
    targets,
)

Case = Mapping[str, str]

_TEXT = re.compile(r'R"\((.*?)\)"|"((?:[^"\\]|\\.)*)"', re.DOTALL)
_MOCK = re.compile(
    r"(\w+)\(((?:[^()]|\([^()]*\))*)\)\)\s*(?:\.\w+\([^)]*\)\s*)*\.Will(?:Once|Repeatedly)\((.*)", re.DOTALL
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all cases of a folder and print the figures."""
    options = argparse.ArgumentParser(prog="python -m bench.sca", description=__doc__.partition("\n")[0])
    options.add_argument("folder", type=Path, help="the folder of engine_cases.csv")
    chosen = options.parse_args(arguments)
    with (chosen.folder / "engine_cases.csv").open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    agree, unread = Counter[str](), Counter[str]()
    for case in cases:
        came = _SUITES[case["suite"]](case) if case["suite"] in _SUITES else ""
        agree[case["suite"]] += came == case["expected"]
        unread[case["suite"]] += not came
        if came != case["expected"]:
            print(f"{case['suite']}.{case['test']}: {case['expected']} expected, {came or 'its set-up not read'}")
    for suite, number in sorted(Counter(case["suite"] for case in cases).items()):
        more = f", {unread[suite]} not read" if unread[suite] else ""
        print(f"{suite:16} {agree[suite]} of {number} agree{more}")
    print(f"{'all':16} {agree.total()} of {len(cases)} agree")
    return int(agree.total() < len(cases))


def _pattern(case: Case) -> str:
    text = case["content"]
    try:
        lines = tuple(text.removesuffix("\n").split("\n")) if text else ()
        return "match" if matches(case["pattern"], lines, Edition(), Budget(MOST_STEPS)).holds else "no match"
    except BadPattern:
        return "error"


def _condition(case: Case) -> str:
    results = [RuleResult(word) for word in case["rule_results"].split(",") if word]
    return combined(case["condition"], results).value


def _rule_type(case: Case) -> str:
    kind = rule_kind(case["rule"])
    return kind.value if kind else "none"


def _pattern_split(case: Case) -> str:
    _, pattern = split_pattern(case["rule"])
    return "none" if pattern is None else pattern


def _judged(kind: Kind, show: "Callable[[Case, Target], Thing | None]") -> Callable[[Case], str]:
    def judged(case: Case) -> str:
        rule = Rule(case["rule"], kind, case["rule"], case["pattern"] or None, case["negated"] == "true")
        (target,) = targets(rule)
        thing = show(case, target)
        return judge_rule(rule, Seen({target: thing}), Edition()).result.value if thing else ""

    return judged


@dataclass(frozen=True, slots=True)
class Mock:
    """A call that a test foresees: the function, its first argument, and what it gives."""

    name: str
    argument: str
    gives: str

    @property
    def true(self) -> bool:
        """Whether it says yes."""
        return "Return(true" in self.gives

    @property
    def throws(self) -> bool:
        """Whether it fails."""
        return "Throw(" in self.gives

    @property
    def texts(self) -> list[str]:
        """Return the texts in what it gives."""
        return list(_texts(self.gives))


def _mocks(case: Case) -> list[Mock]:
    calls = (_MOCK.search(part) for part in case["setup"].split(" | "))
    return [Mock(call[1], next(_texts(call[2]), ""), call[3]) for call in calls if call]


def _texts(code: str) -> Iterator[str]:
    for raw, escaped in _TEXT.findall(code):
        yield raw or escaped.encode().decode("unicode_escape")


def _file(case: Case, target: Target) -> Thing | None:
    del target
    mocks = {mock.name: mock for mock in _mocks(case)}
    if any(mock.throws for mock in mocks.values()):
        return NotSeen("it could not be read")
    if "exists" not in mocks:
        return None
    if not mocks["exists"].true:
        return FileSeen("missing")
    if "is_regular_file" in mocks and not mocks["is_regular_file"].true:
        return FileSeen("other")
    return FileSeen("regular", _lines(mocks))


def _lines(mocks: Mapping[str, Mock]) -> tuple[str, ...]:
    if "getFileContent" in mocks:
        text = "".join(mocks["getFileContent"].texts)
        return tuple(text.removesuffix("\n").split("\n")) if text else ()
    return tuple(mocks["readLineByLine"].texts) if "readLineByLine" in mocks else ()


def _directory(case: Case, target: Target) -> Thing | None:
    mocks = _mocks(case)
    there = {mock.name: mock for mock in reversed(mocks) if mock.argument in {"", target.name}}
    if any(mock.throws for mock in mocks):
        return NotSeen("it could not be looked into")
    if "exists" in there and not there["exists"].true:
        return DirectorySeen("missing")
    if "is_directory" in there and not there["is_directory"].true:
        return DirectorySeen("other")
    if "exists" not in there:
        return None
    no_files = {mock.argument for mock in mocks if mock.name in {"is_directory", "is_symlink"} and mock.true}
    paths = [name for mock in mocks if mock.name == "list_directory" for name in mock.texts if name not in no_files]
    contents = {
        mock.argument: _lines({mock.name: mock}) for mock in mocks if mock.name in {"getFileContent", "readLineByLine"}
    }
    return DirectorySeen("directory", tuple(paths), contents)


def _command(case: Case, target: Target) -> Thing | None:
    del target
    setup = case["setup"]
    if "TimedOut = true" in setup:
        return NotSeen("it did not end in time", late=True)
    if "commandsEnabled = false" in setup:
        return NotSeen("commands are not allowed")
    written = {name: next(_texts(code), "") for name, code in re.findall(r"result\.(StdOut|StdErr) = ([^;]*);", setup)}
    if written or "ExecResult result" in setup:
        return CommandSeen("\n".join(text for text in (written.get("StdOut", ""), written.get("StdErr", "")) if text))
    return CommandSeen(missing=True) if "nullopt" in setup else None


def _process(case: Case, target: Target) -> Thing | None:
    del target
    if "throw" in case["setup"]:
        return NotSeen("the list of processes could not be read")
    listed = re.search(r"std::vector<std::string>\s*\{(.*?)\}", case["setup"], re.DOTALL)
    return ProcessesSeen(frozenset(_texts(listed[1]))) if listed else None


def _policy_parser(case: Case) -> str:
    """Return the very words that are expected, where all that they say is so."""
    first, *claims = case["expected"].split("; ")
    try:
        policy = read_policy(parse_yaml(case["setup"], case["test"]))
    except ContentError:
        return "refused"
    if first != "parsed":
        return "parsed"
    told = _told(policy)
    wrong = [claim for claim in claims if not _true(claim, told)]
    return f"parsed, but not {'; '.join(wrong)}" if wrong else case["expected"]


def _told(policy: ScaPolicy) -> dict[str, object]:
    checks = [
        {
            "id": check.id,
            "title": check.title,
            "name": check.title,
            "condition": check.rules.condition,
            "rules": ", ".join(rule.text for rule in check.rules.rules),
            "compliance": {key: list(ids) for key, ids in check.compliance.items()},
        }
        for check in policy.checks
    ]
    return {
        "j": {"policies": [{"id": policy.id, "name": policy.title}], "checks": checks},
        "compliance": checks[0]["compliance"] if checks else {},
    }


def _true(claim: str, told: object) -> bool:
    """Return whether `j["checks"][0]["id"], "check1"` is so."""
    place, _, wanted = claim.partition(", ")
    here = told
    for step in re.findall(r"^\w+|\[[^\]]+\]|\.size\(\)|\.contains\([^)]*\)", place):
        try:
            here = _step(here, step)
        except (KeyError, IndexError, TypeError):
            return False
    texts = list(_texts(wanted))
    if "json" in wanted:
        return here == texts
    return str(here) == (texts[0] if texts else wanted)


def _step(here: object, step: str) -> object:
    if step == ".size()":
        assert isinstance(here, list | dict)
        return len(here)
    if step.startswith(".contains"):
        assert isinstance(here, dict)
        return str(next(_texts(step)) in here).lower()
    key = json.loads(step[1:-1]) if step.startswith("[") else step
    return here[key]  # type: ignore[index]


_SUITES: Mapping[str, Callable[[Case], str]] = {
    "pattern": _pattern,
    "condition": _condition,
    "rule_type": _rule_type,
    "pattern_split": _pattern_split,
    "rule_file": _judged(Kind.FILE, _file),
    "rule_directory": _judged(Kind.DIRECTORY, _directory),
    "rule_command": _judged(Kind.COMMAND, _command),
    "rule_process": _judged(Kind.PROCESS, _process),
    "policy_parser": _policy_parser,
}

if __name__ == "__main__":
    sys.exit(main())
