"""The folder of a recording: what an asset answered, redacted, as people read, edit and compare it.

    recording.json   the asset, the day, when each channel was asked, and of each answer everything but its text
    SshServer.txt    the text of an answer, to the letter, named after what is read out of it
    SHA256SUMS       what was written, for `sha256sum -c`: whoever edits a file is not written over

A request is found again by its own words (`str(request)`), so that a recording outlives a change of limits. One that is
written by hand may leave out everything but `answers`, with `request`, `channel`, `asked_at` and `text` in each.
"""

import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from auditor.errors import Unreachable
from auditor.model.asset import Asset

INDEX: Final = "recording.json"
SUMS: Final = "SHA256SUMS"
MOST_INDEX: Final = 64 * 1024 * 1024  # bytes

Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it is read; the texts stay in their files."""

    folder: Path
    index: Mapping[str, object]
    answers: Mapping[str, Entry]  # by the words of the request

    @classmethod
    def read(cls, folder: Path) -> "Recording":
        """Read the index. Raises Unreachable when it cannot be read or is none."""
        try:
            index = json.loads(read_regular(folder / INDEX, MOST_INDEX))
            return cls(folder, dict(index), {str(entry["request"]): entry for entry in index["answers"]})
        except OSError as error:
            raise Unreachable(f"the recording {folder / INDEX} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreachable(f"{folder / INDEX} is not a recording: {error}") from error

    @property
    def asset(self) -> Asset | None:
        """Return the asset with the ways that it was asked, or None when the recording does not say.

        Raises Unreachable when what it says makes no sense.
        """
        from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  (a fleet's replays do not look)

        written = self.index.get("asset")
        if not isinstance(written, Mapping):
            return None
        try:
            return TypeAdapter(Asset).validate_python({**written, "declared_at": {"file": str(self.folder / INDEX)}})
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(["asset", *map(str, problem["loc"])])
            raise Unreachable(f"{self.folder / INDEX} is not a recording: {where}: {problem['msg']}") from error

    @property
    def day(self) -> date | None:
        """Return the day on which the answers were judged, or None. Raises Unreachable for what is no day."""
        written = self.index.get("day")
        try:
            return None if written is None else date.fromisoformat(str(written))
        except ValueError as error:
            raise Unreachable(f"{self.folder / INDEX} is not a recording: day: {error}") from error

    def asked_at(self, entry: Entry) -> datetime:
        """Return when an answer was given. Raises ValueError and KeyError where nothing says so as it should."""
        times = self.index.get("asked_at")
        own = entry.get("asked_at") or (times if isinstance(times, Mapping) else {})[str(entry["channel"])]
        at = datetime.fromisoformat(str(own))
        if at.tzinfo is None:
            raise ValueError(f"{own} needs a time zone, as in {own}+00:00")
        return at


def read_regular(path: Path, most: int) -> bytes:
    """Return the content of a regular file and at most a byte more than it may have. Raises OSError.

    A link would show a file of this machine as an asset's answer, and a pipe would keep us waiting.
    """
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "is no regular file")
        return file.read(most + 1)
