"""Learning as people run it: killed, interrupted, watched at a terminal, with a model to ask."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from tests.cli.recordings import own, record
from tests.cli.test_terminal import BAR, at_a_terminal, plain
from tests.learning.fake_provider import FakeProvider, fails, says

PROGRAM = Path(sys.executable).with_name("reasoningbank")
MANY = 150

JUDGED = says({"verdict": "success", "reasons": ["Step 3 shows it."]})
LESSONS = says(
    {"lessons": [{"title": "Run it again", "strategy": "Run what failed again.", "tags": []}]}
)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(own(f"part{number}") for number in range(MANY)), "utf-8")
    return path


def kept(database: Path) -> list:
    with ReasoningBank.open(database) as bank:
        return bank.trajectories(limit=10_000)


def started_on(many: Path, database: Path) -> subprocess.Popen[str]:
    """Start learning and wait until some of it is done."""
    running = subprocess.Popen(
        [PROGRAM, "learn", many, "--db", database],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not database.exists():
        time.sleep(0.01)
    while len(kept(database)) < MANY // 10:
        assert running.poll() is None, running.communicate()
        time.sleep(0.01)
    return running


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_stopped_half_way_it_goes_on_where_it_was(command, many, tmp_path, how):
    database = tmp_path / "b.db"
    running = started_on(many, database)
    running.send_signal(getattr(signal, how))
    stdout, stderr = running.communicate(timeout=60)
    known = len(kept(database))

    if how == "SIGINT":
        assert running.returncode == 130
        assert "goes on from here" in stderr
        assert "Traceback" not in stderr
        assert stdout == ""
    assert 0 < known < MANY

    again = command("learn", many, "--db", database, "--json").json
    assert again["learned"] + again["replayed"] == MANY
    assert again["replayed"] in {known - 1, known}  # the last may have been kept, not learned from
    after = kept(database)
    assert len(after) == MANY
    assert {one.state for one in after} == {"learned"}
    with ReasoningBank.open(database) as bank:
        for experience in after:
            for link in bank.links(experience.id):
                assert len(bank.outcomes(link.source_id)) == 1


def test_two_at_once_learn_each_experience_once(many, tmp_path):
    database = tmp_path / "b.db"
    both = [
        subprocess.Popen(
            [PROGRAM, "learn", many, "--db", database, "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    reports = [json.loads(one.communicate(timeout=120)[0]) for one in both]

    assert [one.returncode for one in both] == [0, 0]
    assert sum(report["learned"] for report in reports) == MANY
    assert len(kept(database)) == MANY
    with ReasoningBank.open(database) as bank:
        for experience in kept(database):
            for link in bank.links(experience.id):
                assert len(bank.outcomes(link.source_id)) == 1


def test_a_bar_is_shown_on_a_terminal_and_only_there(command, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    record(folder)
    seen = at_a_terminal("learn", folder, "--db", tmp_path / "a.db", piped=True)
    both = at_a_terminal("learn", folder, "--db", tmp_path / "b.db")
    piped = command("learn", folder, "--db", tmp_path / "c.db")

    assert seen.status == both.status == 0
    assert BAR in plain(seen.screen)
    assert BAR not in seen.stdout
    # What is printed between two drawings of the bar stands on lines of its own.
    lines = [line.split("\r")[-1].rstrip() for line in plain(both.screen).splitlines()]
    assert str(folder / "own.jsonl") in lines
    assert "  The tests of own fail" in lines
    assert BAR not in piped.stdout + piped.stderr
    assert piped.stderr == f"note: made a new bank, {tmp_path / 'c.db'}\n"


# With a model


with_the_extra = pytest.mark.skipif(
    importlib.util.find_spec("pydantic_ai") is None, reason="needs the extra [llm]"
)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    started = FakeProvider()
    yield started
    started.close()


def asking(provider: FakeProvider) -> tuple[str, ...]:
    return ("--model", "gpt-4o-mini", "--base-url", provider.url)


@with_the_extra
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_model_judges_and_distils(call, provider, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "not-for-others")
    path = tmp_path / "run.jsonl"
    path.write_text(own("a"), "utf-8")
    provider.answers(JUDGED, LESSONS)
    shown = call("learn", path, *asking(provider), "--db", tmp_path / "b.db")

    assert "Run what failed again." in shown.stdout
    assert "Asked of the model: 2 calls, 2,200 tokens" in shown.stdout
    assert "not-for-others" not in str(provider.asked[0].headers)


@with_the_extra
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_rules_may_judge_and_the_model_distil(call, provider, tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    path.write_text(own("a"), "utf-8")
    provider.answers(LESSONS)
    monkeypatch.setenv("MY_KEY", "s3cret-key")
    ended = call(
        "learn", path, *asking(provider), "--judge", "rules", "--key-variable", "MY_KEY",
        "--db", "memory:", "--json",
    )  # fmt: skip

    assert ended.json["usage"]["calls"] == len(provider.asked) == 1
    assert "s3cret-key" in str(provider.asked[0].headers)
    assert "s3cret-key" not in ended.stdout + ended.stderr


@with_the_extra
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_a_model_did_not_answer_is_tried_again_with_one_that_does(call, provider, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(own("a"), "utf-8")
    database = ("--db", tmp_path / "b.db")
    provider.answers(fails(400), JUDGED, LESSONS)
    pending = call("learn", path, *asking(provider), *database)
    learned = call("learn", "--retry", *asking(provider), *database, "--json").json

    assert "pending: not judged: " in pending.stdout
    assert (learned["learned"], learned["usage"]["calls"]) == (1, 2)


@with_the_extra
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_cap_keeps_what_it_leaves_no_room_for_pending(call, provider, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(own("a"), "utf-8")
    ended = call("learn", path, *asking(provider), "--token-cap", "10", "--db", "memory:", "--json")

    assert (ended.status, ended.json["pending"], provider.asked) == (0, 1, [])
    assert "cap of 10 tokens" in ended.json["files"][0]["experiences"][0]["note"]


def test_a_key_variable_that_is_not_set_is_refused(call, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(own("a"), "utf-8")
    ended = call(
        "learn", path, "--model", "m", "--base-url", "http://127.0.0.1:1/v1",
        "--key-variable", "NO_SUCH_KEY", "--db", "made.db", "--json",
    )  # fmt: skip

    assert (ended.status, ended.error["field"]) == (2, "key-variable")
    assert not Path("made.db").exists()


def test_a_missing_extra_gives_the_line_that_installs_it(call, tmp_path, monkeypatch):
    for name in [one for one in sys.modules if one.split(".")[0] == "pydantic_ai"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    path = tmp_path / "run.jsonl"
    path.write_text(own("a"), "utf-8")
    ended = call("learn", path, "--model", "openai:gpt-4o-mini", "--db", "made.db")

    assert ended.status == 7
    assert 'pip install "agent-reasoningbank[llm]"' in ended.stderr
    assert not Path("made.db").exists()
