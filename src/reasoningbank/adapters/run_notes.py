"""What an agent's run says about itself, noted as the steps and the verdict of a task."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from reasoningbank.bank.task import Task
from reasoningbank.domain import limits
from reasoningbank.domain.text import is_blank

Verify: TypeAlias = Callable[[object], "bool | None"]
"""Says of a run's output whether the task succeeded, or None when it cannot tell."""

_STEP_BYTES: Final = 32_768
"""Of one text; at this length some 500 steps fit into an experience."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_CUT: Final = "\n...\n"


def fitted(text: str, limit: int = _STEP_BYTES) -> str:
    r"""Give a text a bank keeps: without control characters, not empty, at most `limit` bytes.

    What is too long loses its middle: a command stands at the beginning, a result at the end.

    >>> fitted("x" * 40 + "1 passed", 25)
    'xxxxxxxxxx\n...\nxx1 passed'
    """
    raw = _CONTROL.sub(" ", text).encode("utf-8", "replace")
    if len(raw) > limit:
        half = (limit - len(_CUT)) // 2
        parts = [part.decode("utf-8", "ignore") for part in (raw[:half], raw[-half:])]
        kept = _CUT.join(parts)
    else:
        kept = raw.decode()
    return "(no text)" if is_blank(kept) else kept


def task_text(text: str) -> str:
    """Give what a task's description keeps of a prompt; empty when there is nothing to recall for."""
    return "" if is_blank(text) else fitted(text, limits.TASK_DESCRIPTION_BYTES)


def note_call(
    task: Task,
    name: str,
    arguments: str,
    *,
    result: object = None,
    error: BaseException | None = None,
    duration_seconds: float | None = None,
) -> None:
    """Note one call of a tool, and what came back or went wrong."""
    task.step(
        fitted(f"{name}({arguments})"),
        None if error is not None else fitted(str(result)),
        error=None if error is None else fitted(f"{type(error).__name__}: {error}"),
        duration_seconds=duration_seconds,
    )


def note_end(task: Task, output: object, verify: Verify | None) -> None:
    """Note the answer of a run, and the verdict on it where a test gives one."""
    task.step("(the final answer)", fitted(str(output)))
    said = None if verify is None else verify(output)
    if said is not None:
        (task.succeed if said else task.fail)(source="test")
