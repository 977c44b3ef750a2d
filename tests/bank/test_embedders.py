"""Banks and the embedders they are opened with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import apsw
import numpy as np
import pytest

from reasoningbank import EmbeddingMismatch, InvalidInput, PatternInput, ReasoningBank


class LetterCounts:
    """A small embedder of another kind: how often each letter occurs, as floats."""

    name = "letter-counts"
    dimension = 26

    def embed_documents(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self.embed_query(text) for text in texts]).reshape(-1, self.dimension)

    def embed_query(self, text: str) -> np.ndarray:
        return np.array([text.lower().count(chr(97 + at)) for at in range(26)], np.float32)


class Reversed(LetterCounts):
    name = "reversed"
    version = "7"

    def embed_query(self, text: str) -> np.ndarray:
        return super().embed_query(text)[::-1].copy()


def pattern(task: str) -> PatternInput:
    return PatternInput(task_description=task, task_category="c", strategy=f"do {task}")


def test_any_object_with_the_four_members_is_an_embedder() -> None:
    with ReasoningBank.open("memory:", embedder=LetterCounts()) as bank:
        bank.store_patterns([pattern("aaab"), pattern("zzz")])
        assert [found.task_description for found in bank.find_similar("ab", top_k=1)] == ["aaab"]
        assert bank.get_stats().embedding_model == "letter-counts"


def test_vectors_of_two_models_are_never_compared(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, embedder=LetterCounts()) as bank:
        stored = bank.store_pattern(pattern("a task"))
    with ReasoningBank.open(path) as other:
        for call in (
            lambda: other.find_similar("a task"),
            lambda: other.store_pattern(pattern("another")),
            lambda: other.store_patterns([pattern("another")]),
            lambda: other.update_pattern(stored, task_description="changed"),
        ):
            with pytest.raises(EmbeddingMismatch) as caught:
                call()
            assert caught.value.stored == "letter-counts"
            assert caught.value.given.startswith("static-hybrid-768")
            assert "reembed" in str(caught.value)
        assert other.get_pattern(stored)
        assert other.search_by_category("c")
        assert other.update_pattern(stored, strategy="another way").version == 2


def test_reembedding_moves_a_bank_and_a_handle_of_the_old_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    seen: list[tuple[int, int]] = []
    with (
        ReasoningBank.open(path, embedder=LetterCounts()) as old,
        ReasoningBank.open(path, embedder=Reversed()) as new,
    ):
        old.store_patterns([pattern(f"task {number}") for number in range(600)])
        moved = new.reembed(progress=lambda done, total: seen.append((done, total)))
        assert (moved.model, moved.vectors) == ("reversed", 600)
        assert seen[-1] == (600, 600)
        assert len(new.find_similar("task 5", top_k=1000)) == 600
        with pytest.raises(EmbeddingMismatch):
            old.find_similar("task 5")
        assert new.reembed().vectors == 0


def test_reembedding_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    class Stops(Reversed):
        batches = 0

        def embed_documents(self, texts: Sequence[str]) -> np.ndarray:
            self.batches += 1
            if self.batches == 2:
                raise KeyboardInterrupt
            return super().embed_documents(texts)

    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, embedder=LetterCounts()) as old:
        old.store_patterns([pattern(f"task {number}") for number in range(600)])
        with ReasoningBank.open(path, embedder=Stops()) as new, pytest.raises(KeyboardInterrupt):
            new.reembed()
        assert len(old.find_similar("task 5", top_k=1000)) == 600
    with ReasoningBank.open(path, embedder=Reversed()) as new:
        assert new.reembed().vectors == 344


def test_patterns_stored_while_vectors_are_made_are_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, embedder=LetterCounts()) as old:
        first = old.store_pattern(pattern("task one"))

        class Interrupted(Reversed):
            def embed_documents(self, texts: Sequence[str]) -> np.ndarray:
                if old.get_stats().total_patterns == 1:
                    old.store_pattern(pattern("task two"))
                    old.update_pattern(first, task_description="task one changed")
                return super().embed_documents(texts)

        with ReasoningBank.open(path, embedder=Interrupted()) as new:
            new.reembed()
            found = {one.task_description: one.similarity for one in new.find_similar("task two")}
            assert set(found) == {"task two", "task one changed"}
            assert new.find_similar("task one changed")[0].similarity == pytest.approx(1.0)
            assert all(finding.level == "ok" for finding in new.check())


def test_reembedding_mends_a_damaged_vector(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_patterns([pattern("task one"), pattern("task two")])
    connection = apsw.Connection(str(path))
    connection.execute(
        "UPDATE pattern_embeddings SET embedding = zeroblob(768) "
        "WHERE pattern_id = (SELECT MIN(id) FROM patterns)"
    )
    connection.close()
    with ReasoningBank.open(path) as bank:
        assert [one.check for one in bank.check() if one.level == "error"] == ["vector contents"]
        assert bank.reembed().vectors == 1
        assert all(finding.level == "ok" for finding in bank.check())
        assert bank.find_similar("task one")[0].similarity == 1.0


@pytest.mark.parametrize("vectors", [np.zeros((1, 5), np.int8), np.zeros((2, 768), np.int8)])
def test_given_vectors_must_fit(vectors: np.ndarray, any_bank: ReasoningBank) -> None:
    with pytest.raises(InvalidInput) as caught:
        any_bank.store_patterns([pattern("a")], vectors=vectors)
    assert caught.value.field == "vectors"
    assert any_bank.get_stats().total_patterns == 0


def test_given_vectors_are_used_as_they_are(any_bank: ReasoningBank) -> None:
    vector = np.arange(768, dtype=np.float32) - 380
    any_bank.put(pattern("words that mean nothing here"), vector=vector)
    [found] = any_bank.find_similar("words that mean nothing here")
    assert found.similarity < 0.5


def test_an_embedder_that_gives_too_few_vectors_stores_nothing() -> None:
    class Short(LetterCounts):
        def embed_documents(self, texts: Sequence[str]) -> np.ndarray:
            return super().embed_documents(texts)[:-1]

    with ReasoningBank.open("memory:", embedder=Short()) as bank:
        with pytest.raises(InvalidInput):
            bank.store_patterns([pattern("a"), pattern("b")])
        assert bank.get_stats().total_patterns == 0
