"""The one sentence for an adapter whose framework is not installed."""

from __future__ import annotations

from reasoningbank.domain.errors import Unavailable


def framework_missing(extra: str, error: ImportError) -> Unavailable:
    """Return the error that names the command installing a framework's extra.

    Args:
        extra: The extra, named as the adapter's module is.
        error: What importing the framework said; a part of it may be missing, or too old.
    """
    return Unavailable(
        f"needs a library that could not be imported ({error})",
        field=f"reasoningbank.adapters.{extra}",
        hint=f"Run: pip install 'agent-reasoningbank[{extra.replace('_', '-')}]'",
    )
