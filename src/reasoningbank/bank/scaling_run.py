"""One scaling run under way: what threads and coroutines that make its attempts share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

import msgspec

from reasoningbank.bank.scaling import (
    Attempt,
    Scaled,
    ScalingMode,
    Select,
    Stop,
    StopWhen,
    best_of,
    stops_at,
)
from reasoningbank.bank.task import ScalingPlace, Task
from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.lesson import LearnedTogether, Usage
from reasoningbank.domain.outcome import TRUST_OF_SOURCE, TRUST_ORDER
from reasoningbank.domain.recall import Recall
from reasoningbank.domain.trajectory import Trajectory, Verdict
from reasoningbank.learning.contract import Distiller, Judge
from reasoningbank.retrieval.earlier import EarlierAttempt, rendered_attempts

if TYPE_CHECKING:
    from reasoningbank.bank.scaling_operations import ScalingOperations

Value = TypeVar("Value")


class ScalingPlan(msgspec.Struct, Generic[Value], frozen=True, kw_only=True):
    """What was asked of a scaling run; see `ReasoningBank.scale`."""

    k: int
    mode: ScalingMode
    category: str
    token_budget: int
    verify: Callable[[Value], bool] | None
    judge: Judge | None
    distiller: Distiller | None
    select: Select[Value] | None
    stop_when: StopWhen | Stop[Value]
    workers: int


class ScalingRun(Generic[Value]):
    """Hands out the attempts of a run and keeps each as it ends; safe to share between threads.

    Args:
        bank: Where they are kept.
        run: The id that they share.
        recall: What was recalled for all of them.
        plan: What was asked for.
    """

    def __init__(
        self, bank: ScalingOperations, run: UUID, recall: Recall, plan: ScalingPlan[Value]
    ) -> None:
        self.plan = plan
        self._bank = bank
        self._run = run
        self._recall = recall
        self._lock = threading.Lock()
        self._keeping = threading.Lock()
        self._begun = 0
        self._stopped = False
        self._ended: dict[int, Attempt[Value]] = {}
        self._stored: dict[int, Trajectory] = {}
        self._usage = Usage()
        self._problems: list[ReasoningBankError] = []

    @property
    def stopped(self) -> bool:
        """Whether no further attempt is begun."""
        return self._stopped

    def stop(self) -> None:
        """Begin no further attempt."""
        self._stopped = True

    def begin(self) -> Task | None:
        """Give the task of the next attempt, or None when there is to be none."""
        with self._lock:
            if self._stopped or self._begun >= self.plan.k:
                return None
            self._begun += 1
            place = ScalingPlace(
                run=self._run,
                attempt=self._begun,
                of=self.plan.k,
                mode=self.plan.mode,
                earlier=self._earlier() if self.plan.mode == "sequential" else "",
            )
        return Task(self._recall, self.plan.category, place)

    def end_verified(self, task: Task, value: Value | None, error: BaseException | None) -> None:
        """Have `verify` say how an attempt ended that returned, and then `end` it."""
        if error is None and self.plan.verify is not None:
            try:
                passed = self.plan.verify(value)  # type: ignore[arg-type]  # it returned this
            except Exception as refused:  # noqa: BLE001 - it is kept with the attempt
                value, error = None, refused
            else:
                (task.succeed if passed else task.fail)(source="test")
        self.end(task, value, error)

    def end(self, task: Task, value: Value | None, error: BaseException | None) -> None:
        """Keep an attempt as an experience, have it judged if nobody has, and note it.

        Raises whatever a `stop_when` of the caller's raises, after that.
        """
        if error is not None:
            task.interrupted(error)
        stored = self._keep(task)
        verdict = task.verdict
        # What raised is not put before the judge: trouble around an agent is not its doing.
        if stored is not None and verdict is None and error is None and self.plan.judge:
            stored = self._judge(stored, self.plan.judge)
            verdict = stored.verdict
        if verdict is not None and verdict.kind == "unknown":
            verdict = None
        attempt = Attempt(
            number=task.attempt,
            task=task,
            value=value,
            error=error,
            verdict=verdict,
            trajectory_id=None if stored is None else stored.id,
        )
        with self._lock:
            self._ended[attempt.number] = attempt
            if stored is not None:
                self._stored[attempt.number] = stored
        try:
            enough = error is None and stops_at(attempt, self.plan.stop_when)
        except BaseException:
            self.stop()
            raise
        if enough:
            self.stop()

    def wait_until_kept(self) -> None:
        """Wait for an attempt that has ended and is just being stored."""
        with self._keeping:
            pass

    def conclude(self) -> Scaled[Value]:
        """Compare the attempts, credit what was recalled, and choose the best."""
        attempts = tuple(self._ended[number] for number in sorted(self._ended))
        learned = self._learn()
        self._credit(attempts)
        best = (self.plan.select or best_of)(attempts)
        return Scaled(
            run=self._run,
            attempts=attempts,
            best=best,
            recall=self._recall,
            learned=learned,
            problems=tuple(self._problems),
        )

    def _earlier(self) -> str:
        """Give the block on the attempts so far, as they are kept: without secrets."""
        told = [
            EarlierAttempt(
                number=number,
                steps=stored.steps,
                verdict=self._ended[number].verdict,
                error=_raised(self._ended[number].error),
            )
            for number, stored in sorted(self._stored.items())
        ]
        return rendered_attempts(told, self.plan.token_budget)

    def _keep(self, task: Task) -> Trajectory | None:
        try:
            with self._keeping:
                return self._bank._keep_attempt(task)  # noqa: SLF001 - two halves of one thing
        except ReasoningBankError as problem:  # one attempt must not sink the others
            self._note(problem)
            return None

    def _judge(self, stored: Trajectory, judge: Judge) -> Trajectory:
        try:
            judged, usage = self._bank._with_verdict(stored, None, judge)  # noqa: SLF001
        except ReasoningBankError as problem:
            self._note(problem)
            return stored
        with self._lock:
            self._usage = self._usage.plus(usage)
        return judged

    def _learn(self) -> LearnedTogether:
        stored = [self._stored[number] for number in sorted(self._stored)]
        try:
            return self._bank._learn_together(  # noqa: SLF001
                stored, self.plan.distiller, self._usage
            )
        except ReasoningBankError as problem:
            self._note(problem)
            return LearnedTogether(
                trajectories=tuple(one.id for one in stored),
                status="pending",
                patterns=(),
                note=f"nothing could be learned: {problem}",
                usage=self._usage,
            )

    def _credit(self, attempts: tuple[Attempt[Value], ...]) -> None:
        """Count the outcome of the run once for what was recalled."""
        counted = _counted(attempts)
        if not counted or not self._recall.recorded:
            return
        scores = [score for score, _, _ in counted]
        used = [task.credited for _, _, task in counted]
        told = [one for one in used if one is not None]
        evidence: Mapping[str, object] = {
            "scaling_run": str(self._run),
            "attempts": len(scores),
            "scores": scores,
        }
        try:
            self._bank.record_outcome(
                recall=self._recall.id,
                used=tuple(dict.fromkeys(item for one in told for item in one))
                if len(told) == len(used)
                else None,
                score=sum(scores) / len(scores),
                source=counted[0][1].source,
                evidence=evidence,
            )
        except ReasoningBankError as problem:
            self._note(problem)

    def _note(self, problem: ReasoningBankError) -> None:
        import logging  # rarely needed, and slow to import

        logging.getLogger("reasoningbank").warning("of several attempts at a task: %s", problem)
        with self._lock:
            self._problems.append(problem)


def _counted(attempts: tuple[Attempt[Value], ...]) -> list[tuple[float, Verdict, Task]]:
    """Give the scores that count: those of the most trusted kind of verdict that there is."""
    known = [
        (one.verdict.score, one.verdict, one.task)
        for one in attempts
        if one.verdict is not None and one.verdict.score is not None
    ]
    most = max((_trust(verdict) for _, verdict, _ in known), default=0)
    return [one for one in known if _trust(one[1]) == most]


def _trust(verdict: Verdict) -> int:
    return TRUST_ORDER.index(TRUST_OF_SOURCE[verdict.source])


def _raised(error: BaseException | None) -> str | None:
    return None if error is None else f"{type(error).__name__}: {error}"
