"""Every error a bank can raise, in one tree.

::

    ReasoningBankError
    ├── InvalidInput        what was given cannot be stored or asked
    ├── NotFound            no such pattern in this namespace
    ├── Conflict            it exists already, or somebody changed it first
    ├── Busy                other writers held the bank for too long; try again
    ├── StorageCorrupt      the file is damaged; it has been left as it was
    ├── ForeignDatabase     the file belongs to another program; it has been left as it was
    ├── SchemaTooNew        the file was written by a newer release; it has been left as it was
    ├── EmbeddingMismatch   the bank's vectors come from another embedder
    ├── ProviderFailed      a remote model did not give a usable answer
    └── Unavailable         something needed is missing: space, permission, an extra, an open bank
"""

from __future__ import annotations

from typing import ClassVar


class ReasoningBankError(Exception):
    """Carry what went wrong, where, and the way out.

    Args:
        message: What happened, in one sentence.
        field: The offending argument or field, as the caller named it (``"tags[2]"``), or None.
        path: The file or URL concerned, or None.
        hint: What to do about it, in one sentence, or None.

    >>> error = InvalidInput("must not be empty", field="strategy", hint="Say what to do.")
    >>> print(error)
    strategy must not be empty. Say what to do.
    >>> error.code
    'invalid_input'
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.field = field
        self.path = path
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        subject = self.field or self.path
        sentence = f"{subject} {self.message}" if subject else self.message
        if self.hint is None:
            return sentence
        return f"{sentence.rstrip('.')}. {self.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle by positional arguments; these fields are keyword-only.
        return _rebuild, (type(self), self.message, self.__dict__)


def _rebuild(
    kind: type[ReasoningBankError], message: str, state: dict[str, object]
) -> ReasoningBankError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class InvalidInput(ReasoningBankError):
    """Reject an argument: wrong type, out of range, too long, or not allowed."""

    code = "invalid_input"


class NotFound(ReasoningBankError):
    """Say that no pattern of this namespace has the id; other namespaces answer alike."""

    code = "not_found"


class Conflict(ReasoningBankError):
    """Say that the content exists already, or that the pattern changed in the meantime.

    Args:
        existing_id: The id of the pattern in the way, or None.
    """

    code = "conflict"

    def __init__(
        self,
        message: str,
        *,
        existing_id: str | None = None,
        field: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, field=field, path=path, hint=hint)
        self.existing_id = existing_id


class Busy(ReasoningBankError):
    """Say that other writers held the bank longer than the time allowed for waiting."""

    code = "busy"


class StorageCorrupt(ReasoningBankError):
    """Report damage found in a file; nothing was changed or removed.

    Args:
        damaged_ids: Ids of the patterns whose content failed its checksum, if known.
    """

    code = "storage_corrupt"

    def __init__(
        self,
        message: str,
        *,
        damaged_ids: tuple[str, ...] = (),
        field: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, field=field, path=path, hint=hint)
        self.damaged_ids = damaged_ids


class ForeignDatabase(ReasoningBankError):
    """Refuse a database that another program made.

    Args:
        schema: The name of the schema recognised, or ``"unknown"``.
    """

    code = "foreign_database"

    def __init__(
        self,
        message: str,
        *,
        schema: str = "unknown",
        field: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, field=field, path=path, hint=hint)
        self.schema = schema


class SchemaTooNew(ReasoningBankError):
    """Refuse a bank whose schema is newer than this release can read.

    Args:
        found: Schema version of the file.
        supported: Newest schema version this release knows.
    """

    code = "schema_too_new"

    def __init__(
        self,
        message: str,
        *,
        found: int = 0,
        supported: int = 0,
        field: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, field=field, path=path, hint=hint)
        self.found = found
        self.supported = supported


class EmbeddingMismatch(ReasoningBankError):
    """Refuse to compare vectors of two embedders.

    Args:
        stored: Name of the model whose vectors the bank holds.
        given: Name of the model of the embedder in use.
    """

    code = "embedding_mismatch"

    def __init__(
        self,
        message: str,
        *,
        stored: str = "",
        given: str = "",
        field: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, field=field, path=path, hint=hint)
        self.stored = stored
        self.given = given


class ProviderFailed(ReasoningBankError):
    """Report that a remote model timed out, refused, or gave an answer that cannot be used."""

    code = "provider_failed"


class Unavailable(ReasoningBankError):
    """Report that something needed is missing: space, permission, an extra, or an open bank."""

    code = "unavailable"
