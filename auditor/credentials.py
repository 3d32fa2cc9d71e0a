"""Secrets by reference: where a credential's parts come from, and the parts themselves once they are needed.

No file of a workspace holds a secret. A table `[credentials.NAME]` of auditor.toml says where each one is:
`{env = "NAME"}`, `{file = "PATH"}`, `{command = ["pass", "show", "x"]}` or `{keyring = "service/name"}`.
"""

import importlib
import os
import re
import stat
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NoReturn

from auditor.documents import Document
from auditor.errors import ContentError, CredentialMissing

_COMMAND_SECONDS: Final = 15
_MOST_BYTES: Final = 64 * 1024
_SECRETS: Final = ("passphrase", "password", "sudo_password", "community", "auth", "privacy", "enable")
_TEXTS: Final = ("user", "key_file", "auth_protocol", "privacy_protocol")
_CHOICES: Final = {
    "auth_protocol": ("md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512"),
    "privacy_protocol": ("des", "3des", "aes", "aes128", "aes192", "aes256", "aes192blumenthal", "aes256blumenthal"),
}
_FORMS: Final = (
    'Say where it is: {env = "NAME"}, {file = "PATH"}, {command = ["pass", "show", "x"]} or {keyring = "service/name"}.'
)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Secret:
    """A text that shows itself to nobody: not when printed, formatted, logged or pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep a text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text: only where it goes onto the wire."""
        return self._text

    def __repr__(self) -> str:
        """Return a placeholder."""
        return "Secret(...)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Return a placeholder."""
        return repr(self)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a secret is not written down")

    def __deepcopy__(self, memo: object) -> "Secret":
        """Return the secret itself, which never changes."""
        return self


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is: `where` has the variable, the path, the argument list, or the service and the name in it."""

    kind: Literal["env", "file", "command", "keyring"]
    where: tuple[str, ...]

    def __str__(self) -> str:
        """Return where the secret is, in words."""
        return f"{self.kind} {' '.join(self.where)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What proves who asks, opened: each part as far as the credential has it."""

    name: str
    user: str = ""
    key_file: Path | None = None
    passphrase: Secret | None = None
    password: Secret | None = None
    sudo_password: Secret | None = None
    agent: bool = False
    community: Secret | None = None  # SNMP v1 and v2c
    auth_protocol: str = ""  # SNMP v3, as are the next three
    auth: Secret | None = None
    privacy_protocol: str = ""
    privacy: Secret | None = None
    enable: Secret | None = None  # of a network device


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A credential as a file declares it: texts as they are, secrets by where they are."""

    texts: Mapping[str, str]
    sources: Mapping[str, SecretSource]
    agent: bool


@dataclass(frozen=True)
class Credentials:
    """The credentials of a workspace, each opened when it is first needed and kept in memory until auditor ends."""

    tables: Mapping[str, Declared] = field(default_factory=dict)
    folder: Path = Path()
    _opened: dict[str, Credential] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the credentials there are."""
        return frozenset(self.tables)

    def open(self, name: str) -> Credential:
        """Return a credential. Raises CredentialMissing that says what to do."""
        if name not in self.tables:
            raise CredentialMissing(
                f"there is no credential {name!r}: add [credentials.{name}] to auditor.toml"
                if name
                else "the asset names no credential: give its access one, and declare it in auditor.toml"
            )
        with self._lock:  # one prompt of a password manager, however many workers wait for it
            if name not in self._opened:
                self._opened[name] = self._open(name, self.tables[name])
            return self._opened[name]

    def _open(self, name: str, declared: Declared) -> Credential:
        what = f"credential {name}"
        secrets = {part: self._secret(f"{what}: {part}", source) for part, source in declared.sources.items()}
        texts = dict(declared.texts)
        key = texts.pop("key_file", "")
        if key:
            os.close(_private(self._path(key), f"{what}: key_file"))
        return Credential(
            name=name,
            agent=declared.agent,
            key_file=self._path(key) if key else None,
            user=texts.get("user", ""),
            auth_protocol=texts.get("auth_protocol", ""),
            privacy_protocol=texts.get("privacy_protocol", ""),
            **secrets,
        )

    def _secret(self, what: str, source: SecretSource) -> Secret:
        match source.kind:
            case "env":
                text = os.environ.get(source.where[0], "")
            case "file":
                text = _read(self._path(source.where[0]), what)
            case "command":
                text = _run(source.where, what)
            case "keyring":
                text = _keyring(source.where[0], source.where[1], what)
        first = text.split("\n", 1)[0].rstrip("\r")
        if not first:
            hint = f"; export {source.where[0]}=..." if source.kind == "env" else ""
            raise CredentialMissing(f"{what}: there is nothing in {source}{hint}")
        return Secret(first)

    def _path(self, text: str) -> Path:
        return self.folder / Path(text).expanduser()


def parse_credentials(tables: Mapping[str, object], document: Document) -> Credentials:
    """Return the credentials of `[credentials.NAME]` tables; files are sought from the document's folder.

    Raises ContentError with every problem placed; no message repeats a value.
    """
    problems: list[ContentError] = []
    declared: dict[str, Declared] = {}
    for name, table in tables.items():
        try:
            declared[name] = _declared(name, table, document)
        except ContentError as error:
            problems.append(error)
    if problems:
        raise ContentError.of(problems)
    return Credentials(declared, Path(document.file).resolve().parent)


def _declared(name: str, table: object, document: Document) -> Declared:
    if not isinstance(table, Mapping):
        raise ContentError(document.place("credentials", name), f"credentials.{name}: must be a table", _FORMS)
    problems: list[ContentError] = []
    parts: dict[str, str | SecretSource | bool] = {}
    for part, value in table.items():
        try:
            parts[part] = _part(part, value)
        except ValueError as error:
            place = document.place("credentials", name, str(part))
            mend = _FORMS if part in _SECRETS else f"Fields are {', '.join(sorted((*_SECRETS, *_TEXTS, 'agent')))}."
            problems.append(ContentError(place, f"credentials.{name}.{part}: {error}", mend))
    if problems:
        raise ContentError.of(problems)
    return Declared(
        texts={part: value for part, value in parts.items() if isinstance(value, str)},
        sources={part: value for part, value in parts.items() if isinstance(value, SecretSource)},
        agent=parts.get("agent") is True,
    )


def _part(part: str, value: object) -> str | SecretSource | bool:
    if part in _SECRETS:
        return _source(value)
    if part in _TEXTS:
        return _plain(part, value)
    if part != "agent":
        raise ValueError("there is no such field")
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  (the caller places ValueErrors)
    return value


def _plain(part: str, value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("must be a text on one line")
    choices = _CHOICES.get(part)
    word = re.sub("[^a-z0-9]", "", value.lower())
    if choices and word not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return word if choices else value


def _source(value: object) -> SecretSource:
    if not isinstance(value, Mapping):
        raise ValueError("a secret may not stand in a file")  # noqa: TRY004  (the caller places ValueErrors)
    match list(value.items()):
        case [("env", str(variable))] if _VARIABLE.fullmatch(variable):
            return SecretSource("env", (variable,))
        case [("file", str(path))] if path:
            return SecretSource("file", (path,))
        case [("command", [str(program), *rest])] if program and all(isinstance(word, str) for word in rest):
            return SecretSource("command", (program, *rest))
        case [("keyring", str(entry))] if re.fullmatch("[^/]+/.+", entry):
            service, _, name = entry.partition("/")
            return SecretSource("keyring", (service, name))
    raise ValueError("does not say where the secret is")


def _private(path: Path, what: str) -> int:
    """Open a file that only its owner may read. Raises CredentialMissing; the descriptor is judged, not the name."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not keep us waiting
    except OSError as error:
        raise CredentialMissing(f"{what}: {path} cannot be read: {error.strerror}") from error
    if fault := _fault(os.fstat(opened), path):
        os.close(opened)
        raise CredentialMissing(f"{what}: {path} {fault}")
    return opened


def _fault(status: os.stat_result, path: Path) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    if status.st_uid not in (os.geteuid(), 0):
        return f"belongs to another user; chown {os.geteuid()} {path}"
    return f"can be read by others; chmod 600 {path}" if status.st_mode & 0o077 else ""


def _read(path: Path, what: str) -> str:
    with os.fdopen(_private(path, what), "rb") as file:
        return _decoded(file.read(_MOST_BYTES), what)


def _run(argv: tuple[str, ...], what: str) -> str:
    """Return what a command prints; what it says never goes into a message, for it may be the secret."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise CredentialMissing(f"{what}: {argv[0]} gave no answer within {_COMMAND_SECONDS} s") from None
    except OSError as error:
        raise CredentialMissing(f"{what}: {argv[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        raise CredentialMissing(f"{what}: {argv[0]} ended with status {done.returncode}; run it by hand to see why")
    return _decoded(done.stdout[:_MOST_BYTES], what)


def _decoded(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialMissing(f"{what}: is not UTF-8 text") from None


def _keyring(service: str, name: str, what: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise CredentialMissing(f"{what}: the keyring is not supported here; pip install 'auditor[keyring]'") from None
    try:
        found: object = keyring.get_password(service, name)
    except keyring.errors.KeyringError as error:
        raise CredentialMissing(f"{what}: the keyring does not open: {type(error).__name__}") from error
    return found if isinstance(found, str) else ""
