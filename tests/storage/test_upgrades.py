"""What older releases wrote, opened by this one: files of every schema there was, kept in `spec/banks`.

Each was written by the code of its time, by `tools/golden_banks.py`, with what it answered then.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.bank.whole_export import restore_copies
from reasoningbank.storage import open_storage
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from tools.golden_banks import NAMESPACES, contents, in_order

BANKS = Path(__file__).resolve().parents[2] / "spec" / "banks"
SCHEMAS = range(1, SCHEMA_VERSION + 1)
SINCE_THEN = {"weight": 1.0, "recall_id": None}
"""What records of outcomes say today beside what the first release wrote, and what it means there."""


def unpacked(name: str, folder: Path) -> Path:
    """Lay a golden file out as its release left it."""
    place = folder / name.removesuffix(".gz")
    place.write_bytes(gzip.decompress((BANKS / name).read_bytes()))
    return place


def answers(name: str) -> dict[str, dict[str, list[object]]]:
    """What the release answered that wrote a bank."""
    found = json.loads((BANKS / f"{name}-answers.json").read_text("utf-8"))
    for namespace in found.values():
        for record in namespace["patterns"]:
            record["outcomes"] = [SINCE_THEN | outcome for outcome in record["outcomes"]]
    return ordered(found)


def ordered(found: dict[str, dict[str, list[object]]]) -> dict[str, dict[str, list[object]]]:
    """Put outcomes in the order of their ids: the first release gave those of one millisecond so."""
    for namespace in found.values():
        for record in namespace["patterns"]:
            record["outcomes"].sort(key=lambda outcome: outcome["id"])
        namespace["patterns"].sort(key=in_order)
    return found


def answered_alike(then: dict[str, dict[str, list[object]]], now: dict[str, object]) -> None:
    """Compare by what the older release knew of: newer ones may answer more."""
    ordered(now)
    for namespace, known in then.items():
        assert {name: now[namespace][name] for name in known} == known


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_bank_of_every_schema_answers_as_it_did(schema, tmp_path):
    bank = unpacked(f"sqlite-{schema}.db.gz", tmp_path)

    answered_alike(answers(f"sqlite-{schema}"), contents(bank))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_bank_of_every_schema_is_sound_after_the_upgrade(schema, tmp_path):
    path = unpacked(f"sqlite-{schema}.db.gz", tmp_path)
    for namespace in NAMESPACES:
        with ReasoningBank.open(path, namespace=namespace) as bank:
            assert bank.get_stats().schema_version == SCHEMA_VERSION
            assert [one for one in bank.check(full=True) if one.level == "error"] == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_key_given_to_an_older_release_is_not_taken_again(schema, tmp_path):
    path = unpacked(f"sqlite-{schema}.db.gz", tmp_path)
    once = PatternInput(task_description="Rotate the keys", task_category="ops", strategy="Twice.")
    with ReasoningBank.open(path) as bank:
        before = bank.get_stats().total_patterns

        assert bank.put(once, idempotency_key="rotate").status == "replayed"
        assert bank.get_stats().total_patterns == before


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_bank_of_every_schema_takes_all_that_is_new(schema, tmp_path):
    path = unpacked(f"sqlite-{schema}.db.gz", tmp_path)
    with ReasoningBank.open(path) as bank:
        shown = bank.recall("Add login to the API", min_similarity=0.0)
        bank.record_outcome(recall=shown.id, success=True, source="test")
        with bank.task("Make the parser tests pass", category="debugging") as task:
            task.step("pytest -q", "12 passed")
            task.succeed(source="test", evidence={"exit_code": 0})
        bank.consolidate()

        assert bank.progress().days
        assert [one for one in bank.check() if one.level == "error"] == []


@pytest.mark.parametrize("schema", [one for one in SCHEMAS if one < SCHEMA_VERSION])
def test_the_backup_of_an_upgrade_is_the_bank_as_it_was(schema, tmp_path):
    path = unpacked(f"sqlite-{schema}.db.gz", tmp_path)
    ReasoningBank.open(path).close()
    backup = path.with_name(f"{path.name}.backup-schema-{schema}")

    answered_alike(answers(f"sqlite-{schema}"), contents(backup))  # upgrading that in its turn


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_export_of_every_release_is_restored_as_it_was(schema, tmp_path, any_target):
    export = unpacked(f"patterns-of-sqlite-{schema}.jsonl.gz", tmp_path)
    with ReasoningBank.open(any_target) as bank:
        with export.open("rb") as file:
            bank.restore_jsonl(file)
        then = answers(f"sqlite-{schema}")[NAMESPACES[0]]

        found = [str(one.id) for one in bank.search_by_category("ops")]
        assert found == then["ops"]
        assert [
            [str(one.id), round(one.similarity, 6)]
            for one in bank.find_similar("let users sign in to the API", top_k=3)
        ] == then["similar"]


def test_an_export_of_experiences_is_restored_as_it_was(tmp_path):
    export = unpacked("trajectories-of-sqlite-2.jsonl.gz", tmp_path)
    with ReasoningBank.open(tmp_path / "new.db") as bank, export.open("rb") as file:
        assert bank.restore_trajectories_jsonl(file).created == 2
    then = answers("sqlite-2")[NAMESPACES[0]]["trajectories"]
    now = contents(tmp_path / "new.db")[NAMESPACES[0]]["trajectories"]

    # Relations to patterns are restored where the patterns are.
    assert [one["trajectory"] for one in now] == [one["trajectory"] for one in then]


def test_an_export_of_everything_is_restored_as_it_was(tmp_path):
    export = unpacked("copies-of-sqlite-2.jsonl.gz", tmp_path)
    storage = open_storage(tmp_path / "new.db")
    with export.open("rb") as file:
        restore_copies(storage, file)
    storage.close()

    answered_alike(answers("sqlite-2"), contents(tmp_path / "new.db"))


def test_a_database_of_the_first_tables_in_postgresql_answers_as_it_did(empty_postgres):
    import psycopg

    from reasoningbank.storage.postgres.migrations import upgrade
    from reasoningbank.storage.postgres.schema import SCHEMA_VERSION as VERSION

    dump = gzip.decompress((BANKS / "postgres-1.sql.gz").read_bytes()).decode()
    with psycopg.connect(empty_postgres, autocommit=True) as connection:
        connection.execute(dump)
    migration = upgrade(empty_postgres)

    assert (migration.before, migration.after) == (1, VERSION)
    answered_alike(answers("postgres-1"), contents(empty_postgres))


def test_every_version_of_the_tables_in_postgresql_has_its_golden_file():
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    from reasoningbank.storage.postgres.schema import SCHEMA_VERSION as VERSION

    known = {path.name.split(".")[0] for path in BANKS.glob("postgres-*.sql.gz")}

    assert known == {f"postgres-{version}" for version in range(1, VERSION + 1)}


@pytest.mark.parametrize("kind", ["sqlite", "patterns-of-sqlite"])
def test_every_schema_there_was_has_its_golden_file(kind):
    """A release with a new schema leaves its own: `python tools/golden_banks.py`."""
    known = {path.name.split(".")[0] for path in BANKS.glob(f"{kind}-?.*.gz")}

    assert known == {f"{kind}-{schema}" for schema in SCHEMAS}
