"""Grade verdicts against data with known answers: right, wrong pass, wrong fail, unknown.

    python -m bench.accuracy ../shared/corpora/linux
    python -m bench.accuracy FOLDER --tailored --rule sshd --all
    python -m bench.accuracy --own

The kind of a folder is told by what is in it; a folder of such folders is graded whole. Linux scenarios run in
throw-away roots (tests/lab/root.py), which needs root; the Debian below is made at the first run and kept.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.model.result import Verdict
from auditor.plugins import Content, load_content
from auditor.workspace import Workspace
from bench import linux_corpus
from bench.grades import Grade, Graded, grade_of, table
from tests.lab.root import RUNNING, LabFailed, made, why_not
from tests.lab.workspace import ROOT
from tests.system.outcome import good_roots, outcome
from tests.system.scenario import Scenario
from tests.system.scenarios import SCENARIOS

Tables = Mapping[str, Sequence[Graded]]
Options = argparse.Namespace


def linux(folder: Path, chosen: Options, content: Content) -> Tables:
    """Grade a folder of Linux scenarios."""
    corpus = linux_corpus.read(folder, tailored=chosen.tailored, rule=chosen.rule)
    return linux_corpus.grade(corpus, _below(chosen), content)


KINDS: Final[Mapping[str, Callable[[Path, Options, Content], Tables]]] = {linux_corpus.MANIFEST: linux}
"""The file that tells a kind of folder -> what grades it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade what was named and print the tables; 1 where a wrong pass was found."""
    options = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__.partition("\n")[0])
    options.add_argument("folder", nargs="?", type=Path, help="a corpus, or a folder of corpora")
    options.add_argument("--own", action="store_true", help="the project's own scenarios, by three accounts each")
    options.add_argument("--tailored", action="store_true", help="also scenarios that need values of their own")
    options.add_argument("--rule", default="", help="only rules (or, with --own, checks) that contain this")
    options.add_argument(
        "--running", action="store_true", help="put roots on the system that runs, not on a fresh Debian"
    )
    options.add_argument(
        "--all", action="store_true", help="tell of each scenario, not of those alone that are not right"
    )
    chosen = options.parse_args(arguments)
    if chosen.own == bool(chosen.folder):
        options.error("name one folder, or --own")
    if lacking := why_not():
        options.error(f"a Debian root {lacking}")
    content = load_content(Workspace(ROOT))
    try:
        tables = own(chosen, content) if chosen.own else _folders(chosen, content)
    except LabFailed as problem:
        options.error(str(problem))
    for title, graded in tables.items():
        print("\n".join([*table(title, graded), ""]))
        for one in sorted(graded, key=lambda one: (one.grade, one.what)):
            if chosen.all or one.grade is not Grade.RIGHT:
                print(f"  {one.grade.value}: {one.what}: {one.why}")
        print()
    return int(any(one.grade is Grade.WRONG_PASS for graded in tables.values() for one in graded))


def _folders(chosen: Options, content: Content) -> Tables:
    """Return the tables of a corpus or of every corpus directly below a folder."""
    tables: dict[str, Sequence[Graded]] = {}
    for folder in (chosen.folder, *sorted(path for path in chosen.folder.iterdir() if path.is_dir())):
        for file, grade in KINDS.items():
            if (folder / file).is_file():
                tables |= {f"{folder.name}, {title}": rows for title, rows in grade(folder, chosen, content).items()}
    if not tables:
        raise LabFailed(f"{chosen.folder} is no corpus: there is none of {', '.join(KINDS)} in it")
    return tables


def own(chosen: Options, content: Content) -> Tables:
    """Grade the project's own scenarios as root, with sudo and without; then name the checks that have none."""
    wanted = [scenario for scenario in SCENARIOS if chosen.rule in scenario.check]
    with (
        TemporaryDirectory(prefix="auditor-good-") as folder,
        good_roots(_below(chosen), Path(folder)) as lab,
        ThreadPoolExecutor(6) as pool,
    ):
        outcomes = list(pool.map(lambda one: outcome(one, lab, content), wanted))
    tables: dict[str, list[Graded]] = {"as root": [], "with sudo": [], "without privilege": []}
    for done in outcomes:
        for (title, rows), (account, result) in zip(tables.items(), done.results.items(), strict=True):
            grade = _own_grade(done.scenario, account, result.verdict)
            rows.append(Graded(done.scenario.check.partition(".")[0], done.scenario.name, grade, result.reason))
            assert done.status == 0, (title, done)
    _uncovered(content, wanted)
    return tables


def _own_grade(scenario: Scenario, account: str, verdict: Verdict) -> Grade:
    if account == "plain" and scenario.without is not None:
        return Grade.RIGHT if verdict is scenario.without else grade_of(verdict, "neither")
    if verdict is scenario.verdict:
        return Grade.RIGHT
    return grade_of(verdict, "pass" if scenario.verdict is Verdict.NOT_APPLICABLE else scenario.verdict.value)


def _uncovered(content: Content, wanted: Iterable[Scenario]) -> None:
    """Print the checks of the subjects that have scenarios for which there is none that breaks them."""
    broken = {scenario.check for scenario in wanted if scenario.verdict is Verdict.FAIL}
    subjects = {check.partition(".")[0] for check in broken}
    missing = [check for check in content.checks if check.partition(".")[0] in subjects and check not in broken]
    print(f"Checks that no scenario breaks: {', '.join(missing) or 'none'}\n")


def _below(chosen: Options) -> Path:
    return RUNNING if chosen.running else made()


if __name__ == "__main__":
    sys.exit(main())
