"""Rolling a bank out to another engine: both are written, reads move over by shares, either way back is open."""

from __future__ import annotations

from reasoningbank.storage.rollout.backend import RolloutStorage
from reasoningbank.storage.rollout.opening import (
    Opening,
    check_no_rollout,
    directory_of,
    open_paired,
)
from reasoningbank.storage.rollout.state import (
    CANDIDATE_VARIABLE,
    PERCENT_VARIABLE,
    RolloutState,
    RolloutStatus,
)
from reasoningbank.storage.rollout.steps import Rollout
from reasoningbank.storage.rollout.wording import shown, status_shown

__all__ = [
    "CANDIDATE_VARIABLE",
    "PERCENT_VARIABLE",
    "Opening",
    "Rollout",
    "RolloutState",
    "RolloutStatus",
    "RolloutStorage",
    "check_no_rollout",
    "directory_of",
    "open_paired",
    "shown",
    "status_shown",
]
