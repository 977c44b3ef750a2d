"""Learning from files on the command line: every kind, bad ones, again, and what a person reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank, Unavailable
from tests.cli.recordings import KINDS, junit, own, record, recording, swe_agent


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with one recording of each kind."""
    folder = tmp_path / "runs"
    folder.mkdir()
    record(folder)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """One recording."""
    path = tmp_path / "run.traj"
    path.write_text(swe_agent("parser"), "utf-8")
    return path


def stored(path: Path) -> list:
    with ReasoningBank.open(path) as bank:
        return bank.trajectories(limit=10_000)


# What is read


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_learned_from_whatever_its_name(call, tmp_path, kind):
    path = tmp_path / "anything"
    path.write_text(recording(kind, "parser"), "utf-8")
    ended = call("learn", path, "--db", tmp_path / "b.db", "--json")

    [file] = ended.json["files"]
    [experience] = file["experiences"]
    assert (ended.status, file["errors"]) == (0, [])
    assert experience["verdict"]["kind"] == "success"
    assert experience["verdict"]["source"] == ("test" if kind == "junit" else "agent")
    assert experience["status"] == ("pending" if kind == "junit" else "learned")
    assert bool(experience["lessons"]) == (kind != "junit")


def test_a_folder_is_searched_for_recordings_and_other_files_are_passed_over(call, recorded):
    (recorded / "deeper").mkdir()
    (recorded / "deeper" / "more.jsonl").write_text(own("lexer"), "utf-8")
    (recorded / ".hidden.jsonl").write_text(own("hidden"), "utf-8")
    (recorded / "README.md").write_text("# Runs", "utf-8")
    (recorded / "package.json").write_text('{"name": "x"}', "utf-8")
    (recorded / "list.json").write_text("[1, 2]", "utf-8")
    (recorded / "page.xml").write_text("<html/>", "utf-8")
    ended = call("learn", recorded, "--db", "memory:", "--json")

    names = [Path(file["file"]).name for file in ended.json["files"]]
    assert len(names) == len(KINDS) + 1
    assert names[-1] == "more.jsonl"
    assert (ended.status, ended.json["passed_over"], ended.json["failed"]) == (0, 3, 0)


def test_a_file_named_twice_is_read_once(call, recorded):
    path = recorded / "own.jsonl"
    ended = call("learn", path, recorded, path, "--db", "memory:", "--json")

    assert len(ended.json["files"]) == len(KINDS)


def test_standard_input_is_a_file_too(call, tmp_path):
    for status in ("learned", "replayed"):
        ended = call(
            "learn", "-", "--db", tmp_path / "b.db", "--json", stdin=own("parser").encode()
        )
        [file] = ended.json["files"]
        assert (file["file"], file["experiences"][0]["status"]) == ("standard input", status)
    assert [one.origin for one in stored(tmp_path / "b.db")] == ["standard input"]


def test_what_is_wrong_with_standard_input_is_told_of_standard_input(call):
    ended = call("learn", "-", "--db", "memory:", stdin=b"nonsense")

    assert ended.status == 2
    assert ended.stderr.startswith("error: standard input is neither JSON nor XML. Known are ")


def test_without_files_there_is_nothing_to_learn_from(call):
    ended = call("learn", "--db", "memory:")

    assert ended.status == 2
    assert ended.stderr == "error: FILE is missing. Name files, or give --retry.\n"


# What goes wrong


BAD = {
    "missing.traj": None,
    "empty.traj": b"",
    "cut.traj": swe_agent("cut").encode()[:200],
    "binary.jsonl": b"\x00\xff\x00",
    "page.html": b"<html></html>",
    "bomb.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>',
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_stops_none_of_the_others_and_is_named(call, recorded, tmp_path, name):
    bad = tmp_path / name
    if BAD[name] is not None:
        bad.write_bytes(BAD[name])
    ended = call(
        "learn", recorded / "own.jsonl", bad, recorded / "swe-agent.traj", "--db", tmp_path / "b.db"
    )

    assert ended.status == 8
    [named] = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert str(bad) in named
    assert "2 experiences learned" in ended.stdout
    assert "Not taken, or not all: 1 file, named above." in ended.stdout
    assert len(stored(tmp_path / "b.db")) == 2


def test_a_bad_file_is_told_in_the_json_with_its_error(call, recorded, tmp_path):
    ended = call(
        "learn", tmp_path / "none", recorded / "own.jsonl", "--db", "memory:", "--json"
    )  # fmt: skip

    bad, good = ended.json["files"]
    assert (ended.status, ended.stderr, ended.json["failed"]) == (8, "", 1)
    assert (bad["experiences"], bad["errors"][0]["code"]) == ([], "not_found")
    assert bad["errors"][0]["path"] == str(tmp_path / "none")
    assert good["errors"] == []


def test_when_nothing_could_be_taken_the_status_is_that_of_bad_input(call, tmp_path):
    assert call("learn", tmp_path / "a", tmp_path / "b", "--db", "memory:").status == 2


def test_a_bad_line_of_our_own_file_costs_that_line_alone(call, tmp_path):
    path = tmp_path / "runs.jsonl"
    lines = [own("a"), "{", own("b", success=True), own("c", task_description=""), own("d")]
    path.write_text("\n".join(lines), "utf-8")
    ended = call("learn", path, "--db", tmp_path / "b.db", "--json")

    [file] = ended.json["files"]
    assert ended.status == 8
    assert len(file["experiences"]) == 2
    assert [error["message"].split(": ")[0].split()[-2:] for error in file["errors"]] == [
        ["line", "2"],
        ["line", "3"],
        ["line", "4"],
    ]
    assert len(stored(tmp_path / "b.db")) == 2


def test_what_goes_wrong_with_the_bank_ends_it_all(call, recorded, monkeypatch):
    def failing(self, *_, **__):
        raise Unavailable("has no space left", path="/a/bank.db")

    monkeypatch.setattr(ReasoningBank, "learn", failing)
    ended = call("learn", recorded, "--db", "memory:")

    assert (ended.status, ended.stdout) == (7, "")
    assert ended.stderr == "error: /a/bank.db has no space left\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_stops_none_of_the_others(call, recorded, tmp_path):
    (recorded / "own.jsonl").chmod(0)
    ended = call("learn", recorded, "--db", tmp_path / "b.db", "--json")

    assert (ended.status, ended.json["failed"]) == (8, 1)
    assert len(stored(tmp_path / "b.db")) == len(KINDS) - 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--success", "--failure"), "outcome"),
        (("--success", "--score", "0.5"), "outcome"),
        (("--score", "2"), "score"),
        (("--source", "test"), "source"),
        (("--evidence", "{}"), "evidence"),
        (("--success", "--evidence", "[]"), "evidence"),
        (("--retry",), "retry"),
        (("--judge", "model"), "judge"),
        (("--spend-cap", "1"), "model"),
        (("--base-url", "http://127.0.0.1:1/v1"), "model"),
        (("--category", ""), "category"),
        (("--limit", "0"), "limit"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_read(call, run, options, field):
    ended = call("learn", run, *options, "--db", "made.db", "--json")

    assert (ended.status, ended.error["field"]) == (2, field)
    assert not Path("made.db").exists()


# Again


def test_what_is_known_already_is_counted_and_not_learned_twice(call, recorded, tmp_path):
    database = ("--db", tmp_path / "b.db")
    call("learn", recorded, *database)
    before = call("stats", *database, "--json").json["total_patterns"]
    again = call("learn", recorded, *database)

    assert "0 experiences learned, 1 pending, 4 known already." in again.stdout
    assert again.stdout.count("  known already: ") == 4
    assert call("stats", *database, "--json").json["total_patterns"] == before
    assert len(stored(tmp_path / "b.db")) == len(KINDS)


def test_what_is_pending_is_tried_again_once(call, tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text("\n".join(own(name, steps=[]) for name in "abc"), "utf-8")
    database = ("--db", tmp_path / "b.db")
    assert call("learn", path, *database, "--json").json["pending"] == 3

    retried = call("learn", "--retry", *database, "--json").json
    fewer = call("learn", "--retry", "--limit", "2", *database, "--json").json
    assert (retried["pending"], len(retried["files"]), fewer["pending"]) == (3, 3, 2)
    assert retried["files"][0]["file"] is None


# The verdict


def test_a_verdict_told_goes_before_what_the_steps_show(call, run, tmp_path):
    ended = call(
        "learn", run, "--failure", "--source", "human", "--evidence", '{"who": "ann"}',
        "--db", tmp_path / "b.db", "--json",
    )  # fmt: skip

    [experience] = ended.json["files"][0]["experiences"]
    assert experience["verdict"]["kind"] == "failure"
    assert experience["verdict"]["source"] == "human"
    assert experience["verdict"]["evidence"]["who"] == "ann"


def test_a_verdict_told_of_what_is_known_already_counts_once(call, run, tmp_path):
    database = ("--db", tmp_path / "b.db")
    first = call("learn", run, *database, "--json").json["files"][0]["experiences"][0]
    for _ in range(2):
        again = call("learn", run, "--failure", "--source", "test", *database, "--json")
    pattern = call("get", first["lessons"][0]["id"], *database, "--json").json

    assert again.json["files"][0]["experiences"][0]["status"] == "replayed"
    assert (pattern["uses"], pattern["successes"], pattern["failures"]) == (2, 1, 1)


@pytest.mark.parametrize(("failures", "kind"), [(0, "success"), (2, "failure")])
def test_a_test_report_judges_the_experience_it_is_about(call, run, tmp_path, failures, kind):
    report = tmp_path / "report.xml"
    report.write_text(junit("parser", failures), "utf-8")
    ended = call("learn", run, "--report", report, "--db", "memory:", "--json")

    [experience] = ended.json["files"][0]["experiences"]
    assert (experience["verdict"]["kind"], experience["verdict"]["source"]) == (kind, "test")
    assert experience["verdict"]["evidence"]["report"] == "report.xml"


def test_a_report_is_about_one_experience(call, recorded, tmp_path):
    report = recorded / "junit.xml"
    several = tmp_path / "several.jsonl"
    several.write_text(f"{own('a')}\n{own('b')}", "utf-8")

    for files in ([recorded], [several]):
        ended = call("learn", *files, "--report", report, "--db", "made.db", "--json")
        assert (ended.status, ended.error["field"]) == (2, "report")
        assert "judge ID --report FILE" in ended.error["hint"]
    assert not Path("made.db").exists()


@pytest.mark.parametrize(("believed", "source"), [(None, "imported"), ("test", "test")])
def test_verdicts_in_our_own_lines_are_believed_as_far_as_asked(call, tmp_path, believed, source):
    path = tmp_path / "runs.jsonl"
    path.write_text(own("a", verdict={"kind": "success", "score": 1.0, "source": "test"}), "utf-8")
    options = () if believed is None else ("--believe", believed)
    ended = call("learn", path, *options, "--db", "memory:", "--json")

    assert ended.json["files"][0]["experiences"][0]["verdict"]["source"] == source


def test_a_category_given_is_that_of_every_experience(call, recorded, tmp_path):
    call("learn", recorded, "--category", "mine", "--db", tmp_path / "b.db")

    assert {one.task_category for one in stored(tmp_path / "b.db")} == {"mine"}


# What a person reads


def test_what_was_learned_is_printed_with_its_strategy_and_ids(call, run, tmp_path):
    ended = call("learn", run, "--db", tmp_path / "b.db")
    [kept] = stored(tmp_path / "b.db")

    lines = ended.stdout.splitlines()
    assert lines[0] == str(run)
    assert lines[1] == "  The tests of parser fail."
    assert lines[2].startswith("  software-engineering · 3 steps · success, read from the steps: ")
    assert f"  trajectory {kept.id}" in lines
    assert "NameError" in ended.stdout
    assert re.match(r"1 experience learned \(\d patterns?\), 0 pending, 0 known", lines[-1])
    assert max(map(len, lines[1:])) <= 80


def test_a_pending_one_says_why_and_what_to_do(call, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(own("a", steps=[{"action": "look around"}]), "utf-8")
    ended = call("learn", path, "--db", "memory:")

    assert "  pending: nothing in the steps shows how it ended" in ended.stdout.splitlines()
    assert "`reasoningbank judge ID --success`" in ended.stdout


def test_what_was_taken_out_is_told_and_the_thing_is_in_no_output(call, tmp_path):
    path = tmp_path / "run.jsonl"
    secret = "ghp_" + "a1B2" * 9
    said = f"write to ann@example.org or call +49 30 12345678 with {secret}"
    path.write_text(own("a", task_description=f"{said} until the tests pass"), "utf-8")
    shown = call("learn", path, "--db", "memory:")
    told = call("learn", path, "--db", "memory:", "--json")

    counted = "1 github token, 1 e-mail address, 1 phone number"
    assert f"  taken out before storing: {counted}" in shown.stdout
    assert f"Taken out before storing: {counted}." in shown.stdout
    assert told.json["files"][0]["experiences"][0]["redacted"] == {
        "github_token": 1,
        "mail_address": 1,
        "phone_number": 1,
    }
    for ended in (shown, told):
        assert secret not in ended.stdout + ended.stderr
        assert "ann@example.org" not in ended.stdout + ended.stderr


def test_a_dry_run_shows_the_same_and_stores_nothing(call, recorded):
    ended = call("learn", recorded, "--dry-run", "--db", "made.db")

    assert "4 experiences learned" in ended.stdout
    assert ended.stdout.endswith("Nothing was stored.\n")
    assert not Path("made.db").exists()


def test_what_a_recording_holds_cannot_command_the_terminal(call, tmp_path):
    path = tmp_path / "run\x1b[31m.jsonl"
    path.write_text(own("a", task_description="make \u202eit pass"), "utf-8")
    ended = call("learn", path, tmp_path / "none\x1b[2J", "--db", "memory:")

    assert not {"\x1b", "\u202e"} & set(ended.stdout + ended.stderr)
    assert "run\\x1b[31m.jsonl" in ended.stdout
    assert "make \\u202eit pass" in ended.stdout
    assert "none\\x1b[2J is not there" in ended.stderr


def test_every_real_recording_teaches_something_or_says_why_not(call, shared, tmp_path):
    folder = shared / "data" / "trajectories"
    if not folder.is_dir():
        pytest.skip("no recordings in the evaluation data")
    ended = call("learn", folder, "--db", tmp_path / "b.db", "--json")

    experiences = [one for file in ended.json["files"] for one in file["experiences"]]
    assert ended.status == 0
    assert len(experiences) == len(stored(tmp_path / "b.db")) >= 10
    assert all(one["lessons"] or one["note"] for one in experiences)
    assert sum(bool(one["lessons"]) for one in experiences) >= 10
