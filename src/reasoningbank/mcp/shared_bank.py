"""One bank for all calls of a server, opened by the first that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from reasoningbank.mcp.options import ServerOptions

if TYPE_CHECKING:
    from reasoningbank import AsyncReasoningBank
    from reasoningbank.embedding import Embedder

ACTOR: Final = "mcp"
"""Who is noted in the histories of what tool calls change."""


class SharedBank:
    """Open the bank once, when it is first asked for, and close it with the server.

    Args:
        options: Which bank, namespace and embedder.
    """

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._bank: AsyncReasoningBank | None = None
        self._opening = anyio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the next call has it at hand."""
        return self._bank is not None

    async def get(self) -> AsyncReasoningBank:
        """Give the bank.

        Raises:
            ReasoningBankError: When it cannot be opened; the next call tries again.
        """
        if self._bank is None:
            async with self._opening:
                if self._bank is None:
                    self._bank = await self._open()
        return self._bank

    async def close(self) -> None:
        """Let go of the bank, if it was opened, even while everything around is being cancelled."""
        bank, self._bank = self._bank, None
        if bank is not None:
            with anyio.CancelScope(shield=True):
                await bank.close()

    async def _open(self) -> AsyncReasoningBank:
        from reasoningbank import AsyncReasoningBank

        options = self._options
        embedder: Embedder | None = None
        if options.embedder is not None:
            from reasoningbank.embedding import embedder_from_name

            # An embedder may load a model, for which calls that need none shall not wait.
            embedder = await anyio.to_thread.run_sync(embedder_from_name, options.embedder)
        return await AsyncReasoningBank.open(
            options.target, namespace=options.namespace, embedder=embedder, actor=ACTOR
        )
