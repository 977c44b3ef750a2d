"""How a text file looks when read as a table: what separates its columns and what they are called."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from itertools import islice

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
        """Return the cells of a column; none when there is no such column."""
        if column not in self.header:
            return []
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
    lines = [line + "\n" for line in text.splitlines() if line][:MOST_ROWS]
    if not lines:
        return None
    best = max(DELIMITERS, key=lines[0].count)
    if separates(best, lines):
        return delimited_table(name, text, best)
    names = re.split(r" {2,}", lines[0].strip())
    aligned = len(names) > 1 and not re.search(r"\d", lines[0])
    if aligned and all(re.search(r"\S  +\S", line) for line in lines):
        rows = tuple(tuple(re.split(r" {2,}", line.strip())) for line in lines[1:])
        return Table(name=name, kind="fixed", delimiter="", header=tuple(names), rows=rows)
    return None


def separates(delimiter: str, lines: list[str]) -> bool:
    """Whether most lines, or most rows with quotes respected, have as many delimiters as the first."""
    count = lines[0].count(delimiter)
    rows = list(csv.reader(lines, delimiter=delimiter))
    return bool(count) and (
        sum(line.count(delimiter) >= count for line in lines) >= SAME_SHARE * len(lines)
        or sum(len(row) == count + 1 for row in rows) >= SAME_SHARE * len(rows)
    )


def delimited_table(name: str, text: str, delimiter: str) -> Table:
    """Return a delimited text as a table; the first row is a header when it has no digit and others do."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = [tuple(row) for row in islice(reader, MOST_ROWS) if row]
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
    records: list[object] = []
    kind = "lines"
    try:
        records = [json.loads(line) for line in text.splitlines() if line]
        if len(records) == 1 and isinstance(records[0], list):
            kind, records = "document", records[0]
    except ValueError:
        try:
            whole = json.loads(text)
        except ValueError:
            return None
        kind, records = "document", whole if isinstance(whole, list) else []
    objects = [record for record in records if isinstance(record, dict)]
    if not objects or len(objects) < len(records):
        return None
    header = tuple(dict.fromkeys(key for one in objects for key in one))
    rows = tuple(tuple(str(one.get(key, "")) for key in header) for one in objects)
    return Table(name=name, kind=kind, delimiter="", header=header, rows=rows)
