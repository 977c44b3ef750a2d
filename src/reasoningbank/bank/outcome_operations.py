"""What came of using patterns, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import overload
from uuid import UUID

import msgspec

from reasoningbank.bank.core import BankCore
from reasoningbank.bank.drafting import report_redactions
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import id_text, new_id
from reasoningbank.domain.json_value import JsonObject, checked_json_object
from reasoningbank.domain.outcome import Outcome, OutcomeSource, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Observation,
    PatternChange,
    Redaction,
)
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.domain.redaction import redacted_object
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import (
    checked_outcome,
    checked_source,
)

_NO_PATTERN = UUID(int=0)


class OutcomeOperations(BankCore):
    """Keep outcomes, and tell what they and the history say."""

    @overload
    def record_outcome(
        self,
        *,
        pattern: UUID | str,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome: ...

    @overload
    def record_outcome(
        self,
        *,
        recall: UUID | str,
        used: Sequence[UUID | str] | None = None,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> tuple[RecordedOutcome, ...]: ...

    def record_outcome(
        self,
        *,
        pattern: UUID | str | None = None,
        recall: UUID | str | None = None,
        used: Sequence[UUID | str] | None = None,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome | tuple[RecordedOutcome, ...]:
        """Keep what came of a task and give the standing of the patterns that had a part in it.

        Args:
            pattern: The pattern used; or else
            recall: The recall that was shown before the task. Its outcome counts once: telling it
                again changes nothing and gives the first answer.
            used: Those of the shown patterns that were used. Left out, all that were shown as
                advice share the outcome equally; pitfalls have no part in it.
            success: True, False, or None when it is not known.
            score: Instead of `success`, how well it went, 0 to 1.
            source: Who says so: ``test``, ``environment`` and ``human`` confirm; ``caller``
                reports; ``agent`` judges itself.
            evidence: What shows it, such as ``{"exit_code": 0}``; at most 64 kB of JSON.

        Raises:
            InvalidInput: Naming the argument; also when `used` names what was not shown.
            NotFound: When there is no such pattern or recall.
        """
        kind, known_score = checked_outcome(success, score)
        found: list[Redaction] = []
        shown = self._evidence(evidence, found)
        report_redactions(found)
        now_ms = self._clock()
        outcome = Outcome(
            id=new_id(now_ms, self._random_bytes),
            pattern_id=_NO_PATTERN,
            kind=kind,
            score=known_score,
            source=checked_source(source),
            evidence=shown,
            actor=self._actor,
            at=format_timestamp(now_ms),
        )
        if recall is not None:
            if pattern is not None:
                raise InvalidInput("must not be given beside recall", field="pattern")
            return self._settle(id_text(recall, "recall"), used, outcome)
        if used is not None:
            raise InvalidInput("goes with recall", field="used")
        if pattern is None:
            raise InvalidInput("is missing", field="pattern", hint="Or give recall.")
        pattern_id = UUID(id_text(pattern, "pattern"))
        told = msgspec.structs.replace(outcome, pattern_id=pattern_id)
        return self._storage.record_outcome(self._namespace, told)

    def _settle(
        self, recall_id: str, used: Sequence[UUID | str] | None, outcome: Outcome
    ) -> tuple[RecordedOutcome, ...]:
        """Count the outcome of a recall for the patterns that had a part in it."""
        self._recalls.flush()
        event, _ = self._storage.recall_event(self._namespace, recall_id)
        credited = _credited(event, used)
        told = [
            msgspec.structs.replace(
                outcome,
                id=new_id(self._clock(), self._random_bytes),
                pattern_id=pattern_id,
                weight=1.0 if used is not None else 1.0 / len(credited),
                recall_id=event.id,
            )
            for pattern_id in credited
        ]
        return tuple(self._storage.settle_recall(self._namespace, recall_id, told, outcome.at))

    def reliability(self, pattern_id: UUID | str) -> Reliability:
        """Give how often a pattern works, as far as its outcomes tell (see `Reliability`)."""
        return self._storage.reliability(self._namespace, id_text(pattern_id))

    def outcomes(self, pattern_id: UUID | str) -> list[Outcome]:
        """Give the outcomes recorded for a pattern, oldest first."""
        return self._storage.outcomes(self._namespace, id_text(pattern_id))

    def history(self, pattern_id: UUID | str) -> list[PatternChange]:
        """Give every change of a pattern, its creation first; also after it was deleted."""
        return self._storage.history(self._namespace, id_text(pattern_id))

    def observations(self, pattern_id: UUID | str) -> list[Observation]:
        """Give the stores that were merged into a pattern, as they were given, oldest first."""
        return self._storage.observations(self._namespace, id_text(pattern_id))

    @staticmethod
    def _evidence(given: object, found: list[Redaction]) -> JsonObject:
        """Give the evidence of an outcome without the secrets in it, which go to `found`."""
        if given is None:
            return {}
        plain = dict(given) if isinstance(given, Mapping) else given
        shown = checked_json_object(plain, "evidence", limits.EVIDENCE_BYTES)
        shown = redacted_object(shown, "evidence", found)
        # What stands in for a secret may be longer than it.
        return checked_json_object(shown, "evidence", limits.EVIDENCE_BYTES) if found else shown


def _credited(event: RecallEvent, used: Sequence[UUID | str] | None) -> tuple[UUID, ...]:
    """Give the patterns an outcome counts for."""
    if used is None:
        return event.advice
    shown = {*event.advice, *event.pitfalls}
    ids = dict.fromkeys(
        UUID(id_text(item, f"used[{position}]")) for position, item in enumerate(used)
    )
    for position, pattern_id in enumerate(ids):
        if pattern_id not in shown:
            raise InvalidInput(
                f"is {pattern_id}, which this recall did not show", field=f"used[{position}]"
            )
    return tuple(ids)
