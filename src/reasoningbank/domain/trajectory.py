"""Trajectories: what an agent did on one task, step by step, and how it ended. Never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject, same_json
from reasoningbank.domain.outcome import OutcomeKind, OutcomeSource

TrajectoryState: TypeAlias = Literal["pending", "judged", "learned", "withdrawn"]
LinkKind: TypeAlias = Literal["derived_from", "supersedes", "contradicts", "duplicate_of"]


_SCALING = "scale:"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of an agent.

    Args:
        action: What it did: a command, a call, a click.
        observation: What came back, or None.
        error: The error it met, or None.
        thought: What it said to itself, or None.
        started_at: When it began, or None.
        duration_seconds: How long it took, or None.

    >>> Step(action="pytest -q", observation="1 passed in 0.02s").error is None
    True
    """

    action: str
    observation: str | None = None
    error: str | None = None
    thought: str | None = None
    started_at: str | None = None
    duration_seconds: float | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ended, and who says so.

    Args:
        kind: ``success`` (score 1), ``failure`` (0), ``partial`` (between) or ``unknown`` (None).
        score: 0 to 1, or None when unknown.
        source: Who says so.
        evidence: What shows it.
        reasons: Why, one sentence each.

    >>> Verdict(kind="success", score=1.0, source="test", evidence={"exit_code": 0}).source
    'test'
    """

    kind: OutcomeKind
    score: float | None
    source: OutcomeSource
    evidence: JsonObject = {}
    reasons: tuple[str, ...] = ()


class TrajectoryInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Describe one experience to be kept and learned from.

    Args:
        task_description: The task, as it was given to the agent.
        task_category: The kind of task.
        steps: What the agent did, in order.
        verdict: How it ended, if an external signal said so; None leaves it to a judge.
        metadata: Any JSON object.
        origin: Where it came from, such as a file; the same origin with the same content is
            taken once.

    >>> TrajectoryInput(
    ...     task_description="Make the tests pass",
    ...     task_category="debugging",
    ...     steps=(Step(action="pytest -q", observation="1 passed"),),
    ... ).steps[0].action
    'pytest -q'
    """

    task_description: str
    task_category: str
    steps: Sequence[Step]
    verdict: Verdict | None = None
    metadata: JsonObject = {}
    origin: str | None = None


class Trajectory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stored experience. Everything but `state`, `verdict` and `note` is as it was given.

    Args:
        id: Its id (UUIDv7).
        namespace: Its tenant.
        task_description: The task.
        task_category: The kind of task.
        steps: What the agent did.
        metadata: As given.
        origin: As given.
        actor: Who stored it.
        created_at: When it was stored.
        state: ``pending`` (no verdict yet), ``judged``, ``learned`` (patterns were
            derived, or there was nothing to learn), or
            ``withdrawn`` (what was derived is quarantined).
        verdict: How it ended, as far as is known.
        note: Raw text kept from a judge or distiller whose answer could not be used, or None.

    >>> from reasoningbank import ReasoningBank, Step, TrajectoryInput
    >>> given = TrajectoryInput(
    ...     task_description="Make it print 3", task_category="c", steps=(Step(action="run"),)
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.get_trajectory(bank.learn(given).trajectory_id).state
    'pending'
    """

    id: UUID
    namespace: str
    task_description: str
    task_category: str
    steps: tuple[Step, ...]
    metadata: JsonObject
    origin: str | None
    actor: str
    created_at: str
    state: TrajectoryState
    verdict: Verdict | None
    note: str | None


class PatternLink(msgspec.Struct, frozen=True, kw_only=True):
    """A relation between a pattern and a trajectory (``derived_from``) or another pattern.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     old, new = (
    ...         bank.store_pattern(task_description="Sort", task_category="c", strategy=strategy)
    ...         for strategy in ("Bubble it.", "Use sorted().")
    ...     )
    ...     bank.add_link(new, "supersedes", target_id=old).kind
    'supersedes'
    """

    source_id: UUID
    target_id: UUID
    kind: LinkKind
    actor: str
    at: str


def scaling_origin(run: UUID) -> str:
    """Give the origin that the attempts of one scaling run share."""
    return f"{_SCALING}{run}"


def scaling_run_of(stored: Trajectory) -> str | None:
    """Give the origin of a trajectory that is one of several attempts, or None."""
    given = stored.origin
    return given if given is not None and given.startswith(_SCALING) else None


def same_verdict(first: Verdict, second: Verdict | None) -> bool:
    """Give whether a verdict says nothing that another did not: same score, source and evidence."""
    return second is not None and (
        (first.kind, first.score, first.source, first.reasons)
        == (second.kind, second.score, second.source, second.reasons)
        and same_json(first.evidence, second.evidence)
    )
