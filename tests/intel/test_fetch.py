"""What is fetched over the network: from a server of these tests, and never half of it."""

from datetime import date
from pathlib import Path

import pytest

from auditor.errors import NotFetched, UsageError
from auditor.intel.fetch import PUBLISHERS, fetch
from tests.lab.hashicorp import certificate
from tests.lab.publisher import Page, Publisher


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the server itself, whatever this machine is set up for."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_file_and_the_day_on_which_it_changed(tmp_path: Path) -> None:
    """As the server says; what is at a later address counts."""
    pages = {
        "/new": Page(b"content", headers={"Last-Modified": "Thu, 19 Nov 2026 23:30:00 GMT"}),
        "/old": Page(status=302, headers={"Location": "/new"}),
        "/bare": Page(b"content", headers={"Last-Modified": "yesterday"}),
    }
    with Publisher(pages) as server:
        moved = fetch(server.url("/old"), tmp_path / "file")
        bare = fetch(server.url("/bare"), tmp_path / "other")

    assert (moved.path.read_bytes(), moved.changed) == (b"content", date(2026, 11, 19))
    assert bare.changed is None


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (Page(status=404), "status 404"),
        (Page(status=503, body=b"<html>busy</html>"), "status 503"),
        (Page(b"half", missing=100), "ended after 4 of 104 bytes"),
        (Page(status=302, headers={"Location": "http://mirror.example/x"}), "not safe"),
        (Page(status=302, headers={"Location": "file:///etc/passwd"}), "not safe|not allowed|status 302"),
        (Page(status=302, headers={"Location": "/x"}), "status 302|redirect"),
    ],
)
def test_what_goes_wrong_is_said(tmp_path: Path, page: Page, why: str) -> None:
    """With the address, and no traceback."""
    with Publisher({"/x": page}) as server, pytest.raises(NotFetched, match=why) as error:
        fetch(server.url("/x"), tmp_path / "file")

    assert "127.0.0.1" in str(error.value)


def test_nobody_there(tmp_path: Path) -> None:
    """A machine without a network reads the same."""
    with Publisher({}) as server:
        url = server.url("/x")

    with pytest.raises(NotFetched, match="Connection refused"):
        fetch(url, tmp_path / "file")


@pytest.mark.parametrize(
    "url", ["http://mirror.example/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "mirror", "https://"]
)
def test_addresses_that_anybody_on_the_way_could_answer_are_refused(tmp_path: Path, url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(UsageError, match="https://"):
        fetch(url, tmp_path / "file")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Nothing is asked of such a server."""
    with Publisher({"/x": Page(b"content")}, certificate(tmp_path)) as server:
        with pytest.raises(NotFetched, match="certificate"):
            fetch(server.url("/x"), tmp_path / "file")

        assert server.asked == []


def test_publishers_are_asked_over_https_only() -> None:
    """All of them."""
    assert all(url.startswith("https://") for url in PUBLISHERS.values())
