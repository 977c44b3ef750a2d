"""An embedder by its name on the command line or in a setting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reasoningbank.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from reasoningbank.embedding.protocol import Embedder

_LEXICAL_SUFFIX = "+lexical"
_FORMS = (
    "default",
    "sentence-transformers:NAME",
    "openai:MODEL",
    "ollama:MODEL",
    "model2vec:PATH",
    "fastembed:NAME",
)


def embedder_from_name(spec: str) -> Embedder:
    """Return the embedder that a short text names.

    ``default``, ``sentence-transformers:NAME``, ``openai:MODEL`` (with OPENAI_API_KEY and
    OPENAI_BASE_URL from the environment), ``ollama:MODEL`` (with OLLAMA_HOST), ``model2vec:PATH`` or
    ``fastembed:NAME``. A ``+lexical`` at the end of any but the first appends the built-in lexical half.

    Raises:
        InvalidInput: Another text.
        Unavailable: The library it needs is not installed.
    """
    if spec == "default":
        from reasoningbank.embedding import default_embedder

        return default_embedder()
    if spec.endswith(_LEXICAL_SUFFIX) and ":" in spec:
        from reasoningbank.embedding.lexical_hybrid import LexicalHybridEmbedder

        return LexicalHybridEmbedder(embedder_from_name(spec.removesuffix(_LEXICAL_SUFFIX)))
    kind, _, model = spec.partition(":")
    if kind not in _MAKERS or not model:
        raise InvalidInput(f"must be one of {', '.join(_FORMS)}, not {spec!r}", field="embedder")
    return _MAKERS[kind](model)


def _sentence_transformers(model: str) -> Embedder:
    from reasoningbank.embedding.sentence_transformers import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(model)


def _openai(model: str) -> Embedder:
    from reasoningbank.embedding.openai_compatible import DEFAULT_BASE_URL, OpenAICompatibleEmbedder

    return OpenAICompatibleEmbedder(
        model,
        base_url=os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL,
        api_key=os.environ.get("OPENAI_API_KEY"),
    )


def _ollama(model: str) -> Embedder:
    from reasoningbank.embedding.ollama import DEFAULT_BASE_URL, OllamaEmbedder

    host = os.environ.get("OLLAMA_HOST") or DEFAULT_BASE_URL
    return OllamaEmbedder(model, base_url=host if "://" in host else f"http://{host}")


def _model2vec(model: str) -> Embedder:
    from reasoningbank.embedding.model2vec import Model2VecEmbedder

    return Model2VecEmbedder(model)


def _fastembed(model: str) -> Embedder:
    from reasoningbank.embedding.fastembed import FastembedEmbedder

    return FastembedEmbedder(model)


_MAKERS: dict[str, Callable[[str], Embedder]] = {
    "fastembed": _fastembed,
    "model2vec": _model2vec,
    "ollama": _ollama,
    "openai": _openai,
    "sentence-transformers": _sentence_transformers,
}
