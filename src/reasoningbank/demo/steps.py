"""The steps of a demonstration, each giving what happened; showing it is the command line's work."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final
from uuid import UUID

import msgspec

from reasoningbank.bank import ReasoningBank
from reasoningbank.demo.material import STARTER_BANK, Item, items, shipped_file
from reasoningbank.demo.questions import (
    QUESTIONS_ASKED,
    EvenSample,
    Question,
    questions_beside,
    questions_from,
    shipped_questions,
)
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.pattern import SimilarPattern, SkippedLine

ANSWERS_SHOWN: Final = 2
_BATCH: Final = 256


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What storing a file did.

    Args:
        stored: Lines that were stored.
        patterns: Patterns that the bank holds now; fewer than `stored` where lines are equal.
        skipped: Lines that cannot be stored, and why.
        seconds: The time it took, reading, checking and embedding included.
        ids: The stored patterns by the name others know them by.
        sample: Ids of a few patterns from all over the file.
    """

    stored: int
    patterns: int
    skipped: tuple[SkippedLine, ...]
    seconds: float
    ids: dict[str, UUID]
    sample: tuple[UUID, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One question and what was found for it.

    Args:
        question: The question.
        found: The most similar patterns.
        seconds: The time it took to find them.
        expected_first: Whether the first is an expected one; None when nobody wrote that down.
    """

    question: str
    category: str | None
    found: list[SimilarPattern]
    seconds: float
    expected_first: bool | None


def fill(
    bank: ReasoningBank, file: IO[bytes], origin: str, progress: Callable[[int], None]
) -> Filled:
    """Store a file in an empty bank, a batch a transaction.

    Args:
        bank: The bank.
        file: JSON lines, as `material.items` reads them.
        origin: Where the patterns come from, for their provenance.
        progress: Called with the number of lines stored so far.

    Raises:
        InvalidInput: When no line can be stored.
    """
    begun = time.perf_counter()
    counts: Counter[str] = Counter()
    skipped: list[SkippedLine] = []
    ids: dict[str, UUID] = {}
    sample: EvenSample[UUID] = EvenSample(QUESTIONS_ASKED)
    for batch in _batches(items(file, origin), skipped):
        stored = bank.store_patterns([item.given for item in batch])
        for item, pattern_id in zip(batch, stored, strict=True):
            sample.offer(pattern_id)
            if item.name is not None:
                ids[item.name] = pattern_id
        counts["stored"] += len(stored)
        progress(counts["stored"])
    if not counts["stored"]:
        first = f": {skipped[0].message}" if skipped else ""
        raise InvalidInput(f"holds no line that can be stored{first}", field=origin)
    return Filled(
        stored=counts["stored"],
        patterns=bank.get_stats().total_patterns,
        skipped=tuple(skipped),
        seconds=time.perf_counter() - begun,
        ids=ids,
        sample=tuple(sample.chosen()),
    )


def _batches(
    lines: Iterator[Item | SkippedLine], skipped: list[SkippedLine]
) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for line in lines:
        if isinstance(line, SkippedLine):
            skipped.append(line)
            continue
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def questions_for(
    bank: ReasoningBank, source: Path, filled: Filled, asked: Sequence[str]
) -> list[Question]:
    """Give the questions to ask.

    They are those of the caller; else those that come with the starter bank or stand in the file
    beside `source`; else a few of the tasks just stored.
    """
    if asked:
        return [Question(text=text) for text in asked]
    if source == shipped_file(STARTER_BANK):
        return shipped_questions(filled.ids)
    beside = questions_beside(source, filled.ids)
    if beside is not None:
        return beside
    patterns = [bank.get_pattern(pattern_id) for pattern_id in filled.sample]
    return questions_from([pattern for pattern in patterns if pattern is not None])


def ask(bank: ReasoningBank, questions: Sequence[Question]) -> Iterator[Answer]:
    """Ask the questions one after the other."""
    for question in questions:
        wanted = ANSWERS_SHOWN + (question.left_out is not None)
        begun = time.perf_counter()
        found = bank.find_similar(question.text, question.category, wanted)
        seconds = time.perf_counter() - begun
        others = [pattern for pattern in found if pattern.id != question.left_out]
        yield Answer(
            question=question.text,
            category=question.category,
            found=others[:ANSWERS_SHOWN],
            seconds=seconds,
            expected_first=bool(others) and others[0].id in question.expected
            if question.expected
            else None,
        )
