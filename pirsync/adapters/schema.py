"""The state's tables: a released step is never changed, a change is another step."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE intent (mark TEXT PRIMARY KEY, kind TEXT NOT NULL, incident TEXT NOT NULL,"
        " status TEXT NOT NULL CHECK (status IN ('planned', 'sending', 'done', 'rejected')), sent_at TEXT,"
        " attempt INTEGER NOT NULL, digest TEXT NOT NULL, remote_id TEXT NOT NULL, remote_key TEXT NOT NULL,"
        " reason TEXT NOT NULL)",
        "CREATE INDEX intent_incident ON intent (incident)",
        "CREATE TABLE work (key TEXT PRIMARY KEY, due TEXT NOT NULL, seen INTEGER NOT NULL, tries INTEGER NOT NULL,"
        " reason TEXT NOT NULL)",
        "CREATE INDEX work_due ON work (due)",
        "CREATE TABLE watermark (name TEXT PRIMARY KEY, instant TEXT NOT NULL)",
        "CREATE TABLE cache (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key))",
    ),
)
"""The statements that lead from one schema version to the next; the schema's version is how many were run."""
