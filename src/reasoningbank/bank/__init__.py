"""The facade over storage, embedding, retrieval and learning, for threads and for asyncio."""

from reasoningbank.bank.asynchronous import AsyncReasoningBank
from reasoningbank.bank.facade import ReasoningBank

__all__ = ["AsyncReasoningBank", "ReasoningBank"]
