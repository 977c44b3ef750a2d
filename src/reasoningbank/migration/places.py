"""Where a migration reads and writes: looked at before anything is made."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from reasoningbank.domain.errors import ForeignDatabase, InvalidInput, ReasoningBankError
from reasoningbank.migration.reading import opened
from reasoningbank.storage import StorageBackend, open_storage
from reasoningbank.storage.location import resolve_location


def opened_to_write(
    place: str,
) -> tuple[StorageBackend, Callable[[], AbstractContextManager[object]]]:
    """Open a target, with what makes one transaction of many writes where it can."""
    if resolve_location(place).server is not None:
        return open_storage(place), nullcontext
    from reasoningbank.storage.sqlite.batching import open_for_batches

    storage, connections = open_for_batches(Path(place))
    return storage, connections.together


def place_of(target: str | os.PathLike[str] | None) -> tuple[Path | None, str]:
    """Give the file of a bank, or None for one on a server, and what opens it.

    Raises:
        InvalidInput: For one in memory.
        Conflict: For one that is in a rollout.
    """
    location = resolve_location(target)
    if location.server is not None:
        return None, location.server
    if location.path is None:
        raise InvalidInput("must outlive the command", field="--to", hint="Name a file.")
    from reasoningbank.storage.rollout import check_no_rollout

    check_no_rollout(location.path)
    return location.path, str(location.path)


def check_sources(files: Sequence[Path]) -> None:
    """Raise unless there is something in the files to be taken over.

    Raises:
        StorageCorrupt, Busy, Unavailable: For the only file, when it cannot be read.
        ForeignDatabase: When no table in them is known.
    """
    unknown: list[str] = []
    for path in files:
        with tempfile.TemporaryDirectory(prefix="reasoningbank-") as work:
            try:
                with opened(path, Path(work)) as source:
                    if any(table.becomes != "left" for table in source.accounts):
                        return
                    unknown += [table.table for table in source.accounts]
            except ReasoningBankError:
                if len(files) == 1:
                    raise
    raise ForeignDatabase(
        f"holds no table that is known here: {', '.join(unknown) or 'it has none'}",
        path=str(files[0]) if len(files) == 1 else str(files[0].parent),
        hint="docs/migration.md lists the tables that are.",
    )
