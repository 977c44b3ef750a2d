"""The facade over storage, embedding, retrieval and learning, for threads and for asyncio."""

from reasoningbank.bank.asynchronous import AsyncReasoningBank
from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.bank.scaling import Attempt, Scaled

__all__ = ["AsyncReasoningBank", "Attempt", "ReasoningBank", "Scaled"]
