"""A task under way: what was recalled for it, what was done, how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.lesson import Learned
from reasoningbank.domain.outcome import OutcomeKind, OutcomeSource
from reasoningbank.domain.recall import Recall, RecalledPattern
from reasoningbank.domain.trajectory import Step, TrajectoryInput, Verdict, scaling_origin
from reasoningbank.domain.validation import checked_outcome, checked_source


class ScalingPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an attempt stands among the attempts at one task.

    Args:
        run: The id that these attempts share.
        attempt: Its number, from 1.
        of: How many there may be.
        mode: Whether they are made side by side or one after the other.
        earlier: A block of text on the attempts before it, empty where there is none.
    """

    run: UUID
    attempt: int
    of: int
    mode: Literal["parallel", "sequential"]
    earlier: str


class Task:
    """What an agent is given at the start of a task, and tells the bank as it goes on.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     with bank.task("Make the tests pass", category="debugging") as task:
    ...         task.step("pytest -q", "1 failed", error="AssertionError: 3 != 4")
    ...         task.step("fix the off-by-one in slice()")
    ...         task.step("pytest -q", "1 passed")
    ...         task.succeed(source="test")
    ...     task.learned.status
    'learned'

    Args:
        recall: What was recalled for the task.
        category: The kind of task.
        place: Where it stands among several attempts, if it is one of them.
    """

    def __init__(self, recall: Recall, category: str, place: ScalingPlace | None = None) -> None:
        self.recall = recall
        self.category = category
        self._place = place
        self.learned: Learned | None = None
        self._steps: list[Step] = []
        self._verdict: Verdict | None = None
        self._used: tuple[UUID | str, ...] | None = None

    @property
    def prompt(self) -> str:
        """The block to put into the agent's prompt, with `earlier`; empty when nothing fits."""
        return "\n\n".join(block for block in (self.recall.prompt, self.earlier) if block)

    @property
    def attempt(self) -> int:
        """Its number among the attempts of one `scale`, from 1."""
        return 1 if self._place is None else self._place.attempt

    @property
    def earlier(self) -> str:
        """What earlier attempts of a sequential `scale` did and how they ended, quoted; or empty."""
        return "" if self._place is None else self._place.earlier

    @property
    def patterns(self) -> tuple[RecalledPattern, ...]:
        """What the block shows."""
        return self.recall.patterns

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was done so far."""
        return tuple(self._steps)

    @property
    def verdict(self) -> Verdict | None:
        """How the task ended, once that was said."""
        return self._verdict

    def step(
        self,
        action: str,
        observation: str | None = None,
        *,
        error: str | None = None,
        thought: str | None = None,
        duration_seconds: float | None = None,
    ) -> None:
        """Note one step.

        Args:
            action: What was done.
            observation: What came back.
            error: The error it met.
            thought: What the agent said to itself.
            duration_seconds: How long it took.
        """
        self._steps.append(
            Step(
                action=action,
                observation=observation,
                error=error,
                thought=thought,
                duration_seconds=duration_seconds,
            )
        )

    def used(self, patterns: Sequence[UUID | str]) -> None:
        """Say which of the patterns shown were used; otherwise they share the outcome."""
        self._used = tuple(patterns)

    def succeed(
        self,
        *,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> None:
        """Say that the task succeeded; the last word counts."""
        self._end(*checked_outcome(success=True, score=None), source, evidence)

    def fail(
        self,
        *,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> None:
        """Say that the task failed; the last word counts."""
        self._end(*checked_outcome(success=False, score=None), source, evidence)

    def score(
        self,
        score: float,
        *,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> None:
        """Say how well the task went, 0 to 1; the last word counts."""
        self._end(*checked_outcome(success=None, score=score), source, evidence)

    def _end(
        self,
        kind: OutcomeKind,
        score: float | None,
        source: OutcomeSource,
        evidence: Mapping[str, object] | None,
    ) -> None:
        if evidence is not None and not isinstance(evidence, Mapping):
            raise InvalidInput("must be a JSON object", field="evidence")
        self._verdict = Verdict(
            kind=kind,
            score=score,
            source=checked_source(source),
            evidence=dict(evidence or {}),
        )

    def interrupted(self, error: BaseException) -> None:
        """Note that the code doing the task raised; that alone says nothing about the task."""
        self.step("(the program doing the task raised)", error=f"{type(error).__name__}: {error}")

    @property
    def credited(self) -> tuple[UUID | str, ...] | None:
        """The patterns said to have been used, or None."""
        return self._used

    def trajectory(self) -> TrajectoryInput:
        """Give the experience as it stands."""
        return TrajectoryInput(
            task_description=self.recall.task_description,
            task_category=self.category,
            steps=self.steps,
            # Nobody said how it ended: it stays pending, whatever the steps look like.
            verdict=self._verdict or Verdict(kind="unknown", score=None, source="caller"),
            metadata={"recall": str(self.recall.id), **self._scaling()},
            origin=None if self._place is None else scaling_origin(self._place.run),
        )

    def _scaling(self) -> JsonObject:
        """Give what tells an attempt from its siblings, though they did the very same."""
        place = self._place
        if place is None:
            return {}
        told = {"run": str(place.run), "attempt": place.attempt, "of": place.of}
        return {"scaling": {**told, "mode": place.mode}}
