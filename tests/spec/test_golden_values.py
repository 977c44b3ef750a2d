"""The values that every implementation must reproduce: normalised texts, keys, fingerprints, checksums, weights."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.json_value import content_fingerprint
from reasoningbank.domain.outcome import reliability_of
from reasoningbank.domain.text import normalise
from reasoningbank.storage.sqlite.rows import STORED_COLUMNS, checksum_of_row

SPEC = Path(__file__).resolve().parents[2] / "spec"


def values(name: str) -> dict[str, list]:
    return json.loads((SPEC / name).read_text(encoding="utf-8"))


NORMALISED = values("normalise.json")
CHECKSUMS = values("checksums.json")


@pytest.mark.parametrize(("given", "expected"), NORMALISED["pairs"], ids=ascii)
def test_text_is_normalised_as_the_file_says(given, expected):
    assert normalise(given) == expected
    assert normalise(expected) == expected


def test_there_are_pairs_enough_and_none_twice():
    given = [pair[0] for pair in NORMALISED["pairs"]]

    assert len(set(given)) == len(given) >= 60


@pytest.mark.parametrize("entry", NORMALISED["dedupe_keys"], ids=lambda entry: entry["dedupe_key"])
def test_the_duplicate_key_is_the_one_in_the_file(entry):
    key = dedupe_key(
        entry["namespace"],
        entry["task_category"],
        entry["task_description"],
        entry["strategy"],
        kept_id=entry["kept_id"],
    )

    assert key.hex() == entry["dedupe_key"]


@pytest.mark.parametrize(
    "entry", values("fingerprints.json")["fingerprints"], ids=lambda entry: entry["fingerprint"]
)
def test_the_fingerprint_of_a_request_is_the_one_in_the_file(entry):
    request = {"on_duplicate": entry["on_duplicate"], "pattern": entry["pattern"]}

    assert content_fingerprint(request).hex() == entry["fingerprint"]
    assert hashlib.sha256(entry["canonical"].encode()).hexdigest() == entry["fingerprint"]


@pytest.mark.parametrize("entry", CHECKSUMS["rows"], ids=lambda entry: str(entry["checksum"]))
def test_the_checksum_of_a_row_is_the_one_in_the_file(entry):
    columns = {**entry["row"], "dedupe_key": bytes.fromhex(entry["row"]["dedupe_key"])}
    row = [columns.get(name) for name in STORED_COLUMNS.split(", ")]

    assert columns.keys() | {"checksum"} == set(STORED_COLUMNS.split(", "))
    assert checksum_of_row(row) == entry["checksum"]


@pytest.mark.parametrize("entry", CHECKSUMS["vectors"], ids=lambda entry: str(entry["checksum"]))
def test_the_checksum_of_a_vector_is_the_one_in_the_file(entry):
    assert vector_checksum(base64.b64decode(entry["vector"])) == entry["checksum"]


@pytest.mark.parametrize("example", values("outcome-weights.json")["examples"], ids=str)
def test_the_worked_examples_of_reliability_follow_from_the_weights(example):
    weights = values("outcome-weights.json")
    sums = {source: (s["score_sum"], s["known"]) for source, s in example["sums"].items()}
    weighted = {
        source: (
            weights["sources"][source]["weight"] * total,
            weights["sources"][source]["weight"] * (known - total),
        )
        for source, (total, known) in sums.items()
    }
    successes = weights["prior"]["successes"] + sum(first for first, _ in weighted.values())
    failures = weights["prior"]["failures"] + sum(second for _, second in weighted.values())

    assert reliability_of(sums).posterior_mean == example["reliability"]["posterior_mean"]
    assert example["reliability"]["posterior_mean"] == pytest.approx(
        successes / (successes + failures), abs=1e-15
    )
