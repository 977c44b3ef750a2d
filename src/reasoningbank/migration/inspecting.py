"""What a migration would do, found out by reading alone."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.domain.errors import InvalidInput, ReasoningBankError
from reasoningbank.domain.validation import checked_input
from reasoningbank.learning.checking import checked_trajectory
from reasoningbank.migration import fitting
from reasoningbank.migration.accounts import FileAccount, Reject, TableAccount, Tally
from reasoningbank.migration.converting import Show, to_come
from reasoningbank.migration.finding import files_of
from reasoningbank.migration.material import Material, PatternMaterial, TrajectoryMaterial, Unusable
from reasoningbank.migration.reading import opened
from reasoningbank.migration.running import unseen

_SAMPLES: Final = 2
_SHOWN: Final = 160
_SHOWN_EVERY: Final = 256


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table, as it would come in.

    Of an experience, `strategy` holds what its first three steps did.
    """

    file: str
    table: str
    becomes: str
    id: str
    task_description: str
    task_category: str
    title: str | None
    strategy: str
    tags: tuple[str, ...] = ()


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a source holds.

    Args:
        source: What was read.
        tally: Its tables; ``migrated`` counts rows that would come in, new or merged.
        reasons: How many rows would not, by table and reason.
        samples: A few rows of each table, as they would come in.
    """

    source: str
    tally: Tally
    reasons: dict[str, int]
    samples: tuple[Sample, ...]


def inspect(source: str, *, show: Show = unseen) -> Inspection:
    """Read a source and say what would become of its rows; nothing is written anywhere.

    Raises:
        NotFound, InvalidInput, StorageCorrupt: As for `migrate`.
    """
    tally = Tally()
    looking = _Looking()
    files = files_of(source)
    done = 0
    for path in files:
        account = FileAccount(file=str(path))
        looking.file = account.file
        tally.files.append(account)
        with tempfile.TemporaryDirectory(prefix="reasoningbank-") as work:
            try:
                with opened(path, Path(work)) as opened_source:
                    account.tables = opened_source.accounts
                    for table, item in opened_source.read():
                        looking.look(table, item)
                        done += 1
                        if done % _SHOWN_EVERY == 0:
                            show("reading", done, to_come(tally))
            except ReasoningBankError as error:
                if len(files) == 1:
                    raise
                account.error = str(error)
    tally.redactions(looking.redacted)
    tally.shortened = looking.shortened
    return Inspection(
        source=source,
        tally=tally,
        reasons=dict(looking.reasons),
        samples=tuple(looking.samples),
    )


class _Looking:
    def __init__(self) -> None:
        self.file = ""
        self.reasons: Counter[str] = Counter()
        self.samples: list[Sample] = []
        self.redacted: Counter[str] = Counter()
        self.shortened = 0
        self._sampled: Counter[int] = Counter()

    def look(self, account: TableAccount, item: Material | Reject) -> None:
        """Count one row."""
        if isinstance(item, Reject):
            self._refuse(account, item.reason)
        elif isinstance(item, (PatternMaterial, TrajectoryMaterial)):
            try:
                self._usable(account, item)
            except (Unusable, InvalidInput) as error:
                self._refuse(account, str(error))
            else:
                account.migrated += 1
        elif getattr(item, "counted", True):
            account.migrated += 1

    def _refuse(self, account: TableAccount, reason: str) -> None:
        account.rejected += 1
        self.reasons[f"{account.table}: {reason}"] += 1

    def _usable(self, account: TableAccount, item: PatternMaterial | TrajectoryMaterial) -> None:
        if isinstance(item, TrajectoryMaterial):
            experience, redacted = checked_trajectory(fitting.trajectory_input(item))
            metadata = experience.metadata
            task, category = experience.task_description, experience.task_category
            title, strategy = None, "; ".join(step.action for step in experience.steps[:3])
            tags: tuple[str, ...] = ()
        else:
            given, redacted = checked_input(fitting.pattern_input(item, ""))
            metadata, title, strategy = given.metadata, given.title, given.strategy
            task, category, tags = given.task_description, given.task_category, tuple(given.tags)
        self.redacted.update(one.kind for one in redacted)
        self.shortened += "original" in metadata
        if self._sampled[id(account)] < _SAMPLES:
            self._sampled[id(account)] += 1
            self.samples.append(
                Sample(
                    file=self.file,
                    table=account.table,
                    becomes=account.becomes,
                    id=item.place.id,
                    task_description=task[:_SHOWN],
                    task_category=category,
                    title=None if title is None else title[:_SHOWN],
                    strategy=strategy[:_SHOWN],
                    tags=tags,
                )
            )
