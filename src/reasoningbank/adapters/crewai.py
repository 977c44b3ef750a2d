"""Storage of CrewAI's memory in a bank: one file, and what a crew remembers can be recalled elsewhere too."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from typing import Any

from reasoningbank.adapters.keyed_patterns import Item, KeyedPatterns
from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.bank import ReasoningBank
from reasoningbank.domain.errors import EmbeddingMismatch

try:
    from crewai.memory.types import MemoryRecord, ScopeInfo
except ImportError as error:
    raise framework_missing("crewai", error) from error

_MARK = "crewai"
_VECTOR = "vector"


class ReasoningBankStorage:
    """Give CrewAI's `Memory` a storage backend that keeps its records in a bank.

    A record is a pattern: its content is the task description and the strategy, so `recall` finds it,
    and its scope ``/team/backend`` the category ``crewai/team/backend``. CrewAI asks with vectors of
    its own embedder; these are kept beside the record and compared exactly, record by record.

    Secrets are taken out as of everything a bank keeps. A scope holds at most 10,000 records. A
    deleted record's history stays until `ReasoningBank.erase`.

    >>> from crewai.memory.types import MemoryRecord
    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     storage = ReasoningBankStorage(bank)  # for crewai.Memory(storage=storage)
    ...     storage.save([MemoryRecord(content="Slashes matter.", scope="/api", embedding=[1.0])])
    ...     [(record, score)] = storage.search([1.0], scope_prefix="/api")
    ...     record.content, score
    ('Slashes matter.', 1.0)

    Args:
        bank: Where records are kept.
    """

    def __init__(self, bank: ReasoningBank) -> None:
        self.bank = bank
        self._items = KeyedPatterns(bank, _MARK)

    def save(self, records: list[MemoryRecord]) -> None:
        """Keep records, each in place of the one that has its id in its scope."""
        for record in records:
            kept = record.model_dump(mode="json")
            if record.embedding is not None:
                kept[_VECTOR] = _packed(record.embedding)
            self._items.put(
                _path(record.scope), record.id, kept, about=record.content, strategy=record.content
            )

    def update(self, record: MemoryRecord) -> None:
        """Keep a record in place of the one that has its id, in whichever scope."""
        before = self._found(record.id)
        if record.embedding is None and before is not None:
            record = record.model_copy(update={"embedding": _record(before).embedding})
        self.save([record])
        if before is not None and before.path != _path(record.scope):
            self._items.delete(before.path, before.key)

    def search(
        self,
        query_embedding: list[float],
        scope_prefix: str | None = None,
        categories: list[str] | None = None,
        metadata_filter: dict[str, Any] | None = None,
        limit: int = 10,
        min_score: float = 0.0,
    ) -> list[tuple[MemoryRecord, float]]:
        """Give the records whose vectors are nearest, with the cosine, best first.

        Raises:
            EmbeddingMismatch: When records were embedded in another dimension.
        """
        import numpy as np

        chosen = [
            record
            for record in self._records(scope_prefix)
            if record.embedding and _fits(record, categories, metadata_filter)
        ]
        if not chosen or limit < 1:
            return []
        for record in chosen:
            if len(record.embedding or ()) != len(query_embedding):
                raise _mismatch(len(record.embedding or ()), len(query_embedding))
        vectors = np.asarray([record.embedding for record in chosen], np.float32)
        asked = np.asarray(query_embedding, np.float32)
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(asked)
        scores = np.divide(
            vectors @ asked, lengths, out=np.zeros(len(chosen), np.float32), where=lengths > 0
        )
        found = [
            (chosen[position], float(scores[position]))
            for position in np.argsort(-scores, kind="stable")
            if scores[position] >= min_score
        ]
        return found[:limit]

    def delete(
        self,
        scope_prefix: str | None = None,
        categories: list[str] | None = None,
        record_ids: list[str] | None = None,
        older_than: datetime | None = None,
        metadata_filter: dict[str, Any] | None = None,
    ) -> int:
        """Delete the records that meet every criterion given, and say how many."""
        wanted = None if record_ids is None else set(record_ids)
        deleted = 0
        for item in list(self._kept(scope_prefix)):
            record = _record(item)
            if (
                (wanted is None or record.id in wanted)
                and _fits(record, categories, metadata_filter)
                and (older_than is None or _utc(record.created_at) < _utc(older_than))
            ):
                deleted += self._items.delete(item.path, item.key)
        return deleted

    def get_record(self, record_id: str) -> MemoryRecord | None:
        """Give the record with an id, or None; looks through the scopes until it is found."""
        found = self._found(record_id)
        return None if found is None else _record(found)

    def list_records(
        self, scope_prefix: str | None = None, limit: int = 200, offset: int = 0
    ) -> list[MemoryRecord]:
        """Give the records at a scope and below it, newest first."""
        if limit <= 0 or offset < 0:
            return []
        found = list(self._records(scope_prefix))
        found.sort(key=lambda record: _utc(record.created_at), reverse=True)
        return found[offset : offset + limit]

    def get_scope_info(self, scope: str) -> ScopeInfo:
        """Give the number, categories, dates and child scopes of what is at a scope and below it."""
        found = list(self._records(scope))
        times = sorted((record.created_at for record in found), key=_utc)
        return ScopeInfo(
            path="/" + "/".join(_path(scope)[1:]),
            record_count=len(found),
            categories=sorted({name for record in found for name in record.categories}),
            oldest_record=times[0] if times else None,
            newest_record=times[-1] if times else None,
            child_scopes=self.list_scopes(scope),
        )

    def list_scopes(self, parent: str = "/") -> list[str]:
        """Give the scopes right below one."""
        start = _path(parent)
        below = {
            path[: len(start) + 1]
            for path in self._items.paths()
            if path[: len(start)] == start and len(path) > len(start)
        }
        return sorted("/" + "/".join(path[1:]) for path in below)

    def list_categories(self, scope_prefix: str | None = None) -> dict[str, int]:
        """Give the categories of the records at a scope and below it, with how many have each."""
        return dict(
            Counter(name for record in self._records(scope_prefix) for name in record.categories)
        )

    def count(self, scope_prefix: str | None = None) -> int:
        """Count the records at a scope and below it."""
        return sum(1 for _ in self._kept(scope_prefix))

    def reset(self, scope_prefix: str | None = None) -> None:
        """Delete every record at a scope and below it; patterns of other kinds stay."""
        self.delete(scope_prefix)

    async def asave(self, records: list[MemoryRecord]) -> None:
        """Do what `save` does, in a thread."""
        await asyncio.to_thread(self.save, records)

    async def asearch(
        self,
        query_embedding: list[float],
        scope_prefix: str | None = None,
        categories: list[str] | None = None,
        metadata_filter: dict[str, Any] | None = None,
        limit: int = 10,
        min_score: float = 0.0,
    ) -> list[tuple[MemoryRecord, float]]:
        """Do what `search` does, in a thread."""
        search = partial(self.search, query_embedding, scope_prefix, categories, metadata_filter)
        return await asyncio.to_thread(search, limit, min_score)

    async def adelete(
        self,
        scope_prefix: str | None = None,
        categories: list[str] | None = None,
        record_ids: list[str] | None = None,
        older_than: datetime | None = None,
        metadata_filter: dict[str, Any] | None = None,
    ) -> int:
        """Do what `delete` does, in a thread."""
        delete = partial(self.delete, scope_prefix, categories, record_ids, older_than)
        return await asyncio.to_thread(delete, metadata_filter)

    def _kept(self, scope: str | None) -> Iterator[Item]:
        return (item for item in self._items.under(_path(scope)) if item.kept is not None)

    def _records(self, scope: str | None) -> Iterator[MemoryRecord]:
        return map(_record, self._kept(scope))

    def _found(self, record_id: str) -> Item | None:
        return next((item for item in self._kept(None) if item.key == record_id), None)


def _path(scope: str | None) -> tuple[str, ...]:
    return (_MARK, *(part for part in (scope or "").split("/") if part))


def _record(item: Item) -> MemoryRecord:
    import numpy as np

    fields = dict(item.kept or {})
    packed = fields.pop(_VECTOR, None)
    fields.pop("key", None)
    record = MemoryRecord.model_validate(fields)
    if packed is not None:
        vector: list[float] = np.frombuffer(b64decode(str(packed)), "<f4").tolist()
        record.embedding = vector
    return record


def _packed(vector: list[float]) -> str:
    """Give a vector as text: as base64 of float32 a third of what JSON numbers take."""
    import numpy as np

    return b64encode(np.asarray(vector, "<f4").tobytes()).decode()


def _fits(
    record: MemoryRecord, categories: list[str] | None, metadata: dict[str, Any] | None
) -> bool:
    if categories and not set(categories) & set(record.categories):
        return False
    return all(record.metadata.get(name) == value for name, value in (metadata or {}).items())


def _utc(time: datetime) -> datetime:
    """Give a time that can be compared; CrewAI's own say UTC without saying so."""
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _mismatch(stored: int, given: int) -> EmbeddingMismatch:
    return EmbeddingMismatch(
        f"holds vectors of dimension {stored}, and this one has {given}",
        stored=f"dimension {stored}",
        given=f"dimension {given}",
        field="query_embedding",
        hint="Give the memory the embedder it had before, or save its records again.",
    )
