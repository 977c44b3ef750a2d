"""Tasks about one column: totals, means and lists, in files that want to be read in different ways."""

from __future__ import annotations

import json
import random

from reasoningbank.evaluation.wrangling.environments import material
from reasoningbank.evaluation.wrangling.task import Environment, Made

TOTAL_WORDINGS = (
    "What is the total of the {column} column in {file}?",
    "Add up every {column} in {file} and tell me the sum.",
    "I need the sum over {column} for the whole of {file}.",
    "How much is it altogether when you add the {column} values of {file}?",
    "Please work out the combined {column} recorded in {file}.",
    'Sum the field "{column}" across all records of {file}.',
)
LIST_WORDINGS = (
    "Write the values of {column} from {file} to {out}, one per line.",
    "Extract the {column} column of {file} into {out} without its heading.",
    'I want a file {out} holding just what is in the field "{column}" of {file}, a value a line.',
    "Pull out every {column} in {file}, keep the order, and save them as {out}.",
    "Make {out} a plain list of the {column} entries found in {file}.",
    "From {file} take only the {column} and put the values under each other in {out}.",
)


def amounts(draw: random.Random, count: int) -> tuple[list[int], list[list[str]]]:
    """Return hundredths, and for each the three cells around it: a key, a city and a state."""
    values = [material.cents(draw) for _ in range(count)]
    around = [
        [key, draw.choice(material.CITIES), draw.choice(material.STATES)]
        for key in material.keys(draw, count)
    ]
    return values, around


def heading(draw: random.Random, column: str) -> list[str]:
    """Return names for a key, a city, the column and a state."""
    return [
        draw.choice(material.KEYS),
        draw.choice(material.PLACES),
        column,
        draw.choice(material.STATUSES),
    ]


def total_plain(draw: random.Random) -> Made:
    """Amounts with decimal points in a plain table."""
    file, _ = material.named(draw, ("csv", "txt", "tsv"))
    column = draw.choice(material.AMOUNTS)
    values, around = amounts(draw, draw.randint(12, 30))
    if draw.choice((True, False)):
        values = [value // 100 * 100 for value in values]
    whole = all(value % 100 == 0 for value in values)
    cells = [str(value // 100) if whole else material.point(value) for value in values]
    rows = [[a, b, v, c] for v, (a, b, c) in zip(cells, around, strict=True)]
    table = [heading(draw, column), *rows]
    return Made(
        values={"file": file, "column": column},
        files={file: material.plain(table, draw.choice(";\t|"))},
        answer=material.point(sum(values)),
        number=True,
    )


def total_ditto(draw: random.Random) -> Made:
    """A lone quote mark stands for "as above" in one column."""
    file, _ = material.named(draw, ("tsv", "txt"))
    column = draw.choice(material.AMOUNTS)
    values, around = amounts(draw, draw.randint(12, 30))
    rows = [
        [a, '"' if at and draw.choice((True, False)) else b, material.point(v), c]
        for at, (v, (a, b, c)) in enumerate(zip(values, around, strict=True))
    ]
    rows[3][1] = '"'
    rows[7][1] = '"'
    return Made(
        values={"file": file, "column": column},
        files={file: material.plain([heading(draw, column), *rows], "\t")},
        answer=material.point(sum(values)),
        number=True,
    )


def total_thousands(draw: random.Random) -> Made:
    """Amounts with commas between thousands, quoted."""
    file, _ = material.named(draw, ("csv",))
    column = draw.choice(material.AMOUNTS)
    values, around = amounts(draw, draw.randint(12, 25))
    values = [value * draw.choice((1, 9, 40)) for value in values]
    if draw.randrange(4):  # in one file of four no amount needs a mark
        values[0] = 123_450 + draw.randint(0, 99)
    else:
        values = [value % 90_000 for value in values]
    rows = [
        [a, b, material.grouped(v, ",", "."), c]
        for v, (a, b, c) in zip(values, around, strict=True)
    ]
    return Made(
        values={"file": file, "column": column},
        files={file: material.quoting([heading(draw, column), *rows], ",")},
        answer=material.point(sum(values)),
        number=True,
    )


def total_commas(draw: random.Random) -> Made:
    """Amounts with decimal commas."""
    file, _ = material.named(draw, ("csv", "txt"))
    column = draw.choice(material.AMOUNTS)
    values, around = amounts(draw, draw.randint(12, 25))
    values = [value * draw.choice((1, 9)) for value in values]
    rows = [
        [a, b, material.grouped(v, ".", ","), c]
        for v, (a, b, c) in zip(values, around, strict=True)
    ]
    return Made(
        values={"file": file, "column": column},
        files={file: material.plain([heading(draw, column), *rows], draw.choice(";\t"))},
        answer=material.point(sum(values)),
        number=True,
    )


def with_gaps(draw: random.Random) -> tuple[str, str, list[int | None], bytes]:
    """Return file, column, whole numbers of which some are missing, and the table.

    25 rows with no, 5 or 15 gaps: a sum over 25, 20 or 10 has at most two decimals.
    """
    file, _ = material.named(draw, ("csv", "txt"))
    column = draw.choice(material.MEASURES)
    gaps = draw.choice((0, 5, 15))
    values: list[int | None] = [draw.randint(5, 400) for _ in range(25)]
    for at in draw.sample(range(25), gaps):
        values[at] = None
    keys = material.keys(draw, 25)
    rows = [
        [key, "" if value is None else str(value), draw.choice(material.TEAMS)]
        for key, value in zip(keys, values, strict=True)
    ]
    names = [draw.choice(material.KEYS), column, draw.choice(material.GROUPS)]
    return file, column, values, material.plain([names, *rows], draw.choice(",;"))


def mean_of_present(draw: random.Random) -> Made:
    """The mean of the cells that are filled."""
    file, column, values, content = with_gaps(draw)
    present = [value for value in values if value is not None]
    return Made(
        values={"file": file, "column": column},
        files={file: content},
        answer=material.point(sum(present) * 100 // len(present)),
        number=True,
    )


def mean_over_all(draw: random.Random) -> Made:
    """The mean with an empty cell counted as nothing."""
    file, column, values, content = with_gaps(draw)
    hundredths = sum(value or 0 for value in values) * 100 // len(values)
    return Made(
        values={"file": file, "column": column},
        files={file: content},
        answer=material.point(hundredths),
        number=True,
    )


def list_quoted(draw: random.Random) -> Made:
    """One column of a table whose cells hold commas and line breaks."""
    file, out = material.named(draw, ("csv",))
    column = draw.choice(material.OWNERS)
    count = draw.randint(8, 18)
    people = [
        f"{draw.choice(material.FAMILIES)}, {draw.choice(material.PEOPLE)}" for _ in range(count)
    ]
    remarks = [
        draw.choice(
            ("call back", "left at gate,\nno key", "ok", "sent twice, see mail", "two\nboxes")
        )
        for _ in range(count)
    ]
    keys = material.keys(draw, count)
    rows = [list(row) for row in zip(keys, remarks, people, strict=True)]
    table = [[draw.choice(material.KEYS), "remark", column], *rows]
    return Made(
        values={"file": file, "column": column, "out": out.replace(".csv", ".txt")},
        files={file: material.quoting(table, ",")},
        changes={out.replace(".csv", ".txt"): material.lines(people)},
    )


def total_aligned(draw: random.Random) -> Made:
    """Amounts in a printed report with aligned columns, some of them empty."""
    file, _ = material.named(draw, ("txt", "dat", "lst"))
    column = draw.choice(material.AMOUNTS)
    values, around = amounts(draw, draw.randint(10, 20))
    names = heading(draw, column)
    rows = [
        f"{key:<8}{f'{draw.choice(material.LOOKS)} {draw.choice(material.THINGS)}':<20}"
        f"{material.point(value):<14}{state}"
        for value, (key, _, state) in zip(values, around, strict=True)
    ]
    top = f"{names[0]:<8}{names[1]:<20}{names[2]:<14}{names[3]}"
    return Made(
        values={"file": file, "column": column},
        files={file: material.lines([top, *rows])},
        answer=material.point(sum(values)),
        number=True,
    )


def total_by_line(draw: random.Random) -> Made:
    """Numbers in JSON objects, one a line."""
    file, _ = material.named(draw, ("jsonl", "ndjson", "json"))
    column = draw.choice(material.MEASURES)
    numbers = [draw.randint(2, 400) for _ in range(draw.randint(8, 20))]
    records: list[dict[str, str | int]] = [
        {"ref": key, "city": draw.choice(material.CITIES), column: number}
        for key, number in zip(material.keys(draw, len(numbers)), numbers, strict=True)
    ]
    written = [json.dumps(dict(draw.sample(list(one.items()), 3))) for one in records]
    return Made(
        values={"file": file, "column": column},
        files={file: material.lines(written)},
        answer=str(sum(numbers)),
        number=True,
    )


def list_from_document(draw: random.Random) -> Made:
    """Names in one JSON list."""
    file, out = material.named(draw, ("json",))
    out = out.replace(".json", ".txt")
    column = draw.choice(material.OWNERS)
    records = [
        {"ref": key, column: f"{draw.choice(material.PEOPLE)} {draw.choice(material.FAMILIES)}", "units": draw.randint(1, 99)}
        for key in material.keys(draw, draw.randint(6, 16))
    ]  # fmt: skip
    text = json.dumps(records, indent=draw.choice((None, 1, 2)))
    return Made(
        values={"file": file, "column": column, "out": out},
        files={file: text.encode() + b"\n"},
        changes={out: material.lines(str(one[column]) for one in records)},
    )


ENVIRONMENTS = (
    Environment("aligned-total", total_aligned, TOTAL_WORDINGS),
    Environment("comma-decimals-total", total_commas, TOTAL_WORDINGS),
    Environment("ditto-total", total_ditto, TOTAL_WORDINGS),
    Environment("document-field", list_from_document, LIST_WORDINGS),
    Environment("object-lines-total", total_by_line, TOTAL_WORDINGS),
    Environment("plain-total", total_plain, TOTAL_WORDINGS),
    Environment("quoted-field", list_quoted, LIST_WORDINGS),
    Environment("thousands-total", total_thousands, TOTAL_WORDINGS),
    Environment(
        "mean-of-present",
        mean_of_present,
        (
            "What is the average {column} in {file}? Leave out the records where it is missing.",
            "Compute the mean of {column} over those rows of {file} that have one.",
            "Give me the average of the filled {column} cells in {file}; blanks do not count.",
            "Some {column} values in {file} are missing. Ignore them and report the mean of the others.",
            "Taking only known values, what does {column} average in {file}? I mean the average per known value.",
            'Average the field "{column}" of {file}, skipping empty cells.',
        ),
    ),
    Environment(
        "mean-over-all",
        mean_over_all,
        (
            "What is the average {column} in {file}? Treat a missing value as zero.",
            "Compute the mean of {column} over all rows of {file}, with nothing counted where a cell is empty.",
            "Give me the average {column} per record in {file}; a blank means 0.",
            "Some {column} values in {file} are missing and stand for zero. Report the mean over every row.",
            "Per row of {file}, empty ones included as 0, what is the average {column}?",
            'Average the field "{column}" of {file} over the full number of records, blanks being nil.',
        ),
    ),
)
