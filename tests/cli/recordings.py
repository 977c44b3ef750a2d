"""Small recordings in the formats that agents and test runners leave, to be learned from."""

from __future__ import annotations

import json
from pathlib import Path

KINDS = ("swe-agent", "mini-swe-agent", "claude-code", "own", "junit")


def steps(name: str) -> list[tuple[str, str, str]]:
    """Thought, command and output of a task that fails, is mended and then passes."""
    return [
        ("Run the tests first.", f"pytest -q {name}", "E   NameError: name 'limit'\n1 failed in 0.1s"),
        (
            "The name is misspelt, because it was renamed in the caller only.",
            f"sed -i 's/limit/most/' {name}.py",
            "",
        ),
        ("Run them again.", f"pytest -q {name}", "3 passed in 0.1s"),
    ]  # fmt: skip


def swe_agent(name: str) -> str:
    prompt = "(Open file: n/a)\n(Current directory: /repo)\nbash-$"
    task = f"ISSUE:\nThe tests of {name} fail.\n\n\nINSTRUCTIONS:\nNow solve it.\n\n{prompt}"
    return json.dumps({
        "environment": "main",
        "trajectory": [
            {"thought": thought, "action": command, "observation": output, "response": "", "state": "{}"}
            for thought, command, output in steps(name)
        ],
        "history": [{"role": "user", "content": task, "agent": "main"}],
        "info": {"exit_status": "submitted"},
    })  # fmt: skip


def mini_swe_agent(name: str) -> str:
    messages = [
        {"role": "system", "content": "You act."},
        {"role": "user", "content": f"Please solve this issue: The tests of {name} fail."},
    ]
    for thought, command, output in steps(name):
        code = int("failed" in output)
        messages += [
            {"role": "assistant", "content": f"{thought}\n\n```bash\n{command}\n```"},
            {"role": "user", "content": f"<returncode>{code}</returncode>\n<output>\n{output}\n</output>"},
        ]  # fmt: skip
    info = {"exit_status": "Submitted", "submission": ""}
    return json.dumps({"messages": messages, "info": info, "trajectory_format": "mini-swe-agent-1"})


def claude_code(name: str) -> str:
    lines: list[dict[str, object]] = [
        {"type": "user", "message": {"role": "user", "content": f"Make the tests of {name} pass"}}
    ]
    for number, (thought, command, output) in enumerate(steps(name)):
        call = {
            "type": "tool_use",
            "id": str(number),
            "name": "Bash",
            "input": {"command": command},
        }
        result = {"type": "tool_result", "tool_use_id": str(number), "content": output,
                  "is_error": "failed" in output}  # fmt: skip
        text = {"type": "text", "text": thought}
        lines += [
            {"type": "assistant", "message": {"role": "assistant", "content": [text, call]}},
            {"type": "user", "message": {"role": "user", "content": [result]}},
        ]
    return "\n".join(map(json.dumps, lines))


def own(name: str, **fields: object) -> str:
    told = [
        {"thought": thought, "action": command, "observation": output}
        for thought, command, output in steps(name)
    ]
    line = {"task_description": f"The tests of {name} fail", "task_category": "debugging"}
    return json.dumps({**line, "steps": told, **fields})


def junit(name: str, failures: int = 0) -> str:
    failed = "".join(
        f'<testcase classname="{name}" name="test_{number}"><failure message="no">no</failure></testcase>'
        for number in range(failures)
    )
    return (
        f'<?xml version="1.0"?><testsuites><testsuite name="{name}" tests="{failures + 2}" '
        f'failures="{failures}" errors="0">{failed}<testcase classname="{name}" name="test_a"/>'
        f'<testcase classname="{name}" name="test_b"/></testsuite></testsuites>'
    )


def recording(kind: str, name: str) -> str:
    """The text of a recording of that kind; `name` makes it another than the rest."""
    write = {
        "swe-agent": swe_agent,
        "mini-swe-agent": mini_swe_agent,
        "claude-code": claude_code,
        "own": own,
        "junit": junit,
    }[kind]
    return write(name)


def record(folder: Path) -> dict[str, Path]:
    """Write one recording of each kind into a folder."""
    endings = ("traj", "traj.json", "jsonl", "jsonl", "xml")
    paths = {}
    for kind, ending in zip(KINDS, endings, strict=True):
        paths[kind] = folder / f"{kind}.{ending}"
        paths[kind].write_text(recording(kind, kind.replace("-", "_")), "utf-8")
    return paths
