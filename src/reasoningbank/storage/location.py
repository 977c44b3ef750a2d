"""Where a bank lives: an argument, the environment, a trusted project, or the user's data directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.domain.json_value import check_unicode

ENVIRONMENT_VARIABLE: Final = "REASONINGBANK_URL"
PROJECT_DIRECTORY: Final = ".reasoningbank"
BANK_FILE: Final = "bank.db"
_SERVERS: Final = frozenset({"postgresql", "postgres"})
_SECRET: Final = frozenset({"password", "sslpassword", "passfile", "oauth_client_secret"})
_TRUSTED_FOLDER: Final = "trusted-projects"


class Location(msgspec.Struct, frozen=True):
    """A resolved place and why it was chosen.

    Args:
        path: A file, or None for a bank in memory or on a server.
        reason: Why.
        server: The URL of a database server, with its password; else None.
    """

    path: Path | None
    reason: str
    server: str | None = None

    @property
    def shown(self) -> str | None:
        """The place as anybody may read it: without a password; None for memory."""
        if self.server is not None:
            return shown_url(self.server)
        return None if self.path is None else str(self.path)

    def __repr__(self) -> str:
        """Leave a password out."""
        return f"Location({self.shown!r}, {self.reason!r})"


def resolve_location(
    target: str | os.PathLike[str] | None,
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Location:
    """Give the place a bank is opened at.

    In this order: `target`; the variable ``REASONINGBANK_URL``; the project bank of the directory
    or of one above it, where ``reasoningbank init`` made and trusted it; the user's data directory.

    Args:
        target: A path, ``memory:``, ``sqlite:PATH``, or None.
        environment: Instead of the process's own.
        directory: Where to look for a project bank; by default the current one.

    Raises:
        InvalidInput: For a URL of an engine that this release does not have.
    """
    environment = os.environ if environment is None else environment
    if target is not None:
        try:
            place = os.fspath(target)
        except TypeError as error:
            raise InvalidInput(
                f"must be a path or text, not {type(target).__name__}", field="target"
            ) from error
        return _parsed(os.fsdecode(place), "given by the caller", "target")
    from_environment = environment.get(ENVIRONMENT_VARIABLE)
    if from_environment:
        reason = f"given by {ENVIRONMENT_VARIABLE}"
        return _parsed(from_environment, reason, ENVIRONMENT_VARIABLE)
    start = Path.cwd() if directory is None else directory
    project, passed_over = _project_bank(start, environment)
    if project is not None:
        return Location(project, f"project bank of {project.parent.parent}")
    reason = "user data directory: nothing else was named"
    if passed_over is not None:
        reason += f" (passed over {passed_over}, which `reasoningbank init` has not trusted for this user)"
    return Location(user_data_directory(environment) / BANK_FILE, reason)


def _parsed(target: str, reason: str, field: str) -> Location:
    if not target.strip():
        raise InvalidInput("must not be empty", field=field, hint="Give a path or memory:.")
    if "\0" in target:
        raise InvalidInput("holds a zero byte", field=field)
    check_unicode(target, field)
    if target in {"memory:", ":memory:"}:
        return Location(None, f"memory, {reason}")
    scheme = target.partition("://")[0].lower() if "://" in target else ""
    if target.startswith("sqlite:"):
        rest = target.removeprefix("sqlite:")
        # sqlite:///a/b is the absolute path /a/b, sqlite:a/b a relative one.
        target = unquote(rest.removeprefix("//")) if rest.startswith("//") else rest
        if not target or target == ":memory:":
            return Location(None, f"memory, {reason}")
    elif scheme in _SERVERS:
        return Location(None, reason, target)
    elif scheme:
        raise InvalidInput(
            f"names the engine {scheme!r}, which this release does not have",
            field=field,
            hint="Give a file path, sqlite:PATH, memory: or postgresql://HOST/DATABASE.",
        )
    path = Path(target).expanduser()
    # Links are resolved: two names for one file would have two sets of locks.
    return Location(Path(os.path.realpath(path)), reason)


def shown_url(url: str) -> str:
    """Give a URL without its password; of one that cannot be read, the beginning alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{url.partition('://')[0]}://..."
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}{at}{host}"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([pair for pair in pairs if pair[0] not in _SECRET])
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def checked_file_name(path: Path) -> Path:
    """Give a path under which SQLite can open a file: it takes names in UTF-8 alone.

    Raises:
        InvalidInput: For another, such as one below a directory with a name in Latin-1.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "cannot hold a bank: its name is not UTF-8",
            path=str(path),
            hint="Name a bank elsewhere, or rename the directory.",
        ) from error
    return path


def user_data_directory(environment: Mapping[str, str]) -> Path:
    """Give the directory for this user's data by the platform's custom."""
    return _user_directory(environment, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA")


def user_config_directory(environment: Mapping[str, str]) -> Path:
    """Give the directory for this user's settings by the platform's custom."""
    return _user_directory(environment, "XDG_CONFIG_HOME", ".config", "APPDATA")


def user_state_directory(environment: Mapping[str, str]) -> Path:
    """Give the directory for what programs of this user note between runs, by the platform's custom."""
    return _user_directory(environment, "XDG_STATE_HOME", ".local/state", "LOCALAPPDATA")


def _user_directory(
    environment: Mapping[str, str], variable: str, fallback: str, windows: str
) -> Path:
    if sys.platform == "win32":
        base = Path(environment.get(windows) or Path.home())
    elif sys.platform == "darwin" and not environment.get(variable):
        base = Path.home() / "Library" / "Application Support"
    else:
        given = environment.get(variable, "")
        # The XDG specification says that relative values are to be ignored.
        base = Path(given) if given.startswith("/") else Path.home() / fallback
    return base / "reasoningbank"


def _project_bank(start: Path, environment: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    """Give the trusted project bank in or above `start`, and an untrusted one that was passed."""
    passed_over = None
    for directory in (start, *start.parents):
        marker = directory / PROJECT_DIRECTORY
        if not marker.is_dir():
            continue
        if _is_trusted(os.path.realpath(marker), environment):
            return Path(os.path.realpath(marker)) / BANK_FILE, None
        passed_over = passed_over or marker
    return None, passed_over


def _is_trusted(marker: str, environment: Mapping[str, str]) -> bool:
    """Give whether ``reasoningbank init`` recorded this project directory for this user."""
    entry = user_config_directory(environment) / _TRUSTED_FOLDER / _entry(marker)
    try:
        return entry.read_bytes() == os.fsencode(marker)
    except OSError:
        return False


def _entry(marker: str) -> str:
    """Give the name of the file that stands for a project: of fixed length, whatever the path."""
    import hashlib

    return hashlib.sha256(os.fsencode(marker)).hexdigest()[:32]


def initialise_project(directory: Path, *, environment: Mapping[str, str] | None = None) -> Path:
    """Make `directory` a project with a bank of its own and give the bank's path.

    Creates ``.reasoningbank/`` with a ``.gitignore`` inside, and records it as trusted for this
    user, so that a bank which comes with somebody else's checkout is never used by itself.

    Raises:
        InvalidInput: When the directory's name is not UTF-8.
        Unavailable: When the directories cannot be written.
    """
    environment = os.environ if environment is None else environment
    marker = checked_file_name(Path(os.path.realpath(directory)) / PROJECT_DIRECTORY)
    try:
        marker.mkdir(mode=0o700, parents=False, exist_ok=True)
        ignore = marker / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        _trust(str(marker), environment)
    except OSError as error:
        raise Unavailable(
            f"cannot be made a project: {error.strerror}",
            path=str(marker),
            hint="Choose a directory you can write to.",
        ) from error
    return marker / BANK_FILE


def _trust(marker: str, environment: Mapping[str, str]) -> None:
    """Record a project directory: a file for each, so that two at once cannot lose one another."""
    if _is_trusted(marker, environment):
        return
    folder = user_config_directory(environment) / _TRUSTED_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    entry = folder / _entry(marker)
    temporary = entry.with_name(f"{entry.name}.{os.getpid()}")
    temporary.write_bytes(os.fsencode(marker))
    temporary.replace(entry)
