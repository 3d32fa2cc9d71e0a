"""Write the reports of an audit as files."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from auditor.errors import UsageError
from auditor.reports.audited import Audited
from auditor.reports.document import document
from auditor.reports.render import render
from auditor.reports.view import view


def write(audited: Audited, template_folders: Sequence[Path], output: Path) -> dict[str, Path]:
    """Write `management.html`, `technical.html` and `technical.json` into a folder; return where each stands by name.

    Templates come from the first folder that has them. Everything is rendered before the first file is written, and
    each file is replaced at once: a reader sees the old report or the new one. Raises ContentError for a template
    with a mistake, UsageError when the folder cannot be written.
    """
    seen = view(audited)
    values = {"view": seen, "audited": audited}
    texts = {
        "management": ("management.html", render("management.html.j2", template_folders, values)),
        "technical": ("technical.html", render("technical.html.j2", template_folders, values)),
        "technical-json": ("technical.json", json.dumps(document(seen), indent=1, allow_nan=False) + "\n"),
    }
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in texts.values():
            _replace(output / name, text)
    except OSError as error:
        raise UsageError(f"{output}: the reports cannot be written: {error.strerror or error}") from error
    return {name: output / file for name, (file, _) in texts.items()}


def _replace(path: Path, text: str) -> None:
    """Put a text in a file's place, or leave the file as it is. Findings are nobody else's business: mode 0600."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
