"""What becomes of a pattern when an equal one is stored."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from reasoningbank import Pattern
from reasoningbank.domain.merging import changed_fields, merged_pattern

EXISTING = Pattern(
    id=UUID(int=1),
    namespace="default",
    task_category="backend",
    task_description="Add login",
    strategy="Test first",
    title="Old title",
    success_score=0.5,
    duration_seconds=None,
    tags=("a",),
    metadata={"kept": 1, "replaced": 1},
    trust="confirmed",
    state="quarantined",
    uses=3,
    successes=2,
    failures=1,
    last_used_at="2026-01-02T00:00:00.000Z",
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    expires_at="2027-01-01T00:00:00.000Z",
    version=4,
)


def incoming(**fields: object) -> Pattern:
    blank = {
        "id": UUID(int=2), "title": None, "success_score": None, "tags": (), "metadata": {},
        "state": "active", "uses": 0, "successes": 0, "failures": 0, "last_used_at": None,
        "version": 1,
    }  # fmt: skip
    return msgspec.structs.replace(EXISTING, **{**blank, **fields})


def test_an_equal_pattern_without_news_changes_nothing() -> None:
    assert merged_pattern(EXISTING, incoming()) == EXISTING


def test_the_newest_scalars_count_unless_they_are_absent() -> None:
    merged = merged_pattern(EXISTING, incoming(success_score=0.9, strategy="TEST first"))
    assert (merged.success_score, merged.strategy) == (0.9, "TEST first")
    assert merged.title == "Old title"


def test_tags_are_united_and_metadata_keys_replaced_one_by_one() -> None:
    merged = merged_pattern(EXISTING, incoming(tags=("b",), metadata={"replaced": 2, "new": 3}))
    assert merged.tags == ("a", "b")
    assert merged.metadata == {"kept": 1, "replaced": 2, "new": 3}


def test_the_lower_trust_counts() -> None:
    assert merged_pattern(EXISTING, incoming(trust="imported")).trust == "imported"


@pytest.mark.parametrize(
    ("expires_at", "expected"),
    [
        ("2026-06-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
        ("2028-06-01T00:00:00.000Z", "2028-06-01T00:00:00.000Z"),
        (None, None),
    ],
)
def test_the_later_expiry_counts_and_never_is_the_latest(
    expires_at: str | None, expected: str | None
) -> None:
    assert merged_pattern(EXISTING, incoming(expires_at=expires_at)).expires_at == expected


def test_standing_counters_and_state_stay() -> None:
    merged = merged_pattern(EXISTING, incoming(success_score=1.0))
    for name in ("id", "state", "uses", "successes", "failures", "created_at", "version"):
        assert getattr(merged, name) == getattr(EXISTING, name)


def test_a_change_is_told_by_what_stood_before() -> None:
    after = msgspec.structs.replace(EXISTING, title=None, uses=4)
    assert changed_fields(EXISTING, after) == {"title": "Old title", "uses": 3}
