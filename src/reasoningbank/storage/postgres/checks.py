"""Looking a namespace over: damage, disagreement between tables, and risks of the set-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.domain.records import Finding
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.schema import INDEXES, SCHEMA_VERSION
from reasoningbank.storage.postgres.vectors import unsound_vectors
from reasoningbank.storage.sql import findings, trajectories
from reasoningbank.storage.sql.connection import Row
from reasoningbank.storage.sql.rows import STORED_COLUMNS, is_sound

_PAGE: Final = 500
_ROWS: Final = (
    f"SELECT {STORED_COLUMNS} FROM patterns "  # noqa: S608 - constants
    f"WHERE namespace = ? AND id > ? ORDER BY id LIMIT {_PAGE}"
)
_WITHOUT_VECTOR: Final = """
SELECT p.id FROM patterns p LEFT JOIN namespaces n ON n.namespace = p.namespace
LEFT JOIN pattern_embeddings e
    ON e.namespace = p.namespace AND e.pattern_id = p.id AND e.model = n.model
WHERE p.namespace = ? AND e.pattern_id IS NULL ORDER BY p.id
"""
_WITHOUT_PATTERN: Final = """
SELECT e.pattern_id FROM pattern_embeddings e
LEFT JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id
WHERE e.namespace = ? AND p.id IS NULL ORDER BY e.pattern_id
"""
# What a search filters by is kept with the vector as well, and must say the same.
_DESCRIBED_OTHERWISE: Final = """
SELECT p.id FROM patterns p
JOIN pattern_embeddings e ON e.namespace = p.namespace AND e.pattern_id = p.id
WHERE p.namespace = ?1 AND (p.task_category, p.state) IS DISTINCT FROM (e.task_category, e.state)
    OR p.namespace = ?1 AND p.expires_at IS DISTINCT FROM e.expires_at
ORDER BY p.id
"""
_COUNTS_OFF: Final = """
SELECT COALESCE(a.task_category, b.task_category) FROM (
    SELECT task_category, COUNT(*) AS n, COUNT(*) FILTER (WHERE state = 'quarantined') AS held
    FROM patterns WHERE namespace = ?1 GROUP BY task_category
) a FULL JOIN (
    SELECT task_category, SUM(patterns) AS n, SUM(quarantined) AS held FROM category_counts
    WHERE namespace = ?1 GROUP BY task_category HAVING SUM(patterns) <> 0 OR SUM(quarantined) <> 0
) b ON a.task_category = b.task_category
WHERE a.n IS DISTINCT FROM b.n OR a.held IS DISTINCT FROM b.held
"""
_MODELS: Final = "SELECT model, dimension FROM embedding_models WHERE namespace = ?"
_EMBEDDED: Final = """
SELECT pattern_id FROM pattern_embeddings
WHERE namespace = ? AND model = ? AND pattern_id > ? ORDER BY pattern_id LIMIT ?
"""
_FEW: Final = 50  # an experience may have a megabyte
_EXPERIENCES: Final = f"""
SELECT t.id, t.steps, t.checksum, t.metadata, s.verdict
FROM trajectories t LEFT JOIN trajectory_states s
    ON s.namespace = t.namespace AND s.trajectory_id = t.id
WHERE t.namespace = ? AND t.id > ? ORDER BY t.id LIMIT {_FEW}
"""  # noqa: S608 - constants
_NOTES: Final = tuple(
    f"SELECT {', '.join(columns)} FROM {table} WHERE namespace = ?"  # noqa: S608 - constants
    for table, columns in (
        ("pattern_history", ("pattern_id", "kind", "actor", "at", "before")),
        ("observations", ("pattern_id", "actor", "at", "content")),
        ("outcomes", ("pattern_id", "id", "kind", "source", "actor", "at", "evidence")),
    )
)
_INVALID: Final = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
WHERE NOT i.indisvalid AND t.relname IN ('patterns', 'pattern_embeddings', 'outcomes',
    'idempotency_keys', 'trajectories', 'trajectory_states', 'pattern_links') ORDER BY c.relname
"""
_INDEX_NAMES: Final = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'idx_%'"
# Row security holds for neither of these.
_SEES_ALL: Final = """
SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role(t.relowner, 'USAGE')
FROM pg_roles r, pg_class t
WHERE r.rolname = current_user AND t.oid = to_regclass('patterns')
"""


def check(
    connection: PostgresConnection, namespace: str, engine: str, *, full: bool
) -> Iterator[Finding]:
    """Give what was found, healthy things too; `full` also recomputes every checksum."""
    yield Finding(check="engine", level="ok", message=engine)
    looks = [_schema, _tenants, _vectors, _counters]
    if full:
        looks += [_patterns, _vector_contents, _experiences, _notes]
    for look in looks:
        yield look(connection, namespace)
    yield findings.consolidation(connection)


def _schema(connection: PostgresConnection, _namespace: str) -> Finding:
    present = {str(name) for (name,) in connection.execute(_INDEX_NAMES)}
    broken = [str(name) for (name,) in connection.execute(_INVALID)]
    wrong = [*broken, *sorted(INDEXES.keys() - present)]
    if wrong:
        return Finding(
            check="schema",
            level="error",
            message=f"version {SCHEMA_VERSION}; indexes missing or not finished: {', '.join(wrong)}",
            hint="Run `reasoningbank db upgrade` as the owner of the tables.",
        )
    return Finding(
        check="schema", level="ok", message=f"version {SCHEMA_VERSION} of {SCHEMA_VERSION}"
    )


def _tenants(connection: PostgresConnection, _namespace: str) -> Finding:
    if connection.execute(_SEES_ALL).fetchone() == (False,):
        return Finding(
            check="tenants", level="ok", message="the database shows this role one namespace"
        )
    return Finding(
        check="tenants",
        level="warning",
        message="this role owns the tables or is a superuser, so that only the bank's own "
        "statements keep namespaces apart",
        hint="Run `reasoningbank db init --role ROLE` and connect as that role.",
    )


def _vectors(connection: PostgresConnection, namespace: str) -> Finding:
    ids = [
        [str(row[0]) for row in connection.execute(query, (namespace,))]
        for query in (_WITHOUT_VECTOR, _WITHOUT_PATTERN, _DESCRIBED_OTHERWISE)
    ]
    return findings.vectors([*ids[0], *ids[2]], ids[1])


def _counters(connection: PostgresConnection, namespace: str) -> Finding:
    rows = connection.execute(_COUNTS_OFF, (namespace,))
    return findings.counters([f"{namespace}/{category}" for (category,) in rows])


def _patterns(connection: PostgresConnection, namespace: str) -> Finding:
    return findings.patterns(
        *findings.tallied(
            (str(row[0]), is_sound(row)) for row in _paged(connection, _ROWS, namespace)
        )
    )


def _paged(connection: PostgresConnection, statement: str, namespace: str) -> Iterator[Row]:
    last = ""
    while rows := connection.execute(statement, (namespace, last)).fetchall():
        yield from rows
        last = str(rows[-1][0])


def _vector_contents(connection: PostgresConnection, namespace: str) -> Finding:
    return findings.vector_contents(*findings.tallied(_looked_at_vectors(connection, namespace)))


def _looked_at_vectors(
    connection: PostgresConnection, namespace: str
) -> Iterator[tuple[str, bool]]:
    for number, dimension in connection.execute(_MODELS, (namespace,)).fetchall():
        last = ""
        while rows := connection.execute(_EMBEDDED, (namespace, number, last, _PAGE)).fetchall():
            ids = [str(row[0]) for row in rows]
            unsound = unsound_vectors(connection, namespace, number, ids, dimension=dimension)
            yield from ((pattern_id, pattern_id not in unsound) for pattern_id in ids)
            last = ids[-1]


def _experiences(connection: PostgresConnection, namespace: str) -> Finding:
    return findings.experiences(
        *findings.tallied(
            (str(one), trajectories.is_whole(*content))
            for one, *content in _paged(connection, _EXPERIENCES, namespace)
        )
    )


def _notes(connection: PostgresConnection, namespace: str) -> Finding:
    return findings.notes(
        *findings.tallied(
            (str(row[0]), findings.is_readable([str(value).encode() for value in row]))
            for query in _NOTES
            for row in connection.execute(query, (namespace,))
        )
    )
