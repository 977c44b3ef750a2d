"""Where patterns are kept: one contract, several engines, chosen by `open_storage`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from reasoningbank.storage.contract import DEFAULT_BUSY_TIMEOUT, StorageBackend
from reasoningbank.storage.databases import need_driver
from reasoningbank.storage.location import Location, checked_file_name, resolve_location

if TYPE_CHECKING:
    from reasoningbank.storage.sqlite.settings import Durability

__all__ = ["DEFAULT_BUSY_TIMEOUT", "Durability", "StorageBackend", "open_alone", "open_storage"]

ROLLOUT_SUFFIX: Final = ".rollout"
"""What the directory beside a bank is called where a rollout was begun at it."""

_WHEN_FIRST_ASKED_FOR: Final = {
    "Durability": "reasoningbank.storage.sqlite.settings",
}


def __getattr__(name: str) -> object:
    """Load the engine when it is first asked for: who only wants to know a place needs none."""
    if name not in _WHEN_FIRST_ASKED_FOR:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    found: object = getattr(import_module(_WHEN_FIRST_ASKED_FOR[name]), name)
    globals()[name] = found
    return found


def open_storage(
    target: str | os.PathLike[str] | None = None,
    *,
    durability: Durability = "normal",
    busy_timeout: float | None = None,
    verify_reads: bool = False,
) -> StorageBackend:
    """Open the storage that `target` names, or the one this user and directory call for.

    Args:
        target: A path, ``memory:``, ``sqlite:PATH``, ``postgresql://HOST/DATABASE``, or None (see
            `resolve_location`).
        durability: ``normal`` survives a killed process, ``full`` a power loss as well. A server
            decides for itself.
        busy_timeout: Seconds to wait for other writers; None for `DEFAULT_BUSY_TIMEOUT`.
        verify_reads: Whether reading recomputes checksums.

    Raises:
        InvalidInput: For a target that names no place where a bank can be.
        Unavailable: For a server without the extra that speaks to it, and as each engine says.
    """
    location = resolve_location(target)
    waiting = DEFAULT_BUSY_TIMEOUT if busy_timeout is None else busy_timeout
    if location.path is not None and os.path.isdir(f"{location.path}{ROLLOUT_SUFFIX}"):  # noqa: PTH112 - half of what Path takes
        from reasoningbank.storage.rollout import Opening, open_paired

        return open_paired(
            Opening(
                path=checked_file_name(location.path),
                reason=location.reason,
                durability=durability,
                busy_timeout=waiting,
                verify_reads=verify_reads,
            )
        )
    return _opened(location, durability, waiting, verify_reads=verify_reads)


def open_alone(
    target: str,
    *,
    durability: Durability = "normal",
    busy_timeout: float,
    verify_reads: bool = False,
) -> StorageBackend:
    """Open one bank by itself, whatever rollout it has a part in; see `open_storage`."""
    return _opened(resolve_location(target), durability, busy_timeout, verify_reads=verify_reads)


def _opened(
    location: Location, durability: Durability, busy_timeout: float, *, verify_reads: bool
) -> StorageBackend:
    if location.server is not None:
        need_driver()
        from reasoningbank.storage.postgres import open_server

        return open_server(
            location.server,
            location.reason,
            busy_timeout=busy_timeout,
            verify_reads=verify_reads,
        )
    from reasoningbank.storage.sqlite import open_file, open_memory

    if location.path is None:
        return open_memory(location.reason, verify_reads=verify_reads)
    return open_file(
        checked_file_name(location.path),
        location.reason,
        durability=durability,
        busy_timeout=busy_timeout,
        verify_reads=verify_reads,
    )
