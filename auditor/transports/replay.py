"""Answers from a recording: a folder with `recording.json` and one text file an answer. Asks nothing of anybody.

    {"asset": "web-01", "answers": [
       {"request": "sudo sshd -T", "channel": "ssh", "asked_at": "2026-11-22T03:00:00+00:00",
        "problem": "", "privilege": "root", "place": "", "text": "001.txt"}, ...]}

A request is found again by its own words (`str(request)`), so that a recording outlives a change of limits. Recordings
hold redacted text only.
"""

import errno
import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor.errors import Unreachable, UsageError
from auditor.model.asset import Access, Asset, Channel
from auditor.model.evidence import Evidence
from auditor.model.probe import Answer, Request

INDEX: Final = "recording.json"
_MOST_INDEX: Final = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Replay:
    """Plays the recording that an access names, or one folder for every asset."""

    folder: Path | None = None

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return the recorded answers. Raises Unreachable when the recording cannot be read."""
        del asset
        folder = self.folder or Path(access.path)
        recorded = _read(folder)
        return [_answer(request, recorded.get(str(request)), folder) for request in requests]


def save_recording(folder: Path, asset: str, seen: Iterable[tuple[Evidence, str]]) -> int:
    """Write evidence with its redacted texts as a recording, and return how many answers it holds.

    What was not an answer (the inventory's entry, today's date) is left out. Raises UsageError when the folder holds a
    recording already or cannot be written.
    """
    if (folder / INDEX).exists():
        raise UsageError(f"{folder} holds a recording already; name another folder")
    answers = [(one, text) for one, text in seen if one.asked_at is not None and one.channel in set(Channel)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (_, text) in enumerate(answers, 1):
            (folder / f"{number:03}.txt").write_text(text, encoding="utf-8", errors="replace", newline="")
        entries = [_entry(one, f"{number:03}.txt") for number, (one, _) in enumerate(answers, 1)]
        index = json.dumps({"asset": asset, "answers": entries}, indent=2, ensure_ascii=False)
        (folder / INDEX).write_text(index + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return len(answers)


def _entry(seen: Evidence, text: str) -> dict[str, str]:
    assert seen.asked_at is not None
    return {
        "request": seen.request,
        "channel": seen.channel,
        "asked_at": seen.asked_at.isoformat(),
        "problem": seen.problem,
        "privilege": seen.privilege,
        "place": seen.origin,
        "text": text,
    }


def _read(folder: Path) -> dict[str, Mapping[str, object]]:
    try:
        index = json.loads(_bytes(folder / INDEX, _MOST_INDEX))
        return {str(entry["request"]): entry for entry in index["answers"]}
    except OSError as error:
        raise Unreachable(f"the recording {folder / INDEX} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreachable(f"{folder / INDEX} is not a recording: {error}") from error


def _answer(request: Request, entry: Mapping[str, object] | None, folder: Path) -> Answer:
    now = datetime.now(UTC)
    if entry is None:
        problem = f"the recording in {folder} holds no answer to: {request}"
        return Answer(request=request, channel=Channel.REPLAY, asked_at=now, problem=problem)
    try:
        # A name of its own folder only: a recording is handed over by others.
        raw = _bytes(folder / Path(str(entry["text"])).name, request.limits.bytes)
        text = raw.decode("utf-8", "replace")
        return Answer(
            request=request,
            channel=Channel(str(entry["channel"])),
            asked_at=datetime.fromisoformat(str(entry["asked_at"])),
            text=text,
            problem=str(entry.get("problem", "")) or _problem(request, raw, text),
            privilege=str(entry.get("privilege", "")),
            place=str(entry.get("place", "")),
        )
    except (OSError, ValueError, KeyError, OverflowError) as error:
        problem = f"the recording's answer cannot be read: {error}"
        return Answer(request=request, channel=Channel.REPLAY, asked_at=now, problem=problem)


def _bytes(path: Path, most: int) -> bytes:
    """Return the content of a regular file and at most a byte more than it may have. Raises OSError.

    A link would show a file of this machine as an asset's answer, and a pipe would keep us waiting.
    """
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "is no regular file")
        return file.read(most + 1)


def _problem(request: Request, raw: bytes, text: str) -> str:
    if len(raw) > request.limits.bytes:
        return f"the recorded answer is larger than {request.limits.bytes} bytes"
    return "" if text.strip() or getattr(request, "may_be_empty", False) else "the answer is empty"
