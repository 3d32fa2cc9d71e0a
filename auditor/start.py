"""Make a folder a workspace: settings, and the four folders with content to begin with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from auditor.errors import UsageError
from auditor.workspace import SETTINGS_FILE

_SETTINGS: Final = """\
# The settings of this workspace. Each can also come from the environment: AUDITOR_COMPANY, AUDITOR_COLLECT__WORKERS.

company = {company}
inventory = ["inventory/company.yaml"]
policy = "company"

[scope]
allow = ["127.0.0.0/8"]     # networks that may be asked; no transport leaves them
deny = []

# Credentials are named here and read where they are needed; a secret itself never stands in this file.
# [credentials.linux-audit]
# user = "audit"
# key_file = "~/.ssh/audit"
# become_password = {{env = "AUDIT_BECOME_PASSWORD"}}
#
# [credentials.snmp-read]
# community = {{file = "~/.config/auditor/snmp-community"}}   # mode 0600
"""

_INVENTORY: Final = """\
# What the company owns. The field-by-field description is in inventory/README.md of auditor.
assets:
  - name: localhost
    kind: server
    platform: linux
    addresses: [127.0.0.1]
    transports:
      local: {}        # its own shell
      nmap: {}         # its open ports, where nmap is installed

# - name: web-01
#   kind: server
#   platform: linux
#   addresses: [192.0.2.10]
#   site: berlin
#   owner: ops@acme.example
#   transports:
#     ssh: {credential: linux-audit}
"""

_POLICY: Final = """\
# The company's own policy: everything in baseline, and what is said here.
policy: company
version: "1"
title: Security policy
extends: [baseline]
controls: []

# waivers:
#   - check: ssh.root-login
#     assets: [web-01]
#     reason: The vendor's restore tool needs root; isolated in its own network.
#     approved_by: ciso@acme.example
#     expires: 2027-03-31
"""

_CHECKS: Final = """\
Checks of your own: one Python file a subject. `auditor checks new SUBJECT.NAME` writes a working one to start from,
with its cases in tests/; `auditor checks test` tries these, and `auditor checks list --trust` counts them.
"""

_REPORTS: Final = """\
Templates of your own: a file here with the name of a shipped template takes its place.
"""


def make_workspace(folder: Path, company: str) -> Iterator[Path]:
    """Write what is missing and yield each file written. Raises UsageError when the folder is a workspace already."""
    if (folder / SETTINGS_FILE).exists():
        raise UsageError(f"{folder / SETTINGS_FILE} is there already; this is a workspace")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file")
    if not company.strip() or not company.isprintable():
        raise UsageError(f"--company {company!r}: a name is one line of letters and signs")
    contents = {
        "inventory/company.yaml": _INVENTORY,
        "policies/company.yaml": _POLICY,
        "checks/README.md": _CHECKS,
        "reports/README.md": _REPORTS,
        ".gitignore": ".auditor/\nout/\n__pycache__/\n",
        # Last, because it makes the folder a workspace; what JSON makes of a printable text is TOML, too.
        SETTINGS_FILE: _SETTINGS.format(company=json.dumps(company, ensure_ascii=False)),
    }
    for name, text in contents.items():
        path = folder / name
        if path.exists():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
        yield path
