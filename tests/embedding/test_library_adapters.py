"""Embedders that need a library: without it, with a stand-in for it, and with the true one where installed.

The stand-ins have the signatures of sentence-transformers 3 and 5, model2vec 0.10 and fastembed 0.9.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.embedding import Embedder, default_embedder, embedder_from_name, to_int8

SIZE = 4
LIBRARIES = {
    "sentence-transformers": "sentence_transformers",
    "model2vec": "model2vec",
    "fastembed": "fastembed",
}


def vector_of(text: str, *, question: bool = False) -> np.ndarray:
    return np.array([len(text), 1.0, -1.0, float(question)], np.float64)


class OldSentenceTransformer:
    """Knows only `encode`."""

    def __init__(self, model_name_or_path, *, device=None):
        self.loaded = (model_name_or_path, device)

    def encode(
        self,
        sentences,
        *,
        batch_size=32,
        show_progress_bar=None,
        convert_to_numpy=True,
        normalize_embeddings=False,
    ):
        assert convert_to_numpy
        assert normalize_embeddings
        assert show_progress_bar is False
        one = isinstance(sentences, str)
        vectors = np.stack([vector_of(text) for text in ([sentences] if one else sentences)])
        return vectors[0] if one else vectors


class NewSentenceTransformer(OldSentenceTransformer):
    """Tells questions from documents."""

    def encode_document(self, sentences, **options):
        return self.encode(sentences, **options)

    def encode_query(self, sentences, **options):
        self.encode(sentences, **options)
        return vector_of(sentences, question=True)


class StaticModel:
    dim = SIZE

    @classmethod
    def from_pretrained(cls, path):
        assert path == "a-model"
        return cls()

    def encode(self, sentences):
        assert isinstance(sentences, list)
        return np.stack([vector_of(text) for text in sentences])


class TextEmbedding:
    def __init__(self, model_name):
        assert model_name == "a-model"

    def embed(self, documents):
        assert isinstance(documents, list)
        return (vector_of(text) for text in documents)

    def query_embed(self, query):
        return iter([vector_of(query, question=True)])


def install(monkeypatch, library: str, name: str, value: object) -> None:
    module = ModuleType(library)
    setattr(module, name, value)
    monkeypatch.setitem(sys.modules, library, module)


STAND_INS = [
    pytest.param("sentence-transformers", "SentenceTransformer", OldSentenceTransformer, id="st3"),
    pytest.param("sentence-transformers", "SentenceTransformer", NewSentenceTransformer, id="st5"),
    pytest.param("model2vec", "StaticModel", StaticModel, id="model2vec"),
    pytest.param("fastembed", "TextEmbedding", TextEmbedding, id="fastembed"),
]


@pytest.mark.parametrize("extra", sorted(LIBRARIES))
def test_without_the_library_the_error_names_the_command_that_installs_it(monkeypatch, extra):
    monkeypatch.setitem(sys.modules, LIBRARIES[extra], None)
    with pytest.raises(Unavailable) as caught:
        embedder_from_name(f"{extra}:a-model")
    assert f'pip install "agent-reasoningbank[{extra}]"' in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ("sentence-transformers", "SentenceTransformer"),
        ("model2vec", "StaticModel"),
        ("fastembed", "TextEmbedding"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_told_of_by_our_error(monkeypatch, extra, name):
    class Refusing:
        def __init__(self, *_, **__):
            raise ValueError("not in the list of models")

        from_pretrained = classmethod(lambda cls, path: cls())

    install(monkeypatch, LIBRARIES[extra], name, Refusing)
    with pytest.raises(Unavailable) as caught:
        embedder_from_name(f"{extra}:no-such-model")
    assert caught.value.field == "embedder"
    assert "no-such-model" in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("extra", sorted(LIBRARIES))
def test_the_command_names_an_extra_that_exists(extra):
    configuration = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    extras = configuration.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    assert f"\n{extra} = [" in extras


@pytest.mark.parametrize(("extra", "name", "stand_in"), STAND_INS)
class TestWithAStandIn:
    @pytest.fixture
    def embedder(self, monkeypatch, extra, name, stand_in) -> Embedder:
        install(monkeypatch, LIBRARIES[extra], name, stand_in)
        return embedder_from_name(f"{extra}:a-model")

    def test_it_is_an_embedder_named_after_its_model(self, embedder, extra):
        assert isinstance(embedder, Embedder)
        assert embedder.name == f"{extra}:a-model"
        assert embedder.dimension == SIZE

    def test_documents_are_rows_in_order(self, embedder):
        vectors = embedder.embed_documents(["a", "bcd"])
        assert vectors.dtype == np.float32
        assert vectors[:, 0].tolist() == [1.0, 3.0]
        assert to_int8(vectors).shape == (2, SIZE)

    def test_no_documents_are_no_rows(self, embedder):
        assert embedder.embed_documents([]).shape == (0, SIZE)

    def test_a_question_is_embedded_as_one_where_the_library_can(self, embedder, stand_in):
        vector = embedder.embed_query("why")
        assert vector.shape == (SIZE,)
        assert vector.dtype == np.float32
        assert vector[3] == (stand_in in (NewSentenceTransformer, TextEmbedding))


class TestWithTheTrueLibrary:
    """On models of seven words made here; nothing is downloaded."""

    words = ("[PAD]", "[UNK]", "restart", "the", "worker", "shoes", "queue")

    def tokenizer(self):
        tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
        model = tokenizers.models.WordPiece(
            {word: number for number, word in enumerate(self.words)}, unk_token="[UNK]"
        )
        made = tokenizers.Tokenizer(model)
        made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        return made

    def table(self):
        return np.random.default_rng(0).standard_normal((len(self.words), 8)).astype(np.float32)

    def test_model2vec(self, tmp_path):
        model2vec = pytest.importorskip("model2vec", reason="model2vec is not installed")
        model2vec.StaticModel(self.table(), self.tokenizer()).save_pretrained(str(tmp_path / "m"))
        embedder = embedder_from_name(f"model2vec:{tmp_path / 'm'}")
        vectors = embedder.embed_documents(["restart the worker", "shoes", ""])
        assert vectors.shape == (3, embedder.dimension) == (3, 8)
        assert np.array_equal(vectors[0], embedder.embed_query("restart the worker"))

    def test_sentence_transformers(self, tmp_path):
        library = pytest.importorskip(
            "sentence_transformers", reason="sentence-transformers is not installed"
        )
        models = pytest.importorskip("sentence_transformers.models")
        table = models.StaticEmbedding(self.tokenizer(), embedding_weights=self.table())
        library.SentenceTransformer(modules=[table], device="cpu").save(str(tmp_path / "m"))
        embedder = embedder_from_name(f"sentence-transformers:{tmp_path / 'm'}")
        vectors = embedder.embed_documents(["restart the worker", "shoes"])
        assert vectors.shape == (2, embedder.dimension) == (2, 8)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0)
        assert np.allclose(vectors[0], embedder.embed_query("restart the worker"), atol=1e-6)

    def test_fastembed(self, tmp_path, monkeypatch):
        fastembed = pytest.importorskip("fastembed", reason="fastembed is not installed")
        onnx = pytest.importorskip("onnx", reason="onnx is not installed")
        self.write_onnx_model(onnx, tmp_path)
        description = pytest.importorskip("fastembed.common.model_description")
        fastembed.TextEmbedding.add_custom_model(
            model="local/tiny",
            pooling=description.PoolingType.MEAN,
            normalization=True,
            sources=description.ModelSource(hf="local/tiny"),
            dim=8,
            model_file="model.onnx",
        )

        class FromFolder(fastembed.TextEmbedding):
            def __init__(self, model_name):
                super().__init__(model_name=model_name, specific_model_path=str(tmp_path))

        monkeypatch.setattr(fastembed, "TextEmbedding", FromFolder)
        embedder = embedder_from_name("fastembed:local/tiny")
        vectors = embedder.embed_documents(["restart the worker", "shoes"])
        assert vectors.shape == (2, embedder.dimension) == (2, 8)
        assert np.allclose(vectors[0], embedder.embed_query("restart the worker"))

    def write_onnx_model(self, onnx, folder: Path) -> None:
        integers, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
        helper = onnx.helper
        graph = helper.make_graph(
            [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"], axis=0)],
            "look_up",
            [
                helper.make_tensor_value_info("input_ids", integers, ["batch", "length"]),
                helper.make_tensor_value_info("attention_mask", integers, ["batch", "length"]),
            ],
            [helper.make_tensor_value_info("last_hidden_state", floats, ["batch", "length", 8])],
            [onnx.numpy_helper.from_array(self.table(), "table")],
        )
        opset = helper.make_opsetid("", 17)
        onnx.save(
            helper.make_model(graph, opset_imports=[opset], ir_version=8), folder / "model.onnx"
        )
        self.tokenizer().save(str(folder / "tokenizer.json"))
        special = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
        for name, content in {
            "config.json": {"pad_token_id": 0},
            "tokenizer_config.json": {"model_max_length": 128, "max_length": 128, **special},
            "special_tokens_map.json": special,
        }.items():
            (folder / name).write_text(json.dumps(content))


class TestNames:
    def test_default_is_the_built_in_embedder(self):
        assert embedder_from_name("default") is default_embedder()

    @pytest.mark.parametrize(
        "spec",
        [
            "",
            "Default",
            "openai",
            "openai:",
            ":x",
            "cohere:x",
            "+lexical",
            "default+lexical",
            "openai:+lexical",
        ],
    )
    def test_anything_unknown_is_refused_with_the_forms_that_are_known(self, spec):
        with pytest.raises(InvalidInput) as caught:
            embedder_from_name(spec)
        assert caught.value.field == "embedder"
        assert "ollama:MODEL" in str(caught.value)

    def test_openai_takes_address_and_key_from_the_environment(self, monkeypatch):
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
        embedder = embedder_from_name("openai:text-small")
        assert embedder.name == "openai:text-small"
        assert embedder._endpoint.url == "http://127.0.0.1:9/v1/embeddings"
        assert embedder._endpoint._api_key == "sk-x"

    def test_openai_needs_neither(self, monkeypatch):
        monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        embedder = embedder_from_name("openai:text-small")
        assert embedder._endpoint.url == "https://api.openai.com/v1/embeddings"

    @pytest.mark.parametrize(
        ("host", "url"),
        [
            (None, "http://127.0.0.1:11434/api/embed"),
            ("192.168.0.7:11434", "http://192.168.0.7:11434/api/embed"),
            ("https://ollama.example.org", "https://ollama.example.org/api/embed"),
        ],
    )
    def test_ollama_takes_its_host_from_the_environment(self, monkeypatch, host, url):
        monkeypatch.delenv("OLLAMA_HOST", raising=False)
        if host:
            monkeypatch.setenv("OLLAMA_HOST", host)
        embedder = embedder_from_name("ollama:nomic-embed-text:v1.5")
        assert embedder.name == "ollama:nomic-embed-text:v1.5"
        assert embedder._endpoint.url == url
