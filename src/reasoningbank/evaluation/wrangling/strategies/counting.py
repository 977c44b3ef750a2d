"""Counting without reading a table: lines, compressed lines, occurrences, different values."""

from __future__ import annotations

from reasoningbank.evaluation.wrangling.sandbox import Command, Sandbox, tool
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategies.calculating import column_of
from reasoningbank.evaluation.wrangling.strategy import Strategy

NOT_FOUND = (0, 1)  # grep ends with 1 when no line matches


def counting(scene: Scene, *names: str) -> Command:
    """Return the command that counts lines: those holding the quoted text, else all."""
    text = scene.values[0] if scene.values else ""
    return tool("grep", "-c", "-a", "-F", "-e", text, *names, fine=NOT_FOUND)


def count_lines(sandbox: Sandbox, scene: Scene) -> None:
    """Count lines of the file as it is."""
    sandbox.answer(sandbox.run(counting(scene, f"./{scene.source}")))


def count_unpacked(sandbox: Sandbox, scene: Scene) -> None:
    """Count lines of what the file unpacks to."""
    sandbox.answer(sandbox.run(tool("zcat", "-f", f"./{scene.source}"), counting(scene)))


def tally(sandbox: Sandbox, scene: Scene) -> None:
    """Put every value or every occurrence on a line of its own and count those."""
    table = scene.of_kind("delimited")
    column = column_of(scene, table) if table else ""
    if table and column:
        values = (
            tool(
                "cut", "-d", table.delimiter, "-f", str(table.header.index(column) + 1),
                f"./{table.name}",
            ),
            tool("tail", "-n", f"+{table.skip + 1}"),
            tool("sort", "-u"),
        )  # fmt: skip
        sandbox.answer(sandbox.run(*values, tool("wc", "-l")))
        return
    pieces = tool(
        "grep", "-o", "-a", "-F", "-e", scene.values[0], f"./{scene.source}", fine=NOT_FOUND
    )
    sandbox.answer(sandbox.run(pieces, tool("wc", "-l")))


def has_tally(scene: Scene) -> bool:
    """Whether there is a column, or a text, whose occurrences could be counted."""
    table = scene.of_kind("delimited")
    return bool((table and column_of(scene, table)) or (scene.values and scene.sources))


COUNT_LINES = Strategy(
    id="count-lines",
    title="Count lines with grep -c",
    description=(
        "Count the lines that hold the quoted text anywhere, taken literally, or every line of the file when no "
        "text is given. A line counts once however often the text is in it, a first line of names counts too, "
        "and a record over several lines counts several times."
    ),
    applies=lambda scene: scene.destination is None and bool(scene.sources),
    run=count_lines,
)

COUNT_UNPACKED = Strategy(
    id="count-unpacked",
    title="Unpack on the fly with zcat -f, then count lines",
    description=(
        "Send the file through zcat -f and count the lines of what comes out: those with the quoted text, or all. "
        "For gzip files, which show no readable line when searched directly; a file that is not packed passes "
        "unchanged."
    ),
    applies=lambda scene: scene.destination is None and bool(scene.sources),
    run=count_unpacked,
)

TALLY = Strategy(
    id="tally",
    title="Put every value on a line of its own and count those",
    description=(
        "With a column, cut it out, sort it, keep each value once and count what is left: how many different "
        "ones there are. With a text, print each of its occurrences on a line of its own with grep -o and count "
        "them, so that two in one line are two."
    ),
    applies=lambda scene: scene.destination is None and has_tally(scene),
    run=tally,
)
