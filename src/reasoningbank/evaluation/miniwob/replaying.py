"""Checking a recorded matrix: run some of its attempts again and see whether they end the same way."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from reasoningbank.evaluation.miniwob.live import LiveWorld
from reasoningbank.evaluation.miniwob.matrix import Matrix, MatrixWorld


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of the matrix run again: whether page and success were the same."""

    environment: str
    seed: int
    strategy: str
    same_page: bool
    same_success: bool


def replay(matrix: Matrix, count: int, seed: int) -> Iterator[Replayed]:
    """Run attempts drawn at random from a matrix again in a browser, and give what became of each."""
    recorded = MatrixWorld(matrix)
    attempts = [
        (episode.environment, episode.seed, strategy)
        for episode in matrix.episodes
        for strategy in episode.attempts
    ]
    drawn = random.Random(seed).sample(attempts, min(count, len(attempts)))  # noqa: S311
    with LiveWorld(recorded.environments()) as live:
        for environment, number, strategy in sorted(drawn):
            pages = [world.episode(environment, number) for world in (recorded, live)]
            ends = [world.attempt(strategy).success for world in (recorded, live)]
            yield Replayed(
                environment=environment,
                seed=number,
                strategy=strategy,
                same_page=pages[0] == pages[1],
                same_success=ends[0] == ends[1],
            )
