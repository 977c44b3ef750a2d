"""What is compared: each ranks the documents of a retrieval set for a query."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import numpy as np

from benchmarks.retrieval_sets import Document, Query
from reasoningbank import ReasoningBank
from reasoningbank.domain import limits
from reasoningbank.embedding import Embedder
from reasoningbank.storage import open_storage

_BATCH = 1_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_NO_GROUP = "all"
_LETTERS_OR_DIGITS = r"[^\W\d_]+|\d+"


class Ranker(Protocol):
    name: str

    def prepare(self, documents: Sequence[Document]) -> None:
        """Take the documents in, forgetting earlier ones."""

    def rank(self, query: Query, k: int) -> list[str]:
        """Return the ids of the k best documents that the query may find, best first."""


class BankRanker:
    """Store the documents in a real bank and ask `find_similar`; a group is a category.

    Texts that a bank refuses are first made acceptable; `altered` counts them.
    """

    def __init__(self, name: str, embedder: Embedder | None = None) -> None:
        self.name = name
        self._embedder = embedder
        self._bank: ReasoningBank | None = None
        self._documents: dict[UUID, str] = {}
        self.altered = 0

    def prepare(self, documents: Sequence[Document]) -> None:
        if self._bank is not None:
            self._bank.close()
        # Ids in the order of the documents, so that equal similarities rank alike in every run.
        count = itertools.count()
        self._bank = ReasoningBank(
            open_storage("memory:"),
            embedder=self._embedder,
            clock=lambda: 0,
            random_bytes=lambda size: next(count).to_bytes(size, "big"),
        )
        self._documents = {}
        for first in range(0, len(documents), _BATCH):
            batch = documents[first : first + _BATCH]
            patterns = [
                {
                    "task_description": self._acceptable(document.text),
                    "task_category": document.group or _NO_GROUP,
                    "strategy": f"Document {document.id}.",
                }
                for document in batch
            ]
            ids = self._bank.store_patterns(patterns, on_duplicate="keep")
            self._documents.update(zip(ids, (document.id for document in batch), strict=True))

    def rank(self, query: Query, k: int) -> list[str]:
        assert self._bank is not None
        found = self._bank.find_similar(self._acceptable(query.text), query.group, k + 1)
        ids = [self._documents[pattern.id] for pattern in found]
        return [id for id in ids if id != query.own][:k]

    def _acceptable(self, text: str) -> str:
        accepted = _CONTROL.sub(" ", text).encode()[: limits.TASK_DESCRIPTION_BYTES]
        kept = accepted.decode(errors="ignore")
        self.altered += kept != text
        return kept


class Bm25Ranker:
    """Rank by BM25 (Lucene's variant, k1 = 1.5, b = 0.75) as the bm25s library computes it.

    Words are runs of letters or of digits, in lower case; with a language they are stemmed
    (Snowball). Chosen because it does best on the sets at hand: whole identifiers as words cost 0.5
    of mean nDCG@10 x 100, leaving out stop words 0.5, k1 = 0.9 and b = 0.4 about 1.
    """

    def __init__(self, name: str, *, language: str | None = None) -> None:
        # Imported here: only this needs the libraries of the bench group.
        import bm25s
        import Stemmer

        self.name = name
        self._library = bm25s
        self._stemmer = None if language is None else Stemmer.Stemmer(language)

    def prepare(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._position = {document.id: place for place, document in enumerate(documents)}
        self._groups = np.array([document.group or _NO_GROUP for document in documents])
        self._index = self._library.BM25(k1=1.5, b=0.75, method="lucene")
        tokens = self._tokens([document.text for document in documents])
        self._index.index(tokens, show_progress=False)

    def rank(self, query: Query, k: int) -> list[str]:
        [words] = self._tokens([query.text])
        scores = self._index.get_scores(words) if words else np.zeros(len(self._documents))
        allowed = np.ones(len(scores), bool)
        if query.group is not None:
            allowed = self._groups == query.group
        if query.own is not None:
            allowed[self._position[query.own]] = False
        places = np.flatnonzero(allowed)
        best = places[np.argsort(-scores[places], kind="stable")[:k]]
        return [self._documents[place].id for place in best]

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        tokens: list[list[str]] = self._library.tokenize(
            list(texts),
            stopwords=None,
            stemmer=self._stemmer,
            token_pattern=_LETTERS_OR_DIGITS,
            return_ids=False,
            show_progress=False,
        )
        return tokens
