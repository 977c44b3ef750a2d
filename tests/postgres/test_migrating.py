"""Making and upgrading the tables: by two at once, by one that is killed, by one who may not, and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from reasoningbank import InvalidInput, Unavailable
from tests.faults.operations import pattern
from tests.postgres.fixtures import TEAM, as_team, initialise, make_role
from tests.postgres.writers import open_bank

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; from tests.postgres.fixtures import initialise; initialise(sys.argv[1])"
SHAPE = """
SELECT c.relname, c.relkind::text, COALESCE(i.indisvalid, true), pg_get_indexdef(c.oid)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'i', 'I') ORDER BY 1
"""


def shape(dsn: str) -> list[tuple[object, ...]]:
    """Give every table and index."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(SHAPE).fetchall()


def started(dsn: str) -> subprocess.Popen[str]:
    """Start a process that makes the tables."""
    paths = [str(CHECKOUT), str(CHECKOUT / "src"), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, dsn],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


@pytest.fixture
def finished_shape(postgres_databases) -> list[tuple[object, ...]]:
    """What a database looks like when nothing went wrong."""
    dsn = postgres_databases.empty()
    initialise(dsn)
    found = shape(dsn)
    postgres_databases.drop(dsn)
    return found


def test_four_migrators_at_once_make_one_bank(empty_postgres, finished_shape):
    with ExitStack() as running:
        migrators = [running.enter_context(started(empty_postgres)) for _ in range(4)]
        ended = [(one.communicate(timeout=120)[1], one.returncode) for one in migrators]

    assert ended == [("", 0)] * 4
    assert shape(empty_postgres) == finished_shape
    with open_bank(empty_postgres) as bank:
        bank.store_pattern(pattern(1))


def test_migrators_that_begin_in_the_same_moment_make_one_bank(postgres_databases, finished_shape):
    for _ in range(3):
        dsn = postgres_databases.empty()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP EXTENSION vector")
        together = threading.Barrier(5)

        def migrate(dsn: str = dsn, together: threading.Barrier = together) -> None:
            together.wait()
            initialise(dsn)

        with ThreadPoolExecutor(5) as threads:
            for done in [threads.submit(migrate) for _ in range(5)]:
                done.result()

        assert shape(dsn) == finished_shape
        postgres_databases.drop(dsn)


def test_a_role_that_may_not_add_the_extension_is_told_who_may(empty_postgres):
    make_role(empty_postgres)
    with psycopg.connect(empty_postgres, autocommit=True) as connection:
        connection.execute("DROP EXTENSION vector")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {TEAM}")

    with pytest.raises(Unavailable, match="superuser"):
        initialise(as_team(empty_postgres))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this platform kills otherwise")
def test_a_migrator_killed_at_any_moment_is_made_good_by_the_next(
    postgres_databases, finished_shape
):
    for _ in range(8):
        dsn = postgres_databases.empty()
        migrator = started(dsn)
        time.sleep(random.uniform(0.3, 1.2))
        migrator.kill()
        migrator.communicate()

        initialise(dsn)

        assert shape(dsn) == finished_shape
        postgres_databases.drop(dsn)


def test_a_migrator_cut_off_while_it_builds_indexes_is_made_good_by_the_next(
    postgres_dsn, finished_shape
):
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("UPDATE bank_schema SET finished_at = NULL")
        # What `CREATE INDEX CONCURRENTLY` leaves behind.
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_patterns_category'::regclass"
        )
        connection.execute("DROP INDEX idx_outcomes_pattern")

    initialise(postgres_dsn)

    assert shape(postgres_dsn) == finished_shape


def test_making_a_bank_again_changes_nothing_in_it(postgres_dsn, finished_shape):
    with open_bank(postgres_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))

        initialise(postgres_dsn)

        assert bank.get_pattern(pattern_id) is not None


def test_a_bank_that_is_not_finished_is_refused_and_named(postgres_dsn):
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("UPDATE bank_schema SET finished_at = NULL")

    with pytest.raises(Unavailable, match="db init"), open_bank(postgres_dsn) as bank:
        bank.get_stats()


def test_a_role_that_may_not_make_tables_is_told_so(empty_postgres):
    make_role(empty_postgres)

    with pytest.raises(Unavailable, match="owner"):
        initialise(as_team(empty_postgres))

    assert shape(empty_postgres) == []


@pytest.mark.parametrize("role", ["nobody_of_that_name", "postgres", 'x"; DROP TABLE patterns; --'])
def test_a_role_that_would_not_be_kept_in_is_refused(empty_postgres, role):
    with pytest.raises(InvalidInput) as caught:
        initialise(empty_postgres, role=role)

    assert caught.value.field == "role"


def test_writers_go_on_while_a_bank_is_made_again(team_dsn, postgres_dsn):
    with open_bank(team_dsn) as bank:
        migrator = started(postgres_dsn)
        number = 0
        while migrator.poll() is None:
            bank.store_pattern(pattern(number))
            number += 1
        _, said = migrator.communicate()

        assert (migrator.returncode, said) == (0, "")
        assert bank.get_stats().total_patterns == number
    assert TEAM in team_dsn
