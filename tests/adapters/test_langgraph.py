"""The LangGraph store against LangGraph itself and against its store in memory."""

from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoningbank import InvalidInput, ReasoningBank

pytest.importorskip("langgraph.store.base", reason="langgraph is not installed")

from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from reasoningbank.adapters.langgraph import ReasoningBankStore


@pytest.fixture
def store(bank):
    return ReasoningBankStore(bank)


def plain(items):
    """Items without their times, in an order that does not depend on them."""
    return sorted((item.namespace, item.key, repr(sorted(item.value.items()))) for item in items)


class TestItems:
    def test_what_was_put_is_got_with_its_times(self, store):
        store.put(("users", "ann"), "editor", {"text": "Vim", "n": 1, "deep": {"list": [1, None]}})

        item = store.get(("users", "ann"), "editor")

        assert item.value == {"text": "Vim", "n": 1, "deep": {"list": [1, None]}}
        assert (item.namespace, item.key) == (("users", "ann"), "editor")
        assert item.created_at.tzinfo is not None
        assert item.created_at <= item.updated_at

    def test_putting_again_replaces_the_value_and_keeps_the_time_it_was_made(self, store):
        store.put(("a",), "k", {"old": 1})
        before = store.get(("a",), "k")
        store.put(("a",), "k", {"new": 2})

        after = store.get(("a",), "k")

        assert after.value == {"new": 2}
        assert after.created_at == before.created_at
        assert len(store.search(("a",))) == 1

    def test_what_was_deleted_is_gone_and_can_be_put_anew(self, store):
        store.put(("a",), "k", {"n": 1})
        store.delete(("a",), "k")
        assert store.get(("a",), "k") is None
        assert store.list_namespaces() == []
        store.delete(("a",), "k")
        store.put(("a",), "k", {"n": 2})

        assert store.get(("a",), "k").value == {"n": 2}

    def test_equal_values_under_two_keys_are_two_items(self, store):
        store.put(("a",), "one", {"text": "same"})
        store.put(("a",), "two", {"text": "same"})
        store.put(("a",), "two", {"text": "other"})
        store.put(("a",), "two", {"text": "same"})

        assert plain(store.search(("a",))) == plain(
            [store.get(("a",), "one"), store.get(("a",), "two")]
        )

    @pytest.mark.parametrize("label", ["a/b", "100%", "%2F", " ", "\u2028", "Ünï", "*", "\t"])
    def test_a_label_or_key_of_any_letters_keeps_apart(self, store, label):
        store.put((label, "x"), label, {"n": 1})
        store.put(("a", "b"), "x", {"n": 2})
        store.put((label,), "k", {"n": 3})
        assert store.get((label,), "k").value == {"n": 3}

        assert store.get((label, "x"), label).value == {"n": 1}
        assert (label, "x") in store.list_namespaces()

    def test_items_outlive_the_process_that_put_them(self, tmp_path):
        with ReasoningBank.open(tmp_path / "b.db") as bank:
            ReasoningBankStore(bank).put(("a",), "k", {"n": 1})
        with ReasoningBank.open(tmp_path / "b.db") as bank:
            assert ReasoningBankStore(bank).get(("a",), "k").value == {"n": 1}

    def test_two_stores_on_one_file_see_each_others_changes(self, tmp_path):
        with (
            ReasoningBank.open(tmp_path / "b.db") as first,
            ReasoningBank.open(tmp_path / "b.db") as second,
        ):
            one, other = ReasoningBankStore(first), ReasoningBankStore(second)
            one.put(("a",), "k", {"n": 1})
            other.put(("a",), "k", {"n": 2})
            assert one.get(("a",), "k").value == {"n": 2}
            one.delete(("a",), "k")
            assert other.get(("a",), "k") is None

    def test_of_two_items_made_at_the_same_moment_the_newer_counts_and_the_other_goes(
        self, store, bank
    ):
        for n in (1, 2):
            bank.store_pattern(
                task_description=f"n {n}",
                task_category="a",
                strategy="s",
                metadata={"langgraph": {"key": "k", "value": {"n": n}}},
            )
        assert store.get(("a",), "k").value == {"n": 2}
        assert [item.value for item in store.search(("a",))] == [{"n": 2}]
        store.put(("a",), "k", {"n": 3})

        assert bank.get_stats().total_patterns == 1

    def test_many_threads_put_one_key_once(self, store, bank):
        threads = [
            threading.Thread(target=store.put, args=(("a",), "k", {"n": n})) for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert bank.get_stats().total_patterns == 1

    def test_a_namespace_or_value_that_cannot_be_kept_is_refused(self, store):
        for namespace in ((), ("langgraph",), ("",), ("a.b",)):
            with pytest.raises(InvalidNamespaceError):
                store.put(namespace, "k", {})
        with pytest.raises(InvalidInput):
            store.put(("a",), "k", {"n": 2**60})
        with pytest.raises(InvalidInput) as caught:
            store.put(("a",), "ghp_" + "a1B2" * 9, {"n": 1})
        assert caught.value.field == "key"
        with pytest.raises(InvalidInput) as caught:
            store.put(("a" * 300,), "k", {"n": 1})
        assert caught.value.field == "namespace"
        with pytest.raises(NotImplementedError):
            store.put(("a",), "k", {}, ttl=1)

    def test_an_empty_value_is_kept(self, store):
        store.put(("a",), "k", {})

        assert store.get(("a",), "k").value == {}


class TestSearching:
    def test_a_query_finds_by_meaning_within_the_prefix(self, store):
        store.put(("users", "ann"), "1", {"text": "Ann likes to write code in Vim."})
        store.put(("users", "bob"), "1", {"text": "Bob plays the cello on Sundays."})
        store.put(("teams",), "1", {"text": "The team writes code in Vim."})

        found = store.search(("users",), query="music someone plays", limit=1)

        assert [item.namespace for item in found] == [("users", "bob")]
        assert -1 <= found[0].score <= 1

    def test_a_filter_is_applied_before_the_limit(self, store):
        for n in range(20):
            store.put(("a",), str(n), {"text": f"note {n}", "even": n % 2 == 0, "n": n})

        assert len(store.search(("a",), query="note 3", filter={"even": True}, limit=10)) == 10
        found = store.search(("a",), filter={"n": {"$gte": 5, "$lt": 8}})
        assert sorted(item.value["n"] for item in found) == [5, 6, 7]
        assert len(store.search(("a",), filter={"n": {"$ne": 5}}, limit=50)) == 19
        assert store.search(("a",), filter={"text": {"$gt": 1}}) == []

    def test_an_operator_that_is_not_known_is_refused(self, store):
        store.put(("a",), "k", {"n": 1})

        with pytest.raises(InvalidInput):
            store.search(("a",), filter={"n": {"$in": [1]}})

    def test_only_the_fields_named_are_searched(self, store):
        store.put(("a",), "1", {"title": "cello", "body": "tax forms"}, index=["title"])
        store.put(("a",), "2", {"title": "tax forms", "body": "cello"}, index=["title"])

        assert [item.key for item in store.search(("a",), query="cello")] == ["1", "2"]

    def test_what_is_not_indexed_comes_last_without_a_score(self, store):
        store.put(("a",), "hidden", {"text": "cello"}, index=False)
        store.put(("a",), "shown", {"text": "tax forms"})

        found = store.search(("a",), query="cello")

        assert [item.key for item in found] == ["shown", "hidden"]
        assert found[1].score is None

    def test_pages_give_every_item_once(self, store):
        for n in range(7):
            store.put(("a", str(n % 3)), str(n), {"n": n})
        pages = [store.search(("a",), limit=3, offset=offset) for offset in (0, 3, 6)]

        assert [len(page) for page in pages] == [3, 3, 1]
        assert sorted(item.value["n"] for page in pages for item in page) == list(range(7))


class TestTheBankBehindIt:
    def test_what_the_bank_holds_can_be_looked_up_deleted_and_is_listed(self, store, bank):
        pattern_id = bank.store_pattern(
            task_description="Add login", task_category="backend", strategy="Test first."
        )

        [found] = store.search(("backend",), query="add a login")

        assert (found.key, found.value["strategy"]) == (str(pattern_id), "Test first.")
        assert store.get(("backend",), str(pattern_id)).value == found.value
        store.delete(("backend",), str(pattern_id))
        assert bank.get_pattern(pattern_id) is None

    def test_a_strategy_put_as_an_item_is_recalled(self, store, bank):
        value = {"task_description": "Add login to the API", "strategy": "Test first."}
        store.put(("backend",), "k", value)

        recall = bank.recall("add a login to the api")

        assert [item.pattern.strategy for item in recall.patterns] == ["Test first."]
        bank.record_outcome(recall=recall.id, success=True, source="test")
        assert store.get(("backend",), "k").value == value

    def test_secrets_are_taken_out_of_values(self, store):
        store.put(("a",), "k", {"text": "git clone https://me:hunter2secret@example.org/x.git"})

        assert "hunter2secret" not in repr(store.get(("a",), "k").value)


class TestAwait:
    def test_the_twins_with_await_do_the_same(self, store):
        async def use():
            await store.aput(("a",), "k", {"text": "Vim"})
            assert (await store.aget(("a",), "k")).value == {"text": "Vim"}
            [found] = await store.asearch(("a",), query="vim")
            assert found.score is not None
            assert await store.alist_namespaces() == [("a",)]
            await store.adelete(("a",), "k")
            return await store.aget(("a",), "k")

        assert asyncio.run(use()) is None

    def test_the_loop_goes_on_while_the_bank_waits(self, store, bank, monkeypatch):
        asked = threading.Event()
        go_on = threading.Event()
        real = bank.search_by_category

        def waiting(*arguments):
            asked.set()
            assert go_on.wait(30)
            return real(*arguments)

        monkeypatch.setattr(bank, "search_by_category", waiting)

        async def use():
            getting = asyncio.create_task(store.aget(("a",), "k"))
            while not asked.is_set():  # noqa: ASYNC110 - it is set by a thread
                await asyncio.sleep(0)
            go_on.set()  # reached only if the call above is not in the way
            return await getting

        assert asyncio.run(use()) is None


# ------------------------------------------------------------------ against the store in memory

LABELS = st.sampled_from(["a", "b", "c/d", "*"])
NAMESPACES = st.lists(LABELS, min_size=1, max_size=3).map(tuple)
KEYS = st.sampled_from(["k1", "k2", "k3"])
VALUES = st.dictionaries(
    st.sampled_from(["n", "t", "deep"]),
    st.one_of(
        st.integers(-3, 3),
        st.sampled_from(["x", "y", ""]),
        st.none(),
        st.dictionaries(st.sampled_from(["n"]), st.integers(0, 1), max_size=1),
    ),
    max_size=3,
)
CONDITIONS = st.builds(
    MatchCondition, st.sampled_from(["prefix", "suffix"]), st.lists(LABELS, max_size=2).map(tuple)
)
FILTERS = st.one_of(
    st.none(),
    st.builds(lambda n: {"n": n}, st.integers(-3, 3)),
    st.builds(lambda n: {"n": {"$ne": n}}, st.integers(-3, 3)),
    st.builds(lambda t: {"t": {"$eq": t}}, st.sampled_from(["x", "y"])),
    st.just({"deep": {"n": 1}}),
)
OPERATIONS = st.one_of(
    st.builds(PutOp, NAMESPACES, KEYS, VALUES),
    st.builds(PutOp, NAMESPACES, KEYS, st.none()),
    st.builds(GetOp, NAMESPACES, KEYS),
    st.builds(
        SearchOp,
        st.lists(LABELS, max_size=2).map(tuple),
        FILTERS,
        limit=st.just(1000),
    ),
    st.builds(
        ListNamespacesOp,
        st.lists(CONDITIONS, max_size=2).map(tuple),
        st.one_of(st.none(), st.integers(1, 3)),
        limit=st.integers(1, 5),
        offset=st.integers(0, 2),
    ),
)


def comparable(answer):
    if isinstance(answer, list):
        return answer if not answer or isinstance(answer[0], tuple) else plain(answer)
    return None if answer is None else plain([answer])


def without_empty(store):
    """The store in memory also lists namespaces that hold nothing (any more)."""
    for namespace in [one for one, items in store._data.items() if not items]:
        del store._data[namespace]
    return store


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(OPERATIONS, max_size=5), max_size=8))
def test_any_operations_give_what_the_store_in_memory_gives(batches):
    reference = InMemoryStore()
    with ReasoningBank.open("memory:") as bank:
        store = ReasoningBankStore(bank)
        for batch in batches:
            expected = without_empty(reference).batch(
                [op for op in batch if isinstance(op, ListNamespacesOp)]
            )
            found = store.batch([op for op in batch if isinstance(op, ListNamespacesOp)])
            assert found == expected
            rest = [op for op in batch if not isinstance(op, ListNamespacesOp)]
            assert [comparable(one) for one in store.batch(rest)] == [
                comparable(one) for one in reference.batch(rest)
            ]


# ------------------------------------------------------------------ in a graph


def test_a_node_of_a_graph_uses_the_store_it_was_compiled_with(store):
    from langgraph.graph import END, START, StateGraph
    from typing_extensions import TypedDict

    class State(TypedDict):
        task: str
        advice: str

    store.put(("backend",), "1", {"text": "Add login: write the failing test first."})

    def look_up(state, *, store):
        [found] = store.search(("backend",), query=state["task"], limit=1)
        store.put(("asked",), "last", {"task": state["task"]})
        return {"advice": found.value["text"]}

    from langgraph.store.base import BaseStore

    look_up.__annotations__ = {"state": State, "store": BaseStore}
    graph = StateGraph(State)
    graph.add_node("look_up", look_up)
    graph.add_edge(START, "look_up")
    graph.add_edge("look_up", END)

    answer = graph.compile(store=store).invoke({"task": "add a login", "advice": ""})

    assert answer["advice"] == "Add login: write the failing test first."
    assert store.get(("asked",), "last").value == {"task": "add a login"}
