"""LangGraph's store on SQLite, with vectors handed out by its embedding function."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from langgraph.store.base import PutOp
from langgraph.store.sqlite import SqliteStore
from loop import DIMENSION, THOUSAND, Rows, number_in, serve

PLACE = ("bench",)


class LangGraph:
    packages = ("langgraph-checkpoint-sqlite", "sqlite-vec")

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.vectors: dict[str, list[float]] = {}

    def open(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.stack = ExitStack()
        index: Any = {"dims": DIMENSION, "embed": self._embed, "fields": ["task"]}
        self.store_ = self.stack.enter_context(
            SqliteStore.from_conn_string(str(path / "store.db"), index=index)
        )
        self.store_.setup()

    def _embed(self, texts: Any) -> list[list[float]]:
        return [self.vectors[text] for text in texts]

    def close(self) -> None:
        self.stack.close()

    def fill(self, first: int, count: int) -> None:
        for start in range(first, first + count, THOUSAND):
            self._many(self._prepare_many(range(start, min(start + THOUSAND, first + count))))
            self.vectors.clear()

    def operations(self) -> Any:
        return {
            "get": (self.id_of, self.get),
            "category": (self.rows.category, self._in_category),
            "similar_5": (self._query, lambda text: self._similar(text, 5)),
            "similar_10": (self._query, lambda text: self._similar(text, 10)),
            "store": (self._prepare, self._put),
            "store_thousand": (
                lambda first: self._prepare_many(range(first, first + THOUSAND)),
                self._many,
            ),
        }

    def found(self, answer: Any) -> list[int]:
        return [number_in(item.value["strategy"]) for item in answer]

    def id_of(self, number: int) -> str:
        return str(number)

    def get(self, id: str) -> Any:
        return self.store_.get(PLACE, id)

    def store(self, number: int) -> str:
        self._put(self._prepare(number))
        return str(number)

    def _prepare(self, number: int) -> tuple[str, dict[str, Any]]:
        task, category, strategy, score = self.rows.text(number)
        self.vectors[task] = self.rows.floats(number)
        return str(number), {"task": task, "category": category, "strategy": strategy, "score": score}  # fmt: skip

    def _put(self, given: tuple[str, dict[str, Any]]) -> None:
        self.store_.put(PLACE, *given)

    def _prepare_many(self, numbers: Any) -> list[PutOp]:
        return [PutOp(PLACE, *self._prepare(number)) for number in numbers]

    def _many(self, given: list[PutOp]) -> None:
        self.store_.batch(given)

    def _in_category(self, name: str) -> Any:
        return self.store_.search(PLACE, filter={"category": name}, limit=10)

    def _query(self, number: int) -> str:
        text = self.rows.query(number)
        self.vectors[text] = self.rows.floats(number, "queries.f32")
        return text

    def _similar(self, text: str, k: int) -> Any:
        return self.store_.search(PLACE, query=text, limit=k)


serve(LangGraph)
