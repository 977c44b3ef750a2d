"""The PostgreSQL engine: `open_server` gives a storage backend; `reasoningbank db` makes its tables."""

from __future__ import annotations

from typing import Any, Final

import psycopg

from reasoningbank.storage.postgres.backend import PostgresStorage
from reasoningbank.storage.postgres.connections import Connections
from reasoningbank.storage.postgres.dialects import Dialect
from reasoningbank.storage.postgres.errors import translated_error
from reasoningbank.storage.postgres.migrations import check_version, dialect_of
from reasoningbank.storage.postgres.server import server_of

_LOOK: Final = """
SELECT current_setting('server_version'),
    (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
    (SELECT MAX(version) FROM bank_schema WHERE finished_at IS NOT NULL)
"""


def open_server(
    url: str, reason: str, *, busy_timeout: float, verify_reads: bool = False
) -> PostgresStorage:
    """Open the banks of the database that a URL names; its tables must be there.

    Args:
        url: ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``, of one host or several.
        reason: Why this place was chosen.
        busy_timeout: Seconds to wait for other writers, and for a server that is gone to come back.
        verify_reads: Whether reading recomputes checksums.

    Raises:
        InvalidInput: For a URL that cannot be understood.
        Unavailable: When the server cannot be reached, or has no tables of this release.
        SchemaTooNew: For tables of a newer release.
    """
    server = server_of(url)
    looked: list[Any] = []

    def look(raw: psycopg.Connection[Any]) -> Dialect:
        if not looked:
            looked.extend(raw.execute(_LOOK).fetchone() or ())
            looked.append(dialect_of(raw, server))
        dialect: Dialect = looked[-1]
        return dialect

    connections = Connections(server, look)
    try:
        connections.give_back(connections.take(0.0))
        version, pgvector, schema, dialect = looked
        check_version(schema, server.shown)
    except psycopg.Error as error:
        connections.close()
        raise translated_error(error, server.shown) from None
    except BaseException:
        connections.close()
        raise
    name = f"PostgreSQL {version}" if dialect.name == "postgres" else f"{dialect.name} {version}"
    return PostgresStorage(
        connections,
        dialect,
        f"{name}, pgvector {pgvector}" if pgvector else name,
        reason,
        patience=busy_timeout,
        verify_reads=verify_reads,
    )
