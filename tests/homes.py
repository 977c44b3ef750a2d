"""A home of its own for whatever is tried out: no bank and no setting of the developer's is met."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

KEPT = ("REASONINGBANK_SHARED",)
_FOLDERS = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "config",
    "LOCALAPPDATA": "data",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
}
# rich and typer draw by these; what wants a wide or coloured terminal says so.
_DRAWING = ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "PY_COLORS")


def environment_of(root: Path) -> Iterator[tuple[str, str | None]]:
    """Give what the environment must be with a home at `root`; None where a name must not be set."""
    for name in list(os.environ):
        if name.startswith("REASONINGBANK_") and name not in KEPT:
            yield name, None
    for name, folder in _FOLDERS.items():
        yield name, str(root / folder)
    for name in _DRAWING:
        yield name, None


def moved_into(root: Path) -> None:
    """Give this process, and every one it starts, its home at `root`."""
    for name, value in environment_of(root):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
