"""What differs between the engines that speak PostgreSQL's language: tables of vectors, their indexes, and searching.

Everything else of a bank is plain SQL that all of them understand. Nothing here keeps state in a session: what a search
sets, it sets for its transaction, so a pooler that lends connections by transaction is no dialect of its own.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.storage.postgres.vector_encoding import LARGEST_DIMENSION, VectorType

DialectName: TypeAlias = Literal["postgres", "citus", "yugabytedb", "cockroachdb"]
IndexKind: TypeAlias = Literal["halfvec", "bit", "none"]
"""Of the index for similarity: half precision, a bit a dimension, or none: every search reads all it might find."""

VECTOR_TABLE: Final = "pattern_embeddings"
"""As SQLite and the source document call it."""

IDENTITY: Final = """
SELECT version(), COALESCE((SELECT extversion FROM pg_extension WHERE extname = 'citus'), '')
"""
"""Asked once when a bank is opened; `detect` reads the answer."""

# pgvector's own 16 and 64 found 94 % of the ten nearest among 100,000 tasks of much the same wording, however broad the
# search; these found 99 % and take as many bytes, because four vectors fill a page either way.
_GRAPH: Final = "m = 24, ef_construction = 128"
# Of an index over a type: what the type's operator class allows.
_INDEXABLE: Final = {"halfvec": 4_000, "vector": 2_000}


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How one engine is spoken to.

    Args:
        name: Of the engine.
        vector_type: Of the column that holds vectors.
        binary_vectors: Whether vectors travel in pgvector's binary form; else as text.
        index_method: The access method of the graph index, or None where the engine has a statement of its own.
        index_kinds: Which indexes can be built, the usual one first.
        concurrent_builds: Whether an index can be asked to be built without stopping writers.
        hash_partitions: Whether the table may be split by namespace on one server.
        distributed: Whether the table must be handed to the engine's distribution by namespace.
        search_settings: Whether searching is tuned by pgvector's settings ``hnsw.*``.
        exact_products: Whether products of vectors are summed in single precision or better, as pgvector does.
    """

    name: DialectName
    vector_type: VectorType = "halfvec"
    binary_vectors: bool = True
    index_method: str | None = "hnsw"
    index_kinds: tuple[IndexKind, ...] = ("halfvec", "bit", "none")
    concurrent_builds: bool = True
    hash_partitions: bool = False
    distributed: bool = False
    search_settings: bool = True
    exact_products: bool = True

    @property
    def vector_column(self) -> str:
        """How a statement reads a stored vector."""
        return "embedding" if self.binary_vectors else "embedding::text"

    @property
    def vector_cast(self) -> str:
        """How a statement makes a vector of a value bound to it: as text unless it says what it is."""
        return f"::{self.vector_type}" if self.binary_vectors else f"::text::{self.vector_type}"

    def table(self, *, partitions: int = 0) -> list[str]:
        """Give the statements that make the table of vectors.

        Args:
            partitions: Into how many tables to split it, by a hash of the namespace; 0 for a single table.

        Raises:
            InvalidInput: Partitions on an engine that distributes rows itself, or fewer than none.
        """
        if partitions and not self.hash_partitions:
            raise InvalidInput(
                f"are for plain PostgreSQL: {self.name} places rows itself", field="partitions"
            )
        if partitions < 0:
            raise InvalidInput("must not be negative", field="partitions")
        columns = _COLUMNS.format(table=VECTOR_TABLE, type=self.vector_type)
        if partitions:
            return [
                f"{columns} PARTITION BY HASH (namespace)",
                *(
                    f"CREATE TABLE {_partition(part)} PARTITION OF {VECTOR_TABLE} "
                    f"FOR VALUES WITH (MODULUS {partitions}, REMAINDER {part}) {_STORAGE}"
                    for part in range(partitions)
                ),
                _FILTER_INDEX,
            ]
        if self.name == "cockroachdb":
            return [columns, _FILTER_INDEX]
        if self.distributed:
            return [f"{columns} {_STORAGE}", _DISTRIBUTE, _FILTER_INDEX]
        return [f"{columns} {_STORAGE if self.name == 'postgres' else ''}".strip(), _FILTER_INDEX]

    def index_kind(self, wanted: IndexKind, dimension: int) -> IndexKind:
        """Give the kind of index vectors of a dimension get where one kind is wanted.

        Above 4,000 dimensions half precision cannot be indexed and bits take its place; an engine that does not have a kind
        builds its usual one.

        Raises:
            InvalidInput: More dimensions than the server can hold.
        """
        if dimension > LARGEST_DIMENSION:
            raise InvalidInput(
                f"must be at most {LARGEST_DIMENSION:,} in PostgreSQL, not {dimension:,}",
                field="dimension",
            )
        if wanted not in self.index_kinds:
            return self.index_kinds[0]
        if wanted == "halfvec" and dimension > _INDEXABLE[self.vector_type]:
            return "bit" if "bit" in self.index_kinds else "none"
        return wanted

    def index(self, kind: IndexKind, number: int, dimension: int, table: str, name: str) -> str:
        """Give the statement that builds the index of one model's vectors on one table."""
        if self.index_method is None or kind == "none":
            raise ValueError(f"{self.name} has no index of kind {kind}")
        how = "CONCURRENTLY " if self.concurrent_builds else ""
        return (
            f"CREATE INDEX {how}IF NOT EXISTS {name} ON {table} USING {self.index_method} "
            f"(({self.indexed(kind, dimension)}) {self._operator_class(kind)}) "
            f"WITH ({_GRAPH}) WHERE model = {number} AND state = 'active'"
        )

    def indexed(self, kind: IndexKind, dimension: int) -> str:
        """Give the expression an index is made of; a search that uses it must say the same."""
        if kind == "bit":
            return f"binary_quantize(embedding)::bit({dimension})"
        return f"embedding::{self.vector_type}({dimension})"

    def distance(self, kind: IndexKind, dimension: int) -> str:
        """Give the expression candidates are ordered by, with the query as ``%(query)s``."""
        query = f"%(query)s{self.vector_cast}({dimension})"
        if kind == "bit":
            query = f"binary_quantize({query})::bit({dimension})"
        operator = "<~>" if kind == "bit" else "<=>"
        return f"{self.indexed(kind, dimension)} {operator} {query}"

    def _operator_class(self, kind: IndexKind) -> str:
        return "bit_hamming_ops" if kind == "bit" else f"{self.vector_type}_cosine_ops"


# Below 1,041 dimensions a row takes at most 2,192 bytes with the longest namespace. PostgreSQL would move a vector out of
# a row of more than 2 kB, and reading it back costs more than comparing it; rows may fill a page instead.
_STORAGE: Final = "WITH (toast_tuple_target = 8160)"
_COLUMNS: Final = """CREATE TABLE {table} (
    namespace text COLLATE "C" NOT NULL,
    pattern_id text COLLATE "C" NOT NULL,
    model bigint NOT NULL,
    task_category text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    expires_at text COLLATE "C",
    squared_norm integer NOT NULL,
    checksum bigint NOT NULL,
    embedding {type} NOT NULL,
    PRIMARY KEY (namespace, pattern_id, model)
)"""
_FILTER_INDEX: Final = (
    f"CREATE INDEX idx_{VECTOR_TABLE}_category ON {VECTOR_TABLE} "
    "(namespace, model, task_category) WHERE state = 'active'"
)
_DISTRIBUTE: Final = (
    f"SELECT create_distributed_table('{VECTOR_TABLE}', 'namespace', colocate_with => 'patterns')"
)

POSTGRES: Final = Dialect(name="postgres", hash_partitions=True)
CITUS: Final = Dialect(name="citus", distributed=True)
# Its graph index is asked for under another name, has no half precision, and refuses pgvector's settings. It is not
# documented to take a partial index or one on an expression, so searches read all they might find.
YUGABYTEDB: Final = Dialect(
    name="yugabytedb",
    vector_type="vector",
    index_method=None,
    index_kinds=("none",),
    concurrent_builds=False,
    search_settings=False,
)
# Its vector indexes need a column of one fixed dimension and filter by their leading columns alone.
COCKROACHDB: Final = Dialect(
    name="cockroachdb",
    vector_type="vector",
    binary_vectors=False,
    index_method=None,
    index_kinds=("none",),
    concurrent_builds=False,
    search_settings=False,
)

DIALECTS: Final = {dialect.name: dialect for dialect in (POSTGRES, CITUS, YUGABYTEDB, COCKROACHDB)}
"""By name."""


def detect(version: str, citus: str) -> Dialect:
    """Give the dialect of a server from what it answers to `IDENTITY`.

    >>> detect("CockroachDB CCL v25.2.0 (x86_64-pc-linux-gnu)", "").name
    'cockroachdb'
    >>> detect("PostgreSQL 15.2-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu", "").name
    'yugabytedb'
    >>> detect("PostgreSQL 18.4 on x86_64-pc-linux-gnu", "13.0-1").name
    'citus'
    """
    if version.startswith("CockroachDB"):
        return COCKROACHDB
    if "-YB-" in version:
        return YUGABYTEDB
    return CITUS if citus else POSTGRES


def dialect_named(name: str) -> Dialect:
    """Give a dialect by name, where detection is not to decide.

    Raises:
        InvalidInput: There is none of that name.
    """
    for known, dialect in DIALECTS.items():
        if known == name:
            return dialect
    raise InvalidInput(f"must be one of {', '.join(DIALECTS)}", field="dialect")


def _partition(part: int) -> str:
    return f"{VECTOR_TABLE}_{part}"


def index_name(kind: IndexKind, number: int) -> str:
    """Give the name of the index of one model's vectors."""
    return f"idx_{VECTOR_TABLE}_{kind}_{number}"
