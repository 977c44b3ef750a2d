"""Every kind of table that is known, told apart by columns; the names of tables collide."""

from __future__ import annotations

from typing import Final

from reasoningbank.migration.schemas import (
    agentdb,
    agentdb_vectors,
    agentic_flow,
    claude_flow,
    source_document,
)
from reasoningbank.migration.schemas.schema import Surroundings, TableSchema

__all__ = ["Surroundings", "TableSchema", "schema_of"]

# The first that fits counts: those with the more telling columns come first.
_ALL: Final = (
    *agentic_flow.TABLES,
    *source_document.TABLES,
    *claude_flow.TABLES,
    *agentdb_vectors.TABLES,
    *agentdb.TABLES,
)


def schema_of(table: str, columns: tuple[str, ...]) -> TableSchema | None:
    """Give what kind of table this is, or None for one that nobody here knows."""
    held = frozenset(columns)
    return next((schema for schema in _ALL if schema.fits(table, held)), None)
