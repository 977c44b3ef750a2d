"""The indexes for similarity: one graph for each model, built while the bank is in use.

They belong to the owner of the tables and are made by `reasoningbank db init` and `db upgrade`, not by a store: a role that
may only use the bank cannot make them, and a search without one is slower, never wrong. A build waits for nobody and stops
nobody from writing. One that was broken off leaves an index that the server marks as invalid, which is dropped and built
again; one that somebody else is building is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.errors import DeadlockDetected

from reasoningbank.storage.postgres.dialects import (
    VECTOR_TABLE,
    Dialect,
    IndexKind,
    index_name,
)

_MODELS: Final = "SELECT DISTINCT model, dimension FROM embedding_models ORDER BY model"
_STATES: Final = """
SELECT c.relname, i.indisvalid,
    EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indexrelid = to_regclass(%s)
"""
_PARTS: Final = """
SELECT c.relname FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
WHERE h.inhparent = to_regclass(%s) ORDER BY c.relname
"""
_BYTES: Final = "SELECT pg_relation_size(%s::regclass)"
# Of a graph while it is built, beside the vectors: as much again as half of what the table takes, with room to spare.
_MEMORY_SHARE: Final = 1.5
_LARGEST_MEMORY: Final = 1 << 30
_LEAST_MEMORY: Final = 64 << 20
_KINDS: Final[tuple[IndexKind, ...]] = ("halfvec", "bit")
_LOOK_AGAIN_SECONDS: Final = 1.0


class VectorIndexState(msgspec.Struct, frozen=True, kw_only=True):
    """What there is for one model.

    Args:
        model: Its number.
        dimension: Of its vectors.
        kind: Of the index that searches use; ``none`` where there is none.
        wanted: Which there should be.
    """

    model: int
    dimension: int
    kind: IndexKind
    wanted: IndexKind


def index_states(
    raw: Connection[Any], dialect: Dialect, wanted: IndexKind
) -> list[VectorIndexState]:
    """Give, for each model that has vectors, which index there is and which there should be."""
    states: list[VectorIndexState] = []
    for number, dimension in raw.execute(_MODELS).fetchall():
        present = [kind for kind in _KINDS if _valid(raw, index_name(kind, number))]
        states.append(
            VectorIndexState(
                model=number,
                dimension=dimension,
                kind=present[0] if present else "none",
                wanted=dialect.index_kind(wanted, dimension),
            )
        )
    return states


def build_indexes(
    raw: Connection[Any],
    dialect: Dialect,
    wanted: IndexKind,
    *,
    memory: int = _LARGEST_MEMORY,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Build the indexes there should be, then drop those there should not; give the names of those built.

    Args:
        raw: A connection of the tables' owner, in no transaction and in autocommit. It must be the connection's own server
            process: a pooler that lends it by transaction does not do.
        dialect: Of the server.
        wanted: Which kind.
        memory: Bytes a build may take; a graph that fits is built several times as fast.
        say: Told what is going on.
    """
    built: list[str] = []
    for state in index_states(raw, dialect, wanted):
        if state.wanted != "none":
            name = index_name(state.wanted, state.model)
            if not _valid(raw, name):
                say(f"building {name}")
                _build(raw, dialect, state, memory)
                built.append(name)
        for kind in _KINDS:
            if kind != state.wanted:
                _drop(raw, index_name(kind, state.model))
    return built


def _build(raw: Connection[Any], dialect: Dialect, state: VectorIndexState, memory: int) -> None:
    name = index_name(state.wanted, state.model)
    parts = raw.execute(_PARTS, (VECTOR_TABLE,)).fetchall()
    if not parts:
        _build_one(raw, dialect, state, VECTOR_TABLE, name, memory=memory)
        return
    # An index over partitions cannot be built concurrently as one: its parts are, and the whole is valid with the last.
    whole = dialect.index(state.wanted, state.model, state.dimension, f"ONLY {VECTOR_TABLE}", name)
    raw.execute(whole.replace("CONCURRENTLY ", ""))
    for (table,) in parts:
        part = f"{name}{table.removeprefix(VECTOR_TABLE)}"
        _build_one(raw, dialect, state, table, part, memory=memory)
        raw.execute(f"ALTER INDEX {name} ATTACH PARTITION {part}")


def _build_one(
    raw: Connection[Any],
    dialect: Dialect,
    state: VectorIndexState,
    table: str,
    name: str,
    *,
    memory: int,
) -> None:
    statement = dialect.index(state.wanted, state.model, state.dimension, table, name)
    while not _valid(raw, name):
        found = raw.execute(_STATES, (name,)).fetchone()
        if found is not None and found[2]:
            time.sleep(_LOOK_AGAIN_SECONDS)
            continue
        if found is not None:
            _drop(raw, name)
        try:
            _set_memory(raw, table, memory)
            raw.execute(statement)
        except DeadlockDetected:
            time.sleep(_LOOK_AGAIN_SECONDS)  # with somebody who builds the same
        finally:
            raw.execute("RESET maintenance_work_mem")


def _drop(raw: Connection[Any], name: str) -> None:
    if raw.execute(_STATES, (name,)).fetchone() is not None:
        whole = raw.execute(_PARTS, (name,)).fetchone() is not None
        raw.execute(f"DROP INDEX {'' if whole else 'CONCURRENTLY '}IF EXISTS {name}")


def _set_memory(raw: Connection[Any], table: str, memory: int) -> None:
    [(stored,)] = raw.execute(_BYTES, (table,)).fetchall()
    chosen = max(_LEAST_MEMORY, min(memory, int(stored * _MEMORY_SHARE)))
    raw.execute(f"SET maintenance_work_mem = '{chosen >> 20}MB'")


def _valid(raw: Connection[Any], name: str) -> bool:
    found = raw.execute(_STATES, (name,)).fetchone()
    return found is not None and bool(found[1])
