"""Dated knowledge that needs no network: end-of-life dates that ship with auditor, and newer files given."""

from auditor.intel.lifecycles import load_lifecycles

__all__ = ["load_lifecycles"]
