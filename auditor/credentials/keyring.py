"""A secret in the operating system's keyring: `{keyring = "service/name"}`."""

import importlib
from dataclasses import dataclass

from auditor.credentials.secret import Secret, first_line
from auditor.errors import CredentialMissing


@dataclass(frozen=True, slots=True)
class FromKeyring:
    """An entry of the keyring: Secret Service, KWallet, macOS Keychain or the Windows Credential Locker."""

    service: str
    name: str

    def __str__(self) -> str:
        """Return which entry it is."""
        return f"keyring {self.service} {self.name}"

    def read(self) -> Secret:
        """Return the entry. Raises CredentialMissing."""
        try:
            keyring = importlib.import_module("keyring")
        except ImportError:
            raise CredentialMissing("the keyring is not supported here; pip install 'auditor[keyring]'") from None
        try:
            found: object = keyring.get_password(self.service, self.name)
        except keyring.errors.NoKeyringError:
            raise CredentialMissing("there is no keyring on this machine") from None
        except (keyring.errors.KeyringError, OSError, RuntimeError) as error:  # D-Bus may be gone, or locked
            raise CredentialMissing(f"the keyring does not open: {type(error).__name__}") from None
        return first_line(found if isinstance(found, str) else "", self, f"; keyring set {self.service} {self.name}")
