"""mem0 without a language model (`infer=False`), on its default store, Qdrant in this process, and vectors given.

Its default embedder asks a server; an object with the same method is put in its place and hands out the vector at
hand. The client of a model is made, as mem0 insists, and never used.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from loop import DIMENSION, Rows, number_in, serve

os.environ["MEM0_TELEMETRY"] = "False"
os.environ["OPENAI_API_KEY"] = "none"


class GivenVector:
    def __init__(self) -> None:
        self.vector: list[float] = []

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        del text, memory_action
        return self.vector


class Mem0:
    packages = ("mem0ai", "qdrant-client")

    def __init__(self, rows: Rows) -> None:
        self.rows, self.ids = rows, {}

    def open(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        os.environ["MEM0_DIR"] = str(path)
        from mem0 import Memory

        store = {"path": str(path / "qdrant"), "embedding_model_dims": DIMENSION, "on_disk": True}
        self.memory = Memory.from_config(
            {
                "vector_store": {"provider": "qdrant", "config": store},
                "history_db_path": str(path / "history.db"),
            }
        )
        self.given = GivenVector()
        self.memory.embedding_model = self.given

    def close(self) -> None:
        self.memory.close()
        self.memory.vector_store.client.close()

    def fill(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            self.ids[number] = self.store(number)

    def operations(self) -> Any:
        return {
            "get": (self.id_of, self.get),
            "category": (self.rows.category, self._in_category),
            "similar_5": (self._query, lambda given: self._similar(given, 5)),
            "similar_10": (self._query, lambda given: self._similar(given, 10)),
            "store": (self._prepare, self._add),
        }

    def found(self, answer: Any) -> list[int]:
        return [number_in(one["metadata"]["strategy"]) for one in answer["results"]]

    def id_of(self, number: int) -> str:
        return self.ids[number]

    def get(self, id: str) -> Any:
        return self.memory.get(id)

    def store(self, number: int) -> str:
        return self._add(self._prepare(number))["results"][0]["id"]

    def _prepare(self, number: int) -> Any:
        task, category, strategy, score = self.rows.text(number)
        kept = {"category": category, "strategy": strategy, "score": score}
        return self.rows.floats(number), task, kept

    def _add(self, given: Any) -> Any:
        self.given.vector = given[0]
        return self.memory.add(given[1], user_id="bench", metadata=given[2], infer=False)

    def _in_category(self, name: str) -> Any:
        return self.memory.get_all(filters={"user_id": "bench", "category": name}, top_k=10)

    def _query(self, number: int) -> Any:
        return self.rows.floats(number, "queries.f32"), self.rows.query(number)

    def _similar(self, given: Any, k: int) -> Any:
        self.given.vector = given[0]
        return self.memory.search(given[1], filters={"user_id": "bench"}, top_k=k, threshold=0.0)


serve(Mem0)
