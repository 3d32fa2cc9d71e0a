"""What authors of checks, facts and probes import; everything else is reached by its own module."""

from auditor.errors import NotPresent, Unreadable
from auditor.model.asset import Asset, Channel, Criticality, Kind, Platform
from auditor.model.check import Check, Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.model.probe import (
    Answer,
    Cli,
    Derived,
    KeyExchange,
    Limits,
    Nmap,
    Probe,
    Saved,
    Shell,
    Snmp,
    SnmpAccepts,
    derived,
    probe,
)

__all__ = [
    "Answer",
    "Asset",
    "Channel",
    "Check",
    "Cli",
    "Criticality",
    "Derived",
    "Fix",
    "KeyExchange",
    "Kind",
    "Limits",
    "Nmap",
    "NotApplicable",
    "NotPresent",
    "Outcome",
    "Platform",
    "Probe",
    "Saved",
    "Severity",
    "Shell",
    "Snmp",
    "SnmpAccepts",
    "Undecided",
    "Unreadable",
    "Violation",
    "check",
    "derived",
    "probe",
]
