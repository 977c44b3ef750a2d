"""What a set of runs shows, with intervals.

Streams differ in their seed and draw from the same environments, so neither episodes nor runs are
independent of each other. Intervals come from a bootstrap that draws stream seeds and environments
again, each with replacement, and takes all episodes of what was drawn (a two-way cluster bootstrap;
Owen, The pigeonhole bootstrap, Annals of Applied Statistics 2007). Two arms are compared on the same
draws, since they met the same episodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from reasoningbank.evaluation.running import Met, Run

DRAWS: Final = 2_000
BLOCKS: Final = 12
_LEVEL: Final = 0.95

Counts = npt.NDArray[np.float64]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A value with the 95 % interval of the bootstrap; None where nothing was there to count."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def text(self, digits: int = 3) -> str:
        """Return it as people write it, with that many digits after the point."""
        if self.value is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """Two counts for each stream seed (rows) and environment (columns); what is reported is their ratio."""

    above: Counts
    below: Counts

    def under(self, seeds: Counts, environments: Counts) -> Counts:
        """Return the ratio under each of several draws, given as how often each was drawn."""
        above = np.einsum("ds,se,de->d", seeds, self.above, environments)
        below = np.einsum("ds,se,de->d", seeds, self.below, environments)
        empty = np.full(len(above), np.nan)
        np.divide(above, below, out=empty, where=below > 0)
        return empty

    def value(self) -> float | None:
        """Return the ratio of what was counted."""
        below = float(self.below.sum())
        return float(self.above.sum()) / below if below else None


class Bootstrap:
    """The draws, made once so that all arms are seen under the same ones.

    Args:
        seeds: How many streams there are.
        environments: Their environments.
    """

    def __init__(self, seeds: int, environments: Sequence[str]) -> None:
        self.environments = tuple(environments)
        chance = np.random.default_rng(0)
        self._seeds = chance.multinomial(seeds, [1 / seeds] * seeds, DRAWS).astype(float)
        count = len(self.environments)
        self._environments = chance.multinomial(count, [1 / count] * count, DRAWS).astype(float)

    def ratio(
        self,
        runs: Sequence[Run],
        counted: Callable[[Run], Sequence[Met]],
        above: Callable[[Met], float],
        below: Callable[[Met], float],
    ) -> Ratio:
        """Return the counts of what `counted` picks from each run."""
        column = {name: at for at, name in enumerate(self.environments)}
        sums = np.zeros((2, len(runs), len(column)))
        for row, run in enumerate(runs):
            for met in counted(run):
                at = column[met.visit.environment]
                sums[0, row, at] += above(met)
                sums[1, row, at] += below(met)
        return Ratio(above=sums[0], below=sums[1])

    def interval(self, ratio: Ratio) -> Interval:
        """Return a ratio with its interval."""
        return _interval(ratio.value(), ratio.under(self._seeds, self._environments))

    def difference(self, ours: Ratio, theirs: Ratio) -> Interval:
        """Return by how much our ratio is above theirs, on the same draws."""
        ours_value, theirs_value = ours.value(), theirs.value()
        if ours_value is None or theirs_value is None:
            return Interval(value=None)
        drawn = ours.under(self._seeds, self._environments) - theirs.under(
            self._seeds, self._environments
        )
        return _interval(ours_value - theirs_value, drawn)


def _interval(value: float | None, drawn: Counts) -> Interval:
    if value is None or not np.isfinite(drawn).any():
        return Interval(value=value)
    edge = (1 - _LEVEL) / 2
    low, high = np.nanquantile(drawn, [edge, 1 - edge])
    return Interval(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4))


def last_third(run: Run) -> Sequence[Met]:
    """Return the last third of a stream, where an arm has had time to learn."""
    return run.met[2 * len(run.met) // 3 :]


def first_third(run: Run) -> Sequence[Met]:
    """Return the first third of a stream."""
    return run.met[: len(run.met) // 3]


def by_block(runs: Sequence[Run]) -> list[float]:
    """Return the success of first attempts in each twelfth of the streams."""
    blocks: list[list[bool]] = [[] for _ in range(BLOCKS)]
    for run in runs:
        for at, met in enumerate(run.met):
            blocks[at * BLOCKS // len(run.met)].append(met.first)
    return [_share(block) for block in blocks if block]


def by_visit(runs: Sequence[Run], *, held_out: bool) -> list[float]:
    """Return the success of first attempts at the first, second, ... visit of an environment."""
    visits: dict[int, list[bool]] = {}
    for run in runs:
        for met in run.met:
            if met.visit.held_out == held_out:
                visits.setdefault(met.visit.number, []).append(met.first)
    return [_share(visits[number]) for number in sorted(visits)]


def _share(outcomes: Sequence[bool]) -> float:
    return round(sum(outcomes) / len(outcomes), 4)
