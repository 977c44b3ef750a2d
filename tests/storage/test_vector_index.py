"""The nearest-neighbour index against brute force in Python integers."""

from __future__ import annotations

import math
import uuid

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.storage.vectors import VectorIndex


def brute_force(entries, query, k, categories=None, min_similarity=None, now_ms=0):
    found = []
    query_norm = sum(v * v for v in query)
    for id, (category, vector, expires) in entries.items():
        if categories is not None and category not in categories:
            continue
        if expires is not None and expires <= now_ms:
            continue
        norm = query_norm * sum(v * v for v in vector)
        dot = sum(a * b for a, b in zip(query, vector, strict=True))
        similarity = dot / math.sqrt(norm) if norm else 0.0
        if min_similarity is None or similarity >= min_similarity:
            found.append((id, similarity))
    return sorted(found, key=lambda item: (-item[1], item[0]))[:k]


@given(st.data())
def test_search_equals_brute_force(data):
    dimension = data.draw(st.sampled_from([1, 7, 64]))
    vector = st.lists(st.integers(-128, 127), min_size=dimension, max_size=dimension)
    rows = data.draw(
        st.lists(
            st.tuples(st.uuids(), st.sampled_from("ab"), vector, st.none() | st.integers(0, 3)),
            max_size=20,
        )
    )
    index = VectorIndex(dimension)
    entries = {}
    for id, category, values, expires in rows:
        entries[str(id)] = (category, values, expires)
        index.upsert([str(id)], [category], [np.array(values, np.int8).tobytes()], [expires])
    query = data.draw(vector)
    found = index.search(np.array(query, np.int8), 5, categories=["a"], now_ms=1)
    assert found == brute_force(entries, query, 5, ["a"], None, 1)


def test_removed_ids_are_not_found():
    index = VectorIndex(4)
    ids = sorted(str(uuid.uuid4()) for _ in range(100))
    index.upsert(ids, ["c"] * 100, np.ones((100, 4), np.int8), [None] * 100)
    index.remove(ids[:50])
    index.remove(ids[:50])
    assert [id for id, _ in index.search(np.ones(4, np.int8), 100)] == ids[50:]
