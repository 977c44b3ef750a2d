"""Making the tables of a bank and bringing them up to date: work of the tables' owner, done by ``reasoningbank db``.

Each step is one transaction that begins by taking the row of the migrations to itself, so two may
migrate at once and a killed one leaves the old version or the new one. Indexes are built after it,
while the bank is in use; a step counts as finished when its indexes are there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import psycopg
from psycopg import errors, sql

from reasoningbank.domain.errors import InvalidInput, ReasoningBankError, SchemaTooNew, Unavailable
from reasoningbank.storage.postgres import vector_indexes
from reasoningbank.storage.postgres.connections import opened_raw
from reasoningbank.storage.postgres.dialects import (
    IDENTITY,
    VECTOR_TABLE,
    Dialect,
    IndexKind,
    detect,
    dialect_named,
)
from reasoningbank.storage.postgres.errors import translated_error
from reasoningbank.storage.postgres.schema import (
    FIRST_TABLE,
    INDEXES,
    SCHEMA_VERSION,
    STEPS,
    TENANT_TABLES,
)
from reasoningbank.storage.postgres.server import Server, server_of

LEAST_PGVECTOR: Final = (0, 8)
_EXTENSION: Final = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
_TURN: Final = "SELECT version FROM bank_schema WHERE version = 0 FOR UPDATE"
_VERSION: Final = "SELECT MAX(version) FROM bank_schema"
FINISHED: Final = "SELECT MAX(version) FROM bank_schema WHERE finished_at IS NOT NULL"
_INDEX: Final = """
SELECT i.indisvalid,
    EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
FROM pg_index i WHERE i.indexrelid = to_regclass(%s)
"""
_ROLE: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s"
_POLICY: Final = """
CREATE POLICY of_namespace ON {table}
    USING (namespace = current_setting('reasoningbank.namespace', true))
    WITH CHECK (namespace = current_setting('reasoningbank.namespace', true))
"""
_LOOK_AGAIN_SECONDS: Final = 0.2
# "IF NOT EXISTS" looks first and makes then: of two at once, the second meets one of these.
_MADE_MEANWHILE: Final = (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject)


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a database.

    Args:
        before: Its schema version before, 0 without tables.
        after: Its schema version now.
        indexes: Names of the indexes that were built.
    """

    before: int
    after: int
    indexes: tuple[str, ...]


def initialise(
    target: str,
    *,
    role: str | None = None,
    partitions: int = 0,
    index: IndexKind = "halfvec",
    say: Callable[[str], None] = lambda _: None,
) -> Migration:
    """Make the tables of a bank where there are none, and let a role use them.

    Args:
        target: URL of the database, as the role that shall own the tables.
        role: Who may use the bank, seeing one namespace at a time; it must exist and own nothing.
        partitions: Into how many to split the table of vectors by namespace; 0 for one table.
        index: The kind of index for similarity.
        say: Told what is going on.

    Raises:
        SchemaTooNew: For a database of a newer release.
        Unavailable: Without the right to do it, or without pgvector 0.8.
        InvalidInput: For a role that does not exist or that sees all namespaces.
    """
    server = server_of(target)
    raw = opened_raw(server)
    try:
        dialect = dialect_of(raw, server)
        if role is not None:
            _check_role(raw, role)
        done = _migrated(raw, dialect, partitions=partitions, index=index, say=say)
        if role is not None:
            _grant(raw, role)
    except psycopg.Error as error:
        raise _owners_error(error, server) from None
    finally:
        raw.close()
    return done


def upgrade(
    target: str, *, index: IndexKind = "halfvec", say: Callable[[str], None] = lambda _: None
) -> Migration:
    """Bring the tables of a bank up to date and build what indexes are missing or broken.

    Raises:
        Unavailable: Where there are no tables yet, and as for `initialise`.
        SchemaTooNew: For a database of a newer release.
    """
    server = server_of(target)
    raw = opened_raw(server)
    try:
        if raw.execute("SELECT to_regclass('bank_schema')").fetchone() == (None,):
            raise Unavailable(
                "has no tables of a bank", path=server.shown, hint="Run `reasoningbank db init`."
            )
        return _migrated(raw, dialect_of(raw, server), partitions=0, index=index, say=say)
    except psycopg.Error as error:
        raise _owners_error(error, server) from None
    finally:
        raw.close()


def dialect_of(raw: psycopg.Connection[Any], server: Server) -> Dialect:
    """Give how the server is spoken to, as its URL says or as it says itself."""
    if server.dialect is not None:
        return dialect_named(server.dialect)
    version, citus = raw.execute(IDENTITY).fetchone()  # type: ignore[misc]  # always one row
    return detect(version, citus)


def check_version(found: int | None, shown: str) -> None:
    """Raise unless this release can use tables of that version, None for unfinished ones."""
    if found is None or not found:
        raise Unavailable(
            "has tables of a bank that are not finished",
            path=shown,
            hint="Run `reasoningbank db init` again as their owner.",
        )
    if found > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"has schema {found}; this release reads up to {SCHEMA_VERSION}",
            found=found,
            supported=SCHEMA_VERSION,
            path=shown,
            hint="Upgrade agent-reasoningbank.",
        )
    if found < SCHEMA_VERSION:
        raise Unavailable(
            f"has schema {found} of an older release",
            path=shown,
            hint="Run `reasoningbank db upgrade` as the owner of the tables.",
        )


def _migrated(
    raw: psycopg.Connection[Any],
    dialect: Dialect,
    *,
    partitions: int,
    index: IndexKind,
    say: Callable[[str], None],
) -> Migration:
    _need_extension(raw, dialect)
    _make_first_table(raw)
    before = _version(raw)
    for version in range(before + 1, SCHEMA_VERSION + 1):
        say(f"step {version}")
        _step(raw, version, dialect, partitions)
    built = [name for name in INDEXES if _ensure_index(raw, name, INDEXES[name], dialect, say)]
    built += vector_indexes.build_indexes(raw, dialect, index, say=say)
    raw.execute("UPDATE bank_schema SET finished_at = now() WHERE finished_at IS NULL")
    return Migration(before=before, after=_version(raw), indexes=tuple(built))


def _need_extension(raw: psycopg.Connection[Any], dialect: Dialect) -> None:
    if dialect.name == "cockroachdb":
        return
    found = raw.execute(_EXTENSION).fetchone()
    if found is None:
        _add_extension(raw)
        found = raw.execute(_EXTENSION).fetchone()
    version = "0" if found is None else str(found[0])
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_PGVECTOR:
        raise Unavailable(
            f"the extension vector must be 0.8 or newer, and is {version}",
            hint="Install a newer pgvector and run ALTER EXTENSION vector UPDATE.",
        )


def _add_extension(raw: psycopg.Connection[Any]) -> None:
    try:
        raw.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except _MADE_MEANWHILE:
        pass
    except errors.InsufficientPrivilege as error:
        raise Unavailable(
            "has no pgvector yet, and this role may not add it",
            field="database",
            hint="Let a superuser run CREATE EXTENSION vector in this database.",
        ) from error


def _make_first_table(raw: psycopg.Connection[Any]) -> None:
    while True:
        try:
            raw.execute(FIRST_TABLE)
            raw.execute("INSERT INTO bank_schema (version) VALUES (0) ON CONFLICT DO NOTHING")
        except _MADE_MEANWHILE:
            continue  # another migrator was at it in the same moment
        return


def _version(raw: psycopg.Connection[Any]) -> int:
    row = raw.execute(_VERSION).fetchone()
    version = 0 if row is None else int(row[0])
    if version > SCHEMA_VERSION:
        check_version(version, "the database")
    return version


def _step(raw: psycopg.Connection[Any], version: int, dialect: Dialect, partitions: int) -> None:
    with raw.transaction():
        raw.execute(_TURN)
        if _version(raw) >= version:
            return
        raw.execute(STEPS[version])
        if version == 1:
            if dialect.distributed:
                for table in TENANT_TABLES:
                    raw.execute("SELECT create_distributed_table(%s, 'namespace')", (table,))
            for statement in dialect.table(partitions=partitions):
                raw.execute(statement)
            for table in (*TENANT_TABLES, VECTOR_TABLE):
                name = sql.Identifier(table)
                raw.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
                raw.execute(sql.SQL(_POLICY).format(table=name))
        raw.execute("INSERT INTO bank_schema (version) VALUES (%s)", (version,))


def _ensure_index(
    raw: psycopg.Connection[Any],
    name: str,
    definition: str,
    dialect: Dialect,
    say: Callable[[str], None],
) -> bool:
    """Build an index unless there is a valid one; give whether it was built here."""
    how = "INDEX CONCURRENTLY" if dialect.concurrent_builds else "INDEX"
    statement = f"CREATE {definition.format(name=name).replace('INDEX', f'{how} IF NOT EXISTS', 1)}"
    while True:
        found = raw.execute(_INDEX, (name,)).fetchone()
        if found is not None and found[0]:
            return False
        if found is not None and found[1]:
            time.sleep(_LOOK_AGAIN_SECONDS)  # somebody else is building it
            continue
        if found is not None:
            raw.execute(
                sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(name))
            )
        say(f"building {name}")
        try:
            raw.execute(statement)
        except (errors.DeadlockDetected, errors.UniqueViolation, errors.DuplicateTable):
            time.sleep(_LOOK_AGAIN_SECONDS)  # with somebody who builds the same
            continue
        return True


def invalid_indexes(raw: psycopg.Connection[Any]) -> list[str]:
    """Give the names of indexes that are missing or were never finished."""
    return [
        name
        for name in INDEXES
        if (found := raw.execute(_INDEX, (name,)).fetchone()) is None or not found[0]
    ]


def _check_role(raw: psycopg.Connection[Any], role: str) -> None:
    found = raw.execute(_ROLE, (role,)).fetchone()
    if found is None:
        raise InvalidInput(
            "does not exist",
            field="role",
            hint="Create it first: CREATE ROLE name LOGIN PASSWORD '...'.",
        )
    if found[0]:
        raise InvalidInput(
            "is a superuser or bypasses row security, so tenants would not be kept apart",
            field="role",
            hint="Name a role that is neither.",
        )
    if raw.execute("SELECT current_user").fetchone() == (role,):
        raise InvalidInput(
            "owns the tables, and row security does not hold for an owner",
            field="role",
            hint="Run `db init` as another role.",
        )


def _grant(raw: psycopg.Connection[Any], role: str) -> None:
    name = sql.Identifier(role)
    [(schema,)] = raw.execute("SELECT current_schema()").fetchall()
    raw.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), name))
    raw.execute(sql.SQL("GRANT SELECT ON bank_schema TO {}").format(name))
    for table in (*TENANT_TABLES, VECTOR_TABLE):
        raw.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(
                sql.Identifier(table), name
            )
        )


def _owners_error(error: psycopg.Error, server: Server) -> ReasoningBankError:
    if isinstance(error, errors.InsufficientPrivilege):
        return Unavailable(
            f"does not let this role do that ({error.diag.message_primary})",
            path=server.shown,
            hint="Run `reasoningbank db` as the owner of the tables, or as one who may make them.",
        )
    if isinstance(error, errors.FeatureNotSupported | errors.UndefinedFile):
        return Unavailable(
            f"has no pgvector ({error.diag.message_primary})",
            path=server.shown,
            hint="Install pgvector 0.8 or newer on the server.",
        )
    return translated_error(error, server.shown)
