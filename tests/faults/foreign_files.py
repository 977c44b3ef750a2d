"""Databases of other programs, as far as a bank must know them: by their tables."""

from __future__ import annotations

from pathlib import Path

import apsw

# Tables of other programs by the columns that tell them apart, and the names we know them by.
TABLES: dict[str, tuple[str, str]] = {
    "agentic-flow": (
        "agentic-flow",
        "patterns (id TEXT PRIMARY KEY, type TEXT, pattern_data TEXT, confidence REAL, usage_count INT)",
    ),
    "claude-flow 3 patterns": (
        "claude-flow 3",
        "patterns (id TEXT PRIMARY KEY, name TEXT, pattern_type TEXT, condition TEXT, action TEXT)",
    ),
    "claude-flow 3 memory": (
        "claude-flow 3",
        "memory_entries (id TEXT PRIMARY KEY, key TEXT, content TEXT, embedding_model TEXT)",
    ),
    "claude-flow 2 memory": (
        "claude-flow 2",
        "memory_entries (id INTEGER PRIMARY KEY, key TEXT, value TEXT, namespace TEXT, ttl INT)",
    ),
    "claude-flow 2 hive-mind": (
        "claude-flow 2 hive-mind",
        "memory_store (id INTEGER PRIMARY KEY, key TEXT, namespace TEXT, value TEXT, tags TEXT)",
    ),
    "agentdb": (
        "agentdb",
        "reasoning_patterns (id INTEGER PRIMARY KEY, ts INT, task_type TEXT, approach TEXT)",
    ),
    "agentdb 1.0": (
        "agentdb 1.0",
        "vectors (id TEXT PRIMARY KEY, embedding BLOB, norm REAL, metadata TEXT, timestamp INT)",
    ),
    "the source document": (
        "source document",
        "patterns (id TEXT PRIMARY KEY, task_category TEXT, task_description TEXT, data TEXT)",
    ),
    "somebody else's": ("unknown", "invoices (id INTEGER PRIMARY KEY, amount REAL)"),
    "a table of the same name": ("unknown", "patterns (id INTEGER PRIMARY KEY, regex TEXT)"),
}


def made_foreign(path: Path, table: str, journal: str) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA journal_mode={journal}").fetchall()
    connection.execute(f"CREATE TABLE {table}")
    connection.execute(f"INSERT INTO {table.split(' ', 1)[0]} (id) VALUES (1)")
    return connection
