"""Patterns: what a caller gives, what comes back, and what a store or a change says about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import OutcomeSource, Trust

State: TypeAlias = Literal["active", "quarantined"]
OnDuplicate: TypeAlias = Literal["merge", "keep", "error"]
StoreStatus: TypeAlias = Literal["created", "merged", "replayed"]
ChangeKind: TypeAlias = Literal["created", "updated", "merged", "outcome", "deleted"]


class PatternInput(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Describe one strategy to be stored.

    Args:
        task_description: The task it is for, as a person would word it. At most 16,384 bytes;
            similarity is computed from this text and nothing else.
        task_category: The kind of task, one line, at most 256 bytes.
        strategy: What to do, at most 65,536 bytes.
        title: A short name, one line, at most 512 bytes.
        success_score: How well it worked, 0 to 1.
        duration_seconds: How long it took, >= 0.
        tags: At most 64 words of at most 128 bytes; kept sorted and without repeats.
        metadata: Any JSON object of at most 1 MB.
        source: Who confirmed that it works (see `trust_of`).
        expires_at: When it stops being offered; an aware datetime or ``2026-11-21T01:02:03.004Z``.

    >>> PatternInput(
    ...     task_description="Add login to the API",
    ...     task_category="backend",
    ...     strategy="Write the failing test first.",
    ...     success_score=0.95,
    ... ).task_category
    'backend'
    """

    task_description: str
    task_category: str
    strategy: str
    title: str | None = None
    success_score: float | None = None
    duration_seconds: float | None = None
    tags: tuple[str, ...] | list[str] = ()
    metadata: JsonObject = {}
    source: OutcomeSource = "caller"
    expires_at: str | datetime | None = None


class Pattern(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stored strategy, as the bank holds it now.

    Times are UTC with milliseconds, as text that sorts by time: ``2026-11-21T01:02:03.004Z``.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     bank.get_pattern(pattern_id).strategy
    'Test first.'
    """

    id: UUID
    namespace: str
    task_category: str
    task_description: str
    strategy: str
    title: str | None
    success_score: float | None
    duration_seconds: float | None
    tags: tuple[str, ...]
    metadata: JsonObject
    trust: Trust
    state: State
    uses: int
    successes: int
    failures: int
    last_used_at: str | None
    created_at: str
    updated_at: str
    expires_at: str | None
    version: int


class SimilarPattern(Pattern, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pattern found for a task, with its cosine similarity to that task (-1 to 1).

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     [found] = bank.find_similar("Add login")
    ...     found.similarity
    1.0
    """

    similarity: float


class Redaction(msgspec.Struct, frozen=True, kw_only=True):
    """Name a secret that was taken out before storing: the field it stood in and its kind.

    >>> from reasoningbank import PatternInput, ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     stored = bank.put(
    ...         PatternInput(
    ...             task_description="Clone the repository",
    ...             task_category="git",
    ...             strategy="git clone https://me:hunter2secret@example.org/x.git",
    ...         )
    ...     )
    ...     stored.redacted
    (Redaction(field='strategy', kind='url_password'),)
    """

    field: str
    kind: str


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Say what a store did.

    Args:
        id: The pattern that now holds the content.
        status: ``created``; ``merged`` into an equal pattern; or ``replayed``, when the
            idempotency key had been answered before.
        redacted: Secrets that were taken out of the text.

    >>> from reasoningbank import PatternInput, ReasoningBank
    >>> login = PatternInput(
    ...     task_description="Add login", task_category="backend", strategy="Test first."
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     [bank.put(login).status, bank.put(login).status]
    ['created', 'merged']
    """

    id: UUID
    status: StoreStatus
    redacted: tuple[Redaction, ...] = ()


class PatternChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of a pattern's history: who changed what, and when.

    Args:
        pattern_id: The pattern changed.
        version: The version the pattern had before; 0 when it was created.
        kind: ``created``, ``updated``, ``merged``, ``outcome`` or ``deleted``.
        actor: Who did it, as given to ``ReasoningBank.open(actor=...)``.
        at: When.
        before: The changed fields with the values they had before; the whole pattern when deleted.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     _ = bank.update_pattern(pattern_id, strategy="Test last.")
    ...     [(change.kind, change.before) for change in bank.history(pattern_id)]
    [('created', {}), ('updated', {'strategy': 'Test first.'})]
    """

    pattern_id: UUID
    version: int
    kind: ChangeKind
    actor: str
    at: str
    before: JsonObject


class Observation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One store that was merged into an existing pattern, kept as it was given.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     _ = bank.store_pattern(
    ...         task_description="add LOGIN", task_category="backend", strategy="Test first."
    ...     )
    ...     bank.observations(pattern_id)[0].content["task_description"]
    'add LOGIN'
    """

    pattern_id: UUID
    at: str
    actor: str
    content: JsonObject


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """Prove that a pattern's bytes are gone, or say what may still hold them.

    Args:
        id: The erased pattern.
        rows: How many rows were removed, by table.
        bytes_checked: How many bytes of the bank's files were searched afterwards.
        compacted: Whether the file had to be rewritten to get rid of left-over bytes.
        unproved: Where bytes may still be that the bank cannot look at, and what removes them; None
            where nothing is left.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     bank.erase(pattern_id).rows
    {'pattern_embeddings': 1, 'patterns': 1}
    """

    id: UUID
    rows: dict[str, int]
    bytes_checked: int
    compacted: bool
    unproved: str | None = None


class StorageStats(msgspec.Struct, frozen=True, kw_only=True):
    """What a namespace of a bank holds, and where.

    Args:
        total_patterns: Every pattern, expired and quarantined ones too.
        active_patterns: Those that search, similarity and recall can return.
        categories: Number of patterns by category (all of them, as in `total_patterns`).
        namespace: The namespace counted.
        backend: ``sqlite``, ``memory`` or ``postgresql``.
        path: Absolute path of the file, or the server's URL without its password, or None.
        persistent: Whether the bank outlives the process.
        read_only: Whether writes are refused.
        reason: Why this backend and path were chosen.
        size_bytes: Size of the files on disk, or of the database, 0 in memory.
        embedding_model: Name of the model whose vectors are searched, None before the first store.
        schema_version: Version of the tables.
        engine: Name and version of the database engine.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.get_stats().total_patterns
    0
    """

    total_patterns: int
    active_patterns: int
    categories: dict[str, int]
    namespace: str
    backend: str
    path: str | None
    persistent: bool
    read_only: bool
    reason: str
    size_bytes: int
    embedding_model: str | None
    schema_version: int
    engine: str


class SkippedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Name a line of an import that could not be taken, and why.

    >>> import io
    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     report = bank.import_jsonl(io.StringIO("not json"), on_invalid="skip")
    ...     [(skipped.line, skipped.code) for skipped in report.skipped]
    [(1, 'invalid_input')]
    """

    line: int
    code: str
    message: str


class TransferReport(msgspec.Struct, frozen=True, kw_only=True):
    """Count what an import or a restore did.

    Args:
        read: Lines with a pattern.
        created: Patterns that are new.
        merged: Patterns that met an equal one.
        unchanged: Patterns that were there already, equal in every field.
        skipped: Lines left out, when the caller asked for that.

    >>> import io
    >>> from reasoningbank import ReasoningBank
    >>> line = '{"task_description": "Add login", "task_category": "backend", "strategy": "Test."}'
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.import_jsonl(io.StringIO(line)).created
    1
    """

    read: int
    created: int
    merged: int
    unchanged: int
    skipped: tuple[SkippedLine, ...] = ()


class Reembedded(msgspec.Struct, frozen=True, kw_only=True):
    """Say what `reembed` did: the model now searched, and how many vectors were made for it.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.reembed().vectors
    0
    """

    model: str
    vectors: int
