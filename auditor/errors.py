"""What can go wrong, drawn as a tree.

AuditorError
├── ContentError             a file that a person wrote is wrong; names file, line, column and the mend   (exit 2)
├── UsageError               a command was asked for something that cannot be                              (exit 2)
├── AuditFailed              the audit could not be carried out                                            (exit 3)
│   ├── NothingAnswered      not one asset answered
│   ├── AuditRunning         another audit of this workspace is under way
│   └── DatabaseProblem      what is remembered cannot be read or written: locked, damaged, full, too new
├── NotFetched               a publisher's file could not be fetched; what is there stays                  (exit 3)
├── CollectionError          why an asset gave no answer; becomes the reason of an unknown result
│   ├── Unreachable          no connection
│   ├── TimedOut             a deadline passed
│   ├── AuthenticationRefused
│   ├── ProofInsufficient    it takes other proofs than the credential has, or further ones; none was wrong
│   ├── CredentialStopped    too many refusals: the credential is tried nowhere any more
│   ├── NotNow               a maintenance window is closed or a freeze holds: nothing was sent
│   ├── NoShell              the account logs in, and runs no POSIX shell
│   ├── CredentialMissing    the referenced credential cannot be read here
│   ├── HostKeyUnknown       never seen and not being enrolled
│   ├── HostKeyChanged       not the key that was pinned; nothing secret was sent
│   ├── OutOfScope           the scope list forbids this address
│   ├── ToolMissing          a program that this machine needs is not installed
│   └── Undeclared           no probe declared this request
└── FactError                why an answer gave no fact
├── Unreadable           the answer does not say; unknown, with this reason
└── NotPresent           the answer says that there is no such thing; not applicable
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Reports know these reasons again by their words, in audits of any age: change them, and keep reading the old ones.
_STOPPED: Final = re.compile(r"credential ([^\n]{1,200}) stopped after (\d{1,6}) refusals?")
_NOT_NOW: Final = ("outside its maintenance window: ", "frozen from ")  # as auditor.windows says it


class AuditorError(Exception):
    """Whatever auditor itself raises on purpose."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: both numbers count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, as editors and compilers write it."""
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


class ContentError(AuditorError):
    """A file that a person wrote cannot be used as it stands."""

    def __init__(self, place: Place, problem: str, mend: str = "") -> None:
        """Say what is wrong at a place and, where known, what to write instead."""
        self.place, self.problem, self.mend = place, problem, mend
        self.others: tuple[ContentError, ...] = ()
        super().__init__(f"{place}: {problem}" + (f"\n  {mend}" if mend else ""))

    @classmethod
    def of(cls, problems: "Sequence[ContentError]") -> "ContentError":
        """Return the first of several problems, with the others attached, so that one run shows them all."""
        first, *others = problems
        first.others = (*first.others, *others)
        return first

    def __str__(self) -> str:
        """Return every problem, a line or two each."""
        return "\n".join([str(self.args[0]), *map(str, self.others)])


class UsageError(AuditorError):
    """A command was asked for something that cannot be."""


class AuditFailed(AuditorError):
    """The audit could not be carried out."""


class NothingAnswered(AuditFailed):
    """Not one asset answered."""


class AuditRunning(AuditFailed):
    """Another audit of this workspace is under way."""


class DatabaseProblem(AuditFailed):
    """What is remembered between audits cannot be read or written."""


class NotFetched(AuditorError):
    """A publisher's file could not be fetched."""


class CollectionError(AuditorError):
    """Why an asset gave no answer."""


class Unreachable(CollectionError):
    """No connection could be made."""


class TimedOut(CollectionError):
    """A deadline passed before the answer was complete."""


class AuthenticationRefused(CollectionError):
    """The asset answered and did not accept the credential."""


class ProofInsufficient(CollectionError):
    """The asset takes other proofs than the credential has, or further ones; it called none of them wrong."""


class CredentialStopped(CollectionError):
    """The credential was refused too often in this audit, and is tried nowhere any more."""

    @staticmethod
    def told_in(text: str) -> tuple[str, int] | None:
        """Return the credential and how often it was refused, if this error is all that a stored reason says."""
        found = _STOPPED.fullmatch(text)
        return (found[1], int(found[2])) if found else None


class NotNow(CollectionError):
    """A maintenance window is closed or a freeze holds: nothing was sent to the asset."""

    @staticmethod
    def told_in(text: str) -> bool:
        """Whether this is what a stored reason says."""
        return text.startswith(_NOT_NOW)


class NoShell(CollectionError):
    """The account logs in, and runs no POSIX shell."""


class CredentialMissing(CollectionError):
    """The referenced credential cannot be read here."""


class HostKeyUnknown(CollectionError):
    """No key is pinned for this host, and it is not being enrolled."""


class HostKeyChanged(CollectionError):
    """The host showed another key than the pinned one; no credential was sent."""


class OutOfScope(CollectionError):
    """The scope list forbids this address."""


class ToolMissing(CollectionError):
    """A program that this machine needs is not installed."""


class Undeclared(CollectionError):
    """No probe declared this request."""


class FactError(AuditorError):
    """Why an answer gave no fact."""


class Unreadable(FactError):
    """The answer does not say; the fact is unknown for this reason."""


class NotPresent(FactError):
    """The answer says that there is no such thing on the asset."""
