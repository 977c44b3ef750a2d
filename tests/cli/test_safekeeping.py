"""The verbs that keep copies, save what is left, and steer a rollout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.cli.exits import ExitStatus
from reasoningbank.storage.rollout.state import VARIABLES

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        for number in range(3):
            bank.store_pattern(
                task_description=f"Task {number}", task_category="c", strategy="Look first."
            )
    return tmp_path / "bank.db"


def count(path: Path) -> int:
    with ReasoningBank.open(path) as bank:
        return bank.get_stats().total_patterns


def test_a_backup_is_made_and_restored(call, path, tmp_path):
    made = json.loads(call("backup", "--db", path, "--json").stdout)
    done = json.loads(call("restore", made["path"], "--db", tmp_path / "new.db", "--json").stdout)

    assert (made["patterns"], done["patterns"], done["kept"]) == (3, 3, None)
    assert count(tmp_path / "new.db") == 3


def test_only_so_many_backups_are_kept(call, path, tmp_path):
    for _ in range(4):
        call("backup", tmp_path / "kept", "--keep", "2", "--db", path)

    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_an_export_is_still_restored_as_an_export(call, path, tmp_path):
    call("export", tmp_path / "patterns.jsonl", "--db", path)
    done = call("restore", tmp_path / "patterns.jsonl", "--db", tmp_path / "new.db")

    assert "3 created" in done.stdout


def test_an_export_of_everything_is_recognised(call, path, tmp_path):
    call("export", "--everything", tmp_path / "all.jsonl", "--db", path)
    done = call("restore", tmp_path / "all.jsonl", "--db", tmp_path / "new.db")

    assert "read 4 things: 4 created" in done.stdout
    assert count(tmp_path / "new.db") == 3


def test_what_holds_namespaces_of_its_own_is_not_restored_into_one(call, path, tmp_path):
    call("export", "--everything", tmp_path / "all.jsonl", "--db", path)
    made = json.loads(call("backup", "--db", path, "--json").stdout)["path"]

    for source in (tmp_path / "all.jsonl", made):
        failed = call("restore", source, "--namespace", "other", "--db", tmp_path / "new.db")
        assert failed.status == ExitStatus.INVALID
        assert "namespace cannot be chosen" in failed.stderr
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("words", [[], ["--everything"]])
def test_an_export_of_a_namespace_that_holds_nothing_says_so(call, path, tmp_path, words):
    done = call("export", tmp_path / "a.jsonl", *words, "--namespace", "tem-a", "--db", path)

    assert done.status == 0
    assert "the namespace tem-a holds nothing" in done.stderr


def test_a_role_that_sees_one_namespace_at_a_time_does_not_export_everything(
    call, team_dsn, tmp_path
):
    failed = call("export", "--everything", tmp_path / "all.jsonl", "--db", team_dsn)

    assert failed.status == ExitStatus.INVALID
    assert "as the owner of the tables" in failed.stderr
    assert not (tmp_path / "all.jsonl").exists()


def test_a_damaged_bank_is_named_when_it_is_not_backed_up(call, path, tmp_path):
    import apsw

    connection = apsw.Connection(str(path))
    connection.execute("UPDATE patterns SET strategy = 'planted'")
    connection.close()
    failed = call("backup", tmp_path / "kept", "--db", path)

    assert failed.status == ExitStatus.STORAGE
    assert f"{path} is damaged" in failed.stderr


@pytest.mark.parametrize("verb", [["backup"], ["restore", "BACKUP"]])
def test_a_bank_on_a_server_is_referred_to_the_tools_of_the_server(call, path, verb):
    made = json.loads(call("backup", "--db", path, "--json").stdout)["path"]
    words = [made if word == "BACKUP" else word for word in verb]
    failed = call(*words, "--db", "postgresql://host/bank")

    assert failed.status == ExitStatus.INVALID
    assert "pg_dump" in failed.stderr


def test_a_bank_that_is_not_there_is_not_backed_up(call, tmp_path):
    assert call("backup", "--db", tmp_path / "none.db").status == ExitStatus.NOT_FOUND
    assert not (tmp_path / "none.db").exists()


def test_recovering_names_what_is_lost_and_says_so_by_its_status(call, path, tmp_path):
    import apsw

    shutil.copyfile(path, tmp_path / "damaged.db")
    connection = apsw.Connection(str(tmp_path / "damaged.db"))
    [(one,)] = connection.execute("SELECT id FROM patterns LIMIT 1")
    connection.execute("UPDATE patterns SET strategy = 'planted' WHERE id = ?", (one,))
    connection.close()

    done = call("recover", tmp_path / "damaged.db", tmp_path / "new.db")

    assert done.status == ExitStatus.PARTLY
    assert one in done.stderr
    assert count(tmp_path / "new.db") == 2


def test_a_damaged_vector_is_made_anew(call, path, tmp_path):
    import apsw

    shutil.copyfile(path, tmp_path / "damaged.db")
    connection = apsw.Connection(str(tmp_path / "damaged.db"))
    connection.execute("UPDATE pattern_embeddings SET embedding = zeroblob(768)")
    connection.close()

    done = call("recover", tmp_path / "damaged.db", tmp_path / "new.db")

    assert done.status == ExitStatus.DONE
    assert "3 vectors of default made anew" in done.stdout


def test_a_rollout_is_walked_from_start_to_finish(call, path, tmp_path):
    new = tmp_path / "new.db"
    assert "0 % answered" in call("rollout", "start", new, "--db", path).stdout
    assert "25 % answered" in call("rollout", "set", "25", "--db", path).stdout
    assert "the candidate counts" in call("rollout", "promote", "--db", path).stdout
    call("store", "--task", "t", "--category", "c", "--strategy", "s", "--db", path)
    assert "finished" in call("rollout", "finish", "--db", path).stdout

    assert count(new) == 4


def test_the_candidate_may_be_named_by_the_environment(call, path, tmp_path, monkeypatch):
    monkeypatch.setenv("REASONINGBANK_CANDIDATE_URL", str(tmp_path / "new.db"))

    status = json.loads(call("rollout", "start", "--db", path, "--json").stdout)

    assert status["state"]["candidate"] == str(tmp_path / "new.db")


@pytest.mark.parametrize(
    "words",
    [
        ["start"],
        ["set"],
        ["set", "101"],
        ["set", "ten"],
        ["promote", "now"],
        ["status", "--overwrite"],
        ["status", "--shadow", "5"],
        ["set", "10", "--abandon"],
        ["set", "--shadow", "101"],
        ["start", "memory:"],
        ["start", "new.db", "--namespace", "team"],
    ],
)
def test_a_step_that_makes_no_sense_is_refused(call, path, tmp_path, words):
    if words[0] != "start":
        call("rollout", "start", tmp_path / "new.db", "--db", path)

    assert call("rollout", *words, "--db", path).status == ExitStatus.INVALID


def test_a_bank_in_a_rollout_is_not_restored(call, path, tmp_path):
    made = json.loads(call("backup", "--db", path, "--json").stdout)["path"]
    call("rollout", "start", tmp_path / "new.db", "--db", path)

    assert call("restore", made, "--db", path).status == ExitStatus.CONFLICT
    call("rollout", "rollback", "--db", path)
    assert call("restore", made, "--db", path).status == ExitStatus.DONE


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_of_a_rollout_is_on_its_page(variable):
    assert f"| `{variable}` |" in (CHECKOUT / "docs" / "rollout.md").read_text("utf-8")
