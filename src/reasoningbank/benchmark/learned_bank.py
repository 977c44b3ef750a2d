"""A bank as it is after much learning: families of strategies, outcomes, groups of one experience."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from reasoningbank.bank.drafting import Drafting
from reasoningbank.benchmark import corpus
from reasoningbank.domain.identifiers import new_id
from reasoningbank.domain.outcome import Outcome, OutcomeSource
from reasoningbank.domain.records import EmbeddingModel, LearnedPattern, Stamp
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.trajectory import Trajectory, Verdict
from reasoningbank.embedding import default_embedder
from reasoningbank.storage import StorageBackend, open_storage

if TYPE_CHECKING:
    from reasoningbank.benchmark.pair import Progress, Vectors

PATTERNS_PER_STRATEGY: Final = 20
"""A strategy is tried on about so many tasks: the size of a family."""

GROUP_SIZES: Final = (1, 2, 3)
"""How many patterns an experience gives."""

_MORE_OUTCOMES: Final = (0, 0, 1, 1, 2, 4)
_SOURCES: Final[tuple[OutcomeSource, ...]] = ("test", "environment", "caller", "agent")
_NAMESPACE: Final = "default"
_BEGUN_MS: Final = 1_770_000_000_000
_MINUTE_MS: Final = 60_000
_SAY_EVERY: Final = 10_000


def build(path: Path, size: int, vectors: Vectors, progress: Progress | None = None) -> None:
    """Make a bank of `size` patterns learned from experiences, a minute apart, with 1 to 5 outcomes each.

    Args:
        path: The file to make.
        size: How many patterns.
        vectors: Those of the corpus from its first text on.
        progress: Told what is going on.
    """
    embedder = default_embedder()
    model = EmbeddingModel(
        embedder.name, embedder.dimension, str(getattr(embedder, "version", "1"))
    )
    storage = open_storage(path)
    try:
        for group in _groups(size):
            _learn(storage, model, group, size, vectors)
            if progress is not None and group.start // _SAY_EVERY != group.stop // _SAY_EVERY:
                progress(f"learned {group.stop:,} of {size:,} patterns")
    finally:
        storage.close()


def _groups(size: int) -> Iterator[range]:
    """Give the numbers of the patterns of each experience."""
    random = Random("groups")  # noqa: S311 - reproducible, not secret
    first = 0
    while first < size:
        last = min(size, first + random.choice(GROUP_SIZES))
        yield range(first, last)
        first = last


def _learn(
    storage: StorageBackend, model: EmbeddingModel, group: range, size: int, vectors: Vectors
) -> None:
    random = Random(f"learned {group.start}")  # noqa: S311 - reproducible, not secret
    now_ms = _BEGUN_MS + group.start * _MINUTE_MS
    stamp = Stamp("benchmark", format_timestamp(now_ms))
    task = corpus.pattern(group.start)
    solved = random.random() < _chance(group.start, size)
    score = float(solved)
    verdict = Verdict(kind="success" if solved else "failure", score=score, source="test")
    trajectory = Trajectory(
        id=new_id(now_ms, os.urandom), namespace=_NAMESPACE, task_description=task.task_description,
        task_category=task.task_category, steps=(), metadata={"number": group.start}, origin=None,
        actor=stamp.actor, created_at=stamp.at, state="judged", verdict=verdict, note=None,
    )  # fmt: skip
    storage.store_trajectory(trajectory, b"%d" % group.start)
    drafting = Drafting(_NAMESPACE, lambda: now_ms, os.urandom)
    learned = []
    for number in group:
        strategy = corpus.pattern(number % _strategies(size)).strategy
        given = msgspec.structs.replace(
            corpus.pattern(number), strategy=strategy, success_score=score, source="test"
        )
        draft = drafting.draft(given, "merge")
        outcome = _outcome(random, draft.pattern.id, score, "test", stamp)
        new = draft.with_vector(vectors[number].tobytes(), stamp.actor)
        learned.append(LearnedPattern(new=new, outcomes={trajectory.id: outcome}))
    held = storage.learn_patterns(_NAMESPACE, [str(trajectory.id)], learned, model, stamp)
    for number, (pattern_id, _) in zip(group, held, strict=True):
        for _ in range(random.choice(_MORE_OUTCOMES)):
            worked = float(random.random() < _chance(number, size))
            source = random.choice(_SOURCES)
            outcome = _outcome(random, UUID(pattern_id), worked, source, stamp)
            storage.record_outcome(_NAMESPACE, outcome)


def _strategies(size: int) -> int:
    return max(1, size // PATTERNS_PER_STRATEGY)


def _chance(number: int, size: int) -> float:
    """Give how often the strategy of a pattern works: some nearly always, some hardly ever."""
    return Random(f"chance {number % _strategies(size)}").betavariate(1.5, 1.0)  # noqa: S311


def _outcome(
    random: Random, pattern_id: UUID, score: float, source: OutcomeSource, stamp: Stamp
) -> Outcome:
    return Outcome(
        id=UUID(int=random.getrandbits(128), version=4),
        pattern_id=pattern_id,
        kind="success" if score else "failure",
        score=score,
        source=source,
        evidence={"exit_code": int(not score)},
        actor=stamp.actor,
        at=stamp.at,
    )
