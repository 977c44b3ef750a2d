"""Values of a scenario: how they are written, and how a result is held against what was expected.

The notation is described in spec/README.md, for runners in any language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

Json: TypeAlias = "dict[str, object]"

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_NUMBERS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


class InvalidScenario(Exception):
    """Say that a scenario is not written as spec/README.md asks."""


class Mismatch(Exception):
    """Say where a result differs from what was expected."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or 'the result'} {message}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_KINDS: Final[Mapping[str, Callable[[object], bool]]] = {
    "value": lambda _: True,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and float(value).is_integer(),  # type: ignore[arg-type]
    "uuid": lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None,
    "timestamp": lambda value: isinstance(value, str) and _TIMESTAMP.fullmatch(value) is not None,
}


class Values:
    """The values of one run: what its steps saved, and how theirs are read."""

    def __init__(self) -> None:
        self.saved: Json = {}
        self._checks: dict[str, Callable[[object, object, str], None]] = {
            "$any": self._check_any,
            "$subset": self._check_subset,
            "$length": self._check_length,
            "$contains": self._check_contains,
            "$each": self._check_each,
            "$all": self._check_all,
            "$not": self._check_not,
        }

    def given(self, value: object) -> object:
        """Give the value that an argument stands for."""
        if isinstance(value, list):
            return [self.given(item) for item in value]
        if not isinstance(value, dict):
            return value
        notation = _notation(value)
        if notation is None:
            return {key: self.given(item) for key, item in value.items()}
        wanted = value[notation]
        if notation == "$literal":
            return wanted
        if notation == "$text":
            return "".join(map(_piece, _a_list(wanted)))
        if notation == "$ref" and wanted in self.saved:
            return self.saved[wanted]
        if notation == "$number" and wanted in _NUMBERS:
            return _NUMBERS[wanted]
        raise InvalidScenario(f"{value} stands for no value")

    def match(self, expected: object, actual: object, path: str = "") -> None:
        """Raise `Mismatch` unless `actual` is what is expected."""
        if isinstance(expected, dict):
            notation = _notation(expected)
            if notation is not None:
                self._match_notation(notation, expected, actual, path)
                return
            _check_keys(expected, actual, path)
            self._check_subset(expected, actual, path)
        elif isinstance(expected, list):
            items = _list_of(actual, path, len(expected))
            for index, item in enumerate(expected):
                self.match(item, items[index], f"{path}[{index}]")
        else:
            _check_scalar(expected, actual, path)

    def _match_notation(self, notation: str, expected: Json, actual: object, path: str) -> None:
        if notation in {"$text", "$ref", "$literal"}:
            _check_same(self.given(expected), actual, path)
        elif notation == "$approx":
            _check_approx(expected[notation], expected["tolerance"], actual, path)
        elif notation in self._checks:
            self._checks[notation](expected[notation], actual, path)
        else:
            raise InvalidScenario(f"{notation} is no notation of an expected value")

    def _check_any(self, wanted: object, actual: object, path: str) -> None:
        if not isinstance(wanted, str) or wanted not in _KINDS:
            raise InvalidScenario(f"no kind of value is called {wanted!r}")
        if not _KINDS[wanted](actual):
            raise Mismatch(path, f"is {_shown(actual)}, not any {wanted}")

    def _check_subset(self, wanted: object, actual: object, path: str) -> None:
        if not isinstance(wanted, dict):
            raise InvalidScenario("$subset takes an object")
        if not isinstance(actual, dict):
            raise Mismatch(path, f"is no object: {_shown(actual)}")
        for key, item in wanted.items():
            if key not in actual:
                raise Mismatch(path, f"has no {key!r}, only {sorted(actual)}")
            self.match(item, actual[key], f"{path}.{key}" if path else key)

    def _check_length(self, wanted: object, actual: object, path: str) -> None:
        if not isinstance(actual, (list, dict)) or len(actual) != wanted:
            raise Mismatch(path, f"has not {wanted} entries: {_shown(actual)}")

    def _check_contains(self, wanted: object, actual: object, path: str) -> None:
        if isinstance(actual, str):
            part = self.given(wanted)
            held = isinstance(part, str) and part in actual
        else:
            held = any(self._matches(wanted, item) for item in _list_of(actual, path))
        if not held:
            raise Mismatch(path, f"does not contain {_shown(wanted)}: {_shown(actual)}")

    def _check_each(self, wanted: object, actual: object, path: str) -> None:
        for index, item in enumerate(_list_of(actual, path)):
            self.match(wanted, item, f"{path}[{index}]")

    def _check_all(self, wanted: object, actual: object, path: str) -> None:
        for one in _a_list(wanted):
            self.match(one, actual, path)

    def _check_not(self, wanted: object, actual: object, path: str) -> None:
        if self._matches(wanted, actual):
            raise Mismatch(path, f"is just what it must not be: {_shown(actual)}")

    def _matches(self, expected: object, actual: object) -> bool:
        try:
            self.match(expected, actual)
        except Mismatch:
            return False
        return True


def _notation(value: Json) -> str | None:
    names = [name for name in value if name.startswith("$")]
    if not names:
        return None
    beside = value.keys() - {names[0]}
    if beside != ({"tolerance"} if names[0] == "$approx" else set()):
        raise InvalidScenario(f"{sorted(beside)} beside {names[0]}; $literal takes keys with a $")
    return names[0]


def _piece(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.keys() == {"repeat", "times"}:
        return str(part["repeat"]) * int(part["times"])
    if isinstance(part, dict) and part.keys() == {"surrogate"}:
        return chr(int(part["surrogate"], 16))
    raise InvalidScenario(f"$text is made of texts, repeats and surrogates, not of {part!r}")


def _a_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise InvalidScenario(f"needs a list, not {value!r}")
    return value


def _list_of(actual: object, path: str, length: int | None = None) -> list[object]:
    if not isinstance(actual, list):
        raise Mismatch(path, f"is no list: {_shown(actual)}")
    if length is not None and len(actual) != length:
        raise Mismatch(path, f"has {len(actual)} entries, not {length}: {_shown(actual)}")
    return actual


def _check_keys(expected: Json, actual: object, path: str) -> None:
    if not isinstance(actual, dict):
        raise Mismatch(path, f"is no object: {_shown(actual)}")
    if expected.keys() != actual.keys():
        raise Mismatch(path, f"has the keys {sorted(actual)}, not {sorted(expected)}")


def _check_same(expected: object, actual: object, path: str) -> None:
    """Compare with a value in which nothing is notation."""
    if isinstance(expected, dict):
        _check_keys(expected, actual, path)
        for key, item in expected.items():
            _check_same(item, actual[key], f"{path}.{key}")  # type: ignore[index]
    elif isinstance(expected, list):
        items = _list_of(actual, path, len(expected))
        for index, item in enumerate(expected):
            _check_same(item, items[index], f"{path}[{index}]")
    else:
        _check_scalar(expected, actual, path)


def _check_scalar(expected: object, actual: object, path: str) -> None:
    """Compare as JSON does: numbers by value, and true is not 1."""
    if _is_number(expected) and _is_number(actual):
        same = expected == actual
    else:
        same = type(expected) is type(actual) and expected == actual
    if not same:
        raise Mismatch(path, f"is {_shown(actual)}, not {_shown(expected)}")


def _check_approx(wanted: object, tolerance: object, actual: object, path: str) -> None:
    if not _is_number(actual) or not abs(actual - wanted) <= tolerance:  # type: ignore[operator]
        raise Mismatch(path, f"is {_shown(actual)}, not {wanted} give or take {tolerance}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:280]} ... ({len(text)} characters)"
