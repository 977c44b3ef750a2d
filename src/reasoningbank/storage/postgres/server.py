"""Which server a URL names, how it is spoken to, and how it is named where anybody may read it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.storage.location import shown_url

DEFAULT_POOL_SIZE: Final = 10
"""Connections of one open bank at most."""

# What libpq leaves to chance: a host that does not answer, a link that was cut, a standby that takes no writes.
_DEFAULTS: Final = {
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "target_session_attrs": "read-write",
    "fallback_application_name": "reasoningbank",
}
_OURS: Final = frozenset({"pool_size", "prepared_statements", "dialect"})
_UNKNOWN_PARAMETER: Final = "invalid URI query parameter"
"""How libpq begins what it says of one."""


class Server(msgspec.Struct, frozen=True):
    """A place to connect to.

    Args:
        conninfo: For libpq, with the password.
        shown: The URL without it.
        pool_size: Connections at most.
        prepared: Whether statements are prepared; poolers of old need them not to be.
        dialect: The engine's name where it is not to be detected, or None.
        passes_standbys: Whether connections lead to servers that take writes alone.
    """

    conninfo: str
    shown: str
    pool_size: int = DEFAULT_POOL_SIZE
    prepared: bool = True
    dialect: str | None = None
    passes_standbys: bool = True

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"Server({self.shown!r})"


def server_of(url: str) -> Server:
    """Give the server that a URL names.

    Beside what libpq knows, the query may hold ``pool_size=N``, ``prepared_statements=off`` and
    ``dialect=NAME``.

    Raises:
        InvalidInput: For a URL that libpq does not understand; the password is not repeated.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _not_understood() from None
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    ours = dict(pair for pair in pairs if pair[0] in _OURS)
    theirs = urlencode([pair for pair in pairs if pair[0] not in _OURS])
    try:
        known = conninfo_to_dict(urlunsplit(parts._replace(query=theirs)))
    except psycopg.Error as error:
        if str(error).startswith(_UNKNOWN_PARAMETER):
            raise _unknown_parameter() from _without_content(error)
        raise _not_understood() from _without_content(error)
    settings = {**_DEFAULTS, **{name: str(value) for name, value in known.items()}}
    return Server(
        conninfo=make_conninfo(**settings),
        shown=shown_url(url),
        pool_size=_pool_size(ours.get("pool_size")),
        prepared=_switch(ours.get("prepared_statements", "on")),
        dialect=ours.get("dialect"),
        passes_standbys=settings["target_session_attrs"] in {"read-write", "primary"},
    )


def _not_understood() -> InvalidInput:
    return InvalidInput(
        "is no PostgreSQL URL that can be understood",
        field="target",
        hint="Give postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
    )


def _unknown_parameter() -> InvalidInput:
    # Which one is not said: of a password with a question mark in it, it would be a part.
    return InvalidInput(
        "has a parameter that is not known",
        field="target",
        hint=f"The bank's own are {', '.join(sorted(_OURS))}; the others are libpq's.",
    )


def _without_content(error: Exception) -> Exception:
    """Give an error of the same kind that does not repeat the URL."""
    return type(error)("the URL is not shown: it may hold a password")


def _pool_size(given: str | None) -> int:
    if given is None:
        return DEFAULT_POOL_SIZE
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise InvalidInput("must be a whole number from 1 on", field="pool_size")
    return int(given)


def _switch(given: str) -> bool:
    if given not in {"on", "off"}:
        raise InvalidInput("must be on or off", field="prepared_statements")
    return given == "on"
