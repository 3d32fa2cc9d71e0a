"""A text that nobody is shown, and what every place that has one can do: read it."""

from typing import NoReturn, Protocol

from auditor.errors import CredentialMissing


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


class SecretSource(Protocol):
    """Where one secret is; printed, it says where, and never what."""

    def read(self) -> Secret:
        """Return the secret. Raises CredentialMissing that says what to do; its message never repeats what was read."""
        ...


def first_line(text: str, source: object, hint: str = "") -> Secret:
    """Return the first line of what a source gave; password managers put notes below. Raises CredentialMissing."""
    line = text.split("\n", 1)[0].rstrip("\r")
    if not line:
        raise CredentialMissing(f"there is nothing in {source}{hint}")
    return Secret(line)


def decoded(raw: bytes) -> str:
    """Return bytes as text. Raises CredentialMissing, without the bytes."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialMissing("is not UTF-8 text") from None
