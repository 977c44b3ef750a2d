"""What every operation of the bank stands on: opening, closing, and the things passed in."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn

from reasoningbank.bank.consolidating import Consolidator
from reasoningbank.bank.drafting import Draft, Drafting
from reasoningbank.bank.measuring import measured, metrics_wanted
from reasoningbank.bank.recall_recording import RecallRecorder
from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import Clock, RandomBytes
from reasoningbank.domain.records import Stamp
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import (
    checked_choice,
    checked_count,
    checked_line,
    checked_number,
)
from reasoningbank.metrics.counting import Counters
from reasoningbank.metrics.keeping import MetricsKeeper
from reasoningbank.storage import DEFAULT_BUSY_TIMEOUT, Durability, StorageBackend, open_storage
from reasoningbank.storage.location import resolve_location

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from reasoningbank.bank.background_consolidation import BackgroundConsolidation
    from reasoningbank.embedding import Embedder
    from reasoningbank.embedding.protocol import Vectors
    from reasoningbank.learning.contract import Distiller, Judge


NOT_TO_BE_COPIED: Final = (
    "a bank holds connections and cannot be pickled or copied: give its path to the other process "
    "and open it again there"
)


def system_clock() -> int:
    """Give the time in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def checked_part(part: object, field: str, method: str) -> None:
    """Refuse what cannot play the part of a judge or distiller, before anything is opened."""
    if part is None:
        return
    if isinstance(part, type) or not callable(getattr(part, method, None)):
        raise InvalidInput(
            f"must be an object with a method {method}(trajectory), not {part!r}"[:200],
            field=field,
            hint="Give an instance, or leave it out.",
        )


class BankCore:
    """Hold what every operation of a bank needs: storage, embedder, namespace, clock."""

    def __init__(
        self,
        storage: StorageBackend,
        *,
        namespace: str = "default",
        embedder: Embedder | None = None,
        actor: str = "caller",
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        clock: Clock = system_clock,
        random_bytes: RandomBytes = os.urandom,
        consolidate_every: int | None = None,
        reopen: Callable[[], StorageBackend] | None = None,
        metrics: bool = False,
    ) -> None:
        self._storage = storage
        self._namespace = checked_line(namespace, "namespace", limits.NAMESPACE_BYTES)
        self._actor = checked_line(actor, "actor", limits.ACTOR_BYTES)
        self._judge = judge
        self._distiller = distiller
        self._clock = clock
        self._random_bytes = random_bytes
        self._vectors = TextVectors(embedder)
        self._drafting = Drafting(self._namespace, clock, random_bytes)
        self._recalls = RecallRecorder(storage, self._namespace)
        self._background = self._in_background(consolidate_every, reopen)
        self._counters = Counters()
        self._quick = self._counters.quick
        self._opened_at = self._now()
        self._keeper: MetricsKeeper | None = None
        if metrics:
            self._keeper = MetricsKeeper(storage, self._namespace, self._counters, clock)
            self.__class__ = measured(type(self))

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str] | None = None,
        *,
        namespace: str = "default",
        embedder: Embedder | None = None,
        durability: Durability = "normal",
        actor: str = "caller",
        busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
        verify_reads: bool = False,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        consolidate_every: int | None = None,
        metrics: bool = True,
    ) -> Self:
        """Open the bank that `target` names, making it if it is not there.

        Args:
            target: A path, ``memory:``, ``sqlite:PATH``, ``postgresql://...``; or None for ``REASONINGBANK_URL``, else
                the trusted project bank here or above, else this user's own bank.
            namespace: The tenant every call stays within, at most 256 bytes.
            embedder: Turns task descriptions into vectors; None for the built-in one.
            durability: ``normal`` survives a killed process, ``full`` a power loss as well.
            actor: Who is noted in histories.
            busy_timeout: Seconds to wait for other writers before `Busy` is raised.
            verify_reads: Whether what is read is checked against its checksums first, so that
                damage is an error and never an answer.
            judge: Says how experiences ended where nobody does; None for the rules.
            distiller: Finds what experiences teach; None for the extractive one.
            consolidate_every: Consolidate in the background after so many new patterns, counting
                those of every process on the file; None for only when `consolidate` is called.
            metrics: Whether operations are counted and timed, see `metrics`; the variable
                ``REASONINGBANK_METRICS=off`` says no for every bank.

        Raises:
            InvalidInput: For an argument out of its range.
            StorageCorrupt, ForeignDatabase, SchemaTooNew: For a file that is no readable bank; it
                is left as it was.
            Unavailable: When the place can be neither read nor made.
        """
        checked_choice(durability, "durability", ("normal", "full"))
        if embedder is not None and not callable(getattr(embedder, "embed_query", None)):
            raise InvalidInput(
                f"must be an Embedder, not {type(embedder).__name__}",
                field="embedder",
                hint="reasoningbank.embedding.embedder_from_name gives one by its name.",
            )
        checked_part(judge, "judge", "judge")
        checked_part(distiller, "distiller", "distil")
        checked_number(busy_timeout, "busy_timeout", 0.0, 86_400.0)
        checked_line(namespace, "namespace", limits.NAMESPACE_BYTES)
        checked_line(actor, "actor", limits.ACTOR_BYTES)
        if consolidate_every is not None:
            checked_count(consolidate_every, "consolidate_every", high=limits.SAFE_INTEGER)

        def opened(place: str | os.PathLike[str] | None) -> StorageBackend:
            return open_storage(
                place, durability=durability, busy_timeout=busy_timeout, verify_reads=verify_reads
            )

        storage = opened(target)
        reopen = None
        if consolidate_every is not None:
            stats = storage.get_stats(namespace, format_timestamp(system_clock()))
            # Where it is, and not how it was found: that may change with the working directory.
            place = resolve_location(target).server or f"sqlite:{stats.path}"
            reopen = (lambda: opened(place)) if stats.persistent else None
        return cls(
            storage,
            namespace=namespace,
            embedder=embedder,
            actor=actor,
            judge=judge,
            distiller=distiller,
            consolidate_every=consolidate_every,
            reopen=reopen,
            metrics=metrics_wanted(os.environ, asked=metrics),
        )

    @property
    def namespace(self) -> str:
        """The tenant every call stays within."""
        return self._namespace

    def close(self) -> None:
        """Let go of the file and of memory; calling it again does nothing."""
        try:
            if self._background is not None:
                self._background.close()
            self._recalls.close()
            if self._keeper is not None:
                self._keeper.close()
        finally:
            self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _stamp(self) -> Stamp:
        return Stamp(self._actor, self._now())

    def __reduce__(self) -> NoReturn:
        raise TypeError(NOT_TO_BE_COPIED)

    def _now(self) -> str:
        return format_timestamp(self._clock())

    def _note_stored(self, count: int) -> None:
        """Say that patterns were stored, for what is done every so many of them."""
        if self._background is not None and count:
            self._background.stored(count)

    def _consolidator(self, storage: StorageBackend) -> Consolidator:
        return Consolidator(
            storage,
            self._namespace,
            self._vectors,
            clock=self._clock,
            random_bytes=self._random_bytes,
            actor=self._actor,
        )

    def _in_background(
        self, every: int | None, reopen: Callable[[], StorageBackend] | None
    ) -> BackgroundConsolidation | None:
        if every is None:
            return None
        from reasoningbank.bank.background_consolidation import BackgroundConsolidation

        def storage_for_it() -> tuple[StorageBackend, Callable[[], None]]:
            if reopen is None:  # a bank in memory has one connection for everybody
                return self._storage, lambda: None
            opened = reopen()
            return opened, opened.close

        return BackgroundConsolidation(
            every,
            self._namespace,
            open_storage=storage_for_it,
            consolidator=self._consolidator,
            clock=self._clock,
        )

    def _embedded(self, drafts: list[Draft], given: Vectors | None) -> list[bytes]:
        if given is not None:
            return self._vectors.given(given, len(drafts))
        return self._vectors.of_documents([draft.pattern.task_description for draft in drafts])
