"""What a demonstration stores: the lines of a file, as patterns with the names others know them by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from reasoningbank.bank.pattern_lines import input_from, pattern_objects
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import PatternInput, SkippedLine
from reasoningbank.domain.validation import checked_input

STARTER_BANK: Final = "starter-bank.jsonl"
DEMO_QUESTIONS: Final = "demo-questions.json"
_CATEGORY_OF_DOCUMENTS: Final = "documents"


class Item(msgspec.Struct, frozen=True):
    """A pattern to store, and the name by which a list of expected answers would call it."""

    given: PatternInput
    name: str | None


def shipped_file(name: str) -> Path:
    """Give the path of a file that comes with the package; in a checkout it is in ``examples/``."""
    installed = Path(__file__).with_name(name)
    return installed if installed.exists() else Path(__file__).parents[3] / "examples" / name


def items(file: IO[bytes], origin: str) -> Iterator[Item | SkippedLine]:
    """Give what each line of a JSON lines file holds, or why it cannot be stored.

    A line is a pattern (``task_description``, ``task_category``, ``strategy``, ...), a record of an
    export, or a document (``text``, perhaps ``id`` and ``group``), whose text is both the task and
    the strategy.
    """
    for number, value in pattern_objects(file, limits.IMPORT_LINE_BYTES):
        if isinstance(value, InvalidInput):
            yield SkippedLine(line=number, code=value.code, message=str(value))
            continue
        try:
            item = _item(value, origin)
            checked_input(item.given)
        except InvalidInput as error:
            yield SkippedLine(line=number, code=error.code, message=f"line {number}: {error}")
        else:
            yield item


def _item(value: JsonObject, origin: str) -> Item:
    if "task_description" in value or "pattern" in value:
        given = input_from(value, origin)
        return Item(given, given.title)
    if "text" not in value:
        raise InvalidInput(
            "has neither task_description nor text",
            field="line",
            hint="A line is a pattern or a document; see `reasoningbank demo --help`.",
        )
    document = {
        "task_description": value["text"],
        "strategy": value["text"],
        "task_category": value.get("group") or _CATEGORY_OF_DOCUMENTS,
    }
    given = input_from(document, origin)
    identifier = value.get("id")
    return Item(given, None if identifier is None else str(identifier))
