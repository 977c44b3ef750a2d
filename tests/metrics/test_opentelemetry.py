"""What OpenTelemetry is told, kept in memory by its own SDK."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the SDK of OpenTelemetry is not installed")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from reasoningbank import AsyncReasoningBank, InvalidInput, ReasoningBank, instrument

PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}


class Telemetry:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])

    def watch(self, bank, **options) -> None:
        instrument(bank, tracer_provider=self.tracers, meter_provider=self.meters, **options)

    @property
    def spans(self):
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def points(self) -> dict[str, list[tuple[dict[str, object], object]]]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: [(dict(point.attributes), point) for point in metric.data.data_points]
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def telemetry():
    made = Telemetry()
    yield made
    made.tracers.shutdown()
    made.meters.shutdown()


def test_a_search_is_a_memory_operation_and_a_database_call(bank, telemetry):
    telemetry.watch(bank)
    bank.store_pattern(**PATTERN)
    bank.find_similar("add a login", top_k=3)

    span = telemetry.spans["search_memory"]
    assert span.kind is SpanKind.INTERNAL
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "search_memory",
        "gen_ai.retrieval.top_k": 3,
        "gen_ai.memory.record.count": 1,
        "db.system.name": "sqlite",
        "db.operation.name": "find_similar",
    }
    assert telemetry.spans["upsert_memory"].attributes["db.operation.name"] == "store_pattern"


def test_an_operation_without_a_name_in_the_conventions_has_its_own(bank, telemetry):
    telemetry.watch(bank)
    bank.get_stats()

    assert "gen_ai.operation.name" not in telemetry.spans["reasoningbank.get_stats"].attributes


def test_an_error_is_told_by_its_code_and_not_in_its_words(bank, telemetry):
    telemetry.watch(bank)
    with pytest.raises(InvalidInput):
        bank.get_pattern("a private text")

    span = telemetry.spans["reasoningbank.get_pattern"]
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "invalid_input"
    assert span.events == ()
    assert "private" not in span.to_json()


def test_no_span_holds_an_id_a_text_or_a_namespace(tmp_path, telemetry):
    with ReasoningBank.open(tmp_path / "bank.db", namespace="tenant-a") as bank:
        telemetry.watch(bank)
        pattern_id = bank.store_pattern(**PATTERN)
        bank.get_pattern(pattern_id)
        bank.recall("add a login")

    told = " ".join(span.to_json() for span in telemetry.exporter.get_finished_spans())
    for word in ("login", "failing test", "backend", "tenant-a", str(pattern_id)):
        assert word not in told


def test_content_is_told_when_it_is_wanted(bank, telemetry):
    telemetry.watch(bank, content=True)
    pattern_id = bank.store_pattern(**PATTERN)
    bank.get_pattern(pattern_id)
    bank.find_similar("add a login")

    assert telemetry.spans["search_memory"].attributes["gen_ai.memory.query.text"] == "add a login"
    got = telemetry.spans["reasoningbank.get_pattern"]
    assert got.attributes["gen_ai.memory.record.id"] == str(pattern_id)


def test_spans_stand_below_the_one_around_them(bank, telemetry):
    telemetry.watch(bank)
    with telemetry.tracers.get_tracer("agent").start_as_current_span("agent"):
        bank.get_stats()

    outer, inner = telemetry.spans["agent"], telemetry.spans["reasoningbank.get_stats"]
    assert inner.parent.span_id == outer.context.span_id


def test_awaited_operations_stand_below_the_one_around_them(tmp_path, telemetry):
    async def main() -> None:
        async with AsyncReasoningBank.open(tmp_path / "bank.db") as bank:
            telemetry.watch(bank)
            with telemetry.tracers.get_tracer("agent").start_as_current_span("agent"):
                await bank.get_stats()

    asyncio.run(main())
    outer, inner = telemetry.spans["agent"], telemetry.spans["reasoningbank.get_stats"]
    assert inner.parent.span_id == outer.context.span_id


def test_durations_and_counts_are_metrics(bank, telemetry):
    telemetry.watch(bank)
    bank.store_pattern(**PATTERN)
    bank.recall("add a login")
    bank.recall("zzz qqq xyxyx")

    points = telemetry.points()
    durations = {
        labels["db.operation.name"]: point.count
        for labels, point in points["db.client.operation.duration"]
    }
    assert durations == {"store_pattern": 1, "recall": 2}
    recalls = {
        labels["abstained"]: point.value for labels, point in points["reasoningbank.recalls"]
    }
    assert recalls == {"true": 1, "false": 1}
    [(labels, vectors)] = points["reasoningbank.index.vectors"]
    assert (labels, vectors.value) == ({}, 1)


def test_a_bank_that_is_watched_goes_on_counting(bank, telemetry):
    telemetry.watch(bank)
    bank.get_stats()

    assert [one.name for one in bank.metrics().operations] == ["get_stats"]
    assert isinstance(bank, ReasoningBank)


def test_without_a_provider_nothing_happens(bank):
    instrument(bank)

    assert bank.get_stats().total_patterns == 0
