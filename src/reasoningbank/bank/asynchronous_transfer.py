"""Moving patterns and looking after the bank, with ``await``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.bank.line_files import OnInvalid, TextOrBytes
from reasoningbank.domain.pattern import Reembedded, TransferReport
from reasoningbank.domain.records import Finding


class AsyncTransferOperations(AsyncBankCore):
    """Mirror `TransferOperations`."""

    async def export_jsonl(
        self, file: TextOrBytes, *, on_damaged: Callable[[str], None] | None = None
    ) -> int:
        """See `ReasoningBank.export_jsonl`; `on_damaged` is called in a worker thread."""
        return await self._run(partial(self._bank.export_jsonl, file, on_damaged=on_damaged))

    async def restore_jsonl(
        self, file: TextOrBytes, *, progress: Callable[[int], None] | None = None
    ) -> TransferReport:
        """See `ReasoningBank.restore_jsonl`; `progress` is called in a worker thread."""
        return await self._write(partial(self._bank.restore_jsonl, file, progress=progress))

    async def import_jsonl(
        self,
        file: TextOrBytes,
        *,
        origin: str = "import",
        on_invalid: OnInvalid = "raise",
        progress: Callable[[int], None] | None = None,
    ) -> TransferReport:
        """See `ReasoningBank.import_jsonl`; `progress` is called in a worker thread."""
        return await self._write(
            partial(
                self._bank.import_jsonl,
                file,
                origin=origin,
                on_invalid=on_invalid,
                progress=progress,
            )
        )

    async def reembed(self, *, progress: Callable[[int, int], None] | None = None) -> Reembedded:
        """See `ReasoningBank.reembed`; `progress` is called in a worker thread."""
        return await self._write(partial(self._bank.reembed, progress=progress))

    async def check(self, *, full: bool = True) -> list[Finding]:
        """See `ReasoningBank.check`."""
        return await self._run(partial(self._bank.check, full=full))
