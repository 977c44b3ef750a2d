"""What each tool does with the bank."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, cast

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import id_text
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import OutcomeSource, RecordedOutcome
from reasoningbank.domain.pattern import PatternInput
from reasoningbank.mcp.answers import Answer, object_answer, pattern_answer, patterns_answer

if TYPE_CHECKING:
    from reasoningbank import AsyncReasoningBank

Progress = Callable[[float, str], Awaitable[None]]
"""Tells the caller how far a long call is: the share that is done, and what is being done."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a tool.

    Args:
        bank: The bank.
        arguments: What was given, checked against the tool's schema.
        budget: Bytes that the answer may have.
        progress: Tells how far it is.
    """

    bank: AsyncReasoningBank
    arguments: JsonObject
    budget: int
    progress: Progress

    def text(self, name: str) -> str:
        """Give an argument that the schema says is text."""
        return cast("str", self.arguments[name])

    def id(self, name: str) -> str:
        """Give an argument that must be an id."""
        return id_text(self.arguments[name], name)

    def count(self, name: str, default: int) -> int:
        """Give an argument that must be a whole number; JSON writes 5.0 for some of them."""
        value = self.arguments.get(name, default)
        if isinstance(value, float):
            if not value.is_integer():
                raise InvalidInput(f"must be a whole number, not {value:g}", field=name)
            return int(value)
        return cast("int", value)


Handler = Callable[[Call], Awaitable[Answer]]

_CONFIRMING: Final = frozenset({"test", "environment", "human"})


def capped(source: object, evidence: JsonObject | None) -> tuple[OutcomeSource, JsonObject | None]:
    """Give the source a tool call can be believed, and the evidence with what it claimed.

    Nobody but the caller saw that a test ran or a human agreed, so such claims are reports.
    """
    claimed = "agent" if source is None else cast("str", source)
    if claimed in _CONFIRMING:
        return "caller", {**(evidence or {}), "claimed_source": claimed}
    return cast("OutcomeSource", claimed), evidence


async def store_pattern(call: Call) -> Answer:
    """Store one strategy."""
    given = call.arguments
    stored = await call.bank.put(
        PatternInput(
            task_description=call.text("task_description"),
            task_category=call.text("task_category"),
            strategy=call.text("strategy"),
            success_score=cast("float", given["success_score"]),
            source="caller",
        )
    )
    answer: JsonObject = {"patternId": str(stored.id), "status": "stored"}
    if stored.redacted:
        answer["redacted"] = msgspec.to_builtins(list(stored.redacted))
    return object_answer(answer)


async def get_pattern(call: Call) -> Answer:
    """Give a pattern by its id."""
    return pattern_answer(await call.bank.get_pattern(call.id("pattern_id")), call.budget)


async def find_similar(call: Call) -> Answer:
    """Give the patterns of a category whose task is most like this one."""
    found = await call.bank.find_similar(
        call.text("task_description"), call.text("category"), call.count("top_k", 5)
    )
    return patterns_answer(found, call.budget)


async def get_stats(call: Call) -> Answer:
    """Count what is stored."""
    return object_answer(msgspec.to_builtins(await call.bank.get_stats()))


async def search_by_category(call: Call) -> Answer:
    """Give the best patterns of a category."""
    found = await call.bank.search_by_category(call.text("category"), call.count("limit", 10))
    return patterns_answer(found, call.budget)


async def recall(call: Call) -> Answer:
    """Give what to know before a task."""
    recalled = await call.bank.recall(
        call.text("task_description"),
        cast("str | None", call.arguments.get("category")),
        k=call.count("k", 3),
    )
    return object_answer(
        {
            "recall_id": str(recalled.id),
            "prompt": recalled.prompt,
            "patterns": [
                {
                    "id": str(item.pattern.id),
                    "title": item.pattern.title,
                    "task_category": item.pattern.task_category,
                    "pitfall": item.pitfall,
                    "trust": item.pattern.trust,
                    "similarity": item.why.similarity,
                    "reliability": item.why.reliability,
                    "reason": item.why.reason,
                }
                for item in recalled.patterns
            ],
            "abstained": recalled.abstained,
            "hidden": msgspec.to_builtins(recalled.hidden),
            "recorded": recalled.recorded,
            "namespace": recalled.namespace,
        }
    )


async def record_outcome(call: Call) -> Answer:
    """Keep what came of a task."""
    given = call.arguments
    _exactly_one(given, ("recall_id", "pattern_id"))
    _exactly_one(given, ("success", "score"))
    source, evidence = capped(given.get("source"), cast("JsonObject | None", given.get("evidence")))
    success = cast("bool | None", given.get("success"))
    score = cast("float | None", given.get("score"))
    recorded: tuple[RecordedOutcome, ...]
    if "recall_id" in given:
        recorded = await call.bank.record_outcome(
            recall=call.id("recall_id"),
            used=cast("list[str] | None", given.get("used")),
            success=success,
            score=score,
            source=source,
            evidence=evidence,
        )
    else:
        if "used" in given:
            raise InvalidInput("goes with recall_id", field="used")
        one = await call.bank.record_outcome(
            pattern=call.id("pattern_id"),
            success=success,
            score=score,
            source=source,
            evidence=evidence,
        )
        recorded = (one,)
    return object_answer({"recorded": [_recorded(one) for one in recorded]})


async def delete_pattern(call: Call) -> Answer:
    """Delete a pattern whose id was given twice."""
    pattern_id = call.id("pattern_id")
    if call.id("confirm") != pattern_id:
        raise InvalidInput("is not the id to delete", field="confirm", hint="Repeat pattern_id.")
    await call.bank.delete_pattern(pattern_id)
    return object_answer({"patternId": pattern_id, "status": "deleted"})


def _recorded(one: RecordedOutcome) -> JsonObject:
    return {
        "pattern_id": str(one.outcome.pattern_id),
        "kind": one.outcome.kind,
        "score": one.outcome.score,
        "source": one.outcome.source,
        "trust": one.trust,
        "uses": one.uses,
        "successes": one.successes,
        "failures": one.failures,
        "reliability": one.reliability.posterior_mean,
    }


def _exactly_one(given: JsonObject, names: tuple[str, str]) -> None:
    present = [name for name in names if name in given]
    if not present:
        raise InvalidInput("is missing", field=names[0], hint=f"Or give {names[1]}.")
    if len(present) > 1:
        raise InvalidInput(f"must not be given beside {names[0]}", field=names[1])
