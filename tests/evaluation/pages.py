"""Pages written by hand, and hands that only note what they are told to do."""

from __future__ import annotations

from collections import Counter

from reasoningbank.evaluation.miniwob.page import Element, Mark, Page, Snapshot

REFERENCES: dict[tuple[str, str, int], int] = {}


def element(tag: str, text: str = "", *children: dict, **fields) -> dict:
    """One element with its text and what stands in it; `fields` as in `Element`."""
    return {"tag": tag, "text": text, "children": children, **fields}


def button(name: str, **fields) -> dict:
    return element("button", name, **fields)


def field(value: str = "", *, kind: str = "text", **fields) -> dict:
    return element("input", kind=kind, value=value, **fields)


def box(caption: str, *, kind: str = "checkbox", **fields) -> dict:
    """A box to tick inside its label."""
    return element("label", caption, element("input", kind=kind, **fields))


def page(utterance: str, *things: dict, marks=(), emphasised=(), ended: bool = False) -> Page:
    """A page as the snapshot script would give it; things get places from top to bottom, 20 pixels each.

    A thing with the same tag and id (or text) as one on another page is the same thing.
    """
    found: list[Element] = []
    met: Counter[tuple[str, str]] = Counter()

    def reference(tag: str, name: str) -> int:
        met[tag, name] += 1
        return REFERENCES.setdefault((tag, name, met[tag, name]), len(REFERENCES))

    def add(thing: dict, parent: int) -> None:
        fields = {k: v for k, v in thing.items() if k not in ("tag", "text", "children")}
        at = len(found)
        fields.setdefault("box", (10.0, 50.0 + 20 * at, 60.0, 18.0))
        ref = reference(thing["tag"], fields.get("id") or thing["text"])
        found.append(Element(ref=ref, tag=thing["tag"], parent=parent, **fields))
        if thing["text"]:
            ref = reference("#text", thing["text"])
            found.append(
                Element(ref=ref, tag="#text", parent=at, box=fields["box"], text=thing["text"])
            )
        for child in thing["children"]:
            add(child, at)

    for thing in things:
        add(thing, -1)
    return Page(
        Snapshot(
            utterance=utterance,
            elements=tuple(found),
            marks=tuple(Mark(**mark) for mark in marks),
            emphasised=tuple(emphasised),
            ended=ended,
        )
    )


class NotingHands:
    """Hands that note every act as a short line; looks give the pages that come, then the last for ever."""

    def __init__(self, first: Page, *coming: Page) -> None:
        self.acts: list[str] = []
        self._seen = [first]
        self._coming = iter(coming)

    def look(self):
        self._seen.append(next(self._coming, self._seen[-1]))
        return self._seen[-1]

    def click(self, target):
        self.acts.append(f"click {self._called(target)}")

    def hover(self, element):
        self.acts.append(f"hover {self._called(element)}")

    def write(self, field, text):
        self.acts.append(f"write {text} in {self._called(field)}")

    def press(self, key, times=1):
        self.acts.append(f"press {key} {times}")

    def choose(self, listing, options):
        self.acts.append("choose " + ",".join(listing.options[at] for at in options))

    def drag(self, start, end):
        self.acts.append(f"drag {self._called(start)} to {end[0]:.0f},{end[1]:.0f}")

    def mark_text(self, element, word=""):
        self.acts.append(f"mark {word or self._called(element)}")

    def scroll(self, element, *, to):
        self.acts.append(f"scroll to {to}")

    def wait(self, seconds):
        if seconds >= 1:
            self.acts.append(f"wait {seconds:g}")

    def _called(self, target) -> str:
        if not isinstance(target, Element):
            return f"{target[0]:.0f},{target[1]:.0f}"
        if target.id:
            return target.id
        shown = [seen for seen in self._seen if seen.current(target) is not None]
        return shown[-1].text(target) or target.kind or target.tag
