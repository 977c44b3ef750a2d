"""The bank a hook works on: the one that the session's folder, the options or the environment name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reasoningbank.hooks.deadline import BUSY_SECONDS
from reasoningbank.hooks.given import HookInput
from reasoningbank.hooks.options import HookOptions
from reasoningbank.storage.location import resolve_location

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank


def existing_bank(given: HookInput, options: HookOptions) -> ReasoningBank | None:
    """Give the bank if there is one; looking for what is known makes no file."""
    path = _place(given, options)
    return _opened(path, options) if path is not None and path.exists() else None


def bank_to_write(given: HookInput, options: HookOptions) -> ReasoningBank | None:
    """Give the bank, made if it is not there; None where it would be in memory and be lost."""
    path = _place(given, options)
    return None if path is None else _opened(path, options)


def _place(given: HookInput, options: HookOptions) -> Path | None:
    folder = given.folder
    directory = Path(folder) if folder is not None and Path(folder).is_absolute() else None
    return resolve_location(options.target, directory=directory).path


def _opened(path: Path, options: HookOptions) -> ReasoningBank:
    from reasoningbank import ReasoningBank

    return ReasoningBank.open(
        path,
        namespace=options.namespace,
        actor=f"{options.host} hook",
        busy_timeout=BUSY_SECONDS,
    )
