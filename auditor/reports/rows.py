"""`technical.json` as a file, written as an audit is gone through: memory does not grow with its results."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from auditor.model.result import Judged
from auditor.reports import document
from auditor.reports.alike import Judgements, Shared
from auditor.reports.details import AssetDetails
from auditor.reports.view import View

_dump: Final = json.JSONEncoder(allow_nan=False).encode
_PARTS: Final = ("evidence", "results", "violations")
_PIECE: Final = 1 << 20  # characters copied at once


class Rows:
    """Keeps the rows of an audit aside in unnamed files until all of it is known; a context manager."""

    def __init__(self, folder: Path) -> None:
        """Keep them on the file system of this folder: memory may be where others have their temporary files."""
        self._folder = folder
        self._stack = ExitStack()
        self._shared = Shared(_shared)
        self._files: dict[str, TextIO] = {}
        self._common: set[str] = set()  # ids of evidence that is not of one asset

    def __enter__(self) -> Self:
        """Open the files. Raises OSError."""
        for part in _PARTS:
            file = tempfile.TemporaryFile("w+", dir=self._folder, encoding="ascii", newline="\n")
            self._files[part] = self._stack.enter_context(file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them go."""
        self._stack.close()

    def __call__(self, judged: Judged, details: AssetDetails) -> None:
        """Keep what became of one asset."""
        ids = {place: judged.evidence[place].id for one in judged.judgements for place in one.at}
        asset = _dump(judged.asset)
        self._files["results"].writelines(
            f',\n  {{"asset": {asset}, {rest}, "evidence": {_dump([ids[place] for place in one.at])}}}'
            for one, rest in zip(judged.judgements, self._shared.of(judged.judgements), strict=True)
        )
        rested_on = {id_: judged.evidence[place] for place, id_ in ids.items()}
        self._files["evidence"].writelines(
            f",\n  {_dump(id_)}: {_dump(document.evidence(one))}"
            for id_, one in rested_on.items()
            if one.asset == judged.asset or self._is_new(id_)
        )
        self._files["violations"].writelines(
            f",\n  {_dump(row)}" for failed in details.failed for row in document.violations(failed)
        )

    def write(self, view: View, file: TextIO) -> None:
        """Write the whole document. Raises OSError."""
        before = "{"
        for key, value in document.numbers(view).items():
            file.write(f'{before}\n "{key}": ')
            file.writelines(_listed(map(_dump, value)) if isinstance(value, list) else [_dump(value)])
            before = ","
        parts = {
            "findings": _listed(map(_dump, document.findings(view))),
            **{key: _named(values) for key, values in document.named(view).items()},
            "evidence": self._kept("evidence", "{}"),
            "assets": _listed(map(_dump, document.assets(view))),
            "results": self._kept("results", "[]"),
            "violations": self._kept("violations", "[]"),
        }
        for key, pieces in parts.items():
            file.write(f',\n "{key}": ')
            file.writelines(pieces)
        file.write("\n}\n")

    def _is_new(self, id_: str) -> bool:
        """Whether evidence that is not the asset's own is met for the first time: what day it is, is kept once."""
        known = id_ in self._common
        self._common.add(id_)
        return not known

    def _kept(self, part: str, brackets: str) -> Iterator[str]:
        """Give what was kept aside; every row there begins with the comma that parts it from the one before."""
        file = self._files[part]
        file.seek(0)
        begun = file.read(1)
        yield brackets[0]
        while piece := file.read(_PIECE):
            yield piece
        yield f"\n {brackets[1]}" if begun else brackets[1]


def _shared(judgements: Judgements) -> list[str]:
    """Return what the rows of like assets have in common, as JSON without its braces."""
    return [_dump(document.judgement(one))[1:-1] for one in judgements]


def _listed(rows: Iterable[str], brackets: str = "[]") -> Iterator[str]:
    """Give a list with a row a line."""
    between = brackets[0] + "\n  "
    for row in rows:
        yield between + row
        between = ",\n  "
    yield f"\n {brackets[1]}" if between.startswith(",") else brackets


def _named(values: Mapping[str, object]) -> Iterator[str]:
    """Give an object with a value a line."""
    return _listed((f"{_dump(key)}: {_dump(value)}" for key, value in values.items()), "{}")
