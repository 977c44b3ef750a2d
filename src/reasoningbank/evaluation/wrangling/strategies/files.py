"""Files as files: their sizes and checksums."""

from __future__ import annotations

import re

from reasoningbank.evaluation.wrangling.sandbox import Sandbox, tool
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategy import Strategy

CHECKSUM_LINE = re.compile(rb"[0-9a-f]{64}  \S")
SEVERAL = 3


def checksum_list(scene: Scene) -> str | None:
    """Return the file that lists checksums, or None."""
    return next((n for n, content in scene.files.items() if CHECKSUM_LINE.match(content)), None)


def inspect(sandbox: Sandbox, scene: Scene) -> None:
    """Name the files that differ from a list of checksums; without a list, the biggest file."""
    listed = checksum_list(scene)
    if listed is None:
        output = sandbox.run(
            tool("find", ".", "-type", "f", "-printf", r"%s\t%P\0"),
            tool("sort", "-z", "-n", "-r"),
            tool("head", "-z", "-n", "1"),
        )
        sandbox.answer(output.partition(b"\t")[2].rstrip(b"\0"))
        return
    verdicts = sandbox.run(
        tool("sha256sum", "-c", f"./{listed}", fine=(0, 1)),
        tool("grep", "-v", ": OK$", fine=(0, 1)),
    )
    names = [line.rpartition(b": ")[0] + b"\n" for line in verdicts.splitlines()]
    sandbox.answer(b"".join(sorted(names)))


INSPECT_FILES = Strategy(
    id="inspect-files",
    title="Go through all files below and compare sizes or checksums",
    description=(
        "Where a list of SHA-256 sums lies among the files, check them against it and name in order those that "
        "do not agree. Otherwise walk through all folders with find, print size and path with a zero byte after "
        "it, so that blanks and line breaks in names do no harm, sort by size and take the top one."
    ),
    applies=lambda scene: scene.destination is None and len(scene.files) >= SEVERAL,
    run=inspect,
)
