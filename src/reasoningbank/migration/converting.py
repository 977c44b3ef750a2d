"""Every row of the source files into a bank, and an account of what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias
from uuid import UUID

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.migration.accounts import FileAccount, Reject, TableAccount, Tally
from reasoningbank.migration.databases import shown
from reasoningbank.migration.material import (
    Carried,
    LinkMaterial,
    Material,
    PatternMaterial,
    TrajectoryMaterial,
)
from reasoningbank.migration.reading import Source, opened
from reasoningbank.migration.taking_in import BATCH, TakenIn, TakingIn

Show: TypeAlias = Callable[[str, int, int], None]
"""Told the step, how much of it is done, and how much there is."""
OnReject: TypeAlias = Callable[[Reject], None]

_Counted: TypeAlias = "tuple[TableAccount, PatternMaterial]"


class Converting(NamedTuple):
    """What a conversion reads, where it puts it, and whom it tells."""

    files: Sequence[Path]
    work: Path
    show: Show
    on_reject: OnReject


def convert(converting: Converting, taking: TakingIn) -> Tally:
    """Take every row of the files in.

    A file that cannot be read at all is an entry of the account where there are others.

    Raises:
        ReasoningBankError: For the only file, when it cannot be read; whatever the target raises.
    """
    tally = Tally()
    done = 0
    for path in converting.files:
        account = FileAccount(file=str(path))
        tally.files.append(account)
        try:
            with opened(path, converting.work) as source, taking.transactions():
                account.tables = source.accounts
                for _ in _FileConversion(source, path, converting, taking).run():
                    done += 1
                    if done % BATCH == 0:
                        converting.show("converting", done, to_come(tally))
        except ReasoningBankError as error:
            if len(converting.files) == 1 or account.tables:
                raise
            account.error = str(error)
    converting.show("converting", done, done)
    tally.redactions(taking.redacted)
    tally.shortened, tally.expired = taking.shortened, taking.expired
    return tally


def to_come(tally: Tally) -> int:
    """Give how many rows are to be taken in, as far as known."""
    return sum(
        table.rows for file in tally.files for table in file.tables if table.becomes != "left"
    )


class _FileConversion:
    """Take the rows of one file in: a batch of patterns at a time, relations at the end."""

    def __init__(
        self, source: Source, path: Path, converting: Converting, taking: TakingIn
    ) -> None:
        self._source = source
        self._path = path
        self._on_reject = converting.on_reject
        self._taking = taking
        self._batch: list[_Counted] = []
        self._related: list[tuple[TableAccount, LinkMaterial | Carried]] = []
        self._ids: dict[tuple[str, str], UUID] = {}
        self._new: set[UUID] = set()

    def run(self) -> Iterator[None]:
        """Take the rows in, saying so for each."""
        for account, item in self._source.read():
            self._take(account, item)
            yield
        self._store_batch()
        for account, material in self._related:
            self._relate(account, material)

    def _take(self, account: TableAccount, item: Material | Reject) -> None:
        if isinstance(item, Reject):
            account.rejected += 1
            self._on_reject(item)
        elif isinstance(item, PatternMaterial):
            self._batch.append((account, item))
            if len(self._batch) == BATCH:
                self._store_batch()
        elif isinstance(item, TrajectoryMaterial):
            self._count(account, item, self._taking.trajectory(item))
        else:
            self._related.append((account, item))

    def _store_batch(self) -> None:
        batch, self._batch = self._batch, []
        taken = self._taking.patterns([material for _, material in batch], self._path.name)
        for (account, material), result in zip(batch, taken, strict=True):
            self._count(account, material, result)

    def _count(
        self, account: TableAccount, material: PatternMaterial | TrajectoryMaterial, result: TakenIn
    ) -> None:
        setattr(account, result.fate, getattr(account, result.fate) + 1)
        place = material.place
        if result.id is None:
            row = shown({"task": material.task, **dict(material.metadata)})
            self._on_reject(
                Reject(
                    file=str(self._path),
                    table=account.table,
                    id=place.id,
                    reason=result.reason,
                    row=row,
                )
            )
        elif self._source.relates:
            self._ids[place.table, place.id] = result.id
            if result.fate != "known":
                self._new.add(result.id)

    def _relate(self, account: TableAccount, material: LinkMaterial | Carried) -> None:
        if isinstance(material, Carried):
            if material.owner in self._ids:
                self._count_relation(account, self._ids[material.owner])
            else:
                self._lost_relation(account, material.place.id, material.owner)
            return
        source, target = self._ids.get(material.source), self._ids.get(material.target)
        if source is None or target is None:
            if material.counted:
                missing = material.source if source is None else material.target
                self._lost_relation(account, material.place.id, missing)
            return
        if not material.noted and source != target:
            self._taking.link(material, source, target)
        if material.counted:
            self._count_relation(account, source, target)

    def _count_relation(self, account: TableAccount, *ends: UUID) -> None:
        if self._new.isdisjoint(ends):
            account.known += 1
        else:
            account.migrated += 1

    def _lost_relation(self, account: TableAccount, own: str, missing: tuple[str, str]) -> None:
        account.rejected += 1
        table, row = missing
        self._on_reject(
            Reject(
                file=str(self._path),
                table=account.table,
                id=own,
                reason=f"belongs to {row} of {table}, which did not come along",
            )
        )
