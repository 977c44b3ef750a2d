"""Several attempts at one task, made side by side or one after the other, and compared."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TypeVar

from reasoningbank.bank.recall_operations import DEFAULT_TOKEN_BUDGET
from reasoningbank.bank.scaling import (
    IN_FLIGHT,
    MODES,
    STOPS,
    InFlight,
    Scaled,
    ScalingMode,
    Select,
    Stop,
    StopWhen,
)
from reasoningbank.bank.scaling_run import ScalingPlan, ScalingRun
from reasoningbank.bank.task import Task
from reasoningbank.bank.task_operations import DEFAULT_CATEGORY, TaskOperations
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.domain.identifiers import new_id
from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.domain.validation import checked_choice, checked_count, checked_line
from reasoningbank.learning.checking import checked_trajectory
from reasoningbank.learning.contract import Distiller, Judge

Value = TypeVar("Value")

DEFAULT_ATTEMPTS = 3
MOST_ATTEMPTS = 100
MOST_WORKERS = 8
"""How many attempts are made at once unless `max_workers` says otherwise."""


class ScalingOperations(TaskOperations):
    """Make several attempts at a task, take the best, and learn from comparing them."""

    def scale(
        self,
        task_description: str,
        run: Callable[[Task], Value],
        *,
        k: int = DEFAULT_ATTEMPTS,
        mode: ScalingMode = "parallel",
        category: str = DEFAULT_CATEGORY,
        verify: Callable[[Value], bool] | None = None,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        select: Select[Value] | None = None,
        stop_when: StopWhen | Stop[Value] = "confirmed",
        in_flight: InFlight = "finish",
        max_workers: int | None = None,
        token_budget: int = DEFAULT_TOKEN_BUDGET,
    ) -> Scaled[Value]:
        """Make up to k attempts at a task; give the best, all of them, and what comparing them taught.

        There is one recall, which every attempt is shown. Each attempt works on a `Task` of its own
        and is committed as an experience when it ends; one that raises is kept with what it raised
        and does not keep the others from going on. In the end the attempts that have a verdict are
        compared, once, and at most three lessons stored, each linked to the attempts that show it.
        The recall's outcome counts once: the mean score of the attempts whose verdicts have the
        most trusted source among them. What fails there leaves the experiences waiting for
        `retry_pending`, and is named in `Scaled.problems`.

        An interrupt is raised again as soon as the attempts that had ended are stored; those still
        running in threads cannot be stopped, and nothing is compared until `retry_pending`.

        Args:
            task_description: The task, as it is given to the agent.
            run: Makes one attempt; may note steps and say how it ended. Its ``prompt`` holds what was
                recalled, and in sequential mode what the attempts before it did.
            k: Attempts at most, 1 to 100.
            mode: ``parallel``, in threads and unaware of each other; or ``sequential``.
            category: The kind of task.
            verify: A test of what `run` returned; what it says is the verdict, with source ``test``.
            judge: Says how an attempt ended that nobody gave a verdict and that did not raise.
            distiller: Compares the attempts (see `ContrastingDistiller`); one that cannot is given
                the best alone.
            select: Chooses the best from all attempts, instead of the order of verdict, trust in
                its source, fewer steps, and who was first.
            stop_when: After which attempt no more are begun: one that ``confirmed`` success (by a
                test, the environment or a person), that ``succeeded`` by anybody's word, ``never``,
                or one for which your function says so.
            in_flight: Whether the attempts under way then ``finish``, or are to ``cancel``: only
                where they are awaited, for a thread cannot be stopped.
            max_workers: How many are made at once in parallel mode; None for all, up to 8.
            token_budget: Bound of the recalled block, and of the one on earlier attempts, in tokens.

        Raises:
            InvalidInput: Naming the argument.
            EmbeddingMismatch: When the bank's vectors come from another embedder.
            Unavailable: When the bank is read-only: nothing was tried.
        """
        if in_flight == "cancel":
            raise InvalidInput(
                "cannot be had with threads",
                field="in_flight",
                hint="AsyncReasoningBank can cancel.",
            )
        under_way = self._prepare_scaling(
            task_description,
            k=k,
            mode=mode,
            category=category,
            verify=verify,
            judge=judge,
            distiller=distiller,
            select=select,
            stop_when=stop_when,
            in_flight=in_flight,
            max_workers=max_workers,
            token_budget=token_budget,
        )
        make = _make_attempts if under_way.plan.workers == 1 else _make_in_threads
        make(under_way, run, copy_context())
        return under_way.conclude()

    def _prepare_scaling(
        self,
        task_description: str,
        *,
        k: int,
        mode: ScalingMode,
        category: str,
        verify: Callable[[Value], bool] | None,
        judge: Judge | None,
        distiller: Distiller | None,
        select: Select[Value] | None,
        stop_when: StopWhen | Stop[Value],
        in_flight: InFlight,
        max_workers: int | None,
        token_budget: int,
    ) -> ScalingRun[Value]:
        """Check what was asked for, recall once, and give the run."""
        checked_count(k, "k", high=MOST_ATTEMPTS)
        checked_choice(mode, "mode", MODES)
        checked_choice(in_flight, "in_flight", IN_FLIGHT)
        checked_line(category, "category", limits.CATEGORY_BYTES)
        if not callable(stop_when):
            checked_choice(stop_when, "stop_when", STOPS)
        if max_workers is not None:
            checked_count(max_workers, "max_workers", high=MOST_ATTEMPTS)
        if self._storage.read_only:
            raise Unavailable(
                "is read-only, so no attempt could be kept",
                path=self._storage.get_stats(self._namespace, self._now()).path,
                hint="Open a bank that can be written.",
            )
        plan = ScalingPlan(
            k=k,
            mode=mode,
            category=category,
            token_budget=token_budget,
            verify=verify,
            judge=judge,
            distiller=distiller,
            select=select,
            stop_when=stop_when,
            workers=1 if mode == "sequential" else min(k, max_workers or MOST_WORKERS),
        )
        recall = self.recall(task_description, token_budget=token_budget)
        return ScalingRun(self, new_id(self._clock(), self._random_bytes), recall, plan)

    def _keep_attempt(self, task: Task) -> Trajectory:
        """Store an attempt with the verdict it was given, and learn nothing yet."""
        checked, _ = checked_trajectory(task.trajectory())
        stored, _ = self._kept(checked)
        return stored


def _make_attempts(
    under_way: ScalingRun[Value], run: Callable[[Task], Value], context: Context
) -> None:
    """Make one attempt after the other until there is to be no more, each in a copy of a context."""
    while (task := under_way.begin()) is not None:
        try:
            value = context.copy().run(run, task)
        except Exception as error:  # noqa: BLE001 - it is kept with the attempt, and given back
            under_way.end(task, None, error)
        except BaseException as error:
            under_way.stop()
            under_way.end(task, None, error)
            raise
        else:
            under_way.end_verified(task, value, None)


def _make_in_threads(
    under_way: ScalingRun[Value], run: Callable[[Task], Value], context: Context
) -> None:
    """Make attempts in several threads at once."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import

    workers = under_way.plan.workers
    threads = ThreadPoolExecutor(workers, thread_name_prefix="reasoningbank-attempt")
    try:
        working = [threads.submit(_make_attempts, under_way, run, context) for _ in range(workers)]
        for one in working:
            one.exception()
    except BaseException:
        # Interrupted here: those in flight cannot be stopped, and are not waited for.
        under_way.stop()
        under_way.wait_until_kept()
        raise
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    for one in working:
        one.result()
