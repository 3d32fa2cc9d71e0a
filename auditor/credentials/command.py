"""A secret that a program prints, such as a password manager: `{command = ["pass", "show", "x"]}`."""

import subprocess
from dataclasses import dataclass
from typing import Final

from auditor.credentials.secret import Secret, decoded, first_line
from auditor.errors import CredentialMissing

_SECONDS: Final = 15
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class FromCommand:
    """The first line that a program prints; it is started with these arguments and without a shell."""

    argv: tuple[str, ...]

    def __str__(self) -> str:
        """Return which command it is."""
        return f"command {' '.join(self.argv)}"

    def read(self) -> Secret:
        """Return the first line. Raises CredentialMissing; what the program says is not shown: it may be secret."""
        program = self.argv[0]
        try:
            done = subprocess.run(
                self.argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise CredentialMissing(f"{program} gave no answer within {_SECONDS} s") from None
        except OSError as error:
            raise CredentialMissing(f"{program} cannot be run: {error.strerror}") from error
        if done.returncode:
            raise CredentialMissing(f"{program} ended with status {done.returncode}; run it by hand to see why")
        return first_line(decoded(done.stdout[:_MOST_BYTES]), self)
