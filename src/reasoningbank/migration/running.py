"""A migration from beginning to end: each step is kept, and can be repeated after any bad stop."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from reasoningbank.bank.core import system_clock
from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain import limits
from reasoningbank.domain.errors import (
    InvalidInput,
    Unavailable,
)
from reasoningbank.domain.identifiers import Clock, RandomBytes
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import checked_line
from reasoningbank.migration.accounts import Reject, Tally
from reasoningbank.migration.converting import Converting, Show, convert
from reasoningbank.migration.finding import files_of
from reasoningbank.migration.journal import Journal, Way, Work, look_of
from reasoningbank.migration.places import check_sources, opened_to_write, place_of
from reasoningbank.migration.taking_in import TakingIn, Target
from reasoningbank.migration.validating import validate
from reasoningbank.storage import open_storage
from reasoningbank.storage.location import shown_url

if TYPE_CHECKING:
    from reasoningbank.embedding import Embedder
    from reasoningbank.storage.sqlite.replacing import WatchedBank

BACKUP: Final = "before.db"
FINISHED: Final = "finished.db"
REJECTS: Final = "rejected.jsonl"
_ROWS_ALONE: Final = 4_096
_ROWS_AMONG_OTHERS: Final = 256


class MigrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a migration did.

    Args:
        run: Its name, or empty when there was nothing new to bring.
        source: What was read.
        target: Where it was written.
        namespace: The namespace it was written to.
        way: Whether a finished bank was switched in, or rows written into the target itself.
        tally: What became of every row.
        backup: The target as it was before, or None where there was none.
        rejects: The file that names what did not come along, or None; there is none where
            there was nothing new to bring.
        reasons: How many rows did not come along, by table and reason.
        resumed: Whether an interrupted run was finished.
    """

    run: str
    source: str
    target: str
    namespace: str
    way: Way
    tally: Tally
    backup: str | None
    rejects: str | None
    reasons: dict[str, int]
    resumed: bool


def unseen(step: str, done: int, total: int) -> None:
    """Show nothing."""


def migrate(
    source: str,
    target: str | os.PathLike[str] | None = None,
    *,
    namespace: str = "default",
    embedder: Embedder | None = None,
    show: Show = unseen,
    clock: Clock = system_clock,
    random_bytes: RandomBytes = os.urandom,
) -> MigrationReport:
    """Take the memories of another program over into a bank, and say what became of every row.

    Interrupted at any point it leaves the target as it was, or finished; called again it goes on.
    What is there already is recognised, so that calling it once more changes nothing.

    Args:
        source: A database, a file of JSON lines, or a directory of such; it is only read.
        target: The bank, as `open_storage` takes it.
        namespace: The namespace to write to.
        embedder: What makes vectors; None for the built-in one.
        show: Told the step, how much of it is done and how much there is.
        clock: Gives the time.
        random_bytes: Gives randomness.

    Raises:
        NotFound, InvalidInput: For a source that is not there, or is the target.
        StorageCorrupt: For a source that holds nothing readable, or when what was converted is not
            what was read.
        Busy: When the target is being migrated to already.
        Conflict: When the target is in a rollout.
    """
    checked_line(namespace, "namespace", limits.NAMESPACE_BYTES)
    path, url = place_of(target)
    files = [file for file in files_of(source) if file != path]
    if not files:
        raise InvalidInput(
            "is the target itself", field=source, hint="Name another bank with --to."
        )
    run = _Run(
        source=os.path.realpath(source),
        files=files,
        path=path,
        url=url,
        namespace=namespace,
        vectors=TextVectors(embedder),
        show=show,
        clock=clock,
        random_bytes=random_bytes,
    )
    return run.to_the_end()


class _Run:
    """One run, with what it needs at each step."""

    def __init__(
        self,
        *,
        source: str,
        files: list[Path],
        path: Path | None,
        url: str,
        namespace: str,
        vectors: TextVectors,
        show: Show,
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        self._source = source
        self._files = files
        self._path = path
        self._url = url
        self._namespace = namespace
        self._vectors = vectors
        self._show = show
        self._clock = clock
        self._random_bytes = random_bytes
        self._shown = url if path is not None else shown_url(url)
        self._work = Work.beside(path, self._shown)
        self._resumed = False
        self._reasons: Counter[str] = Counter()

    def to_the_end(self) -> MigrationReport:
        """Take every step that is still to be taken."""
        check_sources(self._files)
        with self._work.turn():
            journal = self._begun()
            directory = self._work.run(journal)
            try:
                if self._path is None:
                    report = self._written_directly(journal, directory)
                else:
                    report = self._switched(journal, directory, self._path)
            except Exception:
                self._forget_unless_begun(journal, directory)
                raise
        if not report.run:
            shutil.rmtree(directory, ignore_errors=True)
            self._work.tidy()
        return report

    def _begun(self) -> Journal:
        """Give the run that was interrupted, or a new one."""
        for known in self._work.journals():
            same = (known.source, known.namespace) == (self._source, self._namespace)
            if same and known.step not in {"finished", "rolled back"}:
                self._resumed = True
                return known
        now = format_timestamp(self._clock())
        name = now.translate(str.maketrans("", "", "-:."))
        journal = Journal(
            run=f"{name}-{self._random_bytes(3).hex()}",
            source=self._source,
            target=self._shown,
            namespace=self._namespace,
            started_at=now,
        )
        self._work.write(journal)
        return journal

    def _forget_unless_begun(self, journal: Journal, directory: Path) -> None:
        """Leave nothing behind of a run that failed before it had anything worth keeping."""
        if journal.step == "begun":
            shutil.rmtree(directory, ignore_errors=True)
            self._work.tidy()

    def _switched(self, journal: Journal, directory: Path, path: Path) -> MigrationReport:
        """Build the finished bank beside the target, and put it in its place."""
        from reasoningbank.storage.sqlite.namespaces import holds_from

        if journal.way == "written directly":
            return self._written_directly(journal, directory)
        if journal.tally is not None and path.exists() and holds_from(path, journal.actor):
            # Killed between the switch and the note of it.
            return self._finished(journal, journal.tally, directory)
        with self._watched(path) as watched:
            self._back_up(journal, directory, path, watched)
            tally = self._converted(journal, directory / FINISHED, directory)
            if journal.target_was_there and not _brought_anything(tally):
                return self._report(journal, tally, directory, run="")
            if not self._put(watched, directory, path):
                journal.way = "written directly"
                self._work.write(journal)
                (directory / FINISHED).unlink()
                self._resumed = True
                return self._written_directly(journal, directory)
        return self._finished(journal, tally, directory)

    @contextmanager
    def _watched(self, path: Path) -> Iterator[WatchedBank | None]:
        """Lend the target if there is one; a bank of an older schema is brought up to date first."""
        if not path.exists():
            yield None
            return
        from reasoningbank.storage.sqlite.replacing import WatchedBank

        storage = open_storage(path)
        try:
            if storage.read_only:
                raise Unavailable(
                    "is read-only, so nothing can be migrated to it",
                    path=str(path),
                    hint="Check the permissions of the file and of its directory.",
                )
        finally:
            storage.close()
        with WatchedBank(path) as watched:
            yield watched

    def _back_up(
        self, journal: Journal, directory: Path, path: Path, watched: WatchedBank | None
    ) -> None:
        """Copy the target, unless the copy of an interrupted run is still what it is."""
        seen = look_of(path)
        if journal.step != "begun" and journal.seen == seen:
            return
        for name in (BACKUP, FINISHED):
            for left in directory.glob(f"{name}*"):
                left.unlink()
        journal.target_was_there = watched is not None
        if watched is not None:
            watched.copy(
                directory / BACKUP, lambda done, total: self._show("backing up", done, total)
            )
        journal.seen, journal.step, journal.tally = look_of(path), "backed up", None
        self._work.write(journal)

    def _converted(self, journal: Journal, finished: Path, directory: Path) -> Tally:
        """Take the rows into the bank that is to be the target, and validate it."""
        if not finished.exists() and journal.target_was_there:
            temporary = finished.with_name(f"{FINISHED}.new")
            shutil.copyfile(finished.with_name(BACKUP), temporary)
            temporary.chmod(0o600)
            temporary.replace(finished)
        tally, checks = self._taken_in(journal, str(finished), directory)
        journal.step = "converted"
        self._work.write(journal)
        storage = open_storage(finished, verify_reads=True, durability="full")
        try:
            validate(storage, self._namespace, checks, tally, self._show, alone=True)
        finally:
            storage.close()
        journal.step, journal.tally = "validated", tally
        self._work.write(journal)
        return tally

    def _taken_in(
        self, journal: Journal, place: str, directory: Path
    ) -> tuple[Tally, dict[bytes, bytes]]:
        storage, together = opened_to_write(place)
        rows = _ROWS_ALONE if journal.way == "switched" else _ROWS_AMONG_OTHERS
        try:
            target = Target(storage, self._namespace, self._vectors, journal.actor, together, rows)
            taking = TakingIn(target, self._clock, self._random_bytes, resumed=self._resumed)
            with _rejects(directory / REJECTS, self._reasons) as on_reject:
                tally = convert(Converting(self._files, directory, self._show, on_reject), taking)
        finally:
            storage.close()
        return tally, taking.checks

    def _put(self, watched: WatchedBank | None, directory: Path, path: Path) -> bool:
        """Put the finished bank in its place, unless somebody has written there meanwhile."""
        self._show("switching", 0, 1)
        finished = directory / FINISHED
        if watched is not None:
            done = watched.put(finished)
        else:
            from reasoningbank.storage.sqlite.creation import put_in_place

            done = put_in_place(finished, path)
        self._show("switching", 1, 1)
        return done

    def _written_directly(self, journal: Journal, directory: Path) -> MigrationReport:
        """Write the rows into the target itself, which others may use meanwhile."""
        journal.way = "written directly"
        if journal.step == "begun":
            journal.step = "backed up"
        self._work.write(journal)
        tally, checks = self._taken_in(journal, self._url, directory)
        storage = open_storage(self._url)
        try:
            validate(storage, self._namespace, checks, tally, self._show, alone=False)
        finally:
            storage.close()
        if not _brought_anything(tally):
            return self._report(journal, tally, directory, run="")
        return self._finished(journal, tally, directory)

    def _finished(self, journal: Journal, tally: Tally, directory: Path) -> MigrationReport:
        journal.step, journal.tally = "finished", tally
        journal.ended_at = format_timestamp(self._clock())
        self._work.write(journal)
        for left in directory.glob(f"{FINISHED}*"):
            left.unlink()
        return self._report(journal, tally, directory, run=journal.run)

    def _report(
        self, journal: Journal, tally: Tally, directory: Path, *, run: str
    ) -> MigrationReport:
        backup, rejects = directory / BACKUP, directory / REJECTS
        return MigrationReport(
            run=run,
            source=self._source,
            target=self._shown,
            namespace=self._namespace,
            way=journal.way,
            tally=tally,
            backup=str(backup) if run and backup.exists() else None,
            rejects=str(rejects) if run and rejects.exists() else None,
            reasons=dict(self._reasons),
            resumed=self._resumed,
        )


def _brought_anything(tally: Tally) -> bool:
    return bool(
        sum(
            table.migrated + table.merged
            for file in tally.files
            for table in file.tables
            if table.becomes != "relations"
        )
    )


@contextmanager
def _rejects(path: Path, reasons: Counter[str]) -> Iterator[Callable[[Reject], None]]:
    """Give what writes rejects to a file, one JSON object a line, and counts why; none for none."""
    path.unlink(missing_ok=True)
    reasons.clear()
    file = None
    try:

        def write(reject: Reject) -> None:
            nonlocal file
            reasons[f"{reject.table}: {reject.reason}"] += 1
            if file is None:
                file = path.open("wb")
            file.write(msgspec.json.encode(reject) + b"\n")

        yield write
    finally:
        if file is not None:
            file.close()
