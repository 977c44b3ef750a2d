"""The program that walks the main path with nothing but what the package asks for, and no network."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import distribution, packages_distributions
from types import ModuleType

_REFUSED = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")  # fmt: skip
_NETWORK = (socket.AF_INET, socket.AF_INET6)
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


class _OnlyRequired(MetaPathFinder):
    """Find no module that neither Python nor the package's own requirements bring."""

    def __init__(self) -> None:
        wanted = _required("agent-reasoningbank")
        self._allowed = {
            module
            for module, distributions in packages_distributions().items()
            if wanted & {_normal(name) for name in distributions}
        }
        self._allowed |= {"reasoningbank", "tests", *sys.stdlib_module_names}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        module = fullname.partition(".")[0]
        if module not in self._allowed and not module.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(name: str) -> set[str]:
    """Give the distributions that one needs, directly or not, without any extra."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = _normal(waiting.pop())
        if current in found:
            continue
        found.add(current)
        for requirement in distribution(current).requires or []:
            needed = _REQUIREMENT.match(requirement)
            if needed is not None and ";" not in requirement:
                waiting.append(needed.group())
    return found


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in _REFUSED or (event == "socket.__new__" and arguments[1] in _NETWORK):
        raise AssertionError(f"the main path reached for the network: {event} {arguments}")


def walk_the_main_path(path: str) -> list[str]:
    """Use a bank in every common way; give the modules of others that were loaded for it."""
    sys.meta_path.insert(0, _OnlyRequired())
    sys.addaudithook(_refuse_network)
    from reasoningbank import AsyncReasoningBank, PatternInput, ReasoningBank

    given = PatternInput(
        task_description="Add login to the API",
        task_category="backend",
        strategy="Write the failing test first, then the smallest handler that passes.",
        success_score=0.95,
    )
    with ReasoningBank.open(path) as bank:
        stored = bank.store_pattern(given)
        bank.store_patterns([{**_fields(given), "task_description": f"Task {n}"} for n in range(9)])
        assert bank.find_similar("adding logins to our APIs", top_k=1)[0].id == stored
        assert bank.search_by_category("backend", limit=20)[0].task_category == "backend"
        bank.update_pattern(stored, title="Login")
        bank.record_outcome(pattern=stored, success=True, source="test", evidence={"exit_code": 0})
        assert bank.get_stats().total_patterns == 10
        file = io.BytesIO()
        bank.export_jsonl(file)
        bank.delete_pattern(bank.find_similar("Task 3", top_k=1)[0].id)
        bank.erase(stored)
        bank.reembed()
        assert [one for one in bank.check() if one.level == "error"] == []
    file.seek(0)
    with ReasoningBank.open("memory:") as bank:
        assert bank.restore_jsonl(file).created == 10
        file.seek(0)
        assert bank.import_jsonl(file).merged == 10

    async def use() -> None:
        async with AsyncReasoningBank.open(path) as bank:
            again = await bank.store_pattern(given)
            assert (await bank.find_similar("adding logins"))[0].id == again

    asyncio.run(use())
    mine = {*sys.stdlib_module_names, "reasoningbank", "tests", "__main__", "__mp_main__"}
    return sorted({name.partition(".")[0] for name in sys.modules} - mine)


def _fields(given: object) -> dict[str, object]:
    return {name: getattr(given, name) for name in ("task_category", "strategy", "success_score")}


def walk_the_command_line(path: str) -> list[int]:
    """Run the common commands the same way; give their exit codes."""
    sys.meta_path.insert(0, _OnlyRequired())
    sys.addaudithook(_refuse_network)
    from reasoningbank import ReasoningBank
    from reasoningbank.cli import main

    ReasoningBank.open(path).close()  # or the first command would say that it made one
    codes = []
    for command in (
        ["store", "--task", "Add login", "--category", "backend", "--strategy", "Test first."],
        ["similar", "adding logins", "--json"],
        ["search", "backend"],
        ["stats"],
        ["doctor"],
    ):
        sys.argv = ["reasoningbank", *command, "--db", path]
        kept, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        try:
            main()
            codes.append(0)
        except SystemExit as end:
            codes.append(int(end.code or 0))
        finally:
            sys.stdout = kept
    return codes


def try_what_is_refused() -> list[str]:
    """Reach for the network and for a module nobody asked for; give the errors met."""
    sys.meta_path.insert(0, _OnlyRequired())
    sys.addaudithook(_refuse_network)
    met = []
    for reach in (
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        lambda: socket.getaddrinfo("localhost", 80),
        lambda: __import__("hypothesis"),
    ):
        try:
            reach()
        except (AssertionError, ModuleNotFoundError) as error:
            met.append(type(error).__name__)
    return met
