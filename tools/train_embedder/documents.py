"""Pairs from Markdown, reStructuredText and AsciiDoc: heading and paragraph, paragraph and the next."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from tools.train_embedder.collecting import Collected, reads_as_prose, sentences, squeezed

if TYPE_CHECKING:
    from tools.train_embedder.snapshots import Snapshot

MOST_FILES = 6000
SUFFIXES = (".md", ".mdx", ".rst", ".adoc", ".markdown")

SOMEBODY_ELSES = re.compile(
    r"(^|/)(vendor|third[_-]?party|deps|node_modules|external|extern|licenses?|LICENSES|bundled"
    r"|thirdparty)/",
    re.IGNORECASE,
)
ANOTHER_LANGUAGE = re.compile(
    r"(^|/)(docs|content|pages|i18n|locales?|translations?|_posts)/(?!en\b)[a-z]{2}([-_][A-Za-z]{2,4})?/"
)
_CHANGELOG = re.compile(
    r"(change|news|history|release[-_ ]?notes?|whatsnew|breaking)", re.IGNORECASE
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CODE_FENCE = re.compile(r"(```|~~~).*?(\1|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"(?:#+|=+)\s+(.*)$")
_UNDERLINED_HEADING = re.compile(r"([^\n]{3,90})\n[=\-~^\"'+*]{3,}\s*(\n|$)")
_BULLET = re.compile(r"[*+-]\s")


def wanted_files(
    snapshot: Snapshot, suffixes: tuple[str, ...], most: int, chance: random.Random
) -> list[str]:
    """Return a random choice of a repository's own English files with one of the suffixes."""
    paths = [
        path
        for path in snapshot.paths()
        if path.lower().endswith(suffixes)
        and not SOMEBODY_ELSES.search(path)
        and not ANOTHER_LANGUAGE.search(path)
    ]
    paths.sort()
    chance.shuffle(paths)
    return paths[:most]


def collect_documents(snapshot: Snapshot, collected: Collected, chance: random.Random) -> None:
    """Add headings, paragraphs and list items of a repository's documentation."""
    paths = wanted_files(snapshot, SUFFIXES, MOST_FILES, chance)
    for path, text in snapshot.texts(paths):
        DocumentReader(collected, chance, is_changelog=bool(_CHANGELOG.search(path))).read(text)


def without_markup(block: str) -> str:
    """Return a block's words without images, link targets, tags, roles and emphasis."""
    block = re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", block)
    block = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block)
    block = re.sub(r"\[([^\]]*)\]\[[^\]]*\]", r"\1", block)
    block = re.sub(r"<[^>\n]{1,200}>", " ", block)
    block = re.sub(r":[a-zA-Z:]+:`([^`<]*)(<[^`]*>)?`", r"\1", block)
    return squeezed(re.sub(r"[`*]+|\{[%{#:][^}]*\}|\{#[^}]*\}", "", block))


class DocumentReader:
    """Walks the blocks of one document and remembers the title, the heading and the last paragraph."""

    def __init__(self, collected: Collected, chance: random.Random, *, is_changelog: bool) -> None:
        self._collected = collected
        self._chance = chance
        self._is_changelog = is_changelog
        self._title: str | None = None
        self._heading: str | None = None
        self._previous: str | None = None

    def read(self, text: str) -> None:
        """Add what the document holds."""
        text = _FRONT_MATTER.sub(_title_of_front_matter, text)
        text = _COMMENT.sub("", _CODE_FENCE.sub("\n\n", text))
        for block in re.split(r"\n\s*\n", text):
            is_code = block.strip("\n").startswith(("    ", "\t")) and not self._is_changelog
            if block.strip() and not is_code:
                self._read_block(block.strip())

    def _read_block(self, block: str) -> None:
        block = self._take_heading(block)
        if not block:
            return
        items = re.split(r"\n\s*[*+-]\s+", "\n" + block)
        if len(items) > 2 or _BULLET.match(block):
            self._read_items([item for item in items if item.strip()])
        elif block[0] not in "|{:.=+" and not block.startswith(("---", "import ", "export ")):
            self._read_paragraph(without_markup(block))

    def _take_heading(self, block: str) -> str:
        """Remember a heading at the start of a block and return the rest."""
        first_line, _, rest = block.partition("\n")
        if match := _HEADING.match(first_line):
            heading = match.group(1)
        elif match := _UNDERLINED_HEADING.match(block):
            heading, rest = match.group(1), rest.partition("\n")[2]
        else:
            return block
        self._heading = without_markup(re.sub(r"[_\[\]]|\{[^}]*\}|#+$", "", heading))
        self._title = self._title or self._heading
        self._previous = None
        return rest.strip()

    def _read_items(self, items: list[str]) -> None:
        cleaned = [self._clean_item(item) for item in items]
        for item in cleaned:
            if 4 <= len(item.split()) <= 80:
                self._read_item(item)
        if self._heading and self._title and not self._is_changelog:
            joined = "; ".join(item for item in cleaned if item)
            if len(joined.split()) >= 8:
                self._collected.add_pair(self._heading_in_context(shortest=3), joined, "list")

    def _clean_item(self, item: str) -> str:
        item = without_markup(re.sub(r"https?://\S+|\(?#\d+\)?|\([0-9a-f]{7,40}\)", "", item))
        if self._is_changelog:  # many end with the name of who did it
            item = re.sub(r"\s*\*?[A-Z][\w.-]+ [A-Z][\w.-]+\*?$", "", item)
        return item

    def _read_item(self, item: str) -> None:
        if self._is_changelog or self._chance.random() < 0.3:
            self._collected.add_text(item)
        first, *others = sentences(item)
        term, separator, explanation = item.partition(": ")
        if self._is_changelog and others and len(first.split()) >= 4:
            self._collected.add_pair(first, " ".join(others), "log")
        elif separator and 2 <= len(term.split()) <= 8 and len(explanation.split()) >= 6:
            self._collected.add_pair(term, explanation, "item")

    def _read_paragraph(self, paragraph: str) -> None:
        if len(paragraph.split()) < 6 or not reads_as_prose(paragraph):
            return
        self._collected.add_text(paragraph)
        if self._heading and not re.match(r"v?\d+\.", self._heading):
            self._collected.add_pair(self._heading_in_context(shortest=4), paragraph, "doc")
        if self._previous:
            self._collected.add_pair(self._previous, paragraph, "dnext")
        first, *others = sentences(paragraph)
        if len(others) > 1 and 5 <= len(first.split()) <= 30:
            self._collected.add_pair(first, " ".join(others), "split")
        self._previous = paragraph

    def _heading_in_context(self, *, shortest: int) -> str:
        """Return the heading, behind the title when it is shorter than some words."""
        heading, title = self._heading or "", self._title or ""
        if heading != title and len(heading.split()) < shortest:
            return f"{title} {heading}"
        return heading


def _title_of_front_matter(front_matter: re.Match[str]) -> str:
    title = re.search(r"^title:\s*(.+)$", front_matter.group(0), re.MULTILINE)
    return f"\n# {title.group(1).strip(chr(34) + chr(39) + ' ')}\n\n" if title else ""
