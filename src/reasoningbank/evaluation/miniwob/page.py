"""A page as a person sees it: elements and runs of text with their places, and questions about them.

A `Page` is a snapshot. It knows nothing of the browser it came from, so every choice a strategy makes can be
tested on a saved one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

TEXT_KINDS = frozenset(
    ("date", "email", "number", "password", "search", "tel", "text", "textarea", "time", "url")
)
CONFIRMING = (
    "submit", "login", "ok", "okay", "search", "send", "order!", "go!", "save", "create", "book",
    "agree", "buy", "done", "yes",
)  # fmt: skip

LONGEST_CAPTION = 40
MOST_WORDS = 6  # of buttons and of icons, in the features
LARGEST_ICON = 45.0  # pixels
HAIRLINE = 2.0  # pixels; a field this narrow is there for a script and not for typing


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A picture inside the instruction: a swatch of colour or an icon."""

    colour: str
    classes: tuple[str, ...] = ()


class Element(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One element, or one run of text (tag `#text`), as the snapshot found it.

    `ref` names the node for later acts, `parent` is a position in `Page.elements` (-1 for none), `box` is
    left, top, width, height in CSS pixels of the window.
    """

    ref: int
    tag: str
    parent: int
    box: tuple[float, float, float, float]
    text: str = ""
    id: str = ""
    classes: tuple[str, ...] = ()
    kind: str = ""
    value: str = ""
    checked: bool = False
    options: tuple[str, ...] = ()
    several: bool = False
    placeholder: str = ""
    title: str = ""
    role: str = ""
    alt: str = ""
    disabled: bool = False
    fixed: bool = False
    pointer: bool = False
    colour: str = ""
    font: float = 0.0
    shape: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        left, top, width, height = self.box
        return left + width / 2, top + height / 2


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser hands over: the JSON of one look at the page."""

    utterance: str
    elements: tuple[Element, ...]
    marks: tuple[Mark, ...] = ()
    emphasised: tuple[str, ...] = ()
    ended: bool = False


class Page:
    """Questions about one snapshot. `utterance` is the instruction the page gives."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.utterance = snapshot.utterance
        self.elements = snapshot.elements
        self.marks = snapshot.marks
        self.emphasised = snapshot.emphasised
        self.ended = snapshot.ended
        self._position = {element.ref: at for at, element in enumerate(self.elements)}
        self._children: dict[int, list[Element]] = {}
        for element in self.elements:
            self._children.setdefault(element.parent, []).append(element)

    # -- the tree

    def current(self, element: Element) -> Element | None:
        """Return this page's view of an element met in an earlier look, or None when it is gone."""
        at = self._position.get(element.ref)
        return None if at is None else self.elements[at]

    def children(self, element: Element) -> list[Element]:
        """Return what stands directly in an element."""
        return self._children.get(self._position[element.ref], [])

    def parent(self, element: Element) -> Element | None:
        """Return the element another stands in, or None at the top."""
        return None if element.parent < 0 else self.elements[element.parent]

    def ancestors(self, element: Element) -> Iterator[Element]:
        """Give the parent, its parent, and so on to the top."""
        above = self.parent(element)
        while above is not None:
            yield above
            above = self.parent(above)

    def within(self, element: Element) -> Iterator[Element]:
        """Give everything below an element, in document order."""
        for child in self.children(element):
            yield child
            yield from self.within(child)

    def text(self, element: Element) -> str:
        """Return all text an element shows, its own and its descendants', joined by spaces."""
        if element.tag == "#text":
            return element.text
        return " ".join(below.text for below in self.within(element) if below.tag == "#text")

    def own_text(self, element: Element) -> str:
        """Return the text that stands directly in an element."""
        return " ".join(child.text for child in self.children(element) if child.tag == "#text")

    # -- names

    def name(self, element: Element) -> str:
        """Return what a person would call an element: its text, else what its attributes say."""
        shown = self.own_text(element)
        if not shown and element.kind in ("button", "submit", "reset"):
            shown = element.value
        return shown or element.title or element.alt

    def icon_words(self, element: Element) -> frozenset[str]:
        """Return the words in the class and id of an element: all that names an icon without text."""
        joined = " ".join((*element.classes, element.id)).lower()
        return frozenset(re.findall(r"[a-z]+", joined))

    def label(self, field: Element) -> str:
        """Return the caption of a field: the text it shares the smallest box with, else its placeholder.

        For a box to tick that shares its box with others it is the text after it, for other fields the text
        before.
        """
        ticked = field.kind in ("checkbox", "radio")
        for above in self.ancestors(field):
            if sum(bool(below.kind) for below in self.within(above)) > 1:
                break
            caption = self._caption(above)
            if caption:
                return caption if len(caption) <= LONGEST_CAPTION else ""
        return self._neighbour(field, step=1 if ticked else -1) or field.placeholder

    def _caption(self, box: Element) -> str:
        """Return the text in a box that is not on a button."""
        buttons = {below.ref for button in self.buttons() for below in self.within(button)}
        texts = [e.text for e in self.within(box) if e.tag == "#text" and e.ref not in buttons]
        return " ".join(texts).rstrip(": ")

    def _neighbour(self, field: Element, *, step: int) -> str:
        """Return the nearest text before or after a field, up to the next field."""
        at = self._position[field.ref] + step
        while 0 <= at < len(self.elements):
            element = self.elements[at]
            if element.kind and element.kind not in ("submit", "button"):
                return ""
            if element.tag == "#text":
                return element.text.rstrip(": ")
            at += step
        return ""

    # -- kinds of things

    def tagged(self, *tags: str) -> list[Element]:
        """Return the elements with one of these tags, in document order."""
        return [element for element in self.elements if element.tag in tags]

    def with_class(self, *classes: str) -> list[Element]:
        """Return the elements with at least one of these classes, in document order."""
        return [
            element for element in self.elements if not set(classes).isdisjoint(element.classes)
        ]

    def text_fields(self) -> list[Element]:
        """Return the fields one can type into, in document order."""
        return [
            element
            for element in self.elements
            if element.kind in TEXT_KINDS
            and not (element.disabled or element.fixed)
            and element.box[2] > HAIRLINE
        ]

    def tick_boxes(self) -> list[Element]:
        """Return checkboxes and radio buttons, in document order."""
        return [element for element in self.elements if element.kind in ("checkbox", "radio")]

    def lists(self) -> list[Element]:
        """Return dropdowns and scroll lists, in document order."""
        return [element for element in self.elements if element.kind == "select"]

    def buttons(self) -> list[Element]:
        """Return push buttons: the real ones, and clickable text that reads like one."""
        return [
            element
            for element in self.elements
            if element.tag == "button"
            or element.kind in ("submit", "button")
            or element.role == "button"
            or (element.pointer and self.own_text(element).lower() in CONFIRMING)
        ]

    def spoken(self) -> list[Element]:
        """Return the elements that can be called by a name, in document order."""
        return [
            element for element in self.elements if element.tag != "#text" and self.name(element)
        ]

    def drawn(self) -> list[Element]:
        """Return the shapes, digits and letters of drawings."""
        return [
            element
            for element in self.elements
            if element.shape and element.tag in ("circle", "rect", "polygon", "text")
        ]

    def submit(self) -> Element | None:
        """Return the button that ends the task: one the instruction names last, else one that confirms."""
        buttons = [button for button in self.buttons() if not button.disabled and self.name(button)]
        words = self.utterance.lower()
        named = [
            (words.rfind(self.name(button).lower()), at, button)
            for at, button in enumerate(buttons)
            if re.search(rf"\b{re.escape(self.name(button).lower())}(?!\w)", words)
        ]
        if named:
            return max(named)[2]
        for word in CONFIRMING:
            for button in buttons:
                if self.name(button).lower() == word:
                    return button
        return buttons[-1] if buttons else None


class Features(msgspec.Struct, frozen=True):
    """What a page offers, without what it says: which controls, the words on its buttons, what its icons are."""

    controls: tuple[tuple[str, int], ...]
    buttons: tuple[str, ...]
    icons: tuple[str, ...]

    def text(self) -> str:
        """Return one line for a memory to keep: `1 password field, 1 text field; buttons: Login`."""
        parts = [", ".join(f"{count} {name}" for name, count in self.controls)]
        parts += [f"buttons: {', '.join(self.buttons)}"] if self.buttons else []
        parts += [f"icons: {', '.join(self.icons)}"] if self.icons else []
        return "; ".join(filter(None, parts))


# Widgets of the libraries pages are built with, by the class that marks them.
WIDGETS = {
    "ui-slider": "slider", "ui-spinner": "spinner", "ui-tabs": "tabs", "ui-accordion": "sections",
    "ui-dialog": "dialog", "ui-menu": "menu", "ui-sortable": "sortable list", "ui-draggable": "draggable",
    "hasDatepicker": "date picker", "ui-autocomplete-input": "suggestions", "treeview": "tree",
    "pagination": "pager", "ui-resizable": "resizable", "ql-toolbar": "toolbar",
}  # fmt: skip
# What a control or a thing is called in the features, where its kind or tag alone would mislead.
CALLED = {
    "circle": "drawn circle", "polygon": "drawn triangle", "rect": "drawn rectangle",
    "date": "date field", "number": "number field", "password": "password field",
    "time": "time field", "select": "list", "a": "link", "img": "picture", "canvas": "canvas",
    "button": "button", "table": "table",
}  # fmt: skip


def called(element: Element) -> str:
    """Return the name under which an element is counted, or nothing for one that is not."""
    if element.tag == "text" or element.kind == "text":
        return "drawn sign" if element.tag == "text" else "text field"
    return CALLED.get(element.kind or element.tag, element.kind)


def features_of(page: Page) -> Features:
    """Return the features of a page: controls counted and sorted by name, button words in order, each once."""
    counts: Counter[str] = Counter()
    for element in page.elements:
        counts.update([called(element)] if called(element) else [])
        counts.update(WIDGETS[name] for name in element.classes if name in WIDGETS)
    words = dict.fromkeys(page.name(button) for button in page.buttons() if page.name(button))
    icons = dict.fromkeys(
        element.classes[0]
        for element in page.tagged("span", "div", "a", "i")
        if element.classes
        and not page.children(element)
        and 0 < element.box[2] <= LARGEST_ICON
        and not element.classes[0].startswith("ui-")
    )
    return Features(
        tuple(sorted(counts.items())), tuple(words)[:MOST_WORDS], tuple(icons)[:MOST_WORDS]
    )
