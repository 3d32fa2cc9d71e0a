"""A server on loopback that answers reads as HashiCorp's API documents say: KV engines of both versions, refusals."""

import datetime as dt
import ipaddress
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

METADATA = {"created_time": "2026-03-22T02:24:06.945319214Z", "deletion_time": "", "destroyed": False, "version": 1}


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that go away."""

    def handle_error(self, request, client_address) -> None:
        pass


@dataclass
class HashiCorp:
    """A server that knows secrets by path, and one token; `certificate` has a key and its certificate in PEM."""

    token: str
    secrets: dict[str, object] = field(default_factory=dict)
    namespace: str = ""
    certificate: Path | None = None
    elsewhere: str = ""  # where it redirects to, as a standby may
    sealed: bool = False
    seen: list[str] = field(default_factory=list)  # tokens that were sent to it

    def __enter__(self) -> Self:
        """Begin to answer."""
        lab = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = lab.answer(self.path, self.headers)
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", lab.elsewhere + self.path)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *words: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Answering)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, headers) -> tuple[int, object]:
        """Return the status and the body of a response."""
        self.seen.append(headers.get("X-Vault-Token", ""))
        if self.elsewhere:
            return 307, {}
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if self.seen[-1] != self.token or headers.get("X-Vault-Namespace", "") != self.namespace:
            return 403, {"errors": ["permission denied"]}
        secret = self.secrets.get(path.removeprefix("/v1/"))
        return (404, {"errors": []}) if secret is None else (200, {"request_id": "x", "lease_id": "", "data": secret})


def version2(**fields: object) -> dict[str, object]:
    """Return the `data` of a secret of version 2 of the KV engine."""
    return {"data": fields, "metadata": METADATA}


def certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault.lab.example")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "vault.pem"
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()) + signed.public_bytes(pem))
    return path
