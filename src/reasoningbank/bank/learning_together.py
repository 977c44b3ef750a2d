"""Learning from several attempts at one task: compared with each other once, not one by one.

A lesson is linked to the attempts that show it, and to no other: a verdict that is put right later
then counts for what that attempt did. Those it was compared with are named in its metadata.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reasoningbank.bank.learning_steps import LearningSteps, usable
from reasoningbank.domain.lesson import (
    Distillation,
    Judgement,
    Learned,
    LearnedTogether,
    Lesson,
    Usage,
)
from reasoningbank.domain.outcome import TRUST_OF_SOURCE, TRUST_ORDER
from reasoningbank.domain.pattern import PatternInput
from reasoningbank.domain.trajectory import Trajectory, Verdict
from reasoningbank.learning.contract import ContrastingDistiller, Distiller, Judge

_HALF = 0.5
_FEWEST_COMPARED = 2
_MOST_ATTEMPTS = 10_000


class LearningTogether(LearningSteps):
    """Learn from several attempts at one task by what tells them apart."""

    def _learn_together(
        self, stored: Sequence[Trajectory], distiller: Distiller | None, usage: Usage
    ) -> LearnedTogether:
        """Compare the attempts with a verdict, and store what that teaches; the others wait."""
        ids = tuple(one.id for one in stored)
        compared = [one for one in stored if one.state == "judged" and _score(one) is not None]
        if not compared:
            note = "no attempt has a verdict" if stored else "no attempt was kept"
            return LearnedTogether(
                trajectories=ids, status="pending", patterns=(), note=note, usage=usage
            )
        if len(compared) < _FEWEST_COMPARED:
            alone = self._learn_from(compared[0], None, None, distiller, replayed=False)
            return LearnedTogether(
                trajectories=ids,
                status=alone.status,
                patterns=alone.patterns,
                note=alone.note,
                usage=usage.plus(alone.usage),
            )
        distillation = self._contrasted(compared, distiller)
        usage = usage.plus(distillation.usage)
        drawn = [_drawn(lesson, compared) for lesson in distillation.lessons]
        if not drawn:
            note = distillation.note or "comparing them shows no lesson worth keeping"
            if distillation.found_nothing:
                self._note_nothing_learned(compared, note)
            else:
                for one in compared:
                    self._write(one, Judgement(verdict=one.verdict, note=note))
            return LearnedTogether(
                trajectories=ids,
                status="learned" if distillation.found_nothing else "pending",
                patterns=(),
                note=note,
                usage=usage,
            )
        status, patterns = self._stored_as_patterns(compared, drawn)
        return LearnedTogether(
            trajectories=ids,
            status=status,
            patterns=patterns,
            note=distillation.note,
            usage=usage,
        )

    def _contrasted(
        self, compared: Sequence[Trajectory], distiller: Distiller | None
    ) -> Distillation:
        """Ask the distiller once about all, or about the best one where it cannot compare."""
        chosen = self._chosen(distiller)
        if isinstance(chosen, ContrastingDistiller):
            return usable(lambda: chosen.contrast(compared))
        best = max(range(len(compared)), key=lambda at: (_score(compared[at]) or 0.0, -at))
        answer = usable(lambda: chosen.distil(compared[best]))
        lessons = tuple(
            msgspec.structs.replace(lesson, shown_by=(best + 1,)) for lesson in answer.lessons
        )
        return msgspec.structs.replace(answer, lessons=lessons)

    def _retry_together(
        self, run: str, judge: Judge | None, distiller: Distiller | None
    ) -> list[Learned]:
        """Try again to learn from the attempts of a scaling run that wait."""
        waiting = self._storage.unlearned_trajectories(self._namespace, _MOST_ATTEMPTS, run)
        waiting.sort(key=lambda one: one.id)
        judged: list[tuple[Trajectory, Usage]] = [
            self._with_verdict(one, None, judge) for one in waiting
        ]
        together = self._learn_together([one for one, _ in judged], distiller, Usage())
        learned: list[Learned] = []
        for one, usage in judged:
            after = self._existing(one.id)
            learned.append(
                Learned(
                    trajectory_id=one.id,
                    status=together.status if after.state == "learned" else "pending",
                    patterns=tuple(self._derived(one)),
                    verdict=after.verdict,
                    note=together.note if after.state == "learned" else after.note,
                    # Comparing them was asked once; it is counted with the first.
                    usage=usage if learned else usage.plus(together.usage),
                )
            )
        return learned


def _drawn(
    lesson: Lesson, compared: Sequence[Trajectory]
) -> tuple[PatternInput, tuple[Trajectory, ...]]:
    """Give the pattern that a lesson makes, and the attempts that show it."""
    shown_by = tuple(
        one for number, one in enumerate(compared, 1) if number in lesson.shown_by
    ) or _better(compared)
    scores = [score for score in map(_score, shown_by) if score is not None]
    score = sum(scores) / len(scores)
    others = [str(one.id) for one in compared if one not in shown_by]
    first = shown_by[0]
    return (
        PatternInput(
            task_description=first.task_description,
            task_category=first.task_category,
            strategy=lesson.strategy,
            title=lesson.title,
            success_score=score,
            tags=lesson.tags,
            metadata={
                "trajectory": str(first.id),
                "polarity": "pitfall" if score < _HALF else "strategy",
                "shown_by": [str(one.id) for one in shown_by],
                "contrasted_with": others,
            },
            source=_least_trusted(shown_by).source,
        ),
        shown_by,
    )


def _better(compared: Sequence[Trajectory]) -> tuple[Trajectory, ...]:
    """Give the attempts that succeeded, or all where none did."""
    good = tuple(one for one in compared if (_score(one) or 0.0) >= _HALF)
    return good or tuple(compared)


def _least_trusted(shown_by: Sequence[Trajectory]) -> Verdict:
    """Give the verdict with the least trust, as merging equal patterns takes it too."""
    verdicts = [one.verdict for one in shown_by if one.verdict is not None]
    return min(verdicts, key=lambda one: TRUST_ORDER.index(TRUST_OF_SOURCE[one.source]))


def _score(stored: Trajectory) -> float | None:
    return None if stored.verdict is None else stored.verdict.score
