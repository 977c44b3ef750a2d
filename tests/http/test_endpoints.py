"""The facade over HTTP: what goes in comes out, errors have their codes, and nobody confirms unasked."""

from __future__ import annotations

import json

import pytest

import reasoningbank
from reasoningbank import ReasoningBank, ReasoningBankError
from reasoningbank.http.answers import error_answer
from reasoningbank.http.options import ServeOptions
from reasoningbank.serving.options import ListenOptions

PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}
LINES = {"content-type": "application/x-ndjson"}


def stored(ask, **fields: object) -> str:
    return ask("POST", "/v1/patterns", json={**PATTERN, **fields}).json()["id"]


def test_a_pattern_is_stored_once_and_given_back(ask):
    first = ask("POST", "/v1/patterns", json=PATTERN)
    second = ask("POST", "/v1/patterns", json=PATTERN)

    assert (first.status_code, first.json()["status"]) == (201, "created")
    assert (second.status_code, second.json()["status"]) == (200, "merged")
    found = ask("GET", f"/v1/patterns/{first.json()['id']}").json()
    assert {name: found[name] for name in PATTERN} == PATTERN


def test_many_are_stored_or_none(ask):
    done = ask("POST", "/v1/patterns/batch", json={"patterns": [PATTERN, {**PATTERN, "strategy": "Read."}]})  # fmt: skip
    refused = ask("POST", "/v1/patterns/batch", json={"patterns": [PATTERN, {"strategy": "x"}]})

    assert (done.status_code, len(done.json()["ids"])) == (201, 2)
    assert refused.status_code == 400
    assert refused.json()["error"]["field"].startswith("patterns[1]")
    assert ask("GET", "/v1/stats").json()["total_patterns"] == 2


def test_pages_follow_one_another(ask):
    for number in range(5):
        stored(ask, strategy=f"Strategy {number}.")

    first = ask("GET", "/v1/patterns?limit=3&newest_first=true").json()
    second = ask("GET", f"/v1/patterns?limit=3&newest_first=true&after={first['next']}").json()

    ids = [one["id"] for one in first["patterns"] + second["patterns"]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), second["next"]) == (5, None)


def test_a_pattern_is_changed_only_in_the_version_that_was_meant(ask):
    pattern_id = stored(ask)

    changed = ask("PATCH", f"/v1/patterns/{pattern_id}", json={"title": "Login", "if_version": 1})
    late = ask("PATCH", f"/v1/patterns/{pattern_id}", json={"title": "Other", "if_version": 1})

    assert (changed.json()["title"], changed.json()["version"]) == ("Login", 2)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")


def test_a_pattern_is_deleted_and_its_bytes_erased(ask):
    pattern_id = stored(ask)

    assert ask("DELETE", f"/v1/patterns/{pattern_id}").status_code == 204
    assert ask("GET", f"/v1/patterns/{pattern_id}").status_code == 404
    assert ask("GET", f"/v1/patterns/{pattern_id}/history").json()[-1]["kind"] == "deleted"
    assert ask("DELETE", f"/v1/patterns/{pattern_id}?erase=true").json()["bytes_checked"] > 0
    assert ask("DELETE", f"/v1/patterns/{pattern_id}").status_code == 404


def test_a_recall_is_settled_by_its_outcome(ask):
    pattern_id = stored(ask)
    recall = ask("POST", "/v1/recalls", json={"task_description": "add a login"}).json()
    told = ask("POST", f"/v1/recalls/{recall['id']}/outcomes", json={"success": True})

    assert [one["pattern"]["id"] for one in recall["patterns"]] == [pattern_id]
    assert (told.status_code, told.json()[0]["successes"]) == (201, 1)
    assert [one["id"] for one in ask("GET", "/v1/recalls").json()] == [recall["id"]]


def test_one_answer_tells_the_life_of_a_pattern(ask):
    learned = ask(
        "POST",
        "/v1/trajectories",
        json={
            "task_description": "Make the tests pass",
            "task_category": "debugging",
            "steps": [
                {"action": "pytest -q", "observation": "E   NameError: name 'x'"},
                {"action": "edit 'y = x' 'y = 1'"},
                {"action": "pytest -q", "observation": "1 passed in 0.1s"},
            ],
        },
    )
    assert learned.status_code == 201
    [pattern_id] = learned.json()["patterns"]

    life = ask("GET", f"/v1/patterns/{pattern_id}/life").json()

    assert life["pattern"]["id"] == pattern_id
    assert [one["id"] for one in life["trajectories"]] == [learned.json()["trajectory_id"]]
    assert life["links"][0]["kind"] == "derived_from"
    assert life["history"][0]["kind"] == "created"


def test_a_consolidation_is_proposed_taken_and_taken_back(ask):
    stored(ask)
    stored(ask, strategy="Write the failing test first!!")
    proposed = ask("POST", "/v1/consolidations", json={"dry_run": True, "everything": True}).json()
    taken = ask("POST", "/v1/consolidations", json={"everything": True}).json()

    assert (proposed["applied"], taken["applied"]) == (False, True)
    if taken["proposals"]:
        listed = ask("GET", "/v1/consolidations").json()
        assert listed[0]["report"]["id"] == taken["id"]
        assert ask("POST", f"/v1/consolidations/{taken['id']}/undo").json()["undone"] >= 1
        assert ask("POST", f"/v1/consolidations/{taken['id']}/undo").status_code == 409


def test_what_was_exported_is_imported_elsewhere(serving, tmp_path):
    here = serving()
    stored(here)
    lines = here("GET", "/v1/export")
    assert lines.headers["content-type"].startswith("application/x-ndjson")

    there = serving()
    there.path = tmp_path / "other.db"
    report = there("POST", "/v1/import", content=lines.content, headers=LINES)

    assert report.json()["created"] == 1
    assert there("GET", "/v1/search?category=backend").json()[0]["trust"] == "imported"


def test_restoring_needs_a_server_that_lets_requests_confirm(serving, tmp_path):
    here = serving(ServeOptions(confirming=True))
    stored(here, source="test")
    lines = here("GET", "/v1/export").content
    refused = serving()("POST", "/v1/restore", content=lines, headers=LINES)
    here.path = tmp_path / "other.db"
    report = here("POST", "/v1/restore", content=lines, headers=LINES)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert report.json()["created"] == 1
    assert here("GET", "/v1/search?category=backend").json()[0]["trust"] == "confirmed"


@pytest.mark.parametrize("source", ["test", "environment", "human"])
def test_a_request_confirms_nothing_unless_it_may(serving, source):
    ask = serving()
    pattern_id = stored(ask)
    for path, body, field in (
        (f"/v1/patterns/{pattern_id}/outcomes", {"success": True, "source": source}, "source"),
        ("/v1/patterns", {**PATTERN, "source": source}, "source"),
        ("/v1/patterns/batch", {"patterns": [{**PATTERN, "source": source}]}, "patterns[0].source"),
    ):
        refused = ask("POST", path, json=body)
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)
    assert ask("GET", f"/v1/patterns/{pattern_id}").json()["trust"] == "reported"

    trusted = serving(ServeOptions(confirming=True))
    path = f"/v1/patterns/{pattern_id}/outcomes"
    assert trusted("POST", path, json={"success": True, "source": source}).status_code == 201


def test_a_request_stays_within_the_namespace_of_the_server(serving):
    one, other = serving(ServeOptions(namespace="a")), serving(ServeOptions(namespace="b"))
    pattern_id = stored(one)

    assert other("GET", f"/v1/patterns/{pattern_id}").status_code == 404
    assert other("GET", "/v1/patterns").json()["patterns"] == []
    for attempt in ("?namespace=a", "?limit=5&namespace=a"):
        assert other("GET", f"/v1/patterns{attempt}").status_code == 400
    assert other("POST", "/v1/patterns", json={**PATTERN, "namespace": "a"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "named", "status", "code", "field"),
    [
        ("GET", "/v1/patterns/no-id", {}, 400, "invalid_input", "id"),
        ("GET", "/v1/patterns/7d0c49f2-0e3d-440b-ac93-69f23f3bc90d", {}, 404, "not_found", None),
        ("GET", "/v1/patterns?limit=0", {}, 400, "invalid_input", "limit"),
        ("GET", "/v1/patterns?limit=2&limit=3", {}, 400, "invalid_input", "limit"),
        ("GET", "/v1/search", {}, 400, "invalid_input", "category"),
        ("POST", "/v1/patterns", {"json": {**PATTERN, "colour": 1}}, 400, "invalid_input", "colour"),
        ("POST", "/v1/patterns", {"json": [PATTERN]}, 400, "invalid_input", "body"),
        ("POST", "/v1/similar", {"json": {"top_k": 3}}, 400, "invalid_input", "task_description"),
        ("POST", "/v1/patterns", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type", None),
        ("PUT", "/v1/patterns", {}, 405, "method_not_allowed", None),
        ("GET", "/nowhere", {}, 404, "not_found", None),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_form(ask, method, path, named, status, code, field):
    refused = ask(method, path, **named)
    error = refused.json()["error"]

    assert (refused.status_code, error["code"], error["field"]) == (status, code, field)
    assert error["message"]


def test_without_the_token_nothing_is_told_but_that_the_server_runs(ask):
    for token in (None, "wrong", "a-token-of-these-test"):
        refused = ask("GET", "/v1/stats", token=token)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert ask("GET", "/openapi.json", token=None).status_code == 401
    assert ask("GET", "/metrics", token=None).status_code == 401
    assert ask("GET", "/healthz", token=None).json() == {"status": "ok"}
    assert ask("GET", "/readyz", token=None).json() == {"status": "ok"}


def test_a_foreign_name_or_origin_gets_no_further(ask):
    assert ask("GET", "/healthz", headers={"host": "evil.example"}).status_code == 421
    assert ask("GET", "/v1/stats", headers={"origin": "https://evil.example"}).status_code == 403
    assert ask("GET", "/v1/stats", headers={"origin": "http://localhost:8849"}).status_code == 200


def test_a_body_that_is_too_long_is_refused(serving):
    ask = serving(ServeOptions(import_bytes=100), ListenOptions(body_bytes=200))

    long = {**PATTERN, "strategy": "x" * 300}
    assert ask("POST", "/v1/patterns", json=long).status_code == 413
    assert ask("POST", "/v1/import", content=b"x" * 101, headers=LINES).status_code == 413


def test_no_answer_names_a_place_on_this_machine(ask, tmp_path):
    stored(ask)

    for path in ("/v1/stats", "/v1/overview", "/metrics", "/v1/metrics", "/openapi.json"):
        assert str(tmp_path) not in ask("GET", path).text


def test_figures_come_as_json_and_for_prometheus(ask):
    pytest.importorskip("prometheus_client")
    stored(ask)
    with ReasoningBank.open(ask.path) as bank:
        bank.recall("add a login")

    lately = ask("GET", "/v1/metrics?last_seconds=3600").json()
    assert {one["name"] for one in lately["operations"]} == {"put", "recall"}
    text = ask("GET", "/metrics")
    assert text.headers["content-type"].startswith("text/plain")
    assert "reasoningbank_patterns" in text.text


def test_the_document_describes_every_address(ask):
    document = ask("GET", "/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert {"get", "post"} == set(document["paths"]["/v1/patterns"])
    references = set(
        __import__("re").findall(r'"#/components/schemas/(\w+)"', json.dumps(document))
    )
    assert references <= set(document["components"]["schemas"])
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_the_example_shapes_of_the_document_are_those_of_the_answers(ask):
    jsonschema = pytest.importorskip("jsonschema")
    pattern_id = stored(ask)
    document = ask("GET", "/openapi.json").json()
    for path, asked in (
        ("/v1/patterns/{id}", f"/v1/patterns/{pattern_id}"),
        ("/v1/patterns/{id}/life", f"/v1/patterns/{pattern_id}/life"),
        ("/v1/overview", "/v1/overview"),
        ("/v1/metrics", "/v1/metrics"),
    ):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        jsonschema.validate(ask("GET", asked).json(), schema)


LEAVES = [
    one
    for one in map(reasoningbank.__dict__.get, reasoningbank.__all__)
    if isinstance(one, type)
    and issubclass(one, ReasoningBankError)
    and one is not ReasoningBankError
]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_every_error_of_the_bank_has_a_status_of_its_own(kind):
    answer = error_answer(kind("went wrong", field="top_k"))

    assert 400 <= answer.status_code < 600
    assert json.loads(answer.body)["error"]["code"] == kind.code
