"""A bank's counts as Prometheus reads them; needs the extra ``prometheus``.

Labels are operations, error codes, sources and kinds: small sets that are known beforehand. None holds an
id, a text or a namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.latency import bucket_seconds
from reasoningbank.domain.metrics import BankMetrics, OperationMetrics, StorageUse
from reasoningbank.domain.pattern import StorageStats

if TYPE_CHECKING:
    from prometheus_client.core import Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

BOUNDS: Final = (
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
"""Upper bounds of the histogram in seconds: a get takes about 10 µs, learning with a model seconds."""


class Bank(Protocol):
    """Be what is asked for figures: a `ReasoningBank`."""

    def metrics(self) -> BankMetrics:
        """Give what was counted since it was opened."""

    def get_stats(self) -> StorageStats:
        """Count its patterns."""


class BankCollector:
    """Give a bank's figures to a registry: ``REGISTRY.register(BankCollector(bank))``.

    Each scrape asks the bank for `get_stats`, which counts as one call.

    Args:
        bank: The bank.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.search_by_category("backend")
    ...     text = prometheus_text(bank)
    >>> 'reasoningbank_operations_total{operation="search_by_category"} 1.0' in text
    True
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: registering asks no bank."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give every family of figures."""
        counted = self._bank.metrics()
        yield from _operations(counted.operations)
        yield from _events(counted)
        yield from _storage(counted.storage)
        yield from _patterns(self._bank.get_stats())


def prometheus_text(bank: Bank) -> str:
    """Give a bank's figures in the text format of Prometheus.

    Raises:
        Unavailable: Without the extra ``prometheus``.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ImportError as error:
        raise Unavailable(
            "needs the library prometheus_client, which is not installed",
            field="prometheus",
            hint="Run: pip install 'agent-reasoningbank[prometheus]'",
        ) from error
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BankCollector(bank))
    return generate_latest(registry).decode()


def _operations(operations: Iterable[OperationMetrics]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    calls = CounterMetricFamily(
        "reasoningbank_operations", "Calls of each operation.", labels=["operation"]
    )
    rows = CounterMetricFamily(
        "reasoningbank_operation_rows", "Rows given or written.", labels=["operation"]
    )
    sizes = CounterMetricFamily(
        "reasoningbank_operation_bytes",
        "Bytes given and taken, as JSON; one call in 16 is weighed, of get_pattern one in 512.",
        labels=["operation"],
    )
    errors = CounterMetricFamily(
        "reasoningbank_operation_errors", "Calls that raised.", labels=["operation", "code"]
    )
    durations = HistogramMetricFamily(
        "reasoningbank_operation_duration_seconds",
        "How long calls took; for get_pattern one in 64, counted for all.",
        labels=["operation"],
    )
    for one in operations:
        calls.add_metric([one.name], one.calls)
        rows.add_metric([one.name], one.rows)
        sizes.add_metric([one.name], one.bytes)
        for code, number in sorted(one.errors.items()):
            errors.add_metric([one.name, code], number)
        durations.add_metric([one.name], cumulated(one.buckets), one.seconds)
    yield from (calls, rows, sizes, errors, durations)


def cumulated(buckets: Mapping[int, int]) -> list[tuple[str, float]]:
    """Give, for each bound, how many calls took no longer.

    >>> cumulated({63: 5})[:2]
    [('1e-05', 5), ('2.5e-05', 5)]
    """
    found: list[tuple[str, float]] = []
    for bound in BOUNDS:
        within = sum(n for bucket, n in buckets.items() if sum(bucket_seconds(bucket)) / 2 <= bound)
        found.append((repr(bound), within))
    return [*found, ("+Inf", sum(buckets.values()))]


def _events(counted: BankMetrics) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    recalls = counted.recalls
    for name, help_text, value in (
        ("recalls", "Recalls.", recalls.recalls),
        ("recall_abstentions", "Recalls that showed nothing.", recalls.abstained),
        ("recall_items", "Patterns that recalls showed.", recalls.items),
        ("recall_prompt_bytes", "Bytes of prompt that recalls gave.", recalls.prompt_bytes),
    ):
        yield CounterMetricFamily(f"reasoningbank_{name}", help_text, value=value)
    outcomes = CounterMetricFamily(
        "reasoningbank_outcomes", "Outcomes told.", labels=["source", "kind"]
    )
    for source, kinds in counted.outcomes.items():
        for kind, number in kinds.items():
            outcomes.add_metric([source, kind], number)
    learned = CounterMetricFamily(
        "reasoningbank_experiences",
        "Experiences learned from, by the source of their verdict.",
        labels=["status", "source"],
    )
    for status, sources in counted.learned.items():
        for source, number in sources.items():
            learned.add_metric([status, source], number)
    yield from (outcomes, learned)


def _storage(use: StorageUse) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    connections = GaugeMetricFamily(
        "reasoningbank_connections", "Connections to the storage.", labels=["state"]
    )
    connections.add_metric(["busy"], max(use.connections - use.idle, 0))
    connections.add_metric(["idle"], use.idle)
    connections.add_metric(["unopened"], max(use.limit - use.connections, 0))
    yield connections
    for name, help_text, value in (
        ("index_vectors", "Vectors in memory.", use.indexed_vectors),
        ("index_bytes", "Memory they take.", use.index_bytes),
        ("index_lag_changes", "Changes that they do not show yet.", use.index_behind),
    ):
        yield GaugeMetricFamily(f"reasoningbank_{name}", help_text, value=value)


def _patterns(stats: StorageStats) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    patterns = GaugeMetricFamily("reasoningbank_patterns", "Patterns kept.", labels=["state"])
    patterns.add_metric(["active"], stats.active_patterns)
    patterns.add_metric(["withheld"], stats.total_patterns - stats.active_patterns)
    yield patterns
    yield GaugeMetricFamily("reasoningbank_bank_bytes", "Size of the bank.", value=stats.size_bytes)
