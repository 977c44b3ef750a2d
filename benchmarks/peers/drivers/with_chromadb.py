"""Chroma's persistent client, with its defaults but for the distance, and vectors given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from loop import THOUSAND, Rows, number_in, serve


class Chroma:
    packages = ("chromadb",)

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def open(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.client = chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
        self.collection = self.client.get_or_create_collection(
            "patterns", embedding_function=None, metadata={"hnsw:space": "cosine"}
        )

    def close(self) -> None:
        close = getattr(self.client, "close", None)
        if close is not None:
            close()

    def fill(self, first: int, count: int) -> None:
        for start in range(first, first + count, THOUSAND):
            self._add(self._prepare_many(range(start, min(start + THOUSAND, first + count))))

    def operations(self) -> Any:
        return {
            "get": (self.id_of, self.get),
            "category": (
                self.rows.category,
                lambda name: self.collection.get(where={"category": name}, limit=10),
            ),
            "similar_5": (self._query, lambda vector: self._similar(vector, 5)),
            "similar_10": (self._query, lambda vector: self._similar(vector, 10)),
            "store": (lambda number: self._prepare_many([number]), self._add),
            "store_thousand": (
                lambda first: self._prepare_many(range(first, first + THOUSAND)),
                self._add,
            ),
        }

    def found(self, answer: Any) -> list[int]:
        return [number_in(row["strategy"]) for row in answer["metadatas"][0]]

    def id_of(self, number: int) -> str:
        return str(number)

    def get(self, id: str) -> Any:
        answer = self.collection.get(ids=[id])
        return answer if answer["ids"] else None

    def store(self, number: int) -> str:
        self._add(self._prepare_many([number]))
        return str(number)

    def _prepare_many(self, numbers: Any) -> Any:
        texts = [self.rows.text(number) for number in numbers]
        return {
            "ids": [str(number) for number in numbers],
            "embeddings": [
                np.frombuffer(self.rows.packed(number), np.float32) for number in numbers
            ],
            "documents": [task for task, *_ in texts],
            "metadatas": [
                {"category": category, "strategy": strategy, "score": score}
                for _, category, strategy, score in texts
            ],
        }

    def _add(self, given: Any) -> None:
        self.collection.add(**given)

    def _query(self, number: int) -> Any:
        return np.frombuffer(self.rows.packed(number, "queries.f32"), np.float32)

    def _similar(self, vector: Any, k: int) -> Any:
        return self.collection.query(query_embeddings=[vector], n_results=k)


serve(Chroma)
