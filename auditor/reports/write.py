"""Write the reports of an audit as files."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from auditor.errors import UsageError
from auditor.reports.audited import Audited
from auditor.reports.render import render
from auditor.reports.rows import Rows
from auditor.reports.view import view

Fill = Callable[[TextIO], object]  # writes a file's content


def write(audited: Audited, template_folders: Sequence[Path], output: Path) -> dict[str, Path]:
    """Write `management.html`, `technical.html` and `technical.json` into a folder; return where each stands by name.

    Templates come from the first folder that has them. Everything is written beside its place before the first file is
    replaced: a reader sees the old reports or the new ones. The audit is gone through once, and what grows with its
    results is never in memory at once. Raises ContentError for a template with a mistake, UsageError when the folder
    cannot be written.
    """
    with ExitStack() as stack:
        with _blamed_on(output):
            rows = stack.enter_context(Rows(_existing(output)))
            seen = view(audited, rows)
        values = {"view": seen, "audited": audited}
        management = render("management.html.j2", template_folders, values)
        technical = render("technical.html.j2", template_folders, values)
        files: dict[str, tuple[str, Fill]] = {
            "management": ("management.html", lambda file: file.write(management)),
            "technical": ("technical.html", lambda file: file.write(technical)),
            "technical-json": ("technical.json", partial(rows.write, seen)),
        }
        with _blamed_on(output):
            output.mkdir(parents=True, exist_ok=True)
            _put(output, dict(files.values()))
    return {name: output / file for name, (file, _) in files.items()}


@contextmanager
def _blamed_on(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{output}: the reports cannot be written: {error.strerror or error}") from error


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def _put(folder: Path, files: Mapping[str, Fill]) -> None:
    """Put new files in place of some, or leave them all as they are. Findings are nobody else's business: mode 0600."""
    written: dict[Path, Path] = {}
    try:
        for name, fill in files.items():
            descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
            written[Path(temporary)] = folder / name
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                fill(file)
        for path, place in written.items():
            path.replace(place)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
