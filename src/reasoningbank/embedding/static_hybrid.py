"""The built-in embedder: text to 768 integers by table look-ups, offline and the same everywhere.

Dimensions 0-255 sum trained rows of word pieces, dimensions 256-767 hashed stems and character
n-grams (`lexical`). Every sum is a sum of integers that a double (or, for the table, a float32) holds
exactly, so neither the machine nor the order of additions can change a byte; only then come one
square root for each half and rounding by floor(x + 0.5). Other implementations are held to the
golden vectors in ``spec/embeddings``.
"""

import math
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoningbank.domain.text import SINGLE_MARK, words_and_units
from reasoningbank.embedding.lexical import LEXICAL_DIMENSION, PackedFeatures
from reasoningbank.embedding.table_files import SHIPPED, STATIC_DIMENSION, TableFiles
from reasoningbank.embedding.word_cache import WordCache

DIMENSION = STATIC_DIMENSION + LEXICAL_DIMENSION

_HALVES = np.array([0, STATIC_DIMENSION])
_LARGEST_IN_HALF = 32767  # magnitude of the largest component before the halves are weighted
_LARGEST_IN_VECTOR = 127

# What a word or unit contributes: its piece numbers as native uint16, and its packed features.
_Contribution = tuple[bytes, PackedFeatures]


class StaticHybridEmbedder:
    """Turns text into int8 vectors with one folder of table files; safe to share between threads."""

    dimension = DIMENSION
    version = "1"

    def __init__(self, directory: Path = SHIPPED) -> None:
        """Load the table files of a folder.

        Raises:
            Unavailable: A file is missing or cannot be read.
            StorageCorrupt: A file has another size than meta.json says.
        """
        files = TableFiles(directory)
        self.name = files.id
        self._static_weight = files.static_weight
        self._lexical_weight = math.sqrt(1 - self._static_weight * self._static_weight)
        self._most_pieces = files.most_pieces
        self._lexical = files.lexical_encoder()
        self._vocabulary = files.vocabulary()
        self._rows = files.packed_rows()
        self._scales = files.scales()
        self._two_dimensions_of_byte = _two_dimensions_of_byte()
        self._contributions = WordCache(self._contribution_of)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.int8]:
        """Return the vectors of the texts: int8, shape (number of texts, 768)."""
        vectors = np.empty((len(texts), DIMENSION), np.int8)
        for row, text in enumerate(texts):
            vectors[row] = self.embed_query(text)
        return vectors

    def embed_query(self, text: str) -> npt.NDArray[np.int8]:
        """Return the vector of a text: int8, shape (768,); all zero when it has no letter or digit."""
        words, units = words_and_units(text)
        keys = words + units if units else words
        if not keys:
            return np.zeros(DIMENSION, np.int8)
        pieces, packed = zip(*self._contributions.values_of(keys), strict=True)
        sums = np.empty(DIMENSION)
        sums[:STATIC_DIMENSION] = self._row_sums(b"".join(pieces))
        sums[STATIC_DIMENSION:] = self._lexical.bucket_sums(keys, packed)
        share = 1.0 if text.isascii() else _share_the_table_can_read(words, units)
        return self._weighted(sums, share)

    def _contribution_of(self, word_or_unit: str) -> _Contribution:
        readable = word_or_unit.isascii() and word_or_unit[0] > SINGLE_MARK
        pieces = self._vocabulary.pieces(word_or_unit) if readable else []
        return array("H", pieces).tobytes(), self._lexical.pack(word_or_unit)

    def _row_sums(self, pieces: bytes) -> npt.NDArray[np.float32]:
        """Return the sum of scale times row; exact, as 512 pieces x 4095 x 7 stay below 2^24."""
        numbers = np.frombuffer(pieces, np.uint16)[: self._most_pieces]
        packed_rows = self._rows.take(numbers, 0)
        rows = self._two_dimensions_of_byte.take(packed_rows).view(np.float32)
        sums: npt.NDArray[np.float32] = np.dot(self._scales.take(numbers), rows)
        return sums

    def _weighted(self, sums: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.int8]:
        """Return both halves at their weights as one int8 vector; changes `sums`.

        Each half becomes integers up to 32767, so that its norm is the root of an exact integer.
        """
        static, lexical = sums[:STATIC_DIMENSION], sums[STATIC_DIMENSION:]
        static_peak, lexical_peak = np.maximum.reduceat(np.absolute(sums), _HALVES).tolist()
        if static_peak:
            static *= _LARGEST_IN_HALF / static_peak
        if lexical_peak:
            lexical *= _LARGEST_IN_HALF / lexical_peak
        sums += 0.5
        np.floor(sums, sums)
        static_factor = lexical_factor = 0.0
        if static_peak:
            static_factor = self._static_weight * share / math.sqrt(static.dot(static))
        if lexical_peak:
            lexical_factor = self._lexical_weight / math.sqrt(lexical.dot(lexical))
        largest = _LARGEST_IN_HALF * max(static_factor, lexical_factor)
        if not largest:
            return np.zeros(DIMENSION, np.int8)
        step = _LARGEST_IN_VECTOR / largest
        static *= static_factor * step
        lexical *= lexical_factor * step
        sums += 0.5
        return np.floor(sums, sums).astype(np.int8)


def _share_the_table_can_read(words: Sequence[str], units: Sequence[str]) -> float:
    """Return ASCII words / (words + unspaced characters): the (English) table counts by this share."""
    readable = sum(map(str.isascii, words))
    characters = sum(unit[0] == SINGLE_MARK for unit in units)
    return readable / (len(words) + characters)


def _two_dimensions_of_byte() -> npt.NDArray[np.uint64]:
    """Return for each table byte its two values as neighbouring float32, looked up as one uint64."""
    byte = np.arange(256)
    pairs = np.stack([(byte >> 4) - 8, (byte & 15) - 8], axis=1).astype(np.float32)
    return pairs.view(np.uint64).ravel()
