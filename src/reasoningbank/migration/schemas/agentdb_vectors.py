"""The table of agentdb 1.0: vectors, with what they are about as JSON beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.migration.material import (
    Material,
    PatternMaterial,
    Place,
    Unusable,
)
from reasoningbank.migration.schemas.schema import Surroundings, TableSchema, columns
from reasoningbank.migration.schemas.texts import Texts, category_of, rest_of
from reasoningbank.migration.values import (
    Values,
    count_of,
    json_of,
    object_of,
    score_of,
    tags_of,
    text_of,
    time_of,
)

PRODUCT: Final = "agentdb 1.0"


def vector(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give the pattern that stands as JSON beside a vector; a vector alone says nothing."""
    if text_of(row.get("metadata")) is None:
        raise Unusable("is a vector without text")
    try:
        metadata = json_of(row["metadata"])
    except ValueError as error:
        raise Unusable(f"metadata is not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise Unusable("metadata is no JSON object")
    content = metadata.get("pattern", metadata)
    if isinstance(content, str):
        content = object_of(content) or {"content": content}
    texts = Texts(content if isinstance(content, dict) else {"content": text_of(content)})
    if not texts.any:
        raise Unusable("metadata holds no text")
    inner = content if isinstance(content, dict) else {}
    uses, successes = count_of(metadata.get("usage_count")), count_of(metadata.get("success_count"))
    yield PatternMaterial(
        place=place,
        task=texts.task_or_next,
        strategy=texts.strategy_or_next,
        title=texts.title,
        category=category_of(metadata.get("domain"), inner.get("domain"), metadata.get("type"))
        or "pattern",
        score=score_of(metadata.get("confidence")),
        tags=tuple(tags_of(inner.get("tags") or metadata.get("tags"))),
        metadata=rest_of(inner, "title", "name", "description", "content", "tags", "domain"),
        claimed={
            "confidence": metadata.get("confidence"),
            "uses": metadata.get("usage_count"),
            "successes": metadata.get("success_count"),
            "id": metadata.get("id"),
        },
        uses=uses,
        successes=min(successes, uses),
        created_at=time_of(metadata.get("created_at")) or time_of(row.get("timestamp")),
    )


TABLES: Final = (
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("id", "embedding", "norm", "metadata"),
        convert=vector,
    ),
)
