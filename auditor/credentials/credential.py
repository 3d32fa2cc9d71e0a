"""Credentials, as a file declares them and as they are once they are opened."""

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from auditor.credentials.file import open_private
from auditor.credentials.secret import Secret, SecretSource
from auditor.errors import ContentError, CredentialMissing, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What proves who asks, opened: each part as far as the credential has it."""

    name: str
    user: str = ""
    key_file: Path | None = None
    passphrase: Secret | None = None
    password: Secret | None = None
    become: str = "sudo"  # how the account becomes root: "sudo", "su", "doas" or "none"
    become_password: Secret | None = None
    agent: bool = False
    community: Secret | None = None  # SNMP v1 and v2c
    auth_protocol: str = ""  # SNMP v3, as are the next three
    auth: Secret | None = None
    privacy_protocol: str = ""
    privacy: Secret | None = None
    enable: Secret | None = None  # of a network device


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A credential as a file declares it: texts as they are, secrets by where they are, and the place of each part."""

    texts: Mapping[str, str]
    sources: Mapping[str, SecretSource]
    agent: bool
    key_file: Path | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    def place_of(self, part: str) -> Place:
        """Return the line that says where a part is."""
        return self.places.get(part, Place("auditor.toml"))


@dataclass(frozen=True, slots=True)
class _Lack:
    """Which part of a credential cannot be had, and why."""

    part: str
    problem: str


@dataclass(frozen=True)
class Credentials:
    """The credentials of a workspace, each opened once, when it is first needed, and kept in memory until auditor ends.

    One that does not open is not tried again: a password manager asks a person once, however many assets there are.
    """

    tables: Mapping[str, Declared] = field(default_factory=dict)
    _opened: dict[str, Credential | _Lack] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the credentials there are."""
        return frozenset(self.tables)

    def given_away(self) -> tuple[str, ...]:
        """Return every secret that was opened so far: what may have reached an asset, and may come back from it."""
        with self._lock:
            opened = [one for one in self._opened.values() if isinstance(one, Credential)]
        parts = (getattr(one, field.name) for one in opened for field in fields(one))
        return tuple(part.reveal() for part in parts if isinstance(part, Secret))

    def open(self, name: str) -> Credential:
        """Return a credential. Raises CredentialMissing that says what to do."""
        if name not in self.tables:
            raise CredentialMissing(
                f"there is no credential {name!r}: add [credentials.{name}] to auditor.toml"
                if name
                else "the asset names no credential: give its access one, and declare it in auditor.toml"
            )
        found = self._had(name)
        if isinstance(found, _Lack):
            raise CredentialMissing(f"credential {name}: {found.part}: {found.problem}")
        return found

    def place_of(self, name: str) -> Place:
        """Return the line at which a credential begins."""
        return min(self.tables[name].places.values(), key=lambda place: place.line, default=Place("auditor.toml"))

    def open_all(self, names: Iterable[str]) -> None:
        """Open these credentials now. Raises ContentError with the line of each part that cannot be had.

        What is wrong with several in the same way, such as a vault that does not open, is said once.
        """
        problems: dict[str, ContentError] = {}
        for name in sorted(set(names) & self.names):
            lack = self._had(name)
            if isinstance(lack, _Lack):
                place = self.tables[name].place_of(lack.part)
                problem = f"credentials.{name}.{lack.part}: {lack.problem}"
                problems.setdefault(lack.problem, ContentError(place, problem))
        if problems:
            raise ContentError.of(list(problems.values()))

    def _had(self, name: str) -> Credential | _Lack:
        with self._lock:  # one prompt of a password manager, however many workers wait for it
            if name not in self._opened:
                self._opened[name] = _opened(name, self.tables[name])
            return self._opened[name]


def _opened(name: str, declared: Declared) -> Credential | _Lack:
    part, secrets = "key_file", dict[str, Secret]()
    try:
        if declared.key_file is not None:
            os.close(open_private(declared.key_file))
        for part, source in declared.sources.items():
            secrets[part] = source.read()
    except CredentialMissing as error:
        return _Lack(part, str(error))
    return Credential(name=name, agent=declared.agent, key_file=declared.key_file, **declared.texts, **secrets)  # type: ignore[arg-type]
