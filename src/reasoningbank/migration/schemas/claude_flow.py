"""The tables of claude-flow: the memories of 2.x, its hive mind, and all of 3.x."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.domain.trajectory import Step, Verdict
from reasoningbank.migration.material import (
    Carried,
    Material,
    PatternMaterial,
    Place,
    TrajectoryMaterial,
    Unusable,
)
from reasoningbank.migration.schemas.schema import Surroundings, TableSchema, columns
from reasoningbank.migration.schemas.texts import category_of, first_line, rest_of
from reasoningbank.migration.values import (
    Values,
    count_of,
    first_text,
    number_of,
    object_of,
    score_of,
    seconds_of,
    tags_of,
    text_of,
    time_of,
)

SECOND: Final = "claude-flow 2"
HIVE: Final = "claude-flow 2 hive-mind"
THIRD: Final = "claude-flow 3"
_CATEGORY: Final = "memory"
_KEPT_TIMES: Final = ("created_at", "updated_at", "accessed_at", "last_accessed_at", "expires_at")
_TAKEN: Final = (
    "id", "key", "value", "content", "namespace", "tags", "type", "metadata", "access_count",
    "confidence", "embedding_model", "embedding_dimensions", "ttl", "size", "compressed", *_KEPT_TIMES,
)  # fmt: skip


def memory(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a memory that is a key with a value: the key is the task, the value the strategy."""
    value = first_text(row, "value", "content")
    if value is None:
        raise Unusable("value is empty")
    if number_of(row.get("compressed")) and not value.isprintable():
        raise Unusable("value is compressed")
    namespace = text_of(row.get("namespace")) or text_of(row.get("swarm_id"))
    yield PatternMaterial(
        place=place,
        task=text_of(row.get("key")) or first_line(value),
        strategy=value,
        category=category_of(row.get("type")) or _CATEGORY,
        tags=(*tags_of(row.get("tags")), *([] if namespace is None else [namespace])),
        metadata={**object_of(row.get("metadata")), **_rest(row)},
        claimed={
            "uses": row.get("access_count"),
            **({"confidence": row["confidence"]} if row.get("confidence") is not None else {}),
        },
        score=score_of(row.get("confidence")),
        uses=count_of(row.get("access_count")),
        created_at=time_of(row.get("created_at")) or time_of(row.get("timestamp")),
        last_used_at=_last_used(row),
        expires_at=_expires_at(row),
        quarantined=_put_away(row),
    )


def entry(place: Place, row: Values, around: Surroundings) -> Iterator[Material]:
    """Give a memory of the 2.x backend that has no key: its context, or its first line, is the task."""
    content = text_of(row.get("content"))
    if content is None:
        raise Unusable("content is empty")
    named = {
        **row,
        "key": text_of(object_of(row.get("context")).get("task")) or first_line(content),
    }
    yield from memory(place, named, around)


def _rest(row: Values) -> dict[str, object]:
    rest = rest_of(row, *_TAKEN)
    held = text_of(row.get("metadata"))
    if held is not None and not object_of(held):
        rest["metadata"] = held
    return rest


def _last_used(row: Values) -> str | None:
    if not count_of(row.get("access_count")):
        return None  # 2.x writes the time of storing there
    return time_of(row.get("last_accessed_at")) or time_of(row.get("accessed_at"))


def _expires_at(row: Values) -> str | None:
    told = time_of(row.get("expires_at"))
    lasts = number_of(row.get("ttl"))
    created = number_of(row.get("created_at"))
    if told is None and lasts and lasts > 0 and created is not None:
        return time_of(created + lasts)
    return told


def _put_away(row: Values) -> bool:
    return text_of(row.get("status")) in {"archived", "deleted", "deprecated"}


def pattern(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a pattern of 3.x: what it is for is its condition, what to do its action."""
    action = first_text(row, "action", "description", "name")
    if action is None:
        raise Unusable("action, description and name are all empty")
    successes, failures = count_of(row.get("success_count")), count_of(row.get("failure_count"))
    yield PatternMaterial(
        place=place,
        task=first_text(row, "description", "condition", "name") or first_line(action),
        strategy=action,
        title=text_of(row.get("name")),
        category=category_of(row.get("pattern_type")) or "pattern",
        score=score_of(row.get("confidence")),
        tags=tuple(tags_of(row.get("tags"))),
        metadata={
            **object_of(row.get("metadata")),
            **{
                name: row[name]
                for name in ("condition", "description", "source", "parent_id", "decay_rate")
                if row.get(name) is not None
            },
        },
        claimed={
            "confidence": row.get("confidence"),
            "successes": row.get("success_count"),
            "failures": row.get("failure_count"),
        },
        uses=successes + failures,
        successes=successes,
        failures=failures,
        created_at=time_of(row.get("created_at")),
        last_used_at=time_of(row.get("last_matched_at")),
        quarantined=_put_away(row),
    )


def learned(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a pattern of the 3.x learning helper: a strategy that is its own description."""
    strategy = text_of(row.get("strategy"))
    if strategy is None:
        raise Unusable("strategy is empty")
    uses, successes = count_of(row.get("usage_count")), count_of(row.get("success_count"))
    yield PatternMaterial(
        place=place,
        task=first_line(strategy),
        strategy=strategy,
        category=category_of(row.get("domain")) or "general",
        score=score_of(row.get("quality")),
        metadata={
            **object_of(row.get("metadata")),
            **rest_of(row, "id", "strategy", "domain", "quality", "usage_count", "success_count",
                      "metadata", "created_at", "updated_at"),
        },
        claimed={
            "quality": row.get("quality"), "uses": row.get("usage_count"),
            "successes": row.get("success_count"),
        },
        uses=uses,
        successes=min(successes, uses),
        created_at=time_of(row.get("created_at")),
    )  # fmt: skip


def trajectory(place: Place, row: Values, around: Surroundings) -> Iterator[Material]:
    """Give an experience of 3.x with the steps that stand in a table of their own."""
    task = text_of(row.get("task_description"))
    if task is None:
        raise Unusable("task_description is empty")
    known = row.get("success") is not None and row.get("completed_at") is not None
    success = bool(number_of(row.get("success")))
    yield TrajectoryMaterial(
        place=place,
        task=task,
        category=category_of(row.get("agent_type")) or "trajectory",
        steps=around.steps_of(place.id),
        verdict=Verdict(
            kind="success" if success else "failure",
            score=1.0 if success else 0.0,
            source="imported",
        )
        if known
        else None,
        metadata={
            **object_of(row.get("metadata")),
            **rest_of(row, "id", "task_description", "metadata", "created_at"),
        },
        created_at=time_of(row.get("created_at")),
    )


def note_step(row: Values, around: Surroundings) -> None:
    """Remember a step for the experience it belongs to."""
    owner = text_of(row.get("trajectory_id"))
    if owner is not None:
        around.steps[owner].append(
            (
                number_of(row.get("step_number")) or 0.0,
                Step(
                    action=text_of(row.get("action")) or "(nothing noted)",
                    observation=text_of(row.get("result")),
                    duration_seconds=seconds_of(row.get("duration_ms")),
                ),
            )
        )


def step(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Say which experience a step came along with."""
    owner = text_of(row.get("trajectory_id"))
    if owner is None:
        raise Unusable("names no trajectory")
    yield Carried(place, ("trajectories", owner))


TABLES: Final = (
    TableSchema(
        product=THIRD,
        becomes="patterns",
        has=columns("key", "namespace", "content", "type"),
        convert=memory,
    ),
    TableSchema(
        product=THIRD,
        becomes="patterns",
        has=columns("name", "pattern_type", "condition", "action"),
        convert=pattern,
    ),
    TableSchema(
        product=THIRD,
        becomes="patterns",
        has=columns("id", "strategy", "domain", "quality", "usage_count"),
        convert=learned,
    ),
    TableSchema(
        product=THIRD,
        becomes="trajectories",
        has=columns("id", "task_description", "success", "total_steps"),
        convert=trajectory,
    ),
    TableSchema(
        product=THIRD,
        becomes="relations",
        has=columns("trajectory_id", "step_number", "action"),
        convert=step,
        prepare=note_step,
    ),
    TableSchema(
        product=HIVE,
        becomes="patterns",
        has=columns("key", "value", "namespace", "access_count", "compressed"),
        convert=memory,
    ),
    TableSchema(
        product=SECOND,
        becomes="patterns",
        has=columns("key", "value", "namespace"),
        lacks=columns("content"),
        convert=memory,
    ),
    TableSchema(
        product=HIVE,
        becomes="patterns",
        has=columns("id", "key", "value", "type"),
        lacks=columns("namespace"),
        convert=memory,
    ),
    TableSchema(
        product=SECOND,
        becomes="patterns",
        has=columns("id", "agent_id", "session_id", "type", "content"),
        convert=entry,
    ),
    TableSchema(
        product=THIRD,
        becomes="left",
        has=columns("pattern_id", "event_type", "confidence_before"),
        why="the history of confidences, of which the last comes along",
    ),
    TableSchema(
        product=THIRD,
        becomes="left",
        has=columns("id", "name", "dimensions", "metric"),
        why="settings of an index, which is built anew",
    ),
    TableSchema(
        product=THIRD,
        becomes="left",
        has=columns("key", "value"),
        names=frozenset({"metadata"}),
        why="the program's notes on its own file",
        key=("key",),
    ),
    TableSchema(
        product=SECOND,
        becomes="left",
        has=columns("version", "applied_at"),
        why="the program's notes on its own file",
        key=("version",),
    ),
    TableSchema(
        product=THIRD,
        becomes="left",
        has=columns("id", "migration_type", "status"),
        why="the program's notes on its own file",
    ),
)
