"""The sentences for an adapter whose library is not installed, or cannot load the model."""

from reasoningbank.domain.errors import Unavailable


def library_missing(extra: str) -> Unavailable:
    """Return the error that names the command installing an embedder's extra."""
    return Unavailable(
        f"needs the library {extra}, which is not installed",
        field="embedder",
        hint=f'Run: pip install "agent-reasoningbank[{extra}]"',
    )


def model_not_loaded(extra: str, model: str, error: Exception) -> Unavailable:
    """Return the error for a model that an embedder's library does not know or cannot fetch."""
    return Unavailable(
        f"{extra} could not load the model {model!r}: {error}",
        field="embedder",
        hint="Check its name; the first use of a model may have to download it.",
    )
