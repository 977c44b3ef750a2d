"""Small databases of other tools, with their tables as those tools make them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

AGENTIC_FLOW = """
CREATE TABLE patterns (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, pattern_data TEXT NOT NULL,
    confidence REAL NOT NULL DEFAULT 0.5, usage_count INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, last_used TEXT);
CREATE TABLE pattern_embeddings (
    id TEXT PRIMARY KEY, model TEXT NOT NULL, dims INTEGER NOT NULL, vector BLOB NOT NULL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE pattern_links (
    src_id TEXT NOT NULL, dst_id TEXT NOT NULL, relation TEXT NOT NULL,
    weight REAL NOT NULL DEFAULT 1.0, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (src_id, dst_id, relation));
CREATE TABLE task_trajectories (
    task_id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, query TEXT NOT NULL,
    trajectory_json TEXT NOT NULL, started_at TEXT, ended_at TEXT, judge_label TEXT,
    judge_conf REAL, judge_reasons TEXT, matts_run_id TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE matts_runs (
    run_id TEXT PRIMARY KEY, task_id TEXT NOT NULL, mode TEXT NOT NULL, k INTEGER NOT NULL,
    status TEXT NOT NULL, summary TEXT, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
"""
MEMORY_ENTRIES_2 = """
CREATE TABLE memory_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value TEXT NOT NULL,
    namespace TEXT NOT NULL DEFAULT 'default', metadata TEXT, created_at INTEGER,
    updated_at INTEGER, accessed_at INTEGER, access_count INTEGER DEFAULT 0, ttl INTEGER,
    expires_at INTEGER, UNIQUE (key, namespace));
"""
HIVE_MIND = """
CREATE TABLE memory_store (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, namespace TEXT NOT NULL,
    value TEXT NOT NULL, type TEXT, metadata TEXT, created_at INTEGER, updated_at INTEGER,
    accessed_at INTEGER, access_count INTEGER, ttl INTEGER, expires_at INTEGER,
    compressed INTEGER, size INTEGER, tags TEXT, UNIQUE (key, namespace));
CREATE TABLE migrations (version INTEGER PRIMARY KEY, description TEXT, applied_at INTEGER);
CREATE TABLE collective_memory (
    id TEXT PRIMARY KEY, swarm_id TEXT, key TEXT NOT NULL, value TEXT,
    type TEXT DEFAULT 'knowledge', confidence REAL DEFAULT 1.0, created_by TEXT,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP, accessed_at DATETIME,
    access_count INTEGER DEFAULT 0, compressed INTEGER DEFAULT 0, size INTEGER DEFAULT 0);
"""
CLAUDE_FLOW_3 = """
CREATE TABLE memory_entries (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, namespace TEXT DEFAULT 'default',
    content TEXT NOT NULL, type TEXT DEFAULT 'semantic', embedding TEXT, embedding_model TEXT,
    embedding_dimensions INTEGER, tags TEXT, metadata TEXT, owner_id TEXT, provenance_type TEXT,
    created_at INTEGER, updated_at INTEGER, expires_at INTEGER, last_accessed_at INTEGER,
    access_count INTEGER DEFAULT 0, status TEXT DEFAULT 'active', UNIQUE (namespace, key));
CREATE TABLE patterns (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, pattern_type TEXT NOT NULL, condition TEXT NOT NULL,
    action TEXT NOT NULL, description TEXT, confidence REAL DEFAULT 0.5,
    success_count INTEGER DEFAULT 0, failure_count INTEGER DEFAULT 0, embedding TEXT, tags TEXT,
    metadata TEXT, source TEXT, created_at INTEGER, updated_at INTEGER, last_matched_at INTEGER,
    status TEXT DEFAULT 'active');
CREATE TABLE trajectories (
    id TEXT PRIMARY KEY, task_description TEXT NOT NULL, agent_type TEXT,
    success BOOLEAN DEFAULT FALSE, total_steps INTEGER DEFAULT 0, duration_ms INTEGER,
    metadata TEXT, created_at INTEGER, completed_at INTEGER);
CREATE TABLE trajectory_steps (
    id TEXT PRIMARY KEY, trajectory_id TEXT NOT NULL, step_number INTEGER NOT NULL,
    action TEXT NOT NULL, result TEXT, success BOOLEAN, duration_ms INTEGER, metadata TEXT,
    created_at INTEGER);
CREATE TABLE metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER);
CREATE TABLE vector_indexes (
    id TEXT PRIMARY KEY, name TEXT, dimensions INTEGER, metric TEXT, hnsw_m INTEGER);
"""
AGENTDB_1 = """
CREATE TABLE vectors (
    id TEXT PRIMARY KEY, embedding BLOB NOT NULL, norm REAL NOT NULL, metadata TEXT,
    timestamp INTEGER NOT NULL);
"""
AGENTDB = """
CREATE TABLE reasoning_patterns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER, task_type TEXT NOT NULL,
    approach TEXT NOT NULL, success_rate REAL NOT NULL DEFAULT 0.0, uses INTEGER DEFAULT 0,
    avg_reward REAL DEFAULT 0.0, tags TEXT, metadata TEXT);
CREATE TABLE pattern_embeddings (pattern_id INTEGER PRIMARY KEY, embedding BLOB NOT NULL);
CREATE TABLE episodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER NOT NULL, session_id TEXT NOT NULL,
    task TEXT NOT NULL, input TEXT, output TEXT, critique TEXT, reward REAL DEFAULT 0.0,
    success BOOLEAN DEFAULT 0, latency_ms INTEGER, tokens_used INTEGER, tags TEXT, metadata JSON,
    created_at INTEGER);
CREATE TABLE skills (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, description TEXT,
    signature JSON NOT NULL, code TEXT, success_rate REAL DEFAULT 0.0, uses INTEGER DEFAULT 0,
    avg_reward REAL DEFAULT 0.0, avg_latency_ms INTEGER, created_from_episode INTEGER,
    created_at INTEGER, updated_at INTEGER, last_used_at INTEGER, metadata JSON);
CREATE TABLE facts (
    id INTEGER PRIMARY KEY, subject TEXT, predicate TEXT, object TEXT, source_type TEXT,
    source_id INTEGER, confidence REAL, created_at INTEGER, expires_at INTEGER, metadata JSON);
CREATE TABLE notes (
    id INTEGER PRIMARY KEY, title TEXT, text TEXT NOT NULL, summary TEXT, note_type TEXT,
    importance REAL, access_count INTEGER, last_accessed_at INTEGER, created_at INTEGER,
    updated_at INTEGER, metadata JSON);
CREATE TABLE causal_edges (
    id INTEGER PRIMARY KEY, from_memory_id INTEGER, from_memory_type TEXT,
    to_memory_id INTEGER, to_memory_type TEXT, uplift REAL);
CREATE VIEW skill_candidates AS SELECT task, COUNT(*) AS attempts FROM episodes GROUP BY task;
"""
SOURCE_DOCUMENT = """
CREATE TABLE patterns (
    id TEXT PRIMARY KEY, task_category TEXT NOT NULL, task_description TEXT NOT NULL,
    strategy TEXT NOT NULL, success_score REAL, data TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE pattern_embeddings (
    pattern_id TEXT PRIMARY KEY, embedding BLOB NOT NULL, dimension INTEGER NOT NULL);
CREATE TABLE performance_metrics (
    metric_name TEXT NOT NULL, value REAL NOT NULL, timestamp TEXT);
"""


def database(path: Path, schema: str, tables: dict[str, list[dict[str, object]]]) -> Path:
    """Make a database with these tables and rows."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        for table, rows in tables.items():
            for row in rows:
                marks = ", ".join("?" * len(row))
                names = ", ".join(row)
                connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())
                )
        connection.commit()
    return path


def flow_pattern(row_id: str | None, **content: object) -> dict[str, object]:
    """A row of agentic-flow's patterns."""
    told = {"title": f"title of {row_id}", "content": f"do what {row_id} says", **content}
    return {
        "id": row_id,
        "type": "reasoning_memory",
        "pattern_data": json.dumps(told),
        "confidence": 0.7,
        "created_at": "2026-01-02 03:04:05",
    }


def agentic_flow(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    """A database of agentic-flow with these patterns."""
    return database(path, AGENTIC_FLOW, {"patterns": list(rows)})


def many(path: Path, count: int, *, begin: int = 0) -> Path:
    """A database of agentic-flow with so many patterns, every tenth equal to the one before."""
    numbers = (number - (number % 10 == 9) for number in range(begin, begin + count))
    return agentic_flow(
        path,
        (
            flow_pattern(
                f"p{position}",
                title=f"rotate the keys of service {number}",
                description=f"When the keys of service {number} are old, rotate them.",
                content=f"1) issue a new key. 2) revoke the old one. Service {number}.",
                domain="security",
            )
            for position, number in enumerate(numbers, begin)
        ),
    )
