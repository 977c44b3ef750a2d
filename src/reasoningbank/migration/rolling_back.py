"""Back to the bank as it was before a migration, with what was written since kept in a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.bank import pattern_lines
from reasoningbank.bank.core import system_clock
from reasoningbank.bank.line_files import write_lines
from reasoningbank.domain.errors import Busy, NotFound
from reasoningbank.domain.identifiers import Clock
from reasoningbank.domain.records import PatternEdit, PatternRecord, TrajectoryRecord
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.learning import trajectory_lines
from reasoningbank.migration.converting import Show
from reasoningbank.migration.journal import Journal, Work
from reasoningbank.migration.places import place_of
from reasoningbank.migration.running import BACKUP, unseen
from reasoningbank.storage import StorageBackend, open_storage
from reasoningbank.storage.location import shown_url

TAKEN_BACK: Final = "taken-back.db"
_SNAPSHOT: Final = "as-it-stands.db"
_TRIES: Final = 20
_NOT_BROUGHT_BACK: Final = frozenset({"version", "updated_at"})


class RollbackReport(msgspec.Struct, frozen=True, kw_only=True):
    """What going back did.

    Args:
        run: The migration that was undone.
        target: The bank.
        patterns: How many patterns written since stand in `files`.
        experiences: How many experiences written since stand there.
        deleted: How many patterns deleted since are back.
        files: The exports, one for each namespace and kind; `restore` and `import` take them.
        kept: The bank as it was before going back, or None.
        removed: Whether there is no bank any more, since there was none before.
    """

    run: str
    target: str
    patterns: int
    experiences: int
    deleted: int
    files: tuple[str, ...]
    kept: str | None
    removed: bool


def roll_back(
    target: str | os.PathLike[str] | None = None,
    *,
    show: Show = unseen,
    clock: Clock = system_clock,
) -> RollbackReport:
    """Undo the last migration to a bank: it is exactly as it was before.

    What others wrote since is exported first. Called again, it undoes the migration before.

    Raises:
        NotFound: When no migration to this bank is left to be undone.
        Conflict: When the bank is in a rollout.
        Busy: When others write to the bank all the time, or have one open that is to go away.
    """
    path, url = place_of(target)
    shown = url if path is not None else shown_url(url)
    work = Work.beside(path, shown)
    if not work.directory.is_dir():
        raise _nothing(shown)
    with work.turn():
        runs = [known for known in work.journals() if known.step == "finished"]
        if not runs:
            raise _nothing(shown)
        journal = runs[-1]
        going = _GoingBack(journal, work.run(journal), clock)
        if path is None:
            report = going.rows_taken_out(url)
        elif journal.target_was_there:
            report = going.content_put_back(path, show)
        elif journal.way == "written directly":  # into a bank that others made meanwhile
            report = going.rows_taken_out(url)
        else:
            report = going.moved_away(path)
        journal.step = "rolled back"
        work.write(journal)
    return report


def _nothing(url: str) -> NotFound:
    return NotFound(
        f"{url} has no migration that could be undone",
        hint="Backups stand beside a bank, in a directory named after it.",
    )


class _GoingBack:
    """Undo one run."""

    def __init__(self, journal: Journal, directory: Path, clock: Clock) -> None:
        self._journal = journal
        self._directory = directory
        self._clock = clock
        self._files: list[str] = []
        self._patterns = self._experiences = self._deleted = 0

    def content_put_back(self, path: Path, show: Show) -> RollbackReport:
        """Write the backup's content into the bank, which others may have open."""
        from reasoningbank.storage.sqlite.replacing import WatchedBank

        snapshot = self._directory / _SNAPSHOT
        with WatchedBank(path) as watched:
            for _ in range(_TRIES):
                snapshot.unlink(missing_ok=True)
                watched.copy(snapshot)
                self._export_since(snapshot, self._directory / BACKUP)
                show("going back", 0, 1)
                if watched.put(self._directory / BACKUP):
                    show("going back", 1, 1)
                    break
            else:
                raise Busy(
                    "is written to all the time, so what was written since cannot be told",
                    path=str(path),
                    hint="Stop its writers and try again; nothing was changed.",
                )
        snapshot.replace(self._directory / TAKEN_BACK)
        return self._report(self._directory / TAKEN_BACK)

    def moved_away(self, path: Path) -> RollbackReport:
        """Move a bank away that was not there before."""
        from reasoningbank.storage.sqlite.replacing import move_away

        kept = self._directory / TAKEN_BACK
        move_away(path, kept)
        self._export_since(kept, None)
        return self._report(kept)

    def rows_taken_out(self, url: str) -> RollbackReport:
        """Take out of a bank what the run brought, where there is no backup of its files."""
        storage = open_storage(url)
        try:
            namespace, actor = self._journal.namespace, self._journal.actor
            touched = (
                record
                for record in storage.records(namespace)
                if record.created_by == actor and _by_others(record, None, actor)
            )
            self._write_patterns(namespace, touched)
            take_out(storage, namespace, actor, format_timestamp(self._clock()))
        finally:
            storage.close()
        return self._report(None)

    def _export_since(self, now: Path, before: Path | None) -> None:
        from reasoningbank.storage.sqlite.namespaces import namespaces_of

        self._files.clear()
        self._patterns = self._experiences = self._deleted = 0
        storage = open_storage(now)
        earlier = open_storage(before) if before is not None else None
        try:
            for namespace in namespaces_of(now):
                self._write_patterns(namespace, self._patterns_since(storage, earlier, namespace))
                self._write_experiences(namespace, storage, earlier)
        finally:
            storage.close()
            if earlier is not None:
                earlier.close()

    def _patterns_since(
        self, storage: StorageBackend, earlier: StorageBackend | None, namespace: str
    ) -> Iterator[PatternRecord]:
        """Give what differs from the backup by others than the run; both come in the order of ids."""
        actor = self._journal.actor
        before = iter(()) if earlier is None else earlier.records(namespace)
        known = next(before, None)
        for record in storage.records(namespace):
            while known is not None and str(known.pattern.id) < str(record.pattern.id):
                self._deleted += 1
                known = next(before, None)
            base = None
            if known is not None and known.pattern.id == record.pattern.id:
                base, known = known, next(before, None)
            if _by_others(record, base, actor):
                yield record
        while known is not None:
            self._deleted += 1
            known = next(before, None)

    def _write_patterns(self, namespace: str, records: Iterable[PatternRecord]) -> None:
        file = self._file(namespace, "patterns")
        now = format_timestamp(self._clock())
        with file.open("wb") as out:
            written = write_lines(
                out,
                pattern_lines.header_line(namespace, now),
                map(pattern_lines.record_line, records),
            )
        self._keep(file, written)
        self._patterns += written

    def _write_experiences(
        self, namespace: str, storage: StorageBackend, earlier: StorageBackend | None
    ) -> None:
        file = self._file(namespace, "experiences")
        before = {} if earlier is None else _experiences(earlier, namespace)

        def written_since(record: TrajectoryRecord) -> bool:
            if before.get(str(record.trajectory.id)) == _mark(record):
                return False
            brought = record.trajectory.actor == self._journal.actor
            return not brought or record.trajectory.state not in {"pending", "judged"}

        records = filter(written_since, storage.trajectory_records(namespace))
        header = trajectory_lines.header_line(namespace, format_timestamp(self._clock()))
        with file.open("wb") as out:
            written = write_lines(out, header, map(trajectory_lines.record_line, records))
        self._keep(file, written)
        self._experiences += written

    def _file(self, namespace: str, kind: str) -> Path:
        safe = "".join(letter if letter.isalnum() else "-" for letter in namespace)[:40]
        number = 1
        while True:
            suffix = "" if number == 1 else f"-{number}"
            path = self._directory / f"written-since-{safe}{suffix}-{kind}.jsonl"
            if str(path) not in self._files:
                return path
            number += 1

    def _keep(self, file: Path, written: int) -> None:
        if written:
            self._files.append(str(file))
        else:
            file.unlink()

    def _report(self, kept: Path | None) -> RollbackReport:
        return RollbackReport(
            run=self._journal.run,
            target=self._journal.target,
            patterns=self._patterns,
            experiences=self._experiences,
            deleted=self._deleted,
            files=tuple(self._files),
            kept=None if kept is None else str(kept),
            removed=kept is not None and not self._journal.target_was_there,
        )


def _experiences(storage: StorageBackend, namespace: str) -> dict[str, str]:
    return {
        str(record.trajectory.id): _mark(record) for record in storage.trajectory_records(namespace)
    }


def _mark(record: TrajectoryRecord) -> str:
    """Give what changes about an experience, which itself never does."""
    kept = record.trajectory
    return f"{kept.state} {kept.verdict} {kept.note} {len(record.links)} {len(record.withheld)}"


def _by_others(record: PatternRecord, base: PatternRecord | None, actor: str) -> bool:
    """Give whether a pattern was made or changed by others than the run since the backup."""
    if base is None and record.created_by != actor:
        return True
    known = () if base is None else _actors(base)
    return any(who != actor for who in (Counter(_actors(record)) - Counter(known)))


def _actors(record: PatternRecord) -> tuple[str, ...]:
    """Give who noted what about a pattern, one entry a note."""
    return (
        *(change.actor for change in record.history),
        *(seen.actor for seen in record.observations),
        *(outcome.actor for outcome in record.outcomes),
    )


def take_out(storage: StorageBackend, namespace: str, actor: str, now: str) -> int:
    """Take out of a bank all that one run brought; give how many patterns and experiences.

    What it brought is erased, so that bringing it again is not taken for a repeat. Patterns of
    others that it was merged into get back what they held before, unless somebody has changed
    them since.
    """
    brought: list[str] = []
    merged: list[PatternRecord] = []
    for record in storage.records(namespace):
        if record.created_by == actor:
            brought.append(str(record.pattern.id))
        elif record.history and record.history[-1].actor == actor:
            merged.append(record)
    for record in merged:
        _unmerge(storage, namespace, record, actor, now)
    for pattern_id in brought:
        storage.erase_pattern(namespace, pattern_id)
    experiences = [
        str(kept.trajectory.id)
        for kept in storage.trajectory_records(namespace)
        if kept.trajectory.actor == actor
    ]
    for trajectory_id in experiences:
        storage.erase_trajectory(namespace, trajectory_id)
    return len(brought) + len(experiences)


def _unmerge(
    storage: StorageBackend, namespace: str, record: PatternRecord, actor: str, now: str
) -> None:
    values: dict[str, object] = {}
    for change in reversed(record.history):
        if change.actor != actor:
            break
        values.update(
            {name: old for name, old in change.before.items() if name not in _NOT_BROUGHT_BACK}
        )
    if not values:
        return
    values.pop("task_description", None)  # equal up to spelling, and with its vector
    tags = values.get("tags")
    if isinstance(tags, list):
        values["tags"] = tuple(tags)
    edit = PatternEdit(values=values, vector=None, if_version=None, actor=actor, at=now)
    storage.edit_pattern(namespace, str(record.pattern.id), edit, None)
