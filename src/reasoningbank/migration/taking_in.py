"""Rows into a bank's storage, in batches, each row once however often it is tried."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import Clock, RandomBytes, new_id
from reasoningbank.domain.pattern import Pattern, PatternInput, Redaction
from reasoningbank.domain.records import NewPattern, PatternEdit, StoreOptions
from reasoningbank.domain.timestamps import format_timestamp, milliseconds_of
from reasoningbank.domain.trajectory import PatternLink, Trajectory
from reasoningbank.domain.validation import checked_input
from reasoningbank.learning.checking import checked_trajectory, fingerprint_of
from reasoningbank.migration import fitting
from reasoningbank.migration.accounts import Fate
from reasoningbank.migration.material import (
    LinkMaterial,
    PatternMaterial,
    Place,
    TrajectoryMaterial,
    Unusable,
)
from reasoningbank.migration.values import sound
from reasoningbank.storage import StorageBackend

BATCH: Final = 256
_KEY: Final = "migration:"


class Target(NamedTuple):
    """The bank that rows are taken into, and who takes them."""

    storage: StorageBackend
    namespace: str
    vectors: TextVectors
    actor: str
    together: Callable[[], AbstractContextManager[object]] = nullcontext
    """Makes the writes of a block one transaction, where the storage can."""
    rows_a_transaction: int = BATCH
    """Few where others wait to write; many save writing the same pages again and again."""


class TakenIn(NamedTuple):
    """What became of a row: how it ended, which pattern or experience holds it, and why none does."""

    fate: Fate
    id: UUID | None
    reason: str = ""


class _Draft(NamedTuple):
    pattern: Pattern
    key: bytes
    identity: bytes
    quarantined: bool


class TakingIn:
    """Take rows into a bank; each is known by its place and its texts, so none comes in twice.

    Args:
        target: The bank.
        clock: Gives the time.
        random_bytes: Gives randomness for ids.
        resumed: Whether the same run was interrupted before: what it has brought already is then
            told from what earlier runs brought.
    """

    def __init__(
        self, target: Target, clock: Clock, random_bytes: RandomBytes, *, resumed: bool
    ) -> None:
        self._target = target
        self._clock = clock
        self._random_bytes = random_bytes
        self._resumed = resumed
        self._transaction = ExitStack()
        self._held = 0
        # Rows that this run has brought, and what holds them: by hash, and by id.
        self._brought: set[bytes] = set()
        self.redacted: Counter[str] = Counter()
        self.shortened = 0
        self.expired = 0
        self.checks: dict[bytes, bytes] = {}
        """Half a checksum of the texts of each pattern that was made, by its id."""

    @contextmanager
    def transactions(self) -> Iterator[None]:
        """Let what is taken in within a ``with`` block be kept, many rows a transaction."""
        try:
            yield
        except BaseException as error:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise
        self._transaction.close()
        self._held = 0

    def _write(self, rows: int) -> None:
        """Be in a transaction that has room for so many rows more."""
        if self._held >= self._target.rows_a_transaction:
            self._transaction.close()
            self._held = 0
        if not self._held:
            self._transaction.enter_context(self._target.together())
        self._held += rows

    def patterns(self, batch: Sequence[PatternMaterial], file: str) -> list[TakenIn]:
        """Take patterns in, with the vectors of all made at once; what became of each, in order."""
        now = format_timestamp(self._clock())
        drafts: list[_Draft | TakenIn] = []
        for material in batch:
            try:
                drafts.append(self._draft(material, file, now))
            except (Unusable, InvalidInput) as error:
                drafts.append(TakenIn("rejected", None, str(error)))
        texts = [draft.pattern.task_description for draft in drafts if isinstance(draft, _Draft)]
        vectors = iter(self._target.vectors.of_documents(texts) if texts else ())
        self._write(len(drafts))
        return [
            self._store(draft, next(vectors)) if isinstance(draft, _Draft) else draft
            for draft in drafts
        ]

    def _draft(self, material: PatternMaterial, file: str, now: str) -> _Draft:
        given = fitting.pattern_input(material, file)
        checked, redacted = checked_input(given)
        self._note(redacted, checked.metadata)
        if checked.expires_at is not None and str(checked.expires_at) <= now:
            self.expired += 1
        created = material.created_at or now
        pattern = Pattern(
            id=new_id(milliseconds_of(created), self._random_bytes),
            namespace=self._target.namespace,
            task_category=checked.task_category,
            task_description=checked.task_description,
            strategy=checked.strategy,
            title=checked.title,
            success_score=checked.success_score,
            duration_seconds=checked.duration_seconds,
            tags=tuple(checked.tags),
            metadata=checked.metadata,
            trust="imported",
            state="active",
            uses=material.uses,
            successes=material.successes,
            failures=material.failures,
            last_used_at=material.last_used_at,
            created_at=created,
            updated_at=created,
            expires_at=checked.expires_at,  # type: ignore[arg-type]  # checking made it text
            version=1,
        )
        key = dedupe_key(
            pattern.namespace, pattern.task_category, pattern.task_description, pattern.strategy
        )
        return _Draft(pattern, key, _identity(material.place, checked), material.quarantined)

    def _note(self, redacted: tuple[Redaction, ...], metadata: dict[str, object]) -> None:
        self.redacted.update(one.kind for one in redacted)
        self.shortened += "original" in metadata

    def _store(self, draft: _Draft, vector: bytes) -> TakenIn:
        storage, actor = self._target.storage, self._target.actor
        new = NewPattern(pattern=draft.pattern, key=draft.key, vector=vector, actor=actor)
        options = StoreOptions(
            idempotency_key=_KEY + draft.identity.hex(), fingerprint=draft.identity
        )
        try:
            found, status = storage.store_pattern(new, self._target.vectors.model, options)
        except InvalidInput as error:  # united with its equal it passes a limit
            return TakenIn("rejected", None, str(error))
        pattern_id = UUID(found)
        if draft.quarantined and status != "merged":
            self._put_away(found)
        if status == "replayed":
            fate = self._fate_of_replayed(draft.identity, pattern_id)
        else:
            fate = "migrated" if status == "created" else "merged"
        if fate != "known":
            self._brought.update((draft.identity, pattern_id.bytes))
        if fate == "migrated":
            self.checks[pattern_id.bytes] = text_check(draft.pattern)
        elif fate == "merged":
            self.checks.pop(pattern_id.bytes, None)  # the newest wording of equal texts counts
        return TakenIn(fate, pattern_id)

    def _fate_of_replayed(self, identity: bytes, pattern_id: UUID) -> Fate:
        """Say what became of a row that the bank knows: of this run, or of an earlier one."""
        if identity in self._brought or (self._resumed and pattern_id.bytes in self._brought):
            return "merged"
        return "migrated" if self._was_made_before(pattern_id) else "known"

    def _was_made_before(self, pattern_id: UUID) -> bool:
        """Give whether this run made a pattern before it was interrupted."""
        if not self._resumed:
            return False
        history = self._target.storage.history(self._target.namespace, str(pattern_id))
        return len(history) == 1 and history[0].actor == self._target.actor

    def _put_away(self, pattern_id: str) -> None:
        """Quarantine a pattern, unless somebody has changed it since it came."""
        if len(self._target.storage.history(self._target.namespace, pattern_id)) > 1:
            return
        now = format_timestamp(self._clock())
        edit = PatternEdit(
            values={"state": "quarantined"}, vector=None, if_version=None,
            actor=self._target.actor, at=now,
        )  # fmt: skip
        self._target.storage.edit_pattern(self._target.namespace, pattern_id, edit, None)

    def trajectory(self, material: TrajectoryMaterial) -> TakenIn:
        """Keep an experience; nothing is learned from it yet."""
        try:
            checked, redacted = checked_trajectory(fitting.trajectory_input(material))
        except (Unusable, InvalidInput) as error:
            return TakenIn("rejected", None, str(error))
        self._note(redacted, checked.metadata)
        created = material.created_at or format_timestamp(self._clock())
        known = checked.verdict is not None and checked.verdict.kind != "unknown"
        trajectory = Trajectory(
            id=new_id(milliseconds_of(created), self._random_bytes),
            namespace=self._target.namespace,
            task_description=checked.task_description,
            task_category=checked.task_category,
            steps=tuple(checked.steps),
            metadata=checked.metadata,
            origin=checked.origin,
            actor=self._target.actor,
            created_at=created,
            state="judged" if known else "pending",
            verdict=checked.verdict,
            note=None,
        )
        print_of = fingerprint_of(checked)
        self._write(1)
        found, new = self._target.storage.store_trajectory(trajectory, print_of)
        if not new and print_of not in self._brought and self._resumed:
            kept = self._target.storage.get_trajectory(self._target.namespace, found)
            new = kept is not None and kept.actor == self._target.actor
        fate: Fate = "migrated" if new else "merged" if print_of in self._brought else "known"
        if fate != "known":
            self._brought.add(print_of)
        return TakenIn(fate, UUID(found))

    def link(self, material: LinkMaterial, source: UUID, target: UUID) -> None:
        """Relate two things that came along; twice is once."""
        self._write(1)
        self._target.storage.add_link(
            self._target.namespace,
            PatternLink(
                source_id=source,
                target_id=target,
                kind=material.kind,
                actor=self._target.actor,
                at=format_timestamp(self._clock()),
            ),
        )


def _identity(place: Place, checked: PatternInput) -> bytes:
    """Give the hash by which a row is known again: where it stands, and what it says."""
    parts = (
        place.product, place.table, place.id,
        checked.task_category, checked.task_description, checked.strategy, checked.title or "",
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode([sound(part) for part in parts])).digest()


def text_check(pattern: Pattern) -> bytes:
    """Give a checksum of the texts of a pattern, to compare what was read with what is kept."""
    parts = (pattern.task_category, pattern.task_description, pattern.strategy, pattern.title or "")
    return hashlib.sha256("\0".join(parts).encode()).digest()[:16]
