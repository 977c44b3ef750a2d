"""Acting on one entry of many: a message, a post, a dish."""

from __future__ import annotations

import re
from itertools import cycle, islice

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import capitalised, mentioned, quoted, unquoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

# What instructions call the act, and what the icons that do it are called.
MEANINGS = {
    "delete": "trash", "deleted": "trash", "remove": "trash", "erase": "trash", "trash": "trash",
    "important": "star", "star": "star", "mark": "star", "order": "add", "add": "add",
    "reply": "reply", "retweet": "retweet", "like": "like", "share": "share",
}  # fmt: skip
# How an instruction marks the person a message came from.
SENDER = (
    r"\b(?:from|by) ([A-Z][\w-]+)",
    r"\b([A-Z][\w-]+)'s\b",
    r"\b([A-Z][\w-]+) (?:sent|wrote)\b",
)
SENDING = frozenset(("send",))
FEWEST_PARTS = 5
FEWEST_ENTRIES = 3
SHORTEST_NAME = 3


def entries(page: Page) -> list[Element]:
    """Return the entries of the page: the largest group of boxes alike that each hold several things."""
    alike: dict[tuple[str, tuple[str, ...]], list[Element]] = {}
    for element in page.tagged("div", "li"):
        if element.classes and len(list(page.within(element))) >= FEWEST_PARTS:
            alike.setdefault((element.tag, element.classes[:1]), []).append(element)
    # Of groups equally large the outer one comes first in the document.
    largest = max(alike.values(), key=len, default=[])
    return largest if len(largest) >= FEWEST_ENTRIES else []


def names_in(page: Page, entry: Element) -> list[str]:
    """Return the names of all that stands in an entry."""
    return [
        page.name(below)
        for below in page.within(entry)
        if below.tag != "#text" and page.name(below)
    ]


def entries_meant(page: Page) -> list[Element]:
    """Return the entries that show a name the instruction mentions, as many as it asks for.

    Asked for more than there are it begins again: four helpings of two dishes are two of each.
    """
    found = entries(page)
    seen = [name for entry in found for name in names_in(page, entry) if len(name) >= SHORTEST_NAME]
    who = mentioned(unquoted(page.utterance), seen)
    if not who:
        return []
    meant = [entry for entry in found if set(who) & set(names_in(page, entry))]
    if re.search(r"\b(all|each)\b", page.utterance.lower()):
        return meant
    count = re.search(r"\b(\d+) (?:posts?|items?)\b", page.utterance)
    return list(islice(cycle(meant), int(count.group(1)) if count else 1))


def acts_meant(instruction: str) -> list[str]:
    """Return the words for the act, the quoted name of a button first."""
    words = re.findall(r"[a-z]+", unquoted(instruction).lower())
    return quoted(instruction) + [MEANINGS[w] for w in words if w in MEANINGS]


def control_in(page: Page, entry: Element, act: str) -> Element | None:
    """Return the button or icon of an entry for an act."""
    for below in page.within(entry):
        if below.tag != "#text" and act.lower() in (
            page.own_text(below).lower(),
            *page.icon_words(below),
        ):
            return below
    item = [e for e in page.within(entry) if e.tag == "li" and page.text(e).startswith(act)]
    return item[0] if item else None


def press_in(hands: Hands, page: Page, entry: Element, acts: list[str]) -> None:
    """Press the control of an entry for the first act it offers, opening the entry's own menu if need be."""
    for act in acts:
        control = control_in(page, entry, act)
        if control is not None:
            hands.click(control)
            return
    more = control_in(page, entry, "more")
    if more is None:
        raise Stuck("the entry has no control for that")
    hands.click(more)
    opened = hands.look()
    again = opened.current(entry)
    for act in acts:
        control = control_in(opened, again, act) if again else None
        if control is not None:
            hands.click(control)
            return
    raise Stuck("the menu of the entry has no such item")


def act_on_entry(hands: Hands, page: Page) -> None:
    """Press the control in every entry meant; submit if told so."""
    for entry in entries_meant(page):
        press_in(hands, page, entry, acts_meant(page.utterance))
    if page.submit() is not None and re.search(r"\b(submit|order)\b", page.utterance.lower()):
        press_submit(hands, page)


def people(page: Page) -> tuple[str, str]:
    """Return the sender whose message is meant and the other person named; either may be missing."""
    said = unquoted(page.utterance)
    senders = {name for entry in entries(page) for name in names_in(page, entry)}
    named = list(dict.fromkeys(capitalised(said) + opening_words(said)))
    present = [name for name in named if name in senders]
    marked = [name for pattern in SENDER for name in re.findall(pattern, said) if name in present]
    sender = next(iter(marked + present), "")
    target = [name for name in re.findall(r"\bto ([A-Z][\w-]+)", said) if name != sender]
    return sender, next(iter(target + [name for name in named if name != sender]), "")


def opening_words(instruction: str) -> list[str]:
    """Return the word that opens each sentence, without a possessive 's."""
    return re.findall(r"(?:^|[.!?] )([A-Z][\w-]+)", re.sub(r"'s\b", "", instruction))


def answering(page: Page) -> bool:
    """Whether the instruction asks for an answer to the sender and not for passing the message on."""
    return bool(quoted(page.utterance))


def wait_for(hands: Hands, words: frozenset[str]) -> Element:
    """Return the control with one of these words, looking again while the page changes."""
    for _ in range(5):
        page = hands.look()
        for element in page.elements:
            if words & page.icon_words(element) or page.own_text(element).lower() in words:
                return element
        hands.wait(0.1)
    raise Stuck(f"no control for {' or '.join(sorted(words))}")


def open_and_write(hands: Hands, page: Page) -> None:
    """Open the sender's message, reply or forward, fill the first field, send."""
    sender, recipient = people(page)
    entry = next((e for e in entries(page) if sender in names_in(page, e)), None)
    if entry is None:
        raise Stuck("no entry from that person")
    hands.click(next(below for below in page.within(entry) if page.name(below) == sender))
    hands.click(wait_for(hands, frozenset(("reply",) if answering(page) else ("forward",))))
    fields = hands.look().text_fields()
    if not fields:
        raise Stuck("nothing to write into")
    hands.write(fields[0], quoted(page.utterance)[-1] if answering(page) else recipient)
    hands.click(wait_for(hands, SENDING))


ACT_ON_ENTRY = Strategy(
    id="act-on-entry",
    title="In the entry of the person or item named, press the control asked for",
    description=(
        "The page is a list of entries such as messages, posts or dishes. Find the entry, or as many as asked, "
        "that shows the person or item named in the instruction, press inside it the button or icon for the act "
        "(trash to delete, star for important, like, share, plus to order, or through its more menu), and submit "
        "if told so."
    ),
    applies=lambda page: bool(entries_meant(page) and acts_meant(page.utterance)),
    run=act_on_entry,
)

OPEN_AND_WRITE = Strategy(
    id="open-and-write",
    title="Open the message of the person named, reply or forward, and send",
    description=(
        "Open the message by the person named. To answer, press reply and type the quoted text; to pass it on, "
        "press forward and type the name of the other person as the recipient. Then press send."
    ),
    applies=lambda page: bool(people(page)[0] and (answering(page) or people(page)[1])),
    run=open_and_write,
)
