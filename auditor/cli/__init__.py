"""The command line: one file a noun. Imports are lazy, so that `auditor --help` answers at once."""
