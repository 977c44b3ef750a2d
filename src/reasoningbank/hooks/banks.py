"""The bank a hook works on: the one that the session's folder, the options or the environment name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reasoningbank.hooks.deadline import BUSY_SECONDS
from reasoningbank.hooks.given import HookInput
from reasoningbank.hooks.options import HookOptions
from reasoningbank.storage.location import Location, resolve_location

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank


def existing_bank(given: HookInput, options: HookOptions) -> ReasoningBank | None:
    """Give the bank if there is one; looking for what is known makes no file."""
    place = _place(given, options)
    if place.path is None:
        return None if place.server is None else _opened(place.server, options)
    return _opened(place.path, options) if place.path.exists() else None


def bank_to_write(given: HookInput, options: HookOptions) -> ReasoningBank | None:
    """Give the bank, made if it is not there; None where it would be in memory and be lost."""
    place = _place(given, options)
    target = place.server or place.path
    return None if target is None else _opened(target, options)


def _place(given: HookInput, options: HookOptions) -> Location:
    folder = given.folder
    directory = Path(folder) if folder is not None and Path(folder).is_absolute() else None
    return resolve_location(options.target, directory=directory)


def _opened(target: str | Path, options: HookOptions) -> ReasoningBank:
    from reasoningbank import ReasoningBank

    return ReasoningBank.open(
        target,
        namespace=options.namespace,
        actor=f"{options.host} hook",
        busy_timeout=BUSY_SECONDS,
    )
