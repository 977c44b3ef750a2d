"""The blocks of code in the documents, and what the comment above a block says of it.

A comment in HTML on the line before a block, unseen by readers, is its mark:

    <!-- not run: REASON -->         it cannot run here; the reason is counted and listed by every run
    <!-- types only: REASON -->      TypeScript that is checked by the compiler and not run
    <!-- prints -->                  what the program above it prints
    <!-- shows -->                   what the page above it, the file index.html, shows in a browser
    <!-- file: NAME -->              a file that the blocks below it use
    <!-- written by: HOST, FILE -->  what `reasoningbank install HOST` writes into FILE of the user's home

and two anywhere in a document speak of all its examples: `<!-- examples need: postgres -->`, and, where they go on
from those of another document, `<!-- examples follow: docs/recipes/team-postgres.md -->`.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

RUN = {"python": "pytest", "console": "pytest", "sql": "pytest", "ts": "vitest", "js": "vitest"}
"""Languages whose blocks run, and by what."""

PARSED = ("json", "toml", "yaml", "xml", "ini", "html")
"""Languages whose blocks are read by a parser, or by a browser."""

NOT_RUN = ("sh", "text")
"""Languages that nothing runs: each such block says why."""

NEEDS = ("postgres", "frameworks", "provider", "curl")
"""What the examples of a document may need: a server, libraries that exclude each other, a model to ask,
a program that not every machine has."""

_MARKS = ("not run", "types only", "prints", "shows", "file", "written by")
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
_COMMENT = re.compile(r"^\s*<!--\s*([a-z ]+?)\s*(?::\s*(.*?))?\s*-->\s*$")
_NEED = re.compile(r"^<!-- examples need: ([a-z, ]+) -->$", re.MULTILINE)
_FOLLOWED = re.compile(r"^<!-- examples follow: (\S+) -->$", re.MULTILINE)
_NO_DOCUMENTS = {"node_modules", "dist", "build", "site", "results"}


@dataclass(frozen=True)
class Block:
    """One fenced block: where it is, what it is written in, what it says, and its marks."""

    document: str
    line: int
    language: str
    text: str
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where to look for it."""
        return f"{self.document}:{self.line}"

    @property
    def reason_not_to_run(self) -> str | None:
        """Why it is not run, or not more than compiled; None for a block that is."""
        return self.marks.get("not run", self.marks.get("types only"))

    @property
    def is_directive(self) -> bool:
        """Whether it is a part of the page that Sphinx makes."""
        return self.language.startswith("{")


@cache
def documents() -> tuple[str, ...]:
    """Give every Markdown file of the checkout, by its path in it."""
    found = []
    for folder, below, files in os.walk(CHECKOUT):
        below[:] = sorted(
            name for name in below if not name.startswith(".") and name not in _NO_DOCUMENTS
        )
        found += [Path(folder, name) for name in sorted(files) if name.endswith(".md")]
    return tuple(path.relative_to(CHECKOUT).as_posix() for path in found)


def blocks_of(document: str, text: str | None = None) -> list[Block]:
    """Give the blocks of a document in their order, those inside lists too.

    Raises:
        ValueError: For a block that is not closed.
    """
    if text is None:
        text = (CHECKOUT / document).read_text("utf-8")
    return list(_read(document, text.splitlines()))


def needs_of(document: str) -> set[str]:
    """Give what the examples of a document need.

    Raises:
        ValueError: For a need that nothing provides.
    """
    named = _NEED.findall((CHECKOUT / document).read_text("utf-8"))
    needs = {need.strip() for line in named for need in line.split(",")}
    if unknown := needs - set(NEEDS):
        message = f"{document} needs {sorted(unknown)}, which no test provides"
        raise ValueError(message)
    return needs


def followed_by(document: str) -> str | None:
    """Give the document whose examples are to be run before those of this one, or None."""
    found = _FOLLOWED.search((CHECKOUT / document).read_text("utf-8"))
    return found and found[1]


def all_blocks() -> list[Block]:
    """Give the blocks of every document."""
    return [block for document in documents() for block in blocks_of(document)]


def _read(document: str, lines: list[str]) -> Iterator[Block]:
    begun: tuple[int, str, str, str] | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if begun is None:
            if fence is not None:
                begun = (number, fence[1], fence[2], fence[3].strip())
            continue
        start, indent, mark, language = begun
        if fence is not None and fence[2].startswith(mark) and not fence[3].strip():
            held = lines[start + 1 : number]
            text = textwrap.dedent("\n".join(held)) if indent else "\n".join(held)
            marks = _marks_above(lines, start)
            yield Block(document, start + 1, language, f"{text}\n" if held else "", marks)
            begun = None
    if begun is not None:
        message = f"{document}:{begun[0] + 1}: the block is not closed"
        raise ValueError(message)


def _marks_above(lines: list[str], fence: int) -> dict[str, str]:
    marks: dict[str, str] = {}
    for line in reversed(lines[:fence]):
        comment = _COMMENT.match(line)
        if comment is None or comment[1] not in _MARKS:
            break
        marks[comment[1]] = comment[2] or ""
    return marks
