"""What stands before an operation's own statements: the transaction, whose rows it sees, what it locks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

from psycopg import pq

from reasoningbank.storage.sql.connection import SqlValue

Statement: TypeAlias = "tuple[str, Sequence[SqlValue]]"

_READ: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
_MOMENT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
# For the length of the transaction alone, so that a pooler may lend the connection to anybody next.
_SET: Final = """
SELECT set_config('reasoningbank.namespace', $1, true), set_config('statement_timeout', $2, true)
"""
_SET_FOR_WRITING: Final = """
SELECT set_config('reasoningbank.namespace', $1, true), set_config('statement_timeout', $2, true),
    set_config('lock_timeout', $3, true)
"""
_NOTE_OPERATION: Final = (
    "INSERT INTO operations (namespace, id) VALUES ($1, $2) ON CONFLICT (namespace, id) DO NOTHING"
)
_NOTE_NAMESPACE: Final = (
    "INSERT INTO namespaces (namespace) VALUES ($1) ON CONFLICT (namespace) DO NOTHING"
)
_WITH_OTHERS: Final = """
SELECT epoch, COALESCE(wanted_until > clock_timestamp(), false) FROM namespaces
WHERE namespace = $1 FOR KEY SHARE
"""
_ALONE: Final = "SELECT epoch, false FROM namespaces WHERE namespace = $1 FOR UPDATE"
_NOT_WANTED: Final = """
UPDATE namespaces SET wanted_until = NULL WHERE namespace = $1 AND wanted_until IS NOT NULL
"""
# Sharing the row does not keep this from changing it: the mark is seen by whoever comes next.
_WANTED: Final = """
UPDATE namespaces SET wanted_until = clock_timestamp() + interval '5 seconds' WHERE namespace = $1
"""


class AlreadyDone(Exception):
    """Say that an earlier attempt of the same operation was committed, though its answer was lost."""


class GiveWay(Exception):
    """Say that somebody wants the namespace to himself, and would never get it if nobody waited."""


class MustBeAlone(Exception):
    """Say that an operation needs its namespace to itself, which was not known before it looked."""


class Preamble(Protocol):
    """The statements that begin a transaction."""

    @property
    def statements(self) -> Sequence[Statement]:
        """In their order."""

    @property
    def ends_at_once(self) -> bool:
        """Whether each statement is a transaction of its own, ended in the same message."""

    @property
    def alone(self) -> bool:
        """Whether nobody else writes to the namespace meanwhile."""

    @property
    def epoch(self) -> int:
        """Of the namespace, once the statements were carried out; 0 for who only reads."""

    def check(self, results: Sequence[pq.abc.PGresult]) -> None:
        """Look at what the statements gave; raises where the operation must not go on."""


class Reading:
    """Begin a transaction that only reads one namespace.

    Args:
        namespace: Its rows are seen and no other's.
        timeout_ms: How long a statement may take; 0 for any time.
        moment: Whether several questions are about one moment.
    """

    alone = False
    epoch = 0

    def __init__(self, namespace: str, timeout_ms: int, *, moment: bool) -> None:
        self.ends_at_once = not moment
        self.statements: Sequence[Statement] = (
            (_MOMENT if moment else _READ, ()),
            (_SET, (namespace, str(timeout_ms))),
        )

    def check(self, results: Sequence[pq.abc.PGresult]) -> None:
        pass


class Writing:
    """Begin a transaction that writes to one namespace.

    The operation's own id goes into a row of its own: should the answer to the commit be lost, the
    next attempt meets that row, waiting for the first one to end if it has not, and knows.

    Writers share the row of the namespace. One that must be alone has it to itself.

    Args:
        namespace: Its rows are seen and changed, and no other's.
        operation: An id of this operation, the same at every attempt.
        timeout_ms: How long a statement may take.
        lock_timeout_ms: How long it may wait for other writers.
        alone: Whether nobody else writes to the namespace meanwhile.
    """

    ends_at_once = False

    def __init__(
        self,
        namespace: str,
        operation: str,
        timeout_ms: int,
        lock_timeout_ms: int,
        *,
        alone: bool,
    ) -> None:
        self.alone = alone
        self.epoch = 0
        self.statements: Sequence[Statement] = (
            (_WRITE, ()),
            (_SET_FOR_WRITING, (namespace, str(timeout_ms), str(lock_timeout_ms))),
            (_NOTE_OPERATION, (namespace, operation)),
            *(_to_be_alone(namespace) if alone else [(_WITH_OTHERS, (namespace,))]),
        )

    def check(self, results: Sequence[pq.abc.PGresult]) -> None:
        if not results[2].command_tuples:
            raise AlreadyDone
        if not results[-1].ntuples:
            raise MustBeAlone  # the namespace is new: it has no row to share
        if results[-1].get_value(0, 1) == b"\x01":
            raise GiveWay
        self.epoch = int.from_bytes(results[-1].get_value(0, 0) or b"", "big")


class Wanting:
    """Say that somebody wants a namespace to himself; the next writers give way for a moment.

    Args:
        namespace: Which.
        timeout_ms: How long a statement may take.
        lock_timeout_ms: How long it may wait for one who has the namespace to himself already.
    """

    ends_at_once = False
    alone = False
    epoch = 0

    def __init__(self, namespace: str, timeout_ms: int, lock_timeout_ms: int) -> None:
        self.statements: Sequence[Statement] = (
            (_WRITE, ()),
            (_SET_FOR_WRITING, (namespace, str(timeout_ms), str(lock_timeout_ms))),
            (_WANTED, (namespace,)),
        )

    def check(self, results: Sequence[pq.abc.PGresult]) -> None:
        pass


def _to_be_alone(namespace: str) -> list[Statement]:
    return [
        (_NOTE_NAMESPACE, (namespace,)),
        (_NOT_WANTED, (namespace,)),
        (_ALONE, (namespace,)),
    ]
