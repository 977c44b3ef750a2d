"""Runs a scenario of spec/scenarios against a bank; spec/README.md says what a runner must do."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import msgspec

from reasoningbank import (
    AsyncReasoningBank,
    LeftToHost,
    ReasoningBank,
    ReasoningBankError,
    Unavailable,
)
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp
from reasoningbank.storage import StorageBackend, open_storage
from tests.spec.letters import Letters
from tests.spec.matching import InvalidScenario, Mismatch, Values

if TYPE_CHECKING:
    from typing_extensions import Self

CLOCK_START: Final = "2026-11-21T01:02:03.004Z"
MAIN: Final = "main"

_SCENARIO_KEYS: Final = {"name", "description", "requires", "needs", "clock", "steps"}
_STEP_KEYS: Final = {"call", "args", "bank", "save", "expect", "error", "note"}
_BANK_CALLS: Final = frozenset(
    {
        "store_pattern", "put", "store_patterns", "get_pattern", "search_by_category",
        "find_similar", "recall", "get_stats", "update_pattern", "delete_pattern", "erase",
        "record_outcome", "reliability", "outcomes", "history", "observations",
        "reembed", "check", "close", "learn", "judge", "retry_pending", "get_trajectory",
        "trajectories", "withdraw", "reinstate", "erase_trajectory", "links", "add_link",
        "distillation_request", "record_distillation", "consolidate", "undo_consolidation",
    }
)  # fmt: skip
_FILE_CALLS: Final = frozenset(
    {
        "import_jsonl", "restore_jsonl", "import_trajectories_jsonl",
        "restore_trajectories_jsonl",
    }
)  # fmt: skip
_EXPORTS: Final = frozenset({"export_jsonl", "export_trajectories_jsonl"})
# What experiences teach is another matter in every language: the scenarios have the host say it.
_DISTILLERS: Final = {"host": LeftToHost()}

Step: TypeAlias = "Mapping[str, object]"
Arguments: TypeAlias = "dict[str, object]"


class ScenarioFailed(AssertionError):
    """Say which step of a scenario came out otherwise, and how."""


class Face(Protocol):
    """How a bank is called: directly or with await."""

    def call(self, bank: ReasoningBank, method: str, arguments: Arguments) -> object:
        """Call a method of the bank and give what it returned."""

    def close(self) -> None:
        """Let go of what calling needed."""


class DirectFace:
    """Call `ReasoningBank` itself."""

    def call(self, bank: ReasoningBank, method: str, arguments: Arguments) -> object:
        return getattr(bank, method)(**arguments)

    def close(self) -> None:
        pass


class AsyncFace:
    """Call the bank through `AsyncReasoningBank`, on a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._workers = ThreadPoolExecutor(1)

    def call(self, bank: ReasoningBank, method: str, arguments: Arguments) -> object:
        # Closing the asynchronous bank ends its workers, so that one call has workers of its own.
        workers = ThreadPoolExecutor(1) if method == "close" else self._workers
        called = getattr(AsyncReasoningBank(bank, workers), method)
        return self._loop.run_until_complete(called(**arguments))

    def close(self) -> None:
        self._workers.shutdown()
        self._loop.close()


class Stores:
    """Open stores by name: files in a folder, databases, or banks in memory that their handles share.

    Args:
        folder: For files, or None.
        new_database: Gives the URL of a database with an empty bank, or None.
    """

    def __init__(self, folder: Path | None, new_database: Callable[[], str] | None = None) -> None:
        self._folder = folder
        self._new_database = new_database
        self.databases: dict[str, str] = {}
        self._shared: dict[str, StorageBackend] = {}

    def open(self, name: str) -> StorageBackend:
        if self._folder is not None:
            return open_storage(self._folder / f"{name}.db")
        if self._new_database is not None:
            if name not in self.databases:
                self.databases[name] = self._new_database()
            return open_storage(self.databases[name])
        if name not in self._shared:
            self._shared[name] = open_storage("memory:")
        return self._shared[name]

    def discard(self, storage: StorageBackend) -> None:
        """Close a store that no bank took over, unless other handles stand on it."""
        if storage not in self._shared.values():
            storage.close()


class Run:
    """One run of one scenario.

    Args:
        stores: Where banks are opened.
        face: How they are called.
        watch: Told each call with its result, or ``error`` with the error object.
    """

    def __init__(
        self, stores: Stores, face: Face, watch: Callable[[str, object], None] = lambda *_: None
    ) -> None:
        self._stores = stores
        self._face = face
        self._watch = watch
        self._now = 0
        self._banks: dict[str, ReasoningBank] = {}
        self._opened_with: dict[str, Arguments] = {}
        self._files: dict[str, bytes] = {}
        self._values = Values()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for bank in self._banks.values():
            bank.close()
        self._face.close()

    def run(self, scenario: Mapping[str, object]) -> None:
        """Run every step; raises `ScenarioFailed` at the first that comes out otherwise."""
        _refuse_unknown_keys(scenario, _SCENARIO_KEYS)
        self._now = parse_timestamp(scenario.get("clock", CLOCK_START), "clock")
        self._open(MAIN, {})
        steps = scenario["steps"]
        assert isinstance(steps, list)
        for number, step in enumerate(steps, start=1):
            _refuse_unknown_keys(step, _STEP_KEYS)
            try:
                self._step(step)
            except Mismatch as error:
                shown = json.dumps(step, ensure_ascii=True)[:500]
                message = f"{scenario['name']}, step {number}: {error}\n{shown}"
                raise ScenarioFailed(message) from error

    def damage(self) -> list[str]:
        """Give what a check finds wrong in the banks that are still open."""
        return [
            f"{handle}: {finding.check}: {finding.message}"
            for handle, bank in self._banks.items()
            if not self._is_closed(bank)
            for finding in bank.check(full=True)
            if finding.level == "error"
        ]

    @staticmethod
    def _is_closed(bank: ReasoningBank) -> bool:
        try:
            bank.get_stats()
        except Unavailable:
            return True
        return False

    def _step(self, step: Step) -> None:
        arguments = self._values.given(step.get("args", {}))
        if not isinstance(arguments, dict):
            raise InvalidScenario("args must be an object")
        handle, call = str(step.get("bank", MAIN)), str(step["call"])
        try:
            result = plain(self._called(call, handle, arguments))
        except ReasoningBankError as error:
            self._watch("error", error_object(error))
            if "error" not in step:
                raise Mismatch(call, f"raised {error.code}: {error}") from error
            self._match_error(_object(step["error"]), error)
            return
        self._watch(call, result)
        if "error" in step:
            raise Mismatch(call, f"gave {result!r} instead of an error")
        if "expect" in step:
            self._values.match(step["expect"], result)
        for name, path in _object(step.get("save", {})).items():
            self._values.saved[name] = _picked(result, str(path))

    def _match_error(self, expected: Mapping[str, object], error: ReasoningBankError) -> None:
        if "code" not in expected:
            raise InvalidScenario(f"an expected error has a code, unlike {expected}")
        self._values.match({"$subset": expected}, error_object(error))

    def _called(self, call: str, handle: str, arguments: Arguments) -> object:
        if call in _BANK_CALLS:
            if "distiller" in arguments:
                arguments["distiller"] = _DISTILLERS[str(arguments["distiller"])]
            return self._face.call(self._bank(handle), call, arguments)
        if call in _EXPORTS:
            file = io.BytesIO()
            name = arguments.pop("file")
            result = self._face.call(self._bank(handle), call, {**arguments, "file": file})
            self._files[str(name)] = file.getvalue()
            return result
        if call in _FILE_CALLS:
            with io.BytesIO(self._content(arguments)) as content:
                return self._face.call(self._bank(handle), call, {**arguments, "file": content})
        controls: dict[str, Callable[[], object]] = {
            "open": lambda: self._open(handle, arguments),
            "restart": lambda: self._restart(handle),
            "advance_clock": lambda: self._advance(**arguments),
            "read_file": lambda: [
                json.loads(line) for line in self._files[str(arguments["file"])].splitlines()
            ],
        }
        if call not in controls:
            raise InvalidScenario(f"there is no call {call!r}")
        return controls[call]()

    def _bank(self, handle: str) -> ReasoningBank:
        if handle not in self._banks:
            raise InvalidScenario(f"no bank was opened as {handle!r}")
        return self._banks[handle]

    def _open(self, handle: str, arguments: Arguments) -> None:
        options = dict(arguments)
        store = str(options.pop("store", "main"))
        embedder = {None: None, "letters": Letters()}[options.pop("embedder", None)]
        storage = self._stores.open(store)
        try:
            bank = ReasoningBank(
                storage,
                embedder=embedder,
                clock=lambda: self._now,
                **options,  # type: ignore[arg-type]
            )
        except ReasoningBankError:
            self._stores.discard(storage)
            raise
        self._banks[handle] = bank
        self._opened_with[handle] = arguments

    def _restart(self, handle: str) -> None:
        self._bank(handle).close()
        self._open(handle, self._opened_with[handle])

    def _advance(self, milliseconds: int) -> str:
        self._now += milliseconds
        return format_timestamp(self._now)

    def _content(self, arguments: Arguments) -> bytes:
        """Take the content of a file out of the arguments: a file by name, or its lines."""
        if "file" in arguments:
            return self._files[str(arguments.pop("file"))]
        lines = arguments.pop("lines")
        assert isinstance(lines, list)
        return "".join(
            f"{line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)}\n"
            for line in lines
        ).encode("utf-8", "surrogatepass")


def error_object(error: ReasoningBankError) -> Arguments:
    """Give an error as the object that spec/schemas/Error.json describes."""
    return {"code": error.code, **_object(plain(vars(error)))}


def plain(value: object) -> object:
    """Give a result as the JSON value that every language can compare."""
    return json.loads(msgspec.json.encode(value))


def _refuse_unknown_keys(value: Mapping[str, object], known: set[str]) -> None:
    unknown = value.keys() - known
    if unknown:
        raise InvalidScenario(f"{sorted(unknown)} mean nothing here; known are {sorted(known)}")


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidScenario(f"must be an object: {value!r}")
    return value


def _picked(value: object, path: str) -> object:
    """Give the part of a value that a path such as ``0.id`` names; the empty path is all of it."""
    for step in path.split(".") if path else ():
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]  # type: ignore[index]
        except (LookupError, TypeError, ValueError) as error:
            raise Mismatch(path, f"is not there: {value!r}") from error
    return value
