"""Reliability near a task: what the outcomes of a strategy say about tasks like this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from reasoningbank.domain.outcome import SOURCE_WEIGHT, Trust
from reasoningbank.domain.recall import Neighbour
from reasoningbank.domain.text import normalise

SHARPNESS: Final = 4.0
"""Exponent by which similarity weighs what is known: half as similar counts a sixteenth."""

RELATIVE_SHARPNESS: Final = 16.0
"""Exponent by which outcomes count beside those of the nearest experience, however near that is.

Without it, many successes on middling tasks outvote failures on this very one. On streams of tasks
(`reasoningbank eval`) 8, 16 and 32 do about as well as each other, and better than none.
"""

PRIOR_STRENGTH: Final = 2.0
"""How many outcomes the prior is worth; a Beta(1, 1) where nothing is claimed."""

PITFALL_BELOW: Final = 0.4
"""Reliability under which a strategy is shown as one to avoid."""

_CLAIM_WEIGHT: Final[Mapping[Trust, float]] = {
    "confirmed": SOURCE_WEIGHT["test"],
    "reported": SOURCE_WEIGHT["caller"],
    "judged": SOURCE_WEIGHT["agent"],
    "imported": SOURCE_WEIGHT["imported"],
}


class Family(msgspec.Struct, frozen=True):
    """Patterns near a task that say the same strategy, most similar first.

    ``reliability`` is the mean of the Beta posterior

        (a + sum of w s) / (a + b + sum of w (s + f))

    over the neighbours of the family, where s and f are a neighbour's successes and failures
    weighted by source, and w weighs them by nearness to the task: a kernel-weighted beta-binomial
    estimate with a nearest-neighbour bandwidth (Loader, Local Regression and Likelihood, 1999, ch. 2
    and 4). With n the similarity of the nearest neighbour that has outcomes, of whatever strategy,

        w = n ** 4 * (similarity / n) ** 16

    so outcomes count less the further the nearest of them is, and beside it the further they are.
    The prior a, b is worth two outcomes; its mean is 1/2, moved towards the success score that the
    nearest member claims as far as that member is trusted (imported claims by a tenth) and near:
    what is claimed of a task half as similar moves it a sixteenth as far.

    ``pitfall`` says that it is to be avoided: it fails near the task, or is known from failures alone.
    A failure far from the task says little of a strategy here, but that it failed there is no reason
    to do it.
    """

    members: tuple[Neighbour, ...]
    reliability: float
    weighted_successes: float
    weighted_failures: float
    pitfall: bool

    @property
    def representative(self) -> Neighbour:
        """The member to show: the nearest; for advice the nearest that has worked or is untried."""
        if self.pitfall:
            return self.members[0]
        advice = [member for member in self.members if _speaks_for(member)]
        return next((one for one in advice if one.successes >= one.failures), advice[0])


def _speaks_for(member: Neighbour) -> bool:
    """Whether a member is advice, and not a record of a failure that nothing has redeemed."""
    claim = member.pattern.success_score
    learned_from_failure = claim is not None and claim < 0.5  # noqa: PLR2004 - rather failed
    return not learned_from_failure or member.successes > member.failures


# The same few hundred strategies come back from question to question.
_family_key = lru_cache(maxsize=512)(normalise)


def families_of(neighbours: Iterable[Neighbour]) -> list[Family]:
    """Group neighbours, given nearest first, by their normalised strategy."""
    grouped: dict[str, list[Neighbour]] = {}
    nearest = 0.0
    for neighbour in neighbours:
        grouped.setdefault(_family_key(neighbour.pattern.strategy), []).append(neighbour)
        if neighbour.outcomes:
            nearest = max(nearest, neighbour.similarity)
    return [_family(members, nearest) for members in grouped.values()]


def _family(members: list[Neighbour], nearest: float) -> Family:
    successes = failures = 0.0
    for member in members:
        if member.outcomes and member.similarity > 0.0:
            weight = _nearness(nearest) * (member.similarity / nearest) ** RELATIVE_SHARPNESS
            successes += weight * member.successes
            failures += weight * member.failures
    prior = _prior_mean(members[0])
    reliability = (PRIOR_STRENGTH * prior + successes) / (PRIOR_STRENGTH + successes + failures)
    return Family(
        members=tuple(members),
        reliability=reliability,
        weighted_successes=successes,
        weighted_failures=failures,
        pitfall=reliability < PITFALL_BELOW or not any(map(_speaks_for, members)),
    )


def _prior_mean(nearest: Neighbour) -> float:
    claim = nearest.pattern.success_score
    if claim is None:
        return 0.5
    return 0.5 + _CLAIM_WEIGHT[nearest.pattern.trust] * _nearness(nearest.similarity) * (
        claim - 0.5
    )


def _nearness(similarity: float) -> float:
    return float(max(0.0, similarity) ** SHARPNESS)
