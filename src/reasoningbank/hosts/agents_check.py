"""Whether agents work with the bank beside them, and whether their definitions stay as they are."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.domain.errors import Unavailable
from reasoningbank.hosts.agent_definitions import (
    AgentDefinition,
    definition_files,
    digest_of_file,
    read_definitions,
)
from reasoningbank.hosts.installing import install
from reasoningbank.hosts.json_rpc import ServerSession

_CATEGORY: Final = "agents"
_TASK_CHARACTERS: Final = 4_000


class CheckedAgent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one definition.

    Args:
        file: Its path below the folder.
        name: What the agent is called, or None.
        problem: Why the definition is malformed, or None.
        notes: What is unusual about it, but allowed.
        unchanged: Whether the file, and its copy beside an installed bank, have the bytes they had.
        recalled: Whether the agent's task got what is known about it; None where it was not asked.
        shown: How many patterns were shown.
        outcome_recorded: Whether the outcome was counted for what was shown.
        failure: What went wrong with the server, or None.
    """

    file: str
    name: str | None
    problem: str | None
    notes: tuple[str, ...]
    unchanged: bool
    recalled: bool | None = None
    shown: int = 0
    outcome_recorded: bool = False
    failure: str | None = None


class AgentsReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found.

    Args:
        folder: What was checked.
        files: How many Markdown files it holds.
        well_formed: How many of them have what a definition needs.
        documentation: How many of these say that they are documentation.
        malformed: How many have not.
        unchanged: How many have the bytes they had before.
        recalled: How many agents got a recall that shows something.
        outcomes: For how many of these the outcome was counted.
        installed: The settings that were written beside the copies.
        agents: Each of them.
    """

    folder: str
    files: int
    well_formed: int
    documentation: int
    malformed: int
    unchanged: int
    recalled: int
    outcomes: int
    installed: tuple[str, ...]
    agents: tuple[CheckedAgent, ...]

    @property
    def passed(self) -> bool:
        """Whether everything stayed as it was, and every well-formed agent got both."""
        return self.unchanged == self.files and self.recalled == self.outcomes == self.well_formed


def check_agents(
    folder: Path,
    command: Sequence[str],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> AgentsReport:
    """Give a report on the agents defined in a folder.

    The definitions are copied into an empty home, the bank is installed there, and its real server is
    started. A pattern is stored for the task of each agent, then each task is recalled for and the
    outcome told. At the end every file must have the bytes that it had, in the folder and in the copy.

    Args:
        folder: Where the definitions are.
        command: What starts `reasoningbank`, by its absolute path.
        progress: Called with how many agents were done with, and of how many.

    Raises:
        InvalidInput: When there is no such folder, or no definition in it.
        Unavailable: When the server does not answer, or a library is missing.
    """
    folder = folder.resolve()
    definitions = read_definitions(folder)
    with tempfile.TemporaryDirectory(prefix="reasoningbank-agents-") as place:
        home = Path(place)
        copies = home / ".claude" / "agents"
        _copy(folder, copies)
        environment = _environment(home)
        installed = _installed(command, environment)
        with ServerSession(
            [*command, "mcp", "--db", str(home / "bank.db")], environment
        ) as session:
            session.initialise()
            checked = _run_all(session, definitions, progress)
        agents = tuple(
            msgspec.structs.replace(one, unchanged=_is_unchanged(folder, copies, definition))
            for one, definition in zip(checked, definitions, strict=True)
        )
    return AgentsReport(
        folder=str(folder),
        files=len(agents),
        well_formed=sum(one.problem is None for one in agents),
        documentation=sum(one.documentation and one.problem is None for one in definitions),
        malformed=sum(one.problem is not None for one in agents),
        unchanged=sum(one.unchanged for one in agents),
        recalled=sum(one.recalled is True for one in agents),
        outcomes=sum(one.outcome_recorded for one in agents),
        installed=installed,
        agents=agents,
    )


def _copy(folder: Path, copies: Path) -> None:
    for file in definition_files(folder):
        target = copies / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _environment(home: Path) -> dict[str, str]:
    """Give the environment of a user who has nothing but these agents."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REASONINGBANK_", "XDG_", "CLAUDE_", "CODEX_"))
    }
    return {**kept, "HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}


def _installed(command: Sequence[str], environment: dict[str, str]) -> tuple[str, ...]:
    home = Path(environment["HOME"])
    done = install("claude-code", command=command, environment=environment, home=home)
    return tuple(Path(file.path).relative_to(home).as_posix() for file in done.files)


def _run_all(
    session: ServerSession,
    definitions: Sequence[AgentDefinition],
    progress: Callable[[int, int], None],
) -> list[CheckedAgent]:
    usable = [one for one in definitions if one.problem is None]
    for one in usable:
        session.call(
            "reasoningbank_store_pattern",
            {
                "task_description": _task(one),
                "task_category": _CATEGORY,
                "strategy": f"Hand it to the agent {one.name}.",
                "success_score": 0.5,
            },
        )
    checked: list[CheckedAgent] = []
    for one in definitions:
        checked.append(_run(session, one))
        progress(len(checked), len(definitions))
    return checked


def _run(session: ServerSession, definition: AgentDefinition) -> CheckedAgent:
    """Have one agent's task recalled for, and its outcome told."""
    found = CheckedAgent(
        file=definition.file,
        name=definition.name,
        problem=definition.problem,
        notes=definition.notes,
        unchanged=False,
    )
    if definition.problem is not None:
        return found
    try:
        recall = session.call("reasoningbank_recall", {"task_description": _task(definition)})
        patterns = recall.get("patterns")
        shown = len(patterns) if isinstance(patterns, list) else 0
        told = session.call(
            "reasoningbank_record_outcome",
            {"recall_id": recall.get("recall_id"), "success": True},
        )
    except Unavailable as error:
        return msgspec.structs.replace(found, recalled=False, failure=str(error))
    counted = next((one for one in told.values() if isinstance(one, list)), [])
    return msgspec.structs.replace(
        found,
        recalled=shown > 0 and bool(recall.get("prompt")),
        shown=shown,
        outcome_recorded=len(counted) > 0,
    )


def _task(definition: AgentDefinition) -> str:
    return f"{definition.name}: {definition.description}"[:_TASK_CHARACTERS]


def _is_unchanged(folder: Path, copies: Path, definition: AgentDefinition) -> bool:
    return all(
        (place / definition.file).is_file()
        and digest_of_file(place / definition.file) == definition.digest
        for place in (folder, copies)
    )
