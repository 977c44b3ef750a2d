"""Before a task: what is known about it is put before the agent, and the task is noted."""

from __future__ import annotations

import re
from typing import Final

from reasoningbank.domain.redaction import redacted_text
from reasoningbank.hooks.answers import context_answer, tell
from reasoningbank.hooks.banks import existing_bank
from reasoningbank.hooks.given import HookInput
from reasoningbank.hooks.notes import SessionNotes, TaskNote
from reasoningbank.hooks.options import HookOptions
from reasoningbank.learning.readers.pieces import task_of, text_of

# So short, a message goes on with the task at hand rather than naming another.
_GOING_ON_WORDS: Final = 4
_COMMAND: Final = re.compile(r"/[\w:-]+(?:\s|\Z)")


def before_task(given: HookInput, options: HookOptions, session: SessionNotes) -> None:
    """Recall for the task, tell the host, and note what was shown."""
    task = redacted_text(task_of(text_of(given.prompt)), "prompt", [])
    if not task or _COMMAND.match(task):
        return
    current = session.current()
    note = None if current is None else current.note
    if current is not None and note is not None and len(task.split()) < _GOING_ON_WORDS:
        if note.asked_about is not None or not current.steps():
            # What was done is in the bank: what comes now is another attempt at the same task.
            session.begin(TaskNote(prompt=note.prompt, folder=given.folder, recall=note.recall))
        return
    recall = None
    try:
        recall = _recalled(task, given, options)
    finally:
        session.begin(TaskNote(prompt=task, folder=given.folder, recall=recall))


def _recalled(task: str, given: HookInput, options: HookOptions) -> str | None:
    """Put what is known before the agent, and give the id of the recall if anything was shown."""
    if context_answer(options, "") is None:
        return None
    bank = existing_bank(given, options)
    if bank is None:
        return None
    with bank:
        # An empty bank has nothing to say, and saying it would take the time of loading the embedder.
        if not bank.get_stats().active_patterns:
            return None
        recalled = bank.recall(task)
        if not recalled.prompt:
            return None
        answer = context_answer(options, recalled.prompt)
        if answer is not None:
            # Told now: noting the recall may have to wait for other writers.
            tell(answer)
    return str(recalled.id) if recalled.recorded else None
