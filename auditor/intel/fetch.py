"""Fetch what publishers give, over HTTPS, into a file; the day it is of is what the server says of it.

Certificates are always verified and no redirect leaves HTTPS: whoever could change these files would choose what an
audit passes. Without a network everything goes on with what is there.
"""

import email.utils
import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from email.message import Message
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Final

from auditor.errors import NotFetched, UsageError

_SECONDS: Final = 60.0  # of silence
_MOST: Final = 2048 * 1024 * 1024  # bytes
_PIECE: Final = 1 << 20
_OSV: Final = "https://osv-vulnerabilities.storage.googleapis.com"

PUBLISHERS: Final[Mapping[str, str]] = {
    "end-of-life": "https://endoflife.date/api/v1/products/full",
    "exploited": "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    "exploit-scores": "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
    "debian": "https://security-tracker.debian.org/tracker/data/json",
    "ubuntu": f"{_OSV}/Ubuntu/all.zip",
    "alpine": f"{_OSV}/Alpine/all.zip",
    "almalinux": f"{_OSV}/AlmaLinux/all.zip",
    "rocky": f"{_OSV}/Rocky%20Linux/all.zip",
    "rhel": f"{_OSV}/Red%20Hat/all.zip",
    "sles": f"{_OSV}/SUSE/all.zip",
    "opensuse-leap": f"{_OSV}/openSUSE/all.zip",
}
ALWAYS: Final = ("end-of-life", "exploited", "exploit-scores")  # small, and used on every host


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched, and the day on which it last changed as far as the server says."""

    path: Path
    changed: date | None


def fetch(url: str, to: Path) -> Fetched:
    """Write what is at a URL to a file. Raises NotFetched, and UsageError for a URL that is not safe."""
    if not _is_safe(url):
        raise UsageError(f"{url}: must begin with https://; without it anybody on the way chooses what audits pass")
    opener = urllib.request.build_opener(_OnlySafe(), urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    request = urllib.request.Request(url, headers={"User-Agent": "auditor"})  # noqa: S310  (the scheme was looked at)
    try:
        with opener.open(request, timeout=_SECONDS) as answer, to.open("wb") as file:
            size = _copied(answer, file, url)
            told = answer.headers.get("Content-Length")
            if told is not None and told.isascii() and told.isdigit() and int(told) != size:
                raise NotFetched(f"{url}: the connection ended after {size} of {told} bytes")
            return Fetched(to, _changed(answer.headers))
    except urllib.error.HTTPError as error:
        error.close()
        raise NotFetched(f"{url}: the server answers with status {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(f"{url}: {_why(error)}") from None


class _OnlySafe(urllib.request.HTTPRedirectHandler):
    """Follows redirects as far as they stay safe."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the next request. Raises NotFetched where it would leave HTTPS."""
        if not _is_safe(newurl):
            fp.close()
            raise NotFetched(f"{req.full_url}: the server points to {newurl}, which is not safe")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_safe(url: str) -> bool:
    parts = urllib.parse.urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))
    )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _copied(answer: IO[bytes], file: IO[bytes], url: str) -> int:
    size = 0
    while piece := answer.read(_PIECE):
        size += len(piece)
        if size > _MOST:
            raise NotFetched(f"{url}: the answer does not end after {_MOST >> 20} MiB")
        file.write(piece)
    return size


def _changed(headers: Message) -> date | None:
    try:
        return email.utils.parsedate_to_datetime(headers.get("Last-Modified") or "").astimezone(UTC).date()
    except (TypeError, ValueError):
        return None


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({reason.verify_message})"
    if isinstance(reason, OSError):
        return reason.strerror or str(reason) or type(reason).__name__
    return str(reason) or type(error).__name__
