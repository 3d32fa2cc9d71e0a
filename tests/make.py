"""Build the values that tests are written in; what authors of checks also need is in auditor.testing."""

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from types import ModuleType

from auditor.errors import FactError, NotPresent
from auditor.model.check import Violation
from auditor.model.probe import Probe
from auditor.model.result import Verdict
from auditor.plugins import load_file
from auditor.testing import ABSENT, NOW, SEEN, UNKNOWN, Case, answer_to, judged, names, subjects
from auditor.testing import an_answer as answer
from auditor.testing import an_asset as asset

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 22)


def fact(probe: Probe[object], *texts: str, **changed: object) -> object:
    """Return the fact that a probe reads out of these texts, one a request."""
    return probe.read(*answer_to(probe, *texts, **changed))


def refused(probe: Probe[object], *texts: str, **changed: object) -> FactError | None:
    """Return why a probe reads no fact out of these texts, or None when it does read one."""
    try:
        fact(probe, *texts, **changed)
    except FactError as why:
        return why
    return None


def open_to_others(folder: Path) -> None:
    """Let other accounts reach a folder of a test's, which pytest keeps for its own account."""
    for one in (folder, *folder.parents):
        if one == Path(gettempdir()):
            break
        one.chmod(one.stat().st_mode | 0o055)


@cache
def checks(subject: str) -> ModuleType:
    """Return a file of the checks folder, loaded by path as the engine loads it."""
    return load_file(ROOT / "checks" / f"{subject.replace('-', '_')}.py")


__all__ = [
    "ABSENT", "NOW", "ROOT", "SEEN", "TODAY", "UNKNOWN", "Case", "NotPresent", "Verdict", "Violation",
    "answer", "asset", "checks", "fact", "judged", "names", "refused", "subjects",
]  # fmt: skip
