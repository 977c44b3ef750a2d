"""The two prompts: what to do before a task, and after one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mcp_types import GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.retrieval.prompt import quoted

if TYPE_CHECKING:
    from reasoningbank import AsyncReasoningBank

BEFORE: Final = "before_a_task"
AFTER: Final = "after_a_task"

PROMPTS: Final = (
    Prompt(
        name=BEFORE,
        title="Before a task",
        description="Recall what earlier tasks taught about this one, and begin with it in mind.",
        arguments=[
            PromptArgument(
                name="task_description", description="The task to be done.", required=True
            ),
            PromptArgument(name="category", description="The kind of task.", required=False),
        ],
    ),
    Prompt(
        name=AFTER,
        title="After a task",
        description="Record how the task went, and keep what it taught.",
        arguments=[
            PromptArgument(
                name="recall_id", description="The recall before the task.", required=False
            ),
        ],
    ),
)

_NOTHING_KNOWN: Final = "Nothing similar enough is known; begin without notes."


async def before_a_task(bank: AsyncReasoningBank, given: Mapping[str, str]) -> GetPromptResult:
    """Give the notes for a task, and what to do with them."""
    task = _taken(given, ("task_description", "category")).get("task_description")
    if task is None:
        raise InvalidInput("is missing", field="task_description")
    recalled = await bank.recall(task, given.get("category"))
    notes = recalled.prompt or _NOTHING_KNOWN
    text = (
        f"The task: {quoted(task)}\n\n{notes}\n\n"
        "Do the task. Follow a note only where it fits what you see. When you are done, call "
        f"reasoningbank_record_outcome with recall_id {recalled.id} and say whether it succeeded."
    )
    return _prompt("What earlier tasks taught about this one", text)


def after_a_task(given: Mapping[str, str]) -> GetPromptResult:
    """Give what to do once a task is over."""
    recall_id = _taken(given, ("recall_id",)).get("recall_id")
    about = (
        f"Call reasoningbank_record_outcome with recall_id {quoted(recall_id)}"
        if recall_id
        else "If you recalled something before the task, call reasoningbank_record_outcome with "
        "its recall_id"
    )
    text = (
        f"The task is over. {about}, with success or failure as it really was and what shows it as "
        "evidence; name in `used` the patterns you followed.\n\n"
        "If the task taught something that would help with the next one like it (an error you "
        "overcame, an order of steps that worked, a mistake to avoid), call reasoningbank_learn with "
        "the trajectory: the task, its category, your steps with what came back, and the verdict. "
        "Then read the material it gives back and call it again with trajectory_id and your lessons. "
        "If it taught nothing, leave it at that."
    )
    return _prompt("Recording what the task taught", text)


def _taken(given: Mapping[str, str], known: tuple[str, ...]) -> Mapping[str, str]:
    for name in given:
        if name not in known:
            raise InvalidInput("is not an argument", field=name, hint=f"Known: {', '.join(known)}.")
    return given


def _prompt(description: str, text: str) -> GetPromptResult:
    message = PromptMessage(role="user", content=TextContent(type="text", text=text))
    return GetPromptResult(description=description, messages=[message])
