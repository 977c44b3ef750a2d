"""A task of this world, and the exact grader."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Task:
    """Files to work on, the instruction in words, and what must be there afterwards.

    `answer` is the text to print, or None when the task asks for none; `number` says that it is compared by
    value. `changes` are the files that must differ afterwards: new content, or None for a file that must be gone.
    Every other file must be as it was, and there must be no file more.
    """

    instruction: str
    files: Mapping[str, bytes]
    answer: str | None = None
    number: bool = False
    changes: Mapping[str, bytes | None] = field(default_factory=dict)

    def expected(self) -> dict[str, bytes]:
        """Return every file that must be there afterwards, by its path."""
        after = {**self.files, **self.changes}
        return {path: content for path, content in after.items() if content is not None}


@dataclass(frozen=True)
class Made:
    """What a generator drew: the task without its words, and the values the wordings speak of."""

    values: Mapping[str, object]
    files: Mapping[str, bytes]
    answer: str | None = None
    number: bool = False
    changes: Mapping[str, bytes | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """One kind of task: a generator, and the wordings an instruction is drawn from."""

    name: str
    make: Callable[[random.Random], Made]
    wordings: tuple[str, ...]

    def task(self, seed: int) -> Task:
        """Return the task of a seed; the same seed gives the same task."""
        draw = random.Random(f"{self.name}/{seed}")  # noqa: S311 - tasks, not secrets
        made = self.make(draw)
        return Task(
            instruction=draw.choice(self.wordings).format_map(made.values),
            files=made.files,
            answer=made.answer,
            number=made.number,
            changes=made.changes,
        )


def fault(task: Task, printed: bytes, files: Mapping[str, bytes]) -> str:
    """Return what is wrong with what an attempt left behind, or nothing when everything is right.

    Files are compared byte by byte. A printed answer may end in one line break; a number is compared by value,
    so that 12.50 is 12.5, any other text exactly.
    """
    expected = task.expected()
    for path in sorted(expected.keys() | files.keys()):
        if path not in files:
            return "a file that should be there is not"
        if path not in expected:
            return "a file is there that should not be"
        if files[path] != expected[path]:
            return "a file has the wrong content"
    if task.answer is None:
        return ""
    text = printed.removesuffix(b"\n").decode("utf-8", "replace")
    right = same_number(text, task.answer) if task.number else text == task.answer
    return "" if right else "the answer is wrong"


def same_number(left: str, right: str) -> bool:
    """Whether two texts are plain numbers of the same value: digits, perhaps a point and a minus sign."""
    plain = all(PLAIN_NUMBER.fullmatch(text) for text in (left, right))
    return plain and Decimal(left) == Decimal(right)
