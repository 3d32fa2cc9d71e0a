"""A secret that a person types at the terminal, unseen."""

import getpass
import os
from dataclasses import dataclass

from auditor.credentials.secret import Secret, SecretSource, first_line
from auditor.errors import CredentialMissing


@dataclass(frozen=True, slots=True)
class FromPrompt:
    """The terminal that auditor was started from. `twice` asks again, where a new secret is chosen."""

    question: str
    twice: bool = False
    without: str = ""  # what to do where there is no terminal

    def __str__(self) -> str:
        """Return where it is."""
        return "what was typed"

    def read(self) -> Secret:
        """Return what is typed. Raises CredentialMissing, also where there is no terminal to ask at."""
        try:
            os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
        except OSError:
            raise CredentialMissing(f"there is no terminal to ask at{self.without}") from None
        typed = self._typed(self.question)
        if self.twice and self._typed(f"{self.question}, again") != typed:
            raise CredentialMissing("the two were not the same; nothing was changed")
        return first_line(typed, self)

    def _typed(self, question: str) -> str:
        try:
            return getpass.getpass(f"{question}: ")
        except EOFError:
            raise CredentialMissing("nothing was typed") from None


@dataclass(frozen=True, slots=True)
class FromEither:
    """The first of two sources, and the second where the first has nothing."""

    first: SecretSource
    second: SecretSource

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.first} or {self.second}"

    def read(self) -> Secret:
        """Return the secret. Raises CredentialMissing."""
        try:
            return self.first.read()
        except CredentialMissing:
            return self.second.read()
