"""Items with a path and a key of their own, kept as patterns: what the stores of frameworks ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from threading import RLock
from typing import Final, cast
from urllib.parse import quote, unquote

import msgspec

from reasoningbank.adapters.run_notes import fitted
from reasoningbank.bank import ReasoningBank
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput, NotFound
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import Pattern, PatternInput
from reasoningbank.domain.redaction import redacted_text
from reasoningbank.domain.text import is_blank

_ESCAPED: Final = re.compile(r"[\x00-\x1f%/\x7f-\x9f\u2028\u2029\ufffe\uffff]")


class Item(msgspec.Struct, frozen=True):
    """One item: where it is kept, the pattern that keeps it, and the framework's own part of it.

    Args:
        path: Its place.
        key: Its name there; the pattern's id where the framework did not put it.
        pattern: As the bank has it.
        kept: What the framework put, or None for a pattern that came into the bank otherwise.
    """

    path: tuple[str, ...]
    key: str
    pattern: Pattern
    kept: JsonObject | None


class KeyedPatterns:
    """Keep items in a bank: the path is the category, the key stands in the metadata.

    Reading looks through the category (`benchmarks/langgraph_store.py` has the times), so there is
    no index that could be stale. Of two items that two processes made under one key at the same
    moment, the newer one counts, and the next change removes the other.

    Args:
        bank: Where they are kept.
        mark: The metadata field that holds a framework's own part.
    """

    def __init__(self, bank: ReasoningBank, mark: str) -> None:
        self._bank = bank
        self._mark = mark
        self._changing = RLock()

    def paths(self) -> list[tuple[str, ...]]:
        """Give the paths that hold something, in order."""
        counts = self._bank.get_stats().categories
        return sorted(path_of(category) for category, count in counts.items() if count)

    def under(self, path: Sequence[str], *, like: str | None = None) -> Iterator[Item]:
        """Give the items at a path and below it, path by path, each as `at` does."""
        start = tuple(path)
        for one in self.paths():
            if one[: len(start)] == start:
                yield from self.at(one, like=like)

    def at(self, path: Sequence[str], *, like: str | None = None) -> list[Item]:
        """Give the items at a path, newest change first.

        Args:
            path: The place.
            like: A text; then each pattern is a `SimilarPattern` that says how like it is.
        """
        category = category_of(path)
        found: dict[str, Item] = {}
        patterns: Sequence[Pattern]
        if like is None:
            patterns = self._bank.search_by_category(category, limits.RESULTS)
        else:
            patterns = self._bank.find_similar(like, category, limits.RESULTS)
        for pattern in sorted(patterns, key=lambda one: one.id, reverse=True):
            item = self.item(pattern)
            found.setdefault(item.key, item)
        return sorted(found.values(), key=lambda one: one.pattern.updated_at, reverse=True)

    def item(self, pattern: Pattern) -> Item:
        """Give the item that a pattern is."""
        mine = pattern.metadata.get(self._mark)
        kept = cast("JsonObject", mine) if isinstance(mine, dict) and "key" in mine else None
        key = str(pattern.id) if kept is None else str(kept["key"])
        return Item(path_of(pattern.task_category), key, pattern, kept)

    def get(self, path: Sequence[str], key: str) -> Item | None:
        """Give the item under a key, or None."""
        return next((item for item in self.at(path) if item.key == key), None)

    def put(
        self, path: Sequence[str], key: str, kept: JsonObject, *, about: str, strategy: str
    ) -> None:
        """Keep an item, in place of the one that has its key.

        Args:
            path: Its place.
            key: Its name there.
            kept: The framework's own part.
            about: What it is found by; shortened to what the bank embeds.
            strategy: What recall shows of it; shortened likewise.

        Raises:
            InvalidInput: For what a bank cannot keep unchanged, or a full path.
        """
        with self._changing:
            metadata: JsonObject = {self._mark: {**kept, "key": _unredacted(key, "key")}}
            description = fitted(about, limits.TASK_DESCRIPTION_BYTES)
            shown = fitted(strategy, limits.STRATEGY_BYTES)
            same = self._same(path, key)
            if same:
                newest, *older = same
                for pattern in older:
                    self._delete(pattern)
                try:
                    self._bank.update_pattern(
                        newest.id,
                        task_description=description,
                        strategy=shown,
                        metadata={**newest.metadata, **metadata},
                    )
                    return
                except NotFound:
                    pass  # another process deleted it meanwhile: it is made anew
            given = PatternInput(
                task_category=category_of(path),
                task_description=description,
                strategy=shown,
                metadata=metadata,
            )
            # Two keys may hold equal content, which must not become one pattern.
            self._bank.store_pattern(given, on_duplicate="keep")

    def delete(self, path: Sequence[str], key: str) -> bool:
        """Delete the item under a key and say whether there was one."""
        with self._changing:
            return sum(self._delete(pattern) for pattern in self._same(path, key)) > 0

    def _same(self, path: Sequence[str], key: str) -> list[Pattern]:
        patterns = self._bank.search_by_category(category_of(path), limits.RESULTS)
        same = [one for one in patterns if self.item(one).key == key]
        if not same and len(patterns) == limits.RESULTS:
            raise InvalidInput(
                f"{'/'.join(path)} holds {limits.RESULTS:,} items, the most one path can",
                field="namespace",
                hint="Divide it, for example by user.",
            )
        return sorted(same, key=lambda one: one.id, reverse=True)

    def _delete(self, pattern: Pattern) -> bool:
        try:
            self._bank.delete_pattern(pattern.id)
        except NotFound:
            return False  # another process was quicker
        return True


def category_of(path: Sequence[str]) -> str:
    """Give the category that stands for a path.

    >>> category_of(("users", "a/b"))
    'users/a%2Fb'
    """
    category = "/".join(_escaped(_unredacted(part, "namespace")) for part in path)
    if len(category.encode("utf-8", "replace")) > limits.CATEGORY_BYTES:
        raise InvalidInput(
            f"is longer than {limits.CATEGORY_BYTES} bytes, which is all a category can have",
            field="namespace",
            hint="Shorten its parts, or put some of them into the key.",
        )
    return category


def path_of(category: str) -> tuple[str, ...]:
    """Give the path that a category stands for.

    >>> path_of("users/a%2Fb")
    ('users', 'a/b')
    """
    return tuple(unquote(part) for part in category.split("/"))


def _escaped(part: str) -> str:
    """Give a part of a path without what a category cannot hold or what would divide it."""
    if is_blank(part):
        return quote(part, safe="")
    return _ESCAPED.sub(lambda found: quote(found.group(), safe=""), part)


def _unredacted(text: str, field: str) -> str:
    """Refuse a name the bank would not keep as it is, so that nothing is put where it is not found."""
    if redacted_text(text, field, []) != text:
        raise InvalidInput(
            "looks like a secret, which a bank does not keep",
            field=field,
            hint="Name the item otherwise.",
        )
    return text
