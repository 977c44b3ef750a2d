"""Reading the files that agents and test runners leave: each kind by its content, hostile ones too."""

from __future__ import annotations

import json
import os
import socket
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoningbank import (
    InvalidInput,
    NotFound,
    ReasoningBank,
    ReasoningBankError,
    TrajectoryInput,
    read_test_report,
    read_trajectories,
)
from reasoningbank.domain import limits
from tests.learning.runs import (
    OWN,
    PROMPT,
    REPORT,
    SWE_AGENT,
    TRANSCRIPT,
    assistant,
    user,
)


def written(folder: Path, content: object, name: str = "file") -> Path:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def read(path: Path, **options: Any) -> TrajectoryInput:
    [given_one] = read_trajectories(path, **options)
    return given_one


# ------------------------------------------------------------------ SWE-agent


def test_a_swe_agent_run_is_one_experience_without_a_verdict(tmp_path: Path) -> None:
    run = read(written(tmp_path, SWE_AGENT))

    assert (run.task_description, run.task_category) == ("It prints 344.", "software-engineering")
    assert [step.action for step in run.steps] == ["python a.py", "submit"]
    first, second = run.steps
    assert (first.observation, first.thought) == ("344\n", "Reproduce it.\n")
    assert (second.thought, second.duration_seconds) == (None, 0.5)
    assert run.verdict is None
    assert run.metadata["exit_status"] == "submitted"
    assert run.metadata["submission"] == "diff --git a/a.py b/a.py"


def test_a_swe_agent_file_with_messages_alone_gives_the_same_steps(tmp_path: Path) -> None:
    history = [
        *SWE_AGENT["history"],
        {
            "role": "assistant",
            "thought": "Look.",
            "action": "ls",
            "content": "Look.",
            "tool_calls": [],
        },
        {"role": "tool", "content": [{"type": "text", "text": f"a.py\n{PROMPT}"}]},
        {"role": "assistant", "content": "Done.", "action": "submit"},
    ]
    run = read(written(tmp_path, {"history": history}))

    assert [(one.action, one.observation, one.thought) for one in run.steps] == [
        ("ls", "a.py\n", "Look."),
        ("submit", None, "Done."),
    ]


def test_the_statement_of_the_problem_goes_before_the_first_message(tmp_path: Path) -> None:
    stated = {"problem_statement": {"type": "text", "text": "The real problem"}}
    for replay in (stated, json.dumps(stated)):
        assert read(written(tmp_path, {**SWE_AGENT, "replay_config": replay})).task_description == (
            "The real problem"
        )
    assert read(written(tmp_path, {**SWE_AGENT, "replay_config": "{"})).task_description == (
        "It prints 344."
    )


def test_a_contest_is_known_by_how_it_is_told(tmp_path: Path) -> None:
    told = 'The CTF challenge is a crypto problem named "a".\n\nINSTRUCTIONS:\nGo.'
    run = read(written(tmp_path, {**SWE_AGENT, "history": [{"role": "user", "content": told}]}))

    assert run.task_category == "ctf"
    assert run.task_description == 'The CTF challenge is a crypto problem named "a".'


# ------------------------------------------------------------------ mini-swe-agent


def asked(task: str) -> dict[str, str]:
    return {
        "role": "user",
        "content": f"<pr_description>\n{task}\n</pr_description>\n<instructions>",
    }


def test_version_1_of_mini_swe_agent_has_commands_in_fences(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "You are"},
        {
            "role": "user",
            "content": "Please solve this issue: It is slow\n\nYou can execute bash commands",
        },
        {"role": "assistant", "content": "THOUGHT: look\n\n```mswea_bash_command\nls\n```"},
        {"role": "user", "content": "<returncode>0</returncode>\n<output>\na.py\n</output>"},
        {
            "role": "assistant",
            "content": "Done.\n\n```bash\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n```",
        },
        {"role": "user", "content": ""},
    ]
    for content in (messages, {"messages": messages, "info": {"exit_status": "Submitted"}}):
        run = read(written(tmp_path, content))
        assert run.task_description == "It is slow"
        assert [(one.action, one.thought) for one in run.steps] == [
            ("ls", "look"),
            ("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT", "Done."),
        ]
        assert "<returncode>0" in str(run.steps[0].observation)


def test_version_2_of_mini_swe_agent_calls_tools_and_may_answer_out_of_order(
    tmp_path: Path,
) -> None:
    def call(one: str, command: str) -> dict[str, Any]:
        return {
            "id": one,
            "function": {"name": "bash", "arguments": json.dumps({"command": command})},
        }

    messages = [
        asked("It is slow"),
        {
            "role": "assistant",
            "content": "Look.",
            "tool_calls": [call("1", "ls"), call("2", "pwd")],
        },
        {"role": "tool", "tool_call_id": "2", "content": "/repo", "extra": {"returncode": 0}},
        {"role": "tool", "tool_call_id": "1", "content": "a.py", "extra": {"returncode": 1}},
        {
            "role": "assistant",
            "content": "Again.",
            "extra": {"actions": [{"command": "ls -a", "tool_call_id": "3"}]},
        },
        {"role": "tool", "tool_call_id": "3", "content": "<returncode>0</returncode>"},
        {"role": "exit", "content": "diff"},
    ]
    run = read(
        written(
            tmp_path, {"messages": messages, "info": {"submission": "diff"}, "instance_id": "x-1"}
        )
    )

    assert run.task_description == "It is slow"
    assert [(one.action, one.observation, one.thought) for one in run.steps] == [
        ("ls", "<returncode>1</returncode>\na.py", "Look."),
        ("pwd", "<returncode>0</returncode>\n/repo", None),
        ("ls -a", "<returncode>0</returncode>", "Again."),
    ]
    assert (run.metadata["submission"], run.metadata["instance"]) == ("diff", "x-1")


# ------------------------------------------------------------------ Claude Code


def test_each_request_of_a_claude_code_session_is_an_experience(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(map(json.dumps, TRANSCRIPT)) + '\n{"type": "user", "mess')
    first, second = read_trajectories(path)

    assert first.task_description == "Make the tests of the parser pass"
    assert [one.action for one in first.steps] == [
        "pytest -q",
        "Edit /home/[user]/app/p.py\n-a\n-b\n+a\n+c",
        "pytest -q",
    ]
    failed, edited, passed = first.steps
    assert failed.error == "Exit code 1\n1 failed in 0.1s"
    assert failed.thought == "First run them.\nI run them."
    assert edited.observation == "The file was updated."
    assert passed.thought == "The user said: yes please"
    assert second.task_description == "Now write the release notes for it"
    assert [one.action for one in second.steps] == [
        "Write NEWS\n- parses",
        "Read NEWS",
        'Grep {"pattern":"x"}',
    ]
    assert second.metadata["session"] == "s-1"
    assert second.metadata["folder"] == "/home/[user]/app"
    assert second.metadata["lines_left_out"] == 1


def test_what_a_claude_code_session_shows_is_judged_and_learned(tmp_path: Path) -> None:
    first, _ = read_trajectories(written(tmp_path, "\n".join(map(json.dumps, TRANSCRIPT))))
    with ReasoningBank.open("memory:") as bank:
        learned = bank.learn(first)
        strategies = [str(bank.get_pattern(one)) for one in learned.patterns]

    assert learned.verdict is not None
    assert learned.verdict.kind == "success"
    assert any("`c` in place of `b`" in one for one in strategies)


# ------------------------------------------------------------------ JUnit XML


def test_a_report_with_a_failure_is_a_failure_with_evidence(tmp_path: Path) -> None:
    verdict = read_test_report(written(tmp_path, REPORT, "report.xml"))

    assert (verdict.kind, verdict.score, verdict.source) == ("failure", 0.0, "test")
    assert verdict.reasons == ("1 of 3 tests failed",)
    assert verdict.evidence == {
        "report": "report.xml",
        "passed": 2,
        "failed": 1,
        "skipped": 1,
        "failures": ["tests.test_a.test_subtracts"],
    }


def test_a_report_as_an_experience_has_a_step_for_each_failure(tmp_path: Path) -> None:
    run = read(written(tmp_path, REPORT))

    failed, whole = run.steps
    assert failed.action == "run tests.test_a.test_subtracts"
    assert failed.error == "AssertionError: assert 1 == 2\ndef test():\n>   assert 1 == 2"
    assert failed.duration_seconds == 1002.5
    assert whole.observation == "2 passed, 1 failed, 1 skipped"


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        ('<testsuite name="a"><testcase name="x"/></testsuite>', "success"),
        ('<testsuite name="a"><testcase name="x"><error/></testcase></testsuite>', "failure"),
        ('<testsuite name="a"><testcase name="x"><skipped/></testcase></testsuite>', "unknown"),
        ('<testsuite name="a" tests="1000000000" failures="0"/>', "unknown"),
        ('<testsuite name="a" tests="3" failures="many"/>', "unknown"),
        ('<testsuite name="a" failures="2"><testcase name="x"/></testsuite>', "failure"),
        ('<j:testsuite xmlns:j="urn:j"><j:testcase name="x"/></j:testsuite>', "success"),
    ],
)
def test_a_report_is_believed_only_for_what_it_shows(
    tmp_path: Path, report: str, kind: str
) -> None:
    assert read_test_report(written(tmp_path, report)).kind == kind


BILLION_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]><testsuite name='&m;'/>"
)


@pytest.mark.parametrize(
    "report",
    [
        BILLION_LAUGHS,
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><testsuite name="&y;"/>',
        "<testsuite>" * 200,
        "<testsuite>" + "<a>" * 100_000,
        "<testsuite><testcase name='x'",
        "<html><body/></html>",
        "<testsuite>&undefined;</testsuite>",
        b"<testsuite name='\xff\xfe'/>",
        b'<?xml version="1.0" encoding="klingon"?><testsuite/>',
    ],
)  # fmt: skip
def test_a_hostile_report_is_refused_by_name(tmp_path: Path, report: str | bytes) -> None:
    path = written(tmp_path, report, "report.xml")
    for read_it in (read_test_report, lambda one: list(read_trajectories(one))):
        with pytest.raises(InvalidInput) as refused:
            read_it(path)
        assert refused.value.path == str(path)


# ------------------------------------------------------------------ our own lines


def test_our_own_lines_are_read_with_verdicts_that_claim_little(tmp_path: Path) -> None:
    path = written(tmp_path, f"{json.dumps(OWN)}\n\n{json.dumps({**OWN, 'verdict': None})}\n")
    first, second = read_trajectories(path)

    assert (first.task_description, first.origin) == ("Print 3", "ci-17")
    assert first.verdict is not None
    assert first.verdict.source == "imported"
    assert second.verdict is None
    [believed, _] = read_trajectories(path, believed="test")
    assert believed.verdict is not None
    assert believed.verdict.source == "test"


def test_one_object_over_several_lines_is_read_as_well(tmp_path: Path) -> None:
    assert read(written(tmp_path, json.dumps(OWN, indent=2))).task_description == "Print 3"


def test_an_export_of_experiences_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    with ReasoningBank.open("memory:") as bank, path.open("w") as file:
        bank.learn(TrajectoryInput(task_description="A", task_category="c", steps=()))
        bank.export_trajectories_jsonl(file)

    assert read(path).task_description == "A"


def test_the_bad_line_is_named_and_those_before_it_stand(tmp_path: Path) -> None:
    lines = [OWN, {**OWN, "steps": [{"action": "a"}, {"do": "b"}]}, OWN]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)))
    given_ones: list[TrajectoryInput] = []
    with pytest.raises(InvalidInput, match=r"line 2: steps\[1\]\.do") as refused:
        given_ones.extend(read_trajectories(path))

    assert refused.value.path == str(path)


# ------------------------------------------------------------------ any file


def test_the_origin_is_the_path_without_whose_home_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = written(tmp_path, SWE_AGENT, "run.traj")
    assert read(path).origin == "~/run.traj"
    monkeypatch.setenv("HOME", "/somewhere/else")
    assert read(path).origin == path.as_posix()


def test_a_category_given_goes_before_one_guessed(tmp_path: Path) -> None:
    for content in (SWE_AGENT, REPORT, OWN):
        assert read(written(tmp_path, content), category="mine").task_category == "mine"


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    for content in (json.dumps(SWE_AGENT), json.dumps(OWN), REPORT, json.dumps(OWN, indent=1)):
        marked = b"\xef\xbb\xbf" + content.encode()
        assert read(written(tmp_path, marked)).steps


UNREADABLE = {
    "nothing": b"",
    "blank": b"  \n ",
    "binary": bytes(range(256)),
    "text": b"hello",
    "a number": b"7",
    "another object": b'{"a": 1}',
    "another list": b"[1, 2]",
    "a list of lists": b"[[[]]]",
    "cut off": json.dumps(SWE_AGENT).encode()[:200],
    "cut off, indented": json.dumps(SWE_AGENT, indent=1).encode()[:400],
    "nested too deep": b'{"history": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep as an answer": b'{"messages": [{"role": "user", "content": ' + b"[" * 50_000,
    "no steps": json.dumps({**SWE_AGENT, "trajectory": []}).encode(),
    "no task": json.dumps({**SWE_AGENT, "history": []}).encode(),
    "steps that are none": json.dumps({**SWE_AGENT, "trajectory": [1, None]}).encode(),
    "a trajectory that is none": b'{"trajectory": "yes", "history": 3}',
    "messages without a task": json.dumps({"messages": [{"role": "assistant", "content": "x"}]}).encode(),
    "messages that are none": b'{"messages": {"role": "user"}}',
    "a transcript without tools": "\n".join(map(json.dumps, [user("Hi there, how are you"), assistant()])).encode(),
    "UTF-16": json.dumps(OWN).encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_with_the_name_of_the_file(
    tmp_path: Path, content: bytes
) -> None:
    path = written(tmp_path, content, "odd.traj")
    with pytest.raises(InvalidInput) as refused:
        list(read_trajectories(path))

    assert refused.value.path == str(path)
    assert str(path) in str(refused.value)


def test_a_path_that_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list(read_trajectories(tmp_path / "nowhere"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        for path in (tmp_path, pipe, tmp_path / "s", Path("/dev/zero")):
            with pytest.raises(InvalidInput, match="regular file"):
                list(read_trajectories(path))


def test_a_file_larger_than_is_read_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"trajectory": [\n')
    with path.open("r+b") as file:
        file.truncate(2_000_000_000)  # a hole: it takes no space
    with pytest.raises(InvalidInput, match="2,000,000,000 bytes"):
        list(read_trajectories(path))


def test_millions_of_tiny_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="objects"):
        list(read_trajectories(written(tmp_path, b'{"trajectory": [' + b"{}," * 4_100_000)))


def test_text_that_strict_readers_refuse_is_mended(tmp_path: Path) -> None:
    broken = json.dumps(SWE_AGENT).replace('"344', '"\\ud800 344').replace("0.5", "NaN")
    run = read(written(tmp_path, broken))
    assert str(run.steps[0].observation).startswith("\ufffd 344")
    assert run.steps[1].duration_seconds is None

    huge = json.dumps(SWE_AGENT).replace("0.5", "1e999").replace('"swe_main"', "-Infinity")
    assert read(written(tmp_path, huge)).steps[1].duration_seconds is None
    lines = json.dumps(OWN).replace("0.5", "-1")
    with pytest.raises(InvalidInput, match="duration_seconds"):
        list(read_trajectories(written(tmp_path, lines)))


def test_what_is_too_long_is_shortened_and_says_so(tmp_path: Path) -> None:
    turns = [{"action": f"step {n}", "observation": "x" * 3_000} for n in range(limits.STEPS + 50)]
    turns[0]["observation"] = "begin " + "y" * 400_000 + " end"
    run = read(written(tmp_path, {**SWE_AGENT, "trajectory": turns}))

    assert len(run.steps) == limits.STEPS
    assert run.metadata["steps_left_out"] == 50
    assert run.metadata["steps_shortened"] == limits.STEPS
    assert str(run.steps[0].observation).startswith("begin ")
    assert str(run.steps[0].observation).endswith(" end")
    assert run.steps[-1].action == f"step {limits.STEPS + 49}"
    with ReasoningBank.open("memory:") as bank:
        assert bank.learn(run).trajectory_id


def test_control_characters_stay_in_steps_and_leave_the_task(tmp_path: Path) -> None:
    told = "ISSUE:\nIt\x00 is\x1b[31m red\r\n\x07\nINSTRUCTIONS:"
    turn = {"action": "ls", "observation": "\x1b[31mred\x00"}
    run = read(
        written(tmp_path, {"trajectory": [turn], "history": [{"role": "user", "content": told}]})
    )

    assert run.task_description == "It  is [31m red"
    assert run.steps[0].observation == "\x1b[31mred\x00"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "trajectory",
                    "history",
                    "messages",
                    "info",
                    "role",
                    "content",
                    "action",
                    "observation",
                    "thought",
                    "type",
                    "message",
                    "steps",
                    "task_description",
                    "task_category",
                    "verdict",
                    "extra",
                    "actions",
                    "tool_calls",
                    "function",
                    "arguments",
                    "command",
                    "replay_config",
                    "problem_statement",
                    "text",
                    "input",
                    "name",
                    "id",
                    "tool_use_id",
                    "exit_status",
                    "submission",
                    "format",
                    "version",
                    "metadata",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)
SHAPED = st.one_of(
    JSON,
    st.fixed_dictionaries({"trajectory": st.lists(JSON, max_size=3), "history": st.lists(JSON, max_size=3)}),
    st.fixed_dictionaries({"messages": st.lists(JSON, max_size=4)}, optional={"info": JSON}),
    st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "tool"])}, optional={"content": JSON, "extra": JSON}), max_size=4),
    st.fixed_dictionaries({"type": st.sampled_from(["user", "assistant"])}, optional={"message": JSON}),
    st.fixed_dictionaries({"task_description": JSON, "steps": JSON}, optional={"task_category": JSON, "verdict": JSON}),
)  # fmt: skip


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SHAPED, min_size=1, max_size=3) | st.binary(max_size=200))
def test_any_file_is_read_or_refused_and_never_anything_else(
    tmp_path: Path, content: list[object] | bytes
) -> None:
    raw = content if isinstance(content, bytes) else "\n".join(map(json.dumps, content)).encode()
    path = written(tmp_path, raw)
    try:
        given_ones = list(read_trajectories(path))
    except ReasoningBankError as refused:
        assert str(path) in str(refused)  # noqa: PT017 - it may be read as well
        return
    with ReasoningBank.open("memory:") as bank:
        for given_one in given_ones:
            assert bank.learn(given_one).trajectory_id


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([*textwrap.wrap(REPORT, 7), "<", "&amp;", "</testcase>", "<failure>"]))
)
def test_any_xml_is_read_or_refused(tmp_path: Path, pieces: list[str]) -> None:
    path = written(tmp_path, "<testsuite>" + "".join(pieces))
    try:
        assert read_test_report(path).kind in {"success", "failure", "unknown"}
    except InvalidInput as refused:
        assert refused.path == str(path)  # noqa: PT017 - it may be read as well


def test_bad_lines_of_our_own_are_told_one_by_one_and_the_others_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "\n".join(
            [json.dumps(OWN), "{", json.dumps({**OWN, "task_category": ""}), json.dumps(OWN)]
        ),
    )
    told: list[InvalidInput] = []

    assert len(list(read_trajectories(path, on_bad_line=told.append))) == 2
    assert [error.path for error in told] == [str(path)] * 2
    assert [error.message[:7] for error in told] == ["line 2:", "line 3:"]
    with pytest.raises(InvalidInput, match="line 2"):
        list(read_trajectories(path))
