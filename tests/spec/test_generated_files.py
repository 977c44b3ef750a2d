"""What is made from the source is what is checked in, and every result has the shape its schema says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.spec.runner import DirectFace, Run, Stores
from tests.spec.test_scenarios import LACKS, SCENARIOS
from tools import generate_spec

SPEC = Path(__file__).resolve().parents[2] / "spec"
GENERATED = generate_spec.generated()
SCHEMAS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((SPEC / "schemas").glob("*.json"))
}
REGISTRY = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
RESULTS = {
    "put": "Stored",
    "get_pattern": "Pattern",
    "search_by_category": "Pattern",
    "find_similar": "SimilarPattern",
    "get_stats": "StorageStats",
    "update_pattern": "Pattern",
    "erase": "Erasure",
    "record_outcome": "RecordedOutcome",
    "reliability": "Reliability",
    "outcomes": "Outcome",
    "history": "PatternChange",
    "observations": "Observation",
    "import_jsonl": "TransferReport",
    "restore_jsonl": "TransferReport",
    "recall": "Recall",
    "reembed": "Reembedded",
    "check": "Finding",
    "learn": "Learned",
    "judge": "Learned",
    "retry_pending": "Learned",
    "record_distillation": "Learned",
    "distillation_request": "DistillationRequest",
    "get_trajectory": "Trajectory",
    "trajectories": "Trajectory",
    "links": "PatternLink",
    "add_link": "PatternLink",
    "erase_trajectory": "Erasure",
    "import_trajectories_jsonl": "TransferReport",
    "restore_trajectories_jsonl": "TransferReport",
    "error": "Error",
}
LINES = {"read_file"}
# What the judges and distillers of this package give, and `scale` inside what holds the caller's values.
GIVEN_WITHIN = {"Distillation", "Judgement", "LearnedTogether"}
TIMED = {"BankMetrics", "BankProgress", "PatternMap", "RecallEvent"}
"""What no scenario can know beforehand: figures of a moment, and what is listed of it."""
READ = {
    "PatternInput", "PatternRecord", "ExportHeader", "TrajectoryInput", "TrajectoryRecord",
    "TrajectoryExportHeader",
}  # fmt: skip


def problems(name: str, value: object) -> list[str]:
    validator = Draft202012Validator(SCHEMAS[name], registry=REGISTRY)
    return [
        f"{name}{error.json_path[1:]}: {error.message}"[:300]
        for error in validator.iter_errors(value)
    ]


@pytest.mark.parametrize("name", GENERATED)
def test_the_file_is_what_the_source_says(name):
    path = SPEC / name
    content = path.read_text(encoding="utf-8") if path.exists() else None

    assert content == GENERATED[name], f"spec/{name} is out of date; run: {generate_spec.COMMAND}"


def test_no_schema_is_left_of_an_object_that_is_gone():
    assert generate_spec.outdated() == [], f"run: {generate_spec.COMMAND}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_a_schema(name):
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(
    "name",
    [name for name in SCENARIOS if LACKS["memory"].isdisjoint(SCENARIOS[name].get("needs", []))],
)
def test_every_result_has_the_shape_its_schema_says(name, tmp_path):
    found: list[str] = []

    def watch(call: str, result: object) -> None:
        if call in RESULTS:
            for one in result if isinstance(result, list) else [result]:
                found.extend(problems(RESULTS[call], one) if one is not None else [])
        elif call in LINES:
            header, *records = result
            kind = "Trajectory" if "trajectories" in header["format"] else ""
            found.extend(problems(f"{kind}ExportHeader", header))
            for record in records:
                found.extend(problems(f"{kind or 'Pattern'}Record", record))

    with Run(Stores(None), DirectFace(), watch=watch) as run:
        run.run(SCENARIOS[name])

    assert found == []


def test_every_schema_is_used_by_a_result_or_by_another_schema():
    used = {*RESULTS.values(), *GIVEN_WITHIN, *READ, *TIMED}
    for schema in SCHEMAS.values():
        used |= {name for name in SCHEMAS if f'"{name}.json"' in json.dumps(schema["properties"])}

    assert used == SCHEMAS.keys()


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": ""},
        {"strategy": "a" * 65_537},
        {"strategy": None},
        {"success_score": 1.5},
        {"duration_seconds": -1},
        {"tags": "abc"},
        {"tags": [f"{number}" for number in range(65)]},
        {"tags": ["a" * 129]},
        {"metadata": []},
        {"source": "judge"},
        {"priority": 1},
    ],
    ids=str,
)
def test_the_schema_of_an_input_refuses_what_the_bank_refuses(given):
    sound = {"task_description": "Add login", "task_category": "backend", "strategy": "Test first."}

    assert problems("PatternInput", sound) == []
    assert problems("PatternInput", {**sound, **given}) != []
