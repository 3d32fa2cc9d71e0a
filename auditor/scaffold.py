"""Write a working check with its own fact, probe and test, for an author to change into theirs."""

import builtins
import keyword
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from auditor.errors import UsageError
from auditor.workspace import Workspace

_WORD: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_CHECK: Final = '''\
"""{title}: the facts it needs, how they are asked, and what is demanded."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor import Answer, Fix, Outcome, Platform, Severity, Shell, Unreadable, Violation, check, probe


@dataclass(frozen=True, slots=True)
class {noun}:
    """What is known: replace this by what your check has to know."""

    days_up: int


@probe(Shell("cat /proc/uptime"), on={{Platform.LINUX}})
def from_proc(answer: Answer) -> {noun}:
    """Read proc(5): the first number is the time since boot, in seconds."""
    first = answer.text.split(" ")[0]
    if not first.replace(".", "", 1).isdigit():
        raise Unreadable("/proc/uptime does not begin with a number")
    return {noun}(days_up=int(float(first)) // 86400)


@check(
    "{check_id}",
    severity=Severity.LOW,
    fix=Fix("Install pending kernel updates and restart the host.", solution="patch-systems", disruptive=True),
)
def {function}(seen: {noun}, *, most_days: int = 180) -> Iterator[Outcome]:
    """The host was restarted within the time that the policy allows.

    A host that was not restarted for long runs an old kernel, whatever is installed on its disk.
    """
    if seen.days_up > most_days:
        yield Violation("uptime", found=f"{{seen.days_up}} days", wanted=f"at most {{most_days}} days")
'''

_TEST: Final = '''\
"""{check_id}: a pass, a fail, an unknown and a not applicable.

Try the cases with `auditor checks test {check_id}`, and these with all else that is tested here with `pytest {path}`.
"""

from pathlib import Path

from auditor.model.result import Verdict
from auditor.plugins import load_file
from auditor.testing import ABSENT, UNKNOWN, Case, answer_to, why_not, wrong

content = load_file(Path(__file__).parent.parent / "checks" / "{module}.py")
CASES = [  # each changes one thing; a recording's folder may stand for the facts: see checks/README.md of auditor
    Case(content.{function}, (content.{noun}(days_up=3),), Verdict.PASS),
    Case(content.{function}, (content.{noun}(days_up=180),), Verdict.PASS, why="that is the last day"),
    Case(content.{function}, (content.{noun}(days_up=181),), Verdict.FAIL, at=("uptime",)),
    Case(content.{function}, (content.{noun}(days_up=181),), Verdict.PASS, settings={{"most_days": 181}}),
    Case(content.{function}, (UNKNOWN,), Verdict.UNKNOWN),
    Case(content.{function}, (ABSENT,), Verdict.NOT_APPLICABLE),
]


def test_every_verdict_is_right() -> None:
    """As `auditor checks test` finds."""
    assert wrong(CASES) == []


def test_the_probe_reads_what_the_host_says() -> None:
    """Recorded from a real host."""
    assert content.from_proc.read(*answer_to(content.from_proc, "350735.47 234388.90\\n")).days_up == 4


def test_garbage_is_no_fact() -> None:
    """It never becomes a fact full of defaults."""
    assert why_not(content.from_proc, "<html>error</html>") == "/proc/uptime does not begin with a number"
'''


def write_check(workspace: Workspace, check_id: str) -> Iterator[Path]:
    """Write `checks/SUBJECT.py` and `tests/test_SUBJECT.py`, and yield their paths. Raises UsageError."""
    if not workspace.exists:
        raise UsageError(f"{workspace.root} is no workspace; make one with `auditor init DIR`")
    if not re.fullmatch(rf"{_WORD}\.{_WORD}", check_id):
        raise UsageError(f"{check_id}: a check's id is SUBJECT.NAME in small letters, digits and hyphens")
    subject, _, name = check_id.partition(".")
    module, function = subject.replace("-", "_"), name.replace("-", "_")
    taken = keyword.iskeyword(function) or hasattr(builtins, function) or function in {module, "from_proc"}
    words = {
        "check_id": check_id,
        "module": module,
        "function": f"{function}_check" if taken else function,
        "noun": "".join(part.title() for part in [*subject.split("-"), *name.split("-")]),
        "title": subject.replace("-", " ").capitalize(),
        "path": f"tests/test_{module}.py",
    }
    contents = {
        workspace.root / "checks" / f"{module}.py": _CHECK.format(**words),
        workspace.root / "tests" / f"test_{module}.py": _TEST.format(**words),
    }
    for path in contents:
        if path.exists():
            raise UsageError(f"{path} is there already; add the check there, or choose another subject")
    for path, text in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
        yield path
