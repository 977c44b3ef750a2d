"""Definitions of agents: Markdown files whose front matter, in YAML, says what each agent is for.

What is asked of one is what Claude Code documents: it begins with front matter, and that is a mapping
with a `name` and a `description`. Everything else is allowed, since programs add fields of their own.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Final

import msgspec

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.domain.missing_library import library_missing

_LARGEST_BYTES: Final = 1_000_000
_MOST_FILES: Final = 10_000
_LONGEST_REASON: Final = 200
_FRONT: Final = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


class AgentDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One file, and what it defines.

    Args:
        file: Its path below the folder.
        digest: SHA-256 of its bytes.
        name: What the agent is called, or None where the file does not say.
        description: What it is for, or None.
        problem: Why it is malformed, or None.
        documentation: Whether it says of itself that it is documentation and no agent.
        notes: What is unusual about it, but allowed.
    """

    file: str
    digest: str
    name: str | None = None
    description: str | None = None
    problem: str | None = None
    documentation: bool = False
    notes: tuple[str, ...] = ()


def read_definitions(folder: Path) -> list[AgentDefinition]:
    """Give what each Markdown file of a folder defines, in the order of their paths.

    Raises:
        InvalidInput: When there is no such folder, or no file in it.
        Unavailable: When a file cannot be read, or the library for YAML is not installed.
    """
    library = _library()
    files = definition_files(folder)
    found = [_definition(folder, file, library) for file in files]
    names: dict[str, str] = {}
    noted: list[AgentDefinition] = []
    for one in found:
        first = names.setdefault(one.name, one.file) if one.name is not None else one.file
        if first != one.file and one.problem is None:
            also = (*one.notes, f"{first} has the same name")
            noted.append(msgspec.structs.replace(one, notes=also))
        else:
            noted.append(one)
    return noted


def definition_files(folder: Path) -> list[Path]:
    """Give the Markdown files in and below a folder; links are not followed.

    Raises:
        InvalidInput: When there are none.
    """
    if not folder.is_dir():
        raise InvalidInput("is no folder", field="DIR")
    found = [
        Path(inside) / name
        for inside, _, names in os.walk(folder, followlinks=False)
        for name in names
        if name.lower().endswith(".md") and not (Path(inside) / name).is_symlink()
    ]
    if not found:
        raise InvalidInput("holds no Markdown file", field="DIR")
    if len(found) > _MOST_FILES:
        raise InvalidInput(f"holds more than {_MOST_FILES:,} Markdown files", field="DIR")
    return sorted(found)


def digest_of_file(file: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", path=str(file)) from error


def _definition(folder: Path, file: Path, library: ModuleType) -> AgentDefinition:
    place = file.relative_to(folder).as_posix()
    digest = digest_of_file(file)
    content = file.read_bytes()
    try:
        fields = _fields(content, library)
        name = _text(fields, "name")
        description = _text(fields, "description")
    except ValueError as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        return AgentDefinition(file=place, digest=digest, problem=reason)
    missing = [one for one in ("name", "description") if fields.get(one) is None]
    notes = []
    if fields.get("type") == "documentation":
        notes.append("says that it is documentation")
    elif name is not None and not _NAME.match(name):
        notes.append("its name is not in small letters with hyphens")
    return AgentDefinition(
        file=place,
        digest=digest,
        name=name,
        description=description,
        problem=f"has no {' and no '.join(missing)}" if missing else None,
        documentation=fields.get("type") == "documentation",
        notes=tuple(notes),
    )


def _fields(content: bytes, library: ModuleType) -> dict[object, object]:
    """Give the front matter of a file.

    Raises:
        ValueError: When there is none, or it cannot be read; saying why.
    """
    if len(content) > _LARGEST_BYTES:
        raise ValueError(f"is longer than {_LARGEST_BYTES:,} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    front = _FRONT.match(text)
    if front is None:
        raise ValueError("has no front matter between two lines of ---")
    try:
        fields = library.safe_load(front.group(1))
    except (library.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 2}"
        said = getattr(error, "problem", None) or type(error).__name__
        raise ValueError(f"its front matter is not YAML{where}: {said}") from error
    if not isinstance(fields, dict):
        raise ValueError("its front matter is no mapping")  # noqa: TRY004 - of the file, not the caller
    return fields


def _text(fields: dict[object, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"its {name} is no text")
    return value.strip()


def _library() -> ModuleType:
    try:
        import yaml
    except ImportError as error:
        raise library_missing("PyYAML", extra="agents", field="agents") from error
    library: ModuleType = yaml
    return library
