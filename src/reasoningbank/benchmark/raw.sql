-- What a minimal correct program says to a bank's file: the yardstick of `reasoningbank bench`.
-- `raw.py` reads this file; each statement is named by the comment above it.

-- begin
BEGIN IMMEDIATE;

-- commit
COMMIT;

-- insert_pattern
INSERT INTO patterns VALUES ({marks});

-- insert_vector
INSERT INTO pattern_embeddings VALUES ({marks});

-- insert_change
INSERT INTO changes (namespace, id, kind) VALUES (?, ?, ?);

-- count_category
INSERT INTO category_counts (namespace, task_category, patterns, quarantined) VALUES (?, ?, ?, 0)
ON CONFLICT (namespace, task_category) DO UPDATE SET patterns = patterns + excluded.patterns;

-- pattern_by_id
SELECT * FROM patterns WHERE namespace = ? AND id = ?;

-- vector_by_id
SELECT * FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?;

-- patterns_by_category
SELECT * FROM patterns
WHERE namespace = ? AND task_category = ? AND state = 'active'
  AND (expires_at IS NULL OR expires_at > ?)
ORDER BY success_score DESC, created_at DESC, id LIMIT ?;

-- counts
SELECT task_category, patterns, quarantined FROM category_counts WHERE namespace = ?;

-- expired
SELECT COUNT(*) FROM patterns
WHERE namespace = ? AND expires_at <= ? AND expires_at IS NOT NULL AND state = 'active';

-- columns
SELECT COUNT(*) FROM pragma_table_info(?);

-- category_of
SELECT task_category FROM patterns WHERE namespace = ? AND id = ?;

-- vectors
SELECT embedding FROM pattern_embeddings WHERE namespace = ? ORDER BY rowid;

-- everything
SELECT * FROM {table} ORDER BY 1, 2;

-- integrity
PRAGMA integrity_check;
