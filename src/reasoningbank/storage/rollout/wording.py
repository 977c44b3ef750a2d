"""What the steps of a rollout say: refusals, and targets without their passwords."""

from __future__ import annotations

from pathlib import Path

import msgspec

from reasoningbank.domain.errors import Busy, Conflict, NotFound
from reasoningbank.storage.location import shown_url
from reasoningbank.storage.rollout.journal import Journal
from reasoningbank.storage.rollout.state import RolloutState, RolloutStatus


def shown(target: str) -> str:
    """Give a target without the password it may hold.

    >>> shown("postgresql://me:secret@host/bank")
    'postgresql://me@host/bank'
    """
    return shown_url(target) if "://" in target else target


def status_shown(status: RolloutStatus) -> RolloutStatus:
    """Give a status that can be printed: no password in it."""
    state = msgspec.structs.replace(status.state, candidate=shown(status.state.candidate))
    return msgspec.structs.replace(status, state=state)


def going_on(state: RolloutState) -> Conflict:
    """Give the error for a step that the state of a rollout does not allow."""
    hints = {
        "running": "Run `reasoningbank rollout rollback` first.",
        "promoted": "Run `reasoningbank rollout finish` or `rollback` first.",
        "finished": "Name that one with --db.",
        "rolled_back": "Run `reasoningbank rollout start` again.",
    }
    said = {
        "running": f"is in a rollout to {shown(state.candidate)}",
        "promoted": f"was promoted to {shown(state.candidate)}",
        "finished": f"has moved to {shown(state.candidate)}",
        "rolled_back": "was rolled back",
    }
    return Conflict(f"the bank {said[state.phase]}", hint=hints[state.phase])


def none_going_on(path: Path) -> NotFound:
    """Give the error for a bank without a rollout."""
    return NotFound(
        "is in no rollout",
        path=str(path),
        hint="Begin one with `reasoningbank rollout start CANDIDATE`.",
    )


def not_level(journal: Journal) -> Busy:
    """Give the error for a bank that did not catch up in time, with the last failure."""
    status = journal.status("")
    why = "" if status.last_failure is None else f" ({status.last_failure})"
    return Busy(
        f"the other bank could not be brought level in time{why}",
        hint="Nothing was changed over. Look at `reasoningbank rollout status` and try again.",
    )
