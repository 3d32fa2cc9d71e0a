"""Answers from a recording: a folder with `recording.json` and one text file an answer. Asks nothing of anybody.

    {"asset": "web-01", "answers": [
       {"request": "sudo sshd -T", "channel": "ssh", "asked_at": "2026-11-22T03:00:00+00:00",
        "exit_status": 0, "problem": "", "privilege": "root", "text": "001.txt"}, ...]}

A request is found again by its own words (`str(request)`), so that a recording outlives a change of limits. Recordings
hold redacted text only.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor.errors import Unreachable
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request

INDEX: Final = "recording.json"


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


def save_recording(folder: Path, asset: str, answers: Iterable[Answer]) -> None:
    """Write redacted answers as a recording; the folder is made and must hold no other recording."""
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, str | int | None]] = []
    for number, answer in enumerate(answers, 1):
        name = f"{number:03}.txt"
        (folder / name).write_text(answer.text, encoding="utf-8", newline="")
        entries.append(
            {
                "request": str(answer.request),
                "channel": answer.channel.value,
                "asked_at": answer.asked_at.isoformat(),
                "exit_status": answer.exit_status,
                "problem": answer.problem,
                "privilege": answer.privilege,
                "place": answer.place,
                "text": name,
            }
        )
    index = json.dumps({"asset": asset, "answers": entries}, indent=2, ensure_ascii=False)
    (folder / INDEX).write_text(index + "\n", encoding="utf-8")


def _read(folder: Path) -> dict[str, Mapping[str, object]]:
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return {str(entry["request"]): entry for entry in index["answers"]}
    except OSError as error:
        raise Unreachable(f"the recording {folder / INDEX} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"{folder / INDEX} is not a recording: {error}") from error


def _answer(request: Request, entry: Mapping[str, object] | None, folder: Path) -> Answer:
    now = datetime.now(UTC)
    if entry is None:
        problem = f"the recording in {folder} holds no answer to: {request}"
        return Answer(request=request, channel=Channel.REPLAY, asked_at=now, problem=problem)
    try:
        # A name of its own folder only: a recording is handed over by others.
        text = (folder / Path(str(entry["text"])).name).read_bytes().decode("utf-8", "replace")
        status = entry.get("exit_status")
        return Answer(
            request=request,
            channel=Channel(str(entry["channel"])),
            asked_at=datetime.fromisoformat(str(entry["asked_at"])),
            text=text[: request.limits.bytes],
            problem=str(entry.get("problem", ""))
            or ("the answer is empty" if _may_not_be_empty(request, text) else ""),
            exit_status=status if isinstance(status, int) else None,
            privilege=str(entry.get("privilege", "")),
            place=str(entry.get("place", "")),
        )
    except (OSError, ValueError, KeyError) as error:
        problem = f"the recording's answer cannot be read: {error}"
        return Answer(request=request, channel=Channel.REPLAY, asked_at=now, problem=problem)


def _may_not_be_empty(request: Request, text: str) -> bool:
    return not text.strip() and not getattr(request, "may_be_empty", False)
