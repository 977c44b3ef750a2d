"""What Prometheus reads, through its own parser."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("prometheus_client", reason="the extra [prometheus] is not installed")

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from reasoningbank import InvalidInput
from reasoningbank.metrics.prometheus import BankCollector, prometheus_text

PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def used(bank):
    bank.store_pattern(**PATTERN)
    recall = bank.recall("add a login")
    bank.record_outcome(recall=recall.id, success=True, source="test")
    bank.recall("zzz qqq xyxyx")
    with pytest.raises(InvalidInput):
        bank.search_by_category("")
    return bank


def test_the_text_holds_what_was_counted(used):
    found = samples(prometheus_text(used))

    assert found["reasoningbank_operations_total", (("operation", "recall"),)] == 2
    failed = (("code", "invalid_input"), ("operation", "search_by_category"))
    assert found["reasoningbank_operation_errors_total", failed] == 1
    assert found["reasoningbank_recalls_total", ()] == 2
    assert found["reasoningbank_recall_abstentions_total", ()] == 1
    assert found["reasoningbank_outcomes_total", (("kind", "success"), ("source", "test"))] == 1
    assert found["reasoningbank_patterns", (("state", "active"),)] == 1
    assert found["reasoningbank_bank_bytes", ()] > 0
    assert found["reasoningbank_index_vectors", ()] == 1


def test_a_histogram_grows_to_the_number_of_calls(used):
    found = samples(prometheus_text(used))
    name = "reasoningbank_operation_duration_seconds"
    buckets = {
        float(dict(labels)["le"]): value
        for (sample, labels), value in found.items()
        if sample == f"{name}_bucket" and dict(labels)["operation"] == "recall"
    }

    assert [buckets[bound] for bound in sorted(buckets)] == sorted(buckets.values())
    assert buckets[math.inf] == found[f"{name}_count", (("operation", "recall"),)] == 2
    assert found[f"{name}_sum", (("operation", "recall"),)] > 0


def test_names_end_in_their_units_and_begin_with_the_project(used):
    for family in text_string_to_metric_families(prometheus_text(used)):
        assert family.name.startswith("reasoningbank_")
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_no_label_holds_an_id_a_text_or_a_namespace(used):
    text = prometheus_text(used)

    for word in ("login", "backend", "default", str(used.search_by_category("backend")[0].id)):
        assert word not in text


def test_a_registry_of_the_callers_own_takes_the_collector(used):
    registry = CollectorRegistry()
    registry.register(BankCollector(used))

    assert registry.get_sample_value("reasoningbank_recalls_total") == 2
