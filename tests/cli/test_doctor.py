"""Looking a bank over, also one that cannot be opened."""

from __future__ import annotations

import apsw
import pytest

from reasoningbank import ReasoningBank
from reasoningbank.cli.verbs.diagnosing import Diagnosis


def test_a_healthy_bank_is_told_so_with_its_file(call, filled):
    ended = call("doctor", "--db", filled)

    assert ended.status == 0
    assert ended.stdout.startswith(f"{filled}\n")
    assert ended.stdout.endswith("\nhealthy\n")


def test_json_gives_every_finding(call, filled):
    told = call("doctor", "--db", filled, "--json").json

    assert told.keys() == set(Diagnosis.__struct_fields__)
    assert (told["path"], told["healthy"], told["error"]) == (str(filled), True, None)
    assert {"release", "engine", "structure", "patterns", "embedder"} <= {
        finding["check"] for finding in told["findings"]
    }


def test_a_flipped_byte_is_found_and_the_pattern_named(call, filled, login_id):
    connection = apsw.Connection(str(filled))
    connection.execute("UPDATE patterns SET strategy = 'forged' WHERE id = ?", (login_id,))
    connection.close()

    ended = call("doctor", "--db", filled)
    assert ended.status == 5
    assert login_id in ended.stdout
    assert "->" in ended.stdout
    assert "1 error\n" in ended.stdout
    assert call("doctor", "--db", filled, "--json").json["healthy"] is False


def test_a_warning_alone_ends_with_zero(call, filled):
    filled.chmod(0o644)

    ended = call("doctor", "--db", filled)
    assert ended.status == 0
    assert "chmod 600" in ended.stdout
    assert ended.stdout.endswith("1 warning\n")


def test_vectors_of_another_embedder_are_a_warning(call, of_another_embedder):
    told = call("doctor", "--db", of_another_embedder, "--json").json
    [embedder] = [finding for finding in told["findings"] if finding["check"] == "embedder"]
    assert embedder["level"] == "warning"
    assert "made by other" in embedder["message"]
    assert "reembed" in embedder["hint"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "storage_corrupt"), (b"not a database at all" * 9, "storage_corrupt")],
)
def test_a_file_that_cannot_be_opened_is_explained(call, tmp_path, content, code):
    (tmp_path / "bad.db").write_bytes(content)

    shown = call("doctor", "--db", tmp_path / "bad.db")
    told = call("doctor", "--db", tmp_path / "bad.db", "--json")
    assert (shown.status, told.status) == (5, 5)
    assert "->" in shown.stdout
    assert shown.stderr == ""
    assert told.json["error"]["code"] == code
    assert (tmp_path / "bad.db").read_bytes() == content


def test_a_bank_of_a_newer_release_is_explained(call, filled):
    connection = apsw.Connection(str(filled))
    connection.execute("PRAGMA user_version = 999")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()

    ended = call("doctor", "--db", filled, "--json")
    assert (ended.status, ended.json["error"]["found"]) == (5, 999)


def test_a_bank_that_is_not_there_is_not_made(call, tmp_path):
    ended = call("doctor", "--db", tmp_path / "none.db")

    assert ended.status == 1
    assert "reasoningbank store" in " ".join(ended.stdout.split())
    assert not (tmp_path / "none.db").exists()


def test_a_bank_in_memory_is_healthy(call):
    assert call("doctor", "--db", "memory:").stdout.startswith("memory\n")


def test_doctor_changes_nothing(call, filled):
    with ReasoningBank.open(filled) as bank:
        before = bank.search_by_category("backend")
    call("doctor", "--db", filled)

    with ReasoningBank.open(filled) as bank:
        assert bank.search_by_category("backend") == before
