"""Tasks that change text: replacing, stretches of time, dates, the form of a table."""

from __future__ import annotations

import random

from reasoningbank.evaluation.wrangling.environments import material
from reasoningbank.evaluation.wrangling.task import Environment, Made

DATE_WORDINGS = (
    "Rewrite the {column} dates of {file} as year-month-day and save the table as {out}.",
    "Convert the column {column} in {file} to ISO dates; the result goes to {out}.",
    "I need {out}, the same as {file} but with {column} in the form 2024-12-31.",
    "Normalise {column} of {file} to YYYY-MM-DD into {out}, everything else unchanged.",
    'Bring the field "{column}" of {file} into sortable date form and write {out}.',
)


def sentence(draw: random.Random) -> list[str]:
    """Return some words."""
    kinds = (material.LOOKS, material.THINGS, material.CITIES, material.STATES, material.PEOPLE)
    return [draw.choice(draw.choice(kinds)) for _ in range(draw.randint(4, 9))]


def literal(draw: random.Random) -> Made:
    """A text with characters that mean something in a regular expression, among texts one could take for it."""
    file, _ = material.named(draw, ("txt", "md", "conf"))
    number = draw.randint(1, 9)
    old, like = draw.choice(
        (
            (f"v{number}.2", f"v{number}42"),
            (f"log.{number}", f"logs{number}"),
            (f"a+b{number}", f"aab{number}"),
            (f"[x{number}]", f"x{number}"),
            (f"cost*{number}", f"costt{number}"),
            (f"{number}.00", f"{number}100"),
        )
    )
    new = draw.choice(("TBD", "new-mark", "R&D", r"C:\temp", "n/a"))
    decoys = draw.choice((True, True, False))
    said = [sentence(draw) for _ in range(draw.randint(5, 12))]
    for at, words in enumerate(said):
        words.insert(draw.randint(0, len(words)), (old, like)[at % 2 if decoys else 0])
    before = material.lines(" ".join(words) for words in said)
    after = material.lines(
        " ".join(new if word == old else word for word in words) for words in said
    )
    return Made(
        values={"file": file, "old": old, "new": new},
        files={file: before},
        changes={file: after},
    )


def pattern(draw: random.Random) -> Made:
    """A pattern, and words that match it."""
    file, _ = material.named(draw, ("txt", "md", "log"))
    old, matching = draw.choice(
        (
            ("[0-9]{4,}", ("48213", "9071", "777123")),
            ("user-[a-z]+", ("user-ann", "user-bo", "user-carla")),
            (r"#\w+", ("#a91", "#urgent", "#b_2")),
            ("X[0-9]+Y", ("X1Y", "X20Y", "X333Y")),
            (r"\d+%", ("5%", "40%", "100%")),
        )
    )
    new = draw.choice(("***", "HIDDEN", "<cut>", "-"))
    said = [sentence(draw) for _ in range(draw.randint(5, 12))]
    for words in said:
        words.insert(draw.randint(0, len(words)), draw.choice(matching))
    after = material.lines(
        " ".join(new if word in matching else word for word in words) for words in said
    )
    return Made(
        values={"file": file, "old": old, "new": new},
        files={file: material.lines(" ".join(words) for words in said)},
        changes={file: after},
    )


def stretch(draw: random.Random) -> Made:
    """The lines of a log between two of its moments."""
    file, out = material.named(draw, ("log", "txt"))
    written = material.log_lines(
        draw, [" ".join(sentence(draw)) for _ in range(draw.randint(20, 40))]
    )
    first, last = sorted(draw.sample(range(2, len(written) - 2), 2))
    start, end = written[first][:19], written[last][:19]
    brackets = draw.choice((True, False))
    shown = [f"[{line[:19]}]{line[19:]}" if brackets else line for line in written]
    return Made(
        values={"file": file, "out": out, "start": start, "end": end},
        files={file: material.lines(shown)},
        changes={out: material.lines(shown[first : last + 1])},
    )


def dated(draw: random.Random, *, day_first: bool) -> Made:
    """Dates with slashes, some of which can be read in one way only."""
    file, out = material.named(draw, ("csv", "txt"))
    column = draw.choice(("due", "booked", "sent", "issued"))
    dates = [
        (draw.randint(2019, 2025), draw.randint(1, 12), draw.randint(1, 28))
        for _ in range(draw.randint(10, 20))
    ]
    dates[draw.randrange(10)] = (2024, draw.randint(1, 12), draw.randint(13, 28))
    shown = [
        f"{day:02}/{month:02}/{year}" if day_first else f"{month:02}/{day:02}/{year}"
        for year, month, day in dates
    ]
    iso = [f"{year}-{month:02}-{day:02}" for year, month, day in dates]
    keys = material.keys(draw, len(dates))
    states = [draw.choice(material.STATES) for _ in dates]
    names = [draw.choice(material.KEYS), column, draw.choice(material.STATUSES)]
    delimiter = draw.choice(",;\t")
    before, after = (
        material.plain([names, *map(list, zip(keys, cells, states, strict=True))], delimiter)
        for cells in (shown, iso)
    )
    return Made(
        values={"file": file, "out": out, "column": column},
        files={file: before},
        changes={out: after},
    )


def small_table(draw: random.Random) -> list[list[str]]:
    """Return a table with a line of names."""
    names = ["key", "holder", "fee", "state"]
    rows = [
        [
            key,
            draw.choice(material.PEOPLE),
            material.point(material.cents(draw)),
            draw.choice(material.STATES),
        ]
        for key in material.keys(draw, draw.randint(5, 14))
    ]
    return [names, *rows]


def other_delimiter(draw: random.Random) -> Made:
    """A table to be written with another delimiter, which some cells hold."""
    file, out = material.named(draw, ("csv", "txt"))
    old, new, said = draw.choice(
        ((";", ",", "commas"), ("\t", ",", "commas"), (",", ";", "semicolons"), (";", "\t", "tabs"))
    )
    rows = small_table(draw)
    for row in rows[1::2]:
        row[1] += f"{new} {draw.choice(material.FAMILIES)}"
    return Made(
        values={"file": file, "out": out, "new": said},
        files={file: material.plain(rows, old)},
        changes={out: _quoted(rows, new)},
    )


def _quoted(rows: list[list[str]], delimiter: str) -> bytes:
    """Return rows for a delimiter some cells hold."""
    return material.quoting(rows, delimiter)


def line_ends(draw: random.Random) -> Made:
    """A table whose lines end in CRLF."""
    file, out = material.named(draw, ("csv", "txt"))
    rows, delimiter = small_table(draw), draw.choice(",;\t")
    return Made(
        values={"file": file, "out": out},
        files={file: material.plain(rows, delimiter, "\r\n")},
        changes={out: material.plain(rows, delimiter)},
    )


def turned(draw: random.Random) -> Made:
    """A table whose rows are to become columns."""
    file, out = material.named(draw, ("csv", "txt"))
    rows, delimiter = small_table(draw), draw.choice(",;\t")
    columns = [[row[at] for row in rows] for at in range(len(rows[0]))]
    return Made(
        values={"file": file, "out": out},
        files={file: material.plain(rows, delimiter)},
        changes={out: material.plain(columns, delimiter)},
    )


ENVIRONMENTS = (
    Environment("european-dates", lambda draw: dated(draw, day_first=True), DATE_WORDINGS),
    Environment("american-dates", lambda draw: dated(draw, day_first=False), DATE_WORDINGS),
    Environment(
        "literal-swap",
        literal,
        (
            'Replace "{old}" by "{new}" everywhere in {file}.',
            'In {file}, change each "{old}" to "{new}".',
            'Wherever {file} says "{old}" it should say "{new}".',
            'The text "{old}" in {file} is out of date; put "{new}" in its place.',
            'Edit {file} so that "{old}" becomes "{new}" throughout.',
        ),
    ),
    Environment(
        "pattern-swap",
        pattern,
        (
            'Replace whatever matches "{old}" by "{new}" in {file}.',
            'In {file}, change each match of the expression "{old}" to "{new}".',
            'Wherever {file} has something of the form "{old}" it should say "{new}".',
            'Mask the strings described by "{old}" in {file} with "{new}".',
            'Edit {file} so that all that fits the pattern "{old}" becomes "{new}".',
        ),
    ),
    Environment(
        "log-stretch",
        stretch,
        (
            "Copy the lines of {file} from {start} to {end} into {out}.",
            "Save what {file} logged between {start} and {end}, both included, as {out}.",
            'Take the part of {file} that starts at "{start}" and ends at "{end}" and write it to {out}.',
            "What happened from {start} until {end}? Put those lines of {file} in {out}.",
            'Cut {file} down to the time from "{start}" through "{end}" and store it in {out}.',
        ),
    ),
    Environment(
        "other-delimiter",
        other_delimiter,
        (
            "Convert {file} to {new} between its cells and save it as {out}.",
            "Write the table {file} to {out} with {new} as the separator.",
            "Change the separator of {file} to {new}; the output goes to {out}.",
            "I can only import files with {new}. Make {out} from {file}, every cell intact.",
            "Export {file} anew as {out}, cells parted by {new} and quoted where they have to be.",
        ),
    ),
    Environment(
        "line-ends",
        line_ends,
        (
            "Convert {file} from Windows to Unix line endings and save it as {out}.",
            "Write {file} to {out} without the carriage returns.",
            "Change the line breaks of {file} to plain newlines; the output goes to {out}.",
            "My tools choke on the CRLF in {file}. Make {out} from it with LF only.",
            "Strip the invisible character at the end of each line of {file} and store the table in {out}.",
        ),
    ),
    Environment(
        "turned-table",
        turned,
        (
            "Transpose {file} and save it as {out}.",
            "Write the table {file} to {out} with rows and columns exchanged.",
            "Flip {file} over its diagonal; the output goes to {out}.",
            "I want each column of {file} as a line. Make {out} with columns become rows.",
            "Turn {file} on its side: let rows become columns, and store it in {out}.",
        ),
    ),
)
