"""Typing into fields: what the instruction gives, what a caption asks for, what the page shows."""

from __future__ import annotations

import re
from itertools import pairwise

from reasoningbank.evaluation.miniwob.colours import code_of, named_colour
from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import ordinals, quoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

DATE = re.compile(r"\b(\d{2})/(\d{2})/(\d{4})\b")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_MONTHS = 40
TIME = re.compile(r"\b(\d{1,2}):(\d{2})\s*([AP]M)\b")


def in_case(text: str, instruction: str) -> str:
    """Return a text in the letter case the instruction asks for."""
    if "upper case" in instruction:
        return text.upper()
    return text.lower() if "lower case" in instruction else text


def given_values(page: Page) -> list[str]:
    """Return the values the instruction gives: quoted text without the names of buttons, a date, a time, a colour."""
    buttons = {page.name(button) for button in page.buttons()}
    values = [text for text in quoted(page.utterance) if text not in buttons]
    if values:
        return [in_case(text, page.utterance) for text in values]
    date, time = DATE.search(page.utterance), TIME.search(page.utterance)
    if date:
        return [date.group()]
    if time:
        return [time.group()]
    if any("jscolor" in field.classes for field in page.text_fields()):
        colours = [code_of(mark.colour) for mark in page.marks] + [named_colour(page.utterance)]
        return [colour for colour in colours if colour][:1]
    return []


def as_field_wants(field: Element, value: str) -> str:
    """Return a date or time in the form an input of that kind takes."""
    date, time = DATE.fullmatch(value), TIME.fullmatch(value)
    if field.kind == "date" and date:
        month, day, year = date.groups()
        return f"{year}-{month}-{day}"
    if field.kind == "time" and time:
        hours, minutes, half = time.groups()
        return f"{int(hours) % 12 + 12 * (half == 'PM'):02}:{minutes}"
    return value


def date_pickers(page: Page) -> list[Element]:
    """Return the fields that take a date from a calendar and from nothing else."""
    return [field for field in page.with_class("hasDatepicker") if field.fixed]


def pick_date(hands: Hands, field: Element, date: str) -> None:
    """Open the calendar of a field, turn it to the month of an MM/DD/YYYY date and click the day."""
    month, day, year = (int(part) for part in date.split("/"))
    hands.click(field)
    for _ in range(MOST_MONTHS):
        hands.wait(0.25)
        page = hands.look()
        title = [page.text(e) for e in page.with_class("ui-datepicker-title")]
        if not title:
            continue
        name, shown_year = title[0].split()
        away = 12 * (year - int(shown_year)) + month - 1 - MONTHS.index(name[:3])
        if not away:
            hands.click(next(e for e in page.tagged("a") if page.text(e) == str(day)))
            return
        turn = "ui-datepicker-next" if away > 0 else "ui-datepicker-prev"
        hands.click(page.with_class(turn)[0])
    raise Stuck("the calendar does not reach the month")


def type_given(hands: Hands, page: Page) -> None:
    """Put the values into calendars and fields from top to bottom, then submit."""
    values = given_values(page)
    for picker in date_pickers(page):
        pick_date(hands, picker, values[0])
    for at, field in enumerate(page.text_fields()):
        value = values[min(at, len(values) - 1)]
        hands.write(field, as_field_wants(field, value))
    press_submit(hands, page)


def table_value(page: Page, key: str) -> str:
    """Return the text of the cell after the one that reads like the key, or nothing."""
    cells = page.tagged("td", "th")
    for cell, following in pairwise(cells):
        if page.text(cell).strip(": ").lower() == key.lower() and page.text(following):
            return page.text(following)
    return ""


def said_of(caption: str, instruction: str) -> str:
    """Return what an instruction says of a caption: the quoted text or the word right after it, or nothing."""
    key = re.escape(caption.lower())
    found = re.search(rf'\b{key}:? (?:"([^"]+)"|is (\w+))', instruction, re.IGNORECASE)
    return next(filter(None, found.groups()), "") if found else ""


def suits(caption: str, value: str) -> bool:
    """Whether a value is of the kind a caption asks for: a number, a name, or neither."""
    words = caption.lower()
    if re.search("year|date|number|age", words):
        return value.isdigit()
    if re.search("name|director|person|author", words):
        return value[0].isupper()
    return value.islower()


def lookups(page: Page) -> list[tuple[Element, str]]:
    """Return the fields with the value found for each by its caption or by the name the instruction gives."""
    asked = re.search(r"value of ([\w ]+?) into", page.utterance)
    left = list(page.emphasised)
    found: list[tuple[Element, str]] = []
    for field in page.text_fields():
        caption = asked.group(1) if asked else page.label(field)
        if caption:
            fitting = [value for value in left if suits(caption, value)]
            value = table_value(page, caption) or said_of(caption, page.utterance)
            value = value or (fitting[0] if fitting else "")
            if value:
                found.append((field, value))
    return found


def fill_by_label(hands: Hands, page: Page) -> None:
    """Put every value found into its field, then submit."""
    for field, value in lookups(page):
        hands.write(field, value)
    press_submit(hands, page)


def sources(page: Page) -> list[str]:
    """Return the longer texts a page shows: text areas, paragraphs, else letters set one by one."""
    areas = [
        element.value for element in page.elements if element.kind == "textarea" and element.value
    ]
    if areas:
        return areas
    paragraphs = [page.text(element) for element in page.tagged("p") if page.text(element)]
    if paragraphs:
        return paragraphs
    letters = [
        page.text(element) for element in page.tagged("span") if len(page.text(element)) == 1
    ]
    return ["".join(letters)] if len(letters) > 1 else []


def target_field(page: Page) -> Element | None:
    """Return the empty one-line field to put the answer into."""
    lines = [field for field in page.text_fields() if field.kind != "textarea" and not field.value]
    return lines[0] if lines else None


def passage(page: Page) -> str:
    """Return the part of the page's text the instruction asks for: all of it, the nth or the last word."""
    texts = sources(page)
    nth = {noun: number for number, noun in ordinals(page.utterance)}
    text = texts[min(nth.get("text", 1), len(texts)) - 1]
    words = text.split()
    if "word" in nth:
        return words[min(nth["word"], len(words)) - 1].strip(".,")
    if "last word" in page.utterance:
        return words[-1].strip(".,")
    return text


def copy_text(hands: Hands, page: Page) -> None:
    """Type the passage into the empty field, then submit."""
    field = target_field(page)
    if field is None:
        raise Stuck("no empty field to copy into")
    hands.write(field, passage(page))
    press_submit(hands, page)


TYPE_GIVEN = Strategy(
    id="type-given-values",
    title="Type the values the instruction gives into the fields in order, then submit",
    description=(
        "Take the values written in the instruction (quoted text, a password, a date, a time, a colour), type "
        "them into the text fields from top to bottom in the form and letter case asked for (or pick the date in "
        "the calendar that opens), repeat the last one if fields are left over, and press the submit or login "
        "button."
    ),
    applies=lambda page: bool((page.text_fields() or date_pickers(page)) and given_values(page)),
    run=type_given,
)

FILL_BY_LABEL = Strategy(
    id="fill-by-label",
    title="Look up the value for each field by its label, then submit",
    description=(
        "For every text field read its label, or the name of the value asked for, and look up what belongs to "
        "it: the cell beside that label in a table on the page, or the matching words of the instruction. Type "
        "each value into its own field wherever that stands in the form, and submit."
    ),
    applies=lambda page: bool(lookups(page)),
    run=fill_by_label,
)

COPY_TEXT = Strategy(
    id="copy-text",
    title="Copy text shown on the page into the empty field, then submit",
    description=(
        "Read the text the page itself shows, in a text area, a paragraph or single letters, take the part the "
        "instruction asks for (all of it, the text of the nth area, the nth word, the last word), type it into "
        "the empty text field and submit."
    ),
    applies=lambda page: bool(sources(page)) and target_field(page) is not None,
    run=copy_text,
)
