"""The tables of agentic-flow 1.x and 2.x (``.swarm/memory.db``), which claude-flow 2.x has too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.domain.trajectory import LinkKind, Step, Verdict
from reasoningbank.migration.material import (
    LinkMaterial,
    Material,
    PatternMaterial,
    Place,
    TrajectoryMaterial,
    Unusable,
)
from reasoningbank.migration.schemas.schema import Surroundings, TableSchema, columns
from reasoningbank.migration.schemas.texts import Texts, category_of, rest_of
from reasoningbank.migration.values import (
    Values,
    count_of,
    first_text,
    json_of,
    score_of,
    tags_of,
    text_of,
    time_of,
)

PRODUCT: Final = "agentic-flow"
TABLE: Final = "patterns"
_RELATIONS: Final[dict[str, LinkKind]] = {
    "contradicts": "contradicts",
    "duplicate_of": "duplicate_of",
}
_TAKEN: Final = (
    "title", "name", "description", "content", "tags", "domain", "created_at", "confidence",
    "n_uses",
)  # fmt: skip


def pattern(place: Place, row: Values, around: Surroundings) -> Iterator[Material]:
    """Give the strategy that stands as JSON in ``pattern_data``."""
    try:
        content = json_of(row.get("pattern_data"))
    except ValueError as error:
        raise Unusable(f"pattern_data is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise Unusable(f"pattern_data is no JSON object but {type(content).__name__}")
    texts = Texts(content)
    if not texts.any:
        raise Unusable("title, description and content are all empty")
    metadata = rest_of(content, *_TAKEN)
    if relations := around.relations.get(place.id):
        metadata["links"] = relations
    kind = text_of(row.get("type"))
    domain = text_of(content.get("domain"))
    yield PatternMaterial(
        place=place,
        task=texts.task_or_next,
        strategy=texts.strategy_or_next,
        title=texts.title,
        category=category_of(domain, kind) or "memory",
        score=score_of(row.get("confidence")),
        tags=tuple(tags_of(content.get("tags"))),
        metadata=metadata if kind in {None, "reasoning_memory"} else {**metadata, "type": kind},
        claimed={"confidence": row.get("confidence"), "uses": row.get("usage_count")},
        uses=count_of(row.get("usage_count")),
        created_at=time_of(content.get("created_at")) or time_of(row.get("created_at")),
        last_used_at=time_of(row.get("last_used")),
    )


def note_link(row: Values, around: Surroundings) -> None:
    """Remember a link for the metadata of the pattern it starts from."""
    source, target = text_of(row.get("src_id")), text_of(row.get("dst_id"))
    if source is not None and target is not None:
        around.relations[source].append(
            {"relation": row.get("relation"), "to": target, "weight": row.get("weight")}
        )


def link(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a link between two patterns; one that a bank has no word for stands in metadata."""
    source, target = text_of(row.get("src_id")), text_of(row.get("dst_id"))
    if source is None or target is None:
        raise Unusable("names no two patterns")
    relation = text_of(row.get("relation")) or ""
    yield LinkMaterial(
        place=place,
        source=(TABLE, source),
        target=(TABLE, target),
        kind=_RELATIONS.get(relation, "derived_from"),
        noted=relation not in _RELATIONS,
    )


def trajectory(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give the experience whose steps stand as JSON in ``trajectory_json``."""
    task = text_of(row.get("query"))
    if task is None:
        raise Unusable("query is empty")
    yield TrajectoryMaterial(
        place=place,
        task=task,
        category="trajectory",
        steps=steps_of(row.get("trajectory_json")),
        verdict=_verdict(row),
        metadata=rest_of(
            row, "task_id", "query", "trajectory_json", "judge_label", "judge_reasons"
        ),
        created_at=time_of(row.get("started_at")) or time_of(row.get("created_at")),
    )


def steps_of(value: object) -> tuple[Step, ...]:
    """Give the steps in a column, however it holds them; text that is no JSON is one step."""
    try:
        found = json_of(value)
    except ValueError:
        found = [{"action": text_of(value)}]
    if isinstance(found, dict):
        found = found.get("steps") or found.get("actions") or found.get("trajectory") or [found]
    if not isinstance(found, list):
        found = [] if found is None else [found]
    return tuple(map(_step, found))


def _step(value: object) -> Step:
    if not isinstance(value, dict):
        return Step(action=text_of(value) or str(value))
    action = first_text(value, "action", "type", "tool", "name", "step")
    return Step(
        action=action or str(value),
        observation=first_text(value, "observation", "result", "output", "state"),
        error=first_text(value, "error"),
        thought=first_text(value, "thought", "reasoning", "think"),
    )


def _verdict(row: Values) -> Verdict | None:
    label = (text_of(row.get("judge_label")) or "").lower()
    if label not in {"success", "failure"}:
        return None
    reasons = tags_of(row.get("judge_reasons"))
    return Verdict(
        kind="success" if label == "success" else "failure",
        score=1.0 if label == "success" else 0.0,
        source="imported",
        evidence={"claimed_confidence": score_of(row.get("judge_conf"))},
        reasons=tuple(reasons),
    )


TABLES: Final = (
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("id", "type", "pattern_data", "confidence"),
        convert=pattern,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="relations",
        has=columns("src_id", "dst_id", "relation"),
        convert=link,
        prepare=note_link,
        key=("src_id", "dst_id", "relation"),
    ),
    TableSchema(
        product=PRODUCT,
        becomes="trajectories",
        has=columns("task_id", "query", "trajectory_json"),
        convert=trajectory,
        key=("task_id",),
    ),
    TableSchema(
        product=PRODUCT,
        becomes="left",
        has=columns("run_id", "task_id", "mode", "k"),
        why="says how attempts were made; the attempts themselves come along",
        key=("run_id",),
    ),
    TableSchema(
        product=PRODUCT,
        becomes="left",
        has=columns("run_id", "items_processed"),
        why="a record of housekeeping",
        key=("run_id",),
    ),
    TableSchema(
        product=PRODUCT,
        becomes="left",
        has=columns("id", "metric_name", "value"),
        why="measurements of the program itself",
    ),
    TableSchema(
        product=PRODUCT,
        becomes="left",
        has=columns("id", "model", "dims", "vector"),
        why="vectors are computed anew",
    ),
)
