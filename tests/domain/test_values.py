"""Ids, times, checksums, errors and reliability."""

from __future__ import annotations

import pickle
import secrets
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reasoningbank
from reasoningbank import InvalidInput, ReasoningBankError
from reasoningbank.domain import errors
from reasoningbank.domain.checksum import row_checksum, vector_checksum
from reasoningbank.domain.identifiers import id_text, new_id
from reasoningbank.domain.json_value import canonical_json, checked_json_object, parse_json_object
from reasoningbank.domain.outcome import SOURCE_WEIGHT, TRUST_ORDER, reliability_of, trust_of
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp

TIMES = st.integers(min_value=0, max_value=253_402_300_799_999)
ALL_ERRORS = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, ReasoningBankError)
]


@given(TIMES)
def test_a_new_id_is_a_version_7_uuid_that_tells_its_time(milliseconds: int) -> None:
    made = new_id(milliseconds, secrets.token_bytes)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == milliseconds


def test_new_ids_of_one_moment_differ_in_74_random_bits() -> None:
    ids = {new_id(5, secrets.token_bytes).int for _ in range(500)}
    assert len(ids) == 500
    ever_set = ever_clear = 0
    for value in ids:
        ever_set |= value
        ever_clear |= ~value
    assert ((ever_set & ever_clear) & ((1 << 80) - 1)).bit_count() == 74


@given(st.uuids())
def test_an_id_may_be_given_as_uuid_or_text_of_either_case(value: UUID) -> None:
    assert id_text(value) == id_text(str(value)) == id_text(str(value).upper()) == str(value)


@pytest.mark.parametrize("value", ["", "x", None, 5, "{" + str(UUID(int=1)) + "}", UUID(int=1).hex])
def test_what_is_no_id_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        id_text(value, "pattern")
    assert caught.value.field == "pattern"


@given(TIMES)
def test_times_survive_being_written_and_read(milliseconds: int) -> None:
    text = format_timestamp(milliseconds)
    assert len(text) == 24
    assert parse_timestamp(text, "at") == milliseconds


@given(TIMES, TIMES)
def test_written_times_sort_like_times(first: int, second: int) -> None:
    assert (format_timestamp(first) < format_timestamp(second)) == (first < second)


@given(st.datetimes(timezones=st.timezones()))
def test_datetimes_of_every_zone_are_read(value: datetime) -> None:
    since = value - datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert parse_timestamp(value, "at") == since // timedelta(milliseconds=1)


def test_canonical_json_has_sorted_keys() -> None:
    assert canonical_json({"b": 1, "a": {"d": 1, "c": "é"}}) == '{"a":{"c":"é","d":1},"b":1}'


@pytest.mark.parametrize(
    "text", ["", "[1]", "3", "{", '{"a":"\ud800"}', '{"a":NaN}', b"\xff", "[" * 100_000]
)
def test_text_that_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_json_object(text, "line 1")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON, max_size=5)
)
def test_checked_json_survives_being_written_and_read(value: dict[str, object]) -> None:
    try:
        checked = checked_json_object(value, "metadata", 100_000)
    except InvalidInput:
        assert "\\ud" in ascii(value)
        return
    assert parse_json_object(canonical_json(checked), "metadata") == value


def test_a_row_checksum_tells_absent_from_empty_and_one_column_from_the_next() -> None:
    numbers = (0.5, 1.0, (0, 0, 0, 1))
    sums = {
        row_checksum(texts, *numbers)
        for texts in [("a", "b"), ("ab", ""), ("ab", None), ("", "ab"), ("a", "b", "")]
    }
    assert len(sums) == 5
    assert row_checksum(("a",), None, 1.0, (0, 0, 0, 1)) != row_checksum(
        ("a",), 0.0, 1.0, (0, 0, 0, 1)
    )


@given(st.binary(min_size=1, max_size=64), st.data())
def test_a_flipped_bit_changes_a_vector_checksum(vector: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(vector) * 8 - 1))
    flipped = bytearray(vector)
    flipped[position // 8] ^= 1 << position % 8
    assert vector_checksum(bytes(flipped)) != vector_checksum(vector)


def test_without_outcomes_a_pattern_is_as_likely_to_work_as_not() -> None:
    assert reliability_of({}).posterior_mean == 0.5


def test_confirmed_outcomes_weigh_more_than_reported_and_those_more_than_judged() -> None:
    means = [
        reliability_of({source: (3.0, 3.0, 3)}).posterior_mean  # type: ignore[dict-item]
        for source in ("imported", "agent", "caller", "test")
    ]
    assert means == sorted(means)
    assert len(set(means)) == 4


def test_the_posterior_mean_is_that_of_the_beta_distribution() -> None:
    reliability = reliability_of({"test": (2.5, 4.0, 4), "agent": (0.0, 2.0, 2)})
    assert reliability.posterior_mean == (1 + 2.5) / (2 + 4 + 0.25 * 2)
    assert reliability.outcomes == 6


def test_every_source_has_a_weight_and_a_trust() -> None:
    assert {trust_of(source) for source in SOURCE_WEIGHT} == set(TRUST_ORDER)


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_every_error_is_exported_has_a_code_of_its_own_and_survives_pickling(
    kind: type[ReasoningBankError],
) -> None:
    assert getattr(reasoningbank, kind.__name__) is kind
    assert sum(other.code == kind.code for other in ALL_ERRORS) == 1
    error = kind("is wrong", field="tags", hint="Mend it.")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error) == "tags is wrong. Mend it."
    assert vars(copy) == vars(error)


def test_the_tree_in_the_docstring_lists_every_error() -> None:
    assert errors.__doc__
    for kind in ALL_ERRORS:
        assert kind.__name__ in errors.__doc__
