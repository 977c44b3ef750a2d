"""A LlamaIndex memory block: what the bank recalls for the last thing the user asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.adapters.run_notes import fitted, task_text
from reasoningbank.bank import AsyncReasoningBank
from reasoningbank.domain.lesson import Learned
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.recall import Recall
from reasoningbank.domain.trajectory import Step, TrajectoryInput, Verdict

try:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.bridge.pydantic import Field, PrivateAttr
    from llama_index.core.memory import BaseMemoryBlock
except ImportError as error:
    raise framework_missing("llamaindex", error) from error


class ReasoningBankMemoryBlock(BaseMemoryBlock[str]):
    """Give a LlamaIndex `Memory` what the bank recalls, and the bank what came of it.

    A task begins with each message of the user; it is recalled for once, however often the memory
    is read while it goes on. `conclude` says how it went and keeps it as an experience. Messages
    that the memory pushes out are kept as well, as experiences without a verdict, when
    `accept_short_term_memory` is set. One block belongs to one session.

    >>> import asyncio
    >>> from reasoningbank import AsyncReasoningBank
    >>> async def main() -> bool:
    ...     async with AsyncReasoningBank.open("memory:") as bank:
    ...         await bank.store_pattern(
    ...             task_description="Add login", task_category="backend", strategy="Test first."
    ...         )
    ...         block = ReasoningBankMemoryBlock(bank=bank)  # for Memory(memory_blocks=[block])
    ...         given = await block.aget([ChatMessage(role="user", content="add a login")])
    ...         return "Test first." in given
    >>> asyncio.run(main())
    True

    Args:
        bank: What is recalled from and learned into.
        category: The kind of task.
        k: Items recalled at most.
    """

    name: str = "reasoningbank"
    description: str | None = "Strategies that worked, and pitfalls met, on tasks like this one."
    accept_short_term_memory: bool = False
    bank: AsyncReasoningBank = Field(exclude=True, repr=False)
    category: str = "general"
    k: int = 3
    _recall: Recall | None = PrivateAttr(default=None)

    @property
    def recall(self) -> Recall | None:
        """What was recalled last, or None."""
        return self._recall

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> str:
        asked = [str(one.content or "") for one in messages or () if _role(one) == "user"]
        about = task_text(asked[-1]) if asked else ""
        if not about:
            return ""
        if self._recall is None or self._recall.task_description != about:
            self._recall = await self.bank.recall(about, k=self.k)
        return self._recall.prompt

    async def _aput(self, messages: list[ChatMessage]) -> None:
        for about, steps in turns(messages):
            await self._learned(about, steps, Verdict(kind="unknown", score=None, source="caller"))

    async def conclude(
        self,
        messages: Sequence[ChatMessage],
        *,
        success: bool,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> Learned | None:
        """Keep the last task of a conversation as an experience, and say how it went.

        Args:
            messages: The conversation, such as ``await memory.aget_all()``.
            success: Whether the task succeeded.
            source: Who says so, as for `ReasoningBank.record_outcome`.
            evidence: What shows it.

        Returns:
            What became of the experience; None when no message is the user's.
        """
        found = turns(messages)
        if not found:
            return None
        about, steps = found[-1]
        verdict = Verdict(
            kind="success" if success else "failure",
            score=float(success),
            source=source,
            evidence=dict(evidence or {}),
        )
        learned = await self._learned(about, steps, verdict)
        recall = self._recall
        if recall is not None and recall.recorded and recall.task_description == about:
            await self.bank.record_outcome(
                recall=recall.id, success=success, source=source, evidence=evidence
            )
            self._recall = None  # asked again, it is another task
        return learned

    async def _learned(self, about: str, steps: list[Step], verdict: Verdict) -> Learned:
        given = TrajectoryInput(
            task_description=about, task_category=self.category, steps=steps, verdict=verdict
        )
        return await self.bank.learn(given)


def turns(messages: Sequence[ChatMessage]) -> list[tuple[str, list[Step]]]:
    """Give the tasks of a conversation: what the user asked, and the steps that followed."""
    found: list[tuple[str, list[Step]]] = []
    unanswered: list[int] = []
    for message in messages:
        text = str(message.content or "")
        role = _role(message)
        if role == "user":
            unanswered = []
            if about := task_text(text):
                found.append((about, []))
        elif found and role == "assistant":
            done = found[-1][1]
            calls = _calls_of(message)
            unanswered = list(range(len(done), len(done) + len(calls)))
            thought = fitted(text) if text.strip() else None
            done.extend(Step(action=call, thought=thought) for call in calls)
            if not calls and thought is not None:
                done.append(Step(action=thought))
        elif found and unanswered and role in {"tool", "function"}:
            done = found[-1][1]
            position = unanswered.pop(0)  # answers come in the order of the calls
            done[position] = msgspec.structs.replace(done[position], observation=fitted(text))
    return found


def _role(message: ChatMessage) -> str:
    return str(getattr(message.role, "value", message.role))


def _calls_of(message: ChatMessage) -> list[str]:
    blocks: list[Any] = list(message.blocks)  # older releases have no kind of block for a call
    calls = [block for block in blocks if getattr(block, "block_type", "") == "tool_call"]
    return [fitted(f"{call.tool_name}({_arguments(call.tool_kwargs)})") for call in calls]


def _arguments(given: object) -> str:
    return given if isinstance(given, str) else json.dumps(given, default=str, ensure_ascii=False)
