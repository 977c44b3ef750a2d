"""The texts of a memory that is JSON of no fixed shape, found by the names people give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.migration.values import first_text, text_of

_TITLES: Final = ("title", "name")
_TASKS: Final = ("description", "task", "task_description", "query", "problem", "goal", "condition")
_STRATEGIES: Final = (
    "content",
    "strategy",
    "approach",
    "solution",
    "action",
    "pattern",
    "code",
    "steps",
    "insight",
    "text",
    "value",
    "summary",
)


class Texts:
    """The title, task and strategy of a memory, each None where it has none.

    >>> found = Texts({"title": "Retry", "content": "Wait longer each time."})
    >>> found.title, found.task, found.strategy
    ('Retry', None, 'Wait longer each time.')
    """

    def __init__(self, content: Mapping[str, object]) -> None:
        self.title = first_text(content, *_TITLES)
        self.task = first_text(content, *_TASKS)
        self.strategy = first_text(content, *_STRATEGIES)

    @property
    def any(self) -> bool:
        """Whether there is a text at all."""
        return any((self.title, self.task, self.strategy))

    @property
    def task_or_next(self) -> str:
        """The task, or the text that comes nearest to one."""
        return self.task or self.title or first_line(self.strategy or "")

    @property
    def strategy_or_next(self) -> str:
        """The strategy, or the text that comes nearest to one."""
        return self.strategy or self.task or self.title or ""


def first_line(text: str) -> str:
    """Give the first line of a text that is not empty."""
    return next((line.strip() for line in text.splitlines() if line.strip()), text)


def rest_of(content: Mapping[str, object], *taken: str) -> JsonObject:
    """Give what a memory says beside the fields that were taken from it."""
    return {
        name: value for name, value in content.items() if name not in taken and value is not None
    }


def category_of(*candidates: object) -> str | None:
    """Give the first of several that is a text."""
    return next((found for one in candidates if (found := text_of(one)) is not None), None)
