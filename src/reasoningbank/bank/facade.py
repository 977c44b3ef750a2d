"""The bank: the one way in for every door."""

from __future__ import annotations

from reasoningbank.bank.consolidation_operations import ConsolidationOperations
from reasoningbank.bank.listing_operations import ListingOperations
from reasoningbank.bank.metrics_operations import MetricsOperations
from reasoningbank.bank.pattern_operations import PatternOperations
from reasoningbank.bank.scaling_operations import ScalingOperations
from reasoningbank.bank.transfer_operations import TransferOperations


class ReasoningBank(
    PatternOperations,
    ScalingOperations,
    TransferOperations,
    ConsolidationOperations,
    MetricsOperations,
    ListingOperations,
):
    """Store strategies, find those that fit a task, and keep what came of using them.

    Safe to share between threads; several processes may use one file. Everything that returns
    has been committed.

    Args:
        storage: Where patterns are kept; `open` finds or makes it.
        namespace: The tenant every call stays within.
        embedder: Turns task descriptions into vectors; None for the built-in one.
        actor: Who is noted in histories.
        clock: Gives milliseconds since 1970-01-01 UTC.
        random_bytes: Gives random bytes for ids.
        consolidate_every: Consolidate in the background after so many new patterns.
        reopen: Gives storage for that, beside `storage`; None to share it.
        metrics: Whether operations are counted and timed, see `metrics`.

    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login to the API",
    ...         task_category="backend",
    ...         strategy="Write the failing test first, then the smallest handler that passes.",
    ...     )
    ...     [found] = bank.find_similar("adding logins to our APIs", top_k=1)
    ...     found.id == pattern_id
    True
    """
