"""Files as files: their names, sizes and checksums."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from reasoningbank.evaluation.wrangling.sandbox import Sandbox, Stuck, tool
from reasoningbank.evaluation.wrangling.scene import Scene
from reasoningbank.evaluation.wrangling.strategy import Strategy

CHECKSUM_LINE = re.compile(rb"[0-9a-f]{64}  \S")
SEVERAL = 3


def largest(sandbox: Sandbox, scene: Scene) -> None:
    """Print the path of the file with the most bytes."""
    del scene
    output = sandbox.run(
        tool("find", ".", "-type", "f", "-printf", r"%s\t%P\0"),
        tool("sort", "-z", "-n", "-r"),
        tool("head", "-z", "-n", "1"),
    )
    sandbox.answer(output.partition(b"\t")[2].rstrip(b"\0"))


def renamed(scene: Scene) -> dict[str, str]:
    """Return the new path of each file whose name holds the first quoted text."""
    if len(scene.values) <= 1:
        return {}
    old, new = scene.values[:2]
    return {
        name: str(PurePosixPath(name).with_name(new_name))
        for name in scene.files
        if old and (new_name := _replaced(PurePosixPath(name).name, old, new))
    }


def _replaced(name: str, old: str, new: str) -> str:
    """Return a file name with an ending exchanged, or a text replaced; nothing when it does not hold it."""
    if old.startswith("."):
        return name.removesuffix(old) + new if name.endswith(old) else ""
    changed = name.replace(old, new)
    return changed if changed != name and "/" not in changed else ""


def rename(sandbox: Sandbox, scene: Scene) -> None:
    """Move every file concerned, its name passed as one argument."""
    for old, new in renamed(scene).items():
        sandbox.run(tool("mv", "-n", "--", f"./{old}", f"./{new}"))


def checksum_list(scene: Scene) -> str | None:
    """Return the file that lists checksums, or None."""
    return next((n for n, content in scene.files.items() if CHECKSUM_LINE.match(content)), None)


def compare_checksums(sandbox: Sandbox, scene: Scene) -> None:
    """Check files against the list and print the names of those that differ; without a list, of those alike."""
    listed = checksum_list(scene)
    if listed is not None:
        verdicts = sandbox.run(
            tool("sha256sum", "-c", f"./{listed}", fine=(0, 1)),
            tool("grep", "-v", ": OK$", fine=(0, 1)),
        )
        names = [line.rpartition(b": ")[0] + b"\n" for line in verdicts.splitlines()]
        sandbox.answer(b"".join(sorted(names)))
        return
    sums = sandbox.run(
        tool("find", ".", "-type", "f", "-exec", "sha256sum", "{}", "+"),
        tool("sort"),
        tool("uniq", "-w", "64", "-D"),
    )
    if not sums:
        raise Stuck("no two files have the same checksum")
    sandbox.answer(b"".join(sorted(line[68:] + b"\n" for line in sums.splitlines())))


LARGEST_FILE = Strategy(
    id="largest-file",
    title="List all files below with their sizes and take the biggest",
    description=(
        "Walk through all folders with find, print size and path of each file with a zero byte after it so that "
        "blanks and line breaks in names do no harm, sort by size and take the top one."
    ),
    applies=lambda scene: scene.destination is None and len(scene.files) >= SEVERAL,
    run=largest,
)

RENAME_FILES = Strategy(
    id="rename-files",
    title="Rename files by exchanging a part of their names",
    description=(
        "For every file whose name has the first quoted text, as its ending when that starts with a dot, move it "
        "to the name with the second text there. Content is left alone. Names are passed as single arguments, so "
        "blanks in them do no harm."
    ),
    applies=lambda scene: bool(renamed(scene)),
    run=rename,
)

COMPARE_CHECKSUMS = Strategy(
    id="compare-checksums",
    title="Compare files by their checksums",
    description=(
        "Check the files against a list of SHA-256 sums and name those that do not agree, in order; where there "
        "is no such list, compute the sums and name the files that have the same content."
    ),
    applies=lambda scene: scene.destination is None and len(scene.files) >= SEVERAL,
    run=compare_checksums,
)
