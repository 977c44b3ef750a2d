"""The storage behind CrewAI's real memory, with an embedder of letters and no model."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec

import pytest

if find_spec("crewai") is None:
    pytest.skip("crewai is not installed", allow_module_level=True)

# Before it is imported, and only where it is: other tests want OpenTelemetry as it stands.
os.environ.setdefault("CREWAI_DISABLE_TELEMETRY", "true")
os.environ.setdefault("OTEL_SDK_DISABLED", "true")

from crewai.memory.storage.backend import StorageBackend
from crewai.memory.types import MemoryRecord

from reasoningbank import EmbeddingMismatch, ReasoningBank
from reasoningbank.adapters.crewai import ReasoningBankStorage


def letters(texts):
    """Vectors that say how often each letter stands in a text."""
    return [[float(text.lower().count(letter)) for letter in "abcdefghijklmnop"] for text in texts]


def record(content, **fields):
    return MemoryRecord(content=content, embedding=letters([content])[0], **fields)


@pytest.fixture
def storage(bank):
    return ReasoningBankStorage(bank)


def contents(records):
    return sorted(one.content for one in records)


def test_it_is_a_storage_backend(storage):
    assert isinstance(storage, StorageBackend)


def test_a_record_comes_back_with_every_field(storage):
    given = record(
        "Ann writes code in Vim",
        scope="/users/ann",
        categories=["habits"],
        metadata={"n": 1, "deep": {"list": [1, None]}},
        importance=0.75,
        source="chat",
        private=True,
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
    )
    storage.save([given])

    found = storage.get_record(given.id)

    assert found == given
    assert found.embedding == given.embedding
    assert storage.get_record("other") is None


def test_search_is_by_cosine_within_the_scope_and_after_the_filters(storage):
    storage.save([record("abc " * n, scope="/a", metadata={"n": n}) for n in range(1, 20)])
    storage.save([record("nop", scope="/a/b", categories=["kept"], metadata={"n": 0})])
    storage.save([record("nop", scope="/ab")])

    [(found, score)] = storage.search(letters(["nop"])[0], "/a", limit=1)
    assert (found.scope, score) == ("/a/b", pytest.approx(1.0))
    # The one that fits is the farthest of all, which a filter after the limit would miss.
    asked = letters(["abc"])[0]
    [(found, score)] = storage.search(asked, "/a", categories=["kept"], limit=1)
    assert found.content == "nop"
    [(found, score)] = storage.search(asked, "/a", metadata_filter={"n": 7}, limit=1)
    assert found.metadata["n"] == 7
    assert storage.search(asked, "/a/b", min_score=0.5) == []
    assert len(storage.search(asked, limit=100)) == 21


def test_a_query_of_another_dimension_is_an_error_and_not_an_empty_answer(storage):
    storage.save([record("abc")])

    with pytest.raises(EmbeddingMismatch) as caught:
        storage.search([1.0, 2.0])
    assert (caught.value.stored, caught.value.given) == ("dimension 16", "dimension 2")


def test_a_record_without_a_vector_is_listed_and_not_searched(storage):
    storage.save([MemoryRecord(content="plain")])

    assert contents(storage.list_records()) == ["plain"]
    assert storage.search(letters(["plain"])[0]) == []


def test_updating_replaces_moves_and_keeps_the_vector(storage):
    given = record("abc", scope="/a")
    storage.save([given])
    storage.update(given.model_copy(update={"content": "new", "scope": "/b", "embedding": None}))

    assert storage.count() == 1
    assert storage.get_record(given.id).scope == "/b"
    assert storage.get_record(given.id).embedding == given.embedding
    assert storage.list_scopes() == ["/b"]


def test_deleting_takes_every_criterion_together(storage):
    old = datetime.now(timezone.utc) - timedelta(days=9)
    records = [
        record("one", scope="/a", categories=["x"], created_at=old),
        record("two", scope="/a/b", categories=["x"]),
        record("three", scope="/b", metadata={"m": 1}),
    ]
    storage.save(records)

    assert storage.delete(scope_prefix="/a", record_ids=[records[2].id]) == 0
    assert storage.delete(categories=["x"], older_than=old + timedelta(days=1)) == 1
    assert contents(storage.list_records()) == ["three", "two"]
    assert storage.delete(metadata_filter={"m": 1}) == 1
    assert storage.delete(record_ids=[records[1].id]) == 1
    assert storage.count() == 0


def test_scopes_categories_and_counts_are_told(storage):
    storage.save([record("one", scope="/a", categories=["x", "y"])])
    storage.save([record("two", scope="/a/b/c", categories=["x"]), record("three")])

    assert storage.list_scopes() == ["/a"]
    assert storage.list_scopes("/a") == ["/a/b"]
    assert storage.list_categories("/a") == {"x": 2, "y": 1}
    assert (storage.count(), storage.count("/a"), storage.count("/a/b")) == (3, 2, 1)
    info = storage.get_scope_info("/a/")
    assert (info.path, info.record_count, info.categories) == ("/a", 2, ["x", "y"])
    assert info.child_scopes == ["/a/b"]
    assert info.oldest_record <= info.newest_record
    assert storage.get_scope_info("/none").record_count == 0


def test_records_are_listed_newest_first_in_pages(storage):
    begun = datetime(2026, 1, 1)  # noqa: DTZ001 - CrewAI's own times say no zone
    storage.save([record(f"r{n}", created_at=begun + timedelta(days=n)) for n in range(5)])

    assert [one.content for one in storage.list_records(limit=2)] == ["r4", "r3"]
    assert [one.content for one in storage.list_records(limit=2, offset=4)] == ["r0"]


def test_resetting_leaves_what_the_bank_learned_otherwise(storage, bank):
    pattern_id = bank.store_pattern(
        task_description="Add login", task_category="backend", strategy="Test first."
    )
    storage.save([record("one", scope="/a"), record("two", scope="/b")])
    storage.reset("/a")
    assert contents(storage.list_records()) == ["two"]
    storage.reset()

    assert storage.count() == 0
    assert bank.get_pattern(pattern_id) is not None


def test_what_a_crew_remembers_is_recalled_by_the_bank(storage, bank):
    storage.save([record("The API wants a trailing slash", scope="/team")])

    [item] = bank.recall("does the API want a trailing slash").patterns

    assert item.pattern.strategy == "The API wants a trailing slash"


def test_records_outlive_the_process(tmp_path):
    with ReasoningBank.open(tmp_path / "b.db") as bank:
        ReasoningBankStorage(bank).save([record("one")])
    with ReasoningBank.open(tmp_path / "b.db") as bank:
        assert contents(ReasoningBankStorage(bank).list_records()) == ["one"]


def test_the_twins_with_await_do_the_same_in_a_thread(storage, bank, monkeypatch):
    threads = set()
    real = bank.get_stats

    def watched():
        threads.add(threading.current_thread())
        return real()

    monkeypatch.setattr(bank, "get_stats", watched)

    async def use():
        await storage.asave([record("abc", categories=["x"], metadata={"m": 1})])
        asked = letters(["abc"])[0]
        assert len(await storage.asearch(asked, "/", ["x"], {"m": 1}, 5, 0.5)) == 1
        return await storage.adelete(metadata_filter={"m": 1})

    assert asyncio.run(use()) == 1
    assert threading.main_thread() not in threads


def test_crewais_own_memory_remembers_and_recalls_through_it(storage):
    from crewai.llms.base_llm import BaseLLM
    from crewai.memory.unified_memory import Memory

    class Unasked(BaseLLM):
        def call(self, *arguments, **named):
            raise AssertionError("no model is needed where every field is given")

    memory = Memory(
        storage=storage, embedder=letters, consolidation_threshold=1.0, llm=Unasked(model="none")
    )
    given = dict(categories=["api"], metadata={}, importance=0.5)
    memory.remember("a bad cab", scope="/team", **given)
    memory.remember("look on moon pool", scope="/team", **given)
    memory.drain_writes()

    found = memory.recall("bad cab", scope="/team", depth="shallow", limit=1)

    assert [match.record.content for match in found] == ["a bad cab"]
    assert memory.list_scopes("/") == ["/team"]
    assert memory.forget(scope="/team") == 2
    memory.close()
