"""The bank in the settings of other programs: put in, checked, taken out to the byte."""

from __future__ import annotations

import json
import sys

import pytest

from reasoningbank import InvalidInput, NotFound, Unavailable
from reasoningbank.hosts.installing import install, undo
from reasoningbank.hosts.programs import HOSTS
from tests.hosts.conftest import COMMAND

CLAUDE = (
    '{\n    "numStartups": 3, \n    "mcpServers": {"other": {"command": "x"}},\n    "z": 1.50\n}'
)
CODEX = '# mine\nmodel = "x"  # best\n\n[mcp_servers.other]\ncommand = "o"'


@pytest.fixture
def claude(home):
    path = home / ".claude.json"
    path.write_text(CLAUDE, "utf-8")
    path.chmod(0o640)
    return path


@pytest.fixture
def codex(home):
    pytest.importorskip("tomlkit", reason="needs the extra mcp")
    path = home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text(CODEX, "utf-8")
    return path


def files_below(home):
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and "installed" not in path.parts
    }


@pytest.mark.parametrize("host", HOSTS)
def test_undoing_restores_every_byte_there_was(home, claude, codex, quick, host):
    before = files_below(home)
    done = install(host, command=quick)
    assert files_below(home) != before

    undo(host)

    assert files_below(home) == before
    assert claude.stat().st_mode & 0o777 == 0o640
    assert {file.change for file in done.files} <= {"created", "changed"}


def test_everything_else_in_the_file_stays(claude, quick):
    install("claude-code", command=quick, hooks=False)

    text = claude.read_text("utf-8")
    assert text.startswith('{\n    "numStartups": 3, \n')
    assert text.endswith('},\n    "z": 1.50\n}')
    servers = json.loads(text)["mcpServers"]
    assert servers["other"] == {"command": "x"}
    assert servers["reasoningbank"] == {
        "type": "stdio",
        "command": quick[0],
        "args": [quick[1], "mcp"],
    }


def test_comments_in_toml_stay(codex, quick):
    install("codex", command=quick, hooks=False)

    assert codex.read_text("utf-8").startswith(CODEX + "\n\n[mcp_servers.reasoningbank]\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[mcp_servers]\n",
        "mcp_servers = { other = { command = 'o' } } # one line\n",
        "[mcp_servers.reasoningbank]\ncommand = 'old' # comment\n\n[other]\na = 1\n",
        "[mcp_servers.a]\nx = 1\n[other]\n[mcp_servers.b]\ny = 2\n",
        "a = 1\r\n",
    ],
)
def test_toml_of_other_shapes(codex, quick, text):
    import tomlkit

    codex.write_bytes(text.encode())
    install("codex", command=quick, hooks=False)

    held = tomlkit.parse(codex.read_bytes().decode())["mcp_servers"]["reasoningbank"]
    assert held == {"command": quick[0], "args": [quick[1], "mcp"]}
    undo("codex")
    assert codex.read_bytes() == text.encode()


def test_hooks_are_put_beside_those_of_others(home, quick):
    settings = home / ".claude" / "settings.json"
    settings.parent.mkdir()
    other = {"hooks": [{"type": "command", "command": "say done"}]}
    settings.write_text(json.dumps({"hooks": {"Stop": [other]}, "model": "x"}), "utf-8")

    install("claude-code", command=quick)

    held = json.loads(settings.read_text("utf-8"))
    assert held["model"] == "x"
    assert held["hooks"]["Stop"][0] == other
    assert held["hooks"]["Stop"][1]["hooks"][0]["command"].endswith(" hook Stop")
    assert held["hooks"]["PostToolUse"][0]["hooks"][0]["async"] is True


def test_installing_twice_changes_nothing_more(home, claude, quick):
    install("claude-code", command=quick)
    before = files_below(home)

    again = install("claude-code", command=quick)

    assert {file.change for file in again.files} == {"unchanged"}
    assert files_below(home) == before
    undo("claude-code")
    assert claude.read_text("utf-8") == CLAUDE


def test_installing_from_another_place_replaces_what_is_ours(claude, quick, home):
    install("claude-code", command=quick)
    install("claude-code", command=quick, options=("--namespace", "team"))

    settings = json.loads((home / ".claude" / "settings.json").read_text("utf-8"))
    assert len(settings["hooks"]["Stop"]) == 1
    assert settings["hooks"]["Stop"][0]["hooks"][0]["command"].endswith("--namespace team")
    undo("claude-code")
    assert claude.read_text("utf-8") == CLAUDE


def test_what_others_changed_in_the_meantime_stays_when_it_is_undone(claude, quick, home):
    install("claude-code", command=quick)
    held = json.loads(claude.read_text("utf-8"))
    claude.write_text(json.dumps({**held, "numStartups": 4}), "utf-8")

    done = undo("claude-code")

    assert done.files[0].change == "edited"
    assert json.loads(claude.read_text("utf-8")) == {**json.loads(CLAUDE), "numStartups": 4}


def test_a_dry_run_writes_nothing_and_shows_only_lines_that_differ(home, claude, quick):
    claude.write_text('{\n  "secret": "hunter2",\n  "a": 1,\n  "mcpServers": {}\n}\n', "utf-8")
    before = files_below(home)

    done = install("claude-code", command=quick, dry_run=True)

    assert files_below(home) == before
    assert not (home / "state").exists()
    assert any("reasoningbank" in line for line in done.files[0].lines)
    assert not any("hunter2" in line for line in done.files[0].lines)


@pytest.mark.parametrize(
    ("host", "name", "content"),
    [
        ("claude-code", ".claude.json", b'{"a":'),
        ("claude-code", ".claude.json", b'{"mcpServers": []}'),
        ("claude-code", ".claude.json", b"\xff\xfe"),
        ("claude-code", ".claude/settings.json", b"not json"),
        ("codex", ".codex/config.toml", b"a = [1"),
        ("codex", ".codex/config.toml", b"mcp_servers = 7"),
        ("codex", ".codex/hooks.json", b"[]"),
    ],
)
def test_malformed_settings_are_named_and_left_alone(home, quick, host, name, content):
    if host == "codex":
        pytest.importorskip("tomlkit", reason="needs the extra mcp")
    path = home / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    before = files_below(home)

    with pytest.raises(InvalidInput) as refused:
        install(host, command=quick)

    assert refused.value.path == str(path)
    assert files_below(home) == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/no/such/program"], "cannot be started"),
        ([sys.executable, "-c", "raise SystemExit('no such extra')"], "no such extra"),
        ([sys.executable, "-c", "print('hello'); input()"], "no message"),
        ([sys.executable, "-c", "print('{}')"], "ended"),
    ],
)
def test_a_server_that_does_not_answer_is_not_written(home, claude, command, said):
    before = files_below(home)

    with pytest.raises(Unavailable) as failed:
        install("claude-code", command=command)

    assert said in str(failed.value)
    assert files_below(home) == before


def test_the_real_server_answers(claude):
    pytest.importorskip("mcp", reason="needs the extra mcp")

    done = install("claude-code", command=COMMAND, dry_run=True)

    assert done.handshake.server == "reasoningbank"
    assert len(done.handshake.tools) == 8


def test_a_link_goes_on_pointing_to_the_file(home, claude, quick):
    target = home / "dotfiles.json"
    claude.rename(target)
    claude.symlink_to(target)

    install("claude-code", command=quick)

    assert claude.is_symlink()
    assert "reasoningbank" in target.read_text("utf-8")


def test_backups_are_for_their_owner_alone(home, claude, quick):
    done = install("claude-code", command=quick)

    from pathlib import Path

    backup = Path(done.files[0].backup)
    assert backup.read_text("utf-8") == CLAUDE
    assert backup.stat().st_mode & 0o077 == 0
    assert backup.parent.parent.stat().st_mode & 0o077 == 0


def test_an_unknown_program_is_refused(quick):
    with pytest.raises(InvalidInput) as refused:
        install("emacs", command=quick)
    assert refused.value.field == "HOST"


def test_undoing_what_was_not_done_says_so():
    with pytest.raises(NotFound):
        undo("cursor")


def test_a_file_that_changes_meanwhile_is_left_alone(claude, quick, monkeypatch):
    from reasoningbank import Conflict
    from reasoningbank.hosts import installing

    checked = installing.shake_hands

    def changing(command):
        claude.write_text('{"numStartups": 4}', "utf-8")
        return checked(command)

    monkeypatch.setattr(installing, "shake_hands", changing)

    with pytest.raises(Conflict):
        install("claude-code", command=quick)
    assert claude.read_text("utf-8") == '{"numStartups": 4}'


def test_what_was_written_before_a_file_that_cannot_be_is_undone(home, claude, quick, monkeypatch):
    from reasoningbank.hosts import installing

    writing = installing.replace

    def failing(path, content):
        if path.name == "settings.json":
            raise Unavailable("cannot be written: no space left", path=str(path))
        writing(path, content)

    monkeypatch.setattr(installing, "replace", failing)
    with pytest.raises(Unavailable):
        install("claude-code", command=quick)
    assert claude.read_text("utf-8") != CLAUDE

    undo("claude-code")

    assert claude.read_text("utf-8") == CLAUDE
    assert not (home / ".claude").exists()


def test_a_folder_that_is_a_file_stops_all(home, claude, quick):
    (home / ".claude").write_text("a file where a folder belongs", "utf-8")

    with pytest.raises(Unavailable):
        install("claude-code", command=quick)
    assert claude.read_text("utf-8") == CLAUDE
