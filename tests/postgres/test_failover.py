"""A primary with a synchronous standby is lost under eight writers: they carry on by themselves, and nothing is lost.

Who notices that a primary is gone and promotes the standby is not the bank; here it is the test. What
is measured is what a writer sees of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.postgres.cluster import Pair, follow, may_make_networks, replicated, wait_until
from tests.postgres.fixtures import initialise
from tests.postgres.writers import Journal, assert_nothing_is_lost, open_bank, writing


def fail_over(pair: Pair, lose: Callable[[], None], *, seconds_to_notice: float) -> Journal:
    """Lose the primary while eight threads store, promote the standby, and let them go on."""
    with open_bank(pair.dsn, busy_timeout=60.0) as bank, writing(bank) as journal:
        journal.wait_for(200)
        lose()
        time.sleep(seconds_to_notice)
        before = len(journal.times)
        promoting = time.monotonic()
        pair.promote()
        promoted = time.monotonic() - promoting
        wait_until(lambda: len(journal.times) > before + 8)
        journal.wait_for(200)
    print(  # noqa: T201 - shown by pytest -s, and by the test that measures
        f"\n{len(journal.times)} acknowledged, noticed after {seconds_to_notice:.1f} s, "
        f"promoted in {promoted:.2f} s, longest gap {journal.longest_gap():.2f} s"
    )
    return journal


def test_when_the_primary_is_killed_its_standby_has_all_that_was_acknowledged(
    postgres_installation, postgres_template
):
    with replicated(
        postgres_installation, postgres_template, apart=False, prepare=initialise
    ) as pair:
        journal = fail_over(pair, pair.first.kill, seconds_to_notice=0.5)

        assert_nothing_is_lost(pair.dsn, journal)
        assert pair.second.execute("SELECT pg_is_in_recovery()") == [(False,)]


@pytest.mark.long
@pytest.mark.parametrize("loss", ["kill", "partition"])
def test_on_networks_of_their_own_nothing_is_lost_by_a_kill_nor_by_a_cut_link(
    postgres_installation, postgres_template, loss, capsys
):
    if not may_make_networks():
        pytest.skip("only root with `ip netns` can give two servers networks of their own")
    with replicated(
        postgres_installation, postgres_template, apart=True, prepare=initialise
    ) as pair:
        assert pair.cut_off_first is not None
        lose = pair.first.kill if loss == "kill" else pair.cut_off_first
        with capsys.disabled():
            print(f"\n{loss}:", end=" ")  # noqa: T201
            journal = fail_over(pair, lose, seconds_to_notice=1.0 if loss == "kill" else 4.0)

        assert_nothing_is_lost(pair.dsn, journal)


@pytest.mark.long
def test_the_former_primary_goes_back_to_where_it_parted_and_follows(
    postgres_installation, postgres_template
):
    with replicated(
        postgres_installation, postgres_template, apart=False, prepare=initialise
    ) as pair:
        journal = fail_over(pair, pair.first.kill, seconds_to_notice=0.5)

        follow(postgres_installation, pair.first, pair.second)

        count = "SELECT count(*) FROM patterns"
        wait_until(lambda: pair.first.execute(count, "bank") == pair.second.execute(count, "bank"))
        assert pair.first.execute("SELECT pg_is_in_recovery()") == [(True,)]
        assert_nothing_is_lost(pair.dsn, journal)
