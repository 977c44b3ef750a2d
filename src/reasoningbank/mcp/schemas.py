"""JSON Schemas of what the tools take and give.

The first four tools take what the interface this project was made for says, name for name; nothing is added to them.
Unknown arguments are refused by name, which `additionalProperties` announces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reasoningbank.domain import limits
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.learning.prompts import LESSONS_SCHEMA

_SCORE: Final[JsonObject] = {"type": "number", "minimum": 0, "maximum": 1}
_UUID: Final[JsonObject] = {"type": "string", "format": "uuid"}
_TEXT: Final[JsonObject] = {"type": "string"}
_TEXT_OR_NULL: Final[JsonObject] = {"type": ["string", "null"]}
_NUMBER_OR_NULL: Final[JsonObject] = {"type": ["number", "null"]}
_COUNT: Final[JsonObject] = {"type": "integer", "minimum": 0}

CLAIMS: Final = ("agent", "caller", "human", "test", "environment")
"""Who a tool call may name as the source of an outcome; none of them confirms it here."""


def _object(
    properties: Mapping[str, JsonObject], required: tuple[str, ...] = (), *, closed: bool = True
) -> JsonObject:
    schema: JsonObject = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    if closed:
        schema["additionalProperties"] = False
    return schema


def _said(schema: JsonObject, description: str) -> JsonObject:
    return {**schema, "description": description}


# ------------------------------------------------------------------------------------ what goes in

_TASK: Final = _said(_TEXT, "The task, as a person would word it.")
_CATEGORY: Final = _said(_TEXT, "The kind of task, one line, such as backend or debugging.")

STORE_PATTERN: Final = _object(
    {
        "task_description": _TASK,
        "task_category": _CATEGORY,
        "strategy": _said(_TEXT, "What to do in such a task, so that another agent could follow."),
        "success_score": _said(_SCORE, "How well it worked, from 0 to 1."),
    },
    ("task_description", "task_category", "strategy", "success_score"),
)
GET_PATTERN: Final = _object(
    {"pattern_id": _said(_UUID, "The id, as other tools gave it.")}, ("pattern_id",)
)
FIND_SIMILAR: Final = _object(
    {
        "task_description": _TASK,
        "category": _CATEGORY,
        "top_k": {"type": "number", "default": 5, "description": "How many at most."},
    },
    ("task_description", "category"),
)
GET_STATS: Final = _object({})

RECALL: Final = _object(
    {
        "task_description": _said(_TEXT, "The task you are about to begin, in full."),
        "category": _said(_TEXT, "Only patterns of this kind of task."),
        "k": {
            "type": "integer",
            "minimum": 1,
            "maximum": 50,
            "default": 3,
            "description": "How many patterns at most. More than three rarely helps.",
        },
    },
    ("task_description",),
)

_VERDICT: Final = _object(
    {
        "kind": {"type": "string", "enum": ["success", "failure", "partial", "unknown"]},
        "score": {**_SCORE, "type": ["number", "null"]},
        "source": _said(
            {"type": "string", "enum": list(CLAIMS), "default": "agent"}, "Who says so."
        ),
        "evidence": _said({"type": "object"}, 'What shows it, such as {"exit_code": 0}.'),
        "reasons": {"type": "array", "items": _TEXT, "maxItems": limits.REASONS},
    },
    ("kind",),
)
RECORD_OUTCOME: Final = _object(
    {
        "recall_id": _said(_UUID, "The recall_id of the recall before the task."),
        "used": _said(
            {"type": "array", "items": _UUID},
            "With recall_id: the patterns that were followed. Left out, all advice shown shares it.",
        ),
        "pattern_id": _said(_UUID, "Instead of recall_id: one pattern that was followed."),
        "success": _said({"type": "boolean"}, "Whether the task succeeded."),
        "score": _said(_SCORE, "Instead of success: how far it succeeded."),
        "source": _said(
            {"type": "string", "enum": list(CLAIMS), "default": "agent"},
            "Who says so. agent: your own judgement. Others count as reported.",
        ),
        "evidence": _said({"type": "object"}, 'What shows it, such as {"exit_code": 0}.'),
    },
)

_STEP: Final = _object(
    {
        "action": _said(_TEXT, "What was done: a command, a call, an edit."),
        "observation": _said(_TEXT_OR_NULL, "What came back."),
        "error": _said(_TEXT_OR_NULL, "The error it met."),
        "thought": _said(_TEXT_OR_NULL, "What was thought."),
        "started_at": _TEXT_OR_NULL,
        "duration_seconds": _NUMBER_OR_NULL,
    },
    ("action",),
)
TRAJECTORY: Final = _object(
    {
        "task_description": _said(_TEXT, "The task, as it was given."),
        "task_category": _CATEGORY,
        "steps": {"type": "array", "items": _STEP, "description": "What was done, in order."},
        "verdict": {**_VERDICT, "type": ["object", "null"], "description": "How it ended."},
        "metadata": {"type": "object"},
    },
    ("task_description", "task_category", "steps"),
)
DISTILLATION: Final[JsonObject] = {
    name: value for name, value in LESSONS_SCHEMA.items() if name != "$schema"
}
LEARN: Final = _object(
    {
        "trajectory": _said(TRAJECTORY, "First call: the task, what was done, how it ended."),
        "distil": {
            "type": "string",
            "enum": ["host", "bank"],
            "default": "host",
            "description": "With trajectory: host hands the material to you, bank uses rules alone.",
        },
        "trajectory_id": _said(_UUID, "Second call: the trajectory_id of the first."),
        "distillation": _said(DISTILLATION, "With trajectory_id: your lessons."),
        "verdict": _said(_VERDICT, "With trajectory_id: how it ended, if not known before."),
    },
)
SEARCH_BY_CATEGORY: Final = _object(
    {
        "category": _CATEGORY,
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": limits.RESULTS,
            "default": 10,
            "description": "How many at most.",
        },
    },
    ("category",),
)
DELETE_PATTERN: Final = _object(
    {
        "pattern_id": _said(_UUID, "The pattern to delete."),
        "confirm": _said(_UUID, "The same id again."),
    },
    ("pattern_id", "confirm"),
)

# ------------------------------------------------------------------------------------ what comes out

_CUT: Final[dict[str, JsonObject]] = {
    "truncated": {"type": "array", "items": _TEXT},
    "next": _TEXT,
}
_PATTERN_FIELDS: Final[dict[str, JsonObject]] = {
    "id": _UUID,
    "namespace": _TEXT,
    "task_category": _TEXT,
    "task_description": _TEXT,
    "strategy": _TEXT,
    "title": _TEXT_OR_NULL,
    "success_score": {**_SCORE, "type": ["number", "null"]},
    "duration_seconds": _NUMBER_OR_NULL,
    "tags": {"type": "array", "items": _TEXT},
    "metadata": {"type": "object"},
    "trust": {"type": "string", "enum": ["imported", "judged", "reported", "confirmed"]},
    "state": {"type": "string", "enum": ["active", "quarantined"]},
    "uses": _COUNT,
    "successes": _COUNT,
    "failures": _COUNT,
    "last_used_at": _TEXT_OR_NULL,
    "created_at": _TEXT,
    "updated_at": _TEXT,
    "expires_at": _TEXT_OR_NULL,
    "version": {"type": "integer", "minimum": 1},
}
_PATTERN: Final = _object({**_PATTERN_FIELDS, **_CUT}, tuple(_PATTERN_FIELDS))
_SIMILAR_FIELDS: Final[dict[str, JsonObject]] = {
    **_PATTERN_FIELDS,
    "similarity": {"type": "number", "minimum": -1, "maximum": 1},
}
_SIMILAR: Final = _object({**_SIMILAR_FIELDS, **_CUT}, tuple(_SIMILAR_FIELDS))


def _listed(item: JsonObject) -> JsonObject:
    return _object(
        {
            "result": {"type": "array", "items": item},
            "truncated": {"type": "boolean"},
            "next": {"type": "array", "items": _TEXT},
        },
        ("result",),
    )


_NOTHING: Final = _object({"result": {"type": "null"}}, ("result",))

PATTERN_ID_OUT: Final = _object(
    {
        "patternId": _UUID,
        "status": {"const": "stored"},
        "redacted": {
            "type": "array",
            "items": _object({"field": _TEXT, "kind": _TEXT}, ("field", "kind")),
        },
    },
    ("patternId", "status"),
)
PATTERN_OUT: Final[JsonObject] = {"type": "object", "anyOf": [_PATTERN, _NOTHING]}
SIMILAR_OUT: Final = _listed(_SIMILAR)
PATTERNS_OUT: Final = _listed(_PATTERN)
_STATS_FIELDS: Final[dict[str, JsonObject]] = {
    "total_patterns": _COUNT,
    "active_patterns": _COUNT,
    "categories": {"type": "object", "additionalProperties": _COUNT},
    "namespace": _TEXT,
    "backend": _TEXT,
    "path": _TEXT_OR_NULL,
    "persistent": {"type": "boolean"},
    "read_only": {"type": "boolean"},
    "reason": _TEXT,
    "size_bytes": _COUNT,
    "embedding_model": _TEXT_OR_NULL,
    "schema_version": _COUNT,
    "engine": _TEXT,
}
STATS_OUT: Final = _object(_STATS_FIELDS, tuple(_STATS_FIELDS), closed=False)
_RECALLED_FIELDS: Final[dict[str, JsonObject]] = {
    "id": _UUID,
    "title": _TEXT_OR_NULL,
    "task_category": _TEXT,
    "pitfall": {"type": "boolean"},
    "trust": _TEXT,
    "similarity": {"type": "number"},
    "reliability": _SCORE,
    "reason": _TEXT,
}
RECALL_OUT: Final = _object(
    {
        "recall_id": _UUID,
        "prompt": _TEXT,
        "patterns": {
            "type": "array",
            "items": _object(_RECALLED_FIELDS, tuple(_RECALLED_FIELDS)),
        },
        "abstained": {"type": "boolean"},
        "hidden": _object(
            {"quarantined": _COUNT, "expired": _COUNT, "other_categories": _COUNT},
            ("quarantined", "expired", "other_categories"),
        ),
        "recorded": {"type": "boolean"},
        "namespace": _TEXT,
    },
    ("recall_id", "prompt", "patterns", "abstained", "hidden", "recorded", "namespace"),
)
_RECORDED_FIELDS: Final[dict[str, JsonObject]] = {
    "pattern_id": _UUID,
    "kind": _TEXT,
    "score": _NUMBER_OR_NULL,
    "source": _TEXT,
    "trust": _TEXT,
    "uses": _COUNT,
    "successes": _COUNT,
    "failures": _COUNT,
    "reliability": _SCORE,
}
RECORDED_OUT: Final = _object(
    {
        "recorded": {
            "type": "array",
            "items": _object(_RECORDED_FIELDS, tuple(_RECORDED_FIELDS)),
        }
    },
    ("recorded",),
)
LEARNED_OUT: Final = _object(
    {
        "trajectory_id": _UUID,
        "status": {"type": "string", "enum": ["learned", "pending", "replayed"]},
        "patterns": {"type": "array", "items": _UUID},
        "verdict": {
            "type": ["object", "null"],
            "properties": {"kind": _TEXT, "score": _NUMBER_OR_NULL, "source": _TEXT},
            "required": ["kind", "score", "source"],
        },
        "note": _TEXT_OR_NULL,
        "distillation_request": {
            "type": ["object", "null"],
            "properties": {
                "instructions": _TEXT,
                "material": {"type": "object"},
                "answer_schema": {"type": "object"},
            },
            "required": ["instructions", "material", "answer_schema"],
        },
        "what_next": _TEXT,
        "truncated": {"type": "boolean"},
    },
    ("trajectory_id", "status", "patterns", "verdict", "note", "distillation_request", "what_next"),
)
DELETED_OUT: Final = _object(
    {"patternId": _UUID, "status": {"const": "deleted"}}, ("patternId", "status")
)
