"""From neighbours to what is shown: families, scores, abstention, one group, the budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from reasoningbank.domain.recall import (
    LeftOut,
    LeftOutReason,
    Neighbour,
    RecalledPattern,
)
from reasoningbank.retrieval.diversity import diverse_order
from reasoningbank.retrieval.families import families_of
from reasoningbank.retrieval.prompt import rendered
from reasoningbank.retrieval.scoring import Candidate, scored

NEIGHBOURS: Final = 30
"""How many experiences are looked at. On streams of tasks (`reasoningbank eval`) 20, 30 and 50 do alike,
and 1 far worse."""

LEFT_OUT_SHOWN: Final = 20


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What recall was asked for.

    Args:
        k: Items at most.
        experiences: Groups at most; a group is one trajectory's patterns.
        threshold: Similarity below which nothing is shown.
        token_budget: Bound of the prompt block.
        now_ms: The time, for recency.
    """

    k: int
    experiences: int
    threshold: float
    token_budget: int
    now_ms: int


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown, as items and as a prompt, and what is not."""

    shown: tuple[RecalledPattern, ...]
    prompt: str
    left_out: tuple[LeftOut, ...]


def choose(neighbours: Sequence[Neighbour], request: Request) -> Choice:
    """Choose what to show of the experiences near a task."""
    candidates = [scored(family, request.now_ms) for family in families_of(neighbours)]
    candidates.sort(key=lambda item: (-item.why.score, item.neighbour.pattern.id))
    near = [item for item in candidates if item.why.similarity >= request.threshold]
    out: list[tuple[Candidate, LeftOutReason]] = [
        (item, "below_threshold") for item in candidates if item.why.similarity < request.threshold
    ]
    groups = _best_groups(near, request.experiences)
    in_groups = [item for item in near if item.neighbour.group in groups]
    out += [
        (item, "unreliable" if item.pitfall else "other_group")
        for item in near
        if item.neighbour.group not in groups
    ]
    out += [(item, "over_k") for item in in_groups[request.k :]]
    in_groups = in_groups[: request.k]
    prompt, fitting = rendered(in_groups, request.token_budget)
    out += [(item, "over_budget") for item in in_groups[fitting:]]
    return Choice(
        shown=tuple(
            RecalledPattern(
                pattern=item.neighbour.pattern,
                why=item.why,
                pitfall=item.pitfall,
                group=item.neighbour.group,
            )
            for item in in_groups[:fitting]
        ),
        prompt=prompt,
        left_out=_best_left_out(out),
    )


def _best_groups(near: Sequence[Candidate], count: int) -> set[object]:
    """Give the groups to show: by the score of their best item, several ones diversified."""
    best: dict[object, Candidate] = {}
    for item in near:
        best.setdefault(item.neighbour.group, item)
    leaders = list(best.values())
    chosen = diverse_order(
        [item.why.score for item in leaders], [item.neighbour.vector for item in leaders], count
    )
    return {leaders[at].neighbour.group for at in chosen}


def _best_left_out(out: list[tuple[Candidate, LeftOutReason]]) -> tuple[LeftOut, ...]:
    out.sort(key=lambda entry: (-entry[0].why.score, entry[0].neighbour.pattern.id))
    return tuple(
        LeftOut(pattern_id=item.neighbour.pattern.id, reason=reason, why=item.why)
        for item, reason in out[:LEFT_OUT_SHOWN]
    )
