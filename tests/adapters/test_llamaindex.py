"""The memory block in LlamaIndex's own memory and chat engine, with its mock model."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("llama_index.core", reason="llama-index-core is not installed")

from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import ChatMessage, MockLLM, TextBlock
from llama_index.core.memory import Memory

from reasoningbank import AsyncReasoningBank
from reasoningbank.adapters.llamaindex import ReasoningBankMemoryBlock, turns


def with_block(tmp_path, use, **options):
    opened = []

    def memory_of(block, **more):
        opened.append(Memory.from_defaults(session_id="s", memory_blocks=[block], **more))
        return opened[-1]

    async def main():
        async with AsyncReasoningBank.open(tmp_path / "b.db") as bank:
            await bank.store_pattern(
                task_description="Add login to the API",
                task_category="backend",
                strategy="Write the failing test first.",
            )
            block = ReasoningBankMemoryBlock(bank=bank, category="backend", **options)
            try:
                return await use(bank, block, memory_of)
            finally:
                for memory in opened:  # LlamaIndex leaves its own database open
                    engine = memory.sql_store._async_engine
                    if engine is not None:
                        await engine.dispose()

    return asyncio.run(main())


def user(text):
    return ChatMessage(role="user", content=text)


def assistant(text):
    return ChatMessage(role="assistant", content=text)


def test_the_memory_gives_what_was_recalled_for_the_last_question(tmp_path):
    async def use(bank, block, memory_of):
        memory = memory_of(block)
        await memory.aput(user("bake a sourdough bread with rye"))
        before = await memory.aget()
        await memory.aput(user("add a login to the api"))
        return before, await memory.aget(), await memory.aget(input="bake a bread")

    before, after, other = with_block(tmp_path, use)

    assert "failing test" not in str(before)
    assert after[0].role.value == "system"
    assert "<reasoningbank>" in after[0].content
    assert "Write the failing test first." in after[0].content
    assert "failing test" not in str(other)


def test_one_task_is_recalled_for_once_however_often_the_memory_is_read(tmp_path):
    async def use(bank, block, memory_of):
        memory = memory_of(block)
        await memory.aput(user("add a login to the api"))
        await memory.aget()
        first = block.recall
        await memory.aput(assistant("on it"))
        await memory.aget()
        return first, block.recall

    first, second = with_block(tmp_path, use)

    assert first is second


def test_a_chat_engine_puts_it_before_the_model(tmp_path):
    async def use(bank, block, memory_of):
        memory = memory_of(block)
        engine = SimpleChatEngine.from_defaults(llm=MockLLM(), memory=memory)
        return await engine.achat("add a login to the api")

    # The mock model answers with the prompt it was given.
    assert "Write the failing test first." in str(with_block(tmp_path, use))


def test_a_concluded_task_is_an_experience_and_counts_for_what_was_shown(tmp_path):
    async def use(bank, block, memory_of):
        memory = memory_of(block)
        await memory.aput_messages([user("hello"), assistant("hi"), user("add a login to the api")])
        await memory.aget()
        await memory.aput(assistant("wrote the test, then the code"))
        learned = await block.conclude(await memory.aget_all(), success=True, source="test")
        kept = await bank.get_trajectory(learned.trajectory_id)
        assert [step.action for step in kept.steps] == ["wrote the test, then the code"]
        assert kept.verdict.kind == "success"
        assert kept.task_category == "backend"
        assert await block.conclude([], success=True) is None
        patterns = await bank.search_by_category("backend")
        return next(one for one in patterns if one.strategy == "Write the failing test first.")

    pattern = with_block(tmp_path, use)

    assert (pattern.uses, pattern.successes, pattern.trust) == (1, 1, "confirmed")


def test_a_failure_counts_against_what_was_shown(tmp_path):
    async def use(bank, block, memory_of):
        messages = [user("add a login to the api"), assistant("done")]
        await block.aget(messages)
        await block.conclude(messages, success=False)
        return (await bank.search_by_category("backend"))[-1]

    assert with_block(tmp_path, use).failures == 1


@pytest.mark.parametrize("accepts", [False, True])
def test_messages_the_memory_pushes_out_are_kept_only_where_asked_for(tmp_path, accepts):
    async def use(bank, block, memory_of):
        memory = memory_of(block, token_limit=60, chat_history_token_ratio=0.5, token_flush_size=10)
        for n in range(6):
            await memory.aput(user(f"question {n} about the login of the api"))
            await memory.aput(assistant(f"answer {n} which is rather long as answers go"))
        return await bank.trajectories()

    kept = with_block(tmp_path, use, accept_short_term_memory=accepts)

    assert bool(kept) is accepts
    if accepts:
        assert kept[0].task_description == "question 0 about the login of the api"
        assert kept[0].steps[0].action.startswith("answer 0")
        assert {one.state for one in kept} == {"pending"}


def test_calls_of_tools_are_steps_with_what_came_back():
    types = pytest.importorskip("llama_index.core.base.llms.types")
    if not hasattr(types, "ToolCallBlock"):
        pytest.skip("this release of LlamaIndex has no block for a call of a tool")
    calls = [
        types.ToolCallBlock(tool_call_id=str(n), tool_name="add", tool_kwargs={"a": n})
        for n in (1, 2)
    ]
    [(about, steps)] = turns(
        [
            assistant("before any question"),
            user("add numbers"),
            ChatMessage(role="assistant", blocks=[TextBlock(text="let me see"), *calls]),
            ChatMessage(role="tool", content="one"),
            ChatMessage(role="tool", content="two"),
            ChatMessage(role="tool", content="of no call"),
            assistant("three"),
        ]
    )

    assert about == "add numbers"
    assert [(step.action, step.observation, step.thought) for step in steps] == [
        ('add({"a": 1})', "one", "let me see"),
        ('add({"a": 2})', "two", "let me see"),
        ("three", None, None),
    ]
