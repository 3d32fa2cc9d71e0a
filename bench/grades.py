"""How right a verdict is, and the table that tells of many."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from auditor.model.result import Verdict

_MET: Final = {Verdict.PASS, Verdict.NOT_APPLICABLE}


class Grade(StrEnum):
    """What a verdict is worth. A wrong pass is the worst; unknown is honest; `differs` is another question's answer.

    The last two say nothing of verdicts.
    """

    RIGHT = "right"
    WRONG_PASS = "wrong pass"  # noqa: S105
    WRONG_FAIL = "wrong fail"
    UNKNOWN = "unknown"
    DIFFERS = "differs"
    NO_CHECK = "no check"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade with the subject it belongs to, what was graded, and why it came out so."""

    subject: str
    what: str
    grade: Grade
    why: str = ""


Tables = Mapping[str, Sequence[Graded]]
"""Title -> what stands in the table."""


def grade_of(verdict: Verdict, right: Verdict) -> Grade:
    """Return what a verdict is worth where another is right; what does not apply has not failed."""
    if verdict is right or {verdict, right} <= _MET:
        return Grade.RIGHT
    if not verdict.decided:
        return Grade.UNKNOWN
    return Grade.WRONG_FAIL if verdict is Verdict.FAIL else Grade.WRONG_PASS


def lines_of(title: str, graded: Iterable[Graded]) -> list[str]:
    """Return the lines of a table: one a subject, and all together with shares of those that were graded."""
    rows: dict[str, Counter[Grade]] = {}
    for one in graded:
        rows.setdefault(one.subject, Counter())[one.grade] += 1
    together = sum(rows.values(), Counter())
    lines = [f"{title:28}" + "".join(f"{grade.value:>12}" for grade in Grade)]
    for subject, counts in [*sorted(rows.items()), ("all", together)]:
        lines.append(f"{subject:28}" + "".join(f"{counts[grade]:>12}" for grade in Grade))
    decided = sum(together[grade] for grade in Grade if grade not in {Grade.NO_CHECK, Grade.NOT_RUN})
    if decided:
        shares = (together[grade] / decided for grade in Grade if grade not in {Grade.NO_CHECK, Grade.NOT_RUN})
        lines.append(f"{'share of what was graded':28}" + "".join(f"{share:>12.1%}" for share in shares))
    return lines
