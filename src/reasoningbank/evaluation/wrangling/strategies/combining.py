"""Rows that belong together: within groups of one table, and across two tables."""

from __future__ import annotations

from collections.abc import Callable

from reasoningbank.evaluation.wrangling.instruction import small_number
from reasoningbank.evaluation.wrangling.sandbox import Sandbox, Stuck, awk, tool
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategies.calculating import needed
from reasoningbank.evaluation.wrangling.strategy import Strategy
from reasoningbank.evaluation.wrangling.table import Table

TOTALS = """# sum per group
{ sum[$ENVIRON["GROUP"]] += $ENVIRON["VALUE"] }
END { for (name in sum) printf "%s%s%.10g\\n", name, FS, sum[name] }
"""
FIRST_FEW = '# the first few of each group\nseen[$ENVIRON["GROUP"]]++ < ENVIRON["MOST"]'


def number_and_group(scene: Scene) -> tuple[str, str] | None:
    """Return the column of numbers and the column to group by: of two mentioned, the one with digits only."""
    table = scene.of_kind("delimited")
    if table is None:
        return None
    known = [column for column in scene.columns if column in table.header]
    numeric = [
        column
        for column in known
        if all(cell.replace(".", "", 1).isdigit() for cell in table.cells(column))
    ]
    others = [column for column in known if column not in numeric]
    return (numeric[0], others[0]) if numeric and others else None


def by_groups(sandbox: Sandbox, scene: Scene) -> None:
    """Rank within groups when a number is given, else add up each group."""
    table = needed(scene)
    pair = number_and_group(scene)
    if pair is None:
        raise Stuck("no column to group by")
    value, group = (table.header.index(column) + 1 for column in pair)
    rows = tool("tail", "-n", "+2", f"./{table.name}")
    most = small_number(scene.instruction)
    if most is None:
        totals = awk(
            TOTALS, separator=table.delimiter, given={"GROUP": str(group), "VALUE": str(value)}
        )
        ordered = tool("sort", "-t", table.delimiter, "-k", "1,1")
        sandbox.deliver(sandbox.run(rows, totals, ordered), scene.destination)
        return
    keys = ("-k", f"{group},{group}", "-k", f"{value},{value}nr")
    ranked = tool("sort", "-s", "-t", table.delimiter, *keys)
    few = awk(FIRST_FEW, separator=table.delimiter, given={"GROUP": str(group), "MOST": str(most)})
    names = sandbox.run(tool("head", "-n", "1", f"./{table.name}"))
    sandbox.deliver(names + sandbox.run(rows, ranked, few), scene.destination)


def shared(scene: Scene) -> tuple[Table, Table, str] | None:
    """Return two tables with the same delimiter and the column they share, or None."""
    tables = [table for table in scene.tables if table.kind == "delimited"]
    if len(tables) <= 1 or tables[0].delimiter != tables[1].delimiter:
        return None
    left, right = tables[:2]
    both = [column for column in left.header if column in right.header]
    return (left, right, both[0]) if both else None


def joining(*extra: str) -> Callable[[Sandbox, Scene], None]:
    """Return a procedure that joins two tables on the column they share."""

    def run(sandbox: Sandbox, scene: Scene) -> None:
        found = shared(scene)
        if found is None:
            raise Stuck("no column that both tables have")
        left, right, key = found
        places = {"left": left, "right": right}
        at = {side: str(table.header.index(key) + 1) for side, table in places.items()}
        for side, table in places.items():
            ordered = sandbox.run(
                tool("tail", "-n", "+2", f"./{table.name}"),
                tool("sort", "-t", table.delimiter, "-k", f"{at[side]},{at[side]}"),
            )
            (sandbox.scratch / side).write_bytes(ordered)
        keyed = ("-1", at["left"], "-2", at["right"])
        files = [f"../{sandbox.scratch.name}/{side}" for side in places]
        joined = sandbox.run(tool("join", "-t", left.delimiter, *extra, *keyed, *files))
        rest = [column for table in (left, right) for column in table.header if column != key]
        names = left.delimiter.join([key, *rest]) + "\n"
        sandbox.deliver(names.encode() + joined, scene.destination)

    return run


GROUP_BY_GROUP = Strategy(
    id="group-by-group",
    title="Work group by group: the best rows of each, or a sum for each",
    description=(
        "Take one column to group by and one of numbers. When a number of rows is given, sort by group and then "
        "from the highest number down and let only that many rows of each group through, below the names. "
        "Otherwise add the numbers up per group and print one line for each, in order."
    ),
    applies=lambda scene: scene.destination is not None and number_and_group(scene) is not None,
    run=by_groups,
)

JOIN_MATCHING = Strategy(
    id="join-matching",
    title="Join two tables on their common column, matches only",
    description=(
        "Sort both tables by the column they share and put rows with the same value side by side with join, key "
        "first, then the rest of the first and of the second. Rows without a partner are dropped."
    ),
    applies=lambda scene: scene.destination is not None and shared(scene) is not None,
    run=joining(),
)

JOIN_KEEPING_ALL = Strategy(
    id="join-keeping-all",
    title="Join two tables on their common column, keeping every row of the first",
    description=(
        "Sort both tables by the column they share and join them, but keep the rows of the first table that "
        "have no partner as well, with empty cells where the second has nothing to say."
    ),
    applies=lambda scene: scene.destination is not None and shared(scene) is not None,
    run=joining("-a", "1", "-o", "auto"),
)
