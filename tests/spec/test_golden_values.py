"""The values that every implementation must reproduce: normalised texts, keys, fingerprints, checksums, weights."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from itertools import groupby
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.json_value import content_fingerprint
from reasoningbank.domain.outcome import reliability_of
from reasoningbank.domain.text import normalise
from reasoningbank.domain.trajectory import TrajectoryInput
from reasoningbank.learning.checking import fingerprint_of
from reasoningbank.storage.sql.rows import STORED_COLUMNS, checksum_of_row

SPEC = Path(__file__).resolve().parents[2] / "spec"


def values(name: str) -> dict[str, list]:
    return json.loads((SPEC / name).read_text(encoding="utf-8"))


NORMALISED = values("normalise.json")
CHECKSUMS = values("checksums.json")
TABLES = values("text-tables.json")


@pytest.mark.parametrize(("text", "expected"), NORMALISED["pairs"], ids=ascii)
def test_text_is_normalised_as_the_file_says(text, expected):
    assert normalise(text) == expected
    assert normalise(expected) == expected


def in_ranges(code: int, ranges: list[list[str]]) -> bool:
    return any(int(first, 16) <= code <= int(last, 16) for first, last in ranges)


def folded_by_the_tables(character: str) -> str:
    code = ord(character)
    if in_ranges(code, TABLES["deleted"]):
        return ""
    for first, last, distance in TABLES["capitals"]:
        if int(first, 16) <= code <= int(last, 16):
            return chr(code + distance)
    for zero in TABLES["digit_zeros"]:
        if 0 <= code - int(zero, 16) < 10:
            return str(code - int(zero, 16))
    return TABLES["folded"].get(f"{code:04X}", character)


def normalised_by_the_tables(text: str) -> str:
    """What spec/README.md says, word by word."""
    pieces = []
    for unstable, run in groupby(text, lambda one: in_ranges(ord(one), TABLES["unstable"])):
        piece = "".join(run)
        for _ in range(0 if unstable else 2):
            piece = "".join(map(folded_by_the_tables, unicodedata.normalize("NFKD", piece)))
        pieces.append(piece)
    small = (chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in "".join(pieces))
    spaced = (" " if in_ranges(ord(one), TABLES["white_space"]) else one for one in small)
    return " ".join(filter(None, "".join(spaced).split(" ")))


@given(st.text())
def test_the_tables_and_the_description_are_enough_to_normalise(text):
    assert normalised_by_the_tables(text) == normalise(text)


@pytest.mark.parametrize("pair", NORMALISED["pairs"], ids=ascii)
def test_the_tables_give_the_pairs_of_the_file(pair):
    assert normalised_by_the_tables(pair[0]) == pair[1]


def test_there_are_pairs_enough_and_none_twice():
    texts = [pair[0] for pair in NORMALISED["pairs"]]

    assert len(set(texts)) == len(texts) >= 60


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


@pytest.mark.parametrize(
    "entry", values("fingerprints.json")["trajectories"], ids=lambda entry: entry["fingerprint"]
)
def test_the_fingerprint_of_a_trajectory_is_the_one_in_the_file(entry):
    trajectory = msgspec.convert(entry["trajectory"], TrajectoryInput)

    assert fingerprint_of(trajectory).hex() == entry["fingerprint"]
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
    sums = {
        source: (s["score_sum"], s["weight_sum"], s["known"])
        for source, s in example["sums"].items()
    }
    weighted = {
        source: (
            weights["sources"][source]["weight"] * total,
            weights["sources"][source]["weight"] * (weight - total),
        )
        for source, (total, weight, _) in sums.items()
    }
    successes = weights["prior"]["successes"] + sum(first for first, _ in weighted.values())
    failures = weights["prior"]["failures"] + sum(second for _, second in weighted.values())

    assert reliability_of(sums).posterior_mean == example["reliability"]["posterior_mean"]
    assert example["reliability"]["posterior_mean"] == pytest.approx(
        successes / (successes + failures), abs=1e-15
    )
