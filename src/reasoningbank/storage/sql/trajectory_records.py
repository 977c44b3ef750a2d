"""Whole trajectories out of a bank and back into one, exactly as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from reasoningbank.domain.errors import Conflict
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.records import RestoreStatus, Stamp, TrajectoryRecord
from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.storage.sql import trajectories, withdrawal
from reasoningbank.storage.sql.connection import SqlConnection

_PAGE: Final = 50
_ELSEWHERE: Final = "Restore into an empty bank or namespace."


def records(connection: SqlConnection, namespace: str) -> Iterator[TrajectoryRecord]:
    """Give every trajectory of a namespace in the order of ids, a page at a time.

    Raises:
        StorageCorrupt: At the first whose steps are not what was stored, naming it.
    """
    last = ""
    while True:
        page = trajectories.page(
            connection, namespace, last, None, limit=_PAGE, made_of=trajectories.verified_from_row
        )
        for trajectory in page:
            yield record_of(connection, trajectory)
        if len(page) < _PAGE:
            return
        last = str(page[-1].id)


def record_of(connection: SqlConnection, trajectory: Trajectory) -> TrajectoryRecord:
    """Give a trajectory with all that is kept about it."""
    namespace, trajectory_id = trajectory.namespace, str(trajectory.id)
    before = withdrawal.before_of(connection, namespace, trajectory_id)
    return TrajectoryRecord(
        trajectory=trajectory,
        links=tuple(trajectories.links(connection, namespace, trajectory_id)),
        state_before=None if before is None else before.state,
        note_before=None if before is None else before.note,
        withheld=tuple(map(UUID, withdrawal.withheld(connection, namespace, trajectory_id))),
    )


def restore(
    connection: SqlConnection, record: TrajectoryRecord, fingerprint: bytes, stamp: Stamp
) -> RestoreStatus:
    """Put a trajectory back; one that is there already, equal in everything, is left alone.

    Raises:
        Conflict: When the id or an equal experience is there with other fields.
    """
    trajectory = record.trajectory
    namespace, trajectory_id = trajectory.namespace, str(trajectory.id)
    existing = trajectories.get(connection, namespace, trajectory_id)
    if existing is not None:
        if record_of(connection, existing) == record:
            return "unchanged"
        raise Conflict(
            f"trajectory {trajectory_id} is there already and differs",
            existing_id=trajectory_id,
            hint=_ELSEWHERE,
        )
    taken = trajectories.insert(connection, trajectory, fingerprint)
    if taken is not None:
        raise Conflict(
            f"an experience equal to {trajectory_id} is there already under another id: {taken}",
            existing_id=taken,
            hint=_ELSEWHERE,
        )
    if record.state_before is not None:
        before = withdrawal.Before(record.state_before, record.note_before)
        trajectories.set_state(connection, trajectory, stamp.at, before=canonical_json(before))
    for link in record.links:
        trajectories.link(connection, namespace, link)
    for pattern_id in record.withheld:
        withdrawal.withhold(
            connection, namespace, str(pattern_id), ("trajectory", trajectory_id), stamp
        )
    return "created"
