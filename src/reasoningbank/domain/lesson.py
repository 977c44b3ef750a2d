"""What judging and distilling a trajectory give."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import Redaction
from reasoningbank.domain.trajectory import Verdict

LearnStatus: TypeAlias = Literal["learned", "pending", "replayed"]


class Lesson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One strategy distilled from a trajectory.

    Args:
        title: A short name, one line.
        strategy: What to do, or for a failure what to avoid and what to do instead; general, so
            that it serves tasks like this one and not only this one.
        tags: Words to find it by.
        shown_by: For a lesson drawn from several attempts, the numbers (from 1) of those that do
            what it says, or that make the mistake it warns of; none leaves it to the outcomes.

    >>> Lesson(title="Quote it", strategy="Put arguments with spaces in quotes.").tags
    ()
    """

    title: str
    strategy: str
    tags: tuple[str, ...] = ()
    shown_by: tuple[int, ...] = ()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What asking a model took: calls, tokens, and the cost in US dollars where it is known.

    >>> Usage(calls=1, input_tokens=900, output_tokens=120).cost_usd is None
    True
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None

    def plus(self, other: Usage) -> Usage:
        """Give the sum of both; the cost is that of the calls whose cost is known."""
        costs = [one.cost_usd for one in (self, other) if one.cost_usd is not None]
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=sum(costs) if costs else None,
        )


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge says: a verdict, or a note where its answer could not be used.

    >>> Judgement(verdict=None, note="the answer was cut off").verdict is None
    True
    """

    verdict: Verdict | None
    note: str | None = None
    usage: Usage = Usage()


class Distillation(msgspec.Struct, frozen=True, kw_only=True):
    """What a distiller found: at most three lessons, or a note where its answer was of no use.

    Args:
        lessons: What the experience teaches.
        note: Why there is no lesson, or what could not be used of the answer, or None.
        usage: What asking models took.
        found_nothing: Whether the distiller looked and says that there is no lesson to be had, so
            that it need not be asked again. False where it failed, or where another may find more.

    >>> Distillation(lessons=(Lesson(title="Quote it", strategy="Put it in quotes."),)).note is None
    True
    """

    lessons: tuple[Lesson, ...]
    note: str | None = None
    usage: Usage = Usage()
    found_nothing: bool = False


class DistillationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The material for somebody else, such as a host agent, to distil.

    Args:
        trajectory_id: To be given back with the answer.
        instructions: What to write and how.
        material: The task, the verdict and the steps, scrubbed and bounded.
        answer_schema: JSON Schema of the answer: an object with ``lessons``.

    >>> from reasoningbank import LeftToHost, ReasoningBank, TrajectoryInput, Verdict
    >>> given = TrajectoryInput(
    ...     task_description="Make it print 3",
    ...     task_category="c",
    ...     steps=(),
    ...     verdict=Verdict(kind="success", score=1.0, source="test"),
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     kept = bank.learn(given, distiller=LeftToHost())
    ...     bank.distillation_request(kept.trajectory_id).material["task"]
    'Make it print 3'
    """

    trajectory_id: UUID
    instructions: str
    material: JsonObject
    answer_schema: JsonObject


class LearnedTogether(msgspec.Struct, frozen=True, kw_only=True):
    """Say what comparing several attempts at one task taught.

    Args:
        trajectories: The attempts that were kept, in order.
        status: ``learned``; or ``pending``, kept for `retry_pending` because no attempt has a verdict
            or there was no usable answer; or ``replayed``, when all had been learned from before.
        patterns: Ids of the patterns that hold what was learned.
        note: Why it is pending, or what could not be used of an answer, or None.
        usage: What asking models took, judging included.

    >>> LearnedTogether(
    ...     trajectories=(), status="pending", patterns=(), note="no attempt was kept"
    ... ).status
    'pending'
    """

    trajectories: tuple[UUID, ...]
    status: LearnStatus
    patterns: tuple[UUID, ...]
    note: str | None = None
    usage: Usage = Usage()


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """Say what learning from a trajectory did.

    Args:
        trajectory_id: The experience, stored in any case.
        status: ``learned``, also when there was nothing to learn; ``pending``, kept for later because there was no verdict or no usable
            answer; or ``replayed``, when the same experience had been learned from before.
        patterns: Ids of the patterns that hold what was learned.
        verdict: How the task ended, as far as is known.
        note: Why it is pending, why nothing was learned, or what could not be used of an answer, or None.
        usage: What asking models took.
        redacted: Secrets and personal data that were taken out before storing.

    >>> from reasoningbank import ReasoningBank, Step, TrajectoryInput
    >>> given = TrajectoryInput(
    ...     task_description="Make the tests pass",
    ...     task_category="debugging",
    ...     steps=(
    ...         Step(action="pytest -q", observation="E   NameError: name 'x'"),
    ...         Step(action="edit 'y = x' 'y = 1'"),
    ...         Step(action="pytest -q", observation="1 passed in 0.1s"),
    ...     ),
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     learned = bank.learn(given)
    ...     [bank.get_pattern(one).title for one in learned.patterns]
    ["NameError: name 'x': `1` in place of `x`"]
    """

    trajectory_id: UUID
    status: LearnStatus
    patterns: tuple[UUID, ...]
    verdict: Verdict | None
    note: str | None = None
    usage: Usage = Usage()
    redacted: tuple[Redaction, ...] = ()
