"""Files of publishers become dated files by what they hold; wrong, damaged and huge ones are named."""

import bz2
import gzip
import io
import lzma
import zipfile
from datetime import date
from pathlib import Path

import pytest

from auditor.errors import ContentError, Place
from auditor.intel.dated import DatedFile
from auditor.intel.exploited import exploited_of
from auditor.intel.given import Capped, dated_from
from auditor.intel.lifecycles import lifecycles_of
from auditor.intel.scores import scores_of
from tests.intel.formats import EOL, EPSS, KEV, TRACKER, as_bytes, criteria, definition, osv, oval

TODAY = date(2026, 11, 20)
DAY = date(2026, 11, 19)
OVAL = oval(definition(criteria("AND", "1", "2")))
BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"


def given(folder: Path, content: bytes, as_of: date | None = None, name: str = "file") -> DatedFile:
    """Return what a file becomes."""
    path = folder / name
    path.write_bytes(content)
    return dated_from(path, today=TODAY, as_of=as_of)


def zipped(**members: bytes) -> bytes:
    """Return a zip file."""
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.json", content)
        archive.writestr("README.txt", "not JSON")
    return room.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "as_of"),
    [
        (as_bytes(KEV), "exploited", date(2026, 11, 18)),
        (as_bytes(EOL), "end-of-life", date(2026, 11, 19)),
        (EPSS.encode(), "exploit-scores", date(2026, 11, 19)),
        (as_bytes(TRACKER), "advisories", DAY),
        (as_bytes(osv()), "advisories", DAY),
        (as_bytes([osv(), osv("DSA-1-1")]), "advisories", DAY),
        (zipped(a=as_bytes(osv()), b=as_bytes(osv("DSA-1-1"))), "advisories", DAY),
        (OVAL, "advisories", date(2026, 11, 18)),
        (
            as_bytes({"kind": "exploited", "as_of": "2026-11-01", "since": {"CVE-1": "2026-01-01"}}),
            "exploited",
            date(2026, 11, 1),
        ),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_what_a_file_is_shows_in_its_content(
    tmp_path: Path, content: bytes, kind: str, as_of: date, pack: type[bytes]
) -> None:
    """However it is packed and called; its own day goes before one that is given."""
    packed = pack(content) if not content.startswith(b"PK") else content
    found = given(tmp_path, packed, DAY)

    assert (found.kind, found.as_of) == (kind, as_of)


def test_records_without_a_day_are_of_the_newest_change(tmp_path: Path) -> None:
    """Nothing newer can be in them."""
    old, new = osv(modified="2026-10-01T00:00:00Z"), osv("X-1", modified="2026-11-10T00:00:00Z")

    assert given(tmp_path, as_bytes([old, new])).as_of == date(2026, 11, 10)


def test_the_tracker_names_no_day(tmp_path: Path) -> None:
    """The day of the file on this disk is the day on which somebody copied it."""
    with pytest.raises(ContentError, match="--as-of"):
        given(tmp_path, as_bytes(TRACKER))


def test_a_day_that_is_yet_to_come_is_refused(tmp_path: Path) -> None:
    """Such a file would be new for years."""
    with pytest.raises(ContentError, match="yet to come"):
        given(tmp_path, as_bytes(TRACKER), date(2027, 1, 1))
    with pytest.raises(ContentError, match="yet to come"):
        given(tmp_path, as_bytes({**KEV, "dateReleased": "2031-01-01"}))


def test_dates_of_endoflife_date(tmp_path: Path) -> None:
    """A day where there is one, else whether it has ended; what is null is not known."""
    products = lifecycles_of(given(tmp_path, as_bytes(EOL))).products
    bookworm, sarge = products["debian"]

    assert (bookworm.ends, bookworm.extended_ends, bookworm.latest) == (date(2026, 7, 11), date(2028, 6, 30), "12.15")
    assert (sarge.ended, sarge.ends) == (True, None)
    assert (products["docker-engine"][0].ended, products["docker-engine"][0].ends) == (False, None)


def test_exploited_weaknesses_and_scores(tmp_path: Path) -> None:
    """By their CVE."""
    assert exploited_of(given(tmp_path, as_bytes(KEV))).since == {"CVE-2025-1": date(2026, 11, 17)}
    assert scores_of(given(tmp_path, EPSS.encode())).scores == {
        "CVE-2025-1": 0.8421,
        "CVE-2025-10000": 0.00003,
        "CVE-2024-7": 1.0,
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "none of the files"),
        (b"hello", "none of the files"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"{}", "none of the files"),
        (b"[]", "none of the files"),
        (b"{", "is not JSON"),
        (b'{"a": {"CVE-2025-1": {"releases": {}}}, }', "is not JSON"),
        (b'{"openssl": {"CVE-2025-1": {"releases": {"bookworm": {"status": "open"}}}}, "vim": ', "is not JSON"),
        (b'{"openssl": {"CVE-2025-1": {"releases": {}}}}', "no release"),
        (b'{"openssl": {"CVE-2025-1": {"releases": {"bookworm": []}}}}', "must be an object"),
        (b'{"openssl": {"CVE-2025-1": {"releases": {}}, "nonsense": 3}}', "nonsense"),
        (b"[" * 100_000, "nested|JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSON"),
        (b'<html lang="en"><body>502</body></html>', "is not oval_definitions"),
        (b"<oval_definitions>", "is not XML"),
        (BOMB + OVAL.partition(b"?>")[2], "document type"),
        (oval(), "defines no weakness"),
        (oval(definition("<criteria>" * 50 + "</criteria>" * 50)), "nested too deeply"),
        (b"#model_version:x,score_date:2026-11-19\nCVE-2025-1,high,1\n", "is not a CVE with its score"),
        (b"#model_version:x,score_date:2026-11-19\n", "lists no score"),
        (b"cve,epss,percentile\nCVE-2025-1,0.1,0.1\n", "--as-of"),
        (as_bytes({**KEV, "vulnerabilities": [{"cveID": "CVE-2025-1"}]}), "no dateAdded"),
        (as_bytes({**KEV, "vulnerabilities": []}), "lists no vulnerability"),
        (as_bytes({**EOL, "result": []}), "lists no product"),
        (as_bytes({**EOL, "result": [{"name": "x", "releases": [{}]}]}), "a release has no name"),
        (as_bytes(osv(affected=[{"package": {"ecosystem": "npm", "name": "x"}}])), "but of npm"),
        (as_bytes([osv(), {"no": "id"}]), "has no id"),
        (gzip.compress(as_bytes(KEV))[:-20], "is damaged"),
        (b"PK\x03\x04" + b"0" * 100, "is damaged"),
        (zipped(a=b"{"), "is not JSON"),
        (zipped(), "speaks of no release"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, content: bytes, problem: str) -> None:
    """In one sentence, with the file's name; no traceback, and no half of it."""
    with pytest.raises(ContentError, match=problem) as why:
        given(tmp_path, content, None if b"cve,epss" in content[:10] else DAY)

    assert why.value.place.file.startswith(str(tmp_path / "file"))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """As any other."""
    with pytest.raises((ContentError, OSError)):
        dated_from(tmp_path / "none", today=TODAY)


def test_a_stream_ends_where_it_may_hold_no_more() -> None:
    """What unpacks without end fills no memory."""
    place = Place("bomb.gz")

    assert Capped(io.BytesIO(b"12345"), 5, place).readall() == b"12345"
    with pytest.raises(ContentError, match="holds more"):
        Capped(io.BytesIO(b"123456"), 5, place).readall()
