"""Count the cases that stand behind each check that ships, for wheels, which hold no tests.

Usage: python -m tools.trust

Writes checks/trust.csv, which `auditor checks list --trust` reads where auditor is installed; a test compares it with
the cases. Only cases that are right count.
"""

from pathlib import Path
from typing import Final

from auditor.cases import COUNTED, counts_text, trust
from auditor.plugins import load_content
from auditor.workspace import Workspace

CHECKOUT: Final = Path(__file__).resolve().parent.parent


def counted() -> str:
    """Return the file as it should be."""
    workspace = Workspace(CHECKOUT)
    return counts_text(trust(workspace, load_content(workspace)))


if __name__ == "__main__":
    (CHECKOUT / "checks" / COUNTED).write_text(counted(), encoding="utf-8")
