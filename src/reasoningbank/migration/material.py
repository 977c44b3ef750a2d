"""What a row of another program holds, before a bank has looked at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from reasoningbank.domain.trajectory import LinkKind, Step, Verdict


class Place(msgspec.Struct, frozen=True):
    """Where a row stands: the program, the table, and its id there, as text."""

    product: str
    table: str
    id: str


class PatternMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """A row that holds a strategy.

    Args:
        place: The row.
        task: The task it is for.
        strategy: What to do.
        category: The kind of task.
        title: A short name, or None.
        score: How well it worked, 0 to 1, or None.
        duration: Seconds, or None.
        tags: Its tags.
        metadata: What else it says.
        claimed: What it says of its own standing, which a bank does not believe.
        uses: How often it was used.
        successes: How often with success.
        failures: How often without.
        created_at: When it was made, or None.
        last_used_at: When it was used last, or None.
        expires_at: When it stops being offered, or None.
        quarantined: Whether the other program had put it away.
    """

    place: Place
    task: str
    strategy: str
    category: str
    title: str | None = None
    score: float | None = None
    duration: float | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, object] = {}
    claimed: Mapping[str, object] = {}
    uses: int = 0
    successes: int = 0
    failures: int = 0
    created_at: str | None = None
    last_used_at: str | None = None
    expires_at: str | None = None
    quarantined: bool = False


class TrajectoryMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """A row that holds an experience: a task, what was done, and how it ended."""

    place: Place
    task: str
    category: str
    steps: tuple[Step, ...]
    verdict: Verdict | None = None
    metadata: Mapping[str, object] = {}
    created_at: str | None = None


class LinkMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """A row, or a column, that relates two others.

    Args:
        place: The row.
        source: Where what it starts from stands.
        target: Where what it leads to stands.
        kind: The relation a bank knows.
        noted: Whether it stands in the metadata of what it starts from alone, since a bank has no
            such relation.
        counted: Whether the row is nothing but this link, and so is counted for it.
    """

    place: Place
    source: tuple[str, str]
    target: tuple[str, str]
    kind: LinkKind
    noted: bool = False
    counted: bool = True


class Carried(msgspec.Struct, frozen=True):
    """A row whose content came along with another: a step of an experience, a link in metadata."""

    place: Place
    owner: tuple[str, str]


Material: TypeAlias = PatternMaterial | TrajectoryMaterial | LinkMaterial | Carried


class Unusable(Exception):
    """Say why a row cannot come along, in one clause: ``holds no text``."""
