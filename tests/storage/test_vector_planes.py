"""Above the limit: candidates are chosen by two bits a dimension, results are exact among them."""

from __future__ import annotations

import numpy as np
import pytest

from reasoningbank.storage.vector_columns import Selection, exact_similarities
from reasoningbank.storage.vector_planes import BitPlanes, sparse_words
from reasoningbank.storage.vectors import VectorIndex

COUNT = 30_000


def like_embeddings(generator, count, dimension, dense):
    """Clusters of vectors whose first `dense` dimensions are full and whose others are mostly zero."""
    centres = np.rint(generator.normal(0, 24, (count // 30, dimension)))
    centres[:, dense:] *= generator.random((len(centres), dimension - dense)) < 0.25
    rows = centres[generator.integers(0, len(centres), count)]
    rows[:, :dense] += generator.normal(0, 12, (count, dense))
    moved = generator.random((count, dimension - dense)) < 0.08
    rows[:, dense:] = np.where(moved, generator.normal(0, 24, moved.shape), rows[:, dense:])
    return np.clip(np.rint(rows), -127, 127).astype(np.int8)


class Stored:
    """Rows by id, standing in for the table the index reads from."""

    def __init__(self, rows):
        self.rows = rows
        self.ids = [f"0190b0c0-0000-7000-8000-{number:012x}" for number in range(len(rows))]
        self.gone = set()
        self.read = 0

    def fetch(self, ids):
        self.read += len(ids)
        return [b"" if id in self.gone else self.rows[int(id[-12:], 16)].tobytes() for id in ids]

    def index(self, resident_limit):
        index = VectorIndex(
            self.rows.shape[1], fetch_vectors=self.fetch, resident_limit=resident_limit
        )
        categories = [f"category {number % 40}" for number in range(len(self.rows))]
        for start in range(0, len(self.rows), 7000):
            part = slice(start, start + 7000)
            rows = self.rows[part]
            index.upsert(self.ids[part], categories[part], rows, [None] * len(rows))
        return index


def recall(found, exact):
    """Share of the exact results that were found, or tie with the last of them."""
    last = exact[-1][1]
    return sum(similarity >= last for _, similarity in found) / len(exact)


@pytest.mark.parametrize(
    ("dimension", "dense"), [(768, 256), (768, 768), (512, 0), (130, 64), (100, 100)]
)
def test_ten_nearest_are_those_of_exact_search(dimension, dense):
    generator = np.random.default_rng(dimension + dense)
    stored = Stored(like_embeddings(generator, COUNT, dimension, dense))
    exact, above_limit = stored.index(COUNT), stored.index(1000)
    queries = stored.rows[generator.integers(0, COUNT, 25)].copy()
    queries[:, ::9] //= 2
    shares = [recall(above_limit.search(q, 10), exact.search(q, 10)) for q in queries]
    assert np.mean(shares) >= 0.98
    in_category = [
        recall(
            above_limit.search(q, 10, categories=["category 7"]),
            exact.search(q, 10, categories=["category 7"]),
        )
        for q in queries
    ]
    assert np.mean(in_category) >= 0.98


def test_a_query_that_is_mostly_sparse_is_not_judged_by_its_dense_dimensions():
    generator = np.random.default_rng(5)
    stored = Stored(like_embeddings(generator, COUNT, 768, 256))
    index = stored.index(1000)
    for number in range(12):
        query = stored.rows[number].copy()
        query[:256] = generator.integers(-4, 5, 256)
        assert index.search(query, 1)[0][0] == stored.ids[number]


def built(rows, sparse):
    planes = BitPlanes(rows.shape[1], sparse)
    for start in range(0, len(rows), 3000):
        planes.extend(rows[start : start + 3000])
    return planes


def estimates_of_all(planes, query):
    chosen, estimates = planes.estimates(query, Selection(len(planes)))
    assert len(chosen) == len(planes)
    return estimates


@pytest.mark.parametrize("dense_first", [True, False])
def test_estimates_are_near_the_cosine(dense_first):
    generator = np.random.default_rng(12)
    rows = like_embeddings(generator, 9000, 768, 256)[:, :: 1 if dense_first else -1]
    planes = built(rows, sparse_words(rows))
    for query in rows[:5]:
        error = estimates_of_all(planes, query) - exact_similarities(rows, query)
        assert np.abs(error).mean() < 0.03


def test_moved_and_replaced_entries_have_the_estimates_of_new_ones():
    generator = np.random.default_rng(13)
    rows = like_embeddings(generator, 20_000, 130, 64)
    scaled = (rows // generator.integers(1, 5, (20_000, 1))).astype(np.int8)
    planes = built(scaled, np.array([1, 2]))
    gaps, sources = np.arange(3, 9003), np.arange(11_000, 20_000)
    planes.close_gaps(gaps, sources, 11_000)
    left = scaled[:11_000].copy()
    left[gaps] = scaled[sources]
    left[50:90] = rows[50:90]
    planes.replace(np.arange(50, 90), rows[50:90])
    anew = built(left, np.array([1, 2]))
    assert np.array_equal(estimates_of_all(planes, rows[7]), estimates_of_all(anew, rows[7]))


def test_memory_is_a_quarter_of_the_whole_vectors():
    stored = Stored(like_embeddings(np.random.default_rng(6), COUNT, 768, 256))
    assert stored.index(1000).nbytes < 0.3 * stored.index(COUNT).nbytes


def test_a_search_reads_few_stored_vectors():
    generator = np.random.default_rng(7)
    stored = Stored(like_embeddings(generator, COUNT, 768, 256))
    index = stored.index(1000)
    stored.read = 0
    index.search(stored.rows[5], 10)
    assert stored.read <= 1024


def test_removed_and_changed_entries_are_followed():
    generator = np.random.default_rng(8)
    stored = Stored(like_embeddings(generator, COUNT, 130, 64))
    index = stored.index(1000)
    order = generator.permutation(COUNT)
    gone, changed, kept = order[:12_000], order[12_000:12_400], order[12_400:]
    index.remove([stored.ids[number] for number in gone])
    stored.rows[changed] = like_embeddings(generator, 400, 130, 64)
    for part in (changed[:100], changed[100:]):
        ids = [stored.ids[number] for number in part]
        index.upsert(ids, ["changed"] * len(ids), stored.rows[part], [None] * len(ids))
    assert len(index) == COUNT - 12_000
    for number in [*changed[:30], *changed[-30:], *kept[:60]]:
        id, similarity = index.search(stored.rows[number], 1)[0]
        assert similarity == pytest.approx(1.0)
        assert np.array_equal(stored.rows[int(id[-12:], 16)], stored.rows[number])
    for number in gone[:60]:
        assert stored.ids[number] not in dict(index.search(stored.rows[number], 10))


def test_entries_that_are_no_longer_stored_are_left_out():
    stored = Stored(like_embeddings(np.random.default_rng(9), 3000, 130, 64))
    index = stored.index(1000)
    stored.gone = set(stored.ids[:5])
    assert stored.ids[3] not in dict(index.search(stored.rows[3], 3000))


def test_vectors_are_in_memory_again_when_few_entries_are_left():
    generator = np.random.default_rng(10)
    stored = Stored(like_embeddings(generator, 6000, 130, 64))
    index, exact = stored.index(4000), stored.index(10_000)
    for each in (index, exact):
        each.remove(stored.ids[2500:])
    assert len(index) == 2500
    stored.read = 0
    query = generator.integers(-127, 128, 130).astype(np.int8)
    assert index.search(query, 500) == exact.search(query, 500)
    assert stored.read == 0


def test_without_a_way_to_read_vectors_all_stay_in_memory():
    stored = Stored(like_embeddings(np.random.default_rng(11), 3000, 130, 64))
    index = VectorIndex(130, resident_limit=100)
    index.upsert(stored.ids, ["docs"] * 3000, stored.rows, [None] * 3000)
    assert index.search(stored.rows[7], 3) == stored.index(10_000).search(stored.rows[7], 3)


def test_words_with_many_zeros_are_told_from_full_ones():
    rows = np.ones((100, 200), np.int8)
    rows[:50, 64:128] = 0
    rows[:, 130:133] = 0
    assert sparse_words(rows).tolist() == [1]
