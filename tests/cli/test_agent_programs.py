"""The verbs for the programs that run agents, as people call them."""

from __future__ import annotations

import sys

import pytest

GOOD = "---\nname: tester\ndescription: Writes tests for code that has none.\n---\n"


@pytest.fixture
def program(monkeypatch, tmp_path):
    """What is put into settings: this interpreter, wherever the tests run."""
    from reasoningbank.cli.verbs import installing

    command = [sys.executable, "-c", "from reasoningbank.cli import main; main()"]
    monkeypatch.setattr(installing, "program", lambda: command)
    return command


def test_what_would_be_changed_is_shown(call, program, home):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    done = call("install", "cursor", "--dry-run", "--db", "own.db", "--namespace", "team")

    assert done.status == 0
    assert f"would be created: {home / '.cursor' / 'mcp.json'}" in done.stdout
    assert str(home / "work" / "own.db") in done.stdout
    assert "The server answers with 8 tools" in done.stdout
    assert not (home / ".cursor").exists()


def test_installing_and_undoing_are_told_as_json(call, program, home):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    done = call("install", "claude-desktop", "--json")
    undone = call("install", "claude-desktop", "--undo", "--json")

    assert done.status == undone.status == 0
    assert [file["change"] for file in done.json["files"]] == ["created"]
    assert done.json["handshake"]["server"] == "reasoningbank"
    assert [file["change"] for file in undone.json["files"]] == ["removed"]


def test_undoing_what_was_not_done_is_not_found(call):
    assert call("install", "codex", "--undo").status == 1


def test_an_unknown_program_is_wrong_usage(call, program):
    done = call("install", "emacs", "--json")

    assert done.status == 2
    assert done.error["field"] == "HOST"


def test_the_program_is_named_by_an_absolute_path():
    from pathlib import Path

    from reasoningbank.cli.verbs.installing import program

    assert Path(program()[0]).is_absolute()
    assert Path(program()[0]).exists()


def test_agents_are_checked_one_by_one(call, program, tmp_path):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    pytest.importorskip("yaml", reason="needs the extra agents")
    (tmp_path / "good.md").write_text(GOOD, "utf-8")
    assert call("agents", "check", tmp_path).status == 0
    (tmp_path / "bad\x1b[31m.md").write_text("nothing", "utf-8")

    done = call("agents", "check", tmp_path)

    assert done.status == 8
    assert "ok        good.md\n" in done.stdout
    assert "malformed bad\\x1b[31m.md: has no front matter" in done.stdout
    assert (
        "2 files: 1 well-formed (0 of them documentation), 1 malformed, 2 unchanged" in done.stdout
    )
    assert call("agents", "check", tmp_path, "--json").json["recalled"] == 1


def test_a_folder_that_is_not_there_is_wrong_usage(call, program):
    pytest.importorskip("yaml", reason="needs the extra agents")

    assert call("agents", "check", "nowhere").status == 2


def test_a_hook_called_among_other_verbs_ends_well(call):
    assert call("--db", "x.db", "hook", "NoSuchEvent") == (0, "", "")
