"""Vectors from an Ollama server; needs no library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from reasoningbank.domain.errors import ProviderFailed
from reasoningbank.embedding.json_endpoint import JsonEndpoint
from reasoningbank.embedding.served import ServedEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULT_BASE_URL = "http://127.0.0.1:11434"


class _Answer(msgspec.Struct):
    embeddings: list[list[float]]


class OllamaEmbedder(ServedEmbedder):
    """Asks Ollama's ``/api/embed`` for vectors. A text longer than the model's window is cut by Ollama.

    Args:
        model: The model's name, as in ``ollama pull``.
        base_url: Of the server.
        dimension: Expected number of components, or None to take what the model gives.
        batch_size: Texts in one request.
        timeout_seconds: For one attempt; the first one may have to load the model.
        attempts: Tries when the server fails or cannot be reached.
        first_pause_seconds: Before the second attempt, doubled before each further one.
        sleep: Waits the given number of seconds.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str = DEFAULT_BASE_URL,
        dimension: int | None = None,
        batch_size: int = 64,
        timeout_seconds: float = 120.0,
        attempts: int = 3,
        first_pause_seconds: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = JsonEndpoint(
            base_url.rstrip("/") + "/api/embed",
            timeout_seconds=timeout_seconds,
            attempts=attempts,
            first_pause_seconds=first_pause_seconds,
            sleep=sleep,
        )
        self._model = model
        super().__init__(
            name=f"ollama:{model}",
            url=self._endpoint.url,
            dimension=dimension,
            batch_size=batch_size,
        )

    def _request(self, texts: Sequence[str]) -> list[list[float]]:
        body = self._endpoint.post({"model": self._model, "input": list(texts)})
        try:
            return msgspec.json.decode(body, type=_Answer).embeddings
        except msgspec.DecodeError as error:
            raise ProviderFailed(
                f"gave something else than embeddings ({error})", path=self._url
            ) from error
