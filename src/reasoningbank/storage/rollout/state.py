"""What a rollout is at: which bank counts, who answers how many reads, and what became of them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["current", "candidate"]
Phase: TypeAlias = Literal["running", "promoted", "finished", "rolled_back"]

PERCENT_VARIABLE: Final = "REASONINGBANK_ROLLOUT_PERCENT"
"""Environment variable that overrides the percentage in one process; 0 is the quickest way back."""
CANDIDATE_VARIABLE: Final = "REASONINGBANK_CANDIDATE_URL"
"""Environment variable that names the candidate where `rollout start` is given none."""
VARIABLES: Final = (PERCENT_VARIABLE, CANDIDATE_VARIABLE)


class RolloutState(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a rollout that every process follows.

    Args:
        candidate: The candidate's target, as `open_storage` takes it.
        phase: ``running`` (the current bank counts), ``promoted`` (the candidate counts and the
            current one receives every write), ``finished`` (only the candidate is used) or
            ``rolled_back`` (only the current one is).
        percent: How many of a hundred reads the candidate answers while running.
        shadow_percent: How many of a hundred reads are asked of both and compared.
        error_budget: How many of a process's last hundred reads of the candidate may fail.
        latency_budget_ms: How long half of them may take.
        fallen_back: Why the candidate answers nothing although a percentage is set, or None.
        held_by: Who holds writers back while the banks change places, or None.
        started_at: When it began.
        changed_at: When any of this changed last.
        boot: The boot of the machine that wrote it, where that can be told.
    """

    candidate: str
    phase: Phase = "running"
    percent: int = 0
    shadow_percent: int = 10
    error_budget: int = 5
    latency_budget_ms: float = 1000.0
    fallen_back: str | None = None
    held_by: str | None = None
    started_at: str = ""
    changed_at: str = ""
    boot: str = ""

    @property
    def authoritative(self) -> Role:
        """Whose commit is the acknowledgement."""
        return "candidate" if self.phase in {"promoted", "finished"} else "current"

    @property
    def pairs(self) -> bool:
        """Whether writes go to both."""
        return self.phase in {"running", "promoted"}


class View(msgspec.Struct, frozen=True):
    """A rollout as one read sees it.

    Args:
        state: What it is at.
        settled: Whether both banks hold the same of the namespace, as far as the queue knows.
        writes: How many writes of the namespace have begun.
    """

    state: RolloutState
    settled: bool
    writes: int


class Counter(msgspec.Struct, frozen=True):
    """How often something happened in an operation."""

    name: str
    operation: str
    count: int


class RolloutStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What `rollout status` tells.

    Args:
        current: The bank the rollout began at.
        state: What it is at.
        queued: How many changes wait for the other bank, by namespace.
        in_flight: How many writes are being made, or were when their process was killed.
        oldest_queued_at: Since when the first of them waits, or None.
        last_failure: What the other bank refused last, or None.
        counters: Reads by who answered, comparisons and mismatches, by operation.
        events: What was done with the rollout, oldest first.
        mismatches: The last few comparisons that differed.
    """

    current: str
    state: RolloutState
    queued: dict[str, int]
    in_flight: int
    oldest_queued_at: str | None
    last_failure: str | None
    counters: tuple[Counter, ...]
    events: tuple[str, ...]
    mismatches: tuple[str, ...]
