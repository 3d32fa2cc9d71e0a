"""An audit becomes documents for people and for programs."""

from auditor.reports.audited import Audited
from auditor.reports.write import write

__all__ = ["Audited", "write"]
