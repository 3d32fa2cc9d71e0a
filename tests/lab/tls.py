"""A TLS server on loopback with a self-signed certificate of its own."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from types import TracebackType
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.hostile import Raw

_PATIENCE: Final = 0.4  # seconds; a scanner waits twelve times as long for a server to speak first


@dataclass
class TlsServer:
    """A running server: `with TlsServer() as server: ... server.port`. It hangs up on whoever is silent."""

    host: str = "127.0.0.1"
    port: int = 0
    days: float = 30.0  # that the certificate is still valid
    _raw: "Raw | None" = field(default=None, repr=False)
    _context: "ssl.SSLContext | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Make a certificate and listen."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory(prefix="tls-") as folder:
            certificate = Path(folder) / "certificate.pem"
            certificate.write_bytes(self._certificate())
            self._context.load_cert_chain(certificate)
        self._raw = Raw(self._serve, host=self.host, port=self.port).__enter__()
        self.port = self._raw.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        assert self._raw is not None
        self._raw.__exit__(kind, error, trace)

    def _serve(self, connection: socket.socket, ended: Event) -> None:
        del ended
        connection.settimeout(_PATIENCE)
        assert self._context is not None
        if not connection.recv(1, socket.MSG_PEEK):  # wrapping a connection that is gone leaks it
            return
        tunnel = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with suppress(OSError), tunnel:
            tunnel.do_handshake()
            tunnel.recv(1024)
            tunnel.sendall(b"HTTP/1.1 204 No Content\r\nServer: lab\r\n\r\n")

    def _certificate(self) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.lab.example")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=self.days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.lab.example")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private + made.public_bytes(serialization.Encoding.PEM)
