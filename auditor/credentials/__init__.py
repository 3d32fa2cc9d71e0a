"""Secrets by reference: where a credential's parts come from, and the parts themselves once they are needed.

No file of a workspace holds a secret that can be read. A table `[credentials.NAME]` of auditor.toml says where each one
is; `sources.py` lists the ways of saying so, each of which is one file here.
"""

from auditor.credentials.credential import Credential, Credentials, Declared
from auditor.credentials.secret import Secret, SecretSource
from auditor.credentials.tables import parse_credentials, parse_vault

__all__ = ["Credential", "Credentials", "Declared", "Secret", "SecretSource", "parse_credentials", "parse_vault"]
