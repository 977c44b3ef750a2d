"""Dragging: items of a list to their places, shapes and handles across the page."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.colours import NAMES, is_colour
from reasoningbank.evaluation.miniwob.hands import Hands, Point, Stuck
from reasoningbank.evaluation.miniwob.instruction import mentioned, ordinals
from reasoningbank.evaluation.miniwob.looks import is_kind
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

STEPS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
PAIR = 2
COLUMNS = {"left": 0, "center": 1, "right": 2}
ROWS = {"top": 0, "center": 1, "bottom": 2}


def list_items(page: Page) -> list[Element]:
    """Return the items of a list that can be put in another order."""
    return [
        child
        for listing in page.with_class("ui-sortable")
        for child in page.children(listing)
        if page.text(child)
    ]


def columns_of(items: list[Element]) -> int:
    """Return how many items stand in the first row."""
    return sum(abs(item.box[1] - items[0].box[1]) < item.box[3] / 2 for item in items)


def place_meant(instruction: str, at: int, columns: int, count: int) -> int | None:
    """Return the position an item shall have: the nth, one step away, or a corner or middle of a grid."""
    nth = [number for number, noun in ordinals(instruction) if noun == "position"]
    if nth:
        return nth[0] - 1
    step = re.search(r"\b(up|down|left|right) by one", instruction)
    if step:
        across, down = STEPS[step.group(1)]
        return at + across + down * columns
    words = re.findall(r"top|bottom|left|right|center", instruction)
    if not words:
        return None
    if columns == 1:
        return {"top": 0, "bottom": count - 1}.get(words[0])
    row = next((ROWS[word] for word in words if word in ("top", "bottom")), 1)
    column = next((COLUMNS[word] for word in words if word in ("left", "right")), 1)
    place = row * columns + column
    return place if place < count else None


def move_item(hands: Hands, items: list[Element], at: int, place: int) -> None:
    """Drag the item at one position to the middle of another."""
    if at != place:
        hands.drag(items[at], items[place].centre)
        hands.wait(0.15)


def sort_items(hands: Hands, page: Page) -> None:
    """Bring the lowest number to the top, then the next below it, and so on."""
    for place in range(len(list_items(page))):
        items = list_items(hands.look())
        values = [float(page.text(item)) for item in items]
        move_item(hands, items, values.index(min(values[place:]), place), place)


def drag_in_list(hands: Hands, page: Page) -> None:
    """Sort the items, or move the one named to the place meant; submit if there is a button."""
    items = list_items(page)
    if re.search("increasing|ascending", page.utterance):
        sort_items(hands, page)
    else:
        names = [page.text(item) for item in items]
        named = mentioned(page.utterance, names)
        if not named:
            raise Stuck("no item of the list is named")
        at = names.index(named[0])
        place = place_meant(page.utterance, at, columns_of(items), len(items))
        if place is None:
            raise Stuck("the instruction gives no place")
        move_item(hands, items, at, place)
    if page.submit() is not None:
        press_submit(hands, page)


def shapes(page: Page) -> list[Element]:
    """Return the drawn shapes that are not frames."""
    return [shape for shape in page.drawn() if shape.colour != "none"]


def frames(page: Page) -> list[Element]:
    """Return the empty frames of a drawing, from left to right."""
    found = [shape for shape in page.drawn() if shape.colour == "none"]
    return sorted(found, key=lambda frame: frame.box[0])


def group_meant(instruction: str) -> str:
    """Return the kind or colour of the shapes an instruction says to drag, or nothing."""
    found = re.search(r"all (?:(circle|rectangle|triangle)s|(\w+) shapes)", instruction)
    return found.group(1) or found.group(2) if found else ""


def meant(page: Page, shape: Element) -> bool:
    """Whether a shape is of the kind or colour the instruction says to drag."""
    group = group_meant(page.utterance)
    return is_colour(shape.colour, group) if group in NAMES else is_kind(page, shape, group)


def slots(frame: Element, count: int) -> list[Point]:
    """Return as many points inside a frame, spread over its width in two rows."""
    left, top, width, height = frame.box
    across = max(1, (count + 1) // 2)
    return [
        (left + width * (1 + at % across) / (across + 1), top + height * (1 + at // across) / 3)
        for at in range(count)
    ]


def fill_frames(hands: Hands, page: Page) -> None:
    """Drag the shapes meant into the first frame, and the others into the second where there is one."""
    chosen = [shape for shape in shapes(page) if meant(page, shape)]
    rest = [shape for shape in shapes(page) if not meant(page, shape)]
    groups = [chosen, rest] if len(frames(page)) > 1 else [chosen]
    for frame, group in zip(frames(page), groups, strict=False):
        for shape, point in zip(group, slots(frame, len(group)), strict=True):
            hands.drag(shape, point)


def shift(start: Point, direction: str, by: float) -> Point:
    """Return the point some pixels away in a direction."""
    across, down = STEPS[direction]
    return start[0] + across * by, start[1] + down * by


def direction_meant(instruction: str) -> str:
    """Return the direction of a drag, or nothing: a word, or the way a width or height must change."""
    word = re.search(r"\b(up|down|left|right)\b", instruction)
    if word:
        return word.group(1)
    size = re.search(r"(width|height) is (smaller|larger)", instruction)
    if size is None:
        return ""
    return {
        ("width", "smaller"): "left",
        ("width", "larger"): "right",
        ("height", "smaller"): "up",
        ("height", "larger"): "down",
    }[size.group(1), size.group(2)]


def movable(page: Page) -> list[Element]:
    """Return boxes that can be dragged, smallest first."""
    boxes = [e for e in page.with_class("ui-draggable") if "ui-dialog" not in e.classes]
    return sorted(boxes, key=lambda box: box.box[2] * box.box[3])


def corner(page: Page) -> Element | None:
    """Return the corner by which something can be resized."""
    dialogs = page.with_class("ui-dialog")
    return next(iter(page.with_class("ui-resizable-se")), None) if not dialogs else None


def drag_shape(hands: Hands, page: Page) -> None:
    """Drag what the page offers to drag: shapes into frames, box into box, a corner, a single shape."""
    direction = direction_meant(page.utterance)
    boxes, handle = movable(page), corner(page)
    if frames(page):
        fill_frames(hands, page)
    elif len(boxes) == PAIR:
        hands.drag(boxes[0], boxes[1].centre)
    elif handle is not None:
        hands.drag(handle, shift(handle.centre, direction, 20))
    elif shapes(page):
        hands.drag(shapes(page)[0], shift(shapes(page)[0].centre, direction, 25))
    press_submit(hands, page)


def can_drag_shape(page: Page) -> bool:
    """Whether there is something to drag and a place or direction to drag it in."""
    if frames(page):
        return bool(group_meant(page.utterance))
    if len(movable(page)) == PAIR:
        return True
    something = corner(page) is not None or len(shapes(page)) == 1
    return bool(direction_meant(page.utterance)) and something


def drag_to_place(hands: Hands, page: Page) -> None:
    """Put a list in order where there is one, else drag a shape, a box or a corner."""
    (drag_in_list if list_items(page) else drag_shape)(hands, page)


DRAG_TO_PLACE = Strategy(
    id="drag-to-place",
    title="Drag with the mouse to where the thing belongs, then submit",
    description=(
        "Press the mouse on what is to be moved, carry it to its place and let go: an item of a list or grid to "
        "the position asked for or into increasing order, a shape in the direction named, the smaller box into "
        "the larger, every shape of a kind or colour into its frame, or the corner of a text area to make it "
        "larger or smaller. Submit if there is a button."
    ),
    applies=lambda page: bool(list_items(page)) or can_drag_shape(page),
    run=drag_to_place,
)
