"""The tools: what they are called, what they take, and what they say when that is wrong."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.mcp.servers import in_process, json_of, pattern, run, text_of

# Name for name as the interface that this project was made for gives them.
SPECIFIED = {
    "reasoningbank_store_pattern": (
        {
            "task_description": {"type": "string"},
            "task_category": {"type": "string"},
            "strategy": {"type": "string"},
            "success_score": {"type": "number", "minimum": 0, "maximum": 1},
        },
        ["task_description", "task_category", "strategy", "success_score"],
    ),
    "reasoningbank_get_pattern": (
        {"pattern_id": {"type": "string", "format": "uuid"}},
        ["pattern_id"],
    ),
    "reasoningbank_find_similar": (
        {
            "task_description": {"type": "string"},
            "category": {"type": "string"},
            "top_k": {"type": "number", "default": 5},
        },
        ["task_description", "category"],
    ),
    "reasoningbank_get_stats": ({}, []),
}
OTHERS = [
    "reasoningbank_recall",
    "reasoningbank_record_outcome",
    "reasoningbank_learn",
    "reasoningbank_search_by_category",
]
READS_ONLY = {
    "reasoningbank_get_pattern",
    "reasoningbank_find_similar",
    "reasoningbank_get_stats",
    "reasoningbank_search_by_category",
}
UNKNOWN_ID = "01a1fba1-c38e-7000-8000-000000000000"
STEPS = [{"action": "look", "observation": "seen"}]


def listed(**options):
    async def main():
        async with in_process(**options) as client:
            return (await client.list_tools()).tools

    return run(main)


def answers(*calls, **options):
    """The results of calls, one after the other, on one server."""

    async def main():
        async with in_process(**options) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return run(main)


def store(**changes):
    return ("reasoningbank_store_pattern", pattern(**changes))


def test_there_are_eight_tools_and_the_first_four_are_as_specified():
    tools = listed()

    assert [tool.name for tool in tools] == [*SPECIFIED, *OTHERS]
    for tool in tools[: len(SPECIFIED)]:
        properties, required = SPECIFIED[tool.name]
        typed = {
            name: {key: value for key, value in schema.items() if key != "description"}
            for name, schema in tool.input_schema["properties"].items()
        }
        assert typed == properties
        assert tool.input_schema.get("required", []) == required


def test_each_tool_says_whether_it_changes_or_destroys_something():
    for tool in listed():
        assert tool.annotations.read_only_hint is (tool.name in READS_ONLY)
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False
        assert "Call" in tool.description
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)


def test_no_schema_makes_a_choice_at_its_root_since_some_hosts_refuse_that():
    for tool in listed():
        assert tool.input_schema["type"] == "object"
        assert not {"oneOf", "anyOf", "allOf"} & set(tool.input_schema)


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        (*store(strategy=""), "strategy"),
        (*store(strategy=3), "strategy"),
        (*store(success_score=1.5), "success_score"),
        (*store(success_score="high"), "success_score"),
        (*store(success_score=True), "success_score"),
        (*store(success_score=None), "success_score"),
        (*store(task_category="two\nlines"), "task_category"),
        (*store(strategy="x" * 70_000), "strategy"),
        (*store(confidence=1), "confidence"),
        ("reasoningbank_store_pattern", {"task_description": "a", "task_category": "b"}, "strategy"),
        ("reasoningbank_get_pattern", {"pattern_id": "../../etc/passwd"}, "pattern_id"),
        ("reasoningbank_get_pattern", {}, "pattern_id"),
        ("reasoningbank_find_similar", {"task_description": "a"}, "category"),
        ("reasoningbank_find_similar", {"task_description": "a", "category": "c", "top_k": 0}, "top_k"),
        ("reasoningbank_find_similar", {"task_description": "a", "category": "c", "top_k": 2.5}, "top_k"),
        ("reasoningbank_find_similar", {"task_description": "", "category": "c"}, "task_description"),
        ("reasoningbank_get_stats", {"verbose": True}, "verbose"),
        ("reasoningbank_recall", {"task_description": "a", "k": 51}, "k"),
        ("reasoningbank_recall", {"task": "a"}, "task"),
        ("reasoningbank_record_outcome", {"success": True}, "recall_id"),
        ("reasoningbank_record_outcome", {"pattern_id": UNKNOWN_ID}, "success"),
        ("reasoningbank_record_outcome", {"pattern_id": "no id", "success": True}, "pattern_id"),
        ("reasoningbank_record_outcome", {"recall_id": "no id", "success": True}, "recall_id"),
        ("reasoningbank_record_outcome", {"pattern_id": UNKNOWN_ID, "score": 2}, "score"),
        (
            "reasoningbank_record_outcome",
            {"pattern_id": UNKNOWN_ID, "success": True, "source": "imported"},
            "source",
        ),
        (
            "reasoningbank_record_outcome",
            {"pattern_id": UNKNOWN_ID, "recall_id": UNKNOWN_ID, "success": True},
            "pattern_id",
        ),
        (
            "reasoningbank_record_outcome",
            {"pattern_id": UNKNOWN_ID, "used": [], "success": True},
            "used",
        ),
        ("reasoningbank_learn", {}, "trajectory"),
        ("reasoningbank_learn", {"trajectory": {"task_description": "a"}}, "trajectory.task_category"),
        (
            "reasoningbank_learn",
            {"trajectory": {"task_description": "a", "task_category": "c", "steps": [{}]}},
            "trajectory.steps[0].action",
        ),
        (
            "reasoningbank_learn",
            {"trajectory": {"task_description": "", "task_category": "c", "steps": STEPS}},
            "trajectory.task_description",
        ),
        ("reasoningbank_learn", {"trajectory_id": UNKNOWN_ID}, "distillation"),
        (
            "reasoningbank_learn",
            {"trajectory_id": UNKNOWN_ID, "distillation": {"lessons": [{"title": "t"}]}},
            "distillation.lessons[0].strategy",
        ),
        (
            "reasoningbank_learn",
            {"trajectory_id": UNKNOWN_ID, "verdict": {"kind": "partial"}},
            "verdict.score",
        ),
        ("reasoningbank_search_by_category", {"category": "c", "limit": "many"}, "limit"),
        ("reasoningbank_search_by_category", {"category": "c", "limit": 20_000}, "limit"),
    ],
)  # fmt: skip
def test_wrong_input_is_a_tool_error_that_names_the_field(name, arguments, field):
    [result] = answers((name, arguments))

    assert result.is_error
    assert text_of(result).startswith(f"{field} ")
    assert result.meta["reasoningbank/error"]["field"] == field
    assert result.structured_content is None


def test_an_unknown_id_says_what_was_not_found():
    results = answers(
        ("reasoningbank_record_outcome", {"pattern_id": UNKNOWN_ID, "success": True}),
        ("reasoningbank_record_outcome", {"recall_id": UNKNOWN_ID, "success": True}),
        ("reasoningbank_learn", {"trajectory_id": UNKNOWN_ID, "verdict": {"kind": "success"}}),
    )

    for result in results:
        assert result.is_error
        assert UNKNOWN_ID in text_of(result)
        assert result.meta["reasoningbank/error"]["code"] == "not_found"


def test_an_empty_answer_is_an_empty_list_and_nothing_is_null():
    similar, category, missing = answers(
        ("reasoningbank_find_similar", {"task_description": "a", "category": "none"}),
        ("reasoningbank_search_by_category", {"category": "none"}),
        ("reasoningbank_get_pattern", {"pattern_id": UNKNOWN_ID}),
    )

    assert text_of(similar) == text_of(category) == "[]"
    assert similar.structured_content == {"result": []}
    assert text_of(missing) == "null"
    assert missing.structured_content == {"result": None}


def test_a_secret_is_taken_out_and_the_answer_says_so():
    stored, similar = answers(
        store(strategy="Use the key AKIAIOSFODNN7EXAMPLE for the bucket"),
        (
            "reasoningbank_find_similar",
            {"task_description": "REST", "category": "backend_development"},
        ),
    )

    assert [one["field"] for one in json_of(stored)["redacted"]] == ["strategy"]
    assert "AKIAIOSFODNN7EXAMPLE" not in text_of(similar)


@pytest.mark.parametrize("claimed", ["test", "environment", "human", "caller"])
def test_a_tool_call_gives_at_most_reported(claimed):
    async def main():
        async with in_process() as client:
            stored = json_of(await client.call_tool(*store()))
            given = {"pattern_id": stored["patternId"], "success": True, "source": claimed}
            return json_of(await client.call_tool("reasoningbank_record_outcome", given))

    [recorded] = run(main)["recorded"]

    assert (recorded["source"], recorded["trust"]) == ("caller", "reported")


@pytest.mark.parametrize("claimed", ["test", "environment", "human"])
def test_a_verdict_claimed_by_a_tool_call_gives_at_most_reported(claimed):
    async def main():
        async with in_process() as client:
            trajectory = {
                "task_description": "a",
                "task_category": "c",
                "steps": STEPS,
                "verdict": {"kind": "success", "source": claimed},
            }
            kept = json_of(
                await client.call_tool("reasoningbank_learn", {"trajectory": trajectory})
            )
            lesson = {"title": "t", "strategy": "Look first."}
            learned = await client.call_tool(
                "reasoningbank_learn",
                {"trajectory_id": kept["trajectory_id"], "distillation": {"lessons": [lesson]}},
            )
            [pattern_id] = json_of(learned)["patterns"]
            found = await client.call_tool("reasoningbank_get_pattern", {"pattern_id": pattern_id})
            return kept, json_of(found)

    kept, found = run(main)

    assert kept["verdict"]["source"] == "caller"
    assert found["trust"] == "reported"


def test_an_outcome_without_a_source_is_the_agents_own_judgement():
    async def main():
        async with in_process() as client:
            stored = json_of(await client.call_tool(*store()))
            given = {"pattern_id": stored["patternId"], "score": 0.4}
            return json_of(await client.call_tool("reasoningbank_record_outcome", given))

    [recorded] = run(main)["recorded"]

    assert (recorded["kind"], recorded["source"]) == ("partial", "agent")


def test_only_the_patterns_named_as_used_get_the_outcome_of_a_recall():
    async def main():
        async with in_process() as client:
            await client.call_tool(*store())
            recalled = json_of(
                await client.call_tool("reasoningbank_recall", {"task_description": "A REST API"})
            )
            given = {"recall_id": recalled["recall_id"], "used": [], "success": False}
            return json_of(await client.call_tool("reasoningbank_record_outcome", given))

    assert run(main) == {"recorded": []}


def test_recall_says_so_when_nothing_is_similar_enough():
    _, result = answers(store(), ("reasoningbank_recall", {"task_description": "Bake bread"}))

    recalled = json_of(result)
    assert recalled["abstained"] is True
    assert recalled["patterns"] == []
    assert recalled["prompt"] == ""


def test_an_experience_without_a_verdict_waits_until_one_is_told():
    async def main():
        async with in_process() as client:
            trajectory = {"task_description": "a", "task_category": "c", "steps": STEPS}
            kept = json_of(
                await client.call_tool("reasoningbank_learn", {"trajectory": trajectory})
            )
            told = await client.call_tool(
                "reasoningbank_learn",
                {"trajectory_id": kept["trajectory_id"], "verdict": {"kind": "failure"}},
            )
            return kept, json_of(told)

    kept, told = run(main)

    assert kept["status"] == "pending"
    assert kept["distillation_request"] is None
    assert "verdict" in kept["what_next"]
    assert told["distillation_request"]["material"]["outcome"]["kind"] == "failure"


def test_the_bank_can_be_asked_to_distil_by_rules_alone():
    trajectory = {
        "task_description": "Make the tests pass",
        "task_category": "debugging",
        "steps": [
            {"action": "pytest -q", "observation": "E   NameError: name 'x'"},
            {"action": "edit 'y = x' 'y = 1'"},
            {"action": "pytest -q", "observation": "1 passed in 0.1s"},
        ],
    }
    [result] = answers(("reasoningbank_learn", {"trajectory": trajectory, "distil": "bank"}))

    assert json_of(result)["status"] == "learned"
    assert len(json_of(result)["patterns"]) == 1


def test_the_same_experience_is_kept_once_and_answered_alike():
    trajectory = {
        "task_description": "a",
        "task_category": "c",
        "steps": STEPS,
        "verdict": {"kind": "success"},
    }
    first, second = answers(
        ("reasoningbank_learn", {"trajectory": trajectory}),
        ("reasoningbank_learn", {"trajectory": trajectory}),
    )

    assert json_of(first)["trajectory_id"] == json_of(second)["trajectory_id"]
    assert json_of(second)["distillation_request"] is not None


def test_lessons_of_another_form_are_refused_and_the_experience_stays():
    async def main():
        async with in_process() as client:
            trajectory = {
                "task_description": "a",
                "task_category": "c",
                "steps": STEPS,
                "verdict": {"kind": "success"},
            }
            kept = json_of(
                await client.call_tool("reasoningbank_learn", {"trajectory": trajectory})
            )
            given = {
                "trajectory_id": kept["trajectory_id"],
                "distillation": {"lessons": [{"title": "t", "strategy": ""}]},
            }
            wrong = await client.call_tool("reasoningbank_learn", given)
            given["distillation"]["lessons"][0]["strategy"] = "Look first."
            return wrong, json_of(await client.call_tool("reasoningbank_learn", given))

    wrong, learned = run(main)

    assert text_of(wrong).startswith("distillation.lessons[0].strategy ")
    assert learned["status"] == "learned"


def test_a_long_list_is_cut_to_the_budget_and_names_what_was_left_out():
    async def main():
        async with in_process(response_bytes=5_000) as client:
            for number in range(8):
                await client.call_tool(*store(strategy=f"{number} " + "x" * 900))
            given = {"category": "backend_development", "limit": 8}
            result = await client.call_tool("reasoningbank_search_by_category", given)
            rest = [await client.read_resource(uri) for uri in result.structured_content["next"]]
            return result, [json.loads(one.contents[0].text)["id"] for one in rest]

    result, rest = run(main)

    assert len(text_of(result)) <= 5_000
    assert result.structured_content["truncated"] is True
    shown = [one["id"] for one in json.loads(text_of(result))]
    assert 1 <= len(shown) < 8
    assert len({*shown, *rest}) == 8
    assert "did not fit" in result.content[1].text


def test_a_pattern_longer_than_the_budget_is_cut_and_whole_as_a_resource():
    async def main():
        async with in_process(response_bytes=3_000) as client:
            stored = json_of(await client.call_tool(*store(strategy="ä" * 20_000)))
            got = await client.call_tool(
                "reasoningbank_get_pattern", {"pattern_id": stored["patternId"]}
            )
            whole = await client.read_resource(got.structured_content["next"])
            return got, json.loads(whole.contents[0].text)

    got, whole = run(main)

    assert len(text_of(got).encode()) <= 3_000
    assert got.structured_content["truncated"] == ["strategy"]
    assert got.structured_content["strategy"].endswith("[cut]")
    assert whole["strategy"] == "ä" * 20_000


def test_material_longer_than_the_budget_is_cut_in_the_middle():
    steps = [{"action": f"step {number}", "observation": "y" * 2_000} for number in range(60)]
    trajectory = {
        "task_description": "a",
        "task_category": "c",
        "steps": steps,
        "verdict": {"kind": "success"},
    }
    [result] = answers(("reasoningbank_learn", {"trajectory": trajectory}), response_bytes=16_000)

    learned = json_of(result)
    assert len(text_of(result)) <= 16_000
    assert learned["truncated"] is True
    assert learned["distillation_request"]["material"]["steps_left_out"] > 0


def test_nothing_can_be_deleted_unless_the_server_was_started_so():
    assert not any(tool.annotations.destructive_hint for tool in listed())

    async def main():
        async with in_process(allow_delete=True) as client:
            [tool] = [
                one for one in (await client.list_tools()).tools if one.annotations.destructive_hint
            ]
            pattern_id = json_of(await client.call_tool(*store()))["patternId"]
            unconfirmed = await client.call_tool(
                tool.name, {"pattern_id": pattern_id, "confirm": UNKNOWN_ID}
            )
            still = await client.call_tool("reasoningbank_get_pattern", {"pattern_id": pattern_id})
            deleted = await client.call_tool(
                tool.name, {"pattern_id": pattern_id, "confirm": pattern_id}
            )
            gone = await client.call_tool("reasoningbank_get_pattern", {"pattern_id": pattern_id})
            return unconfirmed, still, deleted, gone

    unconfirmed, still, deleted, gone = run(main)

    assert text_of(unconfirmed).startswith("confirm ")
    assert json_of(still) is not None
    assert json_of(deleted)["status"] == "deleted"
    assert json_of(gone) is None


def test_a_server_sees_its_own_namespace_only(bank):
    async def main():
        async with in_process(target=str(bank), namespace="one") as one:
            stored = json_of(await one.call_tool(*store()))
        async with in_process(target=str(bank), namespace="two") as two:
            got = await two.call_tool(
                "reasoningbank_get_pattern", {"pattern_id": stored["patternId"]}
            )
            return json_of(got), json_of(await two.call_tool("reasoningbank_get_stats", {}))

    found, stats = run(main)

    assert found is None
    assert (stats["namespace"], stats["total_patterns"]) == ("two", 0)


def test_a_bank_that_cannot_be_opened_is_a_tool_error_and_the_server_lives(tmp_path):
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)

    async def main():
        async with in_process(target=str(broken)) as client:
            first = await client.call_tool("reasoningbank_get_stats", {})
            return first, len((await client.list_tools()).tools)

    first, tools = run(main)

    assert first.is_error
    assert str(broken) in text_of(first)
    assert tools == 8
    assert broken.read_bytes() == b"no database at all" * 100
