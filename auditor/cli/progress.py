"""Progress on stderr: a bar for people at a terminal, lines otherwise, one JSON object a line for machines."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from auditor.cli.console import as_json, counted, err, shown
from auditor.cli.session import LogFormat
from auditor.model.result import Judged, Verdict

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from auditor.collect.ask import Collected


class Lines:
    """One line an asset."""

    def __init__(self, log_format: LogFormat) -> None:
        """Write in this format."""
        self.log_format = log_format

    def begins(self, assets: int, resumed: int) -> None:
        """Say how much there is to do."""
        again = f", {resumed} of them finished before the interruption" if resumed else ""
        self._write(f"auditing {counted(assets, 'asset')}{again}", event="begin", assets=assets, resumed=resumed)

    def asked(self, collected: "Collected", judged: Judged) -> None:
        """Say what came of one asset."""
        counts = count(judgement.verdict for judgement in judged.judgements)
        said = collected.problem or ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
        self._write(
            f"{collected.asset.name}: {said}",
            event="asset", asset=collected.asset.name, reached=collected.reached, problem=collected.problem,
            seconds=round(collected.seconds, 3), **counts,
        )  # fmt: skip

    def tell(self, text: str) -> None:
        """Say something else that happened."""
        self._write(text, event="note", note=text)

    def _write(self, text: str, **fields: object) -> None:
        if self.log_format is LogFormat.JSON:
            stamped = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **fields}
            sys.stderr.write(as_json(stamped) + "\n")
        else:
            sys.stderr.write(shown(text) + "\n")
        sys.stderr.flush()


class OnTerminal:
    """A bar that names the asset that was done last."""

    def __init__(self, bar: "Bar") -> None:
        """Draw on this."""
        self.bar = bar
        self.task: TaskID | None = None

    def begins(self, assets: int, resumed: int) -> None:
        """Show how much there is to do. Only now: a bar draws itself from a thread of its own."""
        self.bar.start()
        self.task = self.bar.add_task("asking", total=assets, completed=resumed)

    def asked(self, collected: "Collected", judged: Judged) -> None:
        """Advance by one asset."""
        del judged
        if self.task is not None:
            self.bar.update(self.task, advance=1, description=shown(collected.asset.name))


@contextmanager
def progress(log_format: LogFormat) -> Iterator[Lines | OnTerminal]:
    """Yield somebody who watches an audit and shows it the way this terminal or script can take."""
    if log_format is LogFormat.JSON or not sys.stderr.isatty():
        yield Lines(log_format)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=err(), transient=True)
    try:
        yield OnTerminal(bar)
    finally:
        bar.stop()


def count(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Return how often each verdict was given, leaving out those that were not."""
    found = list(verdicts)
    return {verdict.value: found.count(verdict) for verdict in Verdict if verdict in found}
