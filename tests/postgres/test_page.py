"""Every example of docs/postgres.md runs, in its order, on a real server: SQL, shell and Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from tests.postgres.server import PostgresServer
from tests.test_examples import DOCTEST_FLAGS, run_console

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


def test_the_page_is_followed_from_its_beginning_to_its_end(server):
    def run_sql(example: Example) -> None:
        database = "postgres"
        for line in str(example.parsed).splitlines():
            if line.startswith("-- connected to: "):
                database = line.split()[-1]
            elif line:
                server.execute(line, database)

    page = Sybil(
        parsers=[
            CodeBlockParser(language="sql", evaluator=run_sql),
            PythonCodeBlockParser(doctest_optionflags=DOCTEST_FLAGS),
            CodeBlockParser(language="console", evaluator=run_console),
        ],
        patterns=["*.md"],
    )

    examples = list(page.parse(PAGE))
    for example in examples:
        example.evaluate()

    assert len(examples) >= 6


def test_the_parameters_the_page_names_are_those_that_are_set():
    from reasoningbank.storage.postgres.server import server_of

    [(_, rows)] = re.findall(r"^(\| parameter .*\n\|[-|]+\n)((?:\|.*\n)+)", PAGE.read_text("utf-8"), re.MULTILINE)  # fmt: skip
    named = dict(re.findall(r"^\| `(\w+)`[^|]*\| `?([\w-]+)`? \|", rows, re.MULTILINE))
    conninfo = server_of("postgresql://db.example/bank").conninfo

    for name in ("target_session_attrs", "connect_timeout", "tcp_user_timeout"):
        assert f"{name}={named[name]}" in conninfo
