"""Files handed to the auditor: a device's saved configuration, or its record in a device-management export.

A relative path counts from the folder given here and may not leave it; an absolute path is the inventory's own word.
The evidence is as old as the file: `asked_at` is when it was last changed.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.errors import CollectionError
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request, Saved
from auditor.transports.export import find_record, named_as_ours


@dataclass(frozen=True, slots=True)
class FileTransport:
    """Reads saved files; never writes one."""

    base_dir: Path

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return the files' contents; what cannot be read says why in its problem."""
        return [self._answer(asset, access, request) for request in requests]

    def _answer(self, asset: Asset, access: Access, request: Request) -> Answer:
        holds = request.holds if isinstance(request, Saved) else ""
        if holds and access.holds != holds:
            access = asset.access(Channel.FILE, holds) or access
        if not holds or access.holds != holds:
            return _unanswered(request, f"the inventory names no file with the {holds or 'answer to this request'}")
        try:
            path = self._path(access.path)
            raw, changed = _read(path, request.limits.bytes)
            text = decode(raw, path)
            if holds == "device-record":
                text = named_as_ours(find_record(text, access.key, path, changed), access.columns)
        except CollectionError as problem:
            return _unanswered(request, str(problem), access.path)
        if not text.strip():
            return _unanswered(request, f"{path} is empty", str(path))
        return Answer(request=request, channel=Channel.FILE, asked_at=changed, text=text, place=str(path))

    def _path(self, written: str) -> Path:
        """Return the path that the inventory means. Raises CollectionError when it leaves the folder."""
        path = Path(written)
        if "\0" in written:
            raise CollectionError(f"{written!r} is no path")
        if path.is_absolute():
            return path
        base = self.base_dir.resolve()
        resolved = (base / path).resolve()
        if not resolved.is_relative_to(base):
            raise CollectionError(f"{written} leads out of {base}; write the whole path if that is meant")
        return resolved


def _unanswered(request: Request, problem: str, place: str = "") -> Answer:
    return Answer(request=request, channel=Channel.FILE, asked_at=datetime.now(UTC), problem=problem, place=place)


def _read(path: Path, most: int) -> tuple[bytes, datetime]:
    """Return a regular file's bytes and when it was last changed. Raises CollectionError."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not keep us waiting
        try:
            status = os.fstat(opened)
            if not stat.S_ISREG(status.st_mode):
                raise CollectionError(f"{path} is no regular file")
            if status.st_size > most:
                raise CollectionError(f"{path} has {status.st_size} bytes and may have {most}; give the right file")
            with os.fdopen(opened, "rb", closefd=False) as file:
                return file.read(most), datetime.fromtimestamp(status.st_mtime, UTC)
        finally:
            os.close(opened)
    except OSError as error:
        raise CollectionError(f"{path} cannot be read: {error.strerror or error}") from error


def decode(raw: bytes, path: Path) -> str:
    """Return the text of a file that some terminal program saved: UTF-8, UTF-16 or Latin-1, with any line ends.

    Raises CollectionError for a binary file.
    """
    text = _wide(raw) or _narrow(raw)
    if "\0" in text:
        raise CollectionError(f"{path} is no text file: it holds NUL bytes")
    if "\n" not in text:  # line ends of old Macs, or one line
        return text.replace("\r", "\n")
    return text.replace("\r", "")


def _wide(raw: bytes) -> str | None:
    """Return UTF-16 text as Windows programs save it, with or without a mark, or None."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    sample = raw[:4096]
    if len(sample) > 8 and sample[1::2].count(0) > len(sample) * 0.4 and 0 not in sample[0::2]:
        return raw.decode("utf-16-le", "replace")
    return None


def _narrow(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
