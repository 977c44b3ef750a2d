"""What was converted, compared with what was read, before it takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.migration.accounts import Tally
from reasoningbank.migration.converting import Show
from reasoningbank.migration.taking_in import text_check
from reasoningbank.storage import StorageBackend

_SHOWN_EVERY = 1_000
_NAMED = 5


def validate(
    storage: StorageBackend,
    namespace: str,
    checks: Mapping[bytes, bytes],
    tally: Tally,
    show: Show,
    *,
    alone: bool,
) -> None:
    """Check that every row is accounted for, and every pattern there with the texts it was made of.

    Args:
        storage: Where they were put.
        namespace: The namespace.
        checks: Checksums of the texts that were given, by the id that holds them.
        tally: The account.
        show: Told how far it is.
        alone: Whether nobody else may have changed a pattern meanwhile.

    Raises:
        StorageCorrupt: When something is missing or differs.
    """
    if not tally.complete:
        raise _failed(
            [
                f"{table.table} of {file.file} has {table.rows:,} rows, of which "
                f"{table.accounted:,} are accounted for"
                for file in tally.files
                for table in file.tables
                if table.rows != table.accounted
            ]
        )
    wrong = []
    for number, (own, check) in enumerate(checks.items(), 1):
        pattern_id = str(UUID(bytes=own))
        kept = storage.get_pattern(namespace, pattern_id)
        if kept is None:
            wrong.append(f"{pattern_id} is not there")
        elif text_check(kept) != check:
            wrong.append(f"{pattern_id} holds other texts")
        if number % _SHOWN_EVERY == 0:
            show("validating", number, len(checks))
    if wrong and alone:
        raise _failed(wrong)
    show("validating", len(checks), len(checks))


def _failed(wrong: list[str]) -> StorageCorrupt:
    named = "; ".join(wrong[:_NAMED])
    more = f" and {len(wrong) - _NAMED:,} more" if len(wrong) > _NAMED else ""
    return StorageCorrupt(
        f"what was converted is not what was read: {named}{more}",
        hint="The target was left as it was. Please report this.",
    )
