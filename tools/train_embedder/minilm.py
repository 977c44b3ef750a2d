"""The teacher: all-MiniLM-L6-v2 from a folder of its Hugging Face files (model card: Apache-2.0)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

LONGEST_TEXT_TOKENS = 48
TOKENS_IN_BATCH = 1024
PIECES_IN_BATCH = 512
START_TOKEN, END_TOKEN = 101, 102


class MiniLM:
    """Embeds texts and single word pieces on one thread."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        self._model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST_TEXT_TOKENS)

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""
        return int(self._model.config.hidden_size)

    def embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Return the mean-pooled unit vectors of the texts, shape (number of texts, 384)."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        by_length = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        vectors = np.zeros((len(ids), self.dimension), np.float32)
        start = 0
        while start < len(by_length):
            stop = start + 1
            while (
                stop < len(by_length)
                and (stop - start + 1) * len(ids[by_length[stop]]) <= TOKENS_IN_BATCH
            ):
                stop += 1
            batch = by_length[start:stop]
            vectors[batch] = self._pooled([ids[number] for number in batch])
            start = stop
        return vectors

    def piece_vectors(self) -> npt.NDArray[np.float32]:
        """Return the output at each word piece standing alone between start and end token."""
        count = int(self._model.config.vocab_size)
        vectors = np.zeros((count, self.dimension), np.float32)
        for start in range(0, count, PIECES_IN_BATCH):
            numbers = range(start, min(count, start + PIECES_IN_BATCH))
            ids = torch.tensor([[START_TOKEN, number, END_TOKEN] for number in numbers])
            vectors[numbers.start : numbers.stop] = self._states(ids, torch.ones_like(ids))[
                :, 1
            ].numpy()
        return vectors

    def _pooled(self, ids: list[list[int]]) -> npt.NDArray[np.float32]:
        longest = max(map(len, ids))
        padded = torch.zeros((len(ids), longest), dtype=torch.long)
        mask = torch.zeros_like(padded)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        weights = mask.unsqueeze(-1).float()
        mean = (self._states(padded, mask) * weights).sum(1) / weights.sum(1)
        unit: npt.NDArray[np.float32] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return unit

    def _states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            states: torch.Tensor = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
        return states
