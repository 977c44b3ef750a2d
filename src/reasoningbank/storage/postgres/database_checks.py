"""Looking a whole database over, as the owner of its tables: what a bank cannot see of itself."""

from __future__ import annotations

from typing import Any, Final

import psycopg

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.records import Finding
from reasoningbank.storage.postgres.connections import opened_raw
from reasoningbank.storage.postgres.dialects import VECTOR_TABLE, Dialect, IndexKind
from reasoningbank.storage.postgres.errors import translated_error
from reasoningbank.storage.postgres.migrations import (
    FINISHED,
    check_version,
    dialect_of,
    invalid_indexes,
)
from reasoningbank.storage.postgres.schema import SCHEMA_VERSION, TENANT_TABLES
from reasoningbank.storage.postgres.server import server_of
from reasoningbank.storage.postgres.vector_indexes import index_states

_OPEN_TABLES: Final = """
SELECT c.relname FROM pg_class c
WHERE c.oid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
    AND NOT (c.relrowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
ORDER BY c.relname
"""
_ROLES: Final = """
SELECT DISTINCT g.grantee, r.rolsuper OR r.rolbypassrls
FROM information_schema.role_table_grants g JOIN pg_roles r ON r.rolname = g.grantee
JOIN pg_class t ON t.oid = to_regclass('patterns')
WHERE g.table_name = 'patterns' AND g.privilege_type = 'INSERT' AND r.oid <> t.relowner
ORDER BY g.grantee
"""
# Below this every row is compared in the time a look at an index would take.
_ROWS_WORTH_AN_INDEX: Final = 20_000
_ROWS: Final = "SELECT COUNT(*) FROM (SELECT 1 FROM pattern_embeddings WHERE model = %s LIMIT %s) t"


def check(target: str, *, index: IndexKind = "halfvec") -> list[Finding]:
    """Give what was found, healthy things too.

    Raises:
        Unavailable: Where the server cannot be reached.
    """
    server = server_of(target)
    raw = opened_raw(server)
    try:
        schema = _schema(raw, server.shown)
        if schema.level == "error":
            return [schema]
        dialect = dialect_of(raw, server)
        return [
            schema,
            _indexes(raw),
            _vector_indexes(raw, dialect, index),
            _row_security(raw),
            _roles(raw),
        ]
    except psycopg.Error as error:
        raise translated_error(error, server.shown) from None
    finally:
        raw.close()


def _schema(raw: psycopg.Connection[Any], shown: str) -> Finding:
    try:
        [(version,)] = raw.execute(FINISHED).fetchall()
        check_version(version, shown)
    except psycopg.errors.UndefinedTable:
        return Finding(
            check="schema",
            level="error",
            message="there are no tables of a bank",
            hint="Run `reasoningbank db init`.",
        )
    except ReasoningBankError as error:
        return Finding(check="schema", level="error", message=error.message, hint=error.hint)
    message = f"version {version} of {SCHEMA_VERSION}"
    return Finding(check="schema", level="ok", message=message)


def _indexes(raw: psycopg.Connection[Any]) -> Finding:
    wrong = invalid_indexes(raw)
    if wrong:
        return Finding(
            check="indexes",
            level="error",
            message=f"missing or not finished: {', '.join(wrong)}",
            hint="Run `reasoningbank db upgrade`.",
        )
    return Finding(check="indexes", level="ok", message="all are there and valid")


def _vector_indexes(raw: psycopg.Connection[Any], dialect: Dialect, wanted: IndexKind) -> Finding:
    lacking = [
        state.model
        for state in index_states(raw, dialect, wanted)
        if state.kind == "none" != state.wanted and _is_large(raw, state.model)
    ]
    if lacking:
        return Finding(
            check="similarity indexes",
            level="warning",
            message=f"{len(lacking)} models have {_ROWS_WORTH_AN_INDEX:,} vectors or more and no "
            "index: searches are right and slow",
            hint="Run `reasoningbank db upgrade`, which builds them while the bank is in use.",
        )
    return Finding(
        check="similarity indexes", level="ok", message="every model that needs one has one"
    )


def _is_large(raw: psycopg.Connection[Any], model: int) -> bool:
    [(rows,)] = raw.execute(_ROWS, (model, _ROWS_WORTH_AN_INDEX)).fetchall()
    return bool(rows >= _ROWS_WORTH_AN_INDEX)


def _row_security(raw: psycopg.Connection[Any]) -> Finding:
    tables = raw.execute(_OPEN_TABLES, ([*TENANT_TABLES, VECTOR_TABLE],)).fetchall()
    if tables:
        return Finding(
            check="row security",
            level="error",
            message=f"off for {', '.join(name for (name,) in tables)}",
            hint="Put it back: ALTER TABLE name ENABLE ROW LEVEL SECURITY, with its policy.",
        )
    return Finding(
        check="row security", level="ok", message="each table shows one namespace at a time"
    )


def _roles(raw: psycopg.Connection[Any]) -> Finding:
    roles = raw.execute(_ROLES).fetchall()
    beyond = [name for name, sees_all in roles if sees_all]
    if beyond or not roles:
        message = (
            f"{', '.join(beyond)} see all namespaces"
            if beyond
            else "only the owner may use the tables, and row security does not hold for an owner"
        )
        return Finding(
            check="roles",
            level="warning",
            message=message,
            hint="Run `reasoningbank db init --role ROLE` and connect as that role.",
        )
    names = ", ".join(name for name, _ in roles)
    return Finding(check="roles", level="ok", message=f"{names} may use the bank")
