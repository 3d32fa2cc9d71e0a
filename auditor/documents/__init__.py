"""Read what people write (YAML 1.2, TOML) into plain values, and say of each value where it stands.

YAML 1.2 core schema: a bare `no` is a string, a date is a string until a model asks for one. Duplicate keys, merge keys
and unknown tags are errors, and so is an anchor that is set twice; aliases are followed, but a document may not grow
by more than a hundred thousand values through them.
"""

from pathlib import Path

from auditor.documents.document import Document, Key, Plain, read_text
from auditor.documents.toml_text import read_toml
from auditor.documents.validation import content_error, validated

__all__ = [
    "Document",
    "Key",
    "Plain",
    "content_error",
    "parse_yaml",
    "read_text",
    "read_toml",
    "read_yaml",
    "validated",
]


def read_yaml(path: Path) -> Document:
    """Return a YAML file's values and their places. Raises ContentError."""
    return parse_yaml(read_text(path), str(path))


def parse_yaml(text: str, file: str) -> Document:
    """Return a YAML text's values and their places. Raises ContentError that names `file`."""
    from auditor.documents.yaml_text import parsed  # noqa: PLC0415  (20 ms that most commands do not need)

    return parsed(text, file)
