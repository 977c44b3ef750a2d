"""The tables of the source document's own backend: ``patterns`` with a ``data`` column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.migration.material import Material, PatternMaterial, Place, Unusable
from reasoningbank.migration.schemas.schema import Surroundings, TableSchema, columns
from reasoningbank.migration.schemas.texts import category_of, rest_of
from reasoningbank.migration.values import (
    Values,
    count_of,
    first_text,
    number_of,
    object_of,
    score_of,
    tags_of,
    text_of,
    time_of,
)

PRODUCT: Final = "source document"
_TAKEN: Final = (
    "id", "task_category", "task_description", "strategy", "title", "success_score",
    "duration_seconds", "tags", "metadata", "created_at", "updated_at",
)  # fmt: skip


def pattern(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a pattern; the columns count, and ``data`` says what they leave out."""
    data = object_of(row.get("data"))
    task = first_text(row, "task_description") or first_text(data, "task_description")
    strategy = first_text(row, "strategy") or first_text(data, "strategy")
    if strategy is None or task is None:
        raise Unusable("task_description or strategy is empty")
    duration = number_of(data.get("duration_seconds"))
    yield PatternMaterial(
        place=place,
        task=task,
        strategy=strategy,
        title=text_of(data.get("title")),
        category=category_of(row.get("task_category"), data.get("task_category")) or "pattern",
        score=score_of(row.get("success_score")),
        duration=duration if duration is not None and duration >= 0 else None,
        tags=tuple(tags_of(data.get("tags"))),
        metadata={**object_of(data.get("metadata")), **rest_of(data, *_TAKEN)},
        claimed={"success_score": row.get("success_score")},
        uses=count_of(data.get("uses")),
        created_at=time_of(data.get("created_at")) or time_of(row.get("created_at")),
    )


TABLES: Final = (
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("task_category", "task_description", "strategy"),
        convert=pattern,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="left",
        has=columns("metric_name", "value", "timestamp"),
        why="measurements of the program itself",
    ),
)
