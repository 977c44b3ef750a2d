"""Working an answer out from what the page shows, and giving it in a field or with a button."""

from __future__ import annotations

import re
from collections import Counter

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.looks import described, matching
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategies.typing import target_field
from reasoningbank.evaluation.miniwob.strategy import Strategy

SUM = re.compile(r"(-?\d+|x)\s*([-+x*/])\s*(-?\d+|x)\s*=\s*(-?\d+|x)?")
LONGEST_PROBLEM = 40
LARGEST_BLOCK = 30.0  # pixels
SHAPES = {"circle": "circle", "rect": "rectangle", "polygon": "triangle"}


def combine(left: int, sign: str, right: int) -> float:
    """Return the value of `left sign right`."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign in "x*":
        return left * right
    return left / right if right else float("nan")


def solve(problem: str) -> int | None:
    """Return the unknown of `3 + 4 =` or of `3 + x = 9`, or None when the text is no such problem."""
    found = SUM.search(problem)
    if found is None:
        return None
    left, sign, right, result = found.groups()
    for x in range(-200, 201):
        values = [x if part in ("x", None) else int(part) for part in (left, right, result)]
        if combine(values[0], sign, values[1]) == values[2]:
            return x
    return None


def problem_shown(page: Page) -> str:
    """Return the text of the arithmetic problem on the page, or nothing."""
    texts = (page.text(element) for element in page.tagged("div", "span", "p"))
    return next(
        (text for text in texts if len(text) < LONGEST_PROBLEM and solve(text) is not None), ""
    )


def blocks_shown(page: Page) -> int:
    """Return how many equal blank blocks the page shows, the most frequent kind."""
    kinds = Counter(
        element.classes
        for element in page.tagged("span", "div")
        if element.classes and not page.children(element) and element.box[2] < LARGEST_BLOCK
    )
    return max(kinds.values(), default=0)


def figure_names(figure: Element, page: Page) -> list[str]:
    """Return the words that describe a drawn figure."""
    if figure.tag != "text":
        return [SHAPES[figure.tag]]
    return ["number" if page.text(figure).isdigit() else "letter"]


def judged_rows(page: Page) -> list[Element]:
    """Return, for each number that stands between the buttons Odd and Even, the button that is right."""
    right: list[Element] = []
    buttons = [button for button in page.buttons() if page.name(button) in ("Odd", "Even")]
    shown = [e for e in page.spoken() if re.fullmatch(r"-?\d+", page.name(e))]
    for number in shown:
        word = "Odd" if int(page.name(number)) % 2 else "Even"
        level = [b for b in buttons if abs(b.centre[1] - number.centre[1]) < number.box[3]]
        right += [button for button in level if page.name(button) == word]
    return right


def answer(page: Page) -> str:
    """Return the answer the page asks for, or nothing when it shows no question this can work out."""
    problem = problem_shown(page)
    if problem:
        return str(solve(problem))
    look = described(page.utterance)
    if "how many" in page.utterance.lower() and look is not None and page.drawn():
        return str(len(matching(page, look)))
    if "total number" in page.utterance:
        return str(blocks_shown(page))
    if len(page.drawn()) == 1:
        words = figure_names(page.drawn()[0], page)
        return next((page.name(b) for b in page.buttons() if page.name(b).lower() in words), "")
    return ""


def work_out(hands: Hands, page: Page) -> None:
    """Judge every row, or give the one answer in the field or with the button that carries it."""
    rows = judged_rows(page)
    if rows:
        for button in rows:
            hands.click(button)
        press_submit(hands, page)
        return
    given, field = answer(page), target_field(page)
    if field is not None:
        hands.write(field, given)
        press_submit(hands, page)
        return
    carrying = [button for button in page.buttons() if page.name(button) == given]
    if not carrying:
        raise Stuck("no button carries the answer")
    hands.click(carrying[0])


WORK_OUT_ANSWER = Strategy(
    id="work-out-answer",
    title="Work the answer out from what the page shows, then give it",
    description=(
        "The answer is not written anywhere: solve the arithmetic or the equation, count the blocks or the "
        "shapes that fit the description, tell what kind of figure is drawn or whether numbers are odd or even. "
        "Type the result into the field and submit, or press the button that carries it."
    ),
    applies=lambda page: bool(answer(page) or judged_rows(page)),
    run=work_out,
)
