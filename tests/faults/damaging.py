"""Damage the files of banks, and see that reading them gives a typed error or the right answer."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import msgspec

from reasoningbank import (
    EmbeddingMismatch,
    ForeignDatabase,
    Pattern,
    ReasoningBank,
    SchemaTooNew,
    StorageCorrupt,
    Unavailable,
)
from reasoningbank.storage import open_storage
from tests.faults.counting import count
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, build, opened, pattern

PAGE = 4096
TYPED = (StorageCorrupt, ForeignDatabase, SchemaTooNew, Unavailable, EmbeddingMismatch)
TASK = pattern(3).task_description


class Sound(msgspec.Struct):
    """A sound bank: its bytes, and what reading it gives."""

    content: bytes
    patterns: dict[UUID, Pattern]
    similarities: dict[UUID, float]

    @property
    def pages(self) -> int:
        return len(self.content) // PAGE


def sound_bank(path: Path) -> Sound:
    """Make the small bank with what damage should meet: long content, an expiry, free pages."""
    build(path)
    with opened(path, begin=2_000) as bank:
        # Content that needs pages of its own, an expiry, and pages that are free again.
        bank.store_pattern(
            pattern(30, metadata={"long": "y" * 9_000}, expires_at="2190-01-01T00:00:00Z")
        )
        bank.delete_pattern(bank.store_pattern(pattern(31, metadata={"long": "z" * 9_000})))
        found = bank.find_similar(TASK, top_k=100)
        patterns = {one.id: one for one in bank.search_by_category("line", 100)}
    assert len(patterns) == len(found) == 6
    return Sound(path.read_bytes(), patterns, {one.id: one.similarity for one in found})


def verifying(path: Path) -> ReasoningBank:
    return ReasoningBank(
        open_storage(path, verify_reads=True, busy_timeout=0.1), embedder=SmallEmbedder()
    )


def answers(bank: ReasoningBank, sound: Sound) -> Iterator[Callable[[], object]]:
    """Give every way of reading, each failing when an answer is not the right one."""

    def right(found: Pattern) -> None:
        assert Pattern(
            **{n: getattr(found, n) for n in Pattern.__struct_fields__}
        ) == sound.patterns.get(found.id)

    def get(pattern_id: UUID) -> None:
        found = bank.get_pattern(pattern_id)
        assert found is not None or faults(bank), "it is not there, and nobody finds fault"
        if found is not None:
            right(found)

    def search() -> None:
        for found in bank.search_by_category("line", 100):
            right(found)

    def similar() -> None:
        for found in bank.find_similar(TASK, top_k=100):
            right(found)
            assert found.similarity == sound.similarities[found.id]

    for pattern_id in sound.patterns:
        yield lambda pattern_id=pattern_id: get(pattern_id)
        yield lambda pattern_id=pattern_id: bank.history(pattern_id)
        yield lambda pattern_id=pattern_id: bank.outcomes(pattern_id)
        yield lambda pattern_id=pattern_id: bank.observations(pattern_id)
        yield lambda pattern_id=pattern_id: bank.reliability(pattern_id)
    yield search
    yield similar
    yield bank.get_stats
    yield lambda: bank.export_jsonl(io.BytesIO())


def assert_honest(path: Path, content: bytes, sound: Sound) -> str:
    """Open and read a damaged file in every way; give how far that went."""
    path.write_bytes(content)
    try:
        bank = verifying(path)
    except TYPED:
        count(refused=1)
        outcome = "refused"
    else:
        outcome = "read"
        with bank:
            for answer in answers(bank, sound):
                try:
                    answer()
                except EmbeddingMismatch:
                    outcome = "taken for another model"  # whose name has no checksum
                except TYPED:
                    count(refused=1)
                    outcome = "read in part"
            # Looking for damage is what damage must not stop.
            found = bank.check(full=True)
            assert len({finding.check for finding in found}) == len(found) > 6
            if outcome == "read in part":
                assert any(finding.level == "error" for finding in found)
    assert path.read_bytes() == content, "reading has changed the file"
    assert [place.name for place in path.parent.iterdir()] == [path.name]
    return outcome


DAMAGE: dict[str, Callable[[random.Random, bytes, bytes], bytes]] = {
    "noise": lambda chance, page, other: chance.randbytes(len(page)),
    "zeros": lambda chance, page, other: bytes(len(page)),
    "another page": lambda chance, page, other: other,
    "flipped bits": lambda chance, page, other: flipped(page, chance, 8),
    "a stretch of noise": lambda chance, page, other: overwritten(page, chance),
}


def flipped(page: bytes, chance: random.Random, count: int) -> bytes:
    content = bytearray(page)
    for _ in range(count):
        content[chance.randrange(len(page))] ^= 1 << chance.randrange(8)
    return bytes(content)


def overwritten(page: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(page))
    end = min(len(page), begin + chance.randrange(1, 300))
    return page[:begin] + chance.randbytes(end - begin) + page[end:]


def damage_each_page(kind: str, seed: int, path: Path, sound: Sound) -> set[str]:
    chance = random.Random(seed)
    outcomes = set()
    for number in range(sound.pages):
        at, other = number * PAGE, chance.randrange(sound.pages) * PAGE
        page = sound.content[at : at + PAGE]
        damaged = DAMAGE[kind](chance, page, sound.content[other : other + PAGE])
        content = sound.content[:at] + damaged + sound.content[at + PAGE :]
        outcomes.add(assert_honest(path, content, sound))
    return outcomes
