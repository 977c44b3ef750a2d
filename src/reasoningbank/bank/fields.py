"""The fields that may be given by name, for type checkers and editors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import State


class _Optional(TypedDict, total=False):
    title: str | None
    success_score: float | None
    duration_seconds: float | None
    tags: Sequence[str]
    metadata: JsonObject
    expires_at: str | datetime | None


class PatternFields(_Optional, total=False):
    """What `store_pattern` takes by name; the first three are required unless a pattern is given."""

    task_description: str
    task_category: str
    strategy: str
    source: OutcomeSource


class PatternChanges(_Optional, total=False):
    """What `update_pattern` takes by name."""

    task_description: str
    task_category: str
    strategy: str
    state: State
