"""Pairs from code: first and later sentences of a documentation comment, the name and the comment."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.train_embedder.collecting import Collected, reads_as_prose, sentences, squeezed
from tools.train_embedder.documents import wanted_files

if TYPE_CHECKING:
    from tools.train_embedder.snapshots import Snapshot

MOST_FILES = 5000
LONGEST_FILE = 600_000
GENERATED = (".min.js", "_pb2.py", ".pb.go")

_PYTHON = re.compile(
    r"^[ \t]*(?:async\s+)?(?:def|class)\s+(?P<name>\w+)[^\n]*(?:\n[^\n\"']*){0,8}?:\s*\n"
    r'\s*[rRuU]?"""(?P<comment>.{15,1500}?)"""',
    re.MULTILINE | re.DOTALL,
)
_GO = re.compile(
    r"(?P<comment>(?:^[ \t]*//[^\n]*\n)+)(?:func(?: \([^)]*\))?|type|var|const) (?P<name>\w+)",
    re.MULTILINE,
)
_RUST = re.compile(
    r"(?P<comment>(?:^[ \t]*///[^\n]*\n)+)(?:\s*#\[[^\n]*\n)*\s*(?:pub(?:\([^)]*\))?\s+)?"
    r"(?:async\s+)?(?:unsafe\s+)?(?:fn|struct|enum|trait|type|const)\s+(?P<name>\w+)",
    re.MULTILINE,
)
_RUBY = re.compile(
    r"(?P<comment>(?:^[ \t]*# [^\n]*\n)+)\s*(?:def|class|module)\s+(?:self\.)?(?P<name>\w+)",
    re.MULTILINE,
)
_C = re.compile(
    r"/\*+\s(?P<comment>.{20,1500}?)\*/\s*\n(?:[\w*]+[ \t*]+)+\n?(?P<name>\w+)\s*\(", re.DOTALL
)
_JAVADOC = re.compile(
    r"/\*\*\s(?P<comment>.{15,1500}?)\*/\s*\n(?:(?:\s*@\w+[^\n]*\n)*)\s*(?P<declaration>[^\n]{3,200})",
    re.DOTALL,
)
_DECLARED_NAME = re.compile(r"(?:class|interface|enum|function|def|fun)\s+(\w+)|(\w+)\s*[(=:<]")
# The pattern of a comment, and what stands before each of its lines.
_LANGUAGES: dict[str, tuple[re.Pattern[str], str]] = {
    ".py": (_PYTHON, r"^[ \t]+"),
    ".go": (_GO, r"^[ \t]*// ?"),
    ".rs": (_RUST, r"^[ \t]*/// ?"),
    ".rb": (_RUBY, r"^[ \t]*# ?"),
    ".c": (_C, r"^[ \t]*\*+ ?"),
    ".h": (_C, r"^[ \t]*\*+ ?"),
} | dict.fromkeys((".java", ".js", ".ts", ".tsx", ".scala", ".kt"), (_JAVADOC, r"^[ \t]*\* ?"))

_PARAGRAPH_BREAK = re.compile(
    r"\n\s*\n|\n\s*(?=@\w|:param|Parameters\s*\n|# Examples|Args:|Returns:)"
)
_INLINE_MARKUP = re.compile(r"\{@\w+ ([^}]*)\}|</?\w+[^>]*>|[`]")


def collect_code_comments(snapshot: Snapshot, collected: Collected, chance: random.Random) -> None:
    """Add the documentation comments of a repository's code."""
    paths = wanted_files(snapshot, tuple(_LANGUAGES), MOST_FILES, chance)
    own = [path for path in paths if not path.endswith(GENERATED)]
    for path, text in snapshot.texts(own):
        if len(text) <= LONGEST_FILE:
            for name, comment in named_comments(text, PurePosixPath(path).suffix):
                add_comment(collected, name, comment)


def named_comments(text: str, suffix: str) -> Iterator[tuple[str, str]]:
    """Yield (name, comment) for what is documented in a file."""
    if suffix not in _LANGUAGES:
        return
    pattern, line_start = _LANGUAGES[suffix]
    for match in pattern.finditer(text):
        name = match.groupdict().get("name") or _declared_name(match.groupdict().get("declaration"))
        comment = match["comment"]
        if name and "opyright" not in comment and "*/" not in comment:
            comment = re.sub(line_start, "", comment, flags=re.MULTILINE)
            if suffix == ".go":  # begins with the name by convention
                comment = re.sub(rf"^{re.escape(name)} (is|are)?\s*", "", comment)
            yield name, comment


def _declared_name(declaration: str | None) -> str | None:
    match = _DECLARED_NAME.search(declaration or "")
    return (match.group(1) or match.group(2)) if match else None


def add_comment(collected: Collected, name: str, comment: str) -> None:
    """Add the sentences of a comment, and its first one under the words of the name."""
    paragraphs = [squeezed(_INLINE_MARKUP.sub(r"\1", p)) for p in _PARAGRAPH_BREAK.split(comment)]
    paragraphs = [
        paragraph for paragraph in paragraphs if paragraph and paragraph[0] not in "@:>#=-"
    ]
    if not paragraphs:
        return
    first, *others = sentences(paragraphs[0])
    if len(first.split()) < 4 or not reads_as_prose(first):
        return
    collected.add_text(first)
    rest = " ".join(others) or (paragraphs[1] if len(paragraphs) > 1 else "")
    if len(rest.split()) >= 5:
        collected.add_pair(first, rest, "dstr")
        collected.add_text(rest)
    words = words_of_name(name)
    if len(words.split()) >= 2:
        collected.add_pair(words, first, "name")


def words_of_name(name: str) -> str:
    """Return the words of an identifier: ``getUserName`` and ``get_user_name`` as ``get user name``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return squeezed(re.sub(r"[_\W]+", " ", spaced)).lower()
