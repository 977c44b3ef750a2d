"""How the repertoire fares: every strategy on every episode of some seeds, as a table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec

from reasoningbank.evaluation.world import World

SOLVED = 0.8


class Fares(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured in one environment: success by strategy, and over the episodes of all strategies.

    `applicable` is the mean number of strategies that could begin, `among` the mean success of those.
    """

    rates: dict[str, float]
    applicable: float
    among: float


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The environments by name, and what went into them: attempts run and seconds taken."""

    environments: dict[str, Fares]
    attempts: int
    seconds: float

    def random(self) -> float:
        """Return the success of a strategy drawn from the whole repertoire."""
        return _mean([_mean(list(one.rates.values())) for one in self.environments.values()])

    def among_applicable(self) -> float:
        """Return the success of a strategy drawn from those that can begin."""
        return _mean([one.among for one in self.environments.values()])

    def single(self) -> tuple[str, float]:
        """Return the strategy that is best everywhere taken together, and its success."""
        every = list(self.environments.values())
        overall = {name: _mean([one.rates[name] for one in every]) for name in every[0].rates}
        best = max(overall, key=lambda name: overall[name])
        return best, overall[best]

    def best_each(self) -> float:
        """Return the success of the best strategy of each environment, chosen with hindsight."""
        return _mean([max(one.rates.values()) for one in self.environments.values()])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def fares(world: World, environment: str, seeds: Sequence[int]) -> tuple[Fares, int]:
    """Try every strategy on the episodes of an environment; return how they fare and the attempts run."""
    ids = [card.id for card in world.strategies()]
    won = dict.fromkeys(ids, 0)
    counts: list[int] = []
    among: list[float] = []
    for seed in seeds:
        world.episode(environment, seed)
        begins = world.applicable()
        ends = {name: world.attempt(name).success for name in begins}
        for name, success in ends.items():
            won[name] += success
        counts.append(len(begins))
        among.append(_mean([float(success) for success in ends.values()]))
    result = Fares(
        rates={name: count / len(seeds) for name, count in won.items()},
        applicable=_mean(counts),
        among=_mean(among),
    )
    return result, sum(counts)


def summarise(world: World, seeds: Sequence[int]) -> Summary:
    """Run the whole repertoire on every episode of these seeds."""
    started = time.monotonic()
    measured = {name: fares(world, name, seeds) for name in world.environments()}
    return Summary(
        environments={name: result for name, (result, _) in measured.items()},
        attempts=sum(count for _, count in measured.values()),
        seconds=time.monotonic() - started,
    )


def lines(summary: Summary, world: World) -> Iterator[str]:
    """Give the summary as Markdown: the policies, then environments, then strategies."""
    every = summary.environments
    yield f"{len(every)} environments, {len(world.strategies())} strategies, {summary.attempts} attempts, "
    yield f"{1000 * summary.seconds / max(1, summary.attempts):.1f} ms each.\n\n"
    yield "| policy without a memory | success |\n|---|---|\n"
    yield f"| a strategy at random | {summary.random():.3f} |\n"
    yield f"| at random among those that apply | {summary.among_applicable():.3f} |\n"
    best, rate = summary.single()
    yield f"| the best single strategy (`{best}`) | {rate:.3f} |\n"
    yield f"| the best strategy of each environment | {summary.best_each():.3f} |\n"
    solved = sum(max(one.rates.values()) >= SOLVED for one in every.values())
    yield f"\n{solved} environments have a strategy that succeeds in at least {SOLVED:.0%}.\n"
    yield "\n| environment | apply | strategies with a success, by rate |\n|---|---|---|\n"
    for name, one in sorted(every.items()):
        ranked = sorted(
            ((rate, strategy) for strategy, rate in one.rates.items() if rate), reverse=True
        )
        shown = ", ".join(f"`{strategy}` {rate:.2f}" for rate, strategy in ranked)
        yield f"| {name} | {one.applicable:.1f} | {shown} |\n"
    yield "\n| strategy | solves in at least half of the episodes |\n|---|---|\n"
    for card in world.strategies():
        names = [name for name, one in sorted(every.items()) if one.rates[card.id] >= 1 / 2]
        yield f"| `{card.id}` | {', '.join(names)} |\n"
