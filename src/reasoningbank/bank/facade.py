"""The bank: the one way in for every door."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, cast
from uuid import UUID

from reasoningbank.bank import moving
from reasoningbank.bank.drafting import Draft, Drafting, as_input, report_redactions
from reasoningbank.bank.moving import OnInvalid, TextOrBytes
from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import Clock, RandomBytes, id_text, new_id
from reasoningbank.domain.json_value import JsonObject, checked_json_object
from reasoningbank.domain.outcome import Outcome, OutcomeSource, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Erasure,
    Observation,
    OnDuplicate,
    Pattern,
    PatternChange,
    PatternInput,
    Redaction,
    Reembedded,
    SimilarPattern,
    StorageStats,
    Stored,
    TransferReport,
)
from reasoningbank.domain.records import Finding, PatternEdit, StoreOptions
from reasoningbank.domain.redaction import redacted_object
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import (
    checked_changes,
    checked_count,
    checked_line,
    checked_number,
    checked_on_duplicate,
    checked_outcome,
    checked_query,
    checked_source,
)
from reasoningbank.storage import DEFAULT_BUSY_TIMEOUT, Durability, StorageBackend, open_storage

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from reasoningbank.bank.fields import PatternChanges, PatternFields
    from reasoningbank.embedding import Embedder
    from reasoningbank.embedding.protocol import Vectors


def system_clock() -> int:
    """Give the time in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


class ReasoningBank:
    """Store strategies, find those that fit a task, and keep what came of using them.

    Safe to share between threads; several processes may use one file. Everything that returns
    has been committed.

    Args:
        storage: Where patterns are kept; `open` finds or makes it.
        namespace: The tenant every call stays within.
        embedder: Turns task descriptions into vectors; None for the built-in one.
        actor: Who is noted in histories.
        clock: Gives milliseconds since 1970-01-01 UTC.
        random_bytes: Gives random bytes for ids.

    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login to the API",
    ...         task_category="backend",
    ...         strategy="Write the failing test first, then the smallest handler that passes.",
    ...     )
    ...     [found] = bank.find_similar("adding logins to our APIs", top_k=1)
    ...     found.id == pattern_id
    True
    """

    def __init__(
        self,
        storage: StorageBackend,
        *,
        namespace: str = "default",
        embedder: Embedder | None = None,
        actor: str = "caller",
        clock: Clock = system_clock,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._storage = storage
        self._namespace = checked_line(namespace, "namespace", limits.NAMESPACE_BYTES)
        self._actor = checked_line(actor, "actor", limits.ACTOR_BYTES)
        self._clock = clock
        self._random_bytes = random_bytes
        self._vectors = TextVectors(embedder)
        self._drafting = Drafting(self._namespace, clock, random_bytes)

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str] | None = None,
        *,
        namespace: str = "default",
        embedder: Embedder | None = None,
        durability: Durability = "normal",
        actor: str = "caller",
        busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
        verify_reads: bool = False,
    ) -> Self:
        """Open the bank that `target` names, making it if it is not there.

        Args:
            target: A path, ``memory:``, ``sqlite:PATH``; or None for ``REASONINGBANK_URL``, else
                the trusted project bank here or above, else this user's own bank.
            namespace: The tenant every call stays within, at most 256 bytes.
            embedder: Turns task descriptions into vectors; None for the built-in one.
            durability: ``normal`` survives a killed process, ``full`` a power loss as well.
            actor: Who is noted in histories.
            busy_timeout: Seconds to wait for other writers before `Busy` is raised.
            verify_reads: Whether `get_pattern` recomputes the checksum of what it reads.

        Raises:
            InvalidInput: For an argument out of its range.
            StorageCorrupt, ForeignDatabase, SchemaTooNew: For a file that is no readable bank; it
                is left as it was.
            Unavailable: When the place can be neither read nor made.
        """
        if durability not in {"normal", "full"}:
            raise InvalidInput(f"is {durability!r}; it must be normal or full", field="durability")
        checked_number(busy_timeout, "busy_timeout", 0.0, 86_400.0)
        checked_line(namespace, "namespace", limits.NAMESPACE_BYTES)
        checked_line(actor, "actor", limits.ACTOR_BYTES)
        storage = open_storage(
            target, durability=durability, busy_timeout=busy_timeout, verify_reads=verify_reads
        )
        return cls(storage, namespace=namespace, embedder=embedder, actor=actor)

    @property
    def namespace(self) -> str:
        """The tenant every call stays within."""
        return self._namespace

    # Storing

    def store_pattern(
        self,
        pattern: PatternInput | None = None,
        /,
        *,
        on_duplicate: OnDuplicate = "merge",
        idempotency_key: str | None = None,
        **fields: Unpack[PatternFields],
    ) -> UUID:
        """Store one pattern, given whole or by its fields, and give the id that holds it.

        Args:
            pattern: What to store; or give its fields by name instead.
            on_duplicate: For a pattern equal to a stored one (same category, task and strategy up
                to case, accents and white space): ``merge`` into that one, ``keep`` both, or
                ``error``.
            idempotency_key: The same key with the same content gives the first answer again.
            **fields: The fields of `PatternInput`.

        Raises:
            InvalidInput: Naming the field.
            Conflict: For a duplicate under ``error``, or a key used for other content.
            EmbeddingMismatch: When the bank's vectors come from another embedder.
        """
        given = self._one_input(pattern, cast("dict[str, object]", fields))
        return self.put(given, on_duplicate=on_duplicate, idempotency_key=idempotency_key).id

    def put(
        self,
        pattern: PatternInput,
        *,
        on_duplicate: OnDuplicate = "merge",
        idempotency_key: str | None = None,
        vector: Vectors | None = None,
    ) -> Stored:
        """Store one pattern and say whether it was created, merged or replayed.

        Args:
            pattern: What to store.
            on_duplicate: As for `store_pattern`.
            idempotency_key: As for `store_pattern`.
            vector: The embedding of the task description if it is at hand, shape (dimension,).

        Raises:
            InvalidInput, Conflict, EmbeddingMismatch: As for `store_pattern`.
        """
        checked_on_duplicate(on_duplicate)
        if idempotency_key is not None:
            checked_line(idempotency_key, "idempotency_key", limits.IDEMPOTENCY_KEY_BYTES)
        draft = self._drafting.draft(as_input(pattern), on_duplicate)
        [embedded] = self._embedded([draft], vector)
        options = StoreOptions(
            on_duplicate=on_duplicate,
            idempotency_key=idempotency_key,
            fingerprint=b"" if idempotency_key is None else draft.fingerprint(on_duplicate),
        )
        stored_id, status = self._storage.store_pattern(
            draft.with_vector(embedded, self._actor), self._vectors.model, options
        )
        pattern_id = draft.pattern.id if status == "created" else UUID(stored_id)
        return Stored(id=pattern_id, status=status, redacted=draft.redacted)

    def store_patterns(
        self,
        patterns: Iterable[PatternInput | Mapping[str, object]],
        *,
        on_duplicate: OnDuplicate = "merge",
        vectors: Vectors | None = None,
    ) -> list[UUID]:
        """Store many patterns in one transaction, all or none, and give their ids in order.

        Args:
            patterns: Inputs, or mappings of their fields.
            on_duplicate: As for `store_pattern`.
            vectors: The embeddings if they are at hand, shape (number of patterns, dimension).

        Raises:
            InvalidInput: Naming the position and the field, as in ``patterns[3].strategy``.
            Conflict, EmbeddingMismatch: As for `store_pattern`.
        """
        checked_on_duplicate(on_duplicate)
        if not isinstance(patterns, Iterable):
            raise InvalidInput(f"must be a list, not {type(patterns).__name__}", field="patterns")
        drafts = self._drafting.drafts(list(patterns), on_duplicate)
        if not drafts:
            return []
        new = [
            draft.with_vector(vector, self._actor)
            for draft, vector in zip(drafts, self._embedded(drafts, vectors), strict=True)
        ]
        options = StoreOptions(on_duplicate=on_duplicate)
        stored = self._storage.store_patterns(new, self._vectors.model, options)
        return [UUID(pattern_id) for pattern_id, _ in stored]

    # Reading

    def get_pattern(self, pattern_id: UUID | str) -> Pattern | None:
        """Give a pattern by its id, expired and quarantined ones too, or None."""
        return self._storage.get_pattern(self._namespace, id_text(pattern_id))

    def search_by_category(self, category: str, limit: int = 10) -> list[Pattern]:
        """Give the active patterns of a category.

        The best success score comes first and none at all last; among equals the newest.
        """
        checked_line(category, "category", limits.CATEGORY_BYTES)
        checked_count(limit, "limit")
        return self._storage.get_patterns_by_category(self._namespace, category, limit, self._now())

    def find_similar(
        self,
        task_description: str,
        category: str | None = None,
        top_k: int = 5,
        *,
        min_similarity: float | None = None,
    ) -> list[SimilarPattern]:
        """Give the active patterns whose task is most like this one, most similar first.

        Similarity is the cosine of the embeddings of the two task descriptions; equal ones are
        ordered by id. The search is exact within the namespace and category.

        Args:
            task_description: The task at hand, at most 65,536 bytes.
            category: Only patterns of this category.
            top_k: How many at most, 1 to 10,000.
            min_similarity: Leave out patterns below this, -1 to 1.

        Raises:
            InvalidInput: Naming the argument.
            EmbeddingMismatch: When the bank's vectors come from another embedder.
        """
        checked_query(task_description)
        checked_count(top_k, "top_k")
        if category is not None:
            checked_line(category, "category", limits.CATEGORY_BYTES)
        if min_similarity is not None:
            min_similarity = checked_number(min_similarity, "min_similarity", -1.0, 1.0)
        return self._storage.nearest(
            self._namespace,
            self._vectors.model,
            self._vectors.of_query(task_description),
            top_k,
            category=category,
            min_similarity=min_similarity,
            now_ms=self._clock(),
        )

    def get_stats(self) -> StorageStats:
        """Count the namespace and say where and how the bank is kept."""
        return self._storage.get_stats(self._namespace, self._now())

    # Changing

    def update_pattern(
        self,
        pattern_id: UUID | str,
        *,
        if_version: int | None = None,
        **changes: Unpack[PatternChanges],
    ) -> Pattern:
        """Change fields of a pattern and give it as it stands now.

        Args:
            pattern_id: The pattern.
            if_version: Change it only if this is still its version.
            **changes: New values by field name; also ``state="quarantined"`` or ``"active"``.
                Equal values change nothing, not even the version.

        Raises:
            InvalidInput: Naming the field.
            NotFound: When there is no such pattern.
            Conflict: When the version is another, or the new content equals another pattern's.
            EmbeddingMismatch: When the task changes and the vectors come from another embedder.
        """
        wanted = id_text(pattern_id)
        if if_version is not None:
            checked_count(if_version, "if_version", high=limits.SAFE_INTEGER)
        values, redacted = checked_changes(cast("dict[str, object]", changes))
        report_redactions(redacted)
        description = values.get("task_description")
        vector = self._vectors.of_documents([str(description)])[0] if description else None
        edit = PatternEdit(
            values=values,
            vector=vector,
            if_version=if_version,
            actor=self._actor,
            at=self._now(),
        )
        model = None if vector is None else self._vectors.model
        return self._storage.edit_pattern(self._namespace, wanted, edit, model)

    def delete_pattern(self, pattern_id: UUID | str) -> None:
        """Remove a pattern; its history stays until it is erased.

        Raises:
            NotFound: When there is no such pattern.
        """
        self._storage.delete_pattern(self._namespace, id_text(pattern_id), self._actor, self._now())

    def erase(self, pattern_id: UUID | str) -> Erasure:
        """Remove a pattern and all that was kept about it so that its bytes are gone, and prove it.

        Also erases what is left of a pattern that was deleted.

        Raises:
            NotFound: When there is neither the pattern nor any trace of it.
            Busy: When a reader holds the log back; the pattern is gone, erase again to finish.
        """
        return self._storage.erase_pattern(self._namespace, id_text(pattern_id))

    # Outcomes and history

    def record_outcome(
        self,
        *,
        pattern: UUID | str,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome:
        """Keep what came of using a pattern and give its standing.

        Args:
            pattern: The pattern used.
            success: True, False, or None when it is not known.
            score: Instead of `success`, how well it went, 0 to 1.
            source: Who says so: ``test``, ``environment`` and ``human`` confirm; ``caller``
                reports; ``agent`` judges itself.
            evidence: What shows it, such as ``{"exit_code": 0}``; at most 64 kB of JSON.

        Raises:
            InvalidInput: Naming the argument.
            NotFound: When there is no such pattern.
        """
        pattern_id = id_text(pattern, "pattern")
        kind, known_score = checked_outcome(success, score)
        found: list[Redaction] = []
        shown = self._evidence(evidence, found)
        report_redactions(found)
        now_ms = self._clock()
        outcome = Outcome(
            id=new_id(now_ms, self._random_bytes),
            pattern_id=UUID(pattern_id),
            kind=kind,
            score=known_score,
            source=checked_source(source),
            evidence=shown,
            actor=self._actor,
            at=format_timestamp(now_ms),
        )
        return self._storage.record_outcome(self._namespace, outcome)

    def reliability(self, pattern_id: UUID | str) -> Reliability:
        """Give how often a pattern works, as far as its outcomes tell (see `Reliability`)."""
        return self._storage.reliability(self._namespace, id_text(pattern_id))

    def outcomes(self, pattern_id: UUID | str) -> list[Outcome]:
        """Give the outcomes recorded for a pattern, oldest first."""
        return self._storage.outcomes(self._namespace, id_text(pattern_id))

    def history(self, pattern_id: UUID | str) -> list[PatternChange]:
        """Give every change of a pattern, its creation first; also after it was deleted."""
        return self._storage.history(self._namespace, id_text(pattern_id))

    def observations(self, pattern_id: UUID | str) -> list[Observation]:
        """Give the stores that were merged into a pattern, as they were given, oldest first."""
        return self._storage.observations(self._namespace, id_text(pattern_id))

    # Moving

    def export_jsonl(self, file: TextOrBytes) -> int:
        """Write every pattern of the namespace, with all that is kept about it; give how many.

        Args:
            file: Open for writing text or bytes. The export shows one moment, however long it
                takes; memory use does not grow with the bank.
        """
        return moving.export(self._storage, self._namespace, file, self._now())

    def restore_jsonl(
        self, file: TextOrBytes, *, progress: Callable[[int], None] | None = None
    ) -> TransferReport:
        """Put an export back, every field as it was; run again, it leaves equal patterns alone.

        Args:
            file: Open for reading text or bytes.
            progress: Called with the number of lines read so far.

        Raises:
            InvalidInput: Naming the line and the field; the lines before it are in.
            Conflict: When a pattern is there already and differs.
        """
        return moving.restore(self._storage, self._namespace, self._vectors, file, progress)

    def import_jsonl(
        self,
        file: TextOrBytes,
        *,
        origin: str = "import",
        on_invalid: OnInvalid = "raise",
        progress: Callable[[int], None] | None = None,
    ) -> TransferReport:
        """Take foreign patterns in: exports of other banks, or objects with a pattern's fields.

        Their trust becomes ``imported``, whatever they claim; the claims go to
        ``metadata.provenance``. Equal patterns are merged.

        Args:
            file: Open for reading text or bytes.
            origin: Where they come from, noted in the provenance.
            on_invalid: ``raise`` at the first line that cannot be taken, or ``skip`` and report it.
            progress: Called with the number of lines read so far.

        Raises:
            InvalidInput: Naming the line and the field; the lines before it are in.
        """
        checked_line(origin, "origin", limits.ACTOR_BYTES)
        return moving.import_lines(self._store_batch, file, origin, on_invalid, progress)

    def reembed(self, *, progress: Callable[[int, int], None] | None = None) -> Reembedded:
        """Move the namespace to the embedder this bank was opened with.

        New vectors are made beside the old ones, a batch at a time; when none is missing, searches
        switch over in one step. Stopped half-way, it goes on where it was when called again.

        Args:
            progress: Called with the number of patterns looked at and the number there are.
        """
        total = self.get_stats().total_patterns
        return moving.reembed(self._storage, self._namespace, self._vectors, total, progress)

    def check(self, *, full: bool = True) -> list[Finding]:
        """Look for damage and risks; `full` also recomputes every checksum."""
        return self._storage.check(full=full)

    # Closing

    def close(self) -> None:
        """Let go of the file and of memory; calling it again does nothing."""
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _now(self) -> str:
        return format_timestamp(self._clock())

    @staticmethod
    def _one_input(pattern: PatternInput | None, fields: dict[str, object]) -> PatternInput:
        if pattern is None:
            return as_input(fields)
        if fields:
            raise InvalidInput("must not be given beside a whole pattern", field=next(iter(fields)))
        return as_input(pattern)

    @staticmethod
    def _evidence(given: object, found: list[Redaction]) -> JsonObject:
        """Give the evidence of an outcome without the secrets in it, which go to `found`."""
        if given is None:
            return {}
        plain = dict(given) if isinstance(given, Mapping) else given
        shown = checked_json_object(plain, "evidence", limits.EVIDENCE_BYTES)
        shown = redacted_object(shown, "evidence", found)
        # What stands in for a secret may be longer than it.
        return checked_json_object(shown, "evidence", limits.EVIDENCE_BYTES) if found else shown

    def _embedded(self, drafts: list[Draft], given: Vectors | None) -> list[bytes]:
        if given is not None:
            return self._vectors.given(given, len(drafts))
        return self._vectors.of_documents([draft.pattern.task_description for draft in drafts])

    def _store_batch(self, patterns: list[PatternInput]) -> list[str]:
        """Store a batch of an import and give what became of each."""
        drafts = self._drafting.drafts(patterns, "merge")
        new = [
            draft.with_vector(vector, self._actor)
            for draft, vector in zip(drafts, self._embedded(drafts, None), strict=True)
        ]
        stored = self._storage.store_patterns(new, self._vectors.model, StoreOptions())
        return [status for _, status in stored]
