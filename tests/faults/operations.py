"""A small bank that is the same in every run, and each change of it that has more than one step."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.storage import open_storage
from reasoningbank.storage.sqlite.migrations import migrate
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import ConnectionSettings

_NOW = 1_795_000_000_000


class SmallEmbedder:
    """Give texts vectors of 16 dimensions, made from their letters: quick, and no table to load."""

    dimension = 16

    def __init__(self, name: str = "small") -> None:
        self.name = name

    def embed_query(self, text: str) -> npt.NDArray[np.int8]:
        counts = np.bincount([ord(letter) % 16 for letter in text], minlength=16)
        return np.minimum(counts, 127).astype(np.int8)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.int8]:
        return np.stack([self.embed_query(text) for text in texts])


def opened(path: Path, *, begin: int = 0, embedder: str = "small") -> ReasoningBank:
    """Open a bank whose clock and ids depend on nothing but `begin`."""
    ticks = itertools.count(begin)
    return ReasoningBank(
        open_storage(path),
        embedder=SmallEmbedder(embedder),
        clock=lambda: _NOW + next(ticks),
        random_bytes=lambda count: next(ticks).to_bytes(count, "big"),
    )


def pattern(number: int, **more: object) -> PatternInput:
    """Give one of a row of patterns."""
    return PatternInput(
        task_description=f"check bearing {number} of the line",
        task_category="line",
        strategy=f"Listen to bearing {number} before it is opened; a hum tells more than its heat.",
        **more,  # type: ignore[arg-type]
    )


def build(path: Path) -> list[UUID]:
    """Make the small bank at `path`: six patterns, one changed, one used, one deleted."""
    with opened(path) as bank:
        ids = bank.store_patterns([pattern(number, tags=["old"]) for number in range(6)])
        bank.update_pattern(ids[1], title="Bearings")
        bank.record_outcome(pattern=ids[0], success=True, source="test")
        bank.store_pattern(pattern(0, metadata={"seen": 2}))
        bank.delete_pattern(ids[5])
    return ids


@cache
def exported() -> bytes:
    """Give the export of another bank."""
    with opened(Path("memory:"), begin=5_000) as other:
        ids = other.store_patterns([pattern(number) for number in (20, 21, 22)])
        other.record_outcome(pattern=ids[0], success=False)
        other.update_pattern(ids[1], title="Restored")
        file = io.BytesIO()
        other.export_jsonl(file)
    return file.getvalue()


_Change = Callable[[ReasoningBank, list[UUID]], object]

CHANGES: dict[str, _Change] = {
    "store": lambda bank, ids: bank.store_pattern(pattern(9)),
    "store with a key": lambda bank, ids: bank.store_pattern(pattern(9), idempotency_key="k"),
    "keep": lambda bank, ids: bank.store_pattern(pattern(0), on_duplicate="keep"),
    "merge": lambda bank, ids: bank.store_pattern(pattern(0, tags=["new"], title="Merged")),
    "merge with new wording": lambda bank, ids: bank.store_pattern(
        PatternInput(
            task_description="CHECK bearing 0 of the line",
            task_category="line",
            strategy=pattern(0).strategy,
        )
    ),
    "batch": lambda bank, ids: bank.store_patterns([pattern(n) for n in (7, 0, 8, 7)]),
    "edit": lambda bank, ids: bank.update_pattern(ids[2], strategy="Listen twice."),
    "edit the task": lambda bank, ids: bank.update_pattern(ids[2], task_description="check a gear"),
    "edit the category": lambda bank, ids: bank.update_pattern(ids[2], task_category="gears"),
    "quarantine": lambda bank, ids: bank.update_pattern(ids[2], state="quarantined"),
    "delete": lambda bank, ids: bank.delete_pattern(ids[0]),
    "erase": lambda bank, ids: bank.erase(ids[0]),
    "erase what was deleted": lambda bank, ids: bank.erase(ids[5]),
    "outcome": lambda bank, ids: bank.record_outcome(pattern=ids[0], success=True, source="human"),
    "restore": lambda bank, ids: bank.restore_jsonl(io.BytesIO(exported())),
    "import": lambda bank, ids: bank.import_jsonl(io.BytesIO(exported())),
}
"""Each is one transaction, whatever it touches: all of it happens or nothing."""


NEXT_SCHEMA = {
    SCHEMA_VERSION + 1: """
ALTER TABLE patterns ADD COLUMN colour TEXT;
UPDATE patterns SET colour = 'red';
CREATE TABLE colours (name TEXT PRIMARY KEY) STRICT;
CREATE INDEX idx_colour ON patterns (namespace, colour);
"""
}
"""A step to a schema that there is not yet, of the kind that there will be."""


def migrate_to_next(path: Path) -> int:
    """Bring a bank to the next schema; give how many backups that made."""
    settings = ConnectionSettings(
        str(path), str(path), read_only=False, durability="normal", busy_timeout=30.0
    )
    return len(migrate(settings, path, steps=NEXT_SCHEMA, target=SCHEMA_VERSION + 1))


def reembed(path: Path) -> None:
    """Move the small bank to another embedder."""
    with opened(path, begin=1_000, embedder="other") as bank:
        bank.reembed()
