"""Moving in on the command line: what is printed, which status it ends with, and the way back."""

from __future__ import annotations

import shlex
from pathlib import Path

from reasoningbank import ReasoningBank
from tests.migration import foreign


def test_every_row_that_comes_ends_with_0_and_is_found_afterwards(call, tmp_path: Path):
    source = foreign.many(tmp_path / "memory.db", 30)
    ended = call("migrate", source, "--to", tmp_path / "bank.db")
    assert ended.status == 0
    assert "30 rows: 27 migrated, 3 merged" in ended.stdout
    found = call("similar", "old keys of service 7", "--db", tmp_path / "bank.db", "--json")
    assert found.json[0]["task_category"] == "security"
    again = call("migrate", source, "--db", tmp_path / "bank.db")
    assert (again.status, "nothing new" in again.stdout) == (0, True)


def test_rejected_rows_end_with_8_and_stand_in_a_file(call, tmp_path: Path):
    rows = [foreign.flow_pattern("a"), {**foreign.flow_pattern("b"), "pattern_data": "{"}]
    source = foreign.agentic_flow(tmp_path / "memory.db", rows)
    ended = call("migrate", source, "--to", tmp_path / "bank.db", "--json")
    assert ended.status == 8
    assert ended.json["tally"]["files"][0]["tables"]
    assert '"id":"b"' in Path(ended.json["rejects"]).read_text()
    assert sum(ended.json["reasons"].values()) == 1


def test_every_run_says_why_rows_are_rejected_also_when_nothing_is_new(call, tmp_path: Path):
    rows = [foreign.flow_pattern("a"), {**foreign.flow_pattern("b"), "pattern_data": "{"}]
    source = foreign.agentic_flow(tmp_path / "memory.db", rows)
    first = call("migrate", source, "--to", tmp_path / "bank.db")
    again = call("migrate", source, "--to", tmp_path / "bank.db")

    assert "nothing new" in again.stdout
    for ended in (first, again):
        assert ended.status == 8
        assert "rejected, 1 row: patterns: pattern_data is not JSON" in ended.stdout


def test_going_back_ends_with_9_as_printed(call, tmp_path: Path):
    ReasoningBank.open(tmp_path / "my bank.db").close()
    source = foreign.many(tmp_path / "memory.db", 30)
    ended = call("migrate", source, "--to", tmp_path / "my bank.db")
    [back] = [line for line in ended.stdout.splitlines() if line.startswith("back: ")]
    undone = call(*shlex.split(back.removeprefix("back: reasoningbank ")))
    assert undone.status == 9
    assert call("stats", "--db", tmp_path / "my bank.db", "--json").json["total_patterns"] == 0


def test_failures_end_with_their_own_status(call, tmp_path: Path):
    (tmp_path / "broken.db").write_bytes(b"")
    target = tmp_path / "bank.db"
    assert call("migrate", tmp_path / "missing.db", "--to", target).status == 1
    assert call("migrate", tmp_path / "broken.db", "--to", target).status == 5
    assert call("migrate", "--to", target).status == 2
    assert call("migrate", "--rollback", "--to", target).status == 1
    source = foreign.many(tmp_path / "memory.db", 10)
    assert call("migrate", source, "--to", target, "--db", target).status == 2
    assert call("migrate", source, "--rollback", "--to", target).status == 2
    assert not target.exists()


def test_a_dry_run_shows_counts_mapping_and_samples_and_writes_nothing(call, tmp_path: Path):
    source = foreign.many(tmp_path / "memory.db", 30)
    ended = call("migrate", source, "--dry-run")
    assert ended.status == 0
    assert "to patterns: 30" in ended.stdout
    assert "sample of patterns, p0" in ended.stdout
    assert "nothing was written" in ended.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["memory.db"]


def test_samples_of_several_files_name_theirs_and_experiences_show_steps(call, tmp_path: Path):
    step = '{"steps": [{"action": "open the log"}]}'
    for name in ("a.db", "b.db"):
        foreign.database(
            tmp_path / name,
            foreign.AGENTIC_FLOW,
            {
                "task_trajectories": [
                    {"task_id": "t1", "agent_id": "x", "query": "Find it", "trajectory_json": step}
                ]
            },
        )
    ended = call("migrate", tmp_path, "--dry-run")

    for name in ("a.db", "b.db"):
        assert f"sample of task_trajectories, t1, in {tmp_path / name}" in ended.stdout
    assert "  steps: " in ended.stdout
    assert "  strategy: " not in ended.stdout


def test_the_command_that_a_refused_database_names_takes_it_over(call, tmp_path: Path, monkeypatch):
    folder = tmp_path / "a folder's name"
    folder.mkdir()
    source = foreign.many(folder / "memory.db", 30)
    refused = call("stats", "--db", source, "--json")
    assert (refused.status, refused.error["schema"]) == (5, "agentic-flow")
    command = refused.error["hint"].split("`")[1]
    monkeypatch.setenv("REASONINGBANK_URL", str(tmp_path / "mine.db"))
    assert call(*shlex.split(command)[1:]).status == 0
    assert call("stats", "--json").json["total_patterns"] == 27


def test_a_pipe_gets_no_progress_and_names_cannot_command_the_terminal(call, tmp_path: Path):
    source = foreign.database(
        tmp_path / "memory.db",
        foreign.AGENTIC_FLOW + 'CREATE TABLE "x\x1b[31m" (a TEXT);',
        {"patterns": [foreign.flow_pattern("a\x1b[31m", title="t\x1b[31m")]},
    )
    ended = call("migrate", source, "--dry-run")
    assert "\x1b" not in ended.stdout
    assert ended.stderr == ""
