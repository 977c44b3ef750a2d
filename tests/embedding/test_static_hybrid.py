"""The built-in embedder: the specified bytes, on one thread or many, for any text, in bounded memory."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import string
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.errors import StorageCorrupt, Unavailable
from reasoningbank.embedding import Embedder, cosine_similarity, default_embedder
from reasoningbank.embedding.static_hybrid import StaticHybridEmbedder
from reasoningbank.embedding.table_files import SHIPPED
from reasoningbank.embedding.word_cache import GENERATION_SIZE

GOLDEN = Path(__file__).parents[2] / "spec" / "embeddings" / "golden.jsonl"
IDENTITY = "static-hybrid-768-v1-3cd8498a6dc19b93"


def golden_vectors() -> dict[str, bytes]:
    lines = map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines())
    return {line["text"]: base64.b64decode(line["vec"]) for line in lines}


@pytest.fixture(scope="module")
def embedder() -> StaticHybridEmbedder:
    return StaticHybridEmbedder()


class TestBytes:
    def test_golden_texts_give_the_golden_bytes(self, embedder):
        golden = golden_vectors()
        assert len(golden) == 200
        wrong = [
            text
            for text, vector in golden.items()
            if embedder.embed_query(text).tobytes() != vector
        ]
        assert wrong == []

    def test_golden_texts_give_the_same_bytes_in_one_batch(self, embedder):
        golden = golden_vectors()
        vectors = embedder.embed_documents(list(golden))
        assert vectors.dtype == np.int8
        assert vectors.shape == (200, 768)
        assert vectors.tobytes() == b"".join(golden.values())

    def test_a_word_already_seen_gives_the_bytes_of_the_first_time(self, embedder):
        text = "warm and cold words give one vector, words and words"
        assert (
            StaticHybridEmbedder().embed_query(text).tobytes()
            == embedder.embed_query(text).tobytes()
        )
        assert embedder.embed_query(text).tobytes() == embedder.embed_query(text).tobytes()

    def test_shipped_files_are_those_the_id_was_made_from(self, embedder):
        meta = json.loads((SHIPPED / "meta.json").read_text(encoding="utf-8"))
        hashes = {
            name: hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest()
            for name in meta["files"]
        }
        assert hashes == {name: entry["sha256"] for name, entry in meta["files"].items()}
        joined = "".join(hashes[name] for name in sorted(hashes))
        assert hashlib.sha256(joined.encode()).hexdigest()[:16] == IDENTITY.rpartition("-")[2]
        assert embedder.name == meta["id"] == IDENTITY

    def test_every_shipped_file_is_listed(self):
        meta = json.loads((SHIPPED / "meta.json").read_text(encoding="utf-8"))
        assert {path.name for path in SHIPPED.iterdir()} == {*meta["files"], "meta.json"}


class TestShape:
    def test_it_is_an_embedder_of_768_dimensions(self, embedder):
        assert isinstance(embedder, Embedder)
        assert embedder.dimension == 768
        assert embedder.embed_query("restart the worker").shape == (768,)

    def test_no_text_gives_no_row(self, embedder):
        assert embedder.embed_documents([]).shape == (0, 768)

    @pytest.mark.parametrize(
        "text", ["", " \n\t", "?!...", "\x00\x01", "\u2026\u00bf", "\ud800", "\U00010900"]
    )
    def test_text_without_letters_or_digits_gives_the_zero_vector(self, embedder, text):
        vector = embedder.embed_query(text)
        assert not vector.any()
        assert cosine_similarity(vector, embedder.embed_query("something")) == 0.0

    def test_a_vector_belongs_to_the_caller(self, embedder):
        first = embedder.embed_query("mine")
        kept = first.tobytes()
        first[:] = 0
        assert embedder.embed_query("mine").tobytes() == kept

    def test_meaning_shows_in_the_cosine(self, embedder):
        question = embedder.embed_query("How do I restart the background worker?")
        close = embedder.embed_query("restarting background workers after a crash")
        far = embedder.embed_query("Add the cheapest running shoes to my cart")
        assert cosine_similarity(question, close) > cosine_similarity(question, far) + 0.2


class TestHostileText:
    def test_every_code_point_of_the_basic_plane_is_embedded(self, embedder):
        for start in range(0, 0x10000, 64):
            block = "".join(map(chr, range(start, start + 64)))
            assert embedder.embed_query(block).shape == (768,)

    @given(st.text(alphabet=st.characters(), max_size=80))
    def test_any_text_gives_a_vector_whose_largest_magnitude_is_127_or_0(self, embedder, text):
        vector = embedder.embed_query(text).astype(int)
        assert abs(vector).max() in (0, 127)

    def test_a_word_of_64_kb_is_embedded_by_its_first_64_characters(self, embedder):
        long = "ab" * 32768
        assert embedder.embed_query(long).tobytes() == embedder.embed_query("ab" * 512).tobytes()
        assert embedder.embed_query(long).any()

    def test_64_kb_of_distinct_words_are_embedded(self, embedder):
        words = [f"w{number:05d}" for number in range(9362)]
        assert embedder.embed_query(" ".join(words)).any()

    def test_only_the_first_512_pieces_reach_the_table(self, embedder):
        start = embedder.embed_query("first " * 512)[:256]
        longer = embedder.embed_query("first " * 512 + "second " * 512)[:256]
        # The same direction: only the share of the lexical half differs.
        assert cosine_similarity(start, longer) > 0.999

    def test_words_beyond_the_bound_push_out_old_ones(self):
        embedder = StaticHybridEmbedder()
        letters = random.Random(5)
        for _ in range(100):
            words = ["".join(letters.choices(string.ascii_lowercase, k=4)) for _ in range(400)]
            embedder.embed_query(" ".join(words))
        assert GENERATION_SIZE < len(embedder._contributions) <= 2 * GENERATION_SIZE

    def test_a_very_long_word_is_not_kept(self):
        embedder = StaticHybridEmbedder()
        embedder.embed_query("x" * 65536)
        assert len(embedder._contributions) == 0


class TestThreads:
    def test_many_threads_give_the_bytes_of_one(self):
        interval = sys.getswitchinterval()
        golden = golden_vectors()
        texts = list(golden) * 4
        random.Random(3).shuffle(texts)
        embedder = StaticHybridEmbedder()
        sys.setswitchinterval(1e-5)
        try:
            with ThreadPoolExecutor(8) as pool:
                vectors = list(pool.map(lambda text: embedder.embed_query(text).tobytes(), texts))
        finally:
            sys.setswitchinterval(interval)
        assert vectors == [golden[text] for text in texts]

    def test_the_default_embedder_is_one_for_all_threads(self):
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: default_embedder(), range(32)))
        assert len(set(map(id, made))) == 1
        assert made[0].name == IDENTITY


class TestFiles:
    @pytest.fixture
    def copy(self, tmp_path) -> Path:
        return Path(shutil.copytree(SHIPPED, tmp_path / "data"))

    def test_a_copy_of_the_folder_works(self, copy, embedder):
        assert (
            StaticHybridEmbedder(copy).embed_query("a b").tobytes()
            == embedder.embed_query("a b").tobytes()
        )

    @pytest.mark.parametrize(
        "name", ["table.int4", "scales.u16", "vocab.txt", "idf.u8", "meta.json"]
    )
    def test_a_missing_file_is_named(self, copy, name):
        (copy / name).unlink()
        with pytest.raises(Unavailable) as caught:
            StaticHybridEmbedder(copy)
        assert caught.value.path == str(copy / name)

    @pytest.mark.parametrize("name", ["table.int4", "scales.u16", "vocab.txt", "idf.u8"])
    def test_a_cut_file_is_named(self, copy, name):
        (copy / name).write_bytes((copy / name).read_bytes()[:-1])
        with pytest.raises(StorageCorrupt) as caught:
            StaticHybridEmbedder(copy)
        assert caught.value.path == str(copy / name)

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"id": 1', "\x00"])
    def test_a_damaged_description_is_named(self, copy, content):
        (copy / "meta.json").write_text(content)
        with pytest.raises(StorageCorrupt) as caught:
            StaticHybridEmbedder(copy)
        assert caught.value.path == str(copy / "meta.json")


def test_importing_the_package_loads_neither_numpy_nor_the_table():
    program = (
        "import sys, reasoningbank.embedding\n"
        "assert 'numpy' not in sys.modules\n"
        "assert 'reasoningbank.embedding.static_hybrid' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
