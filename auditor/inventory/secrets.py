"""Secrets do not belong in an inventory: know their fields by name, and never repeat their values."""

import re
from collections.abc import Iterator
from functools import lru_cache

from auditor.documents import Document, Key, Plain
from auditor.errors import ContentError, Place

# A field whose name says that its value is secret. `credential` is a name and may stand; so may `password_file`.
_SECRET = re.compile(
    r"(?:^|[_\-. ])(?:pass|passwd|password|pwd|passphrase|secret|community|communities|token|api[_-]?key|auth[_-]?key"
    r"|priv[_-]?key|private[_-]?key|vault|psk|bypass[_ ]?code|recovery[_ ]?key|unlock[_ ]?token)(?:$|[_\-. ])",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?:password|passphrase)", re.IGNORECASE)
_POINTER = re.compile(r"(?:file|path|name|ref|reference|policy|env|id)$", re.IGNORECASE)

_MEND = (
    "Name a credential instead (credential: NAME) and keep its value in the environment, a 0600 file, a keyring or a "
    "command; change the secret if this file was shared."
)


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret: `password`, `ansible_become_pass`, `snmpCommunity`, `api-token`."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return bool(_SECRET.search(words) or _JOINED.search(words)) and not _POINTER.search(words)


def is_secret_column(name: str) -> bool:
    """Whether an export's column, by its letters and digits, holds a secret of device management."""
    return any(
        word in name for word in ("bypasscode", "recoverykey", "unlocktoken", "password", "passphrase")
    ) and not (name.endswith(("status", "state", "present", "type", "name", "required")))


def written_secrets(document: Document) -> list[ContentError]:
    """Return a problem for each secret that stands in a document, at its place and without its value."""
    return [secret_written(str(path[-1]), document.place(*path)) for path in _secret_paths(document.value, ())]


def secret_written(name: str, place: Place) -> ContentError:
    """Return the problem that a field or column of this name is."""
    return ContentError(place, f"{name}: a secret does not belong in an inventory", _MEND)


def _secret_paths(value: Plain, path: tuple[Key, ...]) -> Iterator[tuple[Key, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if is_secret(key):
                yield (*path, key)
            else:
                yield from _secret_paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secret_paths(item, (*path, index))
