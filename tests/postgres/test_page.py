"""Every example of the pages about PostgreSQL runs, in its order, on a real server: SQL, shell and Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.blocks import documents, followed_by, needs_of
from tests.documents.running import run_document
from tests.postgres.server import PostgresServer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "postgres.md"
ROLES = ("bank_owner", "bank_app")


@pytest.fixture
def server(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PostgresServer]:
    """A server on which nobody has set anything up; its URLs are those the page speaks of."""
    monkeypatch.setenv("OWNER_URL", postgres_server.dsn("bank", "bank_owner"))
    monkeypatch.setenv("APP_URL", postgres_server.dsn("bank", "bank_app"))
    monkeypatch.setenv("REASONINGBANK_URL", postgres_server.dsn("bank", "bank_app"))
    yield postgres_server
    postgres_server.execute("DROP DATABASE IF EXISTS bank WITH (FORCE)")
    for role in ROLES:
        postgres_server.execute(f"DROP ROLE IF EXISTS {role}")


PAGES = {document for document in documents() if "postgres" in needs_of(document)}


# One that others go on from is run with them.
@pytest.mark.parametrize("document", sorted(PAGES - {followed_by(page) for page in PAGES}))
def test_a_page_is_followed_from_its_beginning_to_its_end(server, document):
    def run_sql(script: str) -> None:
        database = "postgres"
        for line in script.splitlines():
            if line.startswith("-- connected to: "):
                database = line.split()[-1]
            elif line:
                server.execute(line, database)

    assert run_document(document, run_sql=run_sql) >= 5


def test_the_parameters_the_page_names_are_those_that_are_set():
    from reasoningbank.storage.postgres.server import server_of

    [(_, rows)] = re.findall(r"^(\| parameter .*\n\|[-|]+\n)((?:\|.*\n)+)", PAGE.read_text("utf-8"), re.MULTILINE)  # fmt: skip
    named = dict(re.findall(r"^\| `(\w+)`[^|]*\| `?([\w-]+)`? \|", rows, re.MULTILINE))
    conninfo = server_of("postgresql://db.example/bank").conninfo

    for name in ("target_session_attrs", "connect_timeout", "tcp_user_timeout"):
        assert f"{name}={named[name]}" in conninfo
