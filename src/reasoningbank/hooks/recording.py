"""After a task: what was done becomes an experience, and at most once the agent is asked to distil it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.lesson import Learned
from reasoningbank.domain.trajectory import TrajectoryInput, Verdict
from reasoningbank.hooks.answers import request_answer, tell
from reasoningbank.hooks.banks import bank_to_write
from reasoningbank.hooks.given import HookInput
from reasoningbank.hooks.notes import SessionNotes, StepNote, TaskFolder, TaskNote
from reasoningbank.hooks.options import EVENTS, HookOptions
from reasoningbank.learning.readers.pieces import facts, fitting, task_of

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank

_CATEGORY: Final = "software-engineering"
_ASKED: Final = (
    "The task before this is finished; do not go on with it. It was kept as experience {id}, which "
    "ended in {kind}. If it taught something that would help with other tasks, call the tool "
    "reasoningbank_learn once, with trajectory_id {id} and distillation "
    '{{"lessons": [{{"title": "...", "strategy": "..."}}]}}: one to three lessons. A title is at '
    "most ten words. A strategy is one to four sentences: in which situation, what to do, and why "
    "it works; general enough for other tasks, without names, paths or values of this one. If there "
    'is nothing to learn, give {{"lessons": []}}. If that tool is not there, leave it.'
)


def after_task(given: HookInput, options: HookOptions, session: SessionNotes) -> None:
    """Keep what was done since the last time, for every task that has steps."""
    waiting = [(task, steps) for task in session.tasks() if (steps := task.steps())]
    experiences = [
        found
        for task, steps in waiting
        if (found := _experience(task, steps, given, options)) is not None
    ]
    if not experiences:
        return
    bank = bank_to_write(given, options)
    if bank is None:
        return
    with bank:
        for experience in experiences:
            _keep(bank, experience, given, options)


class _Experience(msgspec.Struct, frozen=True):
    task: TaskFolder
    note: TaskNote
    trajectory: TrajectoryInput
    notes: list[StepNote]


def _experience(
    task: TaskFolder, notes: list[StepNote], given: HookInput, options: HookOptions
) -> _Experience | None:
    """Give what a task's notes come to; None, and no notes, where it is not worth keeping."""
    from reasoningbank.hooks.evidence import something_was_done, steps_for_the_bank, verdict_seen

    note = task.note or TaskNote(prompt="")
    asked_for = note.prompt
    if not asked_for and given.agent:
        from reasoningbank.hooks.transcript import first_request

        asked_for = task_of(first_request(given.agent_transcript_path))
    notes = notes[: note.asked_about]
    steps, noted = fitting(steps_for_the_bank(notes))
    if not asked_for or not something_was_done(steps):
        task.forget_steps()
        return None
    return _Experience(
        task,
        note,
        TrajectoryInput(
            task_description=asked_for,
            task_category=_CATEGORY,
            steps=steps,
            verdict=verdict_seen(asked_for, notes, steps),
            metadata={**_facts(note, given, options), **noted},
            origin=f"{options.host} hook:{task.path.parent.name}/{task.path.name}",
        ),
        notes,
    )


def _facts(note: TaskNote, given: HookInput, options: HookOptions) -> JsonObject:
    return facts(
        format=f"{options.host}-hook",
        session=given.session,
        agent=given.agent or None,
        folder=note.folder or given.folder,
        recall=note.recall,
    )


def _keep(
    bank: ReasoningBank, experience: _Experience, given: HookInput, options: HookOptions
) -> None:
    """Keep one experience, credit what was recalled for it, and ask the agent if it is worth it."""
    if _to_be_asked(experience, given, options):
        from reasoningbank.learning.lessons import LeftToHost

        learned = bank.learn(experience.trajectory, distiller=LeftToHost())
        _credit(bank, experience.note, learned)
        verdict = learned.verdict
        if learned.status == "pending" and verdict is not None:
            # Noted first: asked twice would be worse than not at all.
            note = msgspec.structs.replace(experience.note, asked_about=len(experience.notes))
            experience.task.write(note)
            asked = _ASKED.format(id=learned.trajectory_id, kind=verdict.kind)
            tell(request_answer(options, asked))
            return
    else:
        # What the agent was asked about and did not answer, the bank's own distiller reads.
        _credit(bank, experience.note, bank.learn(experience.trajectory))
    experience.task.forget_steps()


def _to_be_asked(experience: _Experience, given: HookInput, options: HookOptions) -> bool:
    from reasoningbank.hooks.evidence import worth_asking

    if options.distil != "agent" or EVENTS[options.event] != "stop" or given.continued:
        return False
    if experience.note.asked_about is not None:
        return False
    return worth_asking(experience.trajectory.verdict, experience.trajectory.steps)


def _credit(bank: ReasoningBank, note: TaskNote, learned: Learned) -> None:
    """Tell what came of the task to the patterns that were shown for it; a second time is nothing."""
    verdict: Verdict | None = learned.verdict
    if note.recall is None or verdict is None or verdict.score is None:
        return
    bank.record_outcome(
        recall=note.recall,
        score=verdict.score,
        source=verdict.source,
        evidence=verdict.evidence,
    )
