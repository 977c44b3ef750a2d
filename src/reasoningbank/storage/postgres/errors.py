"""What PostgreSQL's errors mean to a bank: try again, connect again, or tell the caller."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors

from reasoningbank.domain.errors import (
    Busy,
    Conflict,
    InvalidInput,
    ReasoningBankError,
    StorageCorrupt,
    Unavailable,
)

_AGAIN: Final = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,  # two stored the same at the same moment: the second now finds it
)
_OTHER_SERVER: Final = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.IdleSessionTimeout,
    errors.ReadOnlySqlTransaction,  # a primary that has become a standby
    errors.TooManyConnections,
)
_OWNERS_WORK: Final = "Run `reasoningbank db init` as the owner of the tables."


def is_worth_repeating(error: psycopg.Error) -> bool:
    """Give whether the same operation may do on the same connection what it could not do now."""
    return isinstance(error, _AGAIN) or is_stale_statement(error)


def is_lost(error: psycopg.Error) -> bool:
    """Give whether the connection or its server is gone, so that another one may do."""
    if isinstance(error, _OTHER_SERVER):
        return True
    state = error.sqlstate
    if isinstance(error, psycopg.OperationalError) and state is None:
        return True
    return state is not None and state.startswith("08")


def is_stale_statement(error: psycopg.Error) -> bool:
    """Give whether a prepared statement was forgotten, or made for tables that have changed."""
    return isinstance(
        error,
        errors.FeatureNotSupported
        | errors.InvalidSqlStatementName
        | errors.DuplicatePreparedStatement,
    )


def translated_error(error: psycopg.Error, shown: str) -> ReasoningBankError:
    """Give the bank's error for one of the driver's; no password is in it."""
    if isinstance(error, errors.QueryCanceled | errors.LockNotAvailable | errors.DeadlockDetected):
        return Busy(
            "is held by other writers, or the statement took too long",
            path=shown,
            hint="Try again, or open the bank with a longer busy_timeout.",
        )
    if isinstance(error, errors.SerializationFailure | errors.TooManyConnections):
        return Busy("has too much to do at once", path=shown, hint="Try again, with fewer clients.")
    if isinstance(error, errors.UniqueViolation):
        return Conflict("holds the same already, under another id", path=shown)
    if isinstance(error, errors.CharacterNotInRepertoire | errors.UntranslatableCharacter):
        return InvalidInput("holds a character that the database cannot keep", path=shown)
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return StorageCorrupt(
            f"is damaged ({_said(error)})", path=shown, hint="Restore a backup of the server."
        )
    return _unavailable(error, shown)


def _unavailable(error: psycopg.Error, shown: str) -> Unavailable:
    if isinstance(error, errors.DiskFull | errors.OutOfMemory | errors.ConfigurationLimitExceeded):
        return Unavailable(
            "has no space left; nothing of this call was stored",
            path=shown,
            hint="Free some space on the server and try again.",
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return Unavailable(
            "is read-only, so nothing can be stored in it",
            path=shown,
            hint="Name the primary, or all hosts with target_session_attrs=read-write.",
        )
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
        return Unavailable("has no tables of a bank", path=shown, hint=_OWNERS_WORK)
    if isinstance(error, errors.InsufficientPrivilege):
        return Unavailable(
            f"does not let this role do that ({_said(error)})",
            path=shown,
            hint="Let the owner run `reasoningbank db init --role ROLE`.",
        )
    if is_stale_statement(error):
        return Unavailable(
            f"does not keep prepared statements ({_said(error)})",
            path=shown,
            hint="Behind a pooler that lends connections by transaction, add ?prepared_statements=off.",
        )
    if is_lost(error):
        return Unavailable(
            f"cannot be reached ({_said(error)})",
            path=shown,
            hint="Check the host, the user and the password, and that the server runs.",
        )
    return Unavailable(f"cannot be used: {_said(error)}", path=shown)


def _said(error: psycopg.Error) -> str:
    """Give what the server said, in one line."""
    said = error.diag.message_primary or str(error)
    return (
        "; ".join(line.strip() for line in said.splitlines() if line.strip()) or "no reason given"
    )
