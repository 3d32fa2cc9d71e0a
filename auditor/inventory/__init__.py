"""Sources to assets: our own YAML, spreadsheets, Ansible, nmap and device-management exports, merged by identity."""
