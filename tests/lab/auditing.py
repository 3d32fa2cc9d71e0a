"""Audit a lab's workspace within this process, by the pipeline or the command line, and look up what came of it."""

import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from auditor import pipeline
from auditor.cli.main import run
from auditor.model.finding import Finding
from auditor.model.result import Judged, Result, Verdict
from auditor.setup import open_store, prepare
from tests.lab.workspace import LabWorkspace, Ran


class Watcher:
    """Remembers what an audit tells those who watch it."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self.begun: list[tuple[int, int]] = []
        self.done: list[str] = []

    def begins(self, assets: int, resumed: int) -> None:
        """Remember how many there are."""
        self.begun.append((assets, resumed))

    def asked(self, collected, judged: Judged) -> None:
        """Remember who was asked."""
        del judged
        self.done.append(collected.asset.name)


@dataclass(frozen=True)
class Audited:
    """An audit that was carried out, with its results."""

    audit: str
    met: bool
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    stopped: Mapping[str, int]


def audit(workspace: LabWorkspace, *assets: str, enrol: bool = True, watcher: Watcher | None = None) -> Audited:
    """Audit these assets of a workspace, or all of them."""
    setup = prepare(workspace.folder)
    with open_store(workspace.folder) as store:
        done = pipeline.audit(setup, store, watcher or Watcher(), only=frozenset(assets), enrol=enrol)
        return Audited(done.audit, done.met, tuple(store.results(done.audit)), done.findings, done.stopped)


def result(results: Sequence[Result], asset: str, check: str) -> Result:
    """Return the one result of a check on an asset."""
    (found,) = [one for one in results if (one.asset, one.check) == (asset, check)]
    return found


def verdicts(results: Iterable[Result], asset: str) -> set[Verdict]:
    """Return the verdicts that machines came to on an asset."""
    return {one.verdict for one in results if one.asset == asset and one.check}


def finding(findings: Iterable[Finding], asset: str, check: str, subject: str = "") -> Finding:
    """Return the one finding of a check on an asset, at a place if one is named."""
    (found,) = [one for one in findings if (one.asset, one.check) == (asset, check) and subject in one.subject]
    return found


def invoke(workspace: LabWorkspace, *words: object) -> Ran:
    """Run the command line on a workspace within this process: what it would say and end with, in less time."""
    out, err = io.StringIO(), io.StringIO()
    given, hook, status = sys.argv, sys.excepthook, 0
    sys.argv = ["auditor", "-C", str(workspace.folder), *map(str, words)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            run()
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.argv, sys.excepthook = given, hook
    return Ran(status, out.getvalue(), err.getvalue())
