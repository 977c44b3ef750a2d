"""What `reasoningbank db` does to the database of a server; a file needs none of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.domain.records import Finding
from reasoningbank.storage.location import resolve_location

if TYPE_CHECKING:
    from reasoningbank.storage.postgres.migrations import Migration

IndexKind: TypeAlias = Literal["halfvec", "bit", "none"]


def need_driver() -> None:
    """Raise `Unavailable` where the library that speaks to PostgreSQL is not installed."""
    try:
        import psycopg  # noqa: F401 - is it there?
    except ImportError as error:
        raise Unavailable(
            f"PostgreSQL needs a driver that is not there ({error})",
            hint="pip install 'agent-reasoningbank[postgres]'",
        ) from error


def initialise_database(
    target: str | None,
    *,
    role: str | None = None,
    partitions: int = 0,
    index: IndexKind = "halfvec",
    say: Callable[[str], None] = lambda _: None,
) -> Migration:
    """Make the tables of a bank; see `reasoningbank.storage.postgres.migrations.initialise`."""
    url = _server(target)
    from reasoningbank.storage.postgres.migrations import initialise

    return initialise(url, role=role, partitions=partitions, index=index, say=say)


def upgrade_database(
    target: str | None,
    *,
    index: IndexKind = "halfvec",
    say: Callable[[str], None] = lambda _: None,
) -> Migration:
    """Bring the tables of a bank up to date; see `reasoningbank.storage.postgres.migrations`."""
    url = _server(target)
    from reasoningbank.storage.postgres.migrations import upgrade

    return upgrade(url, index=index, say=say)


def check_database(target: str | None, *, index: IndexKind = "halfvec") -> list[Finding]:
    """Look a database over: its version, indexes, row security and roles."""
    url = _server(target)
    from reasoningbank.storage.postgres.database_checks import check

    return check(url, index=index)


def _server(target: str | None) -> str:
    location = resolve_location(target)
    if location.server is None:
        raise InvalidInput(
            "is no database server: a file is made and brought up to date when it is opened",
            field="db",
            hint="Give --db postgresql://HOST/DATABASE, or set REASONINGBANK_URL.",
        )
    need_driver()
    return location.server
