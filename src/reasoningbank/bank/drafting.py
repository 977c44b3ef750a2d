"""From what a caller gives to what storage takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.identifiers import Clock, RandomBytes, new_id
from reasoningbank.domain.json_value import content_fingerprint
from reasoningbank.domain.outcome import trust_of
from reasoningbank.domain.pattern import OnDuplicate, Pattern, PatternInput, Redaction
from reasoningbank.domain.records import NewPattern
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import checked_input, pattern_input


class Draft:
    """A checked input on its way into storage: the row it would be, without a vector."""

    __slots__ = ("given", "key", "pattern", "redacted")

    def __init__(
        self,
        given: PatternInput,
        redacted: tuple[Redaction, ...],
        pattern: Pattern,
        key: bytes,
    ) -> None:
        self.given = given
        self.redacted = redacted
        self.pattern = pattern
        self.key = key

    def with_vector(self, vector: bytes, actor: str) -> NewPattern:
        """Give what storage takes."""
        return NewPattern(pattern=self.pattern, key=self.key, vector=vector, actor=actor)

    def fingerprint(self, on_duplicate: OnDuplicate) -> bytes:
        """Give the hash by which a repeat under an idempotency key is told from a clash."""
        content = {name: getattr(self.given, name) for name in self.given.__struct_fields__}
        return content_fingerprint({"on_duplicate": on_duplicate, "pattern": content})


class Drafting:
    """Make drafts for one namespace, with the bank's clock and randomness."""

    def __init__(self, namespace: str, clock: Clock, random_bytes: RandomBytes) -> None:
        self._namespace = namespace
        self._clock = clock
        self._random_bytes = random_bytes

    def draft(self, given: PatternInput, on_duplicate: OnDuplicate) -> Draft:
        """Give the draft of one input; raises `InvalidInput` naming the field."""
        checked, redacted = checked_input(given)
        report_redactions(redacted)
        now_ms = self._clock()
        now = format_timestamp(now_ms)
        pattern_id = new_id(now_ms, self._random_bytes)
        pattern = Pattern(
            id=pattern_id,
            namespace=self._namespace,
            task_category=checked.task_category,
            task_description=checked.task_description,
            strategy=checked.strategy,
            title=checked.title,
            success_score=checked.success_score,
            duration_seconds=checked.duration_seconds,
            tags=checked.tags,  # type: ignore[arg-type]  # checking made it a tuple
            metadata=checked.metadata,
            trust=trust_of(checked.source),
            state="active",
            uses=0,
            successes=0,
            failures=0,
            last_used_at=None,
            created_at=now,
            updated_at=now,
            expires_at=checked.expires_at,  # type: ignore[arg-type]  # checking made it text
            version=1,
        )
        key = dedupe_key(
            self._namespace,
            checked.task_category,
            checked.task_description,
            checked.strategy,
            kept_id=str(pattern_id) if on_duplicate == "keep" else None,
        )
        return Draft(checked, redacted, pattern, key)

    def drafts(
        self, given: Sequence[PatternInput | Mapping[str, object]], on_duplicate: OnDuplicate
    ) -> list[Draft]:
        """Give the drafts of several inputs; errors name the position as well."""
        return [self._draft_at(position, item, on_duplicate) for position, item in enumerate(given)]

    def _draft_at(
        self, position: int, given: PatternInput | Mapping[str, object], on_duplicate: OnDuplicate
    ) -> Draft:
        try:
            return self.draft(as_input(given), on_duplicate)
        except InvalidInput as error:
            place = f"patterns[{position}]"
            field = place if error.field in {None, "pattern"} else f"{place}.{error.field}"
            raise InvalidInput(error.message, field=field, hint=error.hint) from error


def as_input(given: object) -> PatternInput:
    """Give a `PatternInput` from one, or from a mapping of its fields."""
    if isinstance(given, PatternInput):
        return given
    if isinstance(given, Mapping):
        return pattern_input(given)
    raise InvalidInput(
        f"must be a PatternInput or a mapping of its fields, not {type(given).__name__}",
        field="pattern",
    )


def report_redactions(redacted: Sequence[Redaction]) -> None:
    """Log which kinds of secret were taken out of which fields, never the secrets."""
    if not redacted:
        return
    import logging  # rarely needed, and slow to import

    logger = logging.getLogger("reasoningbank")
    for redaction in redacted:
        logger.warning("took a %s out of %s before storing", redaction.kind, redaction.field)


def report_taken_out(redacted: Sequence[Redaction]) -> None:
    """Log how often which kind of thing was taken out, never the thing; a record may hold many."""
    if not redacted:
        return
    import logging  # rarely needed, and slow to import

    logger = logging.getLogger("reasoningbank")
    for kind, count in Counter(one.kind for one in redacted).items():
        logger.warning("took %d x %s out of an experience before storing", count, kind)
