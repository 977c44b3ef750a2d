"""What consolidating a bank proposes and did; every step of it can be undone."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

ProposalKind: TypeAlias = Literal["duplicate", "contradiction", "demote", "prune", "purge"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a consolidation.

    Args:
        kind: ``duplicate`` (quarantined, linked to the one kept), ``contradiction`` (linked),
            ``demote`` (expires after a grace time), ``prune`` (quarantined) or ``purge`` (deleted
            after having been pruned; the only step that cannot be undone).
        pattern_id: The pattern it changes.
        other_id: The pattern kept, or contradicted; None for the rest.
        reason: Why, in one sentence.
    """

    kind: ProposalKind
    pattern_id: UUID
    other_id: UUID | None = None
    reason: str


class ConsolidationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a consolidation proposed.

    Args:
        id: Names it, for `undo_consolidation`; None for a dry run.
        applied: Whether the proposals were carried out.
        looked_at: How many patterns were looked at: those that are new or changed since the last.
        proposals: The steps, in order. Of those proposed, one is left out where its pattern was
            changed by somebody else before it could be taken.
    """

    id: UUID | None
    applied: bool
    looked_at: int
    proposals: tuple[Proposal, ...]


class PlannedStep(msgspec.Struct, frozen=True):
    """A proposal with the versions of the patterns it was made for: others are not touched."""

    proposal: Proposal
    version: int
    other_version: int | None = None


class Reached(msgspec.Struct, frozen=True):
    """How far consolidation has looked.

    Args:
        log: The last change it has looked at.
        after: While it looks at all patterns in the order of their ids, the last one; else None.
    """

    log: int
    after: str | None = None


class KeptConsolidation(msgspec.Struct, frozen=True, kw_only=True):
    """A consolidation as it is kept, with what taking it back needs.

    Args:
        report: What it did; as long as it runs, what it means to do.
        actor: Who ran it.
        at: When it began; its links bear this time.
        expires_at: The expiry it gave to what it demoted.
        undone_at: When it was taken back, or None.
    """

    report: ConsolidationReport
    actor: str
    at: str
    expires_at: str
    undone_at: str | None = None


class ConsolidationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to consolidate.

    Args:
        duplicate_threshold: Cosine from which two tasks, and their strategies, count as the same.
        contradiction_threshold: Cosine from which two tasks count as alike.
        demote_below: Posterior mean under which a pattern with enough outcomes is let expire.
        demote_outcomes: How many outcomes are enough.
        grace_days: How long a demoted pattern stays.
        prune_age_days: Quarantine never-used patterns of low reliability older than this; None
            for never, which is the default.
        purge: Delete what an earlier consolidation pruned.
    """

    duplicate_threshold: float = 0.95
    contradiction_threshold: float = 0.85
    demote_below: float = 0.3
    demote_outcomes: int = 3
    grace_days: int = 30
    prune_age_days: int | None = None
    purge: bool = False
