"""A secret in an environment variable: `{env = "NAME"}`."""

import os
from dataclasses import dataclass

from auditor.credentials.secret import Secret, first_line


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """A variable of the environment in which auditor runs."""

    variable: str

    def __str__(self) -> str:
        """Return which variable it is."""
        return f"env {self.variable}"

    def read(self) -> Secret:
        """Return the variable's value. Raises CredentialMissing."""
        return first_line(os.environ.get(self.variable, ""), self, f"; export {self.variable}=...")
