"""Experiences on the command line: shown, judged, taken back, moved, erased; outcomes of recalls."""

from __future__ import annotations

import json

import pytest

from tests.cli.recordings import junit, own, swe_agent

NOWHERE = "0198c6f2-7c1e-7e0a-b2a3-0c5d6e7f8a9b"


@pytest.fixture
def database(call, tmp_path):
    """A bank that learned from one recording and keeps another, pending."""
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "a.traj").write_text(swe_agent("parser"), "utf-8")
    (folder / "b.jsonl").write_text(own("lexer", steps=[{"action": "look"}]), "utf-8")
    assert call("learn", folder, "--db", tmp_path / "b.db").status == 0
    return ("--db", tmp_path / "b.db")


@pytest.fixture
def kept(call, database):
    """The trajectories of that bank."""
    return call("trajectories", *database, "--json").json


# Shown


def test_trajectories_are_listed_in_the_order_they_were_stored(call, database, kept):
    shown = call("trajectories", *database)

    assert [one["state"] for one in kept] == ["learned", "pending"]
    assert shown.stdout.index(kept[0]["id"]) < shown.stdout.index(kept[1]["id"])
    assert "note: nothing in the steps shows how it ended" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_trajectories_are_listed_by_state_and_page(call, database, kept):
    first, second = kept
    pending = call("trajectories", "--state", "pending", *database, "--json").json
    page = call("trajectories", "--limit", "1", *database)
    rest = call("trajectories", "--after", first["id"], *database, "--json").json

    assert [one["id"] for one in pending] == [second["id"]]
    assert page.stdout.endswith(f"More with --after {first['id']}\n")
    assert [one["id"] for one in rest] == [second["id"]]


def test_an_empty_list_says_so(call):
    assert call("trajectories", "--db", "memory:").stdout == "No such trajectory is kept here.\n"
    assert call("trajectories", "--db", "memory:", "--json").json == []


def test_one_trajectory_is_shown_with_its_steps_and_what_came_of_it(call, database, kept):
    shown = call("trajectories", kept[0]["id"], *database).stdout
    told = call("trajectories", kept[0]["id"], *database, "--json").json

    assert "pytest -q parser" in shown
    assert "NameError" in shown
    assert told["trajectory"] == kept[0]
    assert {link["kind"] for link in told["links"]} == {"derived_from"}
    for link in told["links"]:
        assert link["source_id"] in shown


def test_a_trajectory_that_is_not_there_is_not_found(call, database):
    for verb in (
        ("trajectories",),
        ("judge", "--success"),
        ("withdraw",),
        ("erase", "--trajectory"),
    ):
        ended = call(*verb, NOWHERE, *database, "--json")
        assert (ended.status, ended.error["code"]) == (1, "not_found")


# Judged


def test_judging_a_pending_one_learns_from_it(call, database, kept, tmp_path):
    path = tmp_path / "runs" / "c.jsonl"
    steps = json.loads(own("c"))["steps"][:2]  # the tests were never run again
    path.write_text(own("c", steps=steps), "utf-8")
    pending = call("learn", path, *database, "--json").json
    [experience] = pending["files"][0]["experiences"]
    judged = call("judge", experience["trajectory_id"], "--success", "--json", *database).json

    assert experience["status"] == "pending"
    assert (judged["status"], judged["verdict"]["source"]) == ("learned", "caller")
    assert judged["lessons"]


@pytest.mark.parametrize(
    ("options", "kind", "source"),
    [
        (("--success",), "success", "caller"),
        (("--failure", "--source", "human"), "failure", "human"),
        (("--score", "0.5", "--evidence", '{"points": 5}'), "partial", "caller"),
    ],
)
def test_judging_again_adds_an_outcome(call, database, kept, options, kind, source):
    judged = call("judge", kept[0]["id"], *options, *database, "--json").json
    history = call("history", judged["lessons"][0]["id"], *database, "--json").json

    assert judged["status"] == "replayed"
    assert [one["source"] for one in history["outcomes"]] == ["agent", source]
    assert history["outcomes"][1]["kind"] == kind


def test_a_test_report_judges_a_trajectory(call, database, kept, tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(junit("parser", failures=1), "utf-8")
    shown = call("judge", kept[0]["id"], "--report", report, *database)

    assert "failure, shown by a test" in shown.stdout
    assert "NameError" in shown.stdout


@pytest.mark.parametrize(
    ("options", "field"), [((), "outcome"), (("--success", "--failure"), "outcome")]
)
def test_judging_needs_one_verdict(call, database, kept, options, field):
    ended = call("judge", kept[0]["id"], *options, *database, "--json")

    assert (ended.status, ended.error["field"]) == (2, field)


def test_a_report_without_tests_judges_nothing(call, database, kept, tmp_path):
    report = tmp_path / "report.xml"
    report.write_text("<testsuites/>", "utf-8")
    ended = call("judge", kept[0]["id"], "--report", report, *database, "--json")

    assert (ended.status, ended.error["message"]) == (2, "report shows no test that ran")


# Taken back


def test_withdrawing_hides_what_came_of_it_and_reinstating_brings_it_back(call, database, kept):
    taken = call("withdraw", kept[0]["id"], *database, "--json").json["quarantined"]
    hidden = call("get", taken[0], *database, "--json").json["state"]
    state = call("trajectories", kept[0]["id"], *database, "--json").json["trajectory"]["state"]
    back = call("reinstate", kept[0]["id"], *database)

    assert (hidden, state) == ("quarantined", "withdrawn")
    assert len(taken) == 1
    assert back.stdout.splitlines()[0] == "1 pattern active again"
    assert sorted(back.stdout.splitlines()[1:]) == sorted(taken)
    assert call("get", taken[0], *database, "--json").json["state"] == "active"


def test_a_source_is_withdrawn_by_the_origin_that_is_shown(call, database, kept):
    shown = call("trajectories", kept[0]["id"], *database, "--json").json["trajectory"]["origin"]
    taken = call("withdraw", "--origin", shown, *database, "--json").json["quarantined"]

    assert taken
    assert call("reinstate", "--origin", shown, *database, "--json").json["activated"] == taken


def test_a_source_that_nothing_came_of_is_said_to_be_one(call, database):
    ended = call("withdraw", "--origin", "chat exprot", *database)

    assert (ended.status, ended.stdout) == (0, "0 patterns quarantined\n")
    assert "nothing active came of 'chat exprot' alone" in ended.stderr


def test_withdrawing_needs_one_thing_to_withdraw(call, database):
    ended = call("withdraw", *database, "--json")

    assert (ended.status, ended.error["field"]) == (2, "source")


def test_erasing_a_trajectory_erases_what_came_of_it_alone(call, database, kept, tmp_path):
    patterns = call("stats", *database, "--json").json["total_patterns"]
    erased = call("erase", kept[0]["id"], "--trajectory", *database, "--json").json

    assert erased[0]["id"] == kept[0]["id"]
    assert len(erased) == 1 + patterns
    assert call("stats", *database, "--json").json["total_patterns"] == 0
    assert b"parser" not in (tmp_path / "b.db").read_bytes()


# Moved


def test_trajectories_come_back_from_an_export_as_they_were(call, database, kept, tmp_path):
    patterns, experiences = tmp_path / "p.jsonl", tmp_path / "t.jsonl"
    call("export", patterns, *database)
    exported = call("export", experiences, "--trajectories", *database)
    other = ("--db", tmp_path / "other.db")
    call("restore", patterns, *other)
    restored = call("restore", experiences, "--trajectories", *other, "--json").json

    assert exported.stdout == f"exported 2 trajectories to {experiences}\n"
    assert restored["created"] == 2
    assert call("trajectories", *other, "--json").json == kept
    assert call("restore", experiences, "--trajectories", *other, "--json").json["unchanged"] == 2


def test_foreign_trajectories_are_taken_in_and_learned_from_when_asked(call, tmp_path):
    path = tmp_path / "theirs.jsonl"
    verdict = {"kind": "success", "score": 1.0, "source": "test"}
    lines = [own("a", verdict=verdict), own("b", task_description="mail ann@example.org"), "{"]
    path.write_text("\n".join(lines), "utf-8")
    database = ("--db", tmp_path / "b.db")
    taken = call("import", path, "--trajectories", "--skip-invalid", *database)
    retried = call("learn", "--retry", *database, "--json").json

    assert taken.status == 0
    assert "read 3 lines: 2 created, 0 known already" in taken.stdout
    assert "took 1 x mail_address out of an experience" in taken.stderr
    assert "line 3" in taken.stdout
    assert retried["learned"] == 2
    sources = {one["verdict"]["source"] for one in call("trajectories", *database, "--json").json}
    assert sources == {"imported", "agent"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("export", "x", "--trajectories", "--skip-damaged"), "skip-damaged"),
        (("import", "-", "--believe", "test"), "believe"),
    ],
)
def test_options_of_moving_that_do_not_go_together_are_refused(call, arguments, field):
    ended = call(*arguments, "--db", "memory:", "--json")

    assert (ended.status, ended.error["field"]) == (2, field)


# What came of a recall


@pytest.fixture
def recalled(call, database):
    return call("recall", "The tests of parser fail.", *database, "--json").json


def test_recall_prints_the_line_that_records_what_came_of_it(call, database):
    told = call("recall", "The tests of parser fail.", *database).stderr
    [line] = [one for one in told.splitlines() if "reasoningbank outcome" in one]
    arguments = line.partition("reasoningbank ")[2].split()

    assert call(*arguments, *database).stdout.startswith("recorded success from caller")


def test_an_outcome_of_a_recall_is_shared_and_counts_once(call, database):
    for strategy in ("Read the report of the tests.", "Run the parser alone."):
        call(
            "store", "--task", "The tests of parser fail", "--category", "c",
            "--strategy", strategy, *database,
        )  # fmt: skip
    asked = ("recall", "The tests of parser fail.", "--experiences", "2", "--k", "2")
    recalled = call(*asked, *database, "--json").json
    first = call("outcome", "--recall", recalled["id"], "--success", *database, "--json").json
    again = call("outcome", "--recall", recalled["id"], "--failure", *database, "--json").json

    assert len(first) == len(recalled["patterns"]) == 2
    assert {one["outcome"]["weight"] for one in first} == {0.5}
    assert [one["outcome"]["kind"] for one in again] == ["success", "success"]


def test_an_outcome_of_a_recall_can_name_what_was_used(call, database, recalled):
    used = recalled["patterns"][0]["pattern"]["id"]
    shown = call("outcome", "--recall", recalled["id"], "--used", used, "--failure", *database)

    assert shown.stdout.splitlines()[0] == "recorded failure from caller"
    assert shown.stdout.splitlines()[1].startswith(f"{used}  2 uses, 1 success, 1 failure")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((), "ID"),
        (("ID", "--recall", NOWHERE), "ID"),
        (("ID", "--used", NOWHERE), "used"),
        (("--recall", NOWHERE, "--unknown", "--success"), "outcome"),
    ],
)
def test_an_outcome_is_of_a_pattern_or_of_a_recall(call, database, arguments, field):
    ended = call("outcome", *arguments, "--success", *database, "--json")

    assert (ended.status, ended.error["field"]) == (2, field)


def test_an_outcome_from_a_report_is_confirmed_by_a_test(call, database, recalled, tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(junit("parser"), "utf-8")
    pattern = recalled["patterns"][0]["pattern"]["id"]
    recorded = call("outcome", pattern, "--report", report, *database, "--json").json

    assert (recorded["outcome"]["source"], recorded["trust"]) == ("test", "confirmed")
    assert recorded["outcome"]["evidence"] == {"report": "report.xml", "passed": 2}


# What import tells


def test_import_tells_what_was_taken_out_and_how_often(call, tmp_path):
    secret = "ghp_" + "a1B2" * 9
    line = {"task_description": "Push", "task_category": "git", "strategy": f"use {secret}"}
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(json.dumps({**line, "title": f"{n}"}) for n in range(40)), "utf-8")
    ended = call("import", path, "--db", tmp_path / "b.db")

    told = "warning: took a github_token out of strategy before storing"
    warnings = [one for one in ended.stderr.splitlines() if one.startswith("warning")]
    assert warnings == [told, f"{told}: 40 times"]
    assert secret not in ended.stdout + ended.stderr


def test_an_export_without_what_is_damaged_names_it(call, filled, login_id, tmp_path):
    content = filled.read_bytes()
    assert b"How to: Add login" in content
    filled.write_bytes(content.replace(b"How to: Add login", b"How to: Add l0gin"))

    saved = call("export", tmp_path / "some.jsonl", "--skip-damaged", "--db", filled)
    told = call("export", tmp_path / "some.jsonl", "--skip-damaged", "--db", filled, "--json")
    hints = [one["hint"] or "" for one in call("doctor", "--db", filled, "--json").json["findings"]]

    assert (saved.status, saved.stdout) == (
        0,
        f"exported 2 patterns to {tmp_path / 'some.jsonl'}\n",
    )
    assert f"left out, damaged: {login_id}" in saved.stderr
    assert told.json["damaged"] == [login_id]
    assert any("--skip-damaged" in hint for hint in hints)
