"""Learning from experiences: kept first, then judged, then distilled into patterns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from reasoningbank.bank.drafting import report_redactions, report_taken_out
from reasoningbank.bank.learning_together import LearningTogether
from reasoningbank.bank.trajectory_transfer import TrajectoryTransfer
from reasoningbank.domain import limits
from reasoningbank.domain.errors import Conflict, InvalidInput, NotFound
from reasoningbank.domain.identifiers import id_text
from reasoningbank.domain.lesson import (
    Distillation,
    DistillationRequest,
    Learned,
    Usage,
)
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import Erasure, Redaction
from reasoningbank.domain.trajectory import (
    LinkKind,
    PatternLink,
    Trajectory,
    TrajectoryInput,
    TrajectoryState,
    Verdict,
    scaling_run_of,
)
from reasoningbank.domain.validation import (
    checked_choice,
    checked_count,
    checked_line,
    checked_outcome,
    checked_source,
)
from reasoningbank.learning.answers import lessons_from
from reasoningbank.learning.checking import (
    as_trajectory_input,
    checked_origin,
    checked_trajectory,
    checked_verdict,
)
from reasoningbank.learning.contract import Distiller, Judge
from reasoningbank.learning.material import material_of
from reasoningbank.learning.prompts import LESSONS_SCHEMA, distilling

_STATES = ("pending", "judged", "learned", "withdrawn")
_LINK_KINDS = ("derived_from", "supersedes", "contradicts", "duplicate_of")
_FIRST_ID = ""


class LearningOperations(TrajectoryTransfer, LearningTogether):
    """Keep experiences, say how they ended, and learn from them."""

    def learn(
        self,
        trajectory: TrajectoryInput,
        *,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
    ) -> Learned:
        """Keep an experience and learn from it; say what became of it.

        The experience is committed before anything else is tried, without the secrets, e-mail
        addresses, phone numbers and user names that stood in it, so a judge or distiller that
        fails loses nothing: it stays pending for `retry_pending`. The same experience from the
        same origin is kept once.

        How it ended is told by, in this order, the verdict given with it; `judge`; the judge the
        bank was opened with; the rules that read exit codes, exceptions and test reports in the
        steps. A verdict of kind ``unknown`` says that nobody can tell: only a `judge` given here
        is asked, else it stays pending.

        Args:
            trajectory: The experience.
            judge: Says how it ended, instead of the bank's own.
            distiller: Finds what it teaches, instead of the bank's own.

        Raises:
            InvalidInput: Naming the field; then nothing was kept.
            EmbeddingMismatch: When the bank's vectors come from another embedder; the experience
                is kept.
        """
        checked, redacted = checked_trajectory(as_trajectory_input(trajectory))
        report_taken_out(redacted)
        stored, new = self._kept(checked)
        learned = self._learn_from(stored, checked.verdict, judge, distiller, replayed=not new)
        return msgspec.structs.replace(learned, redacted=redacted) if redacted else learned

    def judge(
        self,
        trajectory_id: UUID | str,
        *,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
        distiller: Distiller | None = None,
    ) -> Learned:
        """Say later how an experience ended, and learn from it if that was not done yet.

        Where patterns were derived already, each gets the new outcome beside the earlier one; the
        same verdict told again counts once.

        Args:
            trajectory_id: The experience.
            success: True or False.
            score: Instead of `success`, how well it went, 0 to 1.
            source: Who says so, as for `record_outcome`.
            evidence: What shows it, at most 64 kB of JSON.
            distiller: As for `learn`.

        Raises:
            InvalidInput: Naming the argument.
            NotFound: When there is no such experience.
            Conflict: When it was withdrawn.
        """
        kind, known_score = checked_outcome(success, score)
        if kind == "unknown":
            raise InvalidInput("must be given", field="success", hint="Or give a score.")
        found: list[Redaction] = []
        plain: object = {} if evidence is None else evidence
        verdict = checked_verdict(
            Verdict(
                kind=kind,
                score=known_score,
                source=checked_source(source),
                evidence=dict(plain) if isinstance(plain, Mapping) else plain,  # type: ignore[arg-type]  # checked next
            ),
            found,
        )
        report_redactions(found)
        stored = self._existing(trajectory_id)
        if stored.state == "learned":
            return self._judged_again(stored, verdict)
        return self._learn_from(stored, verdict, None, distiller, replayed=False)

    def retry_pending(
        self,
        *,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        limit: int = 100,
    ) -> list[Learned]:
        """Try again to learn from experiences nothing was learned from, and say what became of each.

        Those not tried for longest come first, so calling it again goes on with others. An
        experience whose ending was said to be unknown is judged only by a `judge` given here. One
        in which a model or a host agent found nothing to learn counts as learned from, and is not
        tried again; one in which the extractive distiller found nothing is, since a model may.
        Attempts of one `scale` that wait are learned from together, also those beyond the limit.

        Args:
            judge: As for `learn`.
            distiller: As for `learn`.
            limit: How many at most, 1 to 10,000.
        """
        checked_count(limit, "limit")
        learned: list[Learned] = []
        runs: set[str] = set()
        for stored in self._storage.unlearned_trajectories(self._namespace, limit):
            run = scaling_run_of(stored)
            if run is None:
                learned.append(self._learn_from(stored, None, judge, distiller, replayed=False))
            elif run not in runs:
                runs.add(run)
                learned += self._retry_together(run, judge, distiller)
        return learned

    def get_trajectory(self, trajectory_id: UUID | str) -> Trajectory | None:
        """Give an experience by its id, withdrawn ones too, or None."""
        return self._storage.get_trajectory(
            self._namespace, id_text(trajectory_id, "trajectory_id")
        )

    def trajectories(
        self,
        *,
        state: TrajectoryState | None = None,
        limit: int = 100,
        after: UUID | str | None = None,
    ) -> list[Trajectory]:
        """Give experiences in the order they were stored.

        Args:
            state: Only those ``pending``, ``judged``, ``learned`` or ``withdrawn``.
            limit: How many at most, 1 to 10,000.
            after: Begin behind this one; the last of a page gives the next.
        """
        checked_count(limit, "limit")
        if state is not None:
            checked_choice(state, "state", _STATES)
        start = _FIRST_ID if after is None else id_text(after, "after")
        return self._storage.trajectories(self._namespace, start, state, limit)

    def withdraw(
        self,
        *,
        trajectory: UUID | str | None = None,
        origin: str | None = None,
        actor: str | None = None,
    ) -> list[UUID]:
        """Take back an experience or a whole source, and give the ids of what is quarantined for it.

        Quarantined are the patterns derived from what is withdrawn and from nothing else, and for a
        source also the patterns that it alone stored or imported. Each has it in its history;
        `reinstate` undoes it.

        Args:
            trajectory: One experience.
            origin: Everything from a file or import of this name.
            actor: Everything stored by this actor.

        Raises:
            InvalidInput: Unless exactly one of them is given.
            NotFound: When there is no such experience.
        """
        stamp = self._stamp()
        if (source := _source(trajectory, origin, actor)) is not None:
            return _ids(self._storage.withdraw_source(self._namespace, *source, stamp))
        wanted = id_text(trajectory, "trajectory")
        return _ids(self._storage.withdraw_trajectory(self._namespace, wanted, stamp))

    def reinstate(
        self,
        *,
        trajectory: UUID | str | None = None,
        origin: str | None = None,
        actor: str | None = None,
    ) -> list[UUID]:
        """Undo `withdraw` and give the ids of the patterns that are active again.

        A pattern quarantined for another reason stays so.
        """
        stamp = self._stamp()
        if (source := _source(trajectory, origin, actor)) is not None:
            return _ids(self._storage.reinstate_source(self._namespace, *source, stamp))
        wanted = id_text(trajectory, "trajectory")
        return _ids(self._storage.reinstate_trajectory(self._namespace, wanted, stamp))

    def erase_trajectory(self, trajectory_id: UUID | str) -> list[Erasure]:
        """Remove an experience and the patterns derived from it alone, and prove it.

        The proof of the experience comes first. Patterns that others support as well stay.

        Raises:
            NotFound: When there is no such experience.
            Busy: When a reader holds the log back; the rows are gone.
        """
        wanted = id_text(trajectory_id, "trajectory_id")
        return self._storage.erase_trajectory(self._namespace, wanted)

    def links(self, either_id: UUID | str) -> list[PatternLink]:
        """Give the relations in which a pattern or an experience stands, oldest first."""
        return self._storage.links(self._namespace, id_text(either_id, "either_id"))

    def add_link(
        self, source_id: UUID | str, kind: LinkKind, *, target_id: UUID | str
    ) -> PatternLink:
        """Relate a pattern to another, or to the experience it was derived from.

        Args:
            source_id: The pattern that supersedes, contradicts, doubles or was derived.
            kind: ``supersedes``, ``contradicts``, ``duplicate_of`` or ``derived_from``.
            target_id: The other pattern; for ``derived_from`` an experience.

        Raises:
            InvalidInput: Naming the argument.
            NotFound: When either is not there.
        """
        source, target = id_text(source_id, "source_id"), id_text(target_id, "target_id")
        checked_choice(kind, "kind", _LINK_KINDS)
        if source == target:
            raise InvalidInput("is the pattern itself", field="target_id")
        found: object = self._storage.get_pattern(self._namespace, source)
        if found is not None:
            get_target = (
                self._storage.get_trajectory
                if kind == "derived_from"
                else self._storage.get_pattern
            )
            found = get_target(self._namespace, target)
            source = target
        if found is None:
            raise NotFound(f"nothing has the id {source}", hint="Check the id and the namespace.")
        link = PatternLink(
            source_id=UUID(id_text(source_id)),
            target_id=UUID(target),
            kind=kind,
            actor=self._actor,
            at=self._now(),
        )
        self._storage.add_link(self._namespace, link)
        return link

    def distillation_request(self, trajectory_id: UUID | str) -> DistillationRequest:
        """Give the material of an experience for somebody else to distil, such as a host agent.

        The answer goes to `record_distillation`. To leave an experience to the host from the
        beginning, learn it with ``distiller=LeftToHost()``.

        Raises:
            NotFound: When there is no such experience.
            Conflict: When nobody has said yet how it ended, or it was withdrawn.
        """
        stored = self._to_be_distilled(trajectory_id)
        verdict = stored.verdict
        return DistillationRequest(
            trajectory_id=stored.id,
            instructions=distilling("unknown" if verdict is None else verdict.kind),
            material=material_of(stored),
            answer_schema=LESSONS_SCHEMA,
        )

    def record_distillation(
        self, trajectory_id: UUID | str, answer: Mapping[str, object]
    ) -> Learned:
        """Learn from an experience what somebody else found in it.

        Args:
            trajectory_id: The experience.
            answer: A JSON object as ``DistillationRequest.answer_schema`` says. Lessons beyond the
                third are left out; none at all says that there is nothing to learn.

        Raises:
            InvalidInput: For an answer of another form, naming the field; it is kept as a note of
                the experience, which stays pending.
            NotFound: When there is no such experience.
            Conflict: When nobody has said yet how it ended, or it was withdrawn.
        """
        stored = self._to_be_distilled(trajectory_id)
        if stored.state == "learned":
            return self._learned_before(stored)
        try:
            lessons = lessons_from(answer)
        except InvalidInput as error:
            self._note(stored, f"the distillation could not be used: {error}", answer)
            raise
        distillation = Distillation(lessons=lessons, found_nothing=not lessons)
        return self._take_in(stored, distillation, Usage())

    def _to_be_distilled(self, trajectory_id: UUID | str) -> Trajectory:
        stored = self._existing(trajectory_id)
        if stored.state == "withdrawn":
            raise Conflict(f"{stored.id} was withdrawn", hint="Reinstate it first.")
        if stored.verdict is None or stored.verdict.kind == "unknown":
            raise Conflict(
                f"nobody has said how {stored.id} ended", hint="Call judge with its id first."
            )
        return stored


def _source(
    trajectory: object, origin: str | None, actor: str | None
) -> tuple[Literal["origin", "actor"], str] | None:
    """Give the source meant, or None for a single experience."""
    given = [one for one in (trajectory, origin, actor) if one is not None]
    if len(given) != 1:
        raise InvalidInput("give exactly one of trajectory, origin and actor", field="source")
    if trajectory is not None:
        return None
    if actor is not None:
        return "actor", checked_line(actor, "actor", limits.ACTOR_BYTES)
    return "origin", str(checked_origin(origin))


def _ids(texts: list[str]) -> list[UUID]:
    return [UUID(text) for text in texts]
