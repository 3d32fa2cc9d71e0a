"""Seal a vault's content with a key that a person chose: Fernet below scrypt, in a JSON file that says how.

Fernet is AES-128-CBC with HMAC-SHA256. scrypt (RFC 7914) makes each guess at the key cost 32 MiB and a quarter of a
second; its parameters stand in the file, and the ones for new files are those that OWASP's Password Storage Cheat Sheet
names. A checksum tells a damaged file from a wrong key.
"""

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from typing import Final

from auditor.credentials.secret import Secret
from auditor.errors import CredentialMissing

_FORM: Final = "auditor-vault-1"
_MOST: Final = {"n": 1 << 20, "r": 32, "p": 16}  # a file may not make us work for hours
_DAMAGED: Final = "is damaged, or no vault; restore it from a backup"


@dataclass(frozen=True, slots=True)
class _Scrypt:
    salt: bytes
    n: int = 1 << 15
    r: int = 8
    p: int = 3

    def key(self, text: Secret) -> bytes:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415  (OpenSSL, for vaults only)

        derived = Scrypt(salt=self.salt, length=32, n=self.n, r=self.r, p=self.p).derive(text.reveal().encode())
        return base64.urlsafe_b64encode(derived)


def seal(content: bytes, key: Secret) -> bytes:
    """Return a file that holds this content, for those who have the key."""
    from cryptography.fernet import Fernet  # noqa: PLC0415

    scrypt = _Scrypt(os.urandom(16))
    file: dict[str, str | int] = {"form": _FORM, "n": scrypt.n, "r": scrypt.r, "p": scrypt.p}
    file |= {"salt": scrypt.salt.hex(), "sealed": Fernet(scrypt.key(key)).encrypt(content).decode()}
    return json.dumps({**file, "sha256": _checksum(file)}, indent=1).encode() + b"\n"


def unseal(sealed: bytes, key: Secret) -> bytes:
    """Return what a file holds. Raises CredentialMissing that says whether the file or the key is wrong."""
    from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415

    scrypt, token = _read(sealed)
    try:
        return Fernet(scrypt.key(key)).decrypt(token)
    except InvalidToken:
        raise CredentialMissing("does not open with this key") from None


def _read(sealed: bytes) -> tuple[_Scrypt, bytes]:
    try:
        file = json.loads(sealed)
        numbers = {name: file[name] for name in _MOST}
        if file.pop("sha256") != _checksum(file) or file["form"] != _FORM:
            raise CredentialMissing(_DAMAGED)
        salt, token = bytes.fromhex(file["salt"]), file["sealed"].encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise CredentialMissing(_DAMAGED) from None
    if any(type(number) is not int or not 1 <= number <= _MOST[name] for name, number in numbers.items()):
        raise CredentialMissing("asks for more work than a vault may")
    return _Scrypt(salt, **numbers), token


def _checksum(file: dict[str, str | int]) -> str:
    return hashlib.sha256(json.dumps(file, sort_keys=True).encode()).hexdigest()
