"""The arms of the comparison, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Final

import msgspec

from reasoningbank.evaluation.arms.contract import Arm
from reasoningbank.evaluation.streams import Visit
from reasoningbank.evaluation.world import World


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What an arm is made for: a world, the visits to come, and chance."""

    world: World
    visits: Sequence[Visit]
    chance: Random


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """An arm in words. A `reference` is told what no agent is and does not count as a rival."""

    title: str
    make: Callable[[Setting], Arm]
    reference: bool = False
    variant: bool = False


def _memoryless(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.memoryless import Memoryless

    return Memoryless(setting.world.strategies(), setting.chance)


def _bandit(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.memoryless import Bandit

    return Bandit(setting.world.strategies(), setting.chance)


def _bank(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.bank import BankAgent

    return BankAgent(setting.world.strategies(), setting.chance)


def _bank_undescribed(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.bank import BankAgent

    return BankAgent(setting.world.strategies(), setting.chance, described=False)


def _bank_poisoned(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.bank import Poisoned

    after = 2 * len(setting.visits) // 3
    return Poisoned(setting.world.strategies(), setting.chance, after=after)


def _descriptions(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.bank import DescriptionsOnly

    return DescriptionsOnly(setting.world.strategies(), setting.chance)


def _random_lessons(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.bank import RandomLessons

    return RandomLessons(setting.world.strategies(), setting.chance)


def _shuffled_outcomes(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.bank import ShuffledOutcomes

    return ShuffledOutcomes(setting.world.strategies(), setting.chance)


def _nearest(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.nearest import Nearest

    return Nearest(setting.world.strategies(), setting.chance, described=True)


def _nearest_undescribed(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.nearest import Nearest

    return Nearest(setting.world.strategies(), setting.chance, described=False)


def _by_name(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.told import ByName

    return ByName(setting.world.strategies(), setting.chance)


def _oracle(setting: Setting) -> Arm:
    from reasoningbank.evaluation.arms.told import Oracle

    return Oracle(setting.world, setting.visits)


ARMS: Final[Mapping[str, Description]] = MappingProxyType(
    {
        "bank": Description(title="bank", make=_bank),
        "no-memory": Description(title="no memory: the best overall so far", make=_memoryless),
        "bandit": Description(title="bandit: Thompson sampling, no text", make=_bandit),
        "descriptions": Description(title="descriptions only, nothing learned", make=_descriptions),
        "bm25": Description(title="BM25 nearest raw episode, descriptions too", make=_nearest),
        "random-lessons": Description(title="random lessons", make=_random_lessons),
        "shuffled-outcomes": Description(title="shuffled outcomes", make=_shuffled_outcomes),
        "bank-undescribed": Description(
            title="bank without descriptions", make=_bank_undescribed, variant=True
        ),
        "bm25-undescribed": Description(
            title="BM25 nearest raw episode, no descriptions", make=_nearest_undescribed
        ),
        "bank-poisoned": Description(
            title="bank, half of it hostile imports in the last third",
            make=_bank_poisoned,
            variant=True,
        ),
        "by-name": Description(title="table by environment name", make=_by_name, reference=True),
        "oracle": Description(
            title="oracle: the best of each environment", make=_oracle, reference=True
        ),
    }
)
