"""Seal a vault's content as age does (age-encryption.org/v1), so that `age` itself opens the file as well.

The key is a passphrase, or an identity: the text that begins with AGE-SECRET-KEY-.
"""

import importlib
from types import ModuleType
from typing import Final

from auditor.credentials.secret import Secret
from auditor.errors import CredentialMissing

_WRONG_KEY: Final = ("Decryption failed", "No matching keys found")  # what pyrage says of a sound file


def seal(content: bytes, key: Secret) -> bytes:
    """Return a file that holds this content, for those who have the key."""
    pyrage, text = _pyrage(), key.reveal()
    if not _is_identity(key):
        return bytes(pyrage.passphrase.encrypt(content, text))
    try:
        return bytes(pyrage.encrypt(content, [pyrage.x25519.Identity.from_str(text).to_public()]))
    except pyrage.IdentityError:
        raise CredentialMissing(
            "takes an age identity of the form AGE-SECRET-KEY-1..., which this key is not"
        ) from None


def unseal(sealed: bytes, key: Secret) -> bytes:
    """Return what a file holds. Raises CredentialMissing that says whether the file or the key is wrong."""
    pyrage, text = _pyrage(), key.reveal()
    try:
        if _is_identity(key):
            return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(text)]))
        return bytes(pyrage.passphrase.decrypt(sealed, text))
    except pyrage.IdentityError:
        raise CredentialMissing(
            "takes an age identity of the form AGE-SECRET-KEY-1..., which this key is not"
        ) from None
    except pyrage.DecryptError as error:
        wrong = str(error) in _WRONG_KEY
        raise CredentialMissing(
            "does not open with this key" if wrong else "is damaged, or no age file; restore it from a backup"
        ) from None


def _is_identity(key: Secret) -> bool:
    return key.reveal().startswith("AGE-SECRET-KEY-")


def _pyrage() -> ModuleType:
    try:
        return importlib.import_module("pyrage")
    except ImportError:
        raise CredentialMissing("needs age, which is not supported here; pip install 'auditor[age]'") from None
