"""ReasoningBank itself. The argument after the folder is its durability."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from loop import THOUSAND, Rows, number_in, serve

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.embedding import default_embedder


class GivenVector:
    """An embedder under the built-in one's name that hands out the vector it was last given."""

    def __init__(self) -> None:
        self.vector = np.zeros(0, np.int8)
        self.name, self.dimension = default_embedder().name, default_embedder().dimension

    def embed_documents(self, texts: Any) -> Any:
        raise NotImplementedError("rows are stored with their vectors")

    def embed_query(self, _: str) -> Any:
        return self.vector


class Bank:
    packages = ("agent-reasoningbank",)

    def __init__(self, rows: Rows) -> None:
        self.rows, self.ids = rows, {}
        self.given = GivenVector()
        self.text_bank: ReasoningBank | None = None

    def open(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.path = path / "bank.db"
        self.bank = ReasoningBank.open(
            self.path, embedder=self.given, durability=self._durability()
        )

    def _durability(self) -> Any:
        return sys.argv[2]

    def close(self) -> None:
        self.bank.close()
        if self.text_bank is not None:
            self.text_bank.close()

    def fill(self, first: int, count: int) -> None:
        for start in range(first, first + count, THOUSAND):
            numbers = range(start, min(start + THOUSAND, first + count))
            self._keep(self._many(self._prepare_many(numbers)), numbers)

    def operations(self) -> Any:
        return {
            "get": (self.id_of, self.get),
            "category": (self.rows.category, lambda name: self.bank.search_by_category(name, limit=10)),
            "similar_5": (self._prepare_query, lambda given: self._similar(given, 5)),
            "similar_10": (self._prepare_query, lambda given: self._similar(given, 10)),
            "similar_text": (self._prepare_text, lambda given: given[0].find_similar(given[1], top_k=5)),
            "similar_text_in_category": (
                lambda number: (*self._prepare_text(number), self.rows.category(number)),
                lambda given: given[0].find_similar(given[1], given[2], top_k=5),
            ),
            "store": (self._prepare, self._put),
            "store_text": (lambda number: (self._text(), self._pattern(number)), lambda given: given[0].put(given[1])),
            "store_thousand": (lambda first: self._prepare_many(range(first, first + THOUSAND)), self._many),
        }  # fmt: skip

    def found(self, answer: Any) -> list[int]:
        return [number_in(one.strategy) for one in answer]

    def id_of(self, number: int) -> str:
        return self.ids[number]

    def get(self, id: str) -> Any:
        return self.bank.get_pattern(UUID(id))

    def store(self, number: int) -> str:
        return str(self._put(self._prepare(number)))

    def _pattern(self, number: int) -> PatternInput:
        task, category, strategy, score = self.rows.text(number)
        return PatternInput(task_description=task, task_category=category, strategy=strategy, success_score=score)  # fmt: skip

    def _prepare(self, number: int) -> Any:
        return self._pattern(number), np.frombuffer(self.rows.int8(number), np.int8)

    def _put(self, given: Any) -> UUID:
        return self.bank.put(given[0], vector=given[1]).id

    def _prepare_many(self, numbers: Any) -> Any:
        pairs = [self._prepare(number) for number in numbers]
        return [one for one, _ in pairs], np.stack([vector for _, vector in pairs])

    def _many(self, given: Any) -> Any:
        return self.bank.store_patterns(given[0], vectors=given[1])

    def _keep(self, ids: Any, numbers: Any) -> None:
        self.ids.update(zip(numbers, map(str, ids), strict=True))

    def _prepare_query(self, number: int) -> Any:
        return self.rows.query(number), np.frombuffer(self.rows.int8(number, "queries.i8"), np.int8)

    def _similar(self, given: Any, k: int) -> Any:
        self.given.vector = given[1]
        return self.bank.find_similar(given[0], top_k=k)

    def _text(self) -> ReasoningBank:
        """The same file, opened as a program does that has only text."""
        if self.text_bank is None:
            self.text_bank = ReasoningBank.open(self.path, durability=self._durability())
            self.text_bank.find_similar("the first search loads the table and the vectors")
        return self.text_bank

    def _prepare_text(self, number: int) -> Any:
        return self._text(), self.rows.query(number)


serve(Bank)
