"""What crosses the border between the bank and a storage backend."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import Observation, OnDuplicate, Pattern, PatternChange, State
from reasoningbank.domain.trajectory import PatternLink, Trajectory, TrajectoryState


class Stamp(msgspec.Struct, frozen=True):
    """Who changed something, and when."""

    actor: str
    at: str


class EmbeddingModel(msgspec.Struct, frozen=True):
    """Name the model that made a vector; vectors of different models are never compared."""

    name: str
    dimension: int
    version: str = "1"


class NewPattern(msgspec.Struct, frozen=True, kw_only=True):
    """A checked pattern on its way into storage, with its vector.

    Args:
        pattern: The row as it will stand if it is new.
        key: Its dedupe key.
        vector: int8 components of its task description.
        actor: Who stores it.
    """

    pattern: Pattern
    key: bytes
    vector: bytes
    actor: str


class StoreOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a store treats equals and repeats.

    Args:
        on_duplicate: What to do with a pattern whose key is taken.
        idempotency_key: Under which the answer is kept, or None.
        fingerprint: SHA-256 of what was given, to tell a repeat from a clash.
    """

    on_duplicate: OnDuplicate = "merge"
    idempotency_key: str | None = None
    fingerprint: bytes = b""


class SimilarityQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for the active patterns nearest to a vector.

    Args:
        namespace: Searched; no other is looked at.
        model: That the vector comes from; vectors of no other are compared with it.
        vector: int8 components, a byte a dimension.
        k: How many patterns at most.
        category: Only patterns of this one, or None for all.
        min_similarity: Leave out what is less similar, or None.
        now_ms: The time; patterns that expired by then are left out.
    """

    namespace: str
    model: EmbeddingModel
    vector: bytes
    k: int
    category: str | None = None
    min_similarity: float | None = None
    now_ms: int


class PatternListing(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for a page of patterns in the order they were made, or against it.

    Args:
        after: The id behind which it begins, or None for the first page.
        limit: How many at most.
        category: Only patterns of this one, or None for all.
        state: Only patterns in this one, or None for all.
        newest_first: Whether the order is turned around.
    """

    after: str | None
    limit: int
    category: str | None
    state: State | None
    newest_first: bool


class LearnedPattern(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern derived from trajectories, with the outcomes that they give it.

    Args:
        new: The pattern.
        outcomes: One for each trajectory that it is derived from, by its id; the id of the pattern
            in it is put right where the pattern merges into an equal one.
    """

    new: NewPattern
    outcomes: dict[UUID, Outcome]


class PatternEdit(msgspec.Struct, frozen=True, kw_only=True):
    """Checked changes to one pattern.

    Args:
        values: New values by field name.
        vector: The new vector when the task description changes, else None.
        if_version: The version the caller saw, or None to change whatever is there.
        actor: Who changes it.
        at: When.
    """

    values: JsonObject
    vector: bytes | None
    if_version: int | None
    actor: str
    at: str


class PatternRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything kept about one pattern, for export and restore.

    Args:
        pattern: The pattern.
        created_by: Who stored it.
        kept: Whether it stands beside equals (``on_duplicate="keep"``).
    """

    pattern: Pattern
    created_by: str
    kept: bool
    history: tuple[PatternChange, ...] = ()
    observations: tuple[Observation, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


class TrajectoryRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything kept about one trajectory, for export and restore.

    Args:
        trajectory: The trajectory.
        links: The relations in which it stands.
        state_before: For a withdrawn one, the state it comes back to, else None.
        note_before: The note it comes back to, or None.
        withheld: Patterns that are quarantined because it was withdrawn.
    """

    trajectory: Trajectory
    links: tuple[PatternLink, ...] = ()
    state_before: TrajectoryState | None = None
    note_before: str | None = None
    withheld: tuple[UUID, ...] = ()


RestoreStatus: TypeAlias = Literal["created", "unchanged"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a check of the bank looked at.

    Args:
        check: Name of the check.
        level: ``ok``, ``warning`` or ``error``.
        message: What was found.
        hint: What to do about it, or None.
        ids: Patterns concerned.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     [finding.check for finding in bank.check() if finding.level != "ok"]
    []
    """

    check: str
    level: Literal["ok", "warning", "error"]
    message: str
    hint: str | None = None
    ids: tuple[str, ...] = ()
