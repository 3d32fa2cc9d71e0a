"""Everything dated that an audit is judged by: of each kind the newest of what ships and what the workspace holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from auditor.facts.ambient import Advisories, Exploited, ExploitScores, Lifecycles
from auditor.intel import advisories, exploited, lifecycles, scores
from auditor.intel.dated import DatedFile, dated_files

Known = Lifecycles | Exploited | ExploitScores | Advisories
KINDS: dict[type[Known], str] = {
    Lifecycles: lifecycles.KIND,
    Exploited: exploited.KIND,
    ExploitScores: scores.KIND,
    Advisories: advisories.KIND,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A piece of knowledge, and where it comes from and of which day, for people."""

    value: Known
    origin: str


def load_knowledge(
    folder: Path | None = None, wanted: Collection[type[object]] = tuple(KINDS)
) -> dict[type[Known], Told]:
    """Return what ships and what a folder holds, which may not exist; of all kinds, or of those that are wanted.

    Raises ContentError that names the file.
    """
    kinds = {fact: kind for fact, kind in KINDS.items() if fact in wanted}
    files = dated_files(folder, set(kinds.values())) if kinds else []
    return {fact: _told(fact, [file for file in files if file.kind == kind]) for fact, kind in kinds.items()}


def _told(fact: type[Known], files: Iterable[DatedFile]) -> Told:
    listed = list(files)
    used = listed if fact is Advisories else [max(listed, key=lambda file: file.as_of)] if listed else []
    origins = dict.fromkeys(f"{file.source} as of {file.as_of}" for file in used)
    return Told(_value(fact, used), "; ".join(origins) or "none given")


def _value(fact: type[Known], used: list[DatedFile]) -> Known:
    if fact is Advisories:
        return Advisories(tuple(one for file in used for one in advisories.advisories_of(file)))
    if fact is ExploitScores:
        return scores.scores_of(used[0]) if used else ExploitScores()
    return lifecycles.lifecycles_of(used[0]) if fact is Lifecycles else exploited.exploited_of(used[0])  # they ship
