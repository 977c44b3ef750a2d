"""Runs as agents and test runners write them: of our own making, in the forms of theirs."""

from __future__ import annotations

from typing import Any

PROMPT = "(Open file: /repo/a.py)\n(Current directory: /repo)\nbash-$"


FIRST = f"We're solving this.\nISSUE:\nIt prints 344.\n\n\nINSTRUCTIONS:\nNow solve it.\n\n{PROMPT}"


SWE_AGENT: dict[str, Any] = {
    "environment": "swe_main",
    "trajectory": [
        {
            "action": "python a.py\n",
            "observation": "344\r\n",
            "response": "...",
            "state": '{"open_file": "n/a"}\n',
            "thought": "Reproduce it.\n",
        },
        {
            "action": "submit",
            "observation": "diff --git a/a.py b/a.py",
            "thought": "",
            "execution_time": 0.5,
            "state": {"open_file": "n/a"},
            "query": [{"role": "system", "content": "long"}],
        },
    ],
    "history": [
        {"role": "system", "content": "SETTING", "agent": "main"},
        {"role": "user", "content": "ISSUE:\na demonstration\nINSTRUCTIONS:", "is_demo": True},
        {"role": "user", "content": FIRST, "agent": "main"},
    ],
    "info": {"exit_status": "submitted", "submission": "diff --git a/a.py b/a.py", "model_stats": {}},
}  # fmt: skip


def user(content: object, **fields: object) -> dict[str, object]:
    return {"type": "user", "message": {"role": "user", "content": content}, "sessionId": "s-1",
            "cwd": "/home/ann/app", "timestamp": "2026-11-21T01:02:03.004Z", **fields}  # fmt: skip


def assistant(*blocks: dict[str, object], **fields: object) -> dict[str, object]:
    return {
        "type": "assistant",
        "message": {"role": "assistant", "content": list(blocks)},
        **fields,
    }


def used(call: str, name: str, **given_input: object) -> dict[str, object]:
    return {"type": "tool_use", "id": call, "name": name, "input": given_input}


def result(call: str, content: object, **fields: object) -> dict[str, object]:
    return user([{"type": "tool_result", "tool_use_id": call, "content": content, **fields}])


TRANSCRIPT = [
    {"type": "summary", "summary": "A session", "leafUuid": "x"},
    {"type": "file-history-snapshot", "snapshot": {}},
    user("Caveat: the messages below", isMeta=True),
    user("<command-name>/clear</command-name>"),
    user("Make the tests of the parser pass"),
    assistant({"type": "thinking", "thinking": "First run them."}),
    assistant({"type": "text", "text": "I run them."}, used("1", "Bash", command="pytest -q")),
    result("1", "Exit code 1\n1 failed in 0.1s", is_error=True),
    assistant(used("2", "Edit", file_path="/home/ann/app/p.py", old_string="a\nb", new_string="a\nc")),
    result("2", [{"type": "text", "text": "The file was updated."}]),
    user("go on", isSidechain=True),
    user("yes please"),
    assistant(used("3", "Bash", command="pytest -q")),
    result("3", "1 passed in 0.1s"),
    user([{"type": "text", "text": "Now write the release notes for it"}]),
    assistant(used("4", "Write", file_path="NEWS", content="- parses"), used("5", "Read", file_path="NEWS", limit=3), used("6", "Grep", pattern="x")),
    result("4", "written"),
]  # fmt: skip


REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="4" failures="1" errors="0" skipped="1" timestamp="2026-11-21T01:02:03">
<testcase classname="tests.test_a" name="test_adds" time="0.01" />
<testcase classname="tests.test_a" name="test_flaky" time="0.01"><rerunFailure message="x"/></testcase>
<testcase classname="tests.test_a" name="test_subtracts" time="1,002.5">
<failure type="AssertionError" message="assert 1 == 2">def test():
&gt;   assert 1 == 2</failure><system-out>noise</system-out></testcase>
<testcase classname="tests.test_a" name="test_later"><skipped message="not yet"/></testcase>
</testsuite></testsuites>
"""


OWN = {
    "task_description": "Print 3",
    "task_category": "python",
    "steps": [{"action": "python a.py", "observation": "3", "duration_seconds": 0.5}],
    "verdict": {"kind": "success", "score": 1.0, "source": "test"},
    "origin": "ci-17",
}
