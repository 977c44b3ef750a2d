"""The retriever in LangChain's own chains."""

from __future__ import annotations

import asyncio
import threading

import pytest

pytest.importorskip("langchain_core", reason="langchain-core is not installed")

from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough

from reasoningbank import InvalidInput, Step, TrajectoryInput, Verdict
from reasoningbank.adapters.langchain import ReasoningBankRetriever


@pytest.fixture
def retriever(bank):
    bank.store_pattern(
        task_description="Add login to the API", task_category="backend", strategy="Test first."
    )
    return ReasoningBankRetriever(bank=bank)


def test_a_document_holds_the_strategy_and_what_is_needed_to_tell_the_outcome(retriever, bank):
    [document] = retriever.invoke("add a login to the api")

    assert document.page_content == "Test first."
    assert document.metadata["task_category"] == "backend"
    [told] = bank.record_outcome(recall=document.metadata["recall_id"], success=True, source="test")
    assert str(told.outcome.pattern_id) == document.id
    assert (told.successes, told.trust) == (1, "confirmed")


def test_nothing_comes_back_when_nothing_fits(retriever):
    assert retriever.invoke("Bake a sourdough bread with rye") == []


def test_what_to_avoid_says_so(bank):
    bank.learn(
        TrajectoryInput(
            task_description="Make the tests pass",
            task_category="debugging",
            steps=(
                Step(action="pytest -q", observation="E   NameError: name 'x'"),
                Step(action="pytest -q", observation="E   NameError: name 'x'"),
            ),
            verdict=Verdict(kind="failure", score=0.0, source="test"),
        )
    )

    found = ReasoningBankRetriever(bank=bank).invoke("Make the tests pass")

    assert found
    assert all(one.metadata["pitfall"] for one in found)
    assert all(one.page_content.startswith("Avoid: ") for one in found)


def test_the_category_narrows_and_options_are_passed_on(bank):
    for category in ("backend", "frontend"):
        bank.store_pattern(
            task_description="Add a login", task_category=category, strategy=f"In {category}."
        )
    found = ReasoningBankRetriever(bank=bank, category="frontend").invoke("add a login")

    assert [one.page_content for one in found] == ["In frontend."]
    with pytest.raises(InvalidInput) as caught:
        ReasoningBankRetriever(bank=bank, k=0).invoke("add a login")
    assert caught.value.field == "k"


def test_a_chain_puts_what_was_recalled_into_its_prompt(retriever):
    seen = []

    class Recording(FakeListChatModel):
        def _call(self, messages, stop=None, run_manager=None, **kwargs):
            seen.append(messages[0].content)
            return super()._call(messages, stop, run_manager, **kwargs)

    chain = (
        {
            "advice": retriever | (lambda found: "\n".join(one.page_content for one in found)),
            "task": RunnablePassthrough(),
        }
        | ChatPromptTemplate.from_template("Advice: {advice}\nTask: {task}")
        | Recording(responses=["done"])
        | StrOutputParser()
    )

    assert chain.invoke("add a login to the api") == "done"
    assert seen == ["Advice: Test first.\nTask: add a login to the api"]


def test_the_loop_goes_on_while_the_bank_waits(retriever, bank, monkeypatch):
    asked = threading.Event()
    go_on = threading.Event()
    real = bank.recall

    def waiting(*arguments, **named):
        asked.set()
        assert go_on.wait(30)
        return real(*arguments, **named)

    monkeypatch.setattr(bank, "recall", waiting)

    async def use():
        finding = asyncio.create_task(retriever.ainvoke("add a login to the api"))
        while not asked.is_set():  # noqa: ASYNC110 - it is set by a thread
            await asyncio.sleep(0)
        go_on.set()  # reached only if the call above is not in the way
        return await finding

    assert [one.page_content for one in asyncio.run(use())] == ["Test first."]
