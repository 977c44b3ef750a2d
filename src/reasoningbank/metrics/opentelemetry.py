"""Names and values that OpenTelemetry is told; needs the extra ``otel``, which brings its API alone.

Spans carry what the conventions for generative AI call memory operations (in development there) and the
stable attributes of databases. What was asked and which patterns were found is left out unless it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.metrics import BankMetrics
from reasoningbank.metrics.counting import error_code

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, Observation
    from opentelemetry.trace import Span, TracerProvider

SCOPE: Final = "reasoningbank"

OPERATION: Final = "gen_ai.operation.name"
RECORD_COUNT: Final = "gen_ai.memory.record.count"
QUERY_TEXT: Final = "gen_ai.memory.query.text"
RECORD_ID: Final = "gen_ai.memory.record.id"
TOP_K: Final = "gen_ai.retrieval.top_k"
DB_SYSTEM: Final = "db.system.name"
DB_OPERATION: Final = "db.operation.name"
ERROR_TYPE: Final = "error.type"
DURATION: Final = "db.client.operation.duration"
ABSTAINED: Final = "reasoningbank.recall.abstained"

MEMORY_OPERATIONS: Final[Mapping[str, str]] = {
    "store_pattern": "upsert_memory",
    "store_patterns": "upsert_memory",
    "put": "upsert_memory",
    "learn": "create_memory",
    "record_distillation": "create_memory",
    "import_jsonl": "upsert_memory",
    "update_pattern": "update_memory",
    "record_outcome": "update_memory",
    "delete_pattern": "delete_memory",
    "erase": "delete_memory",
    "find_similar": "search_memory",
    "search_by_category": "search_memory",
    "recall": "search_memory",
}
"""What the conventions call these operations; the others have no name there."""

_BOUNDS: Final = (0.00001, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
_QUERIES: Final = frozenset({"find_similar", "recall"})
_BY_ID: Final = frozenset({"get_pattern", "update_pattern", "delete_pattern", "erase"})


class Instrumentation:
    """Make spans and record durations for one bank.

    Args:
        system: The engine, as ``db.system.name`` names it.
        metrics: Gives the counts when they are collected.
        content: Whether spans carry the text asked for and the id asked for.
        tracer_provider: Where spans go; None for the global one.
        meter_provider: Where metrics go; None for the global one.

    Raises:
        Unavailable: Without the extra ``otel``.
    """

    def __init__(
        self,
        system: str,
        metrics: Callable[[], BankMetrics],
        *,
        content: bool,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        try:
            from opentelemetry import metrics as metrics_api
            from opentelemetry import trace
        except ImportError as error:
            raise Unavailable(
                "needs the library opentelemetry-api, which is not installed",
                field="otel",
                hint="Run: pip install 'agent-reasoningbank[otel]'",
            ) from error
        self._kind = trace.SpanKind.INTERNAL
        self._failed = trace.StatusCode.ERROR
        self._tracer = trace.get_tracer(SCOPE, tracer_provider=tracer_provider)
        meter = metrics_api.get_meter(SCOPE, meter_provider=meter_provider)
        self._duration = meter.create_histogram(
            DURATION,
            unit="s",
            description="How long operations of the bank took.",
            explicit_bucket_boundaries_advisory=_BOUNDS,
        )
        _observe(meter, metrics)
        self._system = system
        self._content = content

    def span(self, operation: str, arguments: tuple[object, ...], named: Mapping[str, object]) -> AbstractContextManager[Span]:  # fmt: skip
        """Give the span of an operation, to be entered around it."""
        memory_operation = MEMORY_OPERATIONS.get(operation)
        attributes: dict[str, str | int] = {DB_SYSTEM: self._system, DB_OPERATION: operation}
        if memory_operation is not None:
            attributes[OPERATION] = memory_operation
        top_k = named.get("top_k", named.get("k"))
        if isinstance(top_k, int):
            attributes[TOP_K] = top_k
        if self._content and arguments:
            if operation in _QUERIES:
                attributes[QUERY_TEXT] = str(arguments[0])
            elif operation in _BY_ID:
                attributes[RECORD_ID] = str(arguments[0])
        return self._tracer.start_as_current_span(
            memory_operation or f"{SCOPE}.{operation}",
            kind=self._kind,
            attributes=attributes,
            # The words of an error may quote what was given: its code is told and nothing else.
            record_exception=False,
            set_status_on_exception=False,
        )

    def ended(self, span: Span, operation: str, seconds: float, rows: int, *, abstained: bool | None) -> None:  # fmt: skip
        """Note how an operation ended."""
        span.set_attribute(RECORD_COUNT, rows)
        if abstained is not None:
            span.set_attribute(ABSTAINED, abstained)
        self._duration.record(seconds, {DB_SYSTEM: self._system, DB_OPERATION: operation})

    def failed(self, span: Span, operation: str, seconds: float, error: BaseException) -> None:
        """Note that an operation raised."""
        code = error_code(error)
        span.set_attribute(ERROR_TYPE, code)
        span.set_status(self._failed)
        self._duration.record(
            seconds, {DB_SYSTEM: self._system, DB_OPERATION: operation, ERROR_TYPE: code}
        )


def _observe(meter: Meter, metrics: Callable[[], BankMetrics]) -> None:
    """Tell a meter what to ask for when it collects."""
    from opentelemetry.metrics import Observation

    def counter(name: str, unit: str, values: Callable[[BankMetrics], Iterable[tuple[float, dict[str, str]]]]) -> None:  # fmt: skip
        def callback(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, labels) for value, labels in values(metrics())]

        meter.create_observable_counter(f"{SCOPE}.{name}", callbacks=[callback], unit=unit)

    def gauge(name: str, unit: str, value: Callable[[BankMetrics], float]) -> None:
        def callback(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value(metrics()))]

        meter.create_observable_gauge(f"{SCOPE}.{name}", callbacks=[callback], unit=unit)

    counter(
        "recalls",
        "{recall}",
        lambda counted: [
            (counted.recalls.abstained, {"abstained": "true"}),
            (counted.recalls.recalls - counted.recalls.abstained, {"abstained": "false"}),
        ],
    )
    counter(
        "outcomes",
        "{outcome}",
        lambda counted: [
            (number, {"source": source, "kind": kind})
            for source, kinds in counted.outcomes.items()
            for kind, number in kinds.items()
        ],
    )
    counter(
        "experiences",
        "{experience}",
        lambda counted: [
            (number, {"status": status, "source": source})
            for status, sources in counted.learned.items()
            for source, number in sources.items()
        ],
    )
    gauge("index.vectors", "{vector}", lambda counted: counted.storage.indexed_vectors)
    gauge("index.size", "By", lambda counted: counted.storage.index_bytes)
    gauge("index.lag", "{change}", lambda counted: counted.storage.index_behind)
    gauge("connections", "{connection}", lambda counted: counted.storage.connections)
