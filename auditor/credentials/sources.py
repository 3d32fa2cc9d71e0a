"""The ways of saying where a secret is, and the one place that tells them apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.credentials.command import FromCommand
from auditor.credentials.environment import FromEnvironment
from auditor.credentials.file import FromFile
from auditor.credentials.hashicorp import WRITTEN, FromHashiCorp
from auditor.credentials.keyring import FromKeyring
from auditor.credentials.secret import SecretSource
from auditor.credentials.vault import FromVault, Vault

FORMS: Final = (
    'Say where it is: {vault = "NAME"}, {env = "NAME"}, {file = "PATH"}, {command = ["pass", "show", "x"]}, '
    '{keyring = "service/name"} or {hashicorp = "PATH#FIELD"}.'
)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the words about a secret count from: relative paths start in `folder`, names are those of `vault`."""

    folder: Path = Path()
    vault: Vault | None = None

    def path(self, text: str) -> Path:
        """Return the whole path of a written one."""
        return self.folder / Path(text).expanduser()

    def source(self, value: object) -> SecretSource:
        """Return where a table says that a secret is. Raises ValueError that does not repeat the value."""
        if not isinstance(value, Mapping):
            raise ValueError("a secret may not stand in a file")  # noqa: TRY004  (the caller places ValueErrors)
        match list(value.items()):
            case [("env", str(variable))] if _VARIABLE.fullmatch(variable):
                return FromEnvironment(variable)
            case [("file", str(path))] if path:
                return FromFile(self.path(path))
            case [("command", [str(program), *rest])] if program and all(isinstance(word, str) for word in rest):
                return FromCommand((program, *rest))
            case [("keyring", str(entry))] if re.fullmatch("[^/]+/.+", entry):
                service, _, name = entry.partition("/")
                return FromKeyring(service, name)
            case [("vault", str(name))] if name and self.vault:
                return FromVault(self.vault, name)
            case [("hashicorp", str(entry))] if found := WRITTEN.fullmatch(entry):
                return FromHashiCorp(found["path"], found["field"])
        raise ValueError("does not say where the secret is")
