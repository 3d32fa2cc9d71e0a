"""A secret in a HashiCorp Vault or OpenBao server: `{hashicorp = "secret/data/path#field"}`.

Where the server is and who asks comes from the variables that its own command line reads: VAULT_ADDR, VAULT_TOKEN (or
the file ~/.vault-token that `vault login` writes), VAULT_NAMESPACE, VAULT_CACERT and VAULT_CAPATH. The path is that of
the HTTP API, with `data/` behind the mount for version 2 of the KV engine (HashiCorp: API, KV secrets engine).

The token goes to that server only: redirects and proxies are not followed, and the certificate is always verified.
"""

import contextlib
import http.client
import json
import os
import re
import ssl
import urllib.parse
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from auditor.credentials.file import FromFile
from auditor.credentials.secret import Secret, first_line
from auditor.errors import CredentialMissing

WRITTEN: Final = re.compile(r"(?P<path>[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~ -]+)+)#(?P<field>[^#\n]+)")
_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1024 * 1024
_STATUSES: Final = {
    400: "the server does not take the request; is VAULT_NAMESPACE right?",
    403: "the token is not valid, or its policy does not let it read this",
    404: "there is nothing; in version 2 of the KV engine, data/ stands behind the mount",
    429: "the server is a standby, or has too much to do",
    503: "the server is sealed or under maintenance",
}


@dataclass(frozen=True, slots=True)
class FromHashiCorp:
    """One field of a secret in a KV engine of either version."""

    path: str
    field: str

    def __str__(self) -> str:
        """Return which it is."""
        return f"hashicorp {self.path}#{self.field}"

    def read(self) -> Secret:
        """Return the field. Raises CredentialMissing."""
        data = _data(_get(self.path), self)
        found = data.get(self.field)
        if not isinstance(found, str):
            raise CredentialMissing(f"{self}: the secret has no text of that name")
        return first_line(found, self)


def _data(body: bytes, source: FromHashiCorp) -> dict[str, object]:
    """Return the fields of a response: version 2 has them one level deeper, beside the version's metadata."""
    try:
        data = json.loads(body)["data"]
        if data.keys() == {"data", "metadata"} and isinstance(data["metadata"], dict):
            data = data["data"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        data = None
    if not isinstance(data, dict):  # a deleted version has null
        raise CredentialMissing(f"{source}: the answer holds no secret")
    return data


def _get(path: str) -> bytes:
    where = os.environ.get("VAULT_ADDR", "")
    url = urllib.parse.urlsplit(where)
    connection = _connection(url)
    headers = {"X-Vault-Token": _token(), "X-Vault-Request": "true"}
    if namespace := os.environ.get("VAULT_NAMESPACE", ""):
        headers["X-Vault-Namespace"] = namespace
    target = f"{url.path.rstrip('/')}/v1/{urllib.parse.quote(path)}"
    try:
        with contextlib.closing(connection):
            connection.request("GET", target, headers=headers)
            with connection.getresponse() as response:
                body = response.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CredentialMissing(f"{where} gives no answer: {_why(error)}") from None
    if response.status != 200:
        raise CredentialMissing(
            f"{where}: {path}: status {response.status}: {_STATUSES.get(response.status, 'no secret')}"
        )
    return body


def _connection(url: urllib.parse.SplitResult) -> http.client.HTTPConnection:
    try:
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    if not host or url.scheme not in {"http", "https"}:
        raise CredentialMissing("VAULT_ADDR is not set to an address such as https://vault.example:8200")
    if url.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=_context())
    if not _is_here(host):
        raise CredentialMissing("VAULT_ADDR has no TLS; a token would cross the network in the clear. Use https://")
    return http.client.HTTPConnection(host, port, timeout=_SECONDS)


def _context() -> ssl.SSLContext:
    file, folder = os.environ.get("VAULT_CACERT") or None, os.environ.get("VAULT_CAPATH") or None
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except (OSError, ssl.SSLError) as error:
        raise CredentialMissing(f"VAULT_CACERT or VAULT_CAPATH cannot be used: {_why(error)}") from None


def _token() -> str:
    token = os.environ.get("VAULT_TOKEN", "").strip()
    if not token:
        try:
            token = FromFile(Path("~/.vault-token").expanduser()).read().reveal()
        except CredentialMissing as error:
            raise CredentialMissing(f"VAULT_TOKEN is not set, and {error}") from None
    if not re.fullmatch(r"[!-~]+", token):
        raise CredentialMissing("VAULT_TOKEN is no token")
    return token


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); set VAULT_CACERT"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
