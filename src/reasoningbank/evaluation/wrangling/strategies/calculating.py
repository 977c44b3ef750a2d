"""Columns of a table: totals, means, counts and lists, by ways of reading a table that fit different files."""

from __future__ import annotations

from collections.abc import Callable

from reasoningbank.evaluation.wrangling.sandbox import Sandbox, Stuck, awk, script, tool
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategy import Strategy
from reasoningbank.evaluation.wrangling.table import Table

AWK = """# add up, average over all rows, or count one field
NR > ENVIRON["SKIP"] {
    if (ENVIRON["WANT"] == "" || $ENVIRON["AT"] == ENVIRON["WANT"]) count++
    sum += $ENVIRON["AT"]; rows++
}
END {
    if (ENVIRON["WHAT"] == "count") print count + 0
    else printf "%.2f\\n", (ENVIRON["WHAT"] == "mean") ? sum / rows : sum
}
"""

# What the Python programs share: `cells` come from the reader put in front of it.
TELL = """
def number(text):
    return float(text.replace(thousands, "").replace(decimal, ".").strip(" $"))
if what == "list":
    sys.stdout.write("".join(cell + "\\n" for cell in cells))
elif what == "count":
    print(sum(not want or cell == want for cell in cells))
else:
    numbers = [number(cell) for cell in cells if cell.strip()]
    print("%.2f" % (sum(numbers) / (len(numbers) if what == "mean" else 1)))
"""
DECIMAL_POINT = 'thousands, decimal = ",", "."\n'
DECIMAL_COMMA = 'thousands, decimal = ".", ","\n'
CSV_ROWS = """
import csv, sys
name, delimiter, column, what, want = sys.argv[1:]
with open(name, newline="", encoding="utf-8") as file:
    names, *rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
at = names.index(column) if column else 0
cells = [row[at] for row in rows]
"""
FIXED_ROWS = """
import re, sys
name, column, what, want = sys.argv[1:]
with open(name, encoding="utf-8") as file:
    names, *rows = file.read().splitlines()
starts = [found.start() for found in re.finditer(r"(?:(?<=  )|^)\\S", names)]
start = names.index(column) if column else 0
end = min([at for at in starts if at > start], default=None)
cells = [row[start:end].strip() for row in rows]
"""
JSON_LINES = """
import json, sys
name, column, what, want = sys.argv[1:]
with open(name, encoding="utf-8") as file:
    cells = [str(json.loads(line).get(column, "")) for line in file if line.strip()]
"""
JSON_DOCUMENT = """
import json, sys
name, column, what, want = sys.argv[1:]
with open(name, encoding="utf-8") as file:
    cells = [str(record.get(column, "")) for record in json.load(file)]
"""
PARSE_TABLE = "# csv: read the table, work on a column" + CSV_ROWS + DECIMAL_POINT + TELL
PARSE_EUROPEAN = (
    "# csv: read the table, decimal commas, work on a column" + CSV_ROWS + DECIMAL_COMMA + TELL
)
READ_POSITIONS = "# cut by position, work on a column" + FIXED_ROWS + DECIMAL_POINT + TELL
READ_LINES = "# json: read line by line, work on a field" + JSON_LINES + DECIMAL_POINT + TELL
READ_DOCUMENT = (
    "# json: read as one document, work on a field" + JSON_DOCUMENT + DECIMAL_POINT + TELL
)


def column_of(scene: Scene, table: Table) -> str:
    """Return the first column mentioned that the table has, or nothing."""
    return next((column for column in scene.columns if column in table.header), "")


def ready(scene: Scene, *kinds: str) -> bool:
    """Whether the one source is a table of these kinds, with one column to work on or a count to make."""
    if scene.of_kind(*kinds) is None or len(scene.tables) > 1:
        return False
    return len(scene.columns) == 1 or scene.calculation == "count"


def wanted(scene: Scene) -> str:
    """Return the cell to count, or nothing."""
    return scene.values[0] if scene.values else ""


def needed(scene: Scene) -> Table:
    """Return the table of a scene for which a strategy applies."""
    if scene.table is None:
        raise Stuck("no table to read")
    return scene.table


def split_columns(sandbox: Sandbox, scene: Scene) -> None:
    """Split lines at the delimiter and let awk or cut work on one field."""
    table = needed(scene)
    column = column_of(scene, table)
    names = " ".join(table.header).split() if table.kind == "fixed" else list(table.header)
    if column and column not in names:
        raise Stuck("the name of the column falls apart when split at blanks")
    at = str(names.index(column) + 1 if column else 1)
    if scene.calculation == "list":
        separator = table.delimiter or " "
        output = sandbox.run(
            tool("cut", "-d", separator, "-f", at, f"./{table.name}"),
            tool("tail", "-n", f"+{table.skip + 1}"),
        )
        sandbox.deliver(output, scene.destination)
        return
    given = {
        "AT": at,
        "SKIP": str(table.skip),
        "WHAT": scene.calculation,
        "WANT": wanted(scene),
    }
    command = awk(AWK, f"./{table.name}", separator=table.delimiter, given=given)
    sandbox.answer(sandbox.run(command))


def reading(code: str, *, delimited: bool) -> Callable[[Sandbox, Scene], None]:
    """Return a procedure that lets one of the Python programs work on the column."""

    def run(sandbox: Sandbox, scene: Scene) -> None:
        table = needed(scene)
        separator = (table.delimiter,) if delimited else ()
        column = column_of(scene, table)
        ask = (f"./{table.name}", *separator, column, scene.calculation, wanted(scene))
        sandbox.deliver(sandbox.run(script(code, *ask)), scene.destination)

    return run


SPLIT_COLUMNS = Strategy(
    id="split-columns",
    title="Split each line at the delimiter and let awk or cut take the field",
    description=(
        "Take a column by its number with cut, or add it up, average it over all rows or compare it with awk. "
        "Quote marks mean nothing to this, and an empty field counts as 0. Fits plain tables, also those with "
        "stray quote marks; goes wrong when cells hold the delimiter or line breaks, or numbers are grouped or "
        "have decimal commas."
    ),
    applies=lambda scene: ready(scene, "delimited", "fixed"),
    run=split_columns,
)

PARSE_TABLE_COLUMN = Strategy(
    id="parse-table",
    title="Read the table with a CSV parser and work on the named column",
    description=(
        "Let Python's csv module read the rows below the line of names, so that quoted cells may hold delimiters "
        "and line breaks. Then list, count, add up or average the column; empty cells are left out, commas "
        "between thousands dropped. Fits quoted cells; goes wrong with stray quote marks, decimal commas, or "
        "without a line of names."
    ),
    applies=lambda scene: ready(scene, "delimited"),
    run=reading(PARSE_TABLE, delimited=True),
)

PARSE_DECIMAL_COMMAS = Strategy(
    id="parse-decimal-commas",
    title="Read the table with a CSV parser and numbers in the continental way",
    description=(
        "Parse the rows with the csv module and read numbers with a comma before the decimals and dots between "
        "thousands, as in 1.234,50, before adding up or averaging. Lists and counts come out as with any parser. "
        "Fits exports from continental Europe, often separated by semicolons; decimal points break it."
    ),
    applies=lambda scene: ready(scene, "delimited"),
    run=reading(PARSE_EUROPEAN, delimited=True),
)

CUT_POSITIONS = Strategy(
    id="cut-positions",
    title="Cut columns out by character position",
    description=(
        "When columns are lined up with spaces, find where the heading of the column starts and where the next "
        "begins, take those characters of every line and trim them. Then list, count, add up or average. Fits "
        "printed reports whose cells may hold single spaces or be empty."
    ),
    applies=lambda scene: ready(scene, "fixed"),
    run=reading(READ_POSITIONS, delimited=False),
)

JSON_BY_LINE = Strategy(
    id="json-by-line",
    title="Read one JSON object per line and take the field",
    description=(
        "Parse every line as a JSON object of its own, take the named field of each, then list, count, add up or "
        "average it. Fits exports and logs with an object on each line; a list that spans the file does not parse."
    ),
    applies=lambda scene: ready(scene, "lines", "document"),
    run=reading(READ_LINES, delimited=False),
)

JSON_AS_DOCUMENT = Strategy(
    id="json-as-document",
    title="Read the whole file as one JSON list and take the field",
    description=(
        "Parse the file in one piece as a JSON list of objects, take the named field of each, then list, count, "
        "add up or average it. Fits files that begin with a bracket, on one line or many; several objects after "
        "each other do not parse."
    ),
    applies=lambda scene: ready(scene, "lines", "document"),
    run=reading(READ_DOCUMENT, delimited=False),
)
