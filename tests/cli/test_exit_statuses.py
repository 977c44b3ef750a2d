"""How the program ends: a status for each kind of error, one line, and JSON where it was asked for."""

from __future__ import annotations

import re

import apsw
import pytest

import reasoningbank
from reasoningbank import ReasoningBank, ReasoningBankError
from reasoningbank.cli.exits import MEANINGS, ExitStatus, status_of

NOWHERE = "0198c6f2-7c1e-7e0a-b2a3-0c5d6e7f8a9b"
LEAVES = [
    one
    for one in (getattr(reasoningbank, name) for name in reasoningbank.__all__)
    if isinstance(one, type)
    and issubclass(one, ReasoningBankError)
    and one is not ReasoningBankError
]
WRITTEN = {
    "not_found": 1,
    "invalid_input": 2,
    "conflict": 3,
    "busy": 4,
    "storage_corrupt": 5,
    "foreign_database": 5,
    "schema_too_new": 5,
    "embedding_mismatch": 6,
    "provider_failed": 7,
    "unavailable": 7,
}


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_every_error_ends_the_program_with_its_status_and_one_line(call, monkeypatch, kind):
    def failing(self):
        raise kind("went wrong\nbadly", path="/a/bank.db", hint="Do this.")

    monkeypatch.setattr(ReasoningBank, "get_stats", failing)
    ended = call("stats", "--db", "memory:")

    assert ended.status == WRITTEN[kind.code] == status_of(kind("x"))
    assert ended.stdout == ""
    assert ended.stderr == "error: /a/bank.db went wrong badly. Do this.\n"


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_every_error_is_an_object_with_json(call, monkeypatch, kind):
    def failing(self):
        raise kind("went wrong", field="top_k", hint="Do this.")

    monkeypatch.setattr(ReasoningBank, "get_stats", failing)
    ended = call("stats", "--db", "memory:", "--json")

    own = set(vars(kind("x"))) - {"message", "field", "path", "hint"}
    assert ended.error.keys() == {"code", "message", "field", "path", "hint", *own}
    assert ended.error["code"] == kind.code
    assert ended.error["message"] == "top_k went wrong"
    assert ended.error["hint"] == "Do this."


def test_every_status_is_explained():
    assert set(MEANINGS) == set(ExitStatus)


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("stats", "--nonsense"),
        ("store", "--task", "x"),
        ("get",),
        ("get", NOWHERE, NOWHERE),
        ("search", "x", "--limit", "many"),
        ("store", "--task", "x", "--category", "c", "--strategy", "s", "--source", "rumour"),
        ("similar", "x", "--db"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(call, arguments):
    ended = call(*arguments)

    assert (ended.status, ended.stdout) == (2, "")
    assert re.fullmatch(r"error: .+ Try `reasoningbank( \w+)? --help`\.\n", ended.stderr)


def test_wrong_usage_with_json_is_an_object(call):
    ended = call("store", "--json")

    assert ended.error["code"] == "usage"
    assert "--task" in ended.error["message"]
    assert ended.error["hint"] == "Try `reasoningbank store --help`."


def test_no_verb_at_all_shows_the_help_on_standard_error(call):
    ended = call()

    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Usage: reasoningbank")


def test_a_defect_keeps_its_traceback_and_has_a_status_of_its_own(call, monkeypatch):
    def failing(self):
        raise ZeroDivisionError

    monkeypatch.setattr(ReasoningBank, "get_stats", failing)
    ended = call("stats", "--db", "memory:")

    assert ended.status == 70
    assert "ZeroDivisionError" in ended.stderr
    assert ended.stderr.endswith("please report it\n")


@pytest.mark.parametrize("verb", ["get", "delete", "erase", "history"])
def test_an_id_that_is_not_there_is_not_found(call, verb):
    ended = call(verb, NOWHERE, "--db", "memory:", "--json")

    assert ended.status == 1
    assert ended.error["code"] == "not_found"


@pytest.mark.parametrize("verb", ["get", "delete", "erase", "history"])
def test_an_id_that_is_none_is_invalid(call, verb):
    assert call(verb, "not-an-id", "--db", "memory:").status == 2


def test_an_empty_namespace_is_invalid_and_not_the_default_one(call):
    ended = call("stats", "--namespace", "", "--db", "memory:", "--json")

    assert (ended.status, ended.error["field"]) == (2, "namespace")


def test_an_engine_that_does_not_exist_is_invalid(call):
    assert call("stats", "--db", "oracle://somewhere").status == 2


def test_an_empty_file_is_corrupt_and_stays_empty(call, tmp_path):
    (tmp_path / "empty.db").touch()

    assert call("stats", "--db", tmp_path / "empty.db").status == 5
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_another_programs_database_is_refused_and_unchanged(call, tmp_path):
    connection = apsw.Connection(str(tmp_path / "theirs.db"))
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = (tmp_path / "theirs.db").read_bytes()

    ended = call("store", "--task", "t", "--category", "c", "--strategy", "s", "--db",
                 tmp_path / "theirs.db", "--json")  # fmt: skip
    assert (ended.status, ended.error["code"]) == (5, "foreign_database")
    assert (tmp_path / "theirs.db").read_bytes() == before


def test_vectors_of_another_embedder_are_a_mismatch(call, of_another_embedder):
    ended = call("similar", "t", "--db", of_another_embedder, "--json")
    assert (ended.status, ended.error["stored"]) == (6, "other")


def test_an_embedder_nobody_knows_is_invalid(call):
    ended = call("similar", "t", "--db", "memory:", "--embedder", "magic", "--json")

    assert (ended.status, ended.error["field"]) == (2, "embedder")


def test_a_place_that_cannot_be_written_is_unavailable(call, tmp_path):
    (tmp_path / "file").touch()

    assert call("stats", "--db", tmp_path / "file" / "bank.db").status == 7
