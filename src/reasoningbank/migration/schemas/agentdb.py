"""The tables of agentdb 1.3 to 3.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.domain.trajectory import Step, Verdict
from reasoningbank.migration.material import (
    Carried,
    LinkMaterial,
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

PRODUCT: Final = "agentdb"
_SEPARATOR: Final = ": "


def reasoning_pattern(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give an approach; where it begins with its task and a colon, that is the task."""
    approach = text_of(row.get("approach"))
    if approach is None:
        raise Unusable("approach is empty")
    metadata = object_of(row.get("metadata"))
    told = first_text(metadata, "desc", "description", "task")
    before, separator, _after = first_line(approach).partition(_SEPARATOR)
    yield PatternMaterial(
        place=place,
        task=told or (before if separator else first_line(approach)),
        strategy=approach,
        title=before if separator and len(before) < _LONGEST_TITLE else None,
        category=category_of(row.get("task_type")) or "pattern",
        score=score_of(row.get("success_rate")),
        tags=tuple(tags_of(row.get("tags"))),
        metadata=metadata,
        claimed={
            "success_rate": row.get("success_rate"),
            "uses": row.get("uses"),
            "average_reward": row.get("avg_reward"),
        },
        uses=count_of(row.get("uses")),
        created_at=time_of(row.get("ts")),
    )


_LONGEST_TITLE: Final = 200


def skill(place: Place, row: Values, around: Surroundings) -> Iterator[Material]:
    """Give a skill: its description is the task, its code the strategy."""
    strategy = first_text(row, "code", "description", "name")
    if strategy is None:
        raise Unusable("code, description and name are all empty")
    metadata = {
        **object_of(row.get("metadata")),
        **rest_of(row, "id", "name", "description", "code", "success_rate", "uses", "avg_reward",
                  "created_at", "updated_at", "last_used_at", "metadata", "signature"),
    }  # fmt: skip
    if signature := object_of(row.get("signature")):
        metadata["signature"] = signature
    if relations := around.relations.get(f"skill {place.id}"):
        metadata["links"] = relations
    yield PatternMaterial(
        place=place,
        task=first_text(row, "description", "name") or first_line(strategy),
        strategy=strategy,
        title=text_of(row.get("name")),
        category="skill",
        score=score_of(row.get("success_rate")),
        duration=seconds_of(row.get("avg_latency_ms")),
        metadata=metadata,
        claimed={
            "success_rate": row.get("success_rate"),
            "uses": row.get("uses"),
            "average_reward": row.get("avg_reward"),
        },
        uses=count_of(row.get("uses")),
        created_at=time_of(row.get("created_at")),
        last_used_at=time_of(row.get("last_used_at")),
    )
    episode = text_of(row.get("created_from_episode"))
    if episode is not None:
        yield LinkMaterial(
            place=place,
            source=("skills", place.id),
            target=("episodes", episode),
            kind="derived_from",
            counted=False,
        )


def note_skill_link(row: Values, around: Surroundings) -> None:
    """Remember a relation for the metadata of the skill it starts from."""
    parent, child = text_of(row.get("parent_skill_id")), text_of(row.get("child_skill_id"))
    if parent is not None and child is not None:
        around.relations[f"skill {parent}"].append(
            {"relation": row.get("relationship"), "to": child, "weight": row.get("weight")}
        )


def skill_link(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Say which skill a relation came along with."""
    parent = text_of(row.get("parent_skill_id"))
    if parent is None:
        raise Unusable("names no skill")
    yield Carried(place, ("skills", parent))


def episode(place: Place, row: Values, around: Surroundings) -> Iterator[Material]:
    """Give an experience: its events are the steps, or its input and output are one."""
    task = text_of(row.get("task"))
    if task is None:
        raise Unusable("task is empty")
    metadata = object_of(row.get("metadata"))
    yield TrajectoryMaterial(
        place=place,
        task=task,
        category=category_of(metadata.get("domain"), metadata.get("d"), metadata.get("category"))
        or "episode",
        steps=around.steps_of(place.id) or _steps_of(row),
        verdict=_verdict(row),
        metadata={
            **metadata,
            **rest_of(row, "id", "task", "input", "output", "critique", "success", "reward",
                      "metadata", "tags", "ts", "created_at"),
            **({"tags": tags} if (tags := tags_of(row.get("tags"))) else {}),
        },
        created_at=time_of(row.get("ts")) or time_of(row.get("created_at")),
    )  # fmt: skip


def _steps_of(row: Values) -> tuple[Step, ...]:
    given, came = text_of(row.get("input")), text_of(row.get("output"))
    thought = text_of(row.get("critique"))
    if given is None and came is None and thought is None:
        return ()
    return (
        Step(
            action=given or "(input not noted)",
            observation=came,
            thought=thought,
            duration_seconds=seconds_of(row.get("latency_ms")),
        ),
    )


def _verdict(row: Values) -> Verdict | None:
    success = number_of(row.get("success"))
    if success is None:
        return None
    return Verdict(
        kind="success" if success else "failure",
        score=1.0 if success else 0.0,
        source="imported",
        evidence={} if row.get("reward") is None else {"reward": number_of(row["reward"])},
    )


def note_event(row: Values, around: Surroundings) -> None:
    """Remember an event as a step of its episode."""
    owner, content = text_of(row.get("episode_id")), text_of(row.get("content"))
    if owner is not None and content is not None:
        role = first_text(row, "role", "phase")
        around.steps[owner].append(
            (number_of(row.get("step")) or 0.0, Step(action=content, thought=role))
        )


def event(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Say which episode an event came along with."""
    owner = text_of(row.get("episode_id"))
    if owner is None:
        raise Unusable("belongs to no episode")
    yield Carried(place, ("episodes", owner))


def experience(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a learning experience: one action in a state, and what it led to."""
    state, action = text_of(row.get("state")), text_of(row.get("action"))
    if state is None or action is None:
        raise Unusable("state or action is empty")
    yield TrajectoryMaterial(
        place=place,
        task=state,
        category="learning experience",
        steps=(Step(action=action, observation=text_of(row.get("next_state"))),),
        verdict=_verdict(row),
        metadata={**object_of(row.get("metadata")), **rest_of(row, "id", "state", "action",
                  "next_state", "success", "reward", "metadata", "timestamp")},
        created_at=time_of(row.get("timestamp")),
    )  # fmt: skip


def fact(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a fact as a sentence."""
    subject, predicate, thing = (
        text_of(row.get(name)) for name in ("subject", "predicate", "object")
    )
    if subject is None or predicate is None or thing is None:
        raise Unusable("subject, predicate or object is empty")
    yield PatternMaterial(
        place=place,
        task=f"{subject} {predicate}",
        strategy=f"{subject} {predicate} {thing}",
        category="fact",
        metadata={
            **object_of(row.get("metadata")),
            **rest_of(row, "id", "metadata", "confidence", "created_at", "expires_at"),
        },
        claimed={"confidence": row.get("confidence")},
        score=score_of(row.get("confidence")),
        created_at=time_of(row.get("created_at")),
        expires_at=time_of(row.get("expires_at")),
    )


def remark(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a note: its title or summary is the task, its text the strategy."""
    text = text_of(row.get("text"))
    if text is None:
        raise Unusable("text is empty")
    yield PatternMaterial(
        place=place,
        task=first_text(row, "title", "summary") or first_line(text),
        strategy=text,
        title=text_of(row.get("title")),
        category="note",
        tags=() if (kind := text_of(row.get("note_type"))) is None else (kind,),
        metadata={
            **object_of(row.get("metadata")),
            **({} if row.get("summary") is None else {"summary": row["summary"]}),
        },
        claimed={"importance": row.get("importance"), "uses": row.get("access_count")},
        uses=count_of(row.get("access_count")),
        created_at=time_of(row.get("created_at")),
        last_used_at=time_of(row.get("last_accessed_at")),
    )


def summary(place: Place, row: Values, _: Surroundings) -> Iterator[Material]:
    """Give a consolidated memory: its summary, with what it found to work and to fail."""
    text = text_of(row.get("summary"))
    if text is None:
        raise Unusable("summary is empty")
    found = [
        line
        for name in ("key_insights", "success_patterns", "failure_patterns")
        for line in tags_of(row.get(name))
    ]
    yield PatternMaterial(
        place=place,
        task=first_line(text),
        strategy="\n".join([text, *found]),
        category=category_of(row.get("phase")) or "summary",
        metadata=rest_of(row, "id", "summary", "quality_score", "created_at"),
        claimed={"quality": row.get("quality_score")},
        score=score_of(row.get("quality_score")),
        created_at=time_of(row.get("created_at")),
    )


_LEFT: Final = {
    ("embedding",): "vectors are computed anew",
    ("from_memory_id", "to_memory_id"): "causal claims, for which a bank has no place",
    ("treatment_id", "hypothesis"): "an experiment, for which a bank has no place",
    (
        "experiment_id",
        "outcome_value",
    ): "an observation of an experiment, for which a bank has no place",
    ("query_id", "chunk_ids"): "a record of a question that was asked",
    ("certificate_id", "chunk_id"): "a record of a question that was asked",
    ("source_type", "content_hash"): "hashes of rows, which are checked by a bank's own",
    ("memory_type", "memory_id"): "scores and logs of the program itself",
    ("job_type", "records_processed"): "a record of housekeeping",
    ("src_node_id", "dst_node_id"): "a graph of concepts, for which a bank has no place",
    ("kind", "label", "centrality"): "a graph of concepts, for which a bank has no place",
    ("session_type", "user_id"): "the frame of learning experiences, which come along",
    ("from_node", "to_node"): "an index, which is built anew",
    ("level", "neighbors"): "an index, which is built anew",
}

TABLES: Final = (
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("task_type", "approach"),
        convert=reasoning_pattern,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("name", "signature", "code", "success_rate"),
        convert=skill,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="relations",
        has=columns("parent_skill_id", "child_skill_id", "relationship"),
        convert=skill_link,
        prepare=note_skill_link,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="trajectories",
        has=columns("session_id", "task", "reward", "success"),
        convert=episode,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="relations",
        has=columns("episode_id", "step", "content"),
        convert=event,
        prepare=note_event,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="trajectories",
        has=columns("state", "action", "reward", "next_state"),
        convert=experience,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("subject", "predicate", "object"),
        convert=fact,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("text", "summary", "note_type"),
        convert=remark,
    ),
    TableSchema(
        product=PRODUCT,
        becomes="patterns",
        has=columns("summary", "key_insights"),
        convert=summary,
    ),
    *(
        TableSchema(
            product=PRODUCT,
            becomes="left",
            has=columns(*names),
            why=why,
            # A table with texts of its own beside a vector is not one of vectors.
            lacks=columns("content", "text", "value", "strategy", "pattern_data"),
        )
        for names, why in _LEFT.items()
    ),
)
