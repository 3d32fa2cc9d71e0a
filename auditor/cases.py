"""The cases that stand behind checks: found in a workspace's tests, tried, and counted."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from auditor.errors import ContentError, Place
from auditor.model.result import Verdict
from auditor.plugins import Content, load_file
from auditor.testing import Case
from auditor.workspace import Workspace, shipped

LOOKED_IN: Final = ("tests", "tests/checks")
KINDS: Final = (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
COUNTED: Final = "trust.csv"  # in the checks folder that ships: tests do not, so their cases were counted before
_HOLDS: Final = re.compile(r"^CASES\b", re.MULTILINE)

Counts = Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Found:
    """A case and where it stands: the file, and its place in CASES, from 0."""

    case: Case
    file: Path
    number: int

    def __str__(self) -> str:
        """Return the place as Python writes it."""
        return f"{self.file}: CASES[{self.number}]"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a check's cases: how many were right, by verdict, and how the others differ."""

    right: Counter[Verdict] = field(default_factory=Counter)
    differing: list[tuple[Found, str]] = field(default_factory=list)


def find_cases(workspace: Workspace) -> list[Found]:
    """Return the Case values in the list CASES of each `test_*.py` in `tests/` and `tests/checks/`.

    Only files that have such a list are loaded. Raises ContentError for one that cannot be.
    """
    folders = [workspace.root / name for name in LOOKED_IN] if workspace.exists else []
    files = [path for folder in folders for path in sorted(folder.glob("test_*.py")) if path.is_file()]
    return [one for path in files if _HOLDS.search(path.read_text("utf-8", "replace")) for one in _cases(path)]


def try_cases(found: Iterable[Found], checks: Collection[str]) -> dict[str, Tried]:
    """Judge each case; a case of a check that is not among these differs, whatever it says."""
    tried: dict[str, Tried] = {}
    for one in found:
        of_check = tried.setdefault(one.case.check.id, Tried())
        known = one.case.check.id in checks
        difference = one.case.difference() if known else "there is no check of this id here"
        if difference:
            of_check.differing.append((one, difference))
        else:
            of_check.right[one.case.verdict] += 1
    return dict(sorted(tried.items()))


def trust(workspace: Workspace, content: Content) -> dict[str, Counts]:
    """Return for each check how many cases stand behind it, by verdict: those that are right, and no others.

    They are counted here and now; for the checks that ship with an installed auditor, they were when it was made.
    """
    counts: dict[str, Counter[Verdict]] = {check: Counter() for check in content.checks}
    for check, tried in try_cases(find_cases(workspace), content.checks).items():
        counts.setdefault(check, Counter()).update(tried.right)
    folder = shipped() / "checks"
    if workspace.root != shipped():
        for check, counted in read_counts(folder / COUNTED).items():
            if check in content.files and content.files[check].parent == folder:
                counts[check].update(counted)
    return {check: {kind: count[kind] for kind in KINDS} for check, count in counts.items()}


def read_counts(path: Path) -> dict[str, Counts]:
    """Return what was counted: the check, then a number a verdict. Raises ContentError for another file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["check"]: {kind: int(row[kind]) for kind in KINDS} for row in csv.DictReader(file)}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ContentError(Place(str(path)), f"cannot be read: {error}", "Install auditor again.") from error


def counts_text(counts: Mapping[str, Counts]) -> str:
    """Return counts as such a file: a line a check, so that changes are seen."""
    lines = [",".join(["check", *KINDS]), *(",".join([check, *_numbers(one)]) for check, one in sorted(counts.items()))]
    return "".join(f"{line}\n" for line in lines)


def _numbers(counts: Counts) -> list[str]:
    return [str(counts[kind]) for kind in KINDS]


def _cases(path: Path) -> Iterator[Found]:
    listed = getattr(load_file(path), "CASES", ())
    for number, case in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if isinstance(case, Case):
            yield Found(case, path, number)
