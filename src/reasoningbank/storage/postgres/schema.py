"""The tables of a bank in PostgreSQL, by numbered steps.

Every table has the namespace first in its primary key, so that a distributed engine can keep each
namespace in one place. Ids are made by the client. Times and other texts compare by code point, as
they do in SQLite: the order of a category, and of ids, is the same on both. Times are kept as text:
what comes back is what went in to the millisecond, and checksums are made of it.
"""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 1
"""The newest step this release knows."""

TENANT_TABLES: Final = (
    "namespaces",
    "embedding_models",
    "patterns",
    "category_counts",
    "outcomes",
    "pattern_history",
    "observations",
    "idempotency_keys",
    "trajectories",
    "trajectory_states",
    "pattern_links",
    "withdrawals",
    "recalls",
    "consolidations",
    "bank_properties",
    "operations",
    "erased_patterns",
    "performance_metrics",
)
"""The tables that hold rows of namespaces, but for the one of vectors: `dialects` defines that."""

FIRST_TABLE: Final = """
CREATE TABLE IF NOT EXISTS bank_schema (version integer PRIMARY KEY, finished_at timestamptz)
"""
"""Which steps were taken; row 0 is what a migrator takes to itself."""

# What SQLite calls the changes log is here two numbers in each pattern: in which epoch of its
# namespace it was last put, and last changed at all. See `epochs`.
_TABLES: Final = """
CREATE TABLE namespaces (
    namespace text COLLATE "C" PRIMARY KEY,
    model bigint,
    epoch bigint NOT NULL DEFAULT 1,
    wanted_until timestamptz
);

CREATE TABLE embedding_models (
    namespace text COLLATE "C" NOT NULL,
    model bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    dimension integer NOT NULL,
    version text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, model)
);

CREATE TABLE patterns (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    task_category text COLLATE "C" NOT NULL,
    task_description text COLLATE "C" NOT NULL,
    strategy text COLLATE "C" NOT NULL,
    title text COLLATE "C",
    success_score double precision,
    duration_seconds double precision,
    data text COLLATE "C" NOT NULL,
    trust text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    uses bigint NOT NULL,
    successes bigint NOT NULL,
    failures bigint NOT NULL,
    last_used_at text COLLATE "C",
    created_at text COLLATE "C" NOT NULL,
    updated_at text COLLATE "C" NOT NULL,
    expires_at text COLLATE "C",
    version bigint NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    dedupe_key bytea NOT NULL,
    checksum bigint NOT NULL,
    put_in bigint NOT NULL,
    changed_in bigint NOT NULL,
    PRIMARY KEY (namespace, id)
);

CREATE TABLE category_counts (
    namespace text COLLATE "C" NOT NULL,
    task_category text COLLATE "C" NOT NULL,
    slot smallint NOT NULL,
    patterns bigint NOT NULL,
    quarantined bigint NOT NULL,
    PRIMARY KEY (namespace, task_category, slot)
);

CREATE TABLE outcomes (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    pattern_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    score double precision,
    source text COLLATE "C" NOT NULL,
    evidence text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    weight double precision NOT NULL,
    recall_id text COLLATE "C",
    PRIMARY KEY (namespace, id)
);

CREATE TABLE pattern_history (
    namespace text COLLATE "C" NOT NULL,
    pattern_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    before text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, pattern_id, position)
);

CREATE TABLE observations (
    namespace text COLLATE "C" NOT NULL,
    pattern_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    content text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, pattern_id, position)
);

CREATE TABLE idempotency_keys (
    namespace text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    pattern_id text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, key)
);

CREATE TABLE trajectories (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    origin text COLLATE "C",
    actor text COLLATE "C" NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    checksum bigint NOT NULL,
    task_category text COLLATE "C" NOT NULL,
    task_description text COLLATE "C" NOT NULL,
    metadata text COLLATE "C" NOT NULL,
    steps text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, id)
);

CREATE TABLE trajectory_states (
    namespace text COLLATE "C" NOT NULL,
    trajectory_id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    verdict text COLLATE "C",
    note text COLLATE "C",
    before text COLLATE "C",
    at text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, trajectory_id)
);

CREATE TABLE pattern_links (
    namespace text COLLATE "C" NOT NULL,
    source_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    target_id text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, source_id, kind, target_id)
);

CREATE TABLE withdrawals (
    namespace text COLLATE "C" NOT NULL,
    pattern_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, pattern_id, kind, source)
);

CREATE TABLE recalls (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    task_category text COLLATE "C",
    task_description text COLLATE "C" NOT NULL,
    shown text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    settled_at text COLLATE "C",
    PRIMARY KEY (namespace, id)
);

CREATE TABLE consolidations (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    report text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    undone_at text COLLATE "C",
    PRIMARY KEY (namespace, id)
);

CREATE TABLE bank_properties (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, name)
);

CREATE TABLE operations (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, id)
);

CREATE TABLE erased_patterns (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, id)
);

CREATE TABLE performance_metrics (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    metric_name text COLLATE "C" NOT NULL,
    value double precision NOT NULL,
    timestamp text COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, id)
);
"""

INDEXES: Final[dict[str, str]] = {
    "idx_patterns_dedupe": "UNIQUE INDEX {name} ON patterns (namespace, dedupe_key)",
    "idx_patterns_category": """INDEX {name} ON patterns
        (namespace, task_category, success_score DESC NULLS LAST, created_at DESC, id)
        WHERE state = 'active'""",
    "idx_patterns_expiry": """INDEX {name} ON patterns (namespace, expires_at)
        WHERE expires_at IS NOT NULL AND state = 'active'""",
    "idx_patterns_changed": "INDEX {name} ON patterns (namespace, changed_in)",
    "idx_outcomes_pattern": "INDEX {name} ON outcomes (namespace, pattern_id, position)",
    "idx_outcomes_recall": """INDEX {name} ON outcomes (namespace, recall_id)
        WHERE recall_id IS NOT NULL""",
    "idx_idempotency_pattern": "INDEX {name} ON idempotency_keys (namespace, pattern_id)",
    "idx_trajectories_fingerprint": """UNIQUE INDEX {name} ON trajectories
        (namespace, fingerprint)""",
    "idx_trajectory_states": """INDEX {name} ON trajectory_states
        (namespace, state, at, trajectory_id)""",
    "idx_pattern_links_target": """INDEX {name} ON pattern_links
        (namespace, target_id, kind)""",
}
"""The indexes by name, without CREATE: they are built concurrently, one at a time."""

STEPS: Final[dict[int, str]] = {1: _TABLES}
"""The statements that take the tables from the version before to the version named."""
