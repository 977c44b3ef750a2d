"""How a text file looks when read as a table: what separates its columns and what they are called."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")
SAME_SHARE = 0.6  # of the lines have at least as many delimiters as the first
MOST_ROWS = 200


@dataclass(frozen=True)
class Table:
    """A file read as a table.

    `kind` is `delimited`, `fixed`, `lines` (a JSON object on each line) or `document` (one JSON list). `header`
    names the columns and is empty when the first line does not look like names. `rows` are the cells below
    it, read with quotes respected.
    """

    name: str
    kind: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def cells(self, column: str) -> list[str]:
        """Return the cells of a column."""
        at = self.header.index(column)
        return [row[at] for row in self.rows if at < len(row)]

    @property
    def skip(self) -> int:
        """The number of lines above the rows."""
        return 1 if self.header else 0


def read_table(name: str, content: bytes) -> Table | None:
    """Return a file read as a table, or None when it does not look like one."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.lstrip()[:1] in {"{", "["}:
        return json_table(name, text)
    lines = [line for line in text.splitlines() if line][:MOST_ROWS]
    if not lines:
        return None
    best = max(DELIMITERS, key=lines[0].count)
    count = lines[0].count(best)
    if count and sum(line.count(best) >= count for line in lines) >= SAME_SHARE * len(lines):
        return delimited_table(name, text, best)
    names = re.split(r" {2,}", lines[0].strip())
    if len(names) > 1 and all(re.search(r"\S  +\S", line) for line in lines):
        rows = tuple(tuple(re.split(r" {2,}", line.strip())) for line in lines[1:])
        return Table(name=name, kind="fixed", delimiter="", header=tuple(names), rows=rows)
    return None


def delimited_table(name: str, text: str, delimiter: str) -> Table:
    """Return a delimited text as a table; the first row is a header when it has no digit and others do."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = [tuple(row) for row in reader if row][:MOST_ROWS]
    digits = [any(character.isdigit() for character in "".join(row)) for row in rows]
    header = rows[0] if rows and not digits[0] and any(digits) else ()
    return Table(
        name=name,
        kind="delimited",
        delimiter=delimiter,
        header=header,
        rows=tuple(rows[1:] if header else rows),
    )


def json_table(name: str, text: str) -> Table | None:
    """Return JSON lines, or a list of JSON objects, as a table; None for anything else."""
    try:
        lines = [json.loads(line) for line in text.splitlines() if line]
    except ValueError:
        lines = []
    kind = "lines"
    if not lines or not isinstance(lines[0], dict):
        kind = "document"
        try:
            lines = json.loads(text)
        except ValueError:
            return None
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        return None
    header = tuple(dict.fromkeys(key for line in lines for key in line))
    rows = tuple(tuple(str(line.get(key, "")) for key in header) for line in lines)
    return Table(name=name, kind=kind, delimiter="", header=header, rows=rows)
