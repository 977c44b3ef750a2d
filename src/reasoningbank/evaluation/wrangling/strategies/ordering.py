"""Putting rows in order: as text, as numbers, as versions; and keeping one row of those alike."""

from __future__ import annotations

import re
from collections.abc import Callable

from reasoningbank.evaluation.wrangling.instruction import descending, small_number
from reasoningbank.evaluation.wrangling.sandbox import Sandbox, awk, tool
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategies.calculating import column_of, needed
from reasoningbank.evaluation.wrangling.strategy import Strategy

ANYTHING = re.compile(r".*", re.DOTALL)
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DIGITS_WITHIN = re.compile(r".*\d.*")
FIRST_SEEN = '# the first of each\n!seen[ENVIRON["AT"] ? $ENVIRON["AT"] : $0]++'


def sorts(scene: Scene, kind: re.Pattern[str] = ANYTHING) -> bool:
    """Whether there is a file to write and a column to sort by, with cells of this kind."""
    table = scene.of_kind("delimited")
    column = column_of(scene, table) if table else ""
    if not (table and column and scene.destination):
        return False
    return any(kind.fullmatch(cell) for cell in table.cells(column))


def sorting(flag: str) -> Callable[[Sandbox, Scene], None]:
    """Return a procedure that sorts the rows below the names by the column, comparing as the flag says."""

    def run(sandbox: Sandbox, scene: Scene) -> None:
        table = needed(scene)
        at = table.header.index(column_of(scene, table)) + 1
        turned = "r" if descending(scene.instruction) else ""
        key = f"{at},{at}{flag}{turned}"
        commands = [
            tool("tail", "-n", f"+{table.skip + 1}", f"./{table.name}"),
            tool("sort", "-s", "-t", table.delimiter, "-k", key),
        ]
        most = small_number(scene.instruction)
        if most is not None:
            commands.append(tool("head", "-n", str(most)))
        names = sandbox.run(tool("head", "-n", str(table.skip), f"./{table.name}"))
        sandbox.deliver(names + sandbox.run(*commands), scene.destination)

    return run


def keeping(*, last: bool) -> Callable[[Sandbox, Scene], None]:
    """Return a procedure that keeps the first or the last of the lines that agree in a column, or wholly."""

    def run(sandbox: Sandbox, scene: Scene) -> None:
        name, table = scene.source, scene.of_kind("delimited")
        column = column_of(scene, table) if table else ""
        at = table.header.index(column) + 1 if table and column else 0
        separator = table.delimiter if table else ""
        given = {"AT": str(at)}
        if last:
            names = sandbox.run(tool("head", "-n", "1", f"./{name}"))
            rest = sandbox.run(
                tool("tail", "-n", "+2", f"./{name}"),
                tool("tac"),
                awk(FIRST_SEEN, separator=separator, given=given),
                tool("tac"),
            )
            sandbox.deliver(names + rest, scene.destination)
        else:
            whole = awk(FIRST_SEEN, f"./{name}", separator=separator, given=given)
            sandbox.deliver(sandbox.run(whole), scene.destination)

    return run


def has_lines(scene: Scene) -> bool:
    """Whether there are lines to keep or drop and a file to write them to."""
    return bool(scene.destination and scene.texts)


SORT_AS_TEXT = Strategy(
    id="sort-as-text",
    title="Sort rows by a column as text, character by character",
    description=(
        "Leave the line of names on top and sort the rest by the column with plain sort, so that 10 comes before "
        "9; from the end when asked, and only the first few when a number is given. Fits names, codes and ISO "
        "dates that are to be in the order of their characters."
    ),
    applies=sorts,
    run=sorting(""),
)

SORT_AS_NUMBERS = Strategy(
    id="sort-as-numbers",
    title="Sort rows by a column as numbers",
    description=(
        "Leave the line of names on top and sort the rest by the value of the column with sort -n, so that 9 "
        "comes before 10 and decimals and minus signs count; from the high end when asked, and only the first "
        "few when a number is given. Anything that is no number counts as 0."
    ),
    applies=lambda scene: sorts(scene, NUMBER),
    run=sorting("n"),
)

SORT_AS_VERSIONS = Strategy(
    id="sort-as-versions",
    title="Sort rows by a column in natural order, number part by number part",
    description=(
        "Leave the line of names on top and sort the rest with sort -V, which compares runs of digits as whole "
        "numbers within text: 1.9 before 1.10, part2 before part10. Fits releases and numbered names; decimals "
        "come out wrong."
    ),
    applies=lambda scene: sorts(scene, DIGITS_WITHIN),
    run=sorting("V"),
)

KEEP_FIRST = Strategy(
    id="keep-first",
    title="Keep the first of the lines that agree",
    description=(
        "Go through the file from the top and pass on a line only when its value in the named column (or the "
        "whole line, when none is named) has not been seen before. The order stays; the earliest of each kind "
        "survives."
    ),
    applies=has_lines,
    run=keeping(last=False),
)

KEEP_LAST = Strategy(
    id="keep-last",
    title="Keep the last of the lines that agree",
    description=(
        "Turn the rows below the names around, pass on each value of the named column (or whole line) once, and "
        "turn them back. The order stays; the latest of each kind survives, so later corrections win."
    ),
    applies=has_lines,
    run=keeping(last=True),
)
