"""Databases to test on: of a server started for this run, or of the one that RB_TEST_PG_DSN names.

What takes one of these fixtures needs no mark for the network: libpq opens its own sockets, and only
to the server it was given.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import pytest

from tests.postgres.server import QUICK, Installation, NoServer, PostgresServer, new_directory

try:  # this is loaded for every test, also where the driver is not installed
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError:
    _DRIVER = "psycopg is not installed: install the dependency group `test`"
else:
    _DRIVER = ""

_LEFT_OUT = "NOT TESTED ON POSTGRESQL"
_TOLD = re.compile(rf"{_LEFT_OUT}: [^'\"]*")
DSN_VARIABLE = "RB_TEST_PG_DSN"


TEAM = "rb_test_team"
TEAM_PASSWORD = "not-the-owner"
"""The role that programs of a team connect with: it owns nothing and sees one namespace at a time."""


_EMPTY = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'bank_schema' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""


class Databases:
    """Makes databases on one server, some of them with the tables of a bank, and drops them."""

    def __init__(self, dsn: str, *, is_ours: bool = True) -> None:
        self._dsn = dsn
        # Copying files takes 20 ms where nothing is synced, writing them to the log 70; elsewhere
        # copying them waits for two checkpoints.
        self._how = "STRATEGY file_copy" if is_ours else ""
        self._copies = is_ours or _is_plain_postgres(dsn)
        self._mark = uuid4().hex[:8]
        self._numbers = count()
        self._bank: str | None = None
        self._made: list[str] = []
        self._emptied: list[str] = []

    def empty(self) -> str:
        """Give the DSN of a new database that has the extension and nothing else."""
        dsn = self._made_from("template0")
        with suppress(psycopg.errors.FeatureNotSupported):  # where vectors are built in
            _execute(dsn, "CREATE EXTENSION IF NOT EXISTS vector")
        return dsn

    def bank(self) -> str:
        """Give the DSN of a database with the tables of an empty bank."""
        if self._emptied:
            return self._emptied.pop()
        if not self._copies:
            dsn = self.empty()
            make_role(dsn)
            initialise(dsn, role=TEAM)
            return dsn
        if self._bank is None:
            template = self.empty()
            make_role(template)
            initialise(template, role=TEAM)
            self._bank = _database_of(template)
        return self._made_from(self._bank)

    def copy_of(self, dsn: str) -> str:
        """Give the DSN of a copy of a database that nobody is connected to."""
        return self._made_from(_database_of(dsn))

    def give_back(self, dsn: str) -> None:
        """Take a bank back whose tables are as they were made: emptied, it is the next one.

        2 ms instead of 30 for a new database, and on a busy machine instead of a second.
        """
        dsn = _with_database(self._dsn, _database_of(dsn))
        _execute(dsn, _EMPTY)
        self._emptied.append(dsn)

    def drop(self, dsn: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = _database_of(dsn)
        self._made.remove(name)
        _execute(self._dsn, f'DROP DATABASE "{name}" WITH (FORCE)')

    def drop_all(self) -> None:
        """Remove every one that is left."""
        for name in list(self._made):
            self.drop(_with_database(self._dsn, name))

    def _made_from(self, template: str) -> str:
        name = f"rb_test_{self._mark}_{next(self._numbers)}"
        copied = f'TEMPLATE "{template}" {self._how}' if self._copies else ""
        _execute(self._dsn, f'CREATE DATABASE "{name}" {copied}')
        self._made.append(name)
        return _with_database(self._dsn, name)


def initialise(dsn: str, role: str | None = None) -> None:
    """Give a database the tables of a bank, as ``reasoningbank db init`` does."""
    from reasoningbank.storage.postgres.migrations import initialise as migrate

    migrate(dsn, role=role)


def _is_plain_postgres(dsn: str) -> bool:
    """Give whether a server copies whole databases; distributed engines do not, or not all of it."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        [(version, citus)] = connection.execute(
            "SELECT version(), (SELECT count(*) FROM pg_extension WHERE extname = 'citus')"
        ).fetchall()
    return version.startswith("PostgreSQL") and "-YB-" not in version and not citus


def make_role(dsn: str) -> None:
    """Make the role of the team, where the server does not have it yet."""
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        _execute(dsn, f"CREATE ROLE {TEAM} LOGIN PASSWORD '{TEAM_PASSWORD}'")


def as_team(dsn: str) -> str:
    """Give the DSN by which a program of the team reaches the same database."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{TEAM}:{TEAM_PASSWORD}@{place}"))


def _execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
        connection.execute(statement)


def _shape(dsn: str) -> object:
    """Give a few numbers that change when tables, indexes, triggers, settings or versions do."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        return connection.execute(
            """
            SELECT (SELECT max(oid) FROM pg_class WHERE oid >= 16384),
                (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_db_role_setting),
                (SELECT count(*) FROM pg_index WHERE NOT indisvalid),
                (SELECT string_agg(version::text || (finished_at IS NULL)::text, ' ')
                    FROM bank_schema)
            """
        ).fetchone()


def _database_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def _with_database(dsn: str, name: str) -> str:
    """Give the same DSN for another database; as a URL, which is what users write."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    host, port = parts.pop("host", "127.0.0.1"), parts.pop("port", "5432")
    user, password = quote(parts.pop("user", "postgres")), parts.pop("password", None)
    parts.pop("dbname", None)
    secret = "" if password is None else f":{quote(password, safe='')}"
    more = f"?{urlencode(parts)}" if parts else ""
    return f"postgresql://{user}{secret}@{host}:{port}/{name}{more}"


def _need_driver() -> None:
    if _DRIVER:
        skip(_DRIVER)


def skip(reason: str) -> NoReturn:
    """Leave a test out because no server can be had; the end of the run says so once."""
    pytest.skip(f"{_LEFT_OUT}: {reason}")


@pytest.fixture(scope="session")
def postgres_installation() -> Iterator[Installation]:
    """The programs of PostgreSQL, or a skip that says why there are none."""
    _need_driver()
    try:
        installation = Installation()
    except NoServer as reason:
        skip(str(reason))
    yield installation
    installation.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_installation: Installation) -> Iterator[Path]:
    """A data directory that servers begin with a copy of: 0.1 s instead of 0.5 (4 on a busy disk)."""
    directory = new_directory(postgres_installation.account)
    postgres_installation.initialise(directory / "data")
    yield directory / "data"
    shutil.rmtree(directory)


@pytest.fixture
def new_postgres(
    postgres_installation: Installation, postgres_template: Path
) -> Iterator[Callable[..., PostgresServer]]:
    """Start servers of this test's own, with settings of one's own; durable unless they say `QUICK`."""
    started: list[PostgresServer] = []

    def start(**options: object) -> PostgresServer:
        server = PostgresServer(postgres_installation, template=postgres_template, **options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_server(
    postgres_installation: Installation, postgres_template: Path
) -> Iterator[PostgresServer]:
    """One server for the whole run, quick and not durable; nobody stops it."""
    with PostgresServer(
        postgres_installation, template=postgres_template, settings=QUICK
    ) as server:
        yield server


@pytest.fixture(scope="session")
def local_databases(postgres_server: PostgresServer) -> Databases:
    """Databases of the server of this run, wherever other tests have theirs."""
    return Databases(postgres_server.dsn())


@pytest.fixture(scope="session")
def postgres_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Databases of the server that RB_TEST_PG_DSN names, else of the one of this run."""
    _need_driver()
    if given := os.environ.get(DSN_VARIABLE):
        databases = Databases(given, is_ours=False)
        yield databases
        databases.drop_all()
    else:
        yield request.getfixturevalue("local_databases")


@pytest.fixture
def empty_postgres(postgres_databases: Databases) -> Iterator[str]:
    """The DSN of a database with the extension and no tables."""
    dsn = postgres_databases.empty()
    yield dsn
    postgres_databases.drop(dsn)


@pytest.fixture
def postgres_dsn(postgres_databases: Databases) -> Iterator[str]:
    """The DSN of an empty bank; what a test changes of its tables is gone after it."""
    dsn = postgres_databases.bank()
    before = _shape(dsn)
    yield dsn
    if _shape(dsn) == before:
        postgres_databases.give_back(dsn)
    else:
        postgres_databases.drop(dsn)


@pytest.fixture
def team_dsn(postgres_dsn: str) -> str:
    """The DSN of the same bank as `postgres_dsn`, for the role that owns nothing."""
    return as_team(postgres_dsn)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once at the end, whatever the verbosity, that nothing ran on PostgreSQL."""
    # From the reports, which come from every process that ran tests.
    skipped = (str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    told = {found[0] for found in map(_TOLD.search, skipped) if found}
    for reason in sorted(told):
        terminalreporter.write_line(reason, red=True)
