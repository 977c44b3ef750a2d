"""What a check says about the rows of a bank, on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from reasoningbank.domain.records import Finding
from reasoningbank.storage.sql import properties
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.consolidation_turns import FAILURE

_IDS_SHOWN: Final = 1_000
_RESTORE: Final = (
    "Restore these patterns from an export, or erase them. `reasoningbank export FILE "
    "--skip-damaged` saves the others."
)


def consolidation(connection: SqlConnection) -> Finding:
    """Say which runs in the background failed."""
    failures = [
        f"in namespace {namespace!r}: {message}"
        for namespace, message in properties.of_all_namespaces(connection, FAILURE)
    ]
    if not failures:
        return Finding(check="consolidation", level="ok", message="no run in the background failed")
    return Finding(
        check="consolidation",
        level="warning",
        message=f"the last run in the background failed {'; '.join(failures)}",
        hint="The log says more; `reasoningbank consolidate` tries again.",
    )


def vectors(without_vector: Sequence[str], without_pattern: Sequence[str]) -> Finding:
    """Say whether every pattern has its vector, and every vector its pattern."""
    if not without_vector and not without_pattern:
        return Finding(check="vectors", level="ok", message="every pattern has its vector")
    return Finding(
        check="vectors",
        level="error",
        message=f"{len(without_vector)} patterns lack their vector, "
        f"{len(without_pattern)} vectors lack their pattern",
        hint="Run `reasoningbank reembed`.",
        ids=(*without_vector, *without_pattern)[:_IDS_SHOWN],
    )


def counters(wrong: Sequence[str]) -> Finding:
    """Say which counts do not agree with the rows."""
    if not wrong:
        return Finding(check="counters", level="ok", message="the counts agree with the rows")
    return Finding(
        check="counters",
        level="error",
        message=f"the counts of {', '.join(wrong[:5])} do not agree with the rows",
        hint="Export the bank and restore it into a new one.",
    )


def patterns(checked: int, damaged: Sequence[str]) -> Finding:
    """Say which patterns fail their checksums."""
    return _damaged_or_not(
        "patterns",
        damaged,
        f"the content of {len(damaged)} of {checked} patterns fails its checksum",
        f"{checked} patterns match their checksums",
        hint=_RESTORE,
    )


def vector_contents(checked: int, damaged: Sequence[str]) -> Finding:
    """Say which vectors fail their checksums."""
    return _damaged_or_not(
        "vector contents",
        damaged,
        f"{len(damaged)} of {checked} vectors fail their checksums",
        f"{checked} vectors match their checksums",
        hint="Run `reasoningbank reembed`.",
    )


def experiences(checked: int, damaged: Sequence[str]) -> Finding:
    """Say which experiences fail their checksums or cannot be read."""
    return _damaged_or_not(
        "experiences",
        damaged,
        f"{len(damaged)} of {checked} experiences fail their checksums or cannot be read",
        f"the steps of {checked} experiences match their checksums",
        hint="Erase these experiences, and restore them from an export of experiences.",
    )


def notes(checked: int, damaged: Sequence[str]) -> Finding:
    """Say which patterns have notes that cannot be read."""
    return _damaged_or_not(
        "notes",
        sorted(set(damaged)),
        f"{len(damaged)} of {checked} notes about patterns cannot be read",
        f"{checked} histories, outcomes and merges can be read",
        hint=_RESTORE,
    )


def _damaged_or_not(
    check: str, damaged: Sequence[str], wrong: str, right: str, *, hint: str
) -> Finding:
    if not damaged:
        return Finding(check=check, level="ok", message=right)
    return Finding(
        check=check, level="error", message=wrong, hint=hint, ids=tuple(damaged[:_IDS_SHOWN])
    )


def tallied(looked_at: Iterable[tuple[str, bool]]) -> tuple[int, list[str]]:
    """Give how many were looked at, and the ids of those that are not sound."""
    checked = 0
    damaged: list[str] = []
    for pattern_id, sound in looked_at:
        checked += 1
        if not sound:
            damaged.append(pattern_id)
    return checked, damaged


def is_readable(note: Sequence[bytes]) -> bool:
    """Give whether every column of a note is text and its last one JSON."""
    try:
        texts = [column.decode() for column in note]
        msgspec.json.decode(texts[-1])
    except (ValueError, AttributeError, msgspec.DecodeError):
        return False
    return True
