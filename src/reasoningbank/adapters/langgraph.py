"""A LangGraph store in a bank: what agents keep, they can recall, and what the bank learned, they can look up."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, cast

from reasoningbank.adapters.keyed_patterns import Item as Kept
from reasoningbank.adapters.keyed_patterns import KeyedPatterns
from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.bank import ReasoningBank
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import SimilarPattern

try:
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        Item,
        ListNamespacesOp,
        MatchCondition,
        Op,
        PutOp,
        Result,
        SearchItem,
        SearchOp,
        get_text_at_path,
    )
except ImportError as error:
    raise framework_missing("langgraph", error) from error

_WHOLE_ITEM = "$"
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


class ReasoningBankStore(BaseStore):
    """Give LangGraph a `BaseStore` that keeps its items in a bank.

    A namespace is a category (``("users", "ann")`` is ``users/ann``) and an item a pattern. So
    patterns that the bank learned are items too: their namespace is their category, their key their
    id. An item's text is what it is found by; ``task_description`` and ``strategy`` in a value
    become those of the pattern. Searching by `query` is the bank's own similarity search. Without
    one, the newest come first within each namespace.

    Secrets are taken out of values as out of everything a bank keeps. A namespace holds at most
    10,000 items. There is no time to live. A deleted item's history stays until `ReasoningBank.erase`.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     store = ReasoningBankStore(bank)
    ...     store.put(("users", "ann"), "editor", {"text": "Ann writes code in Vim."})
    ...     [found] = store.search(("users",), query="What does Ann write code in?")
    ...     found.namespace, found.key, found.value["text"]
    (('users', 'ann'), 'editor', 'Ann writes code in Vim.')

    Args:
        bank: Where items are kept; open it with a `namespace` of its own to keep recall to other
            patterns.
        fields: Paths in a value whose text an item is found by, unless `put` names others.
    """

    def __init__(self, bank: ReasoningBank, *, fields: Iterable[str] = (_WHOLE_ITEM,)) -> None:
        self.bank = bank
        self._fields = tuple(fields)
        self._items = KeyedPatterns(bank, "langgraph")

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Do operations and give their results; what is read is as it was before what is put."""
        given = list(ops)
        results = [None if isinstance(op, PutOp) else self._answer(op) for op in given]
        # The last of several puts under one key is the one that counts.
        last = {(op.namespace, op.key): op for op in given if isinstance(op, PutOp)}
        for op in last.values():
            self._put(op)
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Do what `batch` does, in a thread."""
        return await asyncio.to_thread(self.batch, list(ops))

    def _answer(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            kept = self._items.get(op.namespace, op.key)
            return None if kept is None else Item(**_fields_of(kept))
        if isinstance(op, SearchOp):
            return self._search(op)
        if isinstance(op, ListNamespacesOp):
            return self._namespaces(op)
        raise InvalidInput(f"is not an operation: {type(op).__name__}", field="ops")

    def _put(self, op: PutOp) -> None:
        if op.value is None:
            self._items.delete(op.namespace, op.key)
            return
        value = dict(op.value)
        paths = self._fields if op.index is None else op.index or ()
        found_by = "\n".join(text for path in paths for text in _texts(value, path))
        whole = "\n".join(_texts(value, _WHOLE_ITEM))
        self._items.put(
            op.namespace,
            op.key,
            {"value": value, "indexed": bool(found_by.strip())},
            about=_text_in(value, "task_description") or found_by or whole,
            strategy=_text_in(value, "strategy") or whole,
        )

    def _search(self, op: SearchOp) -> list[SearchItem]:
        query = op.query if op.query and op.query.strip() else None
        found = list(self._items.under(op.namespace_prefix, like=query))
        if query is not None:
            # What is not to be found by its text comes last, without a score.
            found.sort(key=lambda kept: (not _is_indexed(kept), -_score(kept)))
        chosen = [kept for kept in found if not op.filter or _passes(_value(kept), op.filter)]
        return [
            SearchItem(
                **_fields_of(kept),
                score=_score(kept) if query is not None and _is_indexed(kept) else None,
            )
            for kept in chosen[op.offset : op.offset + op.limit]
        ]

    def _namespaces(self, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        conditions = op.match_conditions or ()
        found = {
            path[: op.max_depth]
            for path in self._items.paths()
            if all(_matches(condition, path) for condition in conditions)
        }
        return sorted(found)[op.offset : op.offset + op.limit]


class _ItemFields(TypedDict):
    value: dict[str, Any]
    key: str
    namespace: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


def _fields_of(kept: Kept) -> _ItemFields:
    return {
        "value": _value(kept),
        "key": kept.key,
        "namespace": kept.path,
        "created_at": _time(kept.pattern.created_at),
        "updated_at": _time(kept.pattern.updated_at),
    }


def _value(kept: Kept) -> JsonObject:
    """Give what was put, or of a pattern that the bank learned what says what to do."""
    if kept.kept is not None:
        return cast("JsonObject", kept.kept["value"])
    pattern = kept.pattern
    return {
        "task_description": pattern.task_description,
        "task_category": pattern.task_category,
        "title": pattern.title,
        "strategy": pattern.strategy,
        "success_score": pattern.success_score,
        "tags": list(pattern.tags),
        "trust": pattern.trust,
    }


def _is_indexed(kept: Kept) -> bool:
    return kept.kept is None or kept.kept.get("indexed") is not False


def _score(kept: Kept) -> float:
    return kept.pattern.similarity if isinstance(kept.pattern, SimilarPattern) else 0.0


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00"))  # Python 3.10 does not know Z


def _texts(value: object, path: str) -> list[str]:
    if path != _WHOLE_ITEM:
        return list(get_text_at_path(value, path))
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _texts(part, path)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _texts(part, path)]
    return [] if value is None else [str(value)]


def _text_in(value: Mapping[str, object], name: str) -> str | None:
    text = value.get(name)
    return text if isinstance(text, str) else None


def _matches(condition: MatchCondition, path: tuple[str, ...]) -> bool:
    wanted = condition.path
    if len(path) < len(wanted):
        return False
    part = (
        path[: len(wanted)] if condition.match_type == "prefix" else path[len(path) - len(wanted) :]
    )
    return all(one in {"*", other} for one, other in zip(wanted, part, strict=True))


def _passes(value: object, wanted: object) -> bool:
    """Say whether a value is as a filter wants it; operators of nested objects count too."""
    if wanted is None:
        return value is None
    if isinstance(wanted, Mapping):
        if any(str(name).startswith("$") for name in wanted):
            return all(_holds(value, str(name), bound) for name, bound in wanted.items())
        return isinstance(value, Mapping) and all(
            _passes(value.get(name), part) for name, part in wanted.items()
        )
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(wanted)
            and all(map(_passes, value, wanted))
        )
    return value == wanted


def _holds(value: object, sign: str, bound: object) -> bool:
    if sign == "$eq":
        return value == bound
    if sign == "$ne":
        return value != bound
    compare = _ORDER.get(sign)
    if compare is None:
        raise InvalidInput(
            f"is not an operator: {sign}",
            field="filter",
            hint=f"Known: $eq, $ne, {', '.join(_ORDER)}.",
        )
    try:
        return compare(float(cast("float", value)), float(cast("float", bound)))
    except (TypeError, ValueError):
        return False  # what is no number is neither above nor below one
