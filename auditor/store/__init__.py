"""Memory between audits: evidence, results, findings, pinned host keys and schedules, in SQLite or PostgreSQL.

`store.Store` is the one way in. Import it where it is needed: SQLModel takes a second of CPU to load.
"""
