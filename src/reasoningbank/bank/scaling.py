"""Several attempts at one task: what they are, which is best, when to stop, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, Literal, TypeAlias, TypeVar, get_args
from uuid import UUID

import msgspec

from reasoningbank.bank.task import Task
from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.lesson import LearnedTogether
from reasoningbank.domain.outcome import TRUST_OF_SOURCE, TRUST_ORDER, OutcomeKind
from reasoningbank.domain.recall import Recall
from reasoningbank.domain.trajectory import Verdict

Value = TypeVar("Value")

ScalingMode: TypeAlias = Literal["parallel", "sequential"]
InFlight: TypeAlias = Literal["finish", "cancel"]
StopWhen: TypeAlias = Literal["confirmed", "succeeded", "never"]

MODES: Final[tuple[str, ...]] = get_args(ScalingMode)
IN_FLIGHT: Final[tuple[str, ...]] = get_args(InFlight)
STOPS: Final[tuple[str, ...]] = get_args(StopWhen)

_RANK: Final[dict[OutcomeKind, int]] = {"success": 3, "partial": 2, "unknown": 1, "failure": 0}


class Attempt(msgspec.Struct, Generic[Value], frozen=True, kw_only=True):
    """One attempt at a task, as it ended.

    Args:
        number: Its number, from 1, in the order they were begun.
        task: The task it was given: its steps, and the verdict it gave itself.
        value: What it returned; None when it raised.
        error: What it raised, or None. That alone is no failure.
        verdict: How it ended: by the attempt's own word, `verify` or `judge`; None when nobody said.
        trajectory_id: The experience that keeps it; None when it could not be kept.

    >>> from reasoningbank import ReasoningBank
    >>> def walk(task):
    ...     task.step("go left" if task.attempt == 1 else "go right")
    ...     (task.fail if task.attempt == 1 else task.succeed)(source="environment")
    >>> with ReasoningBank.open("memory:") as bank:
    ...     scaled = bank.scale("Find the door", walk, k=2, max_workers=1)
    >>> [(one.number, one.verdict.kind) for one in scaled.attempts]
    [(1, 'failure'), (2, 'success')]
    """

    number: int
    task: Task
    value: Value | None
    error: BaseException | None
    verdict: Verdict | None
    trajectory_id: UUID | None

    @property
    def succeeded(self) -> bool:
        """Whether somebody said that it succeeded."""
        return self.verdict is not None and self.verdict.kind == "success"

    @property
    def confirmed(self) -> bool:
        """Whether a test, the environment or a person said that it succeeded."""
        verdict = self.verdict
        return (
            verdict is not None
            and self.succeeded
            and TRUST_OF_SOURCE[verdict.source] == "confirmed"
        )


class Scaled(msgspec.Struct, Generic[Value], frozen=True, kw_only=True):
    """What came of several attempts at one task.

    Args:
        run: The id that the attempts share: the origin of their experiences is ``scale:`` and this.
        attempts: All that were begun, in order; those that raised among them.
        best: The best one that returned a value, or None when every one raised.
        recall: What was recalled for all of them, once.
        learned: What comparing them taught.
        problems: What kept an attempt from being kept, learned from or credited; mostly empty.

    >>> from reasoningbank import ReasoningBank
    >>> def guess(task):
    ...     task.step(f"try {task.attempt}")
    ...     return task.attempt
    >>> with ReasoningBank.open("memory:") as bank:
    ...     scaled = bank.scale("Guess the number", guess, k=3, verify=lambda value: value == 2)
    >>> scaled.value, scaled.best.verdict.source
    (2, 'test')
    """

    run: UUID
    attempts: tuple[Attempt[Value], ...]
    best: Attempt[Value] | None
    recall: Recall
    learned: LearnedTogether
    problems: tuple[ReasoningBankError, ...] = ()

    @property
    def value(self) -> Value | None:
        """What the best attempt returned, or None without one."""
        return None if self.best is None else self.best.value

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """What attempts raised, in order."""
        return tuple(one.error for one in self.attempts if one.error is not None)


Select: TypeAlias = Callable[[Sequence[Attempt[Value]]], "Attempt[Value] | None"]
Stop: TypeAlias = Callable[[Attempt[Value]], bool]


def best_of(attempts: Sequence[Attempt[Value]]) -> Attempt[Value] | None:
    """Give the best attempt that returned a value, or None.

    Success comes before partial success, the higher score first, then what nobody judged, then
    failure; among equals the verdict of the more trusted source (of failures: the less trusted, for
    it is the likelier to be wrong), then fewer steps, then the earlier one.
    """
    return max((one for one in attempts if one.error is None), key=_order, default=None)


def _order(attempt: Attempt[Value]) -> tuple[float, float, float, int, int]:
    verdict = attempt.verdict
    kind: OutcomeKind = "unknown" if verdict is None else verdict.kind
    score = 0.0 if verdict is None or verdict.score is None else verdict.score
    trust = 0
    if verdict is not None and kind != "unknown":
        trust = TRUST_ORDER.index(TRUST_OF_SOURCE[verdict.source])
    if kind == "failure":
        trust = -trust
    return (_RANK[kind], score, trust, -len(attempt.task.steps), -attempt.number)


def stops_at(attempt: Attempt[Value], stop_when: StopWhen | Stop[Value]) -> bool:
    """Give whether no further attempt is needed after this one."""
    if callable(stop_when):
        return bool(stop_when(attempt))
    if stop_when == "never":
        return False
    return attempt.confirmed if stop_when == "confirmed" else attempt.succeeded
