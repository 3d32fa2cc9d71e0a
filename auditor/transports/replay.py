"""Answers from a recording, whose layout `recorded` describes. Asks nothing of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request
from auditor.transports.recorded import Entry, Recording, read_regular


@dataclass(frozen=True, slots=True)
class Replay:
    """Plays the recording that an access names, or one folder for every asset."""

    folder: Path | None = None

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return the recorded answers. Raises Unreachable when the recording cannot be read."""
        del asset
        folder = self.folder or Path(access.path)
        recorded = Recording.read(folder)
        return [_answer(request, recorded.answers.get(str(request)), recorded) for request in requests]


def _answer(request: Request, entry: Entry | None, recorded: Recording) -> Answer:
    now = datetime.now(UTC)
    if entry is None:
        problem = f"the recording in {recorded.folder} holds no answer to: {request}"
        return Answer(request=request, channel=Channel.REPLAY, asked_at=now, problem=problem)
    try:
        raw = _raw(request, entry, recorded.folder)
        text = _decoded(raw)
        status = entry.get("exit_status")
        return Answer(
            request=request,
            channel=Channel(str(entry["channel"])),
            asked_at=recorded.asked_at(entry),
            text=text,
            problem=str(entry.get("problem", "")) or _problem(request, raw, text),
            exit_status=status if isinstance(status, int) else None,
            privilege=str(entry.get("privilege", "")),
            place=str(entry.get("place", "")),
        )
    except (OSError, ValueError, KeyError, OverflowError) as error:
        problem = f"the recording's answer cannot be read: {error}"
        return Answer(request=request, channel=Channel.REPLAY, asked_at=now, problem=problem)


def _raw(request: Request, entry: Entry, folder: Path) -> bytes:
    """Return what was answered, of which a problem may be all. Raises OSError, KeyError."""
    if entry.get("problem") and not entry.get("text"):
        return b""
    # A name of its own folder only: a recording is handed over by others.
    return read_regular(folder / Path(str(entry["text"])).name, request.limits.bytes)


def _decoded(raw: bytes) -> str:
    """Return a text as it was written, and what is none as a transport would read it."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def _problem(request: Request, raw: bytes, text: str) -> str:
    if len(raw) > request.limits.bytes:
        return f"the recorded answer is larger than {request.limits.bytes} bytes"
    return "" if text.strip() or getattr(request, "may_be_empty", False) else "the answer is empty"
