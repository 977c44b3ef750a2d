"""From a trained table to files that the package loads: quantising, frequencies, description, golden lines."""

from __future__ import annotations

import base64
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from reasoningbank.domain.text import words_and_units
from reasoningbank.embedding.hashing import hash32
from reasoningbank.embedding.static_hybrid import StaticHybridEmbedder
from reasoningbank.embedding.table_files import SHIPPED
from tools.train_embedder.describe import description, identity, term_frequency_weights
from tools.train_embedder.golden import golden_lines
from tools.train_embedder.idf import DocumentFrequencies
from tools.train_embedder.quantise import kept_pieces, quantise, write

GOLDEN = Path(__file__).parents[2] / "spec" / "embeddings" / "golden.jsonl"


def shipped_description() -> dict:
    return json.loads((SHIPPED / "meta.json").read_text(encoding="utf-8"))


class TestQuantise:
    @given(
        stn.arrays(
            np.float32,
            st.tuples(st.integers(1, 20), st.sampled_from([2, 8])),
            elements=st.floats(-100, 100, width=32),
        )
    )
    def test_values_stay_in_four_bits_and_scales_in_twelve(self, table):
        quantised = quantise(table)
        assert abs(quantised.rows).max() <= 7
        assert quantised.scales.min() >= 1
        assert quantised.scales.max() <= 4095

    def test_directions_survive(self):
        table = np.random.default_rng(1).standard_normal((200, 256))
        quantised = quantise(table)
        rows = quantised.rows.astype(float)
        cosines = (rows * table).sum(1) / np.sqrt((rows**2).sum(1) * (table**2).sum(1))
        assert cosines.min() > 0.98

    def test_lengths_survive_in_the_scales(self):
        table = np.random.default_rng(2).standard_normal((200, 256))
        table *= np.linspace(1, 5, 200)[:, None]
        quantised = quantise(table)
        lengths = np.linalg.norm(quantised.rows * quantised.scales[:, None].astype(float), axis=1)
        ratio = lengths / np.linalg.norm(table, axis=1)
        assert ratio.max() / ratio.min() < 1.1

    def test_two_dimensions_share_a_byte_the_even_one_high(self):
        quantised = quantise(np.array([[7.0, -7.0, 1.0, 0.0]]))
        assert quantised.rows.tolist() == [[7, -7, 1, 0]]
        assert quantised.packed().tolist() == [[0xF1, 0x98]]

    def test_a_row_of_zeros_stays_zero(self):
        assert not quantise(np.zeros((3, 4))).rows.any()

    def test_punctuation_and_special_tokens_are_dropped(self):
        vocabulary = ["[PAD]", "!", "a", "##b", "##!", "x9", "\u00e9", "##", "A", "[unused1]"]
        assert kept_pieces(vocabulary) == [2, 3, 5]


class TestDocumentFrequencies:
    def test_a_feature_of_every_text_weighs_least_and_an_unseen_one_most(self):
        frequencies = DocumentFrequencies()
        frequencies.add(["the cat", "the dog", "the cow", "the the ant"])
        idf = frequencies.quantised()
        assert idf[hash32("sthe") % 65536] == 1
        assert idf[hash32("scat") % 65536] == round(64 * math.sqrt(math.log(5 / 2)))
        assert idf[hash32("snever") % 65536] == round(64 * math.sqrt(math.log(5)))
        assert idf.dtype == np.uint8

    def test_a_text_may_count_several_times(self):
        once, often = DocumentFrequencies(), DocumentFrequencies()
        once.add(["\u56fe\u4e66"] * 10 + ["a"])
        often.add(["\u56fe\u4e66"], times=10)
        often.add(["a"])
        assert np.array_equal(once.quantised(), often.quantised())

    def test_a_text_without_words_counts_as_a_text(self):
        frequencies = DocumentFrequencies()
        frequencies.add(["one", "?!"])
        assert frequencies.quantised()[hash32("sone") % 65536] == round(
            64 * math.sqrt(math.log(1.5))
        )


class TestDescription:
    def test_the_shipped_id_and_weights_are_those_the_scripts_compute(self):
        shipped = shipped_description()
        hashes = {name: entry["sha256"] for name, entry in shipped["files"].items()}
        assert identity(hashes) == shipped["id"]
        assert term_frequency_weights() == shipped["tf"]

    def test_a_description_of_the_shipped_files_says_what_the_shipped_one_says(self):
        shipped = shipped_description()
        checked = [
            {
                "repo": source["repo"],
                "commit": source["commit"],
                "licence": source["licence"],
                "files": source["licence_files"],
                "accepted": True,
            }
            for source in shipped["sources"]
        ]
        used = [{"repo": s["repo"], "pairs": {"all": s["pairs"]}} for s in shipped["sources"]]
        assert description(SHIPPED, checked, used, alpha=0.8, note=shipped["note"]) == shipped

    @pytest.mark.parametrize("checked", [[], [{"repo": "a/b", "accepted": False}]])
    def test_a_source_without_an_accepted_licence_is_refused(self, checked):
        used = [{"repo": "a/b", "pairs": {"doc": 3}}]
        with pytest.raises(ValueError, match="a/b"):
            description(SHIPPED, checked, used, alpha=0.8, note="")


def test_golden_lines_of_the_shipped_table_are_the_golden_file():
    lines = GOLDEN.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    texts = [json.loads(line)["text"] for line in lines]
    assert list(golden_lines(StaticHybridEmbedder(), texts)) == lines


def test_a_folder_made_by_the_scripts_is_one_the_package_loads(tmp_path):
    vocabulary = ["[PAD]", "restart", "worker", "##s", "the", "!", "shoe"]
    kept = kept_pieces(vocabulary)
    table = np.random.default_rng(3).standard_normal((len(vocabulary), 256))
    write(quantise(table[kept]), [vocabulary[number] for number in kept], tmp_path)
    shutil.copy(SHIPPED / "idf.u8", tmp_path)
    content = description(tmp_path, [], [], alpha=0.8, note="made up")
    (tmp_path / "meta.json").write_text(json.dumps(content), encoding="utf-8")

    embedder = StaticHybridEmbedder(tmp_path)
    assert embedder.name == content["id"]
    static = embedder.embed_query("restart")[:256].astype(float)
    row = table[vocabulary.index("restart")]
    assert static @ row / math.sqrt((static @ static) * (row @ row)) > 0.98
    line = json.loads(next(golden_lines(embedder, ["the workers"])))
    assert base64.b64decode(line["vec"]) == embedder.embed_query("the workers").tobytes()
    assert words_and_units("the workers") == (["the", "workers"], [])
