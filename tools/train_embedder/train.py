"""Train the table of word pieces.

Usage: python -m tools.train_embedder.train --model MODEL --pieces WORK/pieces.npy --pairs WORK/pairs.json \
    --teacher WORK/teacher --out WORK/E.npy [--steps 820]

The vector of a text is the sum of its pieces' rows. Two losses alternate: pairs must find each other among the other
pairs of a batch (InfoNCE, both directions), and the similarities inside a batch of teacher texts must follow those
of the teacher (Kullback-Leibler). Both are taken at 256, 128 and 64 dimensions, so that a prefix of a row is a
row too. Training starts from the teacher's own piece vectors, reduced to 256 principal components and weighted
down for frequent pieces.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from reasoningbank.domain.text import words_and_units
from reasoningbank.embedding.wordpiece import Vocabulary
from tools.train_embedder.quantise import kept_pieces

Indices = npt.NDArray[np.int64]

DIMENSIONS = (256, 128, 64)
WEAK_KINDS = frozenset({"cnext", "dnext", "split", "name"})
MIXED_KINDS = frozenset({"intent", "chat"})  # batches of these are not kept to one repository
SMALLEST_BATCH = 128
FREQUENCY_SMOOTHING = 1e-4
NEVER = -1e4


@dataclass(frozen=True)
class Settings:
    """What was found to work; more steps, more distillation or a higher temperature gained nothing."""

    steps: int = 820
    rate: float = 1e-3
    temperature: float = 0.05
    distillation_weight: float = 3.0
    distillation_repeats: float = 1.5
    weak_share: float = 0.3  # of the pairs of WEAK_KINDS, newly drawn in each round
    by_repository: float = (
        0.5  # of the rounds: batches hold pairs of one repository, which is harder
    )
    pairs_in_batch: int = 768
    texts_in_batch: int = 512
    longest_first: int = 32
    longest_second: int = 48
    seed: int = 0


def initial_rows(piece_vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the principal components of the teacher's piece vectors, frequent pieces scaled down.

    The vocabulary is ordered by frequency, so Zipf's law gives the frequency of a number.
    """
    centred = piece_vectors - piece_vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    components = centred @ directions[:, ::-1][:, : DIMENSIONS[0]]
    frequency = 1 / np.arange(2, len(centred) + 2)
    frequency /= frequency.sum()
    rows = components * (FREQUENCY_SMOOTHING / (FREQUENCY_SMOOTHING + frequency))[:, None]
    length = float(np.sqrt((rows**2).sum(axis=1).mean()))
    return np.asarray(rows / length, np.float32)


class Bags:
    """Texts as bags of piece numbers, ready to be summed by embedding_bag."""

    def __init__(self, texts: list[str], vocabulary: Vocabulary, longest: int) -> None:
        pieces = [_pieces(text, vocabulary)[:longest] for text in texts]
        self.lengths = np.array([len(numbers) for numbers in pieces])
        self._starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self._numbers = np.array([number for numbers in pieces for number in numbers], np.int64)

    def sums(self, texts: Indices, rows: torch.Tensor) -> torch.Tensor:
        """Return the vectors of the texts."""
        parts = [self._numbers[self._starts[t] : self._starts[t + 1]] for t in texts]
        offsets = np.concatenate([[0], np.cumsum(self.lengths[texts])[:-1]])
        numbers = torch.from_numpy(np.concatenate(parts))
        return functional.embedding_bag(numbers, rows, torch.from_numpy(offsets), mode="sum")


def _pieces(text: str, vocabulary: Vocabulary) -> list[int]:
    words, _ = words_and_units(text)
    return [piece for word in words if word.isascii() for piece in vocabulary.pieces(word)]


def pair_loss(
    first: torch.Tensor, second: torch.Tensor, same: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Return how badly each text finds its partner in the batch; `same` marks equally right answers."""
    right = torch.arange(len(first))
    losses = []
    for size in DIMENSIONS:
        one = functional.normalize(first[:, :size], dim=1)
        other = functional.normalize(second[:, :size], dim=1)
        scores = (one @ other.T / temperature).masked_fill(same, NEVER)
        losses.append(functional.cross_entropy(scores, right))
        losses.append(functional.cross_entropy(scores.T, right))
    return torch.stack(losses).mean()


def distillation_loss(
    vectors: torch.Tensor, teacher: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Return how far the similarities in the batch are from those of the teacher."""
    itself = torch.eye(len(vectors), dtype=torch.bool)
    wanted = functional.softmax((teacher @ teacher.T / temperature).masked_fill(itself, NEVER), 1)
    losses = []
    for size in DIMENSIONS:
        unit = functional.normalize(vectors[:, :size], dim=1)
        scores = (unit @ unit.T / temperature).masked_fill(itself, NEVER)
        logarithms = functional.log_softmax(scores, 1)
        losses.append(functional.kl_div(logarithms, wanted, reduction="batchmean"))
    return torch.stack(losses).mean()


class PairData:
    """The pairs, grouped into batches of one kind or of one repository."""

    def __init__(self, pairs: list[list[str]], vocabulary: Vocabulary, settings: Settings) -> None:
        self.first = Bags([pair[0] for pair in pairs], vocabulary, settings.longest_first)
        self.second = Bags([pair[1] for pair in pairs], vocabulary, settings.longest_second)
        # Utterances of one intent are all right answers for each other.
        answers = [pair[2] if pair[2].startswith("intent") else pair[1] for pair in pairs]
        self._answer = _numbered(answers)
        self._question = _numbered([pair[0] for pair in pairs])
        self._kind = [pair[2].partition(":")[0] for pair in pairs]
        self._by_kind: defaultdict[str, list[int]] = defaultdict(list)
        self._by_repository: defaultdict[str, list[int]] = defaultdict(list)
        for number, pair in enumerate(pairs):
            if self.first.lengths[number] and self.second.lengths[number]:
                kind = self._kind[number]
                self._by_kind[kind].append(number)
                self._by_repository[kind if kind in MIXED_KINDS else pair[3]].append(number)

    def batches(self, settings: Settings, chance: random.Random) -> list[Indices]:
        """Return the batches of one round."""
        one_repository = chance.random() < settings.by_repository
        batches = []
        for group in (self._by_repository if one_repository else self._by_kind).values():
            drawn = [
                number
                for number in group
                if self._kind[number] not in WEAK_KINDS or chance.random() < settings.weak_share
            ]
            chance.shuffle(drawn)
            batches += _chunks(np.array(drawn, np.int64), settings.pairs_in_batch)
        return batches

    def same(self, batch: Indices) -> torch.Tensor:
        """Return which other pairs of the batch have the same question or the same answer."""
        answers, questions = self._answer[batch], self._question[batch]
        equal = (answers[:, None] == answers) | (questions[:, None] == questions)
        np.fill_diagonal(equal, val=False)
        return torch.from_numpy(equal)


class TeacherData:
    """The teacher's texts and vectors."""

    def __init__(self, prefixes: list[str], vocabulary: Vocabulary, settings: Settings) -> None:
        files = sorted(
            path
            for prefix in prefixes
            for path in Path(prefix).parent.glob(Path(prefix).name + ".*.npy")
        )
        texts = [t for f in files for t in json.loads(f.with_suffix(".json").read_text("utf-8"))]
        self.vectors = torch.from_numpy(np.concatenate([np.load(f) for f in files])).float()
        self.bags = Bags(texts, vocabulary, settings.longest_second)
        self._usable = np.flatnonzero(self.bags.lengths)

    def batches(self, settings: Settings, rng: np.random.Generator) -> list[Indices]:
        """Return the batches of one round; half of the passes put near neighbours side by side."""
        wanted = int(
            settings.distillation_repeats * len(self._usable) / settings.texts_in_batch + 1
        )
        batches: list[Indices] = []
        while len(batches) < wanted:
            order = rng.permutation(self._usable)
            if rng.random() < 0.5:
                direction = torch.from_numpy(rng.standard_normal(self.vectors.shape[1])).float()
                along = (self.vectors[self._usable] @ direction).numpy()
                noise = 0.3 * rng.standard_normal(len(along))
                order = self._usable[np.argsort(along + noise)]
            chunks = _chunks(order, settings.texts_in_batch)
            if not chunks:
                break
            batches += chunks
        rng.shuffle(batches)
        return batches[:wanted]


def _chunks(numbers: Indices, size: int) -> list[Indices]:
    chunks = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [chunk for chunk in chunks if len(chunk) >= SMALLEST_BATCH]


def _numbered(texts: list[str]) -> Indices:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)


def losses(
    rows: torch.nn.Parameter, pairs: PairData, teacher: TeacherData | None, settings: Settings
) -> Iterator[torch.Tensor]:
    """Yield the loss of one batch after another, for ever."""
    chance = random.Random(settings.seed)
    rng = np.random.default_rng(settings.seed)
    while True:
        queue: list[tuple[PairData | TeacherData, Indices]] = []
        queue += [(pairs, batch) for batch in pairs.batches(settings, chance)]
        if teacher is not None:
            queue += [(teacher, batch) for batch in teacher.batches(settings, rng)]
        chance.shuffle(queue)
        for data, batch in queue:
            if isinstance(data, PairData):
                first, second = data.first.sums(batch, rows), data.second.sums(batch, rows)
                yield pair_loss(first, second, data.same(batch), settings.temperature)
            else:
                vectors, wanted = data.bags.sums(batch, rows), data.vectors[batch]
                loss = distillation_loss(vectors, wanted, settings.temperature)
                yield settings.distillation_weight * loss


def train(
    start: npt.NDArray[np.float32], pairs: PairData, teacher: TeacherData | None, settings: Settings
) -> npt.NDArray[np.float32]:
    """Return the rows after `settings.steps` steps of Adam, the rate falling linearly."""
    rows = torch.nn.Parameter(torch.from_numpy(start))
    optimiser = torch.optim.Adam([rows], lr=settings.rate, betas=(0.9, 0.99))
    batches = losses(rows, pairs, teacher, settings)
    for step in range(settings.steps):
        warming = min(1.0, (step + 1) / 50)
        optimiser.param_groups[0]["lr"] = (
            settings.rate * warming * max(0.02, 1 - step / settings.steps)
        )
        loss = next(batches)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    trained: npt.NDArray[np.float32] = rows.detach().numpy()
    return trained


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with vocab.txt")
    parser.add_argument("--pieces", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--teacher", nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    arguments = parser.parse_args()
    settings = Settings(steps=arguments.steps, seed=arguments.seed)
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    lines = (
        (arguments.model / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    )
    kept = kept_pieces(lines)
    vocabulary = Vocabulary("".join(f"{lines[number]}\n" for number in kept).encode())
    pairs = PairData(json.loads(arguments.pairs.read_text("utf-8")), vocabulary, settings)
    teacher = TeacherData(arguments.teacher, vocabulary, settings) if arguments.teacher else None
    start = initial_rows(np.load(arguments.pieces))
    trained = start.copy()
    trained[kept] = train(start[kept], pairs, teacher, settings)
    np.save(arguments.out, trained)


if __name__ == "__main__":
    main()
