"""What came of using patterns, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from reasoningbank.bank.core import BankCore
from reasoningbank.bank.drafting import report_redactions
from reasoningbank.domain import limits
from reasoningbank.domain.identifiers import id_text, new_id
from reasoningbank.domain.json_value import JsonObject, checked_json_object
from reasoningbank.domain.outcome import Outcome, OutcomeSource, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Observation,
    PatternChange,
    Redaction,
)
from reasoningbank.domain.redaction import redacted_object
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import (
    checked_outcome,
    checked_source,
)


class OutcomeOperations(BankCore):
    """Keep outcomes, and tell what they and the history say."""

    def record_outcome(
        self,
        *,
        pattern: UUID | str,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome:
        """Keep what came of using a pattern and give its standing.

        Args:
            pattern: The pattern used.
            success: True, False, or None when it is not known.
            score: Instead of `success`, how well it went, 0 to 1.
            source: Who says so: ``test``, ``environment`` and ``human`` confirm; ``caller``
                reports; ``agent`` judges itself.
            evidence: What shows it, such as ``{"exit_code": 0}``; at most 64 kB of JSON.

        Raises:
            InvalidInput: Naming the argument.
            NotFound: When there is no such pattern.
        """
        pattern_id = id_text(pattern, "pattern")
        kind, known_score = checked_outcome(success, score)
        found: list[Redaction] = []
        shown = self._evidence(evidence, found)
        report_redactions(found)
        now_ms = self._clock()
        outcome = Outcome(
            id=new_id(now_ms, self._random_bytes),
            pattern_id=UUID(pattern_id),
            kind=kind,
            score=known_score,
            source=checked_source(source),
            evidence=shown,
            actor=self._actor,
            at=format_timestamp(now_ms),
        )
        return self._storage.record_outcome(self._namespace, outcome)

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
