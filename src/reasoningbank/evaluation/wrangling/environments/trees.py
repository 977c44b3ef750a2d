"""Tasks about files as files: the biggest, names to change, content that has changed."""

from __future__ import annotations

import hashlib
import random

from reasoningbank.evaluation.wrangling.environments import material
from reasoningbank.evaluation.wrangling.task import Environment, Made


def odd_names(draw: random.Random, count: int, suffixes: tuple[str, ...]) -> list[str]:
    """Return different file names, most of them with blanks, some with other characters shells take apart."""
    names: dict[str, None] = {}
    while len(names) < count:
        mark = draw.choice((" ", " ", "-", "_", " & ", "  ", " $(x) ", "'s "))
        name = f"{draw.choice(material.LOOKS)}{mark}{draw.choice(material.THINGS)}{draw.choice(suffixes)}"
        names[name] = None
    return list(names)


def content(draw: random.Random, most: int) -> bytes:
    """Return a few lines of words."""
    return material.lines(draw.choice(material.THINGS) for _ in range(draw.randint(2, most)))


def biggest(draw: random.Random) -> Made:
    """A tree in which one file has the most bytes, and another the most lines."""
    folders = ["", *(f"{name}/" for name in draw.sample(material.TEAMS, 3))]
    folders.append(f"{folders[1]}{draw.choice(material.STATES)}/")
    names = [draw.choice(folders) + name for name in odd_names(draw, 9, (".txt", ".log", ".dat"))]
    files = {name: content(draw, 30) for name in names}
    longest, most_lines = draw.sample(names, 2)
    files[most_lines] = b"x\n" * draw.randint(120, 150)
    files[longest] = b"y" * draw.randint(600, 900) + b"\n"
    return Made(
        values={},
        files=files,
        answer=longest,
    )


def endings(draw: random.Random) -> Made:
    """Files of which some are to get another ending."""
    old, new = draw.sample((".txt", ".log", ".dat", ".md", ".text", ".csv", ".bak"), 2)
    names = odd_names(draw, 6, (old,)) + odd_names(draw, 3, (".cfg", ".ini"))
    files = {name: content(draw, 6) for name in names}
    changes: dict[str, bytes | None] = {}
    for name in names:
        if name.endswith(old):
            changes[name] = None
            changes[name[: -len(old)] + new] = files[name]
    return Made(values={"old": old, "new": new}, files=files, changes=changes)


def tampered(draw: random.Random) -> Made:
    """Files and the sums they once had."""
    names = [
        name.replace("'", "").replace("$(x)", "x")
        for name in odd_names(draw, 12, (".bin", ".txt", ".img"))
    ]
    names = list(dict.fromkeys(names))[:7]
    files = {name: content(draw, 12) for name in names}
    listed = draw.choice(("SHA256SUMS", "sums.sha256", "checksums.txt", "MANIFEST"))
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in names]
    changed = sorted(draw.sample(names, draw.randint(1, 3)))
    for name in changed:
        files[name] = files[name].replace(b"e", b"3", 1) + b"."
    return Made(
        values={"listed": listed},
        files={**files, listed: material.lines(sums)},
        answer="\n".join(changed),
    )


ENVIRONMENTS = (
    Environment(
        "size-in-tree",
        biggest,
        (
            "Which file takes the most space here, folders below included? Give its path.",
            "Find the largest file in this directory tree and print its path.",
            "Tell me the path of the file with the most bytes, wherever below it lies.",
            "Something here is big. Name the biggest file by its path from here.",
            "Look through all folders and report the path of the file of greatest size.",
        ),
    ),
    Environment(
        "new-endings",
        endings,
        (
            'Rename every file ending in "{old}" so that it ends in "{new}".',
            'Change the extension of all "{old}" files to "{new}".',
            'The "{old}" files here should be called "{new}" instead.',
            'Give the files with the suffix "{old}" the suffix "{new}"; leave what is in them alone.',
            'From now on "{old}" is "{new}": adapt the names of the files.',
        ),
    ),
    Environment(
        "tampered-files",
        tampered,
        (
            "Which files no longer agree with the list {listed}? Print their names in order, one per line.",
            "Somebody changed files after {listed} was written. Name them alphabetically.",
            "Verify the files here against {listed} and list those that fail, sorted.",
            "Check what is listed in {listed} and print the names of damaged files in alphabetical order.",
            "Tell me in order which of the files listed in {listed} are not what they were.",
        ),
    ),
)
