"""Programs that consolidate in the background: side by side, until they are killed, and across a fork."""
# ruff: noqa: T201 - the parent waits for what a program prints

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from reasoningbank import PatternInput, ReasoningBank

BACKGROUND = "reasoningbank-consolidation"


class NumberEmbedder:
    """Give a text the vector of the number it begins with: equal numbers are alike, others are not."""

    name = "numbers"
    dimension = 64

    def __init__(self, in_background: Callable[[], None] = lambda: None) -> None:
        self._in_background = in_background

    def embed_query(self, text: str) -> npt.NDArray[np.int8]:
        vector = np.zeros(self.dimension, np.int8)
        vector[int(text.split(maxsplit=1)[0]) % self.dimension] = 100
        return vector

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.int8]:
        if threading.current_thread().name == BACKGROUND:
            self._in_background()
        return np.stack([self.embed_query(text) for text in texts])


def alike(number: int, wording: str) -> PatternInput:
    """Give a pattern that is a duplicate of every other of the number."""
    return PatternInput(
        task_description=f"{number} pumps to be repaired {wording}",
        task_category="pumps",
        strategy=f"{number} valves are closed first {wording}",
    )


def store_alike(path: str, writer: int, numbers: int, every: int) -> int:
    """Store one of each number while the bank consolidates in the background."""
    print("ready", flush=True)
    sys.stdin.readline()
    with ReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=every) as bank:
        for number in range(numbers):
            bank.store_pattern(alike(number, f"by writer {writer}"))
    return numbers


def stop_while_consolidating(path: str, where: str) -> None:
    """Store two alike, and stand still in the background run until killed."""
    reached = threading.Event()

    def stand_still() -> None:
        reached.set()
        threading.Event().wait()

    embedder = NumberEmbedder(stand_still if where == "planning" else lambda: None)
    bank = ReasoningBank.open(path, embedder=embedder, consolidate_every=2)
    if where == "finishing":
        from reasoningbank.storage.sqlite.backend import SqliteStorage

        SqliteStorage.finish_consolidation = lambda *_: stand_still()  # type: ignore[method-assign]
    bank.store_patterns([alike(1, "early"), alike(1, "late")])
    reached.wait()
    print(where, flush=True)
    sys.stdin.readline()


def fork_while_consolidating(path: str) -> dict[str, object]:
    """Fork in the middle of a background run; close the bank in the child, then go on in the parent."""
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        go_on.wait()

    bank = ReasoningBank.open(path, embedder=NumberEmbedder(stand_still), consolidate_every=2)
    bank.store_patterns([alike(1, "early"), alike(1, "late")])
    reached.wait()
    child = os.fork()
    if child == 0:
        bank.close()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    go_on.set()
    bank.close()
    return {"child": os.waitstatus_to_exitcode(status)}
