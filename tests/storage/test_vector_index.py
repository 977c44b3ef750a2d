"""The nearest-neighbour index against brute force in exact integers."""

from __future__ import annotations

import math
import threading
import uuid
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reasoningbank.storage.vectors import VectorIndex

CATEGORIES = ["backend", "debugging", "docs"]
DIMENSION = 32


@dataclass
class Entry:
    category: str
    vector: np.ndarray
    expires: int | None = None


@dataclass
class Model:
    """What the index should hold, and the results it should give."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def fetch(self, ids):
        return [self.entries[id].vector.tobytes() if id in self.entries else b"" for id in ids]

    def search(self, query, k, categories=None, min_similarity=None, now_ms=0):
        found = []
        chosen = [
            id
            for id, entry in self.entries.items()
            if (categories is None or entry.category in categories)
            and (entry.expires is None or entry.expires > now_ms)
        ]
        rows = np.array([self.entries[id].vector for id in chosen], np.int64).reshape(
            -1, len(query)
        )
        exact_query = query.astype(np.int64)
        norms = ((rows * rows).sum(axis=1) * (exact_query @ exact_query)).tolist()
        for id, dot, norm in zip(chosen, (rows @ exact_query).tolist(), norms, strict=True):
            similarity = dot / math.sqrt(norm) if norm else 0.0
            if min_similarity is None or similarity >= min_similarity:
                found.append((id, similarity))
        return sorted(found, key=lambda item: (-item[1], item[0]))[: max(k, 0)]


def vectors_of(dimension):
    whole = st.lists(st.integers(-128, 127), min_size=1, max_size=7)
    # Few values make equal similarities and zero vectors likely.
    coarse = st.lists(st.integers(-1, 1), min_size=1, max_size=7)
    return st.one_of(whole, coarse).map(lambda v: np.resize(np.array(v, np.int8), dimension))


def random_vectors(generator, count, dimension):
    """Clusters, near-duplicates, exact duplicates, zeros, and many zero dimensions in the last two thirds."""
    centres = generator.normal(0, 30, (max(1, count // 20), dimension))
    rows = centres[generator.integers(0, len(centres), count)]
    rows = rows + generator.normal(0, 20, rows.shape)
    rows[:, dimension // 3 :] *= generator.random((count, dimension - dimension // 3)) < 0.25
    rows[generator.random(count) < 0.02] = 0
    copied = generator.random(count) < 0.1
    rows[copied] = rows[generator.integers(0, count, copied.sum())]
    return np.clip(np.rint(rows), -128, 127).astype(np.int8)


def random_ids(generator, count):
    return [str(uuid.UUID(bytes=generator.bytes(16))) for _ in range(count)]


def filled(count, dimension, seed=0, **options):
    generator = np.random.default_rng(seed)
    vectors = random_vectors(generator, count, dimension)
    ids = random_ids(generator, count)
    categories = [CATEGORIES[n] for n in generator.choice(3, count, p=[0.9, 0.09, 0.01])]
    model = Model({id: Entry(c, v) for id, c, v in zip(ids, categories, vectors, strict=True)})
    index = VectorIndex(dimension, fetch_vectors=model.fetch, **options)
    index.upsert(ids, categories, vectors, [None] * count)
    return index, model, generator


class IndexMachine(RuleBasedStateMachine):
    """Writes and searches in any order; a low limit takes the index between its two forms."""

    dimension = 7
    resident_limit = 100_000

    def __init__(self):
        super().__init__()
        self.model = Model()
        self.index = VectorIndex(
            self.dimension, fetch_vectors=self.model.fetch, resident_limit=self.resident_limit
        )

    @rule(data=st.data())
    def upsert(self, data):
        entry = st.tuples(
            st.uuids().map(str)
            | st.sampled_from(sorted(self.model.entries) or [str(uuid.UUID(int=1))]),
            st.sampled_from(CATEGORIES),
            vectors_of(self.dimension),
            st.none() | st.integers(0, 3),
        )
        batch = data.draw(st.lists(entry, max_size=6))
        ids, categories, vectors, expires = zip(*batch, strict=True) if batch else ((), (), (), ())
        self.index.upsert(ids, categories, [vector.tobytes() for vector in vectors], expires)
        for id, category, vector, expiry in batch:
            self.model.entries[id] = Entry(category, vector, expiry)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def remove(self, data):
        known = st.sampled_from(sorted(self.model.entries))
        gone = data.draw(st.lists(known | st.uuids().map(str), max_size=8))
        self.index.remove(gone)
        for id in gone:
            self.model.entries.pop(id, None)

    @rule(data=st.data())
    def search(self, data):
        query = data.draw(vectors_of(self.dimension))
        k = data.draw(st.integers(0, 30))
        options = {
            "categories": data.draw(
                st.none() | st.lists(st.sampled_from([*CATEGORIES, "none"]), max_size=3)
            ),
            "min_similarity": data.draw(st.none() | st.sampled_from([-1.0, 0.0, 0.5, 1.0])),
            "now_ms": data.draw(st.integers(0, 4)),
        }
        assert self.index.search(query, k, **options) == self.model.search(query, k, **options)

    @invariant()
    def length_is_the_number_of_entries(self):
        assert len(self.index) == len(self.model.entries)


class PlanesMachine(IndexMachine):
    dimension = 70
    resident_limit = 8


TestWritesAndSearches = IndexMachine.TestCase
TestWritesAndSearches.settings = settings(max_examples=50, stateful_step_count=30)
TestWritesAndSearchesAroundTheLimit = PlanesMachine.TestCase
TestWritesAndSearchesAroundTheLimit.settings = settings(max_examples=50, stateful_step_count=30)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from([1, 40, 1500, 2100, 5000]),
    dimension=st.sampled_from([1, 7, 64, 768, 1000]),
    k=st.integers(1, 40),
    data=st.data(),
)
def test_whole_vectors_in_memory_give_the_same_result_as_brute_force(
    seed, count, dimension, k, data
):
    index, model, generator = filled(count, dimension, seed)
    stored = data.draw(st.sampled_from(sorted(model.entries)))
    near_a_stored_one = model.entries[stored].vector ^ np.int8(1)
    far_from_all = generator.integers(-128, 128, dimension).astype(np.int8)
    for query in (near_a_stored_one, far_from_all, np.zeros(dimension, np.int8)):
        assert index.search(query, k) == model.search(query, k)
        for categories in (["docs"], ["debugging", "docs"], ["backend"]):
            assert index.search(query, k, categories=categories) == model.search(
                query, k, categories
            )


@pytest.mark.parametrize("dimension", [1536, 4096])
def test_dimensions_whose_sums_exceed_float32_are_still_exact(dimension):
    generator = np.random.default_rng(3)
    rows = generator.choice(np.array([-128, -127, 127], np.int8), (3000, dimension))
    rows[1:50] = rows[0]
    rows[1:50, :5] ^= generator.integers(0, 2, (49, 5)).astype(np.int8)
    ids = random_ids(generator, len(rows))
    model = Model({id: Entry("docs", row) for id, row in zip(ids, rows, strict=True)})
    index = VectorIndex(dimension)
    index.upsert(ids, ["docs"] * len(ids), rows, [None] * len(ids))
    assert index.search(rows[0], 20) == model.search(rows[0], 20)


@pytest.mark.parametrize("limit", [100_000, 10])
def test_equal_similarities_at_the_last_place_are_decided_by_id(limit):
    generator = np.random.default_rng(1)
    ids = random_ids(generator, 6000)
    rows = np.ones((6000, 64), np.int8)
    model = Model({id: Entry("docs", row) for id, row in zip(ids, rows, strict=True)})
    index = VectorIndex(64, fetch_vectors=model.fetch, resident_limit=limit)
    index.upsert(ids, ["docs"] * 6000, rows, [None] * 6000)
    assert [id for id, _ in index.search(rows[0], 10)] == sorted(ids)[:10]


def test_a_zero_query_is_equally_unlike_everything():
    index, model, _ = filled(3000, 64)
    expected = [(id, 0.0) for id in sorted(model.entries)[:3]]
    assert index.search(np.zeros(64, np.int8), 3) == expected


def test_entries_expire_at_the_very_millisecond():
    index = VectorIndex(4)
    id = str(uuid.UUID(int=7))
    index.upsert([id], ["docs"], [b"\x01\x02\x03\x04"], [1000])
    query = np.array([1, 2, 3, 4], np.int8)
    assert index.search(query, 1, now_ms=999) == [(id, 1.0)]
    assert index.search(query, 1, now_ms=1000) == []
    index.upsert([id], ["docs"], [b"\x01\x02\x03\x04"], [None])
    assert index.search(query, 1, now_ms=1000) == [(id, 1.0)]


def test_an_entry_can_change_its_category_and_its_vector():
    index, model, _ = filled(3000, 64)
    id = sorted(model.entries)[17]
    vector = np.arange(64, dtype=np.int8)
    index.upsert([id], ["moved"], [vector.tobytes()], [None])
    assert index.search(vector, 2, categories=["moved"]) == [(id, 1.0)]
    assert id not in [found for found, _ in index.search(vector, 3000, categories=CATEGORIES)]


@pytest.mark.parametrize("batch", [100, 4000])
def test_replaced_vectors_are_compared_by_their_new_lengths(batch):
    index, model, generator = filled(4000, 64)
    ids = sorted(model.entries)
    rows = generator.integers(-9, 10, (4000, 64)).astype(np.int8)
    for start in range(0, 4000, batch):
        part = slice(start, start + batch)
        index.upsert(ids[part], ["docs"] * batch, rows[part], [None] * batch)
    for id, row in zip(ids, rows, strict=True):
        model.entries[id] = Entry("docs", row)
    for query in rows[:20] ^ np.int8(5):
        assert index.search(query, 10) == model.search(query, 10)


def test_of_an_id_given_twice_in_a_large_call_the_last_counts():
    generator = np.random.default_rng(0)
    ids = random_ids(generator, 700)
    index = VectorIndex(8)
    first, second = np.full((700, 8), 1, np.int8), np.full((700, 8), -1, np.int8)
    index.upsert(ids + ids[::-1], ["docs"] * 1400, np.concatenate((first, second)), [None] * 1400)
    assert len(index) == 700
    assert [s for _, s in index.search(np.ones(8, np.int8), 700)] == [-1.0] * 700


def test_large_removals_leave_the_rest_findable():
    index, model, generator = filled(5000, 64)
    gone = list(generator.permutation(sorted(model.entries))[:3500])
    index.remove(gone)
    for id in gone:
        del model.entries[id]
    query = generator.integers(-128, 128, 64).astype(np.int8)
    assert len(index) == 1500
    assert index.search(query, 1500) == model.search(query, 1500)


def test_many_categories_are_kept_apart():
    count = 70_000
    index = VectorIndex(2)
    ids = [str(uuid.UUID(int=n)) for n in range(count)]
    index.upsert(
        ids, [f"category {n}" for n in range(count)], np.ones((count, 2), np.int8), [None] * count
    )
    query = np.ones(2, np.int8)
    assert index.search(query, 5, categories=["category 69999"]) == [(ids[-1], pytest.approx(1.0))]
    assert index.search(query, 5, categories=["category 4463"]) == [(ids[4463], pytest.approx(1.0))]


def test_searches_beside_writes_see_whole_entries():
    index, model, _ = filled(4000, 64)
    ids = sorted(model.entries)
    query = model.entries[ids[0]].vector
    valid = {similarity for _, similarity in model.search(query, 4000)}
    failures = []

    def search():
        for _ in range(60):
            failures.extend(s for _, s in index.search(query, 20) if s not in valid)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for start in range(0, 3000, 300):
        some = ids[start : start + 300]
        index.remove(some)
        rows = [model.entries[id].vector.tobytes() for id in some]
        index.upsert(some, ["docs"] * 300, rows, [None] * 300)
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    ("ids", "vectors"),
    [
        (["0190b0c0-0000-7000-8000-00000000000"], [b"1234"]),
        (["0190b0c0-0000-7000-8000-00000000000g"], [b"1234"]),
        (["0190b0c0-0000-7000-8000-000000000001"], [b"123"]),
        (["0190b0c0-0000-7000-8000-000000000001"], []),
        (["0190b0c0-0000-7000-8000-000000000001"] * 300, [b"12345"] + [b"1234"] * 298 + [b"123"]),
    ],
)
def test_malformed_entries_are_refused_and_change_nothing(ids, vectors):
    index = VectorIndex(4)
    with pytest.raises(ValueError):
        index.upsert(ids, ["docs"] * len(ids), vectors, [None] * len(ids))
    assert len(index) == 0


def test_a_query_of_another_type_or_dimension_is_refused():
    index = VectorIndex(4)
    with pytest.raises(ValueError):
        index.search(np.ones(5, np.int8), 1)
    with pytest.raises(ValueError):
        index.search(np.ones(4, np.float32), 1)


def test_many_queries_at_once_find_what_each_finds_alone():
    random = np.random.default_rng(7)
    rows = random.integers(-127, 128, (3_000, DIMENSION)).astype(np.int8)
    rows[1_500:] = np.clip(rows[:1_500] + random.integers(-40, 41, (1_500, DIMENSION)), -127, 127)
    rows[7] = 0
    index = VectorIndex(DIMENSION)
    ids = [str(uuid.UUID(int=number)) for number in range(len(rows))]
    categories = ["odd" if number % 2 else "even" for number in range(len(rows))]
    expiries = [10 if number % 50 == 0 else None for number in range(len(rows))]
    index.upsert(ids, categories, rows, expiries)
    queries = rows[::100]

    for options in ({}, {"categories": ("odd",)}, {"categories": ("none",)}, {"now_ms": 20}):
        alone = [index.search(query, 5, min_similarity=0.7, **options) for query in queries]
        assert index.search_many(queries, 5, min_similarity=0.7, **options) == alone
    assert any(len(found) > 1 for found in index.search_many(queries, 5, min_similarity=0.7))
    assert index.search_many(rows[:0], 5, min_similarity=0.7) == []


def test_many_queries_are_answered_above_the_resident_limit_too():
    random = np.random.default_rng(8)
    rows = random.integers(-127, 128, (400, DIMENSION)).astype(np.int8)
    ids = [str(uuid.UUID(int=number)) for number in range(len(rows))]
    stored = dict(zip(ids, (row.tobytes() for row in rows), strict=True))
    index = VectorIndex(
        DIMENSION, fetch_vectors=lambda wanted: [stored[one] for one in wanted], resident_limit=100
    )
    index.upsert(ids, ["c"] * len(rows), rows, [None] * len(rows))

    found = index.search_many(rows[:3], 2, min_similarity=0.9)

    assert [[one[0] for one in answer] for answer in found] == [[one] for one in ids[:3]]
