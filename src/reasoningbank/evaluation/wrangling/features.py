"""One line on what a scene offers: kinds, sizes and looks of the files, as a person would see at a glance."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from reasoningbank.evaluation.wrangling.scene import GZIP, Scene, is_binary
from reasoningbank.evaluation.wrangling.table import Table, read_table

FEW = 3
KILOBYTE = 1000
SEPARATED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
LOOKS = (
    ("decimal commas", re.compile(r"-?\d{1,3}(\.\d{3})*,\d{2}")),
    ("commas between thousands", re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")),
    ("decimal points", re.compile(r"-?\d+\.\d+")),
    ("whole numbers", re.compile(r"-?\d{2,}")),
    ("numbers with several dots", re.compile(r"v?\d+(\.\d+){2,}")),
    ("codes of letters and digits", re.compile(r"[A-Za-z]+-?\d+")),
    ("dates with a first part above 12", re.compile(r"(1[3-9]|[23]\d)/\d\d/\d{4}")),
    ("dates with a second part above 12", re.compile(r"\d\d/(1[3-9]|[23]\d)/\d{4}")),
)


def features(scene: Scene) -> str:
    """Return the line for a scene."""
    if len(scene.files) <= FEW:
        return "; ".join(of_file(name, content) for name, content in scene.files.items())
    return of_many(scene)


def of_file(name: str, content: bytes) -> str:
    """Return what one file looks like."""
    suffix = PurePosixPath(name).suffix or "no suffix"
    size = (
        f"{len(content)} bytes" if len(content) < KILOBYTE else f"{len(content) / KILOBYTE:.1f} kB"
    )
    return ", ".join([f"{suffix} file", size, *looks(name, content)])


def looks(name: str, content: bytes) -> Iterator[str]:
    """Give what strikes the eye in a file."""
    if content.startswith(GZIP):
        yield "gzip"
        return
    if is_binary(content):
        yield "binary"
        return
    if b"\r\n" in content:
        yield "lines end in CRLF"
    table = read_table(name, content)
    if table is None:
        stamped = re.match(rb"\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d", content)
        yield "lines start with a time" if stamped else "plain text"
        return
    yield {
        "delimited": f"separated by {SEPARATED.get(table.delimiter, '')}",
        "fixed": "columns aligned by spaces",
        "lines": "a JSON object on each line",
        "document": "one JSON list",
    }[table.kind]
    yield from of_table(table, content)


def of_table(table: Table, content: bytes) -> Iterator[str]:
    """Give what strikes the eye in the cells of a table."""
    if table.kind == "delimited":
        yield "a header" if table.header else "no header"
        text = content.decode()
        pieces = [piece for line in text.splitlines() for piece in line.split(table.delimiter)]
        if any(piece == '"' for piece in pieces):
            yield "cells that are a lone quote mark"
        elif '"' in text:
            yield "quoted cells"
            if any("\n" in cell for row in table.rows for cell in row):
                yield "cells over several lines"
    cells = [cell for row in table.rows for cell in row]
    if "" in cells:
        yield "empty cells"
    for words, pattern in LOOKS:
        if any(pattern.fullmatch(cell) for cell in cells):
            yield words


def of_many(scene: Scene) -> str:
    """Return what a whole folder looks like."""
    paths = [PurePosixPath(name) for name in scene.files]
    suffixes = Counter(path.suffix or "no suffix" for path in paths)
    folders = {str(path.parent) for path in paths} - {"."}
    said = [f"{len(paths)} files", f"{len(folders)} folders" if folders else "no folders"]
    said += [f"{count} {suffix}" for suffix, count in sorted(suffixes.items())]
    if any(re.search(r"\s", name) for name in scene.files):
        said.append("blanks in names")
    digest = re.compile(rb"[0-9a-f]{64}  ")
    if any(digest.match(content) for content in scene.files.values()):
        said.append("a list of checksums")
    return ", ".join(said)
