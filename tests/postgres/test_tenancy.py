"""Tenants on one database are kept apart: by every call of the bank, and by the database itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from reasoningbank import ReasoningBank
from tests.faults.operations import SmallEmbedder, pattern
from tests.postgres.fixtures import Databases, as_team
from tests.postgres.tenants import (
    CALLS,
    NO_BORDER,
    WITHOUT_ID,
    Holdings,
    answer,
    everything,
    fill,
)
from tests.postgres.writers import open_bank

FIELDS = tuple(Holdings.__dataclass_fields__)
NOBODYS = Holdings(*[uuid4() for _ in FIELDS])
NAMESPACED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    AND a.attname = 'namespace' AND NOT a.attisdropped ORDER BY 1
"""


class Tenants:
    """One that has something of everything, one that has a pattern, on the same database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.theirs = open_bank(dsn, namespace="theirs")
        self.ours = open_bank(dsn, namespace="ours")
        self.holdings = fill(self.theirs, "theirs")
        self.own = self.ours.store_pattern(pattern(7))
        self.before = everything(self.theirs)

    def close(self) -> None:
        self.theirs.close()
        self.ours.close()


@pytest.fixture(scope="module")
def tenants(postgres_databases: Databases) -> Iterator[Tenants]:
    dsn = postgres_databases.bank()
    made = Tenants(as_team(dsn))
    yield made
    made.close()
    postgres_databases.drop(dsn)


def ids_of(holdings: Holdings) -> list[object]:
    return [getattr(holdings, name) for name in FIELDS]


@pytest.mark.parametrize("call", CALLS)
def test_a_foreign_id_is_answered_like_one_that_nobody_has(tenants, call):
    ask = CALLS[call]
    foreign = answer(
        lambda: ask(tenants.ours, tenants.holdings, tenants.own), *ids_of(tenants.holdings)
    )
    missing = answer(lambda: ask(tenants.ours, NOBODYS, tenants.own), *ids_of(NOBODYS))

    assert foreign == missing
    assert everything(tenants.theirs) == tenants.before


@pytest.mark.parametrize("call", WITHOUT_ID)
def test_what_looks_through_a_namespace_finds_nothing_of_another(tenants, call):
    with (
        open_bank(tenants.dsn, namespace=f"empty for {call}") as empty,
        ReasoningBank.open("memory:", embedder=SmallEmbedder()) as alone,
    ):
        assert answer(lambda: WITHOUT_ID[call](empty)) == answer(lambda: WITHOUT_ID[call](alone))

    assert everything(tenants.theirs) == tenants.before


def test_every_public_call_is_tried_or_has_a_reason_not_to_be():
    public = {name for name in dir(ReasoningBank) if not name.startswith("_")}
    tried = {name.split()[0] for name in CALLS} | {
        "search_by_category",
        "find_similar",
        "recall",
        "trajectories",
        "retry_pending",
        "withdraw",
        "reinstate",
        "export_jsonl",
        "export_trajectories_jsonl",
        "consolidate",
        "consolidations",
        "get_stats",
        "pattern_map",
        "patterns",
        "progress",
        "recalls",
        "reembed",
    }

    assert public == tried | set(NO_BORDER)


def test_one_idempotency_key_is_two_in_two_namespaces(team_dsn):
    with (
        open_bank(team_dsn, namespace="a") as first,
        open_bank(team_dsn, namespace="b") as second,
    ):
        one = first.put(pattern(1), idempotency_key="k")
        two = second.put(pattern(1), idempotency_key="k")

    assert (one.status, two.status) == ("created", "created")
    assert one.id != two.id


def test_one_id_may_stand_in_two_namespaces_and_each_has_its_own(team_dsn):
    file = io.BytesIO()
    with (
        open_bank(team_dsn, namespace="a") as first,
        open_bank(team_dsn, namespace="b") as second,
    ):
        pattern_id = first.store_pattern(pattern(1))
        first.export_jsonl(file)
        moved = file.getvalue().replace(b'"namespace":"a"', b'"namespace":"b"')
        second.restore_jsonl(io.BytesIO(moved))
        second.update_pattern(pattern_id, title="Mine")
        second.erase(pattern_id)

        found = first.get_pattern(pattern_id)
        assert found is not None
        assert found.title is None
        assert second.get_pattern(pattern_id) is None


def test_namespaces_that_look_alike_are_not_one(team_dsn):
    names = ["a", "A", "a ", "á", "á", "%", "_", "a'b", 'a"b', "a;b", "a\\b", "'; --", "NULL", "\U0001f9e0"]  # fmt: skip
    names = [name for name in names if name.strip() == name]
    for name in names:
        with open_bank(team_dsn, namespace=name) as bank:
            bank.store_pattern(pattern(1, title=name))
    for name in names:
        with open_bank(team_dsn, namespace=name) as bank:
            [found] = bank.search_by_category("line")
            assert found.title == name
            assert bank.get_stats().total_patterns == 1


# What the database itself keeps apart


@pytest.fixture
def raw(tenants: Tenants) -> Iterator[psycopg.Connection]:
    """A connection with the rights that programs of the team have, and no bank between."""
    with psycopg.connect(tenants.dsn) as connection:
        yield connection
        connection.rollback()


def tables(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute(NAMESPACED)]


def enter(connection: psycopg.Connection, namespace: str) -> None:
    connection.execute("SELECT set_config('reasoningbank.namespace', %s, true)", [namespace])


def test_statements_without_a_condition_see_one_namespace_alone(tenants, raw):
    names = tables(raw)
    assert {"patterns", "pattern_embeddings", "outcomes", "trajectories", "recalls"} <= set(names)

    for name in names:
        enter(raw, "theirs")
        theirs = raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        enter(raw, "ours")
        seen = raw.execute(f'SELECT DISTINCT namespace FROM "{name}"').fetchall()
        assert seen in ([], [("ours",)]), name
        assert theirs or name in {"erased_patterns", "performance_metrics", "idempotency_keys"}, (
            f"nothing in {name} to keep apart"
        )


def test_without_a_namespace_nothing_is_seen(raw):
    for name in tables(raw):
        assert raw.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (0,), name
    enter(raw, "")
    for name in tables(raw):
        assert raw.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (0,), name


def test_changes_without_a_condition_reach_one_namespace_alone(tenants, raw):
    enter(raw, "nobody")
    for name in tables(raw):
        for statement in (f'UPDATE "{name}" SET namespace = namespace', f'DELETE FROM "{name}"'):
            try:
                with raw.transaction():
                    assert raw.execute(statement).rowcount == 0, statement
            except psycopg.errors.InsufficientPrivilege:
                pass  # not allowed at all keeps them apart just as well
    raw.commit()

    assert everything(tenants.theirs) == tenants.before


def test_rows_cannot_be_put_into_nor_moved_into_another_namespace(tenants, raw):
    enter(raw, "ours")
    for statement in (
        "INSERT INTO bank_properties VALUES ('theirs', 'x', 'y')",
        "UPDATE patterns SET namespace = 'theirs'",
        "INSERT INTO namespaces (namespace) VALUES ('another')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
            raw.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE patterns DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE patterns NO FORCE ROW LEVEL SECURITY",
        "DROP TABLE patterns",
        "TRUNCATE patterns",
        "CREATE POLICY mine ON patterns USING (true)",
        "DELETE FROM bank_schema",
        "INSERT INTO bank_schema VALUES (999, now())",
        "CREATE TABLE mine (x int)",
        "SET ROLE postgres",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
    ],
)
def test_the_role_of_the_team_cannot_lift_what_keeps_it_in(raw, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
        raw.execute(statement)


def test_every_table_with_a_namespace_is_guarded(postgres_dsn):
    with psycopg.connect(postgres_dsn) as connection:
        guarded = connection.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1"
        ).fetchall()
        assert set(tables(connection)) <= {row[0] for row in guarded}


def test_a_connection_of_the_pool_remembers_no_namespace(postgres_databases, team_dsn):
    joined = "&" if "?" in team_dsn else "?"
    with open_bank(f"{team_dsn}{joined}pool_size=1", namespace="first") as bank:
        pattern_id = bank.store_pattern(pattern(1))
        storage = bank._storage

        assert storage.get_pattern("second", str(pattern_id)) is None
        assert storage.get_pattern("first", str(pattern_id)) is not None
        with pytest.raises(Exception, match=str(pattern_id)):
            storage.delete_pattern("second", str(pattern_id), bank._stamp())
        assert settings_left(storage) == ["", ""]


def settings_left(storage: object) -> list[str]:
    """Give what a connection at rest still has set."""
    [(connection, _)] = storage._connections._idle  # type: ignore[attr-defined]
    return [
        connection.raw.execute("SELECT COALESCE(current_setting(%s, true), '')", [name])
        .fetchone()[0]
        .replace("0", "")
        for name in ("reasoningbank.namespace", "statement_timeout")
    ]
