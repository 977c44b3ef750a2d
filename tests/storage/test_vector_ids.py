"""The table of ids and slots against a dictionary."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.storage.vector_ids import (
    IdTable,
    format_ids,
    last_occurrences,
    pack_id,
    parse_ids,
)

# A handful of ids makes repetitions likely; UUIDv7 of one moment share all but their last bits.
some_ids = st.one_of(
    st.uuids(),
    st.integers(0, 12).map(lambda n: uuid.UUID(int=n)),
    st.integers(0, 12).map(lambda n: uuid.UUID(int=(0x0190B0C0 << 96) | n)),
).map(str)


@given(st.lists(some_ids))
def test_ids_come_back_as_they_were(ids):
    assert format_ids(parse_ids(ids)) == ids


@given(st.lists(some_ids, min_size=1))
def test_ids_sort_as_their_text_does(ids):
    keys = parse_ids(ids)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    assert [ids[position] for position in order] == sorted(ids)


@given(some_ids)
def test_one_id_and_many_ids_are_read_alike(id):
    assert np.array_equal(np.frombuffer(pack_id(id), ">u8"), parse_ids([id])[0])


@pytest.mark.parametrize("id", ["", "0" * 36, "0190b0c0-0000-7000-8000-0000000000", "x" * 36])
def test_other_strings_are_refused(id):
    with pytest.raises(ValueError):
        pack_id(id)
    with pytest.raises(ValueError):
        parse_ids([id])


@given(st.lists(some_ids, min_size=1))
def test_the_last_of_equal_ids_is_kept(ids):
    expected = sorted({id: position for position, id in enumerate(ids)}.values())
    assert last_occurrences(parse_ids(ids)).tolist() == expected


@given(
    st.lists(st.tuples(st.booleans(), st.lists(some_ids, unique=True, max_size=40)), max_size=12)
)
def test_slots_follow_additions_and_removals(steps):
    table = IdTable()
    slots = []
    for adding, ids in steps:
        if adding:
            new = [id for id in ids if id not in slots]
            assert table.append(parse_ids(new)) == len(slots)
            slots += new
        else:
            found = table.find(parse_ids(ids))
            gaps, sources = table.remove(found[found >= 0])
            for gap, source in zip(gaps.tolist(), sources.tolist(), strict=True):
                slots[gap] = slots[source]
            del slots[len(slots) - np.count_nonzero(found >= 0) :]
        assert format_ids(table.keys) == slots
        probe = ids + slots
        expected = [slots.index(id) if id in slots else -1 for id in probe]
        assert table.find(parse_ids(probe)).tolist() == expected


def test_a_table_of_many_ids_finds_each():
    generator = np.random.default_rng(0)
    keys = generator.integers(0, 2**63, (50_000, 2), dtype=np.uint64)
    table = IdTable()
    for start in range(0, 50_000, 777):
        table.append(keys[start : start + 777])
    assert np.array_equal(table.find(keys), np.arange(50_000))
    absent = keys ^ np.uint64(1)
    assert set(table.find(absent).tolist()) == {-1}
