"""Dated knowledge that needs no network: some ships with auditor, newer files are given or fetched."""

from auditor.intel.knowledge import KINDS, Told, load_knowledge

__all__ = ["KINDS", "Told", "load_knowledge"]
