"""Saving what can be read of a damaged bank file into a new one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from reasoningbank.domain.copies import (
    ConsolidationCopy,
    Copy,
    Hold,
    KeptAnswer,
    KeptVector,
    ModelCopy,
    PatternCopy,
    RecallCopy,
    TrajectoryCopy,
)
from reasoningbank.domain.errors import Conflict, InvalidInput, ReasoningBankError
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.domain.trajectory import PatternLink
from reasoningbank.storage.sql import consolidations, copies, reading, recalls, trajectories
from reasoningbank.storage.sql.rows import STORED_COLUMNS, stored_from_row
from reasoningbank.storage.sql.verification import is_sound_vector, verified_row
from reasoningbank.storage.sqlite import open_file
from reasoningbank.storage.sqlite.backend import SqliteStorage
from reasoningbank.storage.sqlite.creation import put_in_place, reserved_beside
from reasoningbank.storage.sqlite.damaged_copy import DAMAGE, pages_of, readable_copy, upgrade
from reasoningbank.storage.sqlite.salvage import readable

_BATCH: Final = 100
# From the front, from the back and along the indexes: each leads around damage that stops another.
_WAYS: Final = {
    "patterns": (
        "SELECT rowid, namespace, id FROM patterns NOT INDEXED ORDER BY rowid",
        "SELECT rowid, namespace, id FROM patterns NOT INDEXED ORDER BY rowid DESC",
        "SELECT rowid, namespace, id FROM patterns INDEXED BY sqlite_autoindex_patterns_1",
        (
            "SELECT rowid, namespace, id FROM patterns INDEXED BY sqlite_autoindex_patterns_1 "
            "ORDER BY namespace DESC, id DESC"
        ),
    ),
    **{
        table: (
            f"SELECT rowid, namespace, id FROM {table} NOT INDEXED ORDER BY rowid",  # noqa: S608
            f"SELECT rowid, namespace, id FROM {table} NOT INDEXED ORDER BY rowid DESC",  # noqa: S608
        )
        for table in ("trajectories", "recalls", "consolidations")
    },
    "pattern_history": ("SELECT rowid, namespace, pattern_id FROM pattern_history",),
}
_ROW: Final = f"SELECT {STORED_COLUMNS} FROM patterns WHERE rowid = ?"  # noqa: S608 - constants


class LostThing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that could not be saved as a whole.

    Args:
        kind: What it is: pattern, trajectory, recall, consolidation, model or pages.
        id: Its id, or the number of its row where not even that can be read; of pages the first and
            the last.
        namespace: Its tenant, or empty.
        saved: Whether the thing itself was saved and only notes about it were lost.
        reason: What was wrong.
    """

    kind: str
    id: str
    namespace: str
    saved: bool
    reason: str


class RecoveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """Say what was saved of a damaged bank, and what was not.

    Args:
        path: The new bank.
        saved: How many of each kind were saved.
        lost: What was not, or not as a whole.
        without_vector: How many patterns lack a sound vector, by namespace.
        notes: What had to be mended before anything could be read.
    """

    path: str
    saved: dict[str, int]
    lost: tuple[LostThing, ...]
    without_vector: dict[str, int]
    notes: tuple[str, ...] = ()


def recover(
    damaged: Path, new: Path, progress: Callable[[str, int], None] | None = None
) -> RecoveryReport:
    """Save what can be read of a damaged bank file into a new one; the damaged file stays as it is.

    A row is saved where its checksum agrees; its vectors where theirs do. The file's header is
    written anew in the copy that is read where it is lost, and pages that are missing are skipped.

    Args:
        damaged: The file, which no program has open.
        new: A file that is not there yet.
        progress: Called with a kind and how many of it were read.

    Raises:
        Conflict: When `new` is there already.
        InvalidInput: When nothing in the file is a bank's.
    """
    damaged, new = Path(os.path.realpath(damaged)), Path(os.path.realpath(new))
    if new.exists():
        raise Conflict("is there already", path=str(new), hint="Name a new file.")
    if not damaged.is_file() or damaged.stat().st_size == 0:
        raise InvalidInput(
            "is empty or no file, so nothing can be saved", field=str(damaged),
            hint="Restore a backup.",
        )  # fmt: skip
    new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with reserved_beside(new) as work, reserved_beside(new) as building:
        notes = readable_copy(damaged, work)
        building.unlink()
        connection = apsw.Connection(str(work))
        try:
            connection.execute("PRAGMA writable_schema=ON")
            upgrade(connection)
            saving = _Saving(connection, building, progress)
            saving.miss_pages(damaged)
            report = saving.report(new, notes)
        finally:
            connection.close()
            for end in ("-wal", "-shm"):
                work.with_name(work.name + end).unlink(missing_ok=True)
        if not put_in_place(building, new):
            raise Conflict("is there already", path=str(new), hint="Name a new file.")
    return report


class _Saving:
    """Read a damaged bank and write a new one, and keep account of both."""

    def __init__(
        self,
        connection: apsw.Connection,
        building: Path,
        progress: Callable[[str, int], None] | None,
    ) -> None:
        self._connection = connection
        self._building = building
        self._progress = progress
        self._saved: Counter[str] = Counter()
        self._lost: list[LostThing] = []
        self._without_vector: Counter[str] = Counter()

    def miss_pages(self, damaged: Path) -> None:
        """Note the pages that are cut off, for nobody knows what stood there."""
        there, said = pages_of(damaged)
        if there < said:
            reason = f"the file is cut off there, at {there:,} of {said:,} pages"
            self._note("pages", f"{there + 1} to {said}", "", reason, saved=False)

    def report(self, new: Path, notes: tuple[str, ...]) -> RecoveryReport:
        """Save everything and say what became of it."""
        storage = open_file(self._building, "recovery")
        try:
            self._save_models(storage)
            self._save(storage, "trajectory", "trajectories", self._trajectory)
            self._save(storage, "pattern", "patterns", self._pattern)
            self._save(storage, "pattern", "pattern_history", self._history)
            self._save(storage, "recall", "recalls", self._recall)
            self._save(storage, "consolidation", "consolidations", self._consolidation)
        finally:
            storage.close()
        return RecoveryReport(
            path=str(new),
            saved=dict(self._saved),
            lost=tuple(self._lost),
            without_vector=dict(self._without_vector),
            notes=notes,
        )

    def _save_models(self, storage: SqliteStorage) -> None:
        """Save by which model each namespace is searched; where that is lost, `reembed` tells it anew."""
        models, whole = readable(
            (str(namespace), EmbeddingModel(str(name), int(dimension), str(version)))
            for namespace, name, dimension, version in self._each(
                "SELECT n.namespace, m.name, m.dimension, m.version FROM namespaces n "
                "JOIN embedding_models m ON m.model = n.model"
            )
        )
        if not whole:
            self._note("model", "of every namespace", "", "cannot be read", saved=False)
        for namespace, model in models:
            try:
                storage.put_copies(namespace, [ModelCopy(model=model)])
            except ReasoningBankError as error:
                self._note("model", model.name, namespace, str(error), saved=False)

    def _save(
        self,
        storage: SqliteStorage,
        kind: str,
        table: str,
        copy_of: Callable[[int, str, str], Copy | None],
    ) -> None:
        batch: dict[str, list[Copy]] = {}
        for count, (number, namespace, one) in enumerate(self._rows(table), start=1):
            try:
                copy = copy_of(number, namespace, one)
            except DAMAGE as error:
                self._note(kind, one or f"row {number}", namespace, f"{error}", saved=False)
                continue
            if copy is None:
                continue
            batch.setdefault(namespace, []).append(copy)
            if sum(map(len, batch.values())) >= _BATCH:
                self._put(storage, kind, batch)
                if self._progress is not None:
                    self._progress(kind, count)
        self._put(storage, kind, batch)

    def _put(self, storage: SqliteStorage, kind: str, batch: dict[str, list[Copy]]) -> None:
        for namespace, found in batch.items():
            try:
                storage.put_copies(namespace, found)
                self._saved[kind] += len(found)
            except ReasoningBankError:
                for copy in found:
                    try:
                        storage.put_copies(namespace, [copy])
                        self._saved[kind] += 1
                    except ReasoningBankError as error:
                        self._note(kind, copy.id, namespace, str(error), saved=False)
        batch.clear()

    def _rows(self, table: str) -> Iterator[tuple[int, str, str]]:
        """Give (row number, namespace, id) of every row that any way leads to, each once."""
        seen: dict[int, tuple[str, str]] = {}
        for way in _WAYS[table]:
            try:
                for number, namespace, one in self._connection.execute(way):
                    seen.setdefault(int(number), (str(namespace), str(one)))
            except DAMAGE:
                continue  # the other ways may lead further
        for number, (namespace, one) in sorted(seen.items()):
            yield number, namespace, one

    def _pattern(self, number: int, namespace: str, pattern_id: str) -> PatternCopy:
        rows = self._connection.execute(_ROW, (number,)).fetchall()
        stored = stored_from_row(verified_row(rows[0]))
        # The row says whose it is; what led here may have been damaged.
        pattern_id = str(stored.pattern.id)
        copy, whole = self._surroundings(stored.pattern.namespace, pattern_id)
        vectors, vectors_whole = self._vectors(stored.pattern.namespace, pattern_id)
        if not whole:
            self._note("pattern", pattern_id, namespace, "notes about it are damaged", saved=True)
        if not vectors_whole or not vectors:
            self._without_vector[namespace] += 1
        return msgspec.structs.replace(
            copy,
            pattern=stored.pattern,
            created_by=stored.created_by,
            kept=stored.kept,
            vectors=vectors,
        )

    def _history(self, number: int, namespace: str, pattern_id: str) -> PatternCopy | None:
        """Give what is left of a pattern that was deleted; others are saved with their history."""
        known = self._connection.execute(
            "SELECT 1 FROM patterns WHERE namespace = ? AND id = ?", (namespace, pattern_id)
        ).fetchone()
        first = self._connection.execute(
            "SELECT MIN(rowid) FROM pattern_history WHERE namespace = ? AND pattern_id = ?",
            (namespace, pattern_id),
        ).fetchone()
        if known is not None or first != (number,):
            return None
        copy, whole = self._surroundings(namespace, pattern_id)
        if not copy.history or copy.history[-1].kind != "deleted":
            self._note("pattern", pattern_id, namespace, "only its history is left", saved=False)
        elif not whole:
            self._note("pattern", pattern_id, namespace, "notes about it are damaged", saved=True)
        return copy

    def _surroundings(self, namespace: str, pattern_id: str) -> tuple[PatternCopy, bool]:
        """Give everything readable about a pattern but its row and vectors, and whether that is all."""
        of_it = (namespace, pattern_id)
        parts = {
            "history": readable(reading.history(self._connection, *of_it)),
            "observations": readable(reading.observations(self._connection, *of_it)),
            "outcomes": readable(reading.outcomes(self._connection, *of_it)),
            "links": readable(
                msgspec.convert(
                    dict(zip(("source_id", "target_id", "kind", "actor", "at"), row, strict=True)),
                    PatternLink,
                )
                for row in self._each(copies.LINKS_FROM, of_it)
            ),
            "holds": readable(
                msgspec.convert(
                    dict(zip(("kind", "source", "actor", "at"), row, strict=True)), Hold
                )
                for row in self._each(copies.HOLDS, of_it)
            ),
            "answers": readable(
                KeptAnswer(key=key, fingerprint=fingerprint, at=at)
                for key, fingerprint, at in self._each(copies.ANSWERS, of_it)
            ),
        }
        copy = PatternCopy(id=pattern_id, **{name: part for name, (part, _) in parts.items()})  # type: ignore[arg-type]
        return copy, all(whole for _, whole in parts.values())

    def _each(self, sql: str, values: tuple[str, ...] = ()) -> Iterator[Any]:
        """Run a question when its first row is asked for, so that its failing is the reader's."""
        yield from self._connection.execute(sql, values)

    def _vectors(self, namespace: str, pattern_id: str) -> tuple[tuple[KeptVector, ...], bool]:
        rows, whole = readable(self._each(
            "SELECT m.name, m.dimension, m.version, e.embedding, e.checksum "
            "FROM pattern_embeddings e JOIN embedding_models m ON m.model = e.model "
            "WHERE e.namespace = ? AND e.pattern_id = ? ORDER BY m.name, m.dimension, m.version",
            (namespace, pattern_id),
        ))  # fmt: skip
        sound = [row for row in rows if is_sound_vector(row[3], row[1], row[4])]
        vectors = tuple(
            KeptVector(model=EmbeddingModel(str(name), int(dimension), str(version)), vector=vector)
            for name, dimension, version, vector, _ in sound
        )
        return vectors, whole and len(sound) == len(rows)

    def _trajectory(self, number: int, namespace: str, one: str) -> TrajectoryCopy:
        return copies.copy_of_trajectory(
            self._connection, namespace, one, trajectories.verified_from_row
        )

    def _recall(self, number: int, namespace: str, one: str) -> RecallCopy:
        found = recalls.find(self._connection, namespace, one)
        return RecallCopy(
            id=one,
            event=None if found is None else found[0],
            settled_at=None if found is None else found[1],
        )

    def _consolidation(self, number: int, namespace: str, one: str) -> ConsolidationCopy:
        return ConsolidationCopy(id=one, kept=consolidations.get(self._connection, namespace, one))

    def _note(self, kind: str, one: str, namespace: str, reason: str, *, saved: bool) -> None:
        self._lost.append(
            LostThing(kind=kind, id=one, namespace=namespace, saved=saved, reason=reason)
        )
