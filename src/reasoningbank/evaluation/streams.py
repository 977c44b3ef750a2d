"""Streams of tasks: which episode comes when."""

from __future__ import annotations

import random
from collections import Counter

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.world import World


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream is like; with a stream seed it says everything about it.

    Args:
        visits: Episodes of each environment, all different.
        attempts: Attempts at an episode at most; the next one is made when the one before failed.
        held_out: Share of the environments, 0 to 1, that come in the second half only.
        features: Whether every arm reads the line on what the scene offers behind the instruction.
        environments: Names to choose from; all of the world's when empty.
    """

    visits: int = 10
    attempts: int = 1
    held_out: float = 0.0
    features: bool = False
    environments: tuple[str, ...] = ()


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a stream: an episode, and which visit of its environment it is, from 1."""

    environment: str
    seed: int
    number: int
    held_out: bool


def stream_of(world: World, plan: Plan, seed: int) -> list[Visit]:
    """Return the visits of a stream in their order; the same arguments give the same stream.

    Raises:
        InvalidInput: The world lacks an environment or has fewer episodes than visits.
    """
    chance = random.Random(seed)  # noqa: S311 - an experiment, to be repeated
    names = sorted(plan.environments or world.environments())
    unknown = sorted(set(names) - set(world.environments()))
    if unknown:
        raise InvalidInput(f"has no environment {unknown[0]!r}", field="environments")
    if plan.visits > len(world.seeds()):
        raise InvalidInput(
            f"is {plan.visits}, and {world.name} has {len(world.seeds())} episodes of each",
            field="visits",
        )
    held_out = set(chance.sample(names, round(plan.held_out * len(names))))
    places = [
        (name, number) for name in names for number in chance.sample(world.seeds(), plan.visits)
    ]
    chance.shuffle(places)
    half = len(places) // 2
    late = [place for place in places if place[0] in held_out]
    others = [place for place in places if place[0] not in held_out]
    second = others[half:] + late
    chance.shuffle(second)
    seen: Counter[str] = Counter()
    visits: list[Visit] = []
    for name, number in others[:half] + second:
        seen[name] += 1
        visits.append(
            Visit(environment=name, seed=number, number=seen[name], held_out=name in held_out)
        )
    return visits
