"""Opening a bank that a rollout was begun at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import apsw
import msgspec

from reasoningbank.domain.errors import Conflict, ReasoningBankError, Unavailable
from reasoningbank.storage import ROLLOUT_SUFFIX, open_alone
from reasoningbank.storage.contract import StorageBackend
from reasoningbank.storage.rollout.backend import RolloutStorage
from reasoningbank.storage.rollout.journal import Journal
from reasoningbank.storage.rollout.pair import Pair
from reasoningbank.storage.rollout.state import RolloutState
from reasoningbank.storage.sqlite.settings import Durability, translated_error

_TRIAL_SECONDS: Final = 1.0
"""How long a read waits for a candidate that is gone before the current bank answers it."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How both banks of a rollout are opened; see `open_storage`."""

    path: Path
    reason: str
    durability: Durability = "normal"
    busy_timeout: float
    verify_reads: bool = False

    def current(self) -> StorageBackend:
        """Open the bank the rollout began at."""
        from reasoningbank.storage.sqlite import open_file

        return open_file(
            self.path,
            self.reason,
            durability=self.durability,
            busy_timeout=self.busy_timeout,
            verify_reads=self.verify_reads,
        )

    def candidate(self, target: str, *, patience: float | None = None) -> StorageBackend:
        """Open the candidate, with another patience than the current bank's if one is given."""
        return open_alone(
            target,
            durability=self.durability,
            busy_timeout=self.busy_timeout if patience is None else patience,
            verify_reads=self.verify_reads,
        )

    def journal(self) -> Journal:
        """Open the journal."""
        return Journal(
            directory_of(self.path),
            busy_timeout=self.busy_timeout,
            durable=self.durability == "full",
        )

    def pair(self, state: RolloutState) -> Pair:
        """Give both banks, neither opened yet."""
        patience = min(self.busy_timeout, _TRIAL_SECONDS)
        return Pair(
            self.current,
            self.candidate,
            lambda target: self.candidate(target, patience=patience),
            state.candidate,
        )


def directory_of(path: Path) -> Path:
    """Give the directory of a bank's rollout; there is one only where a rollout was begun."""
    return path.with_name(f"{path.name}{ROLLOUT_SUFFIX}")


def check_no_rollout(path: Path) -> None:
    """Refuse to put another content in the place of a bank whose other bank would not hear of it.

    Raises:
        Conflict: While the bank is in a rollout, or when one has led away from it.
    """
    if not directory_of(path).is_dir() or read_state(path).phase == "rolled_back":
        return
    raise Conflict(
        "is in a rollout, whose other bank would not hear of it",
        path=str(path),
        hint="Run `reasoningbank rollout rollback` first.",
    )


def open_paired(opening: Opening) -> StorageBackend:
    """Open a bank that a rollout was begun at: both, or the one that is left.

    Raises:
        Unavailable: When the bank could be written but not the rollout's journal.
    """
    try:
        journal = opening.journal()
    except ReasoningBankError:
        return _for_reading(opening)
    try:
        state = journal.state()
        if not state.pairs:
            journal.close()
            return alone(opening, state)
        pair = opening.pair(state)
        pair.get(state.authoritative)
        _after_power_loss(journal, pair, state)
        return RolloutStorage(journal, pair)
    except BaseException:
        journal.close()
        raise


def alone(opening: Opening, state: RolloutState) -> StorageBackend:
    """Open the bank that counts, by itself."""
    if state.authoritative == "current":
        return opening.current()
    return opening.candidate(state.candidate)


def boot_id() -> str:
    """Name this run of the machine, where it has a name; what was not yet on disk ended with it."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _after_power_loss(journal: Journal, pair: Pair, state: RolloutState) -> None:
    """Have everything compared after the machine was started anew: notes may have been lost."""
    boot = boot_id()
    if state.boot == boot:
        return
    known = journal.namespaces() | set(pair.get(state.authoritative).namespaces())
    for namespace in sorted(known):
        journal.enqueue(namespace, None)
    journal.change("the machine was started anew, so everything is compared", boot=boot)


def _for_reading(opening: Opening) -> StorageBackend:
    """Open the bank that counts without noting anything, which is right for reading alone."""
    bank = alone(opening, read_state(opening.path))
    if bank.read_only or not os.access(opening.path, os.W_OK):
        return bank
    bank.close()
    raise Unavailable(
        "of the rollout cannot be written, so a write could not be noted for the other bank",
        path=str(directory_of(opening.path)),
        hint="Check its permissions.",
    )


def read_state(path: Path) -> RolloutState:
    """Give the state of a bank's rollout without writing anything."""
    place = directory_of(path) / "journal.db"
    try:
        connection = apsw.Connection(str(place), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            row = connection.execute("SELECT state FROM rollout").fetchone()
        finally:
            connection.close()
    except apsw.Error as error:
        raise translated_error(error, str(place)) from error
    if row is None:
        raise Unavailable("holds no rollout", path=str(place))
    return msgspec.json.decode(str(row[0]), type=RolloutState)
