"""Tasks about rows: their order, repeats, groups, and partners in another table."""

from __future__ import annotations

import random
from collections import defaultdict

from reasoningbank.evaluation.wrangling.environments import material
from reasoningbank.evaluation.wrangling.task import Environment, Made

Rows = list[list[str]]


def table(draw: random.Random, column: str, cells: list[str]) -> tuple[list[str], Rows]:
    """Return names and rows with these cells in the second of three columns."""
    names = [draw.choice(material.OWNERS), column, draw.choice(material.STATUSES)]
    rows = [[draw.choice(material.PEOPLE), cell, draw.choice(material.STATES)] for cell in cells]
    return names, rows


def ordered(draw: random.Random, names: list[str], rows: Rows, right: Rows) -> Made:
    """Return the task of bringing rows into the right order, or half of the time into its reverse."""
    file, out = material.named(draw, ("csv", "txt", "tsv"))
    upwards = draw.choice((True, False))
    direction = (
        draw.choice(("in ascending order", "in increasing order", "lowest first"))
        if upwards
        else draw.choice(("in descending order", "in decreasing order", "highest first"))
    )
    delimiter = draw.choice(",;\t")
    return Made(
        values={"file": file, "out": out, "column": names[1], "direction": direction},
        files={file: material.plain([names, *rows], delimiter)},
        changes={out: material.plain([names, *(right if upwards else right[::-1])], delimiter)},
    )


def order_of_codes(draw: random.Random) -> Made:
    """Codes with digits, to be ordered as text."""
    count = draw.randint(10, 18)
    digits = draw.choice((1, 4))  # padded codes are in natural order as well
    numbers = draw.sample(range(2, 1500), count)
    cells = [f"{draw.choice('ABCK')}{number:0{digits}}" for number in numbers]
    names, rows = table(draw, draw.choice(("code", "label", "mark")), cells)
    return ordered(draw, names, rows, sorted(rows, key=lambda row: row[1]))


def order_of_amounts(draw: random.Random) -> Made:
    """Amounts of different length, to be ordered by value."""
    count = draw.randint(10, 18)
    values = draw.sample(range(50, 200_000), count)
    cells = [material.point(value).rstrip("0").removesuffix(".") for value in values]
    if draw.choice((True, False)):
        cells = [str(value) for value in values]
    names, rows = table(draw, draw.choice(material.AMOUNTS + material.MEASURES), cells)
    by_value = sorted(zip(values, rows, strict=True), key=lambda pair: pair[0])
    return ordered(draw, names, rows, [row for _, row in by_value])


def order_of_versions(draw: random.Random) -> Made:
    """Releases, to be ordered part by part."""
    length = draw.choice((2, 3))
    parts = {
        (draw.randint(1, 3), draw.randint(0, 21), draw.randint(0, 30))[:length] for _ in range(14)
    }
    parts |= {(1, 9, 0)[:length], (1, 10, 0)[:length]}
    mixed = sorted(parts)
    draw.shuffle(mixed)
    cells = [".".join(map(str, version)) for version in mixed]
    names, rows = table(draw, draw.choice(("version", "release", "build")), cells)
    by_parts = sorted(zip(mixed, rows, strict=True), key=lambda pair: pair[0])
    return ordered(draw, names, rows, [row for _, row in by_parts])


def repeats(draw: random.Random, *, last: bool) -> Made:
    """Rows of which several have the same key; the first or the last of them counts."""
    file, out = material.named(draw, ("csv", "txt", "tsv"))
    column = draw.choice(material.KEYS)
    keys = material.keys(draw, draw.randint(6, 10))
    rows = [
        [key, draw.choice(material.STATES), str(draw.randint(1, 99))]
        for key in [*keys, *draw.choices(keys, k=draw.randint(5, 12))]
    ]
    draw.shuffle(rows)
    kept = {row[0]: at for at, row in enumerate(rows)}
    if not last:
        kept = {row[0]: at for at, row in reversed(list(enumerate(rows)))}
    names = [column, draw.choice(material.STATUSES), draw.choice(material.MEASURES)]
    delimiter = draw.choice(",;\t")
    right = [row for at, row in enumerate(rows) if kept[row[0]] == at]
    return Made(
        values={"file": file, "out": out, "column": column},
        files={file: material.plain([names, *rows], delimiter)},
        changes={out: material.plain([names, *right], delimiter)},
    )


def grouped(draw: random.Random) -> tuple[list[str], list[tuple[str, str, int]]]:
    """Return names, and rows of a key, a group and a number, with no number twice."""
    groups = draw.sample(material.TEAMS, draw.randint(3, 5))
    count = draw.randint(14, 26)
    numbers = draw.sample(range(3, 1200), count)
    names = [
        draw.choice(material.KEYS),
        draw.choice(material.GROUPS),
        draw.choice(material.MEASURES),
    ]
    members = [*groups, *groups, *draw.choices(groups, k=count - 2 * len(groups))]
    draw.shuffle(members)
    return names, list(zip(material.keys(draw, count), members, numbers, strict=True))


def best_of_groups(draw: random.Random) -> Made:
    """The highest few of each group."""
    file, out = material.named(draw, ("csv", "txt"))
    names, rows = grouped(draw)
    most, said = draw.choice(((2, "two"), (2, "2"), (3, "three"), (3, "3")))
    right: Rows = []
    for group in sorted({row[1] for row in rows}):
        inside = sorted((row for row in rows if row[1] == group), key=lambda row: -row[2])
        right += [[key, group, str(number)] for key, group, number in inside[:most]]
    delimiter = draw.choice(",;\t")
    written = [[key, group, str(number)] for key, group, number in rows]
    return Made(
        values={"file": file, "out": out, "group": names[1], "column": names[2], "most": said},
        files={file: material.plain([names, *written], delimiter)},
        changes={out: material.plain([names, *right], delimiter)},
    )


def sums_of_groups(draw: random.Random) -> Made:
    """The sum of each group."""
    file, out = material.named(draw, ("csv", "txt"))
    names, rows = grouped(draw)
    sums: dict[str, int] = defaultdict(int)
    for _, group, number in rows:
        sums[group] += number
    delimiter = draw.choice(",;\t")
    written = [[key, group, str(number)] for key, group, number in rows]
    return Made(
        values={"file": file, "out": out, "group": names[1], "column": names[2]},
        files={file: material.plain([names, *written], delimiter)},
        changes={
            out: material.plain([[group, str(sums[group])] for group in sorted(sums)], delimiter)
        },
    )


def partners(draw: random.Random, *, every: bool) -> Made:
    """Two tables with a key in common, the second with keys the first lacks and often the other way round."""
    one, out = material.named(draw, ("csv", "txt"))
    stem = draw.choice([stem for stem in material.STEMS if not one.startswith(stem)])
    two = f"{stem}.{one.rpartition('.')[2]}"
    key = draw.choice(material.KEYS)
    keys = material.keys(draw, draw.randint(9, 15))
    lonely = draw.choice((0, 3, 3))  # rows of the first table without a partner
    here = draw.sample(keys, len(keys) - 3)
    there = [*draw.sample(here, len(here) - lonely), *(k for k in keys if k not in here)]
    draw.shuffle(there)
    left = {k: draw.choice(material.PEOPLE) for k in here}
    right = {k: material.point(material.cents(draw)) for k in there}
    names = [draw.choice(material.OWNERS), draw.choice(material.AMOUNTS)]
    joined = [[k, left[k], right.get(k, "")] for k in sorted(left) if every or k in right]
    delimiter = draw.choice(",;\t")
    return Made(
        values={"one": one, "two": two, "out": out, "column": key},
        files={
            one: material.plain([[key, names[0]], *map(list, left.items())], delimiter),
            two: material.plain([[key, names[1]], *map(list, right.items())], delimiter),
        },
        changes={out: material.plain([[key, *names], *joined], delimiter)},
    )


ENVIRONMENTS = (
    Environment(
        "amount-order",
        order_of_amounts,
        (
            "Sort {file} by {column} {direction} and write it to {out}, heading on top.",
            "Put the rows of {file} into {out} by their {column}, {direction}; the heading stays first.",
            "I need {out}: the table {file} arranged by the value of {column}, {direction}.",
            "Arrange {file} {direction} of {column} and save that as {out}.",
            "Rank what is in {file} by {column}, {direction}, keep the heading, and store it in {out}.",
        ),
    ),
    Environment(
        "code-order",
        order_of_codes,
        (
            "Sort {file} alphabetically by {column} {direction} and write it to {out}, heading on top.",
            "Put the rows of {file} into {out} by their {column} compared as text, {direction}.",
            "I need {out}: the table {file} arranged by {column} in dictionary fashion, {direction}.",
            "Arrange {file} {direction} of {column}, character by character, and save that as {out}.",
            "Alphabetise {file} on {column}, {direction}, keep the heading, and store it in {out}.",
        ),
    ),
    Environment(
        "version-order",
        order_of_versions,
        (
            "Sort {file} by {column} {direction} and write it to {out}, where 1.9 is older than 1.10.",
            "Put the rows of {file} into {out} by their {column}, part by part, {direction}.",
            "I need {out}: the table {file} arranged by {column} the way releases are numbered, {direction}.",
            "Arrange {file} {direction} of {column} and save that as {out}; the parts between dots are whole numbers.",
            "Rank what is in {file} by how recent its {column} is, {direction}, keep the heading, and store it in {out}.",
        ),
    ),
    Environment(
        "earlier-repeat",
        lambda draw: repeats(draw, last=False),
        (
            "Remove rows with a repeated {column} from {file}, keeping the first of each, and write {out}.",
            "Some {column} values come more than once in {file}. Keep the earliest row of each in {out}.",
            "Deduplicate {file} on {column} into {out}; where rows clash the one higher up wins.",
            "Make {out} from {file} with every {column} once: its original entry, not the later ones.",
            "Drop later rows of {file} whose {column} was there before and save the rest as {out}.",
        ),
    ),
    Environment(
        "later-repeat",
        lambda draw: repeats(draw, last=True),
        (
            "Remove rows with a repeated {column} from {file}, keeping the last of each, and write {out}.",
            "Some {column} values come more than once in {file}. Keep the most recent row of each in {out}.",
            "Deduplicate {file} on {column} into {out}; where rows clash the one further down wins.",
            "Make {out} from {file} with every {column} once: its final entry, not the earlier ones.",
            "Rows further down {file} correct those with the same {column} above. Save the corrected state as {out}.",
        ),
    ),
    Environment(
        "best-of-groups",
        best_of_groups,
        (
            "Write to {out} the {most} rows of {file} with the highest {column} in each {group}.",
            "For every {group} in {file} keep the {most} best by {column}; heading on top, saved as {out}.",
            "Which {most} entries lead each {group} of {file} by {column}? Put them into {out}, group after group.",
            "Make {out} a ranking: from {file} the top {most} per {group}, judged by {column}.",
            "Per {group} of {file}, take the {most} rows largest in {column} and store them in {out}.",
        ),
    ),
    Environment(
        "sums-of-groups",
        sums_of_groups,
        (
            "Write to {out} the total {column} of each {group} in {file}, one line for each.",
            "For every {group} in {file} add up {column}; put name and sum into {out} in alphabetical order.",
            "How much {column} does each {group} of {file} have? Put the sums into {out}, no heading.",
            "Make {out} a summary: from {file} the {column} per {group}, added together.",
            "Per {group} of {file}, sum the {column} and store name and total in {out}.",
        ),
    ),
    Environment(
        "partners-only",
        lambda draw: partners(draw, every=False),
        (
            "Join {one} and {two} on {column} and write the matches to {out}, in order of {column}.",
            "Put the rows of {one} and {two} with the same {column} side by side in {out}; drop those without a match.",
            "Combine {one} with {two} by {column} into {out}, only where both have it.",
            "I need {out} with everything that {one} and {two} both know about a {column}.",
            "Merge {one} and {two} into {out} over the {column} they have in common, unmatched rows left out.",
        ),
    ),
    Environment(
        "partners-or-blank",
        lambda draw: partners(draw, every=True),
        (
            "Join {one} and {two} on {column} and write all rows of {one} to {out}, in order of {column}.",
            "Beside the rows of {one} put what {two} has on the same {column}, or nothing without a match, and write {out}.",
            "Extend {one} by {two} over {column} into {out}, losing no row of {one}.",
            "I need {out} with every {column} of {one}, plus what {two} knows about it, blank if nothing.",
            "Complete {one} with the details {two} gives for a {column}; keep unmatched rows and save as {out}.",
        ),
    ),
)
