"""A bank of this program as a source, of this schema or an older one, read from a private copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.trajectory import Trajectory, Verdict
from reasoningbank.migration.accounts import Reject, TableAccount
from reasoningbank.migration.material import (
    LinkMaterial,
    PatternMaterial,
    Place,
    TrajectoryMaterial,
)
from reasoningbank.migration.reading import Item
from reasoningbank.storage import StorageBackend, open_storage
from reasoningbank.storage.sqlite.namespaces import namespaces_of

PRODUCT: Final = "ReasoningBank"


@contextmanager
def opened_bank(copy: Path, source: Path) -> Iterator[Bank]:
    """Open a private copy of a bank; an older one is brought up to date, which its source is not."""
    storage = open_storage(copy)
    try:
        yield Bank(storage, namespaces_of(copy), source)
    finally:
        storage.close()


class Bank:
    """A bank whose patterns and experiences are taken over into another."""

    relates = True

    def __init__(self, storage: StorageBackend, namespaces: list[str], source: Path) -> None:
        self._storage = storage
        self._namespaces = namespaces
        self._file = str(source)
        self._patterns = TableAccount(table="patterns", product=PRODUCT, becomes="patterns")
        self._experiences = TableAccount(
            table="trajectories", product=PRODUCT, becomes="trajectories"
        )
        self.accounts = [self._experiences, self._patterns]
        for namespace in namespaces:
            stats = storage.get_stats(namespace, "")
            self._patterns.rows += stats.total_patterns

    def read(self) -> Iterator[Item]:
        """Give every experience and pattern of every namespace, with its links."""
        read = 0
        for namespace in self._namespaces:
            for kept in self._storage.trajectory_records(namespace):
                self._experiences.rows += 1
                yield self._experiences, _trajectory(kept.trajectory)
        damaged: list[str] = []
        for namespace in self._namespaces:
            for record in self._storage.records(namespace, damaged.append):
                read += 1
                self._patterns.rows = max(self._patterns.rows, read)
                yield self._patterns, _pattern(record.pattern)
                yield from self._links(namespace, str(record.pattern.id))
        self._patterns.rows = read
        for pattern_id in damaged:
            self._patterns.rows += 1
            reason = "is damaged, or its notes are"
            yield (
                self._patterns,
                Reject(file=self._file, table="patterns", id=pattern_id, reason=reason),
            )

    def _links(self, namespace: str, pattern_id: str) -> Iterator[Item]:
        for link in self._storage.links(namespace, pattern_id):
            if str(link.source_id) == pattern_id:
                table = "trajectories" if link.kind == "derived_from" else "patterns"
                yield (
                    self._patterns,
                    LinkMaterial(
                        place=Place(PRODUCT, "patterns", pattern_id),
                        source=("patterns", pattern_id),
                        target=(table, str(link.target_id)),
                        kind=link.kind,
                        counted=False,
                    ),
                )


def _pattern(kept: Pattern) -> PatternMaterial:
    return PatternMaterial(
        place=Place(PRODUCT, "patterns", str(kept.id)),
        task=kept.task_description,
        strategy=kept.strategy,
        category=kept.task_category,
        title=kept.title,
        score=kept.success_score,
        duration=kept.duration_seconds,
        tags=kept.tags,
        metadata=kept.metadata,
        claimed={
            "trust": kept.trust,
            "uses": kept.uses,
            "successes": kept.successes,
            "failures": kept.failures,
            "namespace": kept.namespace,
            "version": kept.version,
        },
        uses=kept.uses,
        successes=kept.successes,
        failures=kept.failures,
        created_at=kept.created_at,
        last_used_at=kept.last_used_at,
        expires_at=kept.expires_at,
        quarantined=kept.state == "quarantined",
    )


def _trajectory(kept: Trajectory) -> TrajectoryMaterial:
    verdict = kept.verdict
    return TrajectoryMaterial(
        place=Place(PRODUCT, "trajectories", str(kept.id)),
        task=kept.task_description,
        category=kept.task_category,
        steps=kept.steps,
        verdict=None
        if verdict is None
        else Verdict(
            kind=verdict.kind,
            score=verdict.score,
            source="imported",
            evidence={**verdict.evidence, "claimed_source": verdict.source},
            reasons=verdict.reasons,
        ),
        metadata={**kept.metadata, **({} if kept.origin is None else {"origin": kept.origin})},
        created_at=kept.created_at,
    )
