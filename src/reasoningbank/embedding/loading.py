"""The one sentence for a model that a library does not load."""

from reasoningbank.domain.errors import Unavailable


def model_not_loaded(library: str, model: str, error: Exception) -> Unavailable:
    """Give the error for a model that an embedder's library does not know or cannot fetch."""
    return Unavailable(
        f"{library} could not load the model {model!r}: {error}",
        field="embedder",
        hint="Check its name; the first use of a model may have to download it.",
    )
