"""Wazuh SCA policy files: their grammar, their regular expressions within bounds, and the checks that they become."""
