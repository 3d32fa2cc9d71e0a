"""Sources to assets: our own YAML, spreadsheets, Ansible, nmap and device-management exports, merged by identity."""

from auditor.inventory.listing import Inventory
from auditor.inventory.rendered import as_yaml
from auditor.inventory.sources import load

__all__ = ["Inventory", "as_yaml", "load"]
