"""Dated knowledge that needs no network: some ships with auditor, newer files are given or fetched."""

from auditor.intel.knowledge import Knowledge, load_knowledge

__all__ = ["Knowledge", "load_knowledge"]
