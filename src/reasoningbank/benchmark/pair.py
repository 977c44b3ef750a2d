"""One bank twice: as a program sees it, and bare."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.raw import RawBank, StoredRows
from reasoningbank.embedding import default_embedder, to_int8

if TYPE_CHECKING:
    from typing_extensions import Self

Vectors = npt.NDArray[np.int8]
Progress = Callable[[str], None]

_BATCH: Final = 1_000
_VECTOR_BATCH: Final = 10_000


class BankPair:
    """A bank of the corpus's first patterns, and a copy of its file under the bare engine.

    `ours` is the bank, `raw` the bare engine on the copy, `reader` the bare engine on the bank's
    own file, to see what it stored. `next_number` is the first pattern of the corpus not yet in.
    """

    def __init__(self, directory: Path, size: int, vectors: Vectors) -> None:
        """Build the bank in an empty directory, with one call of `store_patterns` per batch."""
        self.path = directory / "bank.db"
        self.ids: list[UUID] = []
        with ReasoningBank.open(self.path) as bank:
            for first in range(0, size, _BATCH):
                numbers = range(first, min(first + _BATCH, size))
                self.ids += bank.store_patterns(
                    map(corpus.pattern, numbers), vectors=vectors[first : numbers.stop]
                )
        self.file_bytes = self.path.stat().st_size
        self.next_number = size
        self._raw_path = directory / "raw.db"
        shutil.copyfile(self.path, self._raw_path)
        # Else the copy's pages would still be on their way to the disk while raw is being timed.
        with self._raw_path.open("rb+") as copied:
            os.fsync(copied.fileno())

    def __enter__(self) -> Self:
        self.ours = ReasoningBank.open(self.path)
        self.raw = RawBank(self._raw_path)
        self.reader = RawBank(self.path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.reader.close()
        self.raw.close()
        self.ours.close()

    def take_numbers(self, count: int) -> range:
        """Give the numbers of the next patterns to store, each once."""
        numbers = range(self.next_number, self.next_number + count)
        self.next_number = numbers.stop
        return numbers

    def stored_rows(self, ids: Sequence[UUID]) -> list[StoredRows]:
        """Give what storing these patterns left in the bank's file."""
        return [self.reader.rows_of(str(pattern_id)) for pattern_id in ids]


def corpus_vectors(
    size: int, cache: Path | None = None, progress: Progress | None = None
) -> Vectors:
    """Give the vectors of the corpus's first tasks, int8, shape (size, dimension).

    Args:
        size: How many.
        cache: A directory where they are kept for the next run, memory-mapped; it also keeps a
            million of them out of this process's memory.
        progress: Told what is going on.
    """
    embedder = default_embedder()
    shape = (size, embedder.dimension)
    if cache is None:
        vectors: Vectors = np.empty(shape, np.int8)
        _embed_into(vectors, progress)
        return vectors
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{embedder.name}-corpus{corpus.CORPUS_VERSION}-{size}.npy"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        mapped = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.int8, shape=shape)
        _embed_into(mapped, progress)
        mapped.flush()
        unfinished.rename(path)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def _embed_into(vectors: Vectors, progress: Progress | None) -> None:
    embedder = default_embedder()
    for first in range(0, len(vectors), _VECTOR_BATCH):
        numbers = range(first, min(first + _VECTOR_BATCH, len(vectors)))
        texts = [corpus.pattern(number).task_description for number in numbers]
        vectors[first : numbers.stop] = to_int8(embedder.embed_documents(texts))
        if progress is not None and len(vectors) > _VECTOR_BATCH:
            progress(f"embedded {numbers.stop:,} of {len(vectors):,} texts")
