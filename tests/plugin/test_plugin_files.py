"""The files of the plugin are what its host documents, and name what exists."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from reasoningbank.hooks.options import EVENTS, options_from
from reasoningbank.hosts.programs import places, settings_of

CLAUDE_EVENTS = {
    "SessionStart", "SessionEnd", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure",
    "Notification", "Stop", "SubagentStart", "SubagentStop", "PreCompact",
}  # fmt: skip


@pytest.fixture
def read(checkout):
    return lambda name: json.loads((checkout / name).read_text("utf-8"))


def commands(hooks):
    return {
        event: [one for group in groups for one in group["hooks"]]
        for event, groups in hooks["hooks"].items()
    }


def test_the_manifest_names_the_plugin_and_its_version(read, checkout):
    manifest = read("plugin/.claude-plugin/plugin.json")

    version = re.search(
        r'^version = "(.+)"$', (checkout / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert re.fullmatch(r"[a-z0-9-]+", manifest["name"])
    assert manifest["version"] == version.group(1)


def test_the_marketplace_lists_the_plugin_where_it_is(read, checkout):
    market = read(".claude-plugin/marketplace.json")
    [listed] = market["plugins"]

    assert market["name"]
    assert market["owner"]["name"]
    assert listed["name"] == read("plugin/.claude-plugin/plugin.json")["name"]
    assert (checkout / listed["source"] / ".claude-plugin" / "plugin.json").is_file()


def test_the_hooks_are_events_that_host_and_program_know(read):
    for event, found in commands(read("plugin/hooks/hooks.json")).items():
        assert event in CLAUDE_EVENTS
        for one in found:
            program, verb, *arguments = shlex.split(one["command"])
            assert (one["type"], program, verb) == ("command", "reasoningbank", "hook")
            assert options_from(arguments).event == event
            assert one["timeout"] >= 2


def test_tools_are_noted_without_making_the_agent_wait(read):
    for event, found in commands(read("plugin/hooks/hooks.json")).items():
        waits = [one.get("async") is not True for one in found]
        assert waits == [not event.startswith("PostToolUse")]


def test_the_plugin_and_the_installer_agree(read, home):
    files = settings_of("claude-code", places({}, home), ["reasoningbank"], (), hooks=True)
    installed = {edit.path[1]: [edit.value] for edit in files[1].edits}

    assert installed == read("plugin/hooks/hooks.json")["hooks"]
    server = files[0].edits[0]
    assert {server.key: server.value} == read("plugin/.mcp.json")["mcpServers"]


def test_the_server_is_started_by_a_verb_that_exists(read):
    from reasoningbank.cli.application import application

    [server] = read("plugin/.mcp.json")["mcpServers"].values()
    verbs = {command.name for command in application.registered_commands}

    assert server["command"] == "reasoningbank"
    assert server["args"][0] in verbs
    assert "hook" in verbs


def test_the_skill_says_what_it_is_for_and_names_tools_that_exist(checkout):
    text = (checkout / "plugin/skills/reasoningbank/SKILL.md").read_text("utf-8")
    front = re.match(r"---\nname: ([a-z-]+)\ndescription: (.+)\n---\n", text)

    assert front.group(1) == "reasoningbank"
    assert len(front.group(2)) <= 1024
    pytest.importorskip("mcp", reason="needs the extra mcp")
    from reasoningbank.mcp.catalogue import tools

    assert set(re.findall(r"`(reasoningbank_\w+)`", text)) <= set(tools())


def test_every_event_of_the_installer_is_known(home):
    for host in ("codex", "cursor"):
        for file in settings_of(host, places({}, home), ["reasoningbank"], (), hooks=True):
            events = {edit.path[1] for edit in file.edits if edit.path[:1] == ("hooks",)}
            assert events <= set(EVENTS)
