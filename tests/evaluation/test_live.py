"""A few environments on real pages in a real Chromium."""

from __future__ import annotations

import importlib.util

import pytest

from reasoningbank.domain.errors import InvalidInput, Unavailable

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost"])]

# One page for each kind of act: click, type, tick, choose, drag, wait, read, and one whose strategy must fail.
EPISODES = [
    ("click-button", "click-named"),
    ("login-user", "type-given-values"),
    ("click-option", "choose-named"),
    ("choose-list", "choose-named"),
    ("drag-items-grid", "drag-to-place"),
    ("click-tab-2", "uncover-then-click"),
    ("use-slider-2", "set-slider"),
    ("read-table", "fill-by-label"),
    ("email-inbox-forward", "open-and-write"),
]


@pytest.fixture(scope="module")
def world():
    for library in ("miniwob", "selenium"):
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed: pip install 'agent-reasoningbank[eval]'")
    from reasoningbank.evaluation.miniwob.live import LiveWorld

    try:
        opened = LiveWorld()
    except Unavailable as missing:
        pytest.skip(str(missing))
    yield opened
    opened.close()


@pytest.mark.parametrize(("environment", "strategy"), EPISODES)
def test_the_strategy_for_a_page_earns_its_reward(world, environment, strategy):
    world.episode(environment, 11)

    attempt = world.attempt(strategy)

    assert attempt.success, attempt
    assert attempt.score == 1.0
    assert attempt.steps


def test_the_same_seed_gives_the_same_page_and_attempts_do_not_see_each_other(world):
    first = world.episode("enter-text", 3)
    applicable = world.applicable()
    outcomes = [world.attempt("type-given-values").success for _ in range(2)]

    assert world.episode("enter-text", 3) == first
    assert world.episode("enter-text", 4) != first
    assert world.applicable() == applicable
    assert outcomes == [True, True]


def test_a_wrong_strategy_fails_and_the_next_attempt_begins_afresh(world):
    world.episode("login-user", 5)

    missed = world.attempt("drag-to-place")
    wrong = world.attempt("click-named") if "click-named" in world.applicable() else missed
    right = world.attempt("fill-by-label")

    assert (missed.success, missed.applies, missed.steps) == (False, False, ())
    assert (wrong.success, right.success) == (False, True)


def test_unknown_names_are_refused(world):
    with pytest.raises(InvalidInput, match="environments"):
        world.episode("no-such-page", 0)
    world.episode("click-test", 0)
    with pytest.raises(InvalidInput, match="repertoire"):
        world.attempt("no-such-strategy")


def test_a_live_stream_goes_as_its_replay_from_the_recorded_matrix(world):
    """The same agent on the same episodes: what the matrix answers is what the browser does."""
    pytest.importorskip("bm25s", reason="needs the extra eval")
    from reasoningbank.evaluation.running import run_stream
    from reasoningbank.evaluation.streams import Plan
    from reasoningbank.evaluation.worlds import WorldChoice

    names = (
        "click-button",
        "click-option",
        "enter-text",
        "login-user",
        "use-slider-2",
        "read-table",
    )
    plan = Plan(visits=5, environments=names)
    recorded = WorldChoice(name="miniwob").open()
    world.seeds = recorded.seeds
    try:
        live = list(run_stream(world, "bank", plan, 0))
    finally:
        del world.seeds
    replayed = list(run_stream(recorded, "bank", plan, 0))
    assert [met.tries[0].strategy for met in live] == [met.tries[0].strategy for met in replayed]
    assert [met.first for met in live] == [met.first for met in replayed]
    assert any(met.first for met in live)
