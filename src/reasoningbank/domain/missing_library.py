"""The one sentence for what needs a library that is not installed."""

from __future__ import annotations

from reasoningbank.domain.errors import Unavailable


def library_missing(library: str, *, extra: str, field: str) -> Unavailable:
    """Give the error that names the command installing the extra which brings a library.

    Args:
        library: Its name as people know it.
        extra: Of this package.
        field: What was asked for that needs it.
    """
    return Unavailable(
        f"needs the library {library}, which is not installed",
        field=field,
        hint=f'Run: pip install "agent-reasoningbank[{extra}]"',  # quoted as every shell takes it
    )
