"""Recommendations become draft projects, and drafts become documents that others can take further."""

from auditor.projects.documents import as_json, as_markdown
from auditor.projects.propose import Terms, propose

__all__ = ["Terms", "as_json", "as_markdown", "propose"]
