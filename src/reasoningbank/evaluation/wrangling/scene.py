"""What a strategy sees before it acts: the instruction and the files at hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from reasoningbank.evaluation.wrangling.instruction import (
    calculation,
    file_names,
    mentioned,
    quoted,
)
from reasoningbank.evaluation.wrangling.table import Table, read_table

GZIP = b"\x1f\x8b"


class Scene:
    """The instruction of a task, the files it starts from, and what general rules read out of both."""

    def __init__(self, instruction: str, files: Mapping[str, bytes]) -> None:
        self.instruction = instruction
        self.files = dict(sorted(files.items()))

    @cached_property
    def named(self) -> list[str]:
        """The files at hand that the instruction names, in its order."""
        return list(dict.fromkeys(n for n in file_names(self.instruction) if n in self.files))

    @cached_property
    def sources(self) -> list[str]:
        """The files the instruction names, else all there are."""
        return self.named or list(self.files)

    @property
    def source(self) -> str:
        """The file to work on: the first one named, else the first there is."""
        return self.sources[0]

    @cached_property
    def destination(self) -> str | None:
        """The name of the file to write: one the instruction names and that is not there yet."""
        return next((n for n in file_names(self.instruction) if n not in self.files), None)

    @cached_property
    def texts(self) -> list[str]:
        """The sources that are text."""
        return [name for name in self.sources if not is_binary(self.files[name])]

    @cached_property
    def tables(self) -> list[Table]:
        """The sources that look like tables."""
        read = [read_table(name, self.files[name]) for name in self.texts]
        return [table for table in read if table is not None]

    @property
    def table(self) -> Table | None:
        """The first table, or None."""
        return self.tables[0] if self.tables else None

    @cached_property
    def columns(self) -> list[str]:
        """The columns of the tables that the instruction mentions, in its order."""
        names = [name for table in self.tables for name in table.header if name]
        return mentioned(self.instruction, list(dict.fromkeys(names)))

    @cached_property
    def values(self) -> list[str]:
        """The quoted texts that are not the name of a column, in order."""
        return [text for text in quoted(self.instruction) if text not in self.columns]

    @property
    def calculation(self) -> str:
        """What is to be made of a column: `list` when a file is to be written, else as the instruction says."""
        return "list" if self.destination else calculation(self.instruction)

    def of_kind(self, *kinds: str) -> Table | None:
        """Return the first table if it is of one of these kinds, else None."""
        return self.table if self.table is not None and self.table.kind in kinds else None


def is_binary(content: bytes) -> bool:
    """Whether bytes are not text."""
    return b"\0" in content or content.startswith(GZIP)
