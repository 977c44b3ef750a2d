"""What a recorded matrix holds: how each strategy fares where, and what picking without a memory would earn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from reasoningbank.evaluation.miniwob.matrix import Episode, Matrix

SOLVED = 0.8
MOSTLY = 0.5


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Success rates by environment and strategy, and the policies that need no memory.

    `random` picks any strategy, `random_applicable` one that can begin; `best_single` is one strategy
    everywhere; `best_each` the best of each environment, chosen with hindsight.
    """

    rates: dict[str, dict[str, float]]
    random: float
    random_applicable: float
    best_single: tuple[str, float]
    best_each: float
    solved: int


def succeeded(episode: Episode) -> dict[str, bool]:
    """Return which of the strategies tried on an episode earned the full reward."""
    return {name: ran.ended and ran.reward == 1.0 for name, ran in episode.attempts.items()}


def mean(values: list[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def summarise(matrix: Matrix) -> Summary:
    """Return the summary of a matrix; every environment counts alike."""
    episodes: dict[str, list[Episode]] = defaultdict(list)
    for episode in matrix.episodes:
        episodes[episode.environment].append(episode)
    ids = [card.id for card in matrix.header.strategies]
    rates = {
        name: {
            strategy: mean([float(succeeded(episode).get(strategy, False)) for episode in group])
            for strategy in ids
        }
        for name, group in episodes.items()
    }
    applicable = [
        mean([mean(list(map(float, succeeded(episode).values()))) for episode in group])
        for group in episodes.values()
    ]
    overall = {strategy: mean([rate[strategy] for rate in rates.values()]) for strategy in ids}
    single = max(overall, key=lambda strategy: overall[strategy])
    best = [max(rate.values()) for rate in rates.values()]
    return Summary(
        rates=rates,
        random=mean([mean(list(rate.values())) for rate in rates.values()]),
        random_applicable=mean(applicable),
        best_single=(single, overall[single]),
        best_each=mean(best),
        solved=sum(rate >= SOLVED for rate in best),
    )


def lines(matrix: Matrix) -> Iterator[str]:
    """Give the summary as Markdown: the policies, then environments, then strategies."""
    summary = summarise(matrix)
    count = len(summary.rates)
    yield f"{count} environments, {len(matrix.episodes)} episodes, {len(matrix.header.strategies)} strategies.\n"
    yield "| policy without a memory | success |\n|---|---|\n"
    yield f"| a strategy at random | {summary.random:.3f} |\n"
    yield f"| at random among those that apply | {summary.random_applicable:.3f} |\n"
    yield f"| the best single strategy (`{summary.best_single[0]}`) | {summary.best_single[1]:.3f} |\n"
    yield f"| the best strategy of each environment | {summary.best_each:.3f} |\n"
    yield f"\n{summary.solved} environments have a strategy that succeeds in at least {SOLVED:.0%}.\n"
    yield "\n| environment | strategies with a success, by rate |\n|---|---|\n"
    for name, rate in sorted(summary.rates.items()):
        ranked = sorted(
            ((value, strategy) for strategy, value in rate.items() if value), reverse=True
        )
        shown = ", ".join(f"`{strategy}` {value:.2f}" for value, strategy in ranked)
        yield f"| {name} | {shown} |\n"
    yield f"\n| strategy | solves in at least {MOSTLY:.0%} |\n|---|---|\n"
    for card in matrix.header.strategies:
        solved = [name for name, rate in sorted(summary.rates.items()) if rate[card.id] >= MOSTLY]
        yield f"| `{card.id}` | {', '.join(solved)} |\n"
