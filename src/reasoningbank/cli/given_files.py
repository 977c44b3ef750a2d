"""The files named on the command line: each by itself, those in directories, and standard input."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from reasoningbank.cli.streams import reading_file
from reasoningbank.domain.errors import InvalidInput, ReasoningBankError, Unavailable

STANDARD_INPUT: Final = "standard input"
_SUFFIXES: Final = frozenset({".traj", ".json", ".jsonl", ".ndjson", ".xml"})


class GivenFile(NamedTuple):
    """A file to be read, or why it cannot be.

    Args:
        name: As a person would name it.
        path: Where its content is.
        origin: Where it comes from, if not from that path.
        searched: Whether it was found in a directory, where files of other kinds are no mistake.
        problem: Why it cannot be read, if that is known already.
    """

    name: str
    path: Path
    origin: str | None = None
    searched: bool = False
    problem: ReasoningBankError | None = None


@contextmanager
def given_files(names: Sequence[str]) -> Iterator[list[GivenFile]]:
    """Give the files that names stand for, each once, in order; ``-`` is standard input.

    In directories and below them, those whose names end as recorders' files do; hidden ones are
    passed over.
    """
    with ExitStack() as stack:
        files: dict[Path, GivenFile] = {}
        for name in names:
            if name == "-":
                found = iter([_standard_input(stack)])
            elif os.path.isdir(name):  # noqa: PTH112 - false, not an error, for names that are none
                found = _below(name)
            else:
                found = iter([GivenFile(name, Path(name))])
            for one in found:
                files.setdefault(one.path, one)
        yield list(files.values())


def _below(directory: str) -> Iterator[GivenFile]:
    problems: list[OSError] = []
    for folder, folders, names in os.walk(directory, onerror=problems.append):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in _SUFFIXES:
                path = Path(folder, name)
                yield GivenFile(str(path), path, searched=True)
    for problem in problems:
        name = str(problem.filename)
        error = Unavailable(f"cannot be searched: {problem.strerror}", path=name)
        yield GivenFile(name, Path(name), problem=error)


def _standard_input(stack: ExitStack) -> GivenFile:
    """Keep what comes through the pipe in a file: kinds are told by looking twice."""
    import tempfile

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reasoningbank-")))
    path = folder / "input"
    problem = None
    try:
        with reading_file("-") as source, path.open("wb") as file:
            shutil.copyfileobj(source, file)
    except InvalidInput as error:
        problem = error
    return GivenFile(STANDARD_INPUT, path, origin=STANDARD_INPUT, problem=problem)
