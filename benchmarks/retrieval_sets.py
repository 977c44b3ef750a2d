"""Read retrieval sets: ``NAME.docs.jsonl``, ``NAME.queries.jsonl`` and ``NAME.qrels.jsonl`` in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

Line = TypeVar("Line")


class Document(msgspec.Struct, frozen=True):
    """A text that can be found; `group` is where it belongs, None when all are in one place."""

    id: str
    text: str
    group: str | None = None


class Query(msgspec.Struct, frozen=True, rename={"own": "self"}):
    """A text to search with, within its `group` if it has one.

    `own` (``self`` in the file) is the document it was taken from, which does not count as found.
    """

    id: str
    text: str
    group: str | None = None
    own: str | None = None


class Judgement(msgspec.Struct, frozen=True, rename={"query": "q", "relevant": "rel"}):
    """The relevant documents of a query."""

    query: str
    relevant: tuple[str, ...]


class RetrievalSet(msgspec.Struct, frozen=True):
    """Documents, queries, and the relevant documents by query id; queries without any are left out."""

    name: str
    documents: Sequence[Document]
    queries: Sequence[Query]
    relevant: Mapping[str, frozenset[str]]


def read_sets(folder: Path) -> list[RetrievalSet]:
    """Return every complete set of a folder, by name; raises FileNotFoundError when there is none."""
    names = sorted(path.name.removesuffix(".docs.jsonl") for path in folder.glob("*.docs.jsonl"))
    if not names:
        raise FileNotFoundError(f"no *.docs.jsonl in {folder}")
    return [_read_set(folder, name) for name in names]


def _read_set(folder: Path, name: str) -> RetrievalSet:
    judgements = _lines(folder / f"{name}.qrels.jsonl", Judgement)
    queries = _lines(folder / f"{name}.queries.jsonl", Query)
    own = {query.id: query.own for query in queries}
    relevant = {
        judgement.query: frozenset(judgement.relevant) - {own.get(judgement.query)}
        for judgement in judgements
    }
    return RetrievalSet(
        name,
        _lines(folder / f"{name}.docs.jsonl", Document),
        [query for query in queries if relevant.get(query.id)],
        relevant,
    )


def _lines(path: Path, kind: type[Line]) -> list[Line]:
    decode = msgspec.json.Decoder(kind).decode
    return [decode(line) for line in path.read_bytes().splitlines() if line.strip()]
