"""The SDK's own client runs every tool, resource and prompt, over every transport and in both protocol eras."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

import httpx2
import jsonschema
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.mcp.servers import json_of, over_stdio, pattern, run, serving_http

TRAJECTORY = {
    "task_description": "Make the tests of the parser pass",
    "task_category": "debugging",
    "steps": [
        {"action": "pytest -q", "observation": "E   NameError: name 'x' is not defined"},
        {"action": "edit parser.py: define x", "observation": None},
        {"action": "pytest -q", "observation": "3 passed in 0.11s"},
    ],
    "verdict": {"kind": "success", "evidence": {"exit_code": 0}},
}
LESSON = {
    "title": "Read the name",
    "strategy": "When a name is missing, define it first.",
    "tags": [],
}


@asynccontextmanager
async def connected(transport, mode, bank, stack):
    if transport == "stdio":
        async with Client(over_stdio(bank), mode=mode) as client:
            yield client
        return
    server = stack.enter_context(serving_http(bank))
    async with (
        httpx2.AsyncClient(headers=server.headers) as http,
        Client(streamable_http_client(server.url, http_client=http), mode=mode) as client,
    ):
        yield client


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_every_tool_resource_and_prompt_answers_as_declared(transport, mode, bank):
    from contextlib import ExitStack

    async def main(stack):
        async with connected(transport, mode, bank, stack) as client:
            declared = {tool.name: tool for tool in (await client.list_tools()).tools}
            called = set()

            async def call(name, **arguments):
                called.add(name)
                result = await client.call_tool(name, arguments)
                content = json_of(result)
                structured = result.structured_content
                jsonschema.validate(arguments, declared[name].input_schema)
                jsonschema.validate(structured, declared[name].output_schema)
                assert structured == (content if isinstance(content, dict) else {"result": content})
                return content

            stored = await call("reasoningbank_store_pattern", **pattern())
            assert set(stored) == {"patternId", "status"}
            assert stored["status"] == "stored"
            found = await call("reasoningbank_get_pattern", pattern_id=stored["patternId"])
            assert (found["id"], found["trust"]) == (stored["patternId"], "reported")
            missing = "01a1fba1-c38e-7000-8000-000000000000"
            assert await call("reasoningbank_get_pattern", pattern_id=missing) is None
            [similar] = await call(
                "reasoningbank_find_similar",
                task_description="Implement a REST API",
                category="backend_development",
                top_k=3,
            )
            assert similar["id"] == stored["patternId"]
            [listed] = await call(
                "reasoningbank_search_by_category", category="backend_development"
            )
            assert listed == found
            recalled = await call("reasoningbank_recall", task_description="Implement a REST API")
            assert [one["id"] for one in recalled["patterns"]] == [stored["patternId"]]
            assert "test_driven_development" in recalled["prompt"]
            told = await call(
                "reasoningbank_record_outcome", recall_id=recalled["recall_id"], success=True
            )
            assert told["recorded"][0]["uses"] == 1
            kept = await call("reasoningbank_learn", trajectory=TRAJECTORY)
            assert kept["status"] == "pending"
            assert (
                kept["distillation_request"]["material"]["task"] == TRAJECTORY["task_description"]
            )
            learned = await call(
                "reasoningbank_learn",
                trajectory_id=kept["trajectory_id"],
                distillation={"lessons": [LESSON]},
            )
            assert learned["status"] == "learned"
            stats = await call("reasoningbank_get_stats")
            assert stats["total_patterns"] == 2
            assert called == set(declared)

            [resource] = (await client.list_resources()).resources
            assert str(resource.uri) == "reasoningbank://stats"
            [template] = (await client.list_resource_templates()).resource_templates
            uri = template.uri_template.replace("{id}", stored["patternId"])
            for one, expected in (
                (uri, "test_driven_development"),
                (resource.uri, "total_patterns"),
            ):
                [content] = (await client.read_resource(one)).contents
                assert content.mime_type == "application/json"
                assert expected in content.text

            names = [prompt.name for prompt in (await client.list_prompts()).prompts]
            assert names == ["before_a_task", "after_a_task"]
            before = await client.get_prompt(
                "before_a_task", {"task_description": "Implement a REST API"}
            )
            assert "test_driven_development" in before.messages[0].content.text
            after = await client.get_prompt("after_a_task", {"recall_id": recalled["recall_id"]})
            assert recalled["recall_id"] in after.messages[0].content.text

    with ExitStack() as stack:
        run(lambda: main(stack))
