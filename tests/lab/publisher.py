"""A server on loopback that gives files away as publishers do, and fails as they do."""

import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that go away."""

    def handle_error(self, request, client_address) -> None:
        pass


@dataclass(frozen=True)
class Page:
    """What is at a path: a body with headers, a status, or a body that ends before it should."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0  # bytes that are promised and do not come


@dataclass
class Publisher:
    """A server that knows pages by path; `certificate` has a key and its certificate in PEM."""

    pages: dict[str, Page]
    certificate: Path | None = None
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin to answer."""
        lab = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lab.asked.append(self.path)
                page = lab.pages.get(self.path, Page(status=404))
                self.send_response(page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page.body) + page.missing))
                self.end_headers()
                self.wfile.write(page.body)

            def log_message(self, *words: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Answering)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        """Return the address of a page."""
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}{path}"
