"""What a demonstration asks, and which answers were expected by whoever wrote the questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar
from uuid import UUID

import msgspec

from reasoningbank.bank.pattern_lines import pattern_objects
from reasoningbank.demo.material import DEMO_QUESTIONS, shipped_file
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.pattern import Pattern

QUESTIONS_ASKED: Final = 12
_DOCUMENTS_SUFFIX: Final = ".docs.jsonl"

T = TypeVar("T")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question.

    Args:
        text: The task at hand.
        category: The only category to look in, or None.
        expected: The patterns that answer it, if somebody wrote that down.
        left_out: The pattern the question was taken from, which must not answer itself.
    """

    text: str
    category: str | None = None
    expected: frozenset[UUID] = frozenset()
    left_out: UUID | None = None


class EvenSample(Generic[T]):
    """Keep a few things of a stream of unknown length, evenly spaced, in bounded memory.

    >>> sample = EvenSample(3)
    >>> for number in range(100):
    ...     sample.offer(number)
    >>> sample.chosen()
    [0, 32, 64]
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[T] = []
        self._step = 1
        self._offered = 0

    def offer(self, thing: T) -> None:
        """Take the next thing of the stream."""
        if self._offered % self._step == 0:
            self._kept.append(thing)
            if len(self._kept) > 2 * self._count:
                self._kept = self._kept[::2]
                self._step *= 2
        self._offered += 1

    def chosen(self) -> list[T]:
        """Give the sample."""
        if len(self._kept) <= self._count:
            return list(self._kept)
        distance = len(self._kept) / self._count
        return [self._kept[int(at * distance)] for at in range(self._count)]


class _Written(msgspec.Struct, frozen=True):
    question: str
    category: str | None = None
    expect: tuple[str, ...] = ()


def shipped_questions(ids: Mapping[str, UUID]) -> list[Question]:
    """Give the questions that come with the starter bank.

    Args:
        ids: The stored patterns by title.
    """
    content = shipped_file(DEMO_QUESTIONS).read_bytes()
    return [
        Question(
            text=written.question,
            category=written.category,
            expected=frozenset(ids[title] for title in written.expect if title in ids),
        )
        for written in msgspec.json.decode(content, type=list[_Written])
    ]


def questions_beside(documents: Path, ids: Mapping[str, UUID]) -> list[Question] | None:
    """Give questions from ``NAME.queries.jsonl`` beside ``NAME.docs.jsonl``, or None without one.

    What ``NAME.qrels.jsonl`` lists for a question is expected. A question that was taken from a
    document (``self``) leaves that one out.

    Args:
        documents: The file that was stored.
        ids: The stored patterns by document id.
    """
    if not documents.name.endswith(_DOCUMENTS_SUFFIX):
        return None
    stem = documents.name.removesuffix(_DOCUMENTS_SUFFIX)
    queries = documents.with_name(f"{stem}.queries.jsonl")
    if not queries.exists():
        return None
    relevant = _relevant(documents.with_name(f"{stem}.qrels.jsonl"))
    sample: EvenSample[Question] = EvenSample(QUESTIONS_ASKED)
    for value in _objects(queries):
        text = value.get("text")
        if isinstance(text, str) and text.strip():
            expected = relevant.get(str(value.get("id")), ())
            sample.offer(
                Question(
                    text=text,
                    expected=frozenset(ids[name] for name in expected if name in ids),
                    left_out=ids.get(str(value.get("self"))),
                )
            )
    return sample.chosen()


def _relevant(path: Path) -> dict[str, Sequence[str]]:
    if not path.exists():
        return {}
    return {
        str(value.get("q")): [str(name) for name in names]
        for value in _objects(path)
        if isinstance(names := value.get("rel"), list)
    }


def _objects(path: Path) -> Iterator[dict[str, object]]:
    with path.open("rb") as file:
        for _, value in pattern_objects(file, limits.IMPORT_LINE_BYTES):
            if not isinstance(value, InvalidInput):
                yield value


def questions_from(patterns: Sequence[Pattern]) -> list[Question]:
    """Give the tasks of some stored patterns as questions that leave the pattern itself out.

    The first is asked again within its category alone.
    """
    asked = [Question(text=one.task_description, left_out=one.id) for one in patterns]
    again = [
        Question(text=one.task_description, left_out=one.id, category=one.task_category)
        for one in patterns[:1]
    ]
    return asked + again
