"""The lexical half behind another embedder's vectors."""

from __future__ import annotations

import numpy as np
import pytest

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.embedding import Embedder, cosine_similarity, default_embedder, to_int8
from reasoningbank.embedding.lexical_hybrid import LexicalHybridEmbedder


class Flat:
    """Finds every text alike, except that a text with an x points the other way."""

    name = "flat"
    dimension = 3
    version = "7"

    def embed_documents(self, texts):
        rows = [[9.0, 0, -9.0] if "x" in text else [-2.0, 0, 2.0] for text in texts]
        return np.array(rows).reshape(len(texts), self.dimension)

    def embed_query(self, text):
        return self.embed_documents([text])[0]


@pytest.fixture
def embedder() -> LexicalHybridEmbedder:
    return LexicalHybridEmbedder(Flat())


def cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_it_is_an_embedder_with_512_dimensions_more(embedder):
    assert isinstance(embedder, Embedder)
    assert embedder.dimension == 3 + 512
    assert embedder.embed_documents(["a", "b"]).shape == (2, 515)
    assert embedder.embed_documents([]).shape == (0, 515)


def test_its_name_tells_the_inner_model_the_table_and_the_weight(embedder):
    assert embedder.name == "flat+lexical-e30f5fc8-0.9"
    assert embedder.version == "7"
    assert LexicalHybridEmbedder(Flat(), alpha=0.8).name == "flat+lexical-e30f5fc8-0.8"


def test_a_question_and_a_document_of_the_same_text_have_the_same_vector(embedder):
    text = "restart the worker \u56fe\u4e66"
    assert np.array_equal(embedder.embed_query(text), embedder.embed_documents([text])[0])


def test_the_cosine_is_the_weighted_mean_of_both_halves(embedder):
    one, other = "restart the worker", "restarting workers"
    a, b = embedder.embed_documents([one, other]).astype(float)
    lexical = cosine(a[3:], b[3:])
    assert 0.2 < lexical < 0.9
    assert cosine(a, b) == pytest.approx(0.81 * 1.0 + 0.19 * lexical, abs=1e-6)
    opposite = embedder.embed_query("restart the worker x").astype(float)
    assert cosine(a[:3], opposite[:3]) == pytest.approx(-1.0)


def test_the_lexical_half_is_that_of_the_built_in_embedder(embedder):
    text = "restart the worker and the queue"
    ours = default_embedder().embed_query(text)[256:].astype(float)
    theirs = embedder.embed_query(text)[3:].astype(float)
    assert cosine(ours, theirs) > 0.999


def test_text_without_words_keeps_the_inner_half(embedder):
    vector = embedder.embed_query("?!")
    assert np.linalg.norm(vector[:3]) == pytest.approx(0.9)
    assert not vector[3:].any()


def test_as_int8_it_still_ranks_by_both_halves(embedder):
    question, close, far = to_int8(
        embedder.embed_documents(["restart the worker", "restarting workers", "buy blue shoes"])
    )
    assert cosine_similarity(question, close) > cosine_similarity(question, far)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_a_weight_that_leaves_out_a_half_is_refused(alpha):
    with pytest.raises(InvalidInput) as caught:
        LexicalHybridEmbedder(Flat(), alpha=alpha)
    assert caught.value.field == "alpha"
