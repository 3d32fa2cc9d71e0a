"""Read the `[credentials.NAME]` tables of auditor.toml; no message repeats a value, which may be a secret."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from auditor.credentials.credential import Credentials, Declared
from auditor.credentials.environment import FromEnvironment
from auditor.credentials.prompt import FromEither, FromPrompt
from auditor.credentials.secret import SecretSource
from auditor.credentials.sources import FORMS, Whereabouts
from auditor.credentials.vault import Vault
from auditor.documents import Document
from auditor.errors import ContentError, Place

_SECRETS: Final = ("passphrase", "password", "become_password", "community", "auth", "privacy", "enable")
_TEXTS: Final = ("user", "key_file", "become", "auth_protocol", "privacy_protocol")
_FIELDS: Final = ", ".join(sorted((*_SECRETS, *_TEXTS, "agent")))
_KEY: Final = "AUDITOR_VAULT_KEY"
_FORMER: Final = {"sudo_password": "become_password"}  # still read, under its new name
_CHOICES: Final = {
    "become": ("sudo", "su", "doas", "none"),
    "auth_protocol": ("md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512"),
    "privacy_protocol": ("des", "3des", "aes", "aes128", "aes192", "aes256", "aes192blumenthal", "aes256blumenthal"),
}


def parse_credentials(
    tables: Mapping[str, object], document: Document, vault: Mapping[str, object] | None = None
) -> Credentials:
    """Return the credentials of `[credentials.NAME]` tables, of which some are in the vault of a table `[vault]`.

    Files are sought from the document's folder. Raises ContentError with every problem placed.
    """
    whereabouts = Whereabouts(_folder(document), parse_vault(vault or {}, document))
    problems: list[ContentError] = []
    declared: dict[str, Declared] = {}
    for name, table in tables.items():
        try:
            declared[name] = _declared(name, table, document, whereabouts)
        except ContentError as error:
            problems.append(error)
    if problems:
        raise ContentError.of(problems)
    return Credentials(declared)


def parse_vault(table: Mapping[str, object], document: Document, *, new: bool = False) -> Vault:
    """Return the vault of a table `[vault]`, and of an empty one the usual vault. Raises ContentError.

    Without `key` it is AUDITOR_VAULT_KEY, or else what somebody types: twice where the vault is `new`.
    """
    whereabouts = Whereabouts(_folder(document))
    for name in table.keys() - {"file", "key"}:
        problem = f"vault.{name}: there is no such field"
        raise ContentError(document.place("vault", str(name)), problem, "Fields are file, key.")
    try:
        path = whereabouts.path(_plain("file", table.get("file", "vault.enc")))
    except ValueError as error:
        raise ContentError(document.place("vault", "file"), f"vault.file: {error}") from error
    if "key" not in table:
        prompt = FromPrompt(
            f"Key of the vault {path.name}", twice=new, without=f"; export {_KEY}=..., or set key in [vault]"
        )
        return Vault(path, FromEither(FromEnvironment(_KEY), prompt))
    try:
        return Vault(path, whereabouts.source(table["key"]))
    except ValueError as error:
        raise ContentError(document.place("vault", "key"), f"vault.key: {error}", FORMS) from error


def _folder(document: Document) -> Path:
    return Path(document.file).resolve().parent


def _declared(name: str, written: object, document: Document, whereabouts: Whereabouts) -> Declared:
    if not isinstance(written, Mapping):
        raise ContentError(document.place("credentials", name), f"credentials.{name}: must be a table", FORMS)
    problems: list[ContentError] = []
    parts: dict[str, str | bool | SecretSource] = {}
    places: dict[str, Place] = {}
    for word, value in written.items():
        part = _FORMER.get(str(word), str(word))
        place = document.place("credentials", name, str(word))
        try:
            if part in parts:
                raise ValueError(f"is the same as {part}; keep one of them")  # noqa: TRY301  (placed below)
            parts[part], places[part] = _part(part, value, whereabouts), place
        except ValueError as error:
            mend = FORMS if part in _SECRETS else f"Fields are {_FIELDS}."
            problems.append(ContentError(place, f"credentials.{name}.{word}: {error}", mend))
    if parts.get("become") == "none" and "become_password" in parts:
        problem = f"credentials.{name}.become_password: is of no use where become is none"
        problems.append(ContentError(places["become_password"], problem, "Remove one of the two lines."))
    if problems:
        raise ContentError.of(problems)
    return _sorted(parts, places, whereabouts)


def _sorted(
    parts: Mapping[str, str | bool | SecretSource], places: Mapping[str, Place], whereabouts: Whereabouts
) -> Declared:
    texts = {part: value for part, value in parts.items() if isinstance(value, str)}
    key_file = texts.pop("key_file", "")
    return Declared(
        texts=texts,
        sources={part: value for part, value in parts.items() if not isinstance(value, str | bool)},
        agent=parts.get("agent") is True,
        key_file=whereabouts.path(key_file) if key_file else None,
        places=places,
    )


def _part(part: str, value: object, whereabouts: Whereabouts) -> str | bool | SecretSource:
    if part in _SECRETS:
        return whereabouts.source(value)
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
