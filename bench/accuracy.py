"""Grade verdicts against data with known answers: right, wrong pass, wrong fail, unknown.

    python -m bench.accuracy ../shared/corpora/linux
    python -m bench.accuracy FOLDER --tailored --rule sshd --all
    python -m bench.accuracy FOLDER --map
    python -m bench.accuracy --own

The kind of a folder is told by what is in it; a folder of such folders is graded whole. Linux scenarios run in
throw-away roots (tests/lab/root.py), which needs root; the Debian below is made at the first run and kept.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.plugins import Content, load_content
from auditor.workspace import Workspace
from bench import linux_corpus, linux_own
from bench.grades import Grade, Tables, lines_of
from tests.lab.root import RUNNING, LabFailed, made, why_not
from tests.lab.workspace import ROOT

Options = argparse.Namespace


class NoCorpus(Exception):
    """A folder holds nothing that can be graded."""


def linux(folder: Path, chosen: Options, content: Content) -> Tables:
    """Grade a folder of Linux scenarios, or print which check answers which rule."""
    corpus = linux_corpus.read(folder, tailored=chosen.tailored, rule=chosen.rule)
    if chosen.map:
        print("\n".join(linux_corpus.mapped(corpus, content)))
        return {}
    return linux_corpus.grade(corpus, below(chosen), content)


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
        "--running", action="store_true", help="put roots on the system that runs, not on a new Debian"
    )
    options.add_argument("--map", action="store_true", help="only say which check answers which rule")
    options.add_argument("--all", action="store_true", help="tell of what is right too")
    chosen = options.parse_args(arguments)
    if chosen.own == bool(chosen.folder):
        options.error("name one folder, or --own")
    content = load_content(Workspace(ROOT))
    try:
        tables = own(chosen, content) if chosen.own else graded(chosen, content)
    except (LabFailed, NoCorpus) as problem:
        options.error(str(problem))
    for title, rows in tables.items():
        print("\n".join([*lines_of(title, rows), ""]))
        for one in sorted(rows, key=lambda one: (one.grade, one.what)):
            if chosen.all or one.grade is not Grade.RIGHT:
                print(f"  {one.grade.value}: {one.what}: {one.why}")
        print()
    return int(any(one.grade is Grade.WRONG_PASS for rows in tables.values() for one in rows))


def graded(chosen: Options, content: Content) -> Tables:
    """Return the tables of a corpus, or of every corpus directly below a folder. Raises NoCorpus and LabFailed."""
    tables: dict[str, Tables] = {}
    for folder in (chosen.folder, *sorted(path for path in chosen.folder.iterdir() if path.is_dir())):
        for file, grade in KINDS.items():
            if (folder / file).is_file():
                tables[folder.name] = grade(folder, chosen, content)
    if not tables:
        raise NoCorpus(f"{chosen.folder} is no corpus: it holds none of {', '.join(KINDS)}")
    return {f"{folder}, {title}": rows for folder, found in tables.items() for title, rows in found.items()}


def own(chosen: Options, content: Content) -> Tables:
    """Return the tables of the project's own scenarios, and name the checks that have none. Raises LabFailed."""
    for what, checks in linux_own.lacking(content).items():
        print(f"{len(checks)} Linux checks {what}: {', '.join(checks)}\n")
    return {} if chosen.map else linux_own.grade(below(chosen), content, chosen.rule)


def below(chosen: Options) -> Path:
    """Return the Debian that roots are put on. Raises LabFailed where this machine cannot make roots."""
    if lacking := why_not():
        raise LabFailed(f"a Debian root {lacking}")
    return RUNNING if chosen.running else made()


if __name__ == "__main__":
    sys.exit(main())
