"""A file that somebody gives becomes a dated file: what it is shows in its content, never in its name.

Files are somebody else's: what is unpacked, and what is read at once, has a limit.
"""

import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from auditor.errors import ContentError, Place
from auditor.intel.dated import DatedFile, Json, day, parse_json
from auditor.intel.formats import debian, endoflife, epss, kev, osv, oval

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_MOST_STREAMED: Final = 2048 * 1024 * 1024  # bytes, unpacked, of what is read piece by piece
_MOST_AT_ONCE: Final = 384 * 1024 * 1024  # of what is read whole; Debian's tracker has some 70 MB
_MOST_RECORD: Final = 16 * 1024 * 1024  # of one member of a zip file
_HEAD: Final = 512
_UNPACK: Final[Mapping[bytes, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": lambda raw: cast("IO[bytes]", gzip.GzipFile(fileobj=raw)),
    b"BZ": lambda raw: cast("IO[bytes]", bz2.BZ2File(raw)),
    b"\xfd7": lambda raw: cast("IO[bytes]", lzma.open(raw)),  # noqa: SIM115  (who calls it closes it)
}
_DAMAGED: Final = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)
_KNOWN: Final = (
    "What is read: endoflife.date's products/full, CISA's KEV catalogue, EPSS scores, Debian's security tracker, OSV "
    "records, OVAL definitions, and dated files of auditor."
)


class Capped(io.RawIOBase):
    """A stream that ends with an error when more comes out of it than allowed."""

    def __init__(self, inner: IO[bytes], most: int, place: Place) -> None:
        """Read from a stream, at most so many bytes."""
        super().__init__()
        self._inner, self._left, self._place = inner, most, place

    def readable(self) -> bool:
        """Whether it can be read from."""
        return True

    def readinto(self, room: "Buffer") -> int:
        """Fill some room with the next bytes. Raises ContentError when there are more than allowed."""
        view = memoryview(room).cast("B")
        piece = self._inner.read(len(view))
        self._left -= len(piece)
        if self._left < 0:
            mend = "Split it, or give the right one."
            raise ContentError(self._place, "holds more than auditor reads of one file", mend)
        view[: len(piece)] = piece
        return len(piece)


def dated_from(path: Path, *, today: date, as_of: date | None = None) -> DatedFile:
    """Return what a file tells, as a dated file without a path.

    `as_of` is the day of a file that does not say it itself. Raises ContentError for a file that is none of the known
    ones, is damaged, names no day while none is given, or is of a day that is yet to come.
    """
    place = Place(str(path))
    try:
        file = _zipped(path, place, as_of) if _is_zip(path) else _unzipped(path, place, as_of)
    except json.JSONDecodeError as error:
        raise ContentError(Place(str(path), error.lineno, error.colno), f"is not JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise ContentError(place, "is not UTF-8 text") from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise ContentError(place, f"is not JSON that can be read: {error}") from error
    except RecursionError as error:
        raise ContentError(place, "is nested too deeply") from error
    except _DAMAGED as error:
        raise ContentError(place, f"is damaged: {error}") from error
    except OSError as error:
        raise ContentError(place, f"cannot be read: {error.strerror or error}") from error
    if file.as_of > today + timedelta(days=1):
        raise ContentError(place, f"is dated {file.as_of}, which is yet to come", "Is this machine's clock right?")
    return file


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _unzipped(path: Path, place: Place, as_of: date | None) -> DatedFile:
    with _opened(path) as file:
        head = file.read(_HEAD)
        file.seek(0)
        whole = io.BufferedReader(Capped(file, _MOST_STREAMED, place))
        if oval.is_it(head):
            return oval.dated(whole, place, as_of)
        if epss.is_it(head):
            return epss.dated(io.TextIOWrapper(whole, "utf-8"), place, as_of)
        text = Capped(whole, _MOST_AT_ONCE, place).readall().decode("utf-8-sig")
    if text.lstrip()[:1] not in {"{", "["}:
        raise ContentError(place, "is none of the files that auditor reads", _KNOWN)
    return debian.dated(text, place, as_of) if debian.is_it(text) else _json(parse_json(text, path), place, as_of)


def _json(told: Json, place: Place, as_of: date | None) -> DatedFile:
    if osv.is_it(told):
        return osv.dated(told if isinstance(told, list) else [told], place, as_of)
    if not isinstance(told, dict):
        raise ContentError(place, "is none of the files that auditor reads", _KNOWN)
    if endoflife.is_it(told):
        return endoflife.dated(told, place, as_of)
    if kev.is_it(told):
        return kev.dated(told, place, as_of)
    own = day(told.get("as_of"))
    if not isinstance(told.get("kind"), str) or own is None:
        raise ContentError(place, "is none of the files that auditor reads", _KNOWN)
    kind, source, licence = (str(told.get(name) or "") for name in ("kind", "source", "licence"))
    head = {"kind", "as_of", "source", "licence"}
    return DatedFile(kind, own, source, licence, {key: value for key, value in told.items() if key not in head})


def _zipped(path: Path, place: Place, as_of: date | None) -> DatedFile:
    with zipfile.ZipFile(path) as archive:
        return osv.dated(_records(archive, place), place, as_of)


def _records(archive: zipfile.ZipFile, place: Place) -> Iterator[Json]:
    left = _MOST_STREAMED
    for member in archive.infolist():
        if member.is_dir() or not member.filename.endswith(".json"):
            continue
        with archive.open(member) as file:
            text = Capped(file, min(_MOST_RECORD, left), place).readall()
        left -= len(text)
        record = parse_json(text.decode("utf-8-sig"), Path(f"{place.file}!{member.filename}"))
        yield from record if isinstance(record, list) else [record]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Give a file's content, unpacked where it is packed with gzip, bzip2 or xz."""
    with path.open("rb") as raw:
        magic = raw.read(2)
        raw.seek(0)
        if magic not in _UNPACK:
            yield raw
            return
        with _UNPACK[magic](raw) as unpacked:
            yield unpacked
