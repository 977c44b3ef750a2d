"""What was counted of a bank's operations, as callers read it and as it is kept.

Everything counted only grows, under a name such as ``get_pattern.calls``; so what several processes
counted, or several minutes, is added up name by name. No name ever holds an id, a text or a namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from reasoningbank.domain.latency import percentile


class MetricPoint(msgspec.Struct, frozen=True):
    """How much was counted under a name in the minute, hour or day that begins at a time."""

    name: str
    value: float
    at: str


class StorageUse(msgspec.Struct, frozen=True, kw_only=True):
    """Say what the storage of this process holds at this moment.

    Args:
        connections: Connections that are open, the writer's among them.
        idle: How many of them wait to be used.
        limit: How many there may be.
        indexed_vectors: Vectors in memory, of all namespaces searched so far.
        index_bytes: The memory they take.
        index_behind: Changes of the bank that the vectors in memory do not show yet; the next
            search takes them in.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.metrics().storage.indexed_vectors
    0
    """

    connections: int
    idle: int
    limit: int
    indexed_vectors: int
    index_bytes: int
    index_behind: int


class OperationMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Say how often an operation was called, how it ended, and how long it took.

    Args:
        name: The method of the bank.
        calls: How often it was called, errors included.
        errors: How often it raised, by the code of the error; ``unexpected`` for what is none of
            the bank's own errors.
        rows: Patterns, experiences or outcomes it gave or wrote.
        bytes: Of what it was given and what it gave, as JSON: one call in 16 is weighed (of
            `get_pattern` one in 512) and stands for those before it. Content that comes from a
            file or an iterator, or goes to a file, is not in it.
        timed: How many calls were timed, every 64th `get_pattern` counting for 64.
        seconds: What the timed calls took together.
        p50: Seconds that half of the timed calls did not exceed; None where none was timed.
        p95: The same for 95 of 100.
        p99: The same for 99 of 100.
        buckets: Timed calls by bucket, see `reasoningbank.domain.latency`.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.search_by_category("backend")
    ...     [operation] = bank.metrics().operations
    ...     operation.name, operation.calls, operation.errors
    ('search_by_category', 1, {})
    """

    name: str
    calls: int
    errors: dict[str, int]
    rows: int
    bytes: int
    timed: int
    seconds: float
    p50: float | None
    p95: float | None
    p99: float | None
    buckets: dict[int, int]


class RecallMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Say what recalls gave.

    Args:
        recalls: How many there were.
        abstained: How many of them showed nothing.
        items: Patterns shown.
        prompt_bytes: Bytes of prompt they gave.

    >>> RecallMetrics(recalls=4, abstained=1, items=3, prompt_bytes=900).abstained
    1
    """

    recalls: int
    abstained: int
    items: int
    prompt_bytes: int


class BankMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Say what was asked of a bank, how it ended, and how long it took.

    Args:
        since: When counting began.
        until: When this was put together.
        operations: Every operation called, by name.
        recalls: What recalls gave.
        outcomes: Outcomes told, by source and then by kind.
        learned: Experiences learned from, by status, and by the source of their verdict.
        storage: What the storage of this process holds.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     recall = bank.recall("add a login")
    ...     bank.metrics().recalls.abstained
    1
    """

    since: str
    until: str
    operations: tuple[OperationMetrics, ...]
    recalls: RecallMetrics
    outcomes: dict[str, dict[str, int]]
    learned: dict[str, dict[str, int]]
    storage: StorageUse


CALLS: Final = "calls"
ROWS: Final = "rows"
BYTES: Final = "bytes"
SECONDS: Final = "seconds"
ERROR: Final = "error"
BUCKET: Final = "bucket"
RECALLED: Final = "recalled"
OUTCOME: Final = "outcome"
LEARNED: Final = "learned"
_NOT_OPERATIONS: Final = (RECALLED, OUTCOME, LEARNED)


def bank_metrics(
    totals: Mapping[str, float], *, since: str, until: str, storage: StorageUse
) -> BankMetrics:
    """Give what totals by name say; names that are not understood are left out."""
    parts: dict[str, dict[str, float]] = {}
    for name, value in totals.items():
        first, _, rest = name.partition(".")
        parts.setdefault(first, {})[rest] = value
    recalled = parts.get(RECALLED, {})
    operations = [
        _operation(name, counted)
        for name, counted in sorted(parts.items())
        if name not in _NOT_OPERATIONS and counted.get(CALLS)
    ]
    recalls = RecallMetrics(
        recalls=int(recalled.get("recalls", 0)),
        abstained=int(recalled.get("abstained", 0)),
        items=int(recalled.get("items", 0)),
        prompt_bytes=int(recalled.get("prompt_bytes", 0)),
    )
    return BankMetrics(
        since=since,
        until=until,
        operations=tuple(operations),
        recalls=recalls,
        outcomes=_nested(parts.get(OUTCOME, {})),
        learned=_nested(parts.get(LEARNED, {})),
        storage=storage,
    )


def _operation(name: str, counted: Mapping[str, float]) -> OperationMetrics:
    errors: dict[str, int] = {}
    buckets: dict[int, int] = {}
    for part, value in counted.items():
        kind, _, label = part.partition(".")
        if kind == ERROR:
            errors[label] = int(value)
        elif kind == BUCKET and label.isdecimal():
            buckets[int(label)] = int(value)
    return OperationMetrics(
        name=name,
        calls=int(counted.get(CALLS, 0)),
        errors=errors,
        rows=int(counted.get(ROWS, 0)),
        bytes=int(counted.get(BYTES, 0)),
        timed=sum(buckets.values()),
        seconds=float(counted.get(SECONDS, 0.0)),
        p50=percentile(buckets, 50),
        p95=percentile(buckets, 95),
        p99=percentile(buckets, 99),
        buckets=dict(sorted(buckets.items())),
    )


def _nested(counted: Mapping[str, float]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, value in sorted(counted.items()):
        first, _, second = name.partition(".")
        found.setdefault(first, {})[second] = int(value)
    return found
