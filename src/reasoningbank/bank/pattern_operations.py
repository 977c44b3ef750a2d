"""Storing, reading and changing patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast
from uuid import UUID

from reasoningbank.bank.core import BankCore
from reasoningbank.bank.drafting import as_input, report_redactions
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import id_text
from reasoningbank.domain.pattern import (
    Erasure,
    OnDuplicate,
    Pattern,
    PatternInput,
    SimilarPattern,
    StorageStats,
    Stored,
)
from reasoningbank.domain.records import PatternEdit, SimilarityQuery, StoreOptions
from reasoningbank.domain.validation import (
    checked_changes,
    checked_count,
    checked_line,
    checked_number,
    checked_on_duplicate,
    checked_query,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from reasoningbank.bank.fields import PatternChanges, PatternFields
    from reasoningbank.embedding.protocol import Vectors


class PatternOperations(BankCore):
    """Store, find, change and remove patterns."""

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
        return self._put(given, on_duplicate, idempotency_key, None).id

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
        return self._put(as_input(pattern), on_duplicate, idempotency_key, vector)

    def _put(
        self,
        given: PatternInput,
        on_duplicate: OnDuplicate,
        idempotency_key: str | None,
        vector: Vectors | None,
    ) -> Stored:
        checked_on_duplicate(on_duplicate)
        if idempotency_key is not None:
            checked_line(idempotency_key, "idempotency_key", limits.IDEMPOTENCY_KEY_BYTES)
        draft = self._drafting.draft(given, on_duplicate)
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
        self._note_stored(1)
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
        self._note_stored(len(stored))
        return [
            draft.pattern.id if status == "created" else UUID(pattern_id)
            for draft, (pattern_id, status) in zip(drafts, stored, strict=True)
        ]

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
            SimilarityQuery(
                namespace=self._namespace,
                model=self._vectors.model,
                vector=self._vectors.of_query(task_description),
                k=top_k,
                category=category,
                min_similarity=min_similarity,
                now_ms=self._clock(),
            )
        )

    def get_stats(self) -> StorageStats:
        """Count the namespace and say where and how the bank is kept."""
        return self._storage.get_stats(self._namespace, self._now())

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
        self._storage.delete_pattern(self._namespace, id_text(pattern_id), self._stamp())

    def erase(self, pattern_id: UUID | str) -> Erasure:
        """Remove a pattern and all that was kept about it so that its bytes are gone, and prove it.

        Also erases what is left of a pattern that was deleted.

        Raises:
            NotFound: When there is neither the pattern nor any trace of it.
            Busy: When a reader holds the log back; the pattern is gone, erase again to finish.
        """
        return self._storage.erase_pattern(self._namespace, id_text(pattern_id))

    @staticmethod
    def _one_input(pattern: PatternInput | None, fields: dict[str, object]) -> PatternInput:
        if pattern is None:
            return as_input(fields)
        if fields:
            raise InvalidInput("must not be given beside a whole pattern", field=next(iter(fields)))
        return as_input(pattern)
