"""Every family of faults, in the order they are played."""

from __future__ import annotations

from typing import Final

from tests.faults.campaign import (
    archives,
    browser,
    clock,
    crowd,
    damage,
    engines,
    hooks,
    kill,
    migration,
    models,
    power,
    provider,
    soak,
    space,
    steps,
    tested,
)
from tests.faults.campaign.rounds import Family

ALL: Final[tuple[Family, ...]] = (
    kill.FAMILY,
    power.FAMILY,
    steps.FAMILY,
    crowd.FAMILY,
    space.FAMILY,
    tested.READING,
    damage.FAMILY,
    migration.FAMILY,
    clock.FAMILY,
    tested.FORKS,
    archives.FAMILY,
    models.FAMILY,
    provider.FAMILY,
    hooks.FAMILY,
    engines.FAMILY,
    tested.ROLLOUT,
    tested.STATES,
    tested.POSTGRES,
    browser.FAMILY,
    soak.FAMILY,
)
