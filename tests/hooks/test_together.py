"""Hooks beside one another, and beside the server that the agent talks to."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.hosts.json_rpc import ServerSession
from tests.hooks.host import PATIENT, PROGRAM, recorded


def test_steps_noted_at_once_are_all_kept(home, hook, bank_path):
    hook("UserPromptSubmit")
    running = []
    for number in range(8):
        given = recorded(
            "PostToolUse-Bash",
            cwd=str(home / "work"),
            tool_input={"command": f"./build part {number}"},
        )
        process = subprocess.Popen([*PATIENT, "hook", "PostToolUse"], stdin=subprocess.PIPE)
        process.stdin.write(json.dumps(given).encode())
        process.stdin.close()
        running.append(process)
    assert [process.wait(60) for process in running] == [0] * 8
    hook("Stop")

    with ReasoningBank.open(bank_path) as bank:
        [kept] = bank.trajectories()
    assert sorted(step.action for step in kept.steps) == [f"./build part {n}" for n in range(8)]


def test_what_the_agent_is_asked_can_be_answered_through_the_server(turn, hook, bank_path):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    asked = turn()["hookSpecificOutput"]["additionalContext"]
    trajectory_id = re.search(r"trajectory_id ([0-9a-f-]{36})", asked).group(1)
    lesson = {"title": "Strip first", "strategy": "Strip white space before parsing."}

    with ServerSession([*PROGRAM, "mcp"]) as session:
        session.initialise()
        told = session.call(
            "reasoningbank_learn",
            {"trajectory_id": trajectory_id, "distillation": {"lessons": [lesson]}},
        )
    hook("Stop", changes={"stop_hook_active": True})

    assert told["status"] == "learned"
    with ReasoningBank.open(bank_path) as bank:
        [learned] = bank.search_by_category("software-engineering")
    assert learned.strategy == lesson["strategy"]
    assert learned.trust == "confirmed"
