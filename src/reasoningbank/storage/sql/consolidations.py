"""Consolidations: what they look at, the steps they take, and how these are taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from reasoningbank.domain.consolidation import (
    ConsolidationReport,
    KeptConsolidation,
    PlannedStep,
    Proposal,
    Reached,
)
from reasoningbank.domain.json_value import JsonObject, canonical_json
from reasoningbank.domain.records import PatternEdit, Stamp
from reasoningbank.domain.trajectory import PatternLink
from reasoningbank.storage.sql import properties, trajectories, withdrawal, writing
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.reading import get_pattern

_T = TypeVar("_T")

REACHED: Final = "consolidated"
"""The property that says how far consolidation has looked, by namespace."""

_KEEP: Final = """
INSERT INTO consolidations (namespace, id, report, actor, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (namespace, id) DO UPDATE SET report = excluded.report
"""
_PRUNED: Final = """
SELECT DISTINCT w.pattern_id FROM withdrawals w
JOIN patterns p ON p.namespace = w.namespace AND p.id = w.pattern_id AND p.state = 'quarantined'
WHERE w.namespace = ? AND w.kind = 'consolidation' AND NOT EXISTS (
    SELECT 1 FROM pattern_links l
    WHERE l.namespace = w.namespace AND l.source_id = w.pattern_id AND l.kind = 'duplicate_of')
ORDER BY w.pattern_id
"""
_UNLINK: Final = """
DELETE FROM pattern_links
WHERE namespace = ? AND source_id = ? AND kind = ? AND target_id = ? AND actor = ? AND at = ?
"""
# Writers wait for one transaction, not for a whole consolidation.
_STEPS_AT_ONCE: Final = 50


class _Report(ConsolidationReport, frozen=True, kw_only=True):
    """A report with the expiry it gave."""

    expires_at: str = ""


_decode = msgspec.json.Decoder(_Report).decode


def reached(connection: SqlConnection, namespace: str) -> Reached | None:
    """Give how far consolidation has looked; None when it never ran."""
    return properties.get(connection, REACHED, namespace, Reached)


def set_reached(connection: SqlConnection, namespace: str, point: Reached) -> None:
    """Note how far consolidation has looked."""
    properties.put(connection, REACHED, namespace, point)


def keep(connection: SqlConnection, namespace: str, kept: KeptConsolidation) -> None:
    """Keep a report, in place of what it was before."""
    report = _Report(**msgspec.structs.asdict(kept.report), expires_at=kept.expires_at)
    connection.execute(
        _KEEP, (namespace, str(report.id), canonical_json(report), kept.actor, kept.at)
    )


def get(connection: SqlConnection, namespace: str, report_id: str) -> KeptConsolidation | None:
    """Give what is kept of a consolidation, or None."""
    row = connection.execute(
        "SELECT report, actor, at, undone_at FROM consolidations WHERE namespace = ? AND id = ?",
        (namespace, report_id),
    ).fetchone()
    if row is None:
        return None
    text, actor, at, undone_at = row
    stored = _decode(text)
    fields = {name: getattr(stored, name) for name in ConsolidationReport.__struct_fields__}
    return KeptConsolidation(
        report=ConsolidationReport(**fields),
        actor=actor,
        at=at,
        expires_at=stored.expires_at,
        undone_at=undone_at,
    )


def chunks(steps: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Give steps as many at a time as one transaction takes."""
    for first in range(0, len(steps), _STEPS_AT_ONCE):
        yield steps[first : first + _STEPS_AT_ONCE]


def take(
    connection: SqlConnection,
    namespace: str,
    kept: KeptConsolidation,
    steps: Sequence[PlannedStep],
    edited: Counter[UUID],
) -> list[Proposal]:
    """Carry steps out and give those taken; `edited` counts what the same run changed before."""
    return [step.proposal for step in steps if _take(connection, namespace, kept, step, edited)]


def _take(
    connection: SqlConnection,
    namespace: str,
    kept: KeptConsolidation,
    step: PlannedStep,
    edited: Counter[UUID],
) -> bool:
    proposal, stamp = step.proposal, Stamp(kept.actor, kept.at)
    pattern_id, report_id = str(proposal.pattern_id), str(kept.report.id)
    if proposal.kind == "purge":
        if pattern_id not in pruned_ids(connection, namespace):
            return False
        writing.delete(connection, namespace, pattern_id, stamp)
        return True
    if not _as_planned(connection, namespace, proposal.pattern_id, step.version, edited):
        return False
    if proposal.other_id is not None and not _as_planned(
        connection, namespace, proposal.other_id, step.other_version, edited
    ):
        return False
    link = _link_of(proposal, stamp)
    if link is not None:
        trajectories.link(connection, namespace, link)
    if proposal.kind == "demote":
        _set_expiry(connection, namespace, pattern_id, kept.expires_at, stamp)
    elif proposal.kind != "contradiction":
        withdrawal.put_away(connection, namespace, pattern_id, report_id, stamp)
    if proposal.kind != "contradiction":
        edited[proposal.pattern_id] += 1
    return True


def _as_planned(
    connection: SqlConnection,
    namespace: str,
    pattern_id: UUID,
    version: int | None,
    edited: Counter[UUID],
) -> bool:
    """Give whether a pattern is active and as it was, but for what this run changed."""
    pattern = get_pattern(connection, namespace, str(pattern_id))
    return (
        pattern is not None
        and pattern.state == "active"
        and pattern.version - edited[pattern_id] == version
    )


def take_back(
    connection: SqlConnection,
    namespace: str,
    kept: KeptConsolidation,
    steps: Sequence[Proposal],
    stamp: Stamp,
) -> int:
    """Undo steps, given last first; what others changed since is left as it is."""
    return sum(_take_back(connection, namespace, kept, step, stamp) for step in steps)


def _take_back(
    connection: SqlConnection,
    namespace: str,
    kept: KeptConsolidation,
    step: Proposal,
    stamp: Stamp,
) -> bool:
    unlinked = False
    link = _link_of(step, Stamp(kept.actor, kept.at))
    if link is not None:
        connection.execute(
            _UNLINK,
            (namespace, str(link.source_id), link.kind, str(link.target_id), link.actor, link.at),
        )
        unlinked = bool(connection.changes())
    pattern_id = str(step.pattern_id)
    pattern = get_pattern(connection, namespace, pattern_id)
    if pattern is None or step.kind == "purge":
        return False
    if step.kind == "contradiction":
        return unlinked
    if step.kind != "demote":
        return withdrawal.bring_back(connection, namespace, pattern_id, str(kept.report.id), stamp)
    if pattern.expires_at != kept.expires_at:
        return False
    _set_expiry(connection, namespace, pattern_id, None, stamp)
    return True


def _link_of(step: Proposal, stamp: Stamp) -> PatternLink | None:
    if step.other_id is None:
        return None
    return PatternLink(
        source_id=step.pattern_id,
        target_id=step.other_id,
        kind="duplicate_of" if step.kind == "duplicate" else "contradicts",
        actor=stamp.actor,
        at=stamp.at,
    )


def _set_expiry(
    connection: SqlConnection,
    namespace: str,
    pattern_id: str,
    expires_at: str | None,
    stamp: Stamp,
) -> None:
    values: JsonObject = {"expires_at": expires_at}
    edit = PatternEdit(values=values, vector=None, if_version=None, actor=stamp.actor, at=stamp.at)
    writing.edit(connection, namespace, pattern_id, edit, None)


def mark_undone(connection: SqlConnection, namespace: str, report_id: str, at: str) -> None:
    """Note that a consolidation was taken back."""
    connection.execute(
        "UPDATE consolidations SET undone_at = ? WHERE namespace = ? AND id = ?",
        (at, namespace, report_id),
    )


def undone_steps(connection: SqlConnection, namespace: str) -> list[Proposal]:
    """Give the steps of consolidations that were taken back."""
    rows = connection.execute(
        "SELECT report FROM consolidations WHERE namespace = ? AND undone_at IS NOT NULL",
        (namespace,),
    )
    return [step for (report,) in rows for step in _decode(report).proposals]


def pruned_ids(connection: SqlConnection, namespace: str) -> list[str]:
    """Give the ids of patterns that consolidations pruned and nobody brought back."""
    return [str(row[0]) for row in connection.execute(_PRUNED, (namespace,))]
