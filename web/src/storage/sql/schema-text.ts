// Made by: node scripts/schema-text.mjs

/** `RBnk`, in the file's header at offset 68. */
export const APPLICATION_ID = 1380085355;

/** `PRAGMA user_version` of a file this release writes. */
export const SCHEMA_VERSION = 2;

/** The tables and indexes of a new bank, those of the Python package. */
export const SCHEMA = `
CREATE TABLE bank_properties (
name TEXT PRIMARY KEY,
value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE patterns (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
task_category TEXT NOT NULL,
task_description TEXT NOT NULL,
strategy TEXT NOT NULL,
title TEXT,
success_score REAL,
duration_seconds REAL,
data TEXT NOT NULL,
trust TEXT NOT NULL,
state TEXT NOT NULL,
uses INTEGER NOT NULL,
successes INTEGER NOT NULL,
failures INTEGER NOT NULL,
last_used_at TEXT,
created_at TEXT NOT NULL,
updated_at TEXT NOT NULL,
expires_at TEXT,
version INTEGER NOT NULL,
created_by TEXT NOT NULL,
dedupe_key BLOB NOT NULL,
checksum INTEGER NOT NULL,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE UNIQUE INDEX idx_patterns_dedupe ON patterns (namespace, dedupe_key);
CREATE INDEX idx_patterns_category ON patterns
(namespace, task_category, success_score DESC, created_at DESC, id, expires_at)
WHERE state = 'active';
CREATE INDEX idx_patterns_score ON patterns (namespace, success_score DESC);
CREATE INDEX idx_patterns_expiry ON patterns (namespace, expires_at)
WHERE expires_at IS NOT NULL AND state = 'active';
CREATE TABLE embedding_models (
model INTEGER PRIMARY KEY,
name TEXT NOT NULL,
dimension INTEGER NOT NULL,
version TEXT NOT NULL,
UNIQUE (name, dimension, version)
) STRICT;
CREATE TABLE namespaces (
namespace TEXT PRIMARY KEY,
model INTEGER NOT NULL REFERENCES embedding_models (model)
) STRICT, WITHOUT ROWID;
CREATE TABLE pattern_embeddings (
namespace TEXT NOT NULL,
pattern_id TEXT NOT NULL,
model INTEGER NOT NULL REFERENCES embedding_models (model),
embedding BLOB NOT NULL,
dimension INTEGER NOT NULL,
checksum INTEGER NOT NULL,
PRIMARY KEY (namespace, pattern_id, model),
FOREIGN KEY (namespace, pattern_id) REFERENCES patterns (namespace, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE category_counts (
namespace TEXT NOT NULL,
task_category TEXT NOT NULL,
patterns INTEGER NOT NULL,
quarantined INTEGER NOT NULL,
PRIMARY KEY (namespace, task_category)
) STRICT, WITHOUT ROWID;
CREATE TABLE outcomes (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
pattern_id TEXT NOT NULL,
kind TEXT NOT NULL,
score REAL,
source TEXT NOT NULL,
evidence TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL, weight REAL NOT NULL DEFAULT 1.0, recall_id TEXT,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE INDEX idx_outcomes_pattern ON outcomes (namespace, pattern_id);
CREATE TABLE pattern_history (
sequence INTEGER PRIMARY KEY,
namespace TEXT NOT NULL,
pattern_id TEXT NOT NULL,
version INTEGER NOT NULL,
kind TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
before TEXT NOT NULL
) STRICT;
CREATE INDEX idx_pattern_history ON pattern_history (namespace, pattern_id);
CREATE TABLE observations (
sequence INTEGER PRIMARY KEY,
namespace TEXT NOT NULL,
pattern_id TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
content TEXT NOT NULL
) STRICT;
CREATE INDEX idx_observations_pattern ON observations (namespace, pattern_id);
CREATE TABLE idempotency_keys (
namespace TEXT NOT NULL,
key TEXT NOT NULL,
fingerprint BLOB NOT NULL,
pattern_id TEXT NOT NULL,
at TEXT NOT NULL,
PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_idempotency_pattern ON idempotency_keys (namespace, pattern_id);
CREATE TABLE changes (
seq INTEGER PRIMARY KEY,
namespace TEXT NOT NULL,
id TEXT NOT NULL,
kind TEXT NOT NULL
) STRICT;
CREATE TABLE performance_metrics (
metric_name TEXT NOT NULL,
value REAL NOT NULL,
timestamp TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;
CREATE TABLE trajectories (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
origin TEXT,
actor TEXT NOT NULL,
created_at TEXT NOT NULL,
fingerprint BLOB NOT NULL,
checksum INTEGER NOT NULL,
task_category TEXT NOT NULL,
task_description TEXT NOT NULL,
metadata TEXT NOT NULL,
steps TEXT NOT NULL,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE UNIQUE INDEX idx_trajectories_fingerprint ON trajectories (namespace, fingerprint);
CREATE TABLE trajectory_states (
namespace TEXT NOT NULL,
trajectory_id TEXT NOT NULL,
state TEXT NOT NULL,
verdict TEXT,
note TEXT,
before TEXT,
at TEXT NOT NULL,
PRIMARY KEY (namespace, trajectory_id),
FOREIGN KEY (namespace, trajectory_id) REFERENCES trajectories (namespace, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_trajectory_states ON trajectory_states (namespace, state, at, trajectory_id);
CREATE TABLE pattern_links (
namespace TEXT NOT NULL,
source_id TEXT NOT NULL,
kind TEXT NOT NULL,
target_id TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
PRIMARY KEY (namespace, source_id, kind, target_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_pattern_links_target ON pattern_links (namespace, target_id, kind);
CREATE TABLE withdrawals (
namespace TEXT NOT NULL,
pattern_id TEXT NOT NULL,
kind TEXT NOT NULL,
source TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
PRIMARY KEY (namespace, pattern_id, kind, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE recalls (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
task_category TEXT,
task_description TEXT NOT NULL,
shown TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
settled_at TEXT,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE TABLE consolidations (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
report TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
undone_at TEXT,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE INDEX idx_outcomes_recall ON outcomes (namespace, recall_id) WHERE recall_id IS NOT NULL;
`;

/** What takes a bank from the version before to each version. */
export const UPGRADES: Readonly<Record<number, string>> = {
  2: `
CREATE TABLE trajectories (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
origin TEXT,
actor TEXT NOT NULL,
created_at TEXT NOT NULL,
fingerprint BLOB NOT NULL,
checksum INTEGER NOT NULL,
task_category TEXT NOT NULL,
task_description TEXT NOT NULL,
metadata TEXT NOT NULL,
steps TEXT NOT NULL,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE UNIQUE INDEX idx_trajectories_fingerprint ON trajectories (namespace, fingerprint);
CREATE TABLE trajectory_states (
namespace TEXT NOT NULL,
trajectory_id TEXT NOT NULL,
state TEXT NOT NULL,
verdict TEXT,
note TEXT,
before TEXT,
at TEXT NOT NULL,
PRIMARY KEY (namespace, trajectory_id),
FOREIGN KEY (namespace, trajectory_id) REFERENCES trajectories (namespace, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_trajectory_states ON trajectory_states (namespace, state, at, trajectory_id);
CREATE TABLE pattern_links (
namespace TEXT NOT NULL,
source_id TEXT NOT NULL,
kind TEXT NOT NULL,
target_id TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
PRIMARY KEY (namespace, source_id, kind, target_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_pattern_links_target ON pattern_links (namespace, target_id, kind);
CREATE TABLE withdrawals (
namespace TEXT NOT NULL,
pattern_id TEXT NOT NULL,
kind TEXT NOT NULL,
source TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
PRIMARY KEY (namespace, pattern_id, kind, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE recalls (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
task_category TEXT,
task_description TEXT NOT NULL,
shown TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
settled_at TEXT,
PRIMARY KEY (namespace, id)
) STRICT;
CREATE TABLE consolidations (
namespace TEXT NOT NULL,
id TEXT NOT NULL,
report TEXT NOT NULL,
actor TEXT NOT NULL,
at TEXT NOT NULL,
undone_at TEXT,
PRIMARY KEY (namespace, id)
) STRICT;
ALTER TABLE outcomes ADD COLUMN weight REAL NOT NULL DEFAULT 1.0;
ALTER TABLE outcomes ADD COLUMN recall_id TEXT;
CREATE INDEX idx_outcomes_recall ON outcomes (namespace, recall_id) WHERE recall_id IS NOT NULL;
`,
};
