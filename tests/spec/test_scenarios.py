"""Every scenario of spec/scenarios on every backend, through both faces of the bank; and that scenarios can fail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.postgres.fixtures import Databases, as_team
from tests.spec.matching import InvalidScenario
from tests.spec.runner import AsyncFace, DirectFace, Run, ScenarioFailed, Stores

SPEC = Path(__file__).resolve().parents[2] / "spec"
SCENARIOS = {
    scenario["name"]: scenario
    for file in sorted((SPEC / "scenarios").glob("*.json"))
    for scenario in json.loads(file.read_text(encoding="utf-8"))["scenarios"]
}
# What a bank in memory cannot do: outlast its closing.
LACKS = {"sqlite": set(), "memory": {"persistent"}, "postgres": set()}
FACES = {"direct": DirectFace, "async": AsyncFace}


RUNS = [
    (name, backend, face)
    for name, scenario in SCENARIOS.items()
    for backend, face in (
        ("sqlite", "direct"),
        ("memory", "direct"),
        ("memory", "async"),
        ("postgres", "direct"),
    )
    if LACKS[backend].isdisjoint(scenario.get("needs", []))
]


@contextmanager
def running(backend: str, face: str, folder: Path) -> Iterator[Run]:
    stores = Stores(folder if backend == "sqlite" else None)
    with Run(stores, FACES[face]()) as run:
        yield run


@contextmanager
def running_on_databases(face: str, databases: Databases) -> Iterator[Run]:
    # As the role of a team, which sees one namespace at a time: the database has its say as well.
    stores = Stores(None, lambda: as_team(databases.bank()))
    try:
        with Run(stores, FACES[face]()) as run:
            yield run
    finally:
        for database in stores.databases.values():
            databases.give_back(database)


@pytest.mark.parametrize(("name", "backend", "face"), RUNS)
def test_the_bank_does_what_the_scenario_says(name, backend, face, tmp_path, request):
    if backend == "postgres":
        place = running_on_databases(face, request.getfixturevalue("postgres_databases"))
    else:
        place = running(backend, face, tmp_path)
    with place as run:
        run.run(SCENARIOS[name])

        assert run.damage() == []


def test_there_are_scenarios_enough_and_each_has_its_own_name():
    names = Counter(
        scenario["name"]
        for file in (SPEC / "scenarios").glob("*.json")
        for scenario in json.loads(file.read_text(encoding="utf-8"))["scenarios"]
    )

    assert len(names) >= 80
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "file", sorted((SPEC / "scenarios").glob("*.json")), ids=lambda file: file.stem
)
def test_the_file_is_written_in_the_scenario_format(file):
    schema = json.loads((SPEC / "scenario.schema.json").read_text(encoding="utf-8"))

    errors = Draft202012Validator(schema).iter_errors(json.loads(file.read_text(encoding="utf-8")))

    assert [f"{error.json_path}: {error.message}"[:300] for error in errors] == []


STORE = {
    "call": "store_pattern",
    "args": {
        "task_description": "Add login",
        "task_category": "backend",
        "strategy": "Test first.",
    },
    "save": {"id": ""},
}
GET = {"call": "get_pattern", "args": {"pattern_id": {"$ref": "id"}}}


def steps_with(expectation: dict[str, object]) -> dict[str, object]:
    return {"name": "a scenario", "steps": [STORE, {**GET, **expectation}]}


@pytest.mark.parametrize(
    "expectation",
    [
        {"expect": None},
        {"expect": {"$any": "uuid"}},
        {"expect": {"$subset": {"strategy": "Test last."}}},
        {"expect": {"$subset": {"version": True}}},
        {"expect": {"$subset": {"success_score": 0}}},
        {"expect": {"$subset": {"no_such_field": {"$any": "value"}}}},
        {"expect": {"strategy": "Test first."}},
        {"expect": {"$subset": {"tags": ["a"]}}},
        {"expect": {"$subset": {"tags": {"$length": 1}}}},
        {"expect": {"$subset": {"tags": {"$contains": "a"}}}},
        {"expect": {"$subset": {"tags": {"$each": "a"}, "strategy": {"$each": "a"}}}},
        {"expect": {"$subset": {"strategy": {"$contains": "last"}}}},
        {"expect": {"$subset": {"strategy": {"$not": {"$contains": "first"}}}}},
        {"expect": {"$subset": {"strategy": {"$all": [{"$any": "string"}, "Test last."]}}}},
        {"expect": {"$subset": {"strategy": {"$text": [{"repeat": "a", "times": 2}]}}}},
        {"expect": {"$subset": {"version": {"$approx": 1.1, "tolerance": 0.05}}}},
        {"expect": {"$subset": {"metadata": {"$literal": {"$any": "value"}}}}},
        {"expect": {"$ref": "id"}},
        {"error": {"code": "not_found"}},
        {"save": {"nothing": "tags.0"}},
    ],
    ids=json.dumps,
)
def test_a_wrong_expectation_fails(expectation, tmp_path):
    with running("memory", "direct", tmp_path) as run, pytest.raises(ScenarioFailed):
        run.run(steps_with(expectation))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"pattern_id": "no id"}, {"code": "not_found"}),
        ({"pattern_id": "no id"}, {"code": "invalid_input", "field": "pattern"}),
        ({"pattern_id": "no id"}, {"code": "invalid_input", "existing_id": {"$any": "value"}}),
    ],
)
def test_another_error_than_the_expected_fails(arguments, error, tmp_path):
    step = {"call": "get_pattern", "args": arguments, "error": error}

    with running("memory", "direct", tmp_path) as run, pytest.raises(ScenarioFailed):
        run.run({"name": "a scenario", "steps": [step]})


def test_an_error_that_was_not_expected_fails(tmp_path):
    step = {"call": "get_pattern", "args": {"pattern_id": "no id"}}

    with (
        running("memory", "direct", tmp_path) as run,
        pytest.raises(ScenarioFailed, match="step 1"),
    ):
        run.run({"name": "a scenario", "steps": [step]})


@pytest.mark.parametrize(
    "scenario",
    [
        {"name": "a", "steps": [], "stepz": []},
        {"name": "a", "steps": [{**STORE, "expects": None}]},
        {"name": "a", "steps": [{"call": "drop_table"}]},
        {"name": "a", "steps": [{"call": "_embedded"}]},
        {"name": "a", "steps": [{**STORE, "bank": "never opened"}]},
        {"name": "a", "steps": [{**GET, "args": {"pattern_id": {"$ref": "never saved"}}}]},
        {"name": "a", "steps": [{**STORE, "args": {"$contains": "a"}}]},
        {"name": "a", "steps": [{**STORE, "args": {"a": {"$number": "nan"}}}]},
        {"name": "a", "steps": [{**STORE, "expect": {"$any": "id"}}]},
        {"name": "a", "steps": [{**STORE, "expect": {"$regex": "a"}}]},
        {"name": "a", "steps": [{**STORE, "expect": {"$any": "uuid", "$length": 3}}]},
        {"name": "a", "steps": [{**STORE, "expect": {"$text": ["a", 5]}}]},
        {"name": "a", "steps": [{"call": "erase", "args": {"pattern_id": "a"}, "error": {}}]},
    ],
    ids=lambda scenario: json.dumps(scenario)[:60],
)
def test_what_the_runner_does_not_know_is_refused(scenario, tmp_path):
    with running("memory", "direct", tmp_path) as run, pytest.raises(InvalidScenario):
        run.run(scenario)
