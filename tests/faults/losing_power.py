"""Lose the power after any write of a bank, and see that what is left is sound and what was promised."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import apsw

from reasoningbank import ReasoningBank
from reasoningbank.storage import Durability, open_storage
from reasoningbank.storage.sqlite import creation
from tests.faults.counting import count
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, build, pattern
from tests.faults.recorded_files import (
    Answered,
    ConnectionToRecordedFiles,
    Event,
    Flushed,
    RecordedFiles,
    after_power_loss,
    link_recorded,
)


@contextmanager
def recording() -> Iterator[list[Event]]:
    """Record every write of SQLite, and the flushes and links of the bank itself."""
    files = RecordedFiles()
    flush = creation._flush_to_disk

    def flush_recorded(path: Path) -> None:
        flush(path)
        files.events.append(Flushed(str(path)))

    try:
        with (
            mock.patch.object(apsw, "Connection", ConnectionToRecordedFiles),
            mock.patch.object(creation, "_flush_to_disk", flush_recorded),
            mock.patch.object(os, "link", link_recorded(files.events)),
        ):
            yield files.events
    finally:
        files.unregister()


def opened(path: Path, durability: Durability) -> ReasoningBank:
    return ReasoningBank(open_storage(path, durability=durability), embedder=SmallEmbedder())


def versions(bank: ReasoningBank) -> dict[str, int]:
    return {str(one.id): one.version for one in bank.search_by_category("line", 10_000)}


def use(path: Path, durability: Durability, events: list[Event]) -> None:
    """Change a bank in many ways, noting after each what it then holds."""
    for session in range(3):
        with opened(path, durability) as bank:
            for number in range(4):
                ids = bank.store_patterns(
                    [pattern(1_000 * session + 10 * number + more) for more in range(3)]
                )
                events.append(Answered(versions(bank)))
                bank.update_pattern(ids[0], task_description=f"other {session} {number}")
                events.append(Answered(versions(bank)))
                bank.record_outcome(pattern=ids[1], success=True)
                events.append(Answered(versions(bank)))
                bank.delete_pattern(ids[2])
                events.append(Answered(versions(bank)))
            bank.erase(ids[0])
            events.append(Answered(versions(bank)))
        # Closing folds the log into the file.


def lose_power_again_and_again(
    folder: Path, durability: Durability, events: list[Event], seed: int, every: int
) -> None:
    """Use a bank, and look at what a power loss after each so many writes would leave of it.

    In every case the files are made up anew: what was flushed, and of the rest whatever chance lets
    through, whole or torn at the border of a sector.
    """
    chance = random.Random(seed)
    path = folder / "bank.db"
    build(path)
    base = {str(path): path.read_bytes()}
    events.clear()
    with opened(path, durability) as bank:
        states = [versions(bank)]
    use(path, durability, events)
    happened = tuple(events)  # looking at what is left goes on recording
    states += [event.versions for event in happened if isinstance(event, Answered)]
    answered = 0
    for end, event in enumerate(happened, 1):
        answered += isinstance(event, Answered)
        if end % every:
            continue
        files = after_power_loss(happened[:end], chance, base)
        found = state_after(folder / "lost", path, files)
        # The change under way may have been committed; without `full`, the last ones may be lost.
        possible = states[answered if durability == "full" else 0 : answered + 2]
        count(acknowledged=answered if durability == "full" else 0)
        if found not in possible:
            promised = states[answered if durability == "full" else 0]
            count(lost=len(promised.keys() - found.keys()))
            raise AssertionError(
                f"after {end} events with {durability}: {found} is no state it had"
            )


def state_after(folder: Path, path: Path, files: dict[str, bytes]) -> dict[str, int]:
    """Give what a bank holds after a power loss, once sure that it is sound."""
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)
    with opened(folder / path.name, "normal") as bank:
        assert faults(bank) == []
        found = versions(bank)
        stored = bank.store_pattern(pattern(999_999))
        assert bank.find_similar(pattern(999_999).task_description)[0].id == stored
    return found


def lose_power_while_made(folder: Path, events: list[Event], seed: int) -> None:
    """Make a bank, and look at what a power loss after each write of that would leave."""
    chance = random.Random(seed)
    path = folder / "bank.db"
    opened(path, "normal").close()
    happened = tuple(events)
    made = 0
    for end in range(1, len(happened) + 1):
        files = after_power_loss(happened[:end], chance, {})
        made += str(path) in files
        assert state_after(folder / "lost", path, files) == {}
    assert made
