"""Another embedder: another name, another dimension, and moving to it while processes are killed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reasoningbank import EmbeddingMismatch, ReasoningBank
from reasoningbank.storage import open_storage
from tests.faults.campaign.rounds import Family, Round
from tests.faults.counting import count
from tests.faults.killing import kill_reembedding_at_each_step
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, build, pattern


class _WideEmbedder:
    """Give texts vectors of as many dimensions as asked for, made from their letters."""

    def __init__(self, dimension: int, name: str) -> None:
        self.dimension = dimension
        self.name = name

    def embed_query(self, text: str) -> npt.NDArray[np.int8]:
        counts = np.bincount(
            [ord(letter) % self.dimension for letter in text], minlength=self.dimension
        )
        return np.minimum(counts, 127).astype(np.int8)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.int8]:
        return np.stack([self.embed_query(text) for text in texts])


def _play(this: Round) -> str:
    if this.number % 4 == 1:
        kill_reembedding_at_each_step(this.folder)
    else:
        _change_models(this)
    return "names and dimensions changed at random; every fourth round a move killed at each write"


def _change_models(this: Round) -> None:
    chance = this.chance
    path = this.folder / "bank.db"
    ids = set(build(path)[:5])
    current = SmallEmbedder()
    for number in range(6):
        dimension = chance.choice([16, 8, 24, 40])
        other = _WideEmbedder(dimension, chance.choice(["small", f"other-{number}"]))
        same = (other.name, other.dimension) == (current.name, current.dimension)
        with ReasoningBank(open_storage(path), embedder=other) as bank:
            # What needs no vector works whatever the model.
            there = {one.id for one in bank.search_by_category("line", 100)}
            count(acknowledged=len(ids), lost=len(ids - there))
            assert there == ids
            if not same:
                _is_refused(bank)
            bank.reembed()
            found = bank.find_similar(pattern(3).task_description, top_k=100)
            assert {one.id for one in found} == ids
            assert found[0].similarity > 0.999
            assert faults(bank) == []
            ids.add(bank.store_pattern(pattern(1_000 + number)))
        current = other  # type: ignore[assignment]


def _is_refused(bank: ReasoningBank) -> None:
    try:
        bank.find_similar(pattern(3).task_description)
    except EmbeddingMismatch:
        count(refused=1)
    else:
        raise AssertionError("vectors of one model were compared with those of another")


FAMILY = Family(
    name="models",
    question="the embedder has another name or dimension, and the move to it is killed at each write",
    play=_play,
    share=0.5,
    in_memory=True,
)
