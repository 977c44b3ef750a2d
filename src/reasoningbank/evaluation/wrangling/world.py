"""The world: episodes made from seeds, attempts run for real in a directory of their own, exact verdicts."""

from __future__ import annotations

import time
from collections.abc import Sequence

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard
from reasoningbank.evaluation.wrangling.environments import ENVIRONMENTS
from reasoningbank.evaluation.wrangling.features import features
from reasoningbank.evaluation.wrangling.sandbox import Sandbox, Stuck, require_programs
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategies import REPERTOIRE
from reasoningbank.evaluation.wrangling.task import Environment, Task, fault


def _name(environment: Environment) -> str:
    return environment.name


class WranglingWorld:
    """Tasks with files on a command line.

    Every attempt gets a fresh temporary directory with the files of the task; the strategy runs real commands
    there and the grader compares what it leaves behind with what the generator worked out by itself.

    >>> world = WranglingWorld()
    >>> world.episode("plain-total", 3).instruction
    'Sum the field "balance" across all records of bookings_10.txt.'
    >>> world.applicable()
    ('count-lines', 'count-unpacked', 'parse-decimal-commas', 'parse-table', 'split-columns', 'tally')

    Args:
        environments: The kinds of tasks.
    """

    name = "wrangling"

    def __init__(self, environments: Sequence[Environment] = ENVIRONMENTS) -> None:
        self._environments = {one.name: one for one in sorted(environments, key=_name)}
        self._strategies = {strategy.id: strategy for strategy in REPERTOIRE}
        self._begun: tuple[Task, Scene] | None = None

    def environments(self) -> tuple[str, ...]:
        """Return the names of the environments, sorted."""
        return tuple(self._environments)

    def seeds(self) -> range:
        """Return the seeds: every number is one."""
        return range(2**31)

    def strategies(self) -> tuple[StrategyCard, ...]:
        """Return the repertoire in words."""
        return tuple(
            StrategyCard(id=strategy.id, title=strategy.title, description=strategy.description)
            for strategy in REPERTOIRE
        )

    def episode(self, environment: str, seed: int) -> Observation:
        """Make the task of a seed and return what an agent sees of it."""
        if environment not in self._environments:
            raise InvalidInput("is not one of the environments", field="environment")
        if seed not in self.seeds():
            raise InvalidInput("must be a whole number from 0 to 2147483647", field="seed")
        task = self._environments[environment].task(seed)
        scene = Scene(task.instruction, task.files)
        self._begun = (task, scene)
        return Observation(instruction=task.instruction, features=features(scene))

    def applicable(self) -> tuple[str, ...]:
        """Return the ids of the strategies that could begin."""
        _, scene = self._current()
        return tuple(strategy.id for strategy in REPERTOIRE if strategy.applies(scene))

    def attempt(self, strategy: str) -> Attempt:
        """Run a strategy in a fresh directory and grade what it leaves behind.

        Raises:
            InvalidInput: No such strategy, or no episode has begun.
            Unavailable: A program is missing, or this is no POSIX system.
        """
        if strategy not in self._strategies:
            raise InvalidInput("is not in the repertoire", field="strategy")
        task, scene = self._current()
        chosen = self._strategies[strategy]
        if not chosen.applies(scene):
            return Attempt(success=False, score=0.0, applies=False, seconds=0.0)
        require_programs()
        started = time.monotonic()
        note = ""
        with Sandbox(task.files) as sandbox:
            try:
                chosen.run(sandbox, scene)
            except Stuck as stuck:
                note = str(stuck)
            wrong = fault(task, sandbox.printed, sandbox.files())
            steps = tuple(sandbox.steps)
        success = not (note or wrong)
        return Attempt(
            success=success,
            score=float(success),
            applies=True,
            seconds=round(time.monotonic() - started, 4),
            steps=steps,
            note=note or wrong,
        )

    def close(self) -> None:
        """Hold nothing between attempts, release nothing."""

    def _current(self) -> tuple[Task, Scene]:
        if self._begun is None:
            raise InvalidInput("begin an episode first", field="strategy")
        return self._begun
