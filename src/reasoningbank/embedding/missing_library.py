"""The one sentence for an adapter whose library is not installed."""

from reasoningbank.domain.errors import Unavailable


def library_missing(extra: str) -> Unavailable:
    """Return the error that names the command installing an embedder's extra."""
    return Unavailable(
        f"needs the library {extra}, which is not installed",
        field="embedder",
        hint=f'Run: pip install "agent-reasoningbank[{extra}]"',
    )
