"""The least that could work: a matrix in memory, and two files that rows are appended to. No locks, no checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from loop import DIMENSION, THOUSAND, Rows, number_in, serve


class TwoFiles:
    packages = ("numpy",)

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def open(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.lines = (path / "rows.jsonl").open("a+", encoding="utf-8")
        self.raw = (path / "vectors.f32").open("a+b")
        self.lines.seek(0)
        self.texts = [json.loads(line) for line in self.lines]
        self.raw.seek(0)
        kept = np.frombuffer(self.raw.read(), np.float32).reshape(-1, DIMENSION)
        self.matrix = np.empty((max(1024, 2 * len(kept)), DIMENSION), np.float32)
        self.matrix[: len(kept)] = kept
        self.by_category: dict[str, list[int]] = {}
        for at, row in enumerate(self.texts):
            self.by_category.setdefault(row[1], []).append(at)

    def close(self) -> None:
        self.lines.close()
        self.raw.close()

    def fill(self, first: int, count: int) -> None:
        self._many([self._prepare(number) for number in range(first, first + count)])

    def operations(self) -> Any:
        return {
            "get": (self.id_of, self.get),
            "category": (self.rows.category, self._in_category),
            "similar_5": (self._query, lambda vector: self._similar(vector, 5)),
            "similar_10": (self._query, lambda vector: self._similar(vector, 10)),
            "store": (self._prepare, lambda one: self._many([one])),
            "store_thousand": (
                lambda first: [self._prepare(number) for number in range(first, first + THOUSAND)],
                self._many,
            ),
        }

    def found(self, answer: Any) -> list[int]:
        return [number_in(row[2]) for row in answer]

    def id_of(self, number: int) -> int:
        return number

    def get(self, id: int) -> Any:
        return self.texts[id] if id < len(self.texts) else None

    def store(self, number: int) -> int:
        self._many([self._prepare(number)])
        return len(self.texts) - 1

    def _prepare(self, number: int) -> Any:
        return self.rows.text(number), np.frombuffer(self.rows.packed(number), np.float32)

    def _many(self, given: Any) -> None:
        for text, vector in given:
            at = len(self.texts)
            if at == len(self.matrix):
                self.matrix = np.concatenate([self.matrix, np.empty_like(self.matrix)])
            self.matrix[at] = vector
            self.texts.append(text)
            self.by_category.setdefault(text[1], []).append(at)
            self.lines.write(json.dumps(text) + "\n")
            self.raw.write(vector.tobytes())
        self.lines.flush()
        self.raw.flush()

    def _in_category(self, name: str) -> Any:
        rows = [self.texts[at] for at in self.by_category.get(name, ())]
        return sorted(rows, key=lambda row: -row[3])[:10]

    def _query(self, number: int) -> Any:
        return np.frombuffer(self.rows.packed(number, "queries.f32"), np.float32)

    def _similar(self, vector: Any, k: int) -> Any:
        near = self.matrix[: len(self.texts)] @ vector
        best = np.argpartition(near, -k)[-k:]
        return [self.texts[at] for at in best[np.argsort(-near[best])]]


serve(TwoFiles)
