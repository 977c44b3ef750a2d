"""Changing text: replacing, choosing a stretch of time, dates, and the shape of a table."""

from __future__ import annotations

import re
from collections.abc import Callable

from reasoningbank.evaluation.wrangling.instruction import delimiter_named, stamps
from reasoningbank.evaluation.wrangling.sandbox import Sandbox, awk, script
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategies.calculating import column_of, needed
from reasoningbank.evaluation.wrangling.strategy import Strategy

EDIT = """
import re, sys
into, old, new, *names = sys.argv[1:]
for name in names:
    with open(name, newline="", encoding="utf-8") as file:
        text = change(file.read(), old, new)
    with open(into or name, "w", newline="", encoding="utf-8") as file:
        file.write(text)
"""
RENAME = """
import os, re, sys
old, new, *names = sys.argv[1:]
for name in names:
    folder, last = os.path.split(name)
    other = os.path.join(folder, change(last, old, new))
    if other != name and os.path.lexists(other):
        raise SystemExit("there is a file of that name already")
    os.rename(name, other)
"""
LITERALLY = "# {} a text as it is written\nchange = str.replace"
MATCHING = (
    "# {} what a regular expression matches\n"
    "change = lambda text, old, new: re.sub(old, lambda found: new, text)"
)
# Times as text compare like times; some logs set them in brackets.
BETWEEN = """# lines between two times
{ stamp = substr($0, ($0 ~ /^\\[/) + 1, length(ENVIRON["FROM"])) }
stamp >= ENVIRON["FROM"] && stamp <= ENVIRON["UNTIL"]
"""
DATES = """# csv: write the dates of a column as year-month-day
import csv, sys
name, delimiter, column, first = sys.argv[1:]
with open(name, newline="", encoding="utf-8") as file:
    names, *rows = csv.reader(file, delimiter=delimiter)
at = names.index(column)
for row in rows:
    one, two, year = row[at].split("/")
    day, month = (one, two) if first == "day" else (two, one)
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        raise SystemExit(f"{row[at]} is no date when read with the {first} first")
    row[at] = f"{year}-{month}-{day}"
csv.writer(sys.stdout, delimiter=delimiter, lineterminator="\\n").writerows([names, *rows])
"""
REWRITE = """# csv: read the table and write it anew
import csv, sys
name, delimiter, wanted, turned = sys.argv[1:]
with open(name, newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file, delimiter=delimiter))
if turned:
    rows = list(zip(*rows))
csv.writer(sys.stdout, delimiter=wanted, lineterminator="\\n").writerows(rows)
"""
TURNED = re.compile(
    r"\b(transpos\w+|flip\w*|rows (and|with|become|into) \w*\s?columns|columns (and|with|become|into) \w*\s?rows)\b",
    re.IGNORECASE,
)
SLASHED = re.compile(r"\d\d/\d\d/\d{4}")


def replaces(scene: Scene) -> bool:
    """Whether there are two quoted texts, an old and a new, and a text file or names to change."""
    return len(scene.values) > 1 and bool(scene.texts)


def replacing(change: str) -> Callable[[Sandbox, Scene], None]:
    """Return a procedure that replaces the first quoted text by the second.

    In the files the instruction names, or, where it names none, in the names of all files.
    """

    def run(sandbox: Sandbox, scene: Scene) -> None:
        old, new = scene.values[:2]
        if scene.named:
            names = [f"./{name}" for name in scene.texts]
            code = change.format("in content, replace") + EDIT
            sandbox.run(script(code, scene.destination or "", old, new, *names))
        else:
            names = [f"./{name}" for name in scene.files]
            sandbox.run(script(change.format("in names, replace") + RENAME, old, new, *names))

    return run


def between_times(sandbox: Sandbox, scene: Scene) -> None:
    """Pass on the lines whose time lies between the two given."""
    early, late = sorted(stamps(scene.instruction)[:2])
    given = {"FROM": early, "UNTIL": late}
    output = sandbox.run(awk(BETWEEN, f"./{scene.source}", separator="", given=given))
    sandbox.deliver(output, scene.destination)


def has_dates(scene: Scene) -> bool:
    """Whether the column mentioned holds dates with slashes and there is a file to write."""
    table = scene.of_kind("delimited")
    column = column_of(scene, table) if table else ""
    if not (table and column and scene.destination):
        return False
    return any(SLASHED.fullmatch(cell) for cell in table.cells(column))


def rewrites(scene: Scene) -> bool:
    """Whether there is a table to write anew, as a whole or for the dates in a column."""
    whole = scene.of_kind("delimited") is not None and not scene.columns
    return (whole and scene.destination is not None) or has_dates(scene)


def rewriting(first: str) -> Callable[[Sandbox, Scene], None]:
    """Return a procedure that writes a table anew, dates read with the day or the month first.

    Without a column of dates: with the delimiter named, turned when asked, each line ended by LF.
    """

    def run(sandbox: Sandbox, scene: Scene) -> None:
        table = needed(scene)
        source = (f"./{table.name}", table.delimiter)
        if has_dates(scene):
            command = script(DATES, *source, column_of(scene, table), first)
        else:
            wanted = delimiter_named(scene.instruction, table.delimiter) or table.delimiter
            turned = "turned" if TURNED.search(scene.instruction) else ""
            command = script(REWRITE, *source, wanted, turned)
        sandbox.deliver(sandbox.run(command), scene.destination)

    return run


REPLACE_LITERAL = Strategy(
    id="replace-literal",
    title="Replace a text as it is written",
    description=(
        "Put the second quoted text in place of every occurrence of the first in the files named; where no file "
        "is named, in the names of all files. Dots, brackets and stars stand for themselves."
    ),
    applies=replaces,
    run=replacing(LITERALLY),
)

REPLACE_PATTERN = Strategy(
    id="replace-pattern",
    title="Replace what a regular expression matches",
    description=(
        "Take the first quoted text as a regular expression and put the second in place of all it matches in the "
        "files named, or in the names of all files where none is. Fits when the text to replace is described "
        "rather than given; a dot matches any character, so plain text with special characters goes wrong."
    ),
    applies=replaces,
    run=replacing(MATCHING),
)

BETWEEN_TIMES = Strategy(
    id="between-times",
    title="Keep the lines between two moments",
    description=(
        "Compare the date and time at the start of every line with the two given, as text, and pass on the lines "
        "from the first to the second, both included."
    ),
    applies=lambda scene: len(stamps(scene.instruction)) > 1 and bool(scene.texts),
    run=between_times,
)

REWRITE_DAY_FIRST = Strategy(
    id="rewrite-day-first",
    title="Parse the table and write it anew, dates read with the day first",
    description=(
        "Read all rows with a CSV parser and write them again: the dates of a named column as year-month-day, "
        "taking 05/03/2024 for the fifth of March; else with the delimiter asked for, quoted where needed, turned "
        "on its side when asked, with plain line feeds. Of dates it fits those where a first part goes above 12, "
        "as in Europe."
    ),
    applies=rewrites,
    run=rewriting("day"),
)

REWRITE_MONTH_FIRST = Strategy(
    id="rewrite-month-first",
    title="Parse the table and write it anew, dates read with the month first",
    description=(
        "Read all rows with a CSV parser and write them again: the dates of a named column as year-month-day, "
        "taking 05/03/2024 for the third of May; else with the delimiter asked for, quoted where needed, turned on "
        "its side when asked, with plain line feeds. Of dates it fits those where a second part goes above 12, as "
        "in the United States."
    ),
    applies=rewrites,
    run=rewriting("month"),
)
