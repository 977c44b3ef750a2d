"""Vectors from any server with an OpenAI-style ``/embeddings`` route; needs no library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from reasoningbank.domain.errors import ProviderFailed
from reasoningbank.embedding.json_endpoint import JsonEndpoint
from reasoningbank.embedding.served import ServedEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULT_BASE_URL = "https://api.openai.com/v1"


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


class OpenAICompatibleEmbedder(ServedEmbedder):
    """Asks an OpenAI-compatible endpoint for vectors.

    Args:
        model: The model's name at the server.
        base_url: Up to and including ``/v1``.
        api_key: Bearer token, or None for a server that wants none. It appears in no error.
        dimension: Number of components. Given, it is also asked of the server (models that can
            shorten their vectors); None takes what the model gives.
        batch_size: Texts in one request.
        timeout_seconds: For one attempt.
        attempts: Tries when the server is busy (429), fails (5xx) or cannot be reached.
        first_pause_seconds: Before the second attempt, doubled before each further one.
        sleep: Waits the given number of seconds.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str = DEFAULT_BASE_URL,
        api_key: str | None = None,
        dimension: int | None = None,
        batch_size: int = 128,
        timeout_seconds: float = 30.0,
        attempts: int = 4,
        first_pause_seconds: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = JsonEndpoint(
            base_url.rstrip("/") + "/embeddings",
            api_key=api_key,
            timeout_seconds=timeout_seconds,
            attempts=attempts,
            first_pause_seconds=first_pause_seconds,
            sleep=sleep,
        )
        self._settings: dict[str, object] = {"model": model, "encoding_format": "float"}
        if dimension is not None:
            self._settings["dimensions"] = dimension
        super().__init__(
            name=f"openai:{model}",
            url=self._endpoint.url,
            dimension=dimension,
            batch_size=batch_size,
        )

    def _request(self, texts: Sequence[str]) -> list[list[float]]:
        body = self._endpoint.post({**self._settings, "input": list(texts)})
        try:
            items = msgspec.json.decode(body, type=_Answer).data
        except msgspec.DecodeError as error:
            raise ProviderFailed(
                f"gave something else than a list of embeddings ({error})", path=self._url
            ) from error
        items.sort(key=lambda item: item.index)
        if [item.index for item in items] != list(range(len(items))):
            raise ProviderFailed("numbered its vectors with gaps or repeats", path=self._url)
        return [item.embedding for item in items]
