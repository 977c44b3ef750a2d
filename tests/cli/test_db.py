"""The verb of whoever owns the tables."""

from __future__ import annotations

import json


def test_the_tables_are_made_once_and_looked_over(call, empty_postgres):
    made = call("db", "init", "--db", empty_postgres, "--json")
    again = call("db", "upgrade", "--db", empty_postgres)
    checked = call("db", "check", "--db", empty_postgres, "--json")

    assert json.loads(made.stdout)["before"] == 0
    assert json.loads(made.stdout)["after"] == 1
    assert again.stdout == "up to date; 0 indexes built\n"
    levels = {one["check"]: one["level"] for one in json.loads(checked.stdout)}
    assert levels == {
        "schema": "ok",
        "indexes": "ok",
        "similarity indexes": "ok",
        "row security": "ok",
        "roles": "warning",
    }


def test_a_database_without_tables_is_an_error_with_the_way_out(call, empty_postgres):
    ended = call("db", "check", "--db", empty_postgres)

    assert ended.status == 5
    assert "reasoningbank db init" in ended.stdout


def test_a_file_needs_no_database_verb(call, tmp_path):
    ended = call("db", "init", "--db", str(tmp_path / "bank.db"))

    assert ended.status == 2
    assert not (tmp_path / "bank.db").exists()


def test_an_action_that_is_none_is_refused(call, empty_postgres):
    assert call("db", "drop", "--db", empty_postgres).status == 2
