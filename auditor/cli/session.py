"""What every command needs from the options before it: the workspace, and how to speak."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from auditor.plugins import Content
    from auditor.setup import Setup
    from auditor.store.store import Store


class LogFormat(StrEnum):
    """How progress is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Session:
    """The options that stand before the command."""

    folder: Path
    log_format: LogFormat = LogFormat.TEXT
    debug: bool = False

    def setup(self, *, inventory: tuple[str, ...] = (), policy: str = "") -> "Setup":
        """Return everything an audit needs, loaded and validated. Raises ContentError and UsageError."""
        from auditor.setup import prepare

        return prepare(self.folder, inventory=inventory, policy=policy)

    def content(self) -> "Content":
        """Return the checks and probes; needs no workspace."""
        from auditor.plugins import load_content
        from auditor.workspace import Workspace

        return load_content(Workspace.find(self.folder))

    def store(self) -> "Store":
        """Open the workspace's memory."""
        from auditor.setup import open_store

        return open_store(self.folder)


def session(context: typer.Context) -> Session:
    """Return the session of a command."""
    found = context.find_object(Session)
    assert found is not None  # the callback of main ran before
    return found
