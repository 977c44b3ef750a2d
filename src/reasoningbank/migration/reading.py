"""A source file as a stream of rows with what they hold, whatever kind of file it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.migration.accounts import Reject, TableAccount
from reasoningbank.migration.finding import kind_of
from reasoningbank.migration.material import Material

Item: TypeAlias = "tuple[TableAccount, Material | Reject]"


class Source(Protocol):
    """A file that is open for reading, or a copy of it."""

    @property
    def accounts(self) -> list[TableAccount]:
        """Its tables, with how many rows each says it has."""

    @property
    def relates(self) -> bool:
        """Whether rows may point at others, so that their ids are needed later."""

    def read(self) -> Iterator[Item]:
        """Give what every row holds: experiences first, then patterns, then relations."""


@contextmanager
def opened(path: Path, work: Path) -> Iterator[Source]:
    """Open a source file for reading.

    Args:
        path: The file; it is not written, and no file beside it either.
        work: A directory for a private copy, which is removed afterwards.

    Raises:
        StorageCorrupt: When it is no file of memories at all.
        Busy, Unavailable: See `reasoningbank.storage.foreign.private_copy`.
    """
    kind = kind_of(path)
    if kind == "lines":
        from reasoningbank.migration.json_lines import JsonLines

        yield JsonLines(path)
        return
    if kind == "unreadable":
        empty = path.is_file() and path.stat().st_size == 0
        raise StorageCorrupt(
            "is empty (0 bytes)" if empty else "is neither a SQLite database nor JSON lines",
            path=str(path),
            hint="Name another file.",
        )
    from reasoningbank.storage.foreign import opened_copy, private_copy

    copy = private_copy(path, work)
    try:
        if kind == "bank":
            from reasoningbank.migration.banks import opened_bank

            with opened_bank(copy, path) as bank:
                yield bank
        else:
            from reasoningbank.migration.databases import Database

            with opened_copy(copy) as file:
                yield Database(file, path)
    finally:
        for left in work.glob(f"{copy.name}*"):
            left.unlink(missing_ok=True)
