"""The recorded matrix: kept without loss, replayed as a world, and as good as its page says."""

from __future__ import annotations

import gzip

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.errors import InvalidInput, StorageCorrupt
from reasoningbank.evaluation.miniwob.environments import ENVIRONMENTS, Choice
from reasoningbank.evaluation.miniwob.matrix import (
    Episode,
    Header,
    Matrix,
    MatrixWorld,
    Recorded,
    load_matrix,
    save_matrix,
)
from reasoningbank.evaluation.miniwob.page import Features
from reasoningbank.evaluation.miniwob.report import lines, summarise
from reasoningbank.evaluation.miniwob.strategies import REPERTOIRE
from reasoningbank.evaluation.world import Observation, StrategyCard, World

CARDS = tuple(StrategyCard(id=name, title=name, description=f"does {name}") for name in ("a", "b"))
HEADER = Header(
    format=1,
    recorded="2026-01-01",
    miniwob="1.1.0",
    browser="none",
    fingerprint="0",
    strategies=CARDS,
)
FEATURES = Features((("button", 1),), ("Submit",), ())


def episode(environment="pages", seed=0, **attempts) -> Episode:
    return Episode(
        environment=environment,
        seed=seed,
        instruction=f"Do {environment} {seed}",
        features=FEATURES,
        attempts=attempts,
    )


def world(*episodes) -> MatrixWorld:
    return MatrixWorld(Matrix(header=HEADER, episodes=episodes))


recorded = st.builds(
    Recorded,
    reward=st.floats(-1, 1),
    seconds=st.floats(0, 30),
    ended=st.booleans(),
    steps=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    note=st.text(max_size=20),
)
episodes = st.builds(
    Episode,
    environment=st.text(alphabet="abc-", min_size=1, max_size=5),
    seed=st.integers(0, 99),
    instruction=st.text(max_size=40),
    features=st.just(FEATURES),
    attempts=st.dictionaries(st.sampled_from(("a", "b")), recorded),
)


@given(st.lists(episodes, max_size=5, unique_by=lambda one: (one.environment, one.seed)))
def test_what_is_saved_is_loaded_again_sorted(tmp_path_factory, found):
    path = tmp_path_factory.mktemp("matrix") / "matrix.jsonl.gz"
    save_matrix(Matrix(header=HEADER, episodes=tuple(found)), path)

    loaded = load_matrix(path)

    assert loaded.header == HEADER
    assert list(loaded.episodes) == sorted(found, key=lambda one: (one.environment, one.seed))


def test_the_same_matrix_gives_the_same_bytes(tmp_path):
    first, second = episode(seed=1), episode(seed=2)
    for name, order in (("one", (first, second)), ("two", (second, first))):
        save_matrix(Matrix(header=HEADER, episodes=order), tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def packed(content: bytes) -> bytes:
    """Compress without the time, so that every process knows the test by the same name."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        packed(b""),
        packed(b'{"format": 1}\n'),
        packed(msgspec.json.encode(HEADER) + b"\n{"),
        packed(msgspec.json.encode(msgspec.structs.replace(HEADER, format=9))),
        packed(msgspec.json.encode(HEADER))[:-4],
    ],
)
def test_a_file_that_is_no_matrix_is_refused_by_its_name(tmp_path, content):
    path = tmp_path / "matrix.jsonl.gz"
    path.write_bytes(content)

    with pytest.raises(StorageCorrupt) as refused:
        load_matrix(path)

    assert refused.value.path == str(path)


def test_an_attempt_answers_what_was_recorded():
    replay = world(
        episode(
            a=Recorded(reward=1.0, seconds=0.5, steps=("click x",)),
            b=Recorded(reward=0.4, seconds=1.0),
        )
    )

    assert replay.episode("pages", 0) == Observation(
        instruction="Do pages 0", features="1 button; buttons: Submit"
    )
    won, partly = replay.attempt("a"), replay.attempt("b")
    assert (won.success, won.score, won.applies, won.steps) == (True, 1.0, True, ("click x",))
    assert (partly.success, partly.score, partly.applies) == (False, 0.4, True)


def test_a_strategy_that_could_not_begin_fails_and_says_so():
    replay = world(episode(a=Recorded(reward=-1.0, seconds=0.5)))
    replay.episode("pages", 0)

    missed = replay.attempt("b")

    assert (missed.success, missed.score, missed.applies) == (False, 0.0, False)
    assert replay.attempt("a").score == 0.0
    assert list(replay.applicable()) == ["a"]


def test_an_episode_that_did_not_end_is_no_success():
    replay = world(episode(a=Recorded(reward=1.0, seconds=9.0, ended=False)))
    replay.episode("pages", 0)

    assert not replay.attempt("a").success


def test_only_seeds_recorded_everywhere_are_offered():
    replay = world(episode("x", 0), episode("x", 1), episode("y", 1), episode("y", 2))

    assert replay.environments() == ("x", "y")
    assert replay.seeds() == (1,)


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda replay: replay.attempt("a"), "strategy"),
        (lambda replay: replay.applicable(), "strategy"),
        (lambda replay: replay.episode("nowhere", 0), "environment"),
        (lambda replay: replay.episode("pages", 7), "seed"),
        (lambda replay: (replay.episode("pages", 0), replay.attempt("c")), "strategy"),
    ],
)
def test_what_was_not_recorded_is_refused_by_its_field(act, field):
    with pytest.raises(InvalidInput) as refused:
        act(world(episode()))

    assert refused.value.field == field


def test_the_summary_counts_every_environment_alike():
    won, lost = Recorded(reward=1.0, seconds=0.1), Recorded(reward=-1.0, seconds=0.1)
    matrix = Matrix(
        header=HEADER,
        episodes=(
            episode("x", 0, a=won),
            episode("x", 1, a=won, b=lost),
            episode("y", 0, a=lost, b=won),
        ),
    )

    summary = summarise(matrix)

    assert summary.rates == {"x": {"a": 1.0, "b": 0.0}, "y": {"a": 0.0, "b": 1.0}}
    assert summary.random == pytest.approx(0.5)
    assert summary.random_applicable == pytest.approx((0.75 + 0.5) / 2)
    assert summary.best_single == ("a", 0.5)
    assert summary.best_each == 1.0
    assert summary.solved == 2


# ---------------------------------------------------------------- the matrix in the repository


@pytest.fixture(scope="module")
def kept(request) -> Matrix:
    root = request.config.rootpath
    return load_matrix(root / "benchmarks/miniwob_matrix/matrix.jsonl.gz")


def test_the_kept_matrix_holds_every_environment_and_at_least_ten_seeds(kept):
    replay: World = MatrixWorld(kept)

    assert replay.environments() == ENVIRONMENTS
    assert len(replay.seeds()) >= 10
    assert len(kept.episodes) == len(ENVIRONMENTS) * len(replay.seeds())


def test_the_kept_matrix_was_made_by_the_repertoire_of_this_checkout(kept):
    assert [card.id for card in kept.header.strategies] == [strategy.id for strategy in REPERTOIRE]
    assert [card.description for card in kept.header.strategies] == [
        strategy.description for strategy in REPERTOIRE
    ]


def test_the_kept_matrix_leaves_a_memory_something_to_gain(kept):
    summary = summarise(kept)

    assert summary.solved >= 28
    assert summary.best_single[1] <= 0.25
    assert summary.random <= 0.10
    assert summary.best_each >= 0.80


def test_no_strategy_of_the_kept_matrix_serves_a_single_environment(kept):
    rates = summarise(kept).rates
    for strategy in REPERTOIRE:
        assert sum(rate[strategy.id] >= 0.5 for rate in rates.values()) >= 2, strategy.id


def test_the_environments_are_those_the_rule_kept(checkout):
    said = (checkout / "benchmarks/miniwob_matrix/selection.json").read_bytes()
    choices = msgspec.json.decode(said, type=list[Choice])

    assert tuple(choice.environment for choice in choices if choice.kept) == ENVIRONMENTS
    assert all(choice.kept == (not choice.reason) for choice in choices)


def test_the_page_of_the_matrix_shows_its_summary(kept, checkout):
    page = (checkout / "benchmarks/miniwob_matrix/README.md").read_text("utf-8")

    assert "".join(lines(kept)) in page
