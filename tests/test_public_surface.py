"""What `reasoningbank` exports: sorted, complete, documented, and the same with and without `await`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import reasoningbank

# The names other people's code relies on.
PINNED = {
    "AsyncReasoningBank",
    "Busy",
    "Conflict",
    "EmbeddingMismatch",
    "ForeignDatabase",
    "InvalidInput",
    "NotFound",
    "Pattern",
    "PatternInput",
    "ProviderFailed",
    "ReasoningBank",
    "ReasoningBankError",
    "SchemaTooNew",
    "SimilarPattern",
    "StorageCorrupt",
    "StorageStats",
    "Stored",
    "Unavailable",
}
PINNED_METHODS = {
    "close",
    "delete_pattern",
    "erase",
    "export_jsonl",
    "find_similar",
    "get_pattern",
    "get_stats",
    "import_jsonl",
    "open",
    "put",
    "record_outcome",
    "search_by_category",
    "store_pattern",
    "store_patterns",
    "update_pattern",
}


def public_names(module: ModuleType) -> set[str]:
    """What a reader of `dir()` would take for public: no underscore, and not a module."""
    return {
        name
        for name in dir(module)
        if not name.startswith("_")
        and not inspect.ismodule(getattr(module, name))
        and name != "annotations"
    }


def exported() -> list[tuple[str, Any]]:
    return [(name, getattr(reasoningbank, name)) for name in getattr(reasoningbank, "__all__", ())]


def exported_classes() -> list[type]:
    return [value for _, value in exported() if inspect.isclass(value)]


def subclasses(of: type) -> Iterator[type]:
    for child in of.__subclasses__():
        yield child
        yield from subclasses(child)


def test_all_is_sorted_without_repetition():
    assert list(reasoningbank.__all__) == sorted(set(reasoningbank.__all__))


def test_every_exported_name_can_be_imported():
    missing = [name for name in reasoningbank.__all__ if not hasattr(reasoningbank, name)]

    assert missing == []


def test_every_public_name_is_exported():
    assert public_names(reasoningbank) - set(reasoningbank.__all__) == set()


def test_the_pinned_names_are_exported():
    assert PINNED - set(reasoningbank.__all__) == set()


def test_every_error_of_the_tree_is_exported_and_has_a_code_of_its_own():
    tree = [reasoningbank.ReasoningBankError, *subclasses(reasoningbank.ReasoningBankError)]
    ours = [error for error in tree if error.__module__.startswith("reasoningbank.")]

    assert {error.__name__ for error in ours} - set(reasoningbank.__all__) == set()
    assert len({error.code for error in ours}) == len(ours)
    assert all(re.fullmatch(r"[a-z_]+", error.code) for error in ours)


def test_every_exported_class_and_function_is_documented():
    silent = [
        name
        for name, value in exported()
        if (inspect.isclass(value) or inspect.isroutine(value)) and not own_docstring(value)
    ]

    assert silent == []


def test_every_exported_class_shows_an_example():
    # One example at the root of the error tree shows how all of them are read.
    wanting = [
        one.__name__
        for one in exported_classes()
        if not (issubclass(one, Exception) and one is not reasoningbank.ReasoningBankError)
        and ">>>" not in own_docstring(one)
    ]

    assert wanting == []


def own_docstring(value: object) -> str:
    """The docstring written on the thing itself: a class would otherwise show its base's."""
    if inspect.isclass(value) and "__doc__" not in vars(value):
        return ""
    return (value.__doc__ or "").strip()


# ------------------------------------------------------------------ sync and async


DUNDER_TWINS = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def members(of: type) -> dict[str, Any]:
    """The public attributes a class defines or inherits, by name, as they stand in its dictionary."""
    found = {
        name: value
        for name in dir(of)
        if not name.startswith("_")
        for value in [inspect.getattr_static(of, name)]
    }
    for plain, awaited in DUNDER_TWINS.items():
        for name in (plain, awaited):
            if name in dir(of):
                found[plain] = inspect.getattr_static(of, name)
    return found


def function_of(member: object) -> Any:
    return member.__func__ if isinstance(member, (classmethod, staticmethod)) else member


def in_plain_words(annotation: object) -> str:
    """An annotation as the synchronous class would write it."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = (
        text.replace("typing.", "")
        .replace("collections.abc.", "")
        .replace("AsyncReasoningBank", "ReasoningBank")
    )
    text = re.sub(r"\bAsync(Iterator|Iterable|Generator|ContextManager)\b", r"\1", text)
    text = text.replace("AbstractAsyncContextManager", "AbstractContextManager")
    awaited = re.fullmatch(r"(?:Awaitable\[|Coroutine\[Any, Any, )(.*)\]", text)
    return awaited.group(1) if awaited else text


def answer(function: Any, of: type) -> str:
    """What a call gives once it has been awaited, if it has to be."""
    said = inspect.signature(function).return_annotation
    opening = vars(sys.modules[of.__module__]).get(said) if isinstance(said, str) else said
    if inspect.isclass(opening) and hasattr(opening, "__aenter__"):
        # Something to be awaited or entered, as what opens an asynchronous bank must be.
        said = inspect.signature(opening.__aenter__).return_annotation
    words = in_plain_words(said)
    return in_plain_words(of.__name__) if words == "Self" else words


def parameters(function: Any) -> list[tuple[str, str, str, str]]:
    return [
        (one.name, one.kind.name, in_plain_words(one.annotation), repr(one.default))
        for one in inspect.signature(function).parameters.values()
    ]


def without_await(signature: object) -> str:
    """What is taken or given, where the caller's own functions are awaited as well."""
    plain = re.sub(r"Awaitable\[(\w+)\]", r"\1", str(signature))
    return plain.replace("AsyncTaskContext", "TaskContext")


def differences(plain: type, awaited: type) -> list[str]:
    """Where two classes that should mirror each other do not, in sentences."""
    ours, theirs = members(plain), members(awaited)
    found = [
        f"{name} is missing in {awaited.__name__}" for name in sorted(ours.keys() - theirs.keys())
    ]
    found += [
        f"{name} is missing in {plain.__name__}" for name in sorted(theirs.keys() - ours.keys())
    ]
    for name in sorted(ours.keys() & theirs.keys()):
        if isinstance(ours[name], property) or isinstance(theirs[name], property):
            if type(ours[name]) is not type(theirs[name]):
                found.append(f"{name} is a property on one side only")
            continue
        one, other = function_of(ours[name]), function_of(theirs[name])
        if not callable(one):
            continue
        if type(ours[name]) is not type(theirs[name]):
            found.append(f"{name} is bound differently")
        if str(parameters(one)) != without_await(parameters(other)):
            found.append(f"{name} takes {parameters(one)} but {parameters(other)} with await")
        ends = answer(one, plain), answer(other, awaited)
        if str(ends[0]) != without_await(ends[1]):
            found.append(f"{name} returns {ends[0]} but {ends[1]} with await")
        if inspect.iscoroutinefunction(one):
            found.append(f"{name} is a coroutine in {plain.__name__}")
    return found


def test_the_async_bank_mirrors_the_bank():
    assert differences(reasoningbank.ReasoningBank, reasoningbank.AsyncReasoningBank) == []


def test_both_banks_are_context_managers():
    assert {"__enter__", "__exit__"} <= set(dir(reasoningbank.ReasoningBank))
    assert {"__aenter__", "__aexit__"} <= set(dir(reasoningbank.AsyncReasoningBank))


def test_the_bank_has_the_pinned_methods():
    assert PINNED_METHODS - members(reasoningbank.ReasoningBank).keys() == set()


class Plain:
    def get(self, key: str, *, limit: int = 10) -> list[str]: ...
    def close(self) -> None: ...


class Mirror:
    async def get(self, key: str, *, limit: int = 10) -> list[str]: ...
    async def close(self) -> None: ...


class OtherDefault(Mirror):
    async def get(self, key: str, *, limit: int = 20) -> list[str]: ...


class OtherName(Mirror):
    async def get(self, name: str, *, limit: int = 10) -> list[str]: ...


class OtherKind(Mirror):
    async def get(self, key: str, limit: int = 10) -> list[str]: ...


class OtherAnswer(Mirror):
    async def get(self, key: str, *, limit: int = 10) -> list[int]: ...


class OneMore(Mirror):
    async def open_twice(self) -> None: ...


class OneLess:
    async def get(self, key: str, *, limit: int = 10) -> list[str]: ...


def test_a_mirror_has_no_differences():
    assert differences(Plain, Mirror) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (OtherDefault, "get takes"),
        (OtherName, "get takes"),
        (OtherKind, "get takes"),
        (OtherAnswer, "get returns list[str] but list[int]"),
        (OneMore, "open_twice is missing in Plain"),
        (OneLess, "close is missing in OneLess"),
    ],
)
def test_a_planted_difference_is_found(other, said):
    found = differences(Plain, other)

    assert len(found) == 1
    assert said in found[0]


# ------------------------------------------------------------------ shape of the calls


# find_similar(task, category, top_k) is the order of the calls it replaces.
POSITIONAL = {"find_similar": 3}


@pytest.mark.parametrize("name", ["ReasoningBank", "AsyncReasoningBank"])
def test_options_are_keyword_only_and_no_boolean_is_positional(name):
    offending = []
    for method, member in members(getattr(reasoningbank, name)).items():
        function = function_of(member)
        if not inspect.isfunction(function) or method.startswith("__"):
            continue
        by_position = [
            one
            for one in list(inspect.signature(function).parameters.values())[1:]
            if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
        ]
        if len(by_position) > POSITIONAL.get(method, 2) or any(
            "bool" in str(one.annotation) for one in by_position
        ):
            offending.append(method)

    assert offending == []


@pytest.mark.parametrize("name", ["ReasoningBank", "AsyncReasoningBank"])
def test_no_public_signature_says_any(name):
    offending = [
        method
        for method, member in members(getattr(reasoningbank, name)).items()
        if inspect.isfunction(function_of(member))
        and re.search(r"\bAny\b", str(inspect.signature(function_of(member))))
    ]

    assert offending == []
