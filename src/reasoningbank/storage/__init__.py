"""Where patterns are kept: one contract, several engines, chosen by `open_storage`."""

from __future__ import annotations

import os

from reasoningbank.storage.contract import StorageBackend
from reasoningbank.storage.location import checked_file_name, resolve_location
from reasoningbank.storage.sqlite import DEFAULT_BUSY_TIMEOUT, open_file, open_memory
from reasoningbank.storage.sqlite.settings import Durability

__all__ = ["DEFAULT_BUSY_TIMEOUT", "Durability", "StorageBackend", "open_storage"]


def open_storage(
    target: str | os.PathLike[str] | None = None,
    *,
    durability: Durability = "normal",
    busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
    verify_reads: bool = False,
) -> StorageBackend:
    """Open the storage that `target` names, or the one this user and directory call for.

    Args:
        target: A path, ``memory:``, ``sqlite:PATH``, or None (see `resolve_location`).
        durability: ``normal`` survives a killed process, ``full`` a power loss as well.
        busy_timeout: Seconds to wait for other writers.
        verify_reads: Whether reading recomputes checksums.

    Raises:
        InvalidInput: For a target that names no place where a bank can be.
    """
    location = resolve_location(target)
    if location.path is None:
        return open_memory(location.reason, verify_reads=verify_reads)
    return open_file(
        checked_file_name(location.path),
        location.reason,
        durability=durability,
        busy_timeout=busy_timeout,
        verify_reads=verify_reads,
    )
