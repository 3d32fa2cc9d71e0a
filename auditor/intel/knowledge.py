"""Everything dated that an audit is judged by: of each kind the newest of what ships and what the workspace holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auditor.facts.ambient import Advisories, Exploited, ExploitScores, Lifecycles
from auditor.intel import advisories, exploited, lifecycles, scores
from auditor.intel.dated import DatedFile, dated_files


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known from elsewhere, and of each part where it comes from and of which day."""

    lifecycles: Lifecycles
    exploited: Exploited
    scores: ExploitScores
    advisories: Advisories
    files: tuple[DatedFile, ...]

    def told(self, kind: str) -> str:
        """Return the source and the day of what is known of a kind; `none given` where nothing is."""
        used = [file for file in self.files if file.kind == kind]
        return "; ".join(dict.fromkeys(f"{file.source} as of {file.as_of}" for file in used)) or "none given"


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """Return what ships and what a folder holds, which may not exist. Raises ContentError that names the file."""
    files = dated_files(folder)
    dates, known, likely = (_newest(files, kind) for kind in (lifecycles.KIND, exploited.KIND, scores.KIND))
    assert dates is not None  # they ship
    assert known is not None
    told = [file for file in files if file.kind == advisories.KIND]
    return Knowledge(
        lifecycles.lifecycles_of(dates),
        exploited.exploited_of(known),
        scores.scores_of(likely) if likely else ExploitScores(),
        Advisories(tuple(one for file in told for one in advisories.advisories_of(file))),
        tuple(file for file in (dates, known, likely, *told) if file is not None),
    )


def _newest(files: Iterable[DatedFile], kind: str) -> DatedFile | None:
    return max((file for file in files if file.kind == kind), key=lambda file: file.as_of, default=None)
