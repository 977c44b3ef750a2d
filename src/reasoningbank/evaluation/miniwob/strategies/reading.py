"""Long and marked text: selecting words, scrolling to an end."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.colours import channels, is_shade
from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import ordinals, quoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

STYLES = {"bold": "bold", "italics": "italic", "underlined": "underline"}


def paragraphs(page: Page) -> list[Element]:
    """Return the paragraphs, or the one block of running text that is not in a paragraph."""
    found = [element for element in page.tagged("p") if page.text(element)]
    return found or [e for e in page.tagged("div") if len(page.own_text(e).split()) > 1]


def paragraph_meant(page: Page) -> Element | None:
    """Return the paragraph an instruction counts out, else the first."""
    found = paragraphs(page)
    nth = [number for number, noun in ordinals(page.utterance) if noun == "paragraph"]
    at = nth[0] - 1 if nth else 0
    return found[at] if at < len(found) else None


def give_style(hands: Hands, page: Page) -> None:
    """Press the toolbar button for the style, or pick a colour from its palette."""
    style = next((STYLES[word] for word in STYLES if f"style {word}" in page.utterance), "")
    if style:
        hands.click(next(e for e in page.tagged("button") if style in page.icon_words(e)))
        return
    colour = re.search(r"the color (\w+)", page.utterance)
    picker = next(iter(page.with_class("ql-picker-label")), None)
    if colour is None or picker is None:
        raise Stuck("no such style in the toolbar")
    hands.click(picker)
    palette = hands.look().with_class("ql-picker-item")
    fitting = [
        item for item in palette if channels(item.colour) and is_shade(item.colour, colour.group(1))
    ]
    if not fitting:
        raise Stuck("no such colour in the palette")
    hands.click(fitting[0])


def select_text(hands: Hands, page: Page) -> None:
    """Select the paragraph or word, style it where there is a toolbar, submit."""
    paragraph = paragraph_meant(page)
    if paragraph is None:
        raise Stuck("no such paragraph")
    word = re.search(r"give the text (\S+) the", page.utterance)
    hands.mark_text(paragraph, word.group(1) if word else "")
    hands.wait(0.15)  # editors take up a selection a moment later
    if page.with_class("ql-toolbar"):
        give_style(hands, page)
    press_submit(hands, page)


def scrollable(page: Page) -> list[Element]:
    """Return the text areas longer than they show."""
    return [element for element in page.elements if element.kind == "textarea" and element.value]


def scroll_text(hands: Hands, page: Page) -> None:
    """Scroll to the end asked for, fill the fields that were unlocked, press the button."""
    hands.scroll(scrollable(page)[0], to="top" if "to the top" in page.utterance else "bottom")
    hands.wait(0.1)
    page = hands.look()
    buttons = {page.name(button) for button in page.buttons()}
    values = [text for text in quoted(page.utterance) if text not in buttons]
    for field, value in zip(
        (f for f in page.text_fields() if f.kind == "text"), values, strict=False
    ):
        hands.write(field, value)
    press_submit(hands, page)


SELECT_TEXT = Strategy(
    id="select-text",
    title="Select text with the mouse, style it if asked, then submit",
    description=(
        "Select, as if highlighting with the mouse, the paragraph or the word the instruction names, or all of "
        "the text. When there is a toolbar press the button for the style asked for (bold, italics, underlined, "
        "a colour). Then submit."
    ),
    applies=lambda page: bool(
        paragraphs(page)
        and page.submit()
        and not page.text_fields()
        and re.search("highlight|text|style", page.utterance.lower())
    ),
    run=select_text,
)

SCROLL_TEXT = Strategy(
    id="scroll-text",
    title="Scroll the long text to its end or start, then finish the form",
    description=(
        "Scroll inside the text area to the bottom or the top, as the instruction says, which may also unlock "
        "the controls below it; type the name it gives if there is a field for it, and press the button it names."
    ),
    applies=lambda page: bool(scrollable(page) and page.submit()),
    run=scroll_text,
)
