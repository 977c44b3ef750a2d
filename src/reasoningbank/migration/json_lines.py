"""JSON lines as a source: memories of mem0, and experiences of the ReasoningBank paper's own code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Final, cast

from reasoningbank.domain.export_formats import PATTERNS
from reasoningbank.domain.trajectory import Step, Verdict
from reasoningbank.migration.accounts import Reject, TableAccount
from reasoningbank.migration.databases import shown
from reasoningbank.migration.material import (
    LinkMaterial,
    Material,
    PatternMaterial,
    Place,
    TrajectoryMaterial,
    Unusable,
)
from reasoningbank.migration.reading import Item
from reasoningbank.migration.schemas.texts import category_of, first_line, rest_of
from reasoningbank.migration.values import (
    first_text,
    object_of,
    score_of,
    sound,
    tags_of,
    text_of,
    time_of,
)

MEM0: Final = "mem0"
PAPER: Final = "ReasoningBank paper"
_ITEM: Final = re.compile(r"(?m)^#{1,3}[ \t]*Memory Item.*$")
_FIELD: Final = re.compile(
    r"(?im)^[ \t]*(?:#{1,4}[ \t]*|\*\*)?(title|description|content)\b[ \t]*(?:\*\*)?[ \t]*:?[ \t]*(?:\*\*)?[ \t]*"
)
_WHOLE_FILE_BYTES: Final = 256 * 1024 * 1024
_SUCCESSES: Final = frozenset({"success", "succeeded", "true", "1", "resolved", "pass", "passed"})


class JsonLines:
    """A file of JSON objects, one a line, or one JSON document that holds a list of them."""

    relates = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._experiences = TableAccount(table="experiences", product=PAPER, becomes="trajectories")
        self._items = TableAccount(table="memory items", product=PAPER, becomes="patterns")
        self._memories = TableAccount(table="memories", product=MEM0, becomes="patterns")
        self._vectors = TableAccount(
            table="vectors", product=PAPER, becomes="left", why="vectors are computed anew"
        )
        self._others = TableAccount(table="other lines", product="", becomes="patterns")
        self.accounts = [
            self._experiences, self._items, self._memories, self._vectors, self._others,
        ]  # fmt: skip

    def read(self) -> Iterator[Item]:
        """Give what every line holds; each memory item of an experience is a row of its own."""
        for number, value in _objects(self._path):
            if isinstance(value, str):
                self._others.rows += 1
                yield self._others, self._reject(self._others, number, value, {})
            elif "memory_items" in value:
                yield from self._experience(number, value)
            elif "memory" in value:
                yield from self._counted(self._memories, number, value, _memory(number, value))
            elif "embedding" in value or "vector" in value:
                self._vectors.rows += 1
                self._vectors.left += 1
            else:
                self._others.rows += 1
                yield self._others, self._reject(self._others, number, _unknown(value), value)

    def _experience(self, number: int, value: Mapping[str, object]) -> Iterator[Item]:
        task = text_of(value.get("query"))
        own = text_of(value.get("task_id")) or f"line {number}"
        steps = _steps(value)
        if task is not None and steps:
            self._experiences.rows += 1
            yield (
                self._experiences,
                TrajectoryMaterial(
                    place=Place(PAPER, "experiences", own),
                    task=task,
                    category=category_of(value.get("template_id")) or "experience",
                    steps=steps,
                    verdict=_verdict(value.get("status")),
                    metadata=rest_of(value, "query", "think_list", "action_list", "memory_items"),
                    created_at=None,
                ),
            )
        items = list(_memory_items(value["memory_items"]))
        if task is None or not items:
            self._items.rows += 1
            reason = "query is empty" if task is None else "has no memory items"
            yield self._items, self._reject(self._items, number, reason, value)
            return
        for position, item in enumerate(items, 1):
            place = Place(PAPER, "memory items", f"{own}/{position}")
            yield from self._counted(
                self._items, number, value, _memory_item(place, task, item, value)
            )
            if steps:
                yield (
                    self._items,
                    LinkMaterial(
                        place=place,
                        source=("memory items", place.id),
                        target=("experiences", own),
                        kind="derived_from",
                        counted=False,
                    ),
                )

    def _counted(
        self,
        account: TableAccount,
        number: int,
        value: Mapping[str, object],
        materials: Iterator[Material],
    ) -> Iterator[Item]:
        account.rows += 1
        try:
            for material in materials:
                yield account, material
        except Unusable as error:
            yield account, self._reject(account, number, str(error), value)

    def _reject(
        self, account: TableAccount, number: int, reason: str, value: Mapping[str, object]
    ) -> Reject:
        return Reject(
            file=str(self._path),
            table=account.table,
            id=f"line {number}",
            reason=reason,
            row=shown(dict(value)),
        )


def _objects(path: Path) -> Iterator[tuple[int, dict[str, object] | str]]:
    """Give (line number, object) for each line, or what is wrong with it."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.decode("utf-8-sig", "surrogateescape").strip()
            if not text:
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError) as error:
                if number == 1 and path.stat().st_size <= _WHOLE_FILE_BYTES:
                    whole = _document(path)
                    if whole is not None:
                        yield from whole
                        return
                yield number, f"is not JSON ({error})"
                continue
            if number == 1 and (listed := _listed(value)) is not None:
                yield from enumerate(listed, 1)
                continue
            yield number, value if isinstance(value, dict) else "is no JSON object"


def _document(path: Path) -> Iterator[tuple[int, dict[str, object] | str]] | None:
    try:
        value = json.loads(path.read_bytes().decode("utf-8-sig", "surrogateescape"))
    except (ValueError, RecursionError):
        return None
    listed = _listed(value)
    return None if listed is None else enumerate(listed, 1)


def _listed(value: object) -> list[dict[str, object] | str] | None:
    """Give the objects of a list, or of ``{"results": [...]}`` as mem0 answers."""
    if isinstance(value, dict):
        value = value.get("results", value.get("memories"))
    if not isinstance(value, list):
        return None
    return [
        cast("dict[str, object]", one) if isinstance(one, dict) else "is no JSON object"
        for one in value
    ]


def _unknown(value: Mapping[str, object]) -> str:
    if "pattern" in value or value.get("format") == PATTERNS:
        return "is of an export; `reasoningbank import` and `restore` take those"
    return f"is of no known kind: its fields are {', '.join(sorted(map(str, value))) or 'none'}"


def _memory(number: int, value: Mapping[str, object]) -> Iterator[Material]:
    memory = text_of(value.get("memory"))
    if memory is None:
        raise Unusable("memory is empty")
    metadata = object_of(value.get("metadata"))
    categories = tags_of(value.get("categories"))
    yield PatternMaterial(
        place=Place(MEM0, "memories", text_of(value.get("id")) or f"line {number}"),
        task=first_text(metadata, "task", "task_description", "query") or first_line(memory),
        strategy=memory,
        category=category_of(*categories, metadata.get("category")) or "memory",
        tags=tuple(categories[1:]),
        metadata={
            **metadata,
            **rest_of(value, "id", "memory", "metadata", "hash", "categories", "score",
                      "created_at", "updated_at", "expiration_date"),
        },
        claimed={"score": value.get("score")},
        created_at=time_of(value.get("created_at")),
        expires_at=time_of(value.get("expiration_date")),
    )  # fmt: skip


def _memory_items(value: object) -> Iterator[Mapping[str, object]]:
    """Give the items of an experience.

    The released code splits their Markdown at blank lines, so that a list may hold whole items,
    parts of them, or all of them as one text.
    """
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield item if isinstance(item, dict) else _parsed(str(item))
        return
    texts = [text for one in (value if isinstance(value, list) else [value])
             if (text := text_of(one)) is not None]  # fmt: skip
    whole = "\n\n".join(texts)
    if _ITEM.search(whole):
        texts = [part for part in _ITEM.split(whole) if part.strip()]
    for text in texts:
        yield _parsed(text)


def _parsed(text: str) -> Mapping[str, object]:
    """Give the title, description and content of an item in Markdown, or all of it as content."""
    found: dict[str, object] = {}
    marks = list(_FIELD.finditer(text))
    for mark, following in zip_longest(marks, marks[1:]):
        end = len(text) if following is None else following.start()
        found.setdefault(mark[1].lower(), text[mark.end() : end].strip())
    return found if found.get("content") else {"content": text.strip()}


def _memory_item(
    place: Place, task: str, item: Mapping[str, object], line: Mapping[str, object]
) -> Iterator[Material]:
    content = first_text(item, "content", "strategy", "description", "title")
    if content is None:
        raise Unusable("the item holds no text")
    yield PatternMaterial(
        place=place,
        task=task,
        strategy=content,
        title=first_text(item, "title", "name"),
        category=category_of(item.get("domain"), line.get("template_id")) or "experience",
        score=score_of(item.get("confidence")),
        tags=tuple(tags_of(item.get("tags"))),
        metadata={
            **rest_of(item, "title", "name", "content", "tags", "domain", "confidence"),
            **({"status": sound(status)} if (status := text_of(line.get("status"))) else {}),
        },
        claimed={"confidence": item.get("confidence")},
    )


def _steps(value: Mapping[str, object]) -> tuple[Step, ...]:
    actions, thoughts = value.get("action_list"), value.get("think_list")
    if not isinstance(actions, list):
        return ()
    listed = thoughts if isinstance(thoughts, list) else []
    return tuple(
        Step(
            action=text_of(action) or json.dumps(action, default=str),
            thought=text_of(listed[position]) if position < len(listed) else None,
        )
        for position, action in enumerate(actions)
    )


def _verdict(status: object) -> Verdict | None:
    told = str(status).lower() if status is not None else ""
    if not told:
        return None
    success = told in _SUCCESSES
    return Verdict(
        kind="success" if success else "failure",
        score=1.0 if success else 0.0,
        source="imported",
        evidence={"status": sound(told)},
    )
