"""The bearer token that an HTTP client has to show."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.storage.location import user_data_directory

_FEWEST_CHARACTERS: Final = 16
_MOST_BYTES: Final = 4_096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Place(NamedTuple):
    """Where the token of one kind of server is kept."""

    variable: str
    file_name: str


FOR_AGENTS: Final = Place("REASONINGBANK_MCP_TOKEN", "mcp-token")
FOR_PROGRAMS: Final = Place("REASONINGBANK_HTTP_TOKEN", "http-token")


class Token(msgspec.Struct, frozen=True):
    """A token, and where it came from."""

    value: str
    origin: str


def resolve_token(token_file: str | None, environment: Mapping[str, str], place: Place) -> Token:
    """Give the token: from the file named, else the environment, else the user's own file.

    The user's file is made with a new token when it is not there, readable by this user alone.

    Args:
        token_file: The file named, or None.
        environment: Where the variable may stand.
        place: The names of the variable and of the user's own file.

    Raises:
        InvalidInput: For a token that is too short or holds more than visible ASCII.
        Unavailable: When a file cannot be read or made, or others may read it.
    """
    if token_file is not None:
        return _from_file(Path(token_file))
    given = environment.get(place.variable)
    if given:
        return Token(_checked(given.strip(), place.variable), place.variable)
    path = user_data_directory(environment) / place.file_name
    _make(path, place.variable)
    return _from_file(path)


def _from_file(path: Path) -> Token:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES)
    except OSError as error:
        raise Unavailable(
            f"cannot be read: {error.strerror}", path=str(path), hint="Give another --token-file."
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise Unavailable("may be read by others", path=str(path), hint=f"Run: chmod 600 '{path}'")
    return Token(_checked(content.decode("ascii", "replace").strip(), str(path)), str(path))


def _make(path: Path, variable: str) -> None:
    """Write a new token, unless there is a file already."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise Unavailable(
            f"cannot be made: {error.strerror}",
            path=str(path),
            hint=f"Set {variable} or give --token-file.",
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")


def _checked(token: str, field: str) -> str:
    if len(token) < _FEWEST_CHARACTERS or not all("!" <= one <= "~" for one in token):
        raise InvalidInput(
            f"must hold at least {_FEWEST_CHARACTERS} visible ASCII characters",
            field=field,
            hint="Such as what `openssl rand -hex 32` prints.",
        )
    return token
