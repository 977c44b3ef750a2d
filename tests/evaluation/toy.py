"""A world small enough to know what every arm must do in it."""

from __future__ import annotations

from collections.abc import Sequence

from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard

CARDS = tuple(
    StrategyCard(id=name, title=name.capitalize(), description=text)
    for name, text in (
        ("paint", "Cover the wall with colour, from the top to the bottom."),
        ("dig", "Lift the soil out with a spade until it is deep enough."),
        ("sew", "Join two pieces of cloth with needle and thread."),
        ("bake", "Heat the dough in the oven until it is brown."),
    )
)
# What each environment says, and what works there. No word of an instruction stands in a description.
TASKS = {
    "garden": ("Plant the rose bush number {} outside", "dig"),
    "kitchen": ("Make bread loaf number {} for breakfast", "bake"),
    "tailor": ("Repair torn trousers number {} before noon", "sew"),
}


class ToyWorld:
    """One strategy works in each environment, always; `tried` says what was attempted, in order."""

    name = "toy"

    def __init__(self) -> None:
        self.tried: list[tuple[str, int, str]] = []
        self.begun = ("", 0)

    def environments(self) -> Sequence[str]:
        return sorted(TASKS)

    def seeds(self) -> Sequence[int]:
        return range(40)

    def strategies(self) -> Sequence[StrategyCard]:
        return CARDS

    def episode(self, environment: str, seed: int) -> Observation:
        self.begun = (environment, seed)
        return Observation(instruction=TASKS[environment][0].format(seed), features=f"seed {seed}")

    def applicable(self) -> Sequence[str]:
        return [card.id for card in CARDS]

    def attempt(self, strategy: str) -> Attempt:
        self.tried.append((*self.begun, strategy))
        right = TASKS[self.begun[0]][1] == strategy
        return Attempt(
            success=right, score=float(right), applies=True, seconds=0.0, steps=("do it",)
        )

    def close(self) -> None:
        pass
