"""An encrypted file of secrets beside auditor.toml: `{vault = "NAME"}`.

Sealed is a JSON object of names and texts: by `age` where the file's name ends in .age, else by `fernet`. A change
reads the file anew, writes a new one beside it and renames that, so that readers and power failures see the old file or
the new one.
"""

import fcntl
import json
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from auditor.credentials import age, fernet
from auditor.credentials.secret import Secret, SecretSource
from auditor.errors import CredentialMissing, UsageError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/-]{0,63}")
_MOST_BYTES: Final = 16 * 1024 * 1024
_SHORTEST_KEY: Final = 12

Entries = Mapping[str, Secret]


@dataclass(frozen=True)
class Vault:
    """The file, and where its key is. It is opened once, and a key that does not fit is not asked for again."""

    path: Path
    key: SecretSource
    _keys: list[Secret] = field(default_factory=list, repr=False, compare=False)
    _opened: list[Entries | CredentialMissing] = field(default_factory=list, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def read(self, name: str) -> Secret:
        """Return a secret. Raises CredentialMissing."""
        entries = self.entries()
        if name not in entries:
            raise CredentialMissing(f"the vault {self.path} has no {name!r}; auditor vault set {name}")
        return entries[name]

    def entries(self) -> Entries:
        """Return all secrets by name. Raises CredentialMissing."""
        with self._lock:
            if not self._opened:
                try:
                    self._opened.append(self._unsealed(self._sealed(), self._key()))
                except CredentialMissing as error:
                    self._opened.append(error)
            if isinstance(found := self._opened[0], CredentialMissing):
                raise CredentialMissing(str(found))
            return found

    def create(self) -> None:
        """Make an empty vault. Raises UsageError where there is one, CredentialMissing for a key that is too short."""
        self._refuse_another()
        key = self._key()
        with self._alone():
            self._refuse_another()
            self._write({}, key)

    def _refuse_another(self) -> None:
        if self.path.exists():
            raise UsageError(f"there is a vault {self.path}; `auditor vault rekey` gives it another key")

    def put(self, name: str, secret: Secret) -> bool:
        """Keep a secret, and return whether there was one of that name. Raises UsageError, CredentialMissing."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name: letters, digits, and . _ @ / - after the first, 64 at most")
        text = secret.reveal()
        if not text or "\n" in text or "\0" in text:
            raise UsageError("a secret is one line of text, and not empty")
        return self._change(lambda entries: {**entries, name: secret}, name)

    def remove(self, name: str) -> None:
        """Forget a secret. Raises UsageError where there is none, CredentialMissing."""
        if not self._change(lambda entries: {one: entries[one] for one in entries if one != name}, name):
            raise UsageError(f"the vault {self.path} has no {name!r}; `auditor vault list` shows what it has")

    def rekey(self, new_key: Callable[[], Secret]) -> None:
        """Seal the vault with another key, which is asked for once the old one fits. Raises CredentialMissing."""
        key = self._key()
        self._unsealed(self._sealed(), key)
        chosen = new_key()
        with self._alone():
            self._write(self._unsealed(self._sealed(), key), chosen)

    def _change(self, change: Callable[[Entries], Entries], name: str) -> bool:
        key = self._key()
        with self._alone():
            entries = self._unsealed(self._sealed(), key)
            changed = change(entries)
            if changed != entries:
                self._write(changed, key)
        return name in entries

    def _key(self) -> Secret:
        if not self._keys:
            try:
                self._keys.append(self.key.read())
            except CredentialMissing as error:
                raise CredentialMissing(f"the key of the vault {self.path}: {error}") from None
        return self._keys[0]

    def _sealed(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(_MOST_BYTES)
        except FileNotFoundError:
            raise CredentialMissing(f"there is no vault {self.path}; auditor vault init") from None
        except OSError as error:
            raise CredentialMissing(f"the vault {self.path} cannot be read: {error.strerror}") from None

    def _unsealed(self, sealed: bytes, key: Secret) -> Entries:
        try:
            content = json.loads((age if self._is_age else fernet).unseal(sealed, key))
            if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
                raise CredentialMissing("holds something else than names and texts")  # noqa: TRY301  (prefixed below)
        except CredentialMissing as error:
            raise CredentialMissing(f"the vault {self.path} {error}") from None
        except ValueError:
            raise CredentialMissing(f"the vault {self.path} holds something else than names and texts") from None
        return {name: Secret(text) for name, text in content.items()}

    def _write(self, entries: Entries, key: Secret) -> None:
        if len(key.reveal()) < _SHORTEST_KEY:
            raise CredentialMissing(
                f"a key of fewer than {_SHORTEST_KEY} characters is soon guessed; nothing was changed"
            )
        content = json.dumps({name: entries[name].reveal() for name in sorted(entries)}).encode()
        _replace(self.path, (age if self._is_age else fernet).seal(content, key))

    @property
    def _is_age(self) -> bool:
        return self.path.suffix == ".age"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep out other processes that change the vault; the kernel lets go of the lock however this one ends."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(f"{self.path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


@dataclass(frozen=True, slots=True)
class FromVault:
    """A secret of the workspace's vault."""

    vault: Vault
    name: str

    def __str__(self) -> str:
        """Return which it is."""
        return f"vault {self.name}"

    def read(self) -> Secret:
        """Return the secret. Raises CredentialMissing."""
        return self.vault.read(self.name)


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner only. Raises UsageError."""
    whole = path.resolve()  # what a symbolic link points to, not the link
    try:
        opened, beside = tempfile.mkstemp(dir=whole.parent, prefix=f".{whole.name}-")
        try:
            with os.fdopen(opened, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(whole)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        folder = os.open(whole.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; nothing was changed") from error
