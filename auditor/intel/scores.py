"""How likely weaknesses are exploited.

The content is {"scores": {"2024": {"3094": 84210}}}: by the year and the number of a CVE, in hundred-thousandths. FIRST
publishes some 300,000 of them a day; written so they take a third of the room.
"""

from typing import Final

from auditor.facts.ambient import ExploitScores
from auditor.intel.dated import DatedFile

KIND: Final = "exploit-scores"
ONE: Final = 100_000


def scores_of(file: DatedFile) -> ExploitScores:
    """Return the scores that a file lists. Raises ContentError."""
    scores: dict[str, float] = {}
    for year, numbers in file.table("scores").items():
        if not isinstance(numbers, dict):
            raise file.wrong(f"scores.{year}: must hold scores by number")
        for number, score in numbers.items():
            if not isinstance(score, int) or not 0 <= score <= ONE:
                raise file.wrong(f"scores.{year}.{number}: must be between 0 and {ONE}")
            scores[f"CVE-{year}-{number}"] = score / ONE
    return ExploitScores(file.as_of, scores)
