"""The database of another program as a source: its tables recognised, its rows converted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reasoningbank.migration.accounts import Reject, TableAccount
from reasoningbank.migration.material import Unusable
from reasoningbank.migration.reading import Item
from reasoningbank.migration.schemas import Surroundings, TableSchema, schema_of
from reasoningbank.migration.values import Values, plain
from reasoningbank.storage.foreign import ForeignFile, ForeignTable, Lost

_ORDER: Final = ("trajectories", "patterns", "relations")
_SHOWN_BYTES: Final = 500


class Database:
    """A foreign database, open as a private copy."""

    def __init__(self, file: ForeignFile, path: Path) -> None:
        self._database = file
        self._file = str(path)
        self._around = Surroundings()
        self._known: list[tuple[ForeignTable, TableSchema, TableAccount]] = []
        self.accounts: list[TableAccount] = []
        for table in file.tables():
            self._recognise(table)

    @property
    def relates(self) -> bool:
        """Whether rows point at others."""
        return any(
            (schema.becomes == "relations" and table.rows != 0)
            or "created_from_episode" in table.columns
            for table, schema, _ in self._known
        )

    def _recognise(self, table: ForeignTable) -> None:
        schema = None if table.virtual else schema_of(table.name, table.columns)
        counted = table.rows or 0
        if schema is None or schema.becomes == "left":
            self.accounts.append(_left(table, schema))
            return
        account = TableAccount(
            table=table.name, product=schema.product, becomes=schema.becomes, rows=counted
        )
        self.accounts.append(account)
        self._known.append((table, schema, account))

    def read(self) -> Iterator[Item]:
        """Give what every row holds; rows that damage has swallowed are rejects."""
        for table, schema, _ in self._known:
            if schema.prepare is not None:
                for row in self._database.rows(table, lambda _: None):
                    schema.prepare(row.values, self._around)
        for becomes in _ORDER:
            for table, schema, account in self._known:
                if schema.becomes == becomes:
                    yield from self._read(table, schema, account)

    def _read(
        self, table: ForeignTable, schema: TableSchema, account: TableAccount
    ) -> Iterator[Item]:
        lost: list[Lost] = []
        counted, read = account.rows, 0
        for row in self._database.rows(table, lost.append):
            read += 1
            account.rows = max(counted, read)
            place = schema.place(table.name, row.number, row.values)
            assert schema.convert is not None
            try:
                for material in schema.convert(place, row.values, self._around):
                    yield account, material
            except Unusable as error:
                yield account, self._reject(account, place.id, str(error), row.values)
        account.rows = read
        if counted > read and not lost:
            lost.append(Lost(read + 1, (), "an index knows of more rows than the table has"))
        for stretch in lost:
            yield from self._lost(account, stretch, counted)

    def _lost(self, account: TableAccount, stretch: Lost, counted: int) -> Iterator[Item]:
        reason = f"cannot be read: {stretch.reason}"
        names = [f"row {number}" for number in stretch.numbers]
        missing = counted - account.rows - len(names)
        if missing > 0 or not names:
            names.append(f"rows from number {stretch.first} on")
        for name in names:
            # What nobody can count stands for one row.
            account.rows += 1
            yield account, self._reject(account, name, reason, {})

    def _reject(self, account: TableAccount, row_id: str, reason: str, values: Values) -> Reject:
        return Reject(
            file=self._file, table=account.table, id=row_id, reason=reason, row=shown(values)
        )


def _left(table: ForeignTable, schema: TableSchema | None) -> TableAccount:
    """Give the account of a table that is not taken over, with the reason."""
    counted = table.rows or 0
    if schema is not None:
        why = schema.why
    elif table.name.lower().startswith("sqlite_"):
        why = "SQLite's own"
    elif table.virtual:
        why = "not known here: a virtual table"
    else:
        why = f"not known here: {', '.join(table.columns)}"
    return TableAccount(
        table=table.name,
        product="" if schema is None else schema.product,
        becomes="left",
        rows=counted,
        left=counted,
        why=why,
    )


def shown(values: Values) -> dict[str, object]:
    """Give what a report shows of a row: its values as JSON, long ones cut."""
    told = {}
    for name, value in values.items():
        if value is None:
            continue
        known = plain(value)
        told[name] = known[:_SHOWN_BYTES] if isinstance(known, str) else known
    return told
