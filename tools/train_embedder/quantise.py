"""Quantise a trained table and write table.int4, scales.u16 and vocab.txt.

Usage: python -m tools.train_embedder.quantise --table WORK/E.npy --vocab MODEL/vocab.txt --out DIR

Rows of pieces other than a-z and 0-9 are dropped: punctuation is ignored at run time, special tokens never occur.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

LARGEST_VALUE = 7
LARGEST_SCALE = (
    4095  # 12 bits: 512 pieces x 4095 x 7 stay below 2^24, so every float32 sum is exact
)
CLIPS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
OUTLIER_PERCENTILE = 99.95

_KEPT_PIECE = re.compile(r"(##)?[a-z0-9]+")


@dataclass(frozen=True)
class QuantisedTable:
    """Rows as integers -7 to 7, and the scale of each row from 1 to 4095."""

    rows: npt.NDArray[np.int8]
    scales: npt.NDArray[np.uint16]

    def packed(self) -> npt.NDArray[np.uint8]:
        """Return two dimensions in each byte: the even one high, the odd one low, each plus 8."""
        shifted = (self.rows + 8).astype(np.uint8)
        return (shifted[:, ::2] << 4 | shifted[:, 1::2]).astype(np.uint8)


def kept_pieces(vocabulary: list[str]) -> list[int]:
    """Return the numbers of the pieces that consist of a-z and 0-9."""
    return [number for number, piece in enumerate(vocabulary) if _KEPT_PIECE.fullmatch(piece)]


def quantise(table: npt.NDArray[np.floating]) -> QuantisedTable:
    """Return the table in 4 bits; each row is clipped where its squared error is least."""
    wide = table.astype(np.float64)
    peaks = np.maximum(np.abs(wide).max(axis=1, keepdims=True), 1e-12)
    least = np.full(len(wide), np.inf)
    rows = np.zeros(wide.shape, np.int8)
    steps = np.zeros(len(wide))
    for clip in CLIPS:
        step = peaks * clip / LARGEST_VALUE
        rounded = np.clip(np.round(wide / step), -LARGEST_VALUE, LARGEST_VALUE)
        errors = ((rounded * step - wide) ** 2).sum(axis=1)
        better = errors < least
        rows[better], steps[better], least[better] = (
            rounded[better],
            step[better, 0],
            errors[better],
        )
    # A few rows of rare pieces are far longer than all others; they would cost the rest their precision.
    largest = np.percentile(steps, OUTLIER_PERCENTILE)
    scales = np.clip(np.round(steps / largest * LARGEST_SCALE), 1, LARGEST_SCALE)
    return QuantisedTable(rows, scales.astype(np.uint16))


def write(quantised: QuantisedTable, pieces: list[str], folder: Path) -> None:
    """Write the three files as the package reads them."""
    quantised.packed().tofile(folder / "table.int4")
    quantised.scales.astype("<u2").tofile(folder / "scales.u16")
    lines = "".join(f"{piece}\n" for piece in pieces)
    (folder / "vocab.txt").write_bytes(lines.encode("ascii"))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--vocab", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    vocabulary = arguments.vocab.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    kept = kept_pieces(vocabulary)
    quantised = quantise(np.load(arguments.table)[kept])
    write(quantised, [vocabulary[number] for number in kept], arguments.out)
    print(f"{len(kept)} rows, scales {np.percentile(quantised.scales, [0, 5, 50, 95, 100])}")


if __name__ == "__main__":
    main()
