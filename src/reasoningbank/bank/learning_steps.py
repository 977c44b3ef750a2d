"""The steps of learning from one stored experience: a verdict, lessons, patterns.

Each step leaves the experience in a state from which the next call goes on. Judges and distillers
are other people's code: whatever they raise or answer becomes a note, never a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from reasoningbank.bank.core import BankCore
from reasoningbank.domain import limits
from reasoningbank.domain.errors import Conflict, InvalidInput, NotFound
from reasoningbank.domain.identifiers import id_text, new_id
from reasoningbank.domain.json_value import JsonObject, checked_json_object
from reasoningbank.domain.lesson import (
    Distillation,
    Judgement,
    Learned,
    LearnStatus,
    Lesson,
    Usage,
)
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import PatternInput
from reasoningbank.domain.records import LearnedPattern
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.trajectory import Trajectory, TrajectoryInput, Verdict, same_verdict
from reasoningbank.learning.checking import checked_verdict, fingerprint_of
from reasoningbank.learning.contract import Distiller, Judge
from reasoningbank.learning.lessons import checked_lessons, clipped_note
from reasoningbank.learning.prompts import MOST_LESSONS

_HALF = 0.5


class LearningSteps(BankCore):
    """Go from a stored experience to patterns, as far as it can be gone."""

    def _kept(self, checked: TrajectoryInput) -> tuple[Trajectory, bool]:
        """Store an experience and give it as it is kept, and whether it is new."""
        now_ms = self._clock()
        verdict = checked.verdict
        known = verdict is not None and verdict.kind != "unknown"
        trajectory = Trajectory(
            id=new_id(now_ms, self._random_bytes),
            namespace=self._namespace,
            task_description=checked.task_description,
            task_category=checked.task_category,
            steps=tuple(checked.steps),
            metadata=checked.metadata,
            origin=checked.origin,
            actor=self._actor,
            created_at=format_timestamp(now_ms),
            state="judged" if known else "pending",
            verdict=verdict,
            note=None,
        )
        stored_id, new = self._storage.store_trajectory(trajectory, fingerprint_of(checked))
        return (trajectory, True) if new else (self._existing(stored_id), False)

    def _existing(self, trajectory_id: UUID | str) -> Trajectory:
        wanted = id_text(trajectory_id, "trajectory_id")
        stored = self._storage.get_trajectory(self._namespace, wanted)
        if stored is None:
            raise NotFound(
                f"no trajectory has the id {wanted}", hint="Check the id and the namespace."
            )
        return stored

    def _learn_from(
        self,
        stored: Trajectory,
        given: Verdict | None,
        judge: Judge | None,
        distiller: Distiller | None,
        *,
        replayed: bool,
    ) -> Learned:
        if stored.state == "learned":
            return self._learned_before(stored)
        if stored.state == "withdrawn":
            if replayed:
                return self._pending(stored, "it was withdrawn", Usage())
            raise Conflict(f"{stored.id} was withdrawn", hint="Reinstate it first.")
        stored, usage = self._with_verdict(stored, given, judge)
        if stored.state != "judged":
            return self._pending(stored, stored.note, usage)
        distillation = self._distilled(stored, distiller)
        return self._take_in(stored, distillation, usage)

    def _with_verdict(
        self, stored: Trajectory, given: Verdict | None, judge: Judge | None
    ) -> tuple[Trajectory, Usage]:
        """Give the experience with the best verdict there is, written down."""
        if given is not None and given.kind != "unknown":
            if same_verdict(given, stored.verdict):
                return stored, Usage()
            return self._write(stored, Judgement(verdict=given)), Usage()
        if stored.state == "judged":
            return stored, Usage()
        said_unknown = stored.verdict is not None and stored.verdict.source != "agent"
        if judge is None and said_unknown:
            reason = "nobody could say how it ended"
            return self._write(stored, Judgement(verdict=stored.verdict, note=reason)), Usage()
        judgement = self._judgement(stored, judge)
        return self._write(stored, judgement), judgement.usage

    def _judgement(self, stored: Trajectory, judge: Judge | None) -> Judgement:
        """Ask the judge, and make a note of whatever goes wrong."""
        judge = judge or self._judge
        if judge is None:
            from reasoningbank.learning.rules import RuleJudge

            judge = RuleJudge()
        try:
            judgement = judge.judge(stored)
            if not isinstance(judgement, Judgement):
                return Judgement(
                    verdict=None,
                    note=_note(f"the judge answered with a {type(judgement).__name__}", judgement),
                )
            verdict = judgement.verdict
            if verdict is not None:
                verdict = checked_verdict(verdict)
            note = judgement.note
            if verdict is None and note is None:
                note = "the judge gave neither a verdict nor a reason"
            return Judgement(
                verdict=verdict,
                note=None if note is None else clipped_note(str(note)),
                usage=judgement.usage,
            )
        except Exception as error:  # noqa: BLE001 - other people's code; the experience is kept
            return Judgement(verdict=None, note=_failed("judge", error))

    def _distilled(self, stored: Trajectory, distiller: Distiller | None) -> Distillation:
        """Ask the distiller, and make a note of whatever goes wrong."""
        chosen = self._chosen(distiller)
        return usable(lambda: chosen.distil(stored))

    def _chosen(self, distiller: Distiller | None) -> Distiller:
        """Give the distiller of this call, else the bank's, else the extractive one."""
        chosen = distiller or self._distiller
        if chosen is not None:
            return chosen
        from reasoningbank.learning.extractive import ExtractiveDistiller

        return ExtractiveDistiller()

    def _take_in(self, stored: Trajectory, distillation: Distillation, usage: Usage) -> Learned:
        """Store the lessons as patterns of the experience, in one step."""
        usage = usage.plus(distillation.usage)
        if not distillation.lessons:
            note = distillation.note or "it holds no lesson worth keeping"
            if distillation.found_nothing:
                return self._nothing_learned(stored, note, usage)
            self._write(stored, Judgement(verdict=stored.verdict, note=note))
            return self._pending(stored, note, usage)
        verdict = stored.verdict
        if verdict is None:
            raise InvalidInput("is not known yet", field="verdict")
        drawn = [(_pattern(stored, verdict, lesson), (stored,)) for lesson in distillation.lessons]
        status, patterns = self._stored_as_patterns((stored,), drawn)
        return Learned(
            trajectory_id=stored.id,
            status=status,
            patterns=patterns,
            verdict=verdict,
            note=distillation.note,
            usage=usage,
        )

    def _stored_as_patterns(
        self,
        learned_from: Sequence[Trajectory],
        drawn: Sequence[tuple[PatternInput, Sequence[Trajectory]]],
    ) -> tuple[LearnStatus, tuple[UUID, ...]]:
        """Store patterns, each linked to the experiences that show it, all in one step."""
        drafts = [self._drafting.draft(given, "merge") for given, _ in drawn]
        vectors = self._embedded(drafts, None)
        stamp = self._stamp()
        learned = [
            LearnedPattern(
                new=draft.with_vector(vector, self._actor),
                outcomes={
                    one.id: self._outcome(draft.pattern.id, one, one.verdict, stamp.at)
                    for one in shown_by
                    if one.verdict is not None
                },
            )
            for draft, vector, (_, shown_by) in zip(drafts, vectors, drawn, strict=True)
        ]
        held = self._storage.learn_patterns(
            self._namespace,
            [str(one.id) for one in learned_from],
            learned,
            self._vectors.model,
            stamp,
        )
        self._note_stored(len(held))
        replayed = any(status == "replayed" for _, status in held)
        patterns = tuple(dict.fromkeys(UUID(pattern_id) for pattern_id, _ in held))
        return "replayed" if replayed else "learned", patterns

    def _note_nothing_learned(self, learned_from: Sequence[Trajectory], note: str) -> None:
        ids = [str(one.id) for one in learned_from]
        self._storage.learn_patterns(
            self._namespace, ids, (), self._vectors.model, self._stamp(), note=note
        )

    def _nothing_learned(self, stored: Trajectory, note: str, usage: Usage) -> Learned:
        """Note that there was nothing to learn, so that nobody is asked, and paid, again."""
        self._note_nothing_learned((stored,), note)
        return Learned(
            trajectory_id=stored.id,
            status="learned",
            patterns=(),
            verdict=stored.verdict,
            note=note,
            usage=usage,
        )

    def _judged_again(self, stored: Trajectory, verdict: Verdict) -> Learned:
        """Count another verdict for the patterns of an experience that was learned from."""
        now = self._now()
        told = [
            self._outcome(pattern_id, stored, verdict, now) for pattern_id in self._derived(stored)
        ]
        after = self._storage.judge_trajectory(
            self._namespace, str(stored.id), Judgement(verdict=verdict), now, told
        )
        return self._learned_before(after)

    def _outcome(self, pattern_id: UUID, stored: Trajectory, verdict: Verdict, at: str) -> Outcome:
        return Outcome(
            id=new_id(self._clock(), self._random_bytes),
            pattern_id=pattern_id,
            kind=verdict.kind,
            score=verdict.score,
            source=verdict.source,
            evidence=_evidence(stored, verdict),
            actor=self._actor,
            at=at,
        )

    def _derived(self, stored: Trajectory) -> list[UUID]:
        return [
            link.source_id
            for link in self._storage.links(self._namespace, str(stored.id))
            if link.kind == "derived_from" and link.target_id == stored.id
        ]

    def _learned_before(self, stored: Trajectory) -> Learned:
        return Learned(
            trajectory_id=stored.id,
            status="replayed",
            patterns=tuple(self._derived(stored)),
            verdict=stored.verdict,
        )

    @staticmethod
    def _pending(stored: Trajectory, note: str | None, usage: Usage) -> Learned:
        return Learned(
            trajectory_id=stored.id,
            status="pending",
            patterns=(),
            verdict=stored.verdict,
            note=note,
            usage=usage,
        )

    def _note(self, stored: Trajectory, problem: str, answer: object) -> None:
        self._write(stored, Judgement(verdict=stored.verdict, note=_note(problem, answer)))

    def _write(self, stored: Trajectory, judgement: Judgement) -> Trajectory:
        return self._storage.judge_trajectory(
            self._namespace, str(stored.id), judgement, self._now()
        )


def _pattern(stored: Trajectory, verdict: Verdict, lesson: Lesson) -> PatternInput:
    score = verdict.score
    polarity = "pitfall" if score is not None and score < _HALF else "strategy"
    return PatternInput(
        task_description=stored.task_description,
        task_category=stored.task_category,
        strategy=lesson.strategy,
        title=lesson.title,
        success_score=score,
        tags=lesson.tags,
        metadata={"trajectory": str(stored.id), "polarity": polarity},
        source=verdict.source,
    )


def _evidence(stored: Trajectory, verdict: Verdict) -> JsonObject:
    evidence: JsonObject = {**verdict.evidence, "trajectory": str(stored.id)}
    try:
        return checked_json_object(evidence, "evidence", limits.EVIDENCE_BYTES)
    except InvalidInput:  # it filled the space to the brim
        return {"trajectory": str(stored.id)}


def _failed(who: str, error: Exception) -> str:
    return clipped_note(f"the {who} failed: {type(error).__name__}: {error}")


def _note(problem: str, answer: object) -> str:
    return clipped_note(f"{problem}; it said: {answer!r}")


def usable(ask: Callable[[], object]) -> Distillation:
    """Give what can be kept of a distiller's answer, and a note of whatever is wrong with it."""
    try:
        answer = ask()
        if not isinstance(answer, Distillation):
            return Distillation(
                lessons=(),
                note=_note(f"the distiller answered with a {type(answer).__name__}", answer),
            )
        lessons, problems = checked_lessons(answer.lessons)
        note = "; ".join([*([str(answer.note)] if answer.note else []), *problems])
        return Distillation(
            lessons=lessons[:MOST_LESSONS],
            note=clipped_note(note) if note else None,
            usage=answer.usage,
            # One whose lessons could not be used did find something.
            found_nothing=answer.found_nothing and not problems,
        )
    except Exception as error:  # noqa: BLE001 - other people's code; the experience is kept
        return Distillation(lessons=(), note=_failed("distiller", error))
