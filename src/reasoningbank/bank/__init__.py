"""The facade over storage, embedding, retrieval and learning, for threads and for asyncio."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reasoningbank.bank.asynchronous import AsyncReasoningBank
    from reasoningbank.bank.facade import ReasoningBank
    from reasoningbank.bank.scaling import Attempt, Scaled

__all__ = ["AsyncReasoningBank", "Attempt", "ReasoningBank", "Scaled"]

_WHEN_FIRST_ASKED_FOR: Final = {
    "AsyncReasoningBank": "reasoningbank.bank.asynchronous",
    "Attempt": "reasoningbank.bank.scaling",
    "ReasoningBank": "reasoningbank.bank.facade",
    "Scaled": "reasoningbank.bank.scaling",
}


def __getattr__(name: str) -> object:
    """Load a facade when it is first asked for: hardly a program uses both."""
    if name not in _WHEN_FIRST_ASKED_FOR:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    found: object = getattr(import_module(_WHEN_FIRST_ASKED_FOR[name]), name)
    globals()[name] = found
    return found
