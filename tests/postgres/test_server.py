"""The server that other tests stand on does what they take for granted."""

from __future__ import annotations

import psycopg
import pytest

from tests.postgres.server import QUICK


def test_a_database_with_the_extension_is_made_for_each_test(empty_postgres):
    with psycopg.connect(empty_postgres) as connection:
        found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        assert tuple(map(int, found.fetchone()[0].split("."))) >= (0, 8)
        assert connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)


def test_a_killed_server_starts_again_with_what_was_committed(new_postgres):
    server = new_postgres()
    server.execute("CREATE TABLE kept (value int)")
    server.execute("INSERT INTO kept VALUES (1)")

    server.kill()
    server.start()

    assert server.execute("SELECT value FROM kept") == [(1,)]
    assert server.execute("SHOW fsync") == [("on",)]


def test_a_stopped_server_refuses_connections(new_postgres):
    server = new_postgres(settings=QUICK)
    server.stop()

    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        psycopg.connect(server.dsn(), connect_timeout=5)
