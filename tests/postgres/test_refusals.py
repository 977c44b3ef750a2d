"""What a server refuses or lacks comes out as a typed error: what it was, what to do, and no password."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from reasoningbank import (
    Busy,
    InvalidInput,
    PatternInput,
    ReasoningBank,
    ReasoningBankError,
    SchemaTooNew,
    Step,
    StorageCorrupt,
    TrajectoryInput,
    Unavailable,
)
from reasoningbank.storage.postgres import preambles, transactions
from reasoningbank.storage.postgres.transactions import Transactions
from tests.faults.operations import pattern
from tests.postgres.fixtures import Databases, initialise
from tests.postgres.server import GUARDED, PASSWORD, QUICK, PostgresServer, free_port, new_directory
from tests.postgres.writers import open_bank

SECRET = "s3cret-of-the-team"


def refused(
    kind: type[ReasoningBankError], action: Callable[[], object], *secrets: str
) -> ReasoningBankError:
    """Give the error an action ends with, having looked for secrets in all that is shown of it."""
    with pytest.raises(kind) as caught:
        action()
    error = caught.value
    shown = [str(error), repr(error), *traceback.format_exception(error), *map(str, vars(error))]
    for secret in (SECRET, PASSWORD, *secrets):
        assert [line for line in shown if secret in line] == []
    assert type(error) is kind
    assert error.hint, error
    return error


def use(dsn: str, **more: object) -> None:
    """Open a bank and use it, waiting for nobody."""
    with open_bank(dsn, **{"busy_timeout": 0.5, **more}) as bank:
        bank.store_pattern(pattern(1))


def with_login(dsn: str, user: str, password: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"))


# Servers that cannot be reached


def test_a_server_that_is_not_there_is_named():
    port = free_port()

    error = refused(
        Unavailable, lambda: use(f"postgresql://team:{SECRET}@127.0.0.1:{port}/bank?password={SECRET}")
    )  # fmt: skip

    assert str(port) in str(error)
    assert "team" in str(error)


def test_a_host_that_has_no_address_is_named(monkeypatch):
    def nobody_knows(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody_knows)
    error = refused(
        Unavailable, lambda: use(f"postgresql://team:{SECRET}@nowhere.invalid/bank")
    )  # fmt: skip

    assert "nowhere.invalid" in str(error)


@pytest.fixture
def guarded(postgres_server: PostgresServer, local_databases: Databases) -> Iterator[str]:
    """The DSN of a bank for a role that must give its password."""
    dsn = local_databases.bank()
    database = urlsplit(dsn).path.removeprefix("/")
    postgres_server.execute(f"CREATE ROLE {GUARDED} LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
    yield postgres_server.dsn(database, GUARDED)
    local_databases.drop(dsn)
    postgres_server.execute(f"DROP ROLE {GUARDED}")


def test_a_wrong_password_is_refused_at_once_and_not_shown(guarded):
    use(guarded)

    error = refused(
        Unavailable, lambda: use(with_login(guarded, GUARDED, SECRET), busy_timeout=600.0)
    )

    assert "password authentication failed" in str(error)


def test_a_database_that_is_not_there_is_named(local_databases, postgres_server):
    error = refused(Unavailable, lambda: use(postgres_server.dsn("nowhere"), busy_timeout=600.0))

    assert '"nowhere"' in str(error)


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://team:{SECRET}@127.0.0.1:notaport/bank",
        f"postgresql://team:{SECRET}@127.0.0.1/bank?colour=red",
        f"postgresql://team:{SECRET}@127.0.0.1/bank?connect_timeout=soon",
        f"postgresql://team:{SECRET}@127.0.0.1/bank?pool_size=0",
        f"postgresql://team:{SECRET}@[::1/bank",
        f"postgresql://team:{SECRET}%@localhost/bank",
    ],
)
def test_a_url_that_means_nothing_is_refused_without_showing_the_password(dsn):
    with pytest.raises((InvalidInput, Unavailable)) as caught:
        use(dsn)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


# Databases that are no bank, or not this release's


def test_an_empty_database_names_the_verb_that_makes_it_a_bank(empty_postgres):
    error = refused(Unavailable, lambda: use(empty_postgres))

    assert "reasoningbank db init" in str(error)


def test_a_server_without_the_extension_is_refused_when_a_bank_is_made(new_postgres):
    server = new_postgres(settings={**QUICK, "extension_control_path": "/nowhere"})

    error = refused(Unavailable, lambda: initialise(server.dsn()))

    assert "vector" in str(error)
    assert server.execute("SELECT count(*) FROM pg_stat_user_tables") == [(0,)]


def test_a_bank_of_a_newer_release_is_left_as_it_was(postgres_dsn):
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO bank_schema VALUES (999, now())")

    error = refused(SchemaTooNew, lambda: use(postgres_dsn))

    assert isinstance(error, SchemaTooNew)
    assert (error.found, error.supported < 999) == (999, True)
    refused(SchemaTooNew, lambda: initialise(postgres_dsn))
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM patterns").fetchone() == (0,)


# Servers that cannot do it now


def test_a_locked_table_is_waited_for_and_no_longer_than_asked(postgres_dsn):
    with psycopg.connect(postgres_dsn) as other:
        other.execute("LOCK TABLE patterns")

        refused(Busy, lambda: use(postgres_dsn, busy_timeout=0.3))


def test_a_pool_without_a_free_connection_is_waited_for_and_no_longer_than_asked(postgres_dsn):
    joined = "&" if "?" in postgres_dsn else "?"
    with (
        open_bank(f"{postgres_dsn}{joined}pool_size=1", busy_timeout=1.0) as bank,
        psycopg.connect(postgres_dsn) as other,
    ):
        bank.store_pattern(pattern(0))
        other.execute("LOCK TABLE patterns")
        waiting = threading.Thread(target=bank.get_stats)
        waiting.start()
        wait_for_waiting(postgres_dsn)
        error = refused(Busy, lambda: bank.search_by_category("line"))
        other.rollback()
        waiting.join()

        assert "pool_size" in str(error)
        assert bank.get_stats().total_patterns == 1


@pytest.mark.parametrize("state", ["40001", "40P01", "57P01", "57P02", "57P03", "08006", "53300"])
def test_what_the_server_takes_back_twice_is_done_at_the_third_attempt(postgres_dsn, state):
    refuse_times(postgres_dsn, state, 2)

    with open_bank(postgres_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))

        assert bank.get_stats().total_patterns == 1
        assert bank.observations(pattern_id) == []


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("40001", Busy),
        ("40P01", Busy),
        ("57014", Busy),
        ("53100", Unavailable),
        ("53200", Unavailable),
        ("25006", Unavailable),
        ("57P01", Unavailable),
        ("42501", Unavailable),
        ("XX000", Unavailable),
    ],
)
def test_what_the_server_never_does_comes_out_as_an_error_of_the_bank(postgres_dsn, state, kind):
    refuse_times(postgres_dsn, state, 1_000_000)

    with open_bank(postgres_dsn, busy_timeout=0.5) as bank:
        with pytest.raises(kind) as caught:
            bank.store_pattern(pattern(1))

        assert type(caught.value) is kind
        assert bank.get_stats().total_patterns == 0


def refuse_times(dsn: str, state: str, times: int) -> None:
    """Let every insertion of a pattern end with an error, so many times."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            f"""
            CREATE SEQUENCE refusals;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF nextval('refusals') <= {times} THEN
                    RAISE EXCEPTION 'not now' USING ERRCODE = '{state}';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON patterns FOR EACH ROW EXECUTE FUNCTION refuse();
            """
        )


def test_of_two_that_wait_for_one_another_the_bank_gives_way_and_tries_again(
    local_databases, postgres_server
):
    dsn = local_databases.bank()
    with open_bank(dsn) as bank, psycopg.connect(dsn) as other:
        first, second = sorted(bank.store_patterns([pattern(1), pattern(2)]), key=str)
        # The bank's connection looks for a deadlock first and is the one to give way.
        other.execute("SET deadlock_timeout = '60s'")
        other.execute("UPDATE patterns SET uses = uses WHERE id = %s", [str(second)])
        merging = threading.Thread(
            target=bank.store_patterns, args=([pattern(1, tags=["x"]), pattern(2, tags=["x"])],)
        )
        merging.start()
        wait_for_waiting(dsn)
        other.execute("UPDATE patterns SET uses = uses WHERE id = %s", [str(first)])
        other.commit()
        merging.join()

        for one in (first, second):
            found = bank.get_pattern(one)
            assert found is not None
            assert (found.version, found.tags, len(bank.observations(one))) == (2, ("x",), 1)
    local_databases.drop(dsn)


def wait_for_waiting(dsn: str) -> None:
    """Wait until somebody in the database waits for a lock."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (
            0,
        ):
            pass


def test_a_database_that_takes_no_writes_reads_and_says_so(postgres_dsn):
    use(postgres_dsn)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    joined = "&" if "?" in postgres_dsn else "?"

    with open_bank(f"{postgres_dsn}{joined}target_session_attrs=any", busy_timeout=0.3) as bank:
        assert len(bank.search_by_category("line")) == 1
        assert bank.find_similar("check bearing 1 of the line", top_k=1)
        refused(Unavailable, lambda: bank.store_pattern(pattern(2)))

    error = refused(Unavailable, lambda: use(postgres_dsn))
    assert "read-only" in str(error)


@pytest.mark.parametrize("wanted", ["any", "read-write"])
def test_a_write_that_nobody_waiting_would_see_through_is_refused_at_once(
    postgres_dsn, monkeypatch, wanted
):
    joined = "&" if "?" in postgres_dsn else "?"
    with open_bank(f"{postgres_dsn}{joined}target_session_attrs={wanted}") as bank:
        bank.store_pattern(pattern(1))
        # What a setting of the database or the role does to sessions that begin after it.
        preamble = preambles._WRITE
        monkeypatch.setattr(preambles, "_WRITE", f"{preamble} READ ONLY")
        monkeypatch.setattr(Transactions, "_pause", lambda *_: pytest.fail("waited"))

        error = refused(Unavailable, lambda: bank.store_pattern(pattern(2)))
        assert "read-only" in str(error)
        assert len(bank.search_by_category("line")) == 1


def test_a_primary_that_became_a_standby_is_waited_for(postgres_dsn, monkeypatch):
    with open_bank(postgres_dsn) as bank:
        bank.store_pattern(pattern(1))
        preamble = preambles._WRITE
        monkeypatch.setattr(preambles, "_WRITE", f"{preamble} READ ONLY")
        monkeypatch.setattr(transactions, "_IN_RECOVERY", "SELECT true")

        def promoted(*_: object) -> None:
            monkeypatch.setattr(preambles, "_WRITE", preamble)

        monkeypatch.setattr(Transactions, "_pause", promoted)
        bank.store_pattern(pattern(2))
        assert len(bank.search_by_category("line")) == 2


def test_reads_that_are_verified_find_damage_in_vectors_and_experiences(postgres_dsn):
    with open_bank(postgres_dsn, verify_reads=True) as bank:
        first, second = bank.store_pattern(pattern(1)), bank.store_pattern(pattern(2))
        step = Step(action="look")
        learned = bank.learn(
            TrajectoryInput(task_description="t", task_category="c", steps=(step,))
        )
        assert [one.level for one in bank.check(full=True) if one.level == "error"] == []
        with psycopg.connect(postgres_dsn, autocommit=True) as connection:
            connection.execute(
                "UPDATE pattern_embeddings SET checksum = checksum + 1 WHERE pattern_id = %s",
                (str(second),),
            )
            connection.execute("UPDATE trajectories SET checksum = checksum + 1")
        task = pattern(1).task_description

        assert [one.id for one in bank.find_similar(task, top_k=1)] == [first]
        for search in (lambda: bank.find_similar(task), lambda: bank.recall(task)):
            error = refused(StorageCorrupt, search)
            assert error.damaged_ids == (str(second),)
        error = refused(StorageCorrupt, lambda: bank.get_trajectory(learned.trajectory_id))
        assert error.damaged_ids == (str(learned.trajectory_id),)
        errors = {one.check: one.ids for one in bank.check(full=True) if one.level == "error"}
        assert errors == {
            "vector contents": (str(second),),
            "experiences": (str(learned.trajectory_id),),
        }


# A disk that is full


@contextmanager
def small_disk(server: PostgresServer) -> Iterator[Path]:
    """Give a directory on a disk of 24 MB, in memory."""
    directory = new_directory(server.installation.account)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "small", directory],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        if mounted.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        shutil.chown(directory, server.installation.account)
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], capture_output=True, check=False)
        directory.rmdir()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")  # fmt: skip
def test_a_full_disk_is_told_and_what_was_acknowledged_stays(new_postgres):
    server = new_postgres(settings=QUICK)
    with small_disk(server) as directory:
        server.execute(f"CREATE TABLESPACE small LOCATION '{directory}'")
        server.execute("CREATE DATABASE bank TABLESPACE small STRATEGY file_copy")
        dsn = server.dsn("bank")
        initialise(dsn)
        with open_bank(dsn) as bank:
            stored = fill(bank)
            assert len(stored) > 10

            assert bank.get_stats().total_patterns == len(stored)
            assert all(bank.get_pattern(one) for one in stored)
            server.execute("CHECKPOINT")
            subprocess.run(["mount", "-o", "remount,size=96m", directory], check=True)
            bank.store_pattern(large(1_000_000))
            assert [one.message for one in bank.check() if one.level == "error"] == []
        server.kill()


def fill(bank: ReasoningBank) -> list[object]:
    """Store until there is no space; give what was acknowledged."""
    stored: list[object] = []

    def store_on() -> None:
        for number in range(1_000):
            stored.append(bank.store_pattern(large(number)))  # noqa: PERF401 - until it fails

    error = refused(Unavailable, store_on)
    assert "space" in str(error)
    return stored


def large(number: int) -> PatternInput:
    noise = os.urandom(30_000).hex()  # nothing that could be compressed
    return PatternInput(
        task_description=f"task {number}", task_category="large", strategy=f"{number} {noise}"
    )
