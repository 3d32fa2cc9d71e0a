"""The engine behaves alike on every Python that it supports."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make import ROOT

FILES = sorted(file for folder in ("auditor", "checks") for file in (ROOT / folder).rglob("*.py"))


def texts(source: str) -> Iterator[str]:
    """Yield every text that a module writes down, the parts of f-strings included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_no_pattern_has_a_possessive_group(file: Path) -> None:
    """`(?:...)?+` matches wrongly before Python 3.11.5 (gh-106052); Debian 12 has 3.11.2. `(?>...)` is right."""
    possessive = re.compile(r"\)[?*+]\+")

    assert [text for text in texts(file.read_text()) if possessive.search(text)] == []
