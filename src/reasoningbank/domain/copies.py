"""Exact copies of what a bank keeps about one thing, for carrying it to another bank.

Unlike the records of an export they hold the vectors, the answers kept under idempotency keys and what
is left of things that were deleted: two banks with equal copies answer alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.consolidation import KeptConsolidation
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import Observation, Pattern, PatternChange
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.domain.trajectory import PatternLink, Trajectory, TrajectoryState

SubjectKind: TypeAlias = Literal["model", "trajectory", "pattern", "recall", "consolidation"]
SUBJECT_KINDS: Final[tuple[SubjectKind, ...]] = (
    "model",
    "trajectory",
    "pattern",
    "recall",
    "consolidation",
)
HoldKind: TypeAlias = Literal["trajectory", "origin", "actor", "consolidation"]


class Subject(msgspec.Struct, frozen=True, order=True):
    """Name one thing that can be copied by itself; a namespace's model has the empty id."""

    kind: SubjectKind
    id: str


MODEL: Final = Subject("model", "")


class KeptVector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vector of a pattern and the model that made it."""

    model: EmbeddingModel
    vector: bytes


class Hold(msgspec.Struct, frozen=True, kw_only=True, order=True, forbid_unknown_fields=True):
    """For whose sake a pattern is quarantined."""

    kind: HoldKind
    source: str
    actor: str
    at: str


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True, order=True, forbid_unknown_fields=True):
    """An idempotency key whose answer is a pattern."""

    key: str
    fingerprint: bytes
    at: str


class PatternCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything kept about a pattern.

    Args:
        id: Its id.
        pattern: The pattern, or None where it was deleted and left a history.
        created_by: Who stored it; empty without a pattern.
        kept: Whether it stands beside equals.
        links: The relations it is the source of, ordered.
        holds: For whose sake it is quarantined, ordered.
        answers: The idempotency keys it answers, ordered.
        vectors: Its vectors, by the name of their model.
    """

    id: str
    pattern: Pattern | None = None
    created_by: str = ""
    kept: bool = False
    history: tuple[PatternChange, ...] = ()
    observations: tuple[Observation, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    links: tuple[PatternLink, ...] = ()
    holds: tuple[Hold, ...] = ()
    answers: tuple[KeptAnswer, ...] = ()
    vectors: tuple[KeptVector, ...] = ()


class TrajectoryCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything kept about a trajectory but its links, which are the patterns'.

    Args:
        id: Its id.
        trajectory: The trajectory, or None where there is none.
        fingerprint: What tells it from others.
        at: When its state was written.
        state_before: For a withdrawn one, the state it comes back to, else None.
        note_before: The note it comes back to, or None.
    """

    id: str
    trajectory: Trajectory | None = None
    fingerprint: bytes = b""
    at: str = ""
    state_before: TrajectoryState | None = None
    note_before: str | None = None


class RecallCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recall event and when its outcome was told."""

    id: str
    event: RecallEvent | None = None
    settled_at: str | None = None


class ConsolidationCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consolidation as it is kept."""

    id: str
    kept: KeptConsolidation | None = None


class ModelCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model a namespace is searched by, or None before the first store."""

    id: str = ""
    model: EmbeddingModel | None = None


Copy: TypeAlias = PatternCopy | TrajectoryCopy | RecallCopy | ConsolidationCopy | ModelCopy


def subject_of(copy: Copy) -> Subject:
    """Give the name of what was copied.

    >>> subject_of(RecallCopy(id="0193"))
    Subject(kind='recall', id='0193')
    """
    match copy:
        case PatternCopy():
            return Subject("pattern", copy.id)
        case TrajectoryCopy():
            return Subject("trajectory", copy.id)
        case RecallCopy():
            return Subject("recall", copy.id)
        case ConsolidationCopy():
            return Subject("consolidation", copy.id)
        case ModelCopy():
            return MODEL


def is_empty(copy: Copy) -> bool:
    """Give whether nothing is kept: it never was, or it was erased.

    >>> is_empty(PatternCopy(id="0193"))
    True
    """
    return copy == type(copy)(id=copy.id)


def patterns_named(ids: Iterable[str | UUID]) -> list[Subject]:
    """Give the patterns of these ids as subjects, each once."""
    return [Subject("pattern", one) for one in dict.fromkeys(map(str, ids))]
