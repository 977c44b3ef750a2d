"""Tasks that ask how many: lines, records, occurrences, different values."""

from __future__ import annotations

import gzip
import random

from reasoningbank.evaluation.wrangling.environments import material
from reasoningbank.evaluation.wrangling.task import Environment, Made

TOKENS = ("timeout", "retry", "refused", "checksum", "E42", "disk full", "0x1F", "a.b", "lost*")
LINE_WORDINGS = (
    'How many lines of {file} mention "{text}"?',
    'Count the lines in {file} that contain "{text}".',
    'On how many lines does "{text}" appear in {file}?',
    'Tell me the number of entries in {file} with "{text}" in them.',
    'I would like to know how many rows of {file} have "{text}" somewhere.',
)
RECORD_WORDINGS = (
    "How many records are in {file}?",
    "Count the entries of {file}.",
    "Tell me the number of records that {file} holds.",
    "What is the number of data rows in {file}?",
    "I have to know how many entries were exported to {file}.",
)


def messages(draw: random.Random, token: str) -> list[str]:
    """Return log messages, some of which hold the token once, twice or three times."""
    said = []
    times = draw.choice(((0, 0, 1, 2, 3), (0, 0, 0, 1, 2), (0, 0, 1)))
    for _ in range(draw.randint(15, 40)):
        words = [
            draw.choice(material.THINGS),
            draw.choice(material.STATES),
            draw.choice(material.CITIES),
        ]
        for _ in range(draw.choice(times)):
            words.insert(draw.randint(0, len(words)), token)
        said.append(" ".join(words))
    said += [f"{token} again", "nothing to say"]
    return said


def lines_with(draw: random.Random) -> Made:
    """Lines of a log that hold a text, some of them more than once."""
    file, _ = material.named(draw, ("log", "txt"))
    token = draw.choice(TOKENS)
    said = messages(draw, token)
    return Made(
        values={"file": file, "text": token},
        files={file: material.lines(material.log_lines(draw, said))},
        answer=str(sum(token in one for one in said)),
        number=True,
    )


def packed_lines_with(draw: random.Random) -> Made:
    """The same in a gzip file."""
    made = lines_with(draw)
    (file, content), *_ = made.files.items()
    return Made(
        values={**made.values, "file": f"{file}.gz"},
        files={f"{file}.gz": gzip.compress(content, mtime=0)},
        answer=made.answer,
        number=True,
    )


def occurrences(draw: random.Random) -> Made:
    """Every occurrence of a text, however many share a line."""
    file, _ = material.named(draw, ("log", "txt"))
    token = draw.choice(TOKENS)
    said = messages(draw, token)
    return Made(
        values={"file": file, "text": token},
        files={file: material.lines(material.log_lines(draw, said))},
        answer=str(sum(one.count(token) for one in said)),
        number=True,
    )


def different(draw: random.Random) -> Made:
    """Different values of a column."""
    file, _ = material.named(draw, ("csv", "tsv", "txt"))
    column = draw.choice(material.PLACES)
    count = draw.randint(15, 35)
    cities = draw.choices(draw.sample(material.CITIES, draw.randint(4, 9)), k=count)
    rows = [
        [key, city, str(draw.randint(1, 90))]
        for key, city in zip(material.keys(draw, count), cities, strict=True)
    ]
    table = [[draw.choice(material.KEYS), column, draw.choice(material.MEASURES)], *rows]
    return Made(
        values={"file": file, "column": column},
        files={file: material.plain(table, draw.choice(",;\t"))},
        answer=str(len(set(cities))),
        number=True,
    )


def records_without_names(draw: random.Random) -> Made:
    """Records of a table whose first line is one of them."""
    file, _ = material.named(draw, ("csv", "txt"))
    count = draw.randint(9, 60)
    rows = [
        [key, draw.choice(material.CITIES), material.point(material.cents(draw))]
        for key in material.keys(draw, count)
    ]
    return Made(
        values={"file": file},
        files={file: material.plain(rows, draw.choice(",;"))},
        answer=str(count),
        number=True,
    )


def records_over_lines(draw: random.Random) -> Made:
    """Records of a table with a line of names and cells over several lines."""
    file, _ = material.named(draw, ("csv",))
    count = draw.randint(9, 40)
    rows = [
        [key, draw.choice(("fine", "left side\nscratched", "see\nletter\nof May", "none, yet"))]
        for key in material.keys(draw, count)
    ]
    rows[draw.randrange(count)][1] = "two\nlines\nmore"
    table = [[draw.choice(material.KEYS), "remark"], *rows]
    return Made(
        values={"file": file},
        files={file: material.quoting(table, ",")},
        answer=str(count),
        number=True,
    )


ENVIRONMENTS = (
    Environment(
        "distinct-tally",
        different,
        (
            "How many different values of {column} are there in {file}?",
            "Count the distinct {column} entries of {file}.",
            "In {file}, how many separate {column} names occur, each counted once?",
            "Tell me the number of unique {column} values found in {file}.",
            "Not counting repeats, how many kinds of {column} does {file} know?",
        ),
    ),
    Environment("lines-with-text", lines_with, LINE_WORDINGS),
    Environment(
        "occurrences-of-text",
        occurrences,
        (
            'How many times does "{text}" occur in {file}?',
            'Count every occurrence of "{text}" in {file}, also several on a line.',
            'How often is "{text}" written in {file} in all?',
            'Tell me the number of appearances of "{text}" throughout {file}.',
            'I want to know how many times over "{text}" was logged to {file}; two on one line make two.',
        ),
    ),
    Environment("packed-lines", packed_lines_with, LINE_WORDINGS),
    Environment("records-over-lines", records_over_lines, RECORD_WORDINGS),
    Environment("records-without-names", records_without_names, RECORD_WORDINGS),
)
