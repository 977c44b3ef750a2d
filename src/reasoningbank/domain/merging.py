"""What becomes of a pattern when an equal one is stored, and what a change leaves in its history."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.domain.json_value import JsonObject, same_json
from reasoningbank.domain.outcome import lower_trust
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.validation import checked_fields

_NEWEST_WINS: Final = (
    "task_description",
    "strategy",
    "title",
    "success_score",
    "duration_seconds",
)


def merged_pattern(existing: Pattern, incoming: Pattern) -> Pattern:
    """Give `existing` after an equal pattern was stored again.

    The id stays; tags are united; the newest non-null scalars and metadata keys are taken; so are
    the lower trust and the later expiry (none is the latest). The state, the counters and the
    times are those of `existing`.

    Raises:
        InvalidInput: When the united tags or metadata are more than a pattern may hold.
    """
    newest = {
        name: value for name in _NEWEST_WINS if (value := getattr(incoming, name)) is not None
    }
    expiries = (existing.expires_at, incoming.expires_at)
    united = checked_fields(
        {
            "tags": (*existing.tags, *incoming.tags),
            "metadata": {**existing.metadata, **incoming.metadata},
        }
    )
    return msgspec.structs.replace(
        existing,
        **newest,
        **united,
        trust=lower_trust(existing.trust, incoming.trust),
        expires_at=None if None in expiries else max(filter(None, expiries)),
    )


def changed_fields(before: Pattern, after: Pattern) -> JsonObject:
    """Give the fields that differ, with the values they had before."""
    return {
        name: old
        for name in before.__struct_fields__
        if not same_json(old := getattr(before, name), getattr(after, name))
    }
