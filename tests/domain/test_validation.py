"""Every rule of the input, by the field it names."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank import InvalidInput, PatternInput
from reasoningbank.domain import limits
from reasoningbank.domain.validation import (
    checked_changes,
    checked_count,
    checked_input,
    checked_outcome,
    checked_query,
    pattern_input,
)

GOOD = {"task_description": "Add login", "task_category": "backend", "strategy": "Test first."}


def rejected_field(**fields: object) -> str | None:
    with pytest.raises(InvalidInput) as caught:
        checked_input(PatternInput(**{**GOOD, **fields}))
    return caught.value.field


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("task_description", limits.TASK_DESCRIPTION_BYTES),
        ("task_category", limits.CATEGORY_BYTES),
        ("strategy", limits.STRATEGY_BYTES),
        ("title", limits.TITLE_BYTES),
    ],
)
def test_text_is_measured_in_bytes_and_its_limit_is_inclusive(field: str, limit: int) -> None:
    for letter in ("a", "é", "漢"):
        width = len(letter.encode())
        longest = letter * (limit // width)
        checked, _ = checked_input(PatternInput(**{**GOOD, field: longest}))
        assert getattr(checked, field) == longest
        assert rejected_field(**{field: longest + letter}) == field


@pytest.mark.parametrize("field", ["task_description", "task_category", "strategy", "title"])
@pytest.mark.parametrize(
    "value", ["", "   ", "\n", "a\x00b", "a\x1bb", "a\x85b", "\ud800", 3, b"a"]
)
def test_text_that_cannot_be_kept_is_refused_by_name(field: str, value: object) -> None:
    assert rejected_field(**{field: value}) == field


@pytest.mark.parametrize("field", ["task_description", "strategy"])
def test_long_texts_may_have_lines_and_tabs(field: str) -> None:
    checked, _ = checked_input(PatternInput(**{**GOOD, field: "one\n\ttwo\r\nthree"}))
    assert getattr(checked, field) == "one\n\ttwo\r\nthree"


@pytest.mark.parametrize("field", ["task_category", "title"])
@pytest.mark.parametrize("value", ["a\nb", "a\tb", "a\u2028b"])
def test_short_texts_are_one_line(field: str, value: str) -> None:
    assert rejected_field(**{field: value}) == field


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf"), True, "0.5", 10**400])
def test_a_success_score_is_a_number_from_0_to_1(value: object) -> None:
    assert rejected_field(success_score=value) == "success_score"


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), False, "1"])
def test_a_duration_is_a_finite_number_from_0(value: object) -> None:
    assert rejected_field(duration_seconds=value) == "duration_seconds"


def test_whole_numbers_become_floats() -> None:
    checked, _ = checked_input(PatternInput(**GOOD, success_score=1, duration_seconds=0))
    assert (checked.success_score, checked.duration_seconds) == (1.0, 0.0)
    assert isinstance(checked.success_score, float)


def test_tags_are_sorted_without_repeats() -> None:
    checked, _ = checked_input(PatternInput(**GOOD, tags=["b", "a", "b"]))
    assert checked.tags == ("a", "b")


@pytest.mark.parametrize(
    ("tags", "field"),
    [
        ("abc", "tags"),
        (None, "tags"),
        ([f"t{n}" for n in range(limits.TAGS + 1)], "tags"),
        (["ok", ""], "tags[1]"),
        (["x" * (limits.TAG_BYTES + 1)], "tags[0]"),
    ],
)
def test_tags_that_cannot_be_kept_are_refused_by_position(tags: object, field: str) -> None:
    assert rejected_field(tags=tags) == field


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ([], "metadata"),
        ({"a": {"b": float("nan")}}, "metadata.a.b"),
        ({"a": [1, 2**53]}, "metadata.a[1]"),
        ({"a": "\ud800"}, "metadata.a"),
        ({"\ud800": 1}, "metadata"),
        ({1: 2}, "metadata"),
        ({"a": object()}, "metadata.a"),
        ({"a": "x" * limits.METADATA_BYTES}, "metadata"),
    ],
)
def test_metadata_outside_i_json_is_refused_by_its_path(metadata: object, field: str) -> None:
    assert rejected_field(metadata=metadata) == field


def test_metadata_may_be_32_deep_and_no_deeper() -> None:
    def nested(levels: int) -> dict[str, object]:
        value: dict[str, object] = {}
        for _ in range(levels - 1):
            value = {"a": value}
        return value

    checked, _ = checked_input(PatternInput(**GOOD, metadata={"a": nested(31)}))
    assert checked.metadata
    with pytest.raises(InvalidInput, match="deeper than 32"):
        checked_input(PatternInput(**GOOD, metadata={"a": nested(32)}))


def test_expiry_is_kept_as_utc_text_however_it_was_given() -> None:
    zone = timezone(timedelta(hours=2))
    for value in (
        datetime(2026, 11, 21, 3, 2, 3, 4999, zone),
        "2026-11-21T03:02:03.004+02:00",
        "2026-11-21T01:02:03.0049Z",
    ):
        checked, _ = checked_input(PatternInput(**GOOD, expires_at=value))
        assert checked.expires_at == "2026-11-21T01:02:03.004Z"


@pytest.mark.parametrize(
    "value",
    [
        "tomorrow", "2026-11-21", "2026-02-30T00:00:00Z", "2026-11-21T25:00:00Z",
        "2026-11-21T01:02:03", 5, datetime(2026, 11, 21),  # noqa: DTZ001 - that is the point
        "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "\uff12026-11-21T01:02:03Z",
    ],
)  # fmt: skip
def test_an_expiry_that_is_no_moment_is_refused(value: object) -> None:
    assert rejected_field(expires_at=value) == "expires_at"


@pytest.mark.parametrize("value", ["nobody", None, 3, ["test"]])
def test_a_source_is_one_of_the_known(value: object) -> None:
    assert rejected_field(source=value) == "source"


def test_an_unknown_field_is_refused_by_name_with_the_nearest_known() -> None:
    with pytest.raises(InvalidInput) as caught:
        pattern_input({**GOOD, "stratgy": "x"})
    assert caught.value.field == "stratgy"
    assert "strategy" in str(caught.value)


@pytest.mark.parametrize("field", list(GOOD))
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        pattern_input({name: value for name, value in GOOD.items() if name != field})
    assert caught.value.field == field


def test_changes_must_name_a_field_that_can_change() -> None:
    for changes in ({}, {"id": "x"}, {"uses": 3}, {"source": "test"}, {"state": "gone"}):
        with pytest.raises(InvalidInput):
            checked_changes(changes)


@pytest.mark.parametrize(
    ("success", "score", "expected"),
    [
        (True, None, ("success", 1.0)),
        (False, None, ("failure", 0.0)),
        (None, None, ("unknown", None)),
        (None, 1, ("success", 1.0)),
        (None, 0, ("failure", 0.0)),
        (None, 0.25, ("partial", 0.25)),
    ],
)
def test_an_outcome_has_a_kind_and_a_score(
    success: object, score: object, expected: tuple[str, float | None]
) -> None:
    assert checked_outcome(success, score) == expected


@pytest.mark.parametrize(
    ("success", "score", "field"),
    [(True, 1.0, "score"), (1, None, "success"), ("yes", None, "success"), (None, 2, "score")],
)
def test_an_outcome_told_in_two_ways_or_none_is_refused(
    success: object, score: object, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_outcome(success, score)
    assert caught.value.field == field


@pytest.mark.parametrize("value", [0, -1, limits.RESULTS + 1, True, 1.0, "5", None])
def test_a_count_is_a_whole_number_in_range(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_count(value, "top_k")
    assert caught.value.field == "top_k"


@pytest.mark.parametrize("value", ["", " ", None, 3, "\ud800", "é" * limits.QUERY_BYTES])
def test_a_question_is_text_of_bounded_length(value: object) -> None:
    with pytest.raises(InvalidInput):
        checked_query(value)


def test_a_question_may_hold_what_a_stored_text_may_not() -> None:
    assert checked_query("pasted\x1b[0m output") == "pasted\x1b[0m output"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(
                st.none(), st.text(), st.integers(), st.floats(), st.lists(st.text()),
                st.dictionaries(st.text(), st.integers()),
            )
            for name in PatternInput.__struct_fields__
        },
    )
)  # fmt: skip
def test_whatever_is_given_is_taken_unchanged_twice_or_refused_by_name(
    fields: dict[str, object],
) -> None:
    try:
        once, _ = checked_input(pattern_input(fields))
    except InvalidInput as error:
        assert error.field  # noqa: PT017 - either way is right, but only with a name
        return
    twice, _ = checked_input(once)
    assert twice == once
