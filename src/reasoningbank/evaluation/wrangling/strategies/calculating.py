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
    if (!seen[$ENVIRON["AT"]]++) kinds++
    sum += $ENVIRON["AT"]; rows++
}
END {
    if (ENVIRON["WHAT"] == "count") print count + 0
    else if (ENVIRON["WHAT"] == "distinct") print kinds + 0
    else printf "%.2f\\n", (ENVIRON["WHAT"] == "mean") ? sum / rows : sum
}
"""

# What the Python programs share: `cells` come from the reader put in front of it.
TELL = """
def number(text):
    return float(text.replace(thousands, "").replace(decimal, ".").strip(" $"))
if what == "list":
    sys.stdout.write("".join(cell + "\\n" for cell in cells))
elif what == "distinct":
    print(len(set(cells)))
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
JSON_RECORDS = """
import json, sys
name, column, what, want = sys.argv[1:]
with open(name, encoding="utf-8") as file:
    text = file.read()
try:
    records = json.loads(text)
except ValueError:
    records = [json.loads(line) for line in text.splitlines() if line.strip()]
cells = [str(record.get(column, "")) for record in (records if isinstance(records, list) else [records])]
"""
PARSE_TABLE = "# csv: read the table, work on a column" + CSV_ROWS + DECIMAL_POINT + TELL
PARSE_EUROPEAN = (
    "# csv: read the table, decimal commas, work on a column" + CSV_ROWS + DECIMAL_COMMA + TELL
)
READ_POSITIONS = "# cut by position, work on a column" + FIXED_ROWS + DECIMAL_POINT + TELL
READ_JSON = "# json: read the records, work on a field" + JSON_RECORDS + DECIMAL_POINT + TELL


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
    """Split lines at the delimiter, or at the positions of the names, and work on one field."""
    table = needed(scene)
    if table.kind == "fixed":
        reading(READ_POSITIONS, delimited=False)(sandbox, scene)
        return
    column = column_of(scene, table)
    at = str(table.header.index(column) + 1 if column else 1)
    if scene.calculation == "list":
        output = sandbox.run(
            tool("cut", "-d", table.delimiter, "-f", at, f"./{table.name}"),
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
    title="Split each line and let awk or cut take the field",
    description=(
        "Take a column by its number with cut, or add it up, average it over all rows, count it or its different "
        "values with awk; columns lined up with spaces are cut by position. Quote marks mean nothing to this, and "
        "an empty field counts as 0. Fits plain tables, also with stray quote marks; goes wrong when cells hold "
        "the delimiter or line breaks, or numbers are grouped or have decimal commas."
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

READ_RECORDS = Strategy(
    id="read-json",
    title="Parse JSON and take the field",
    description=(
        "Parse the file as one JSON list or, where that fails, each line as an object of its own; take the named "
        "field of every record, then list, count, add up or average it. Text tools see no columns in such files."
    ),
    applies=lambda scene: ready(scene, "lines", "document"),
    run=reading(READ_JSON, delimited=False),
)
