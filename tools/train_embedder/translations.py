"""Texts in other languages: the translated FastAPI documentation (MIT).

Usage: python -m tools.train_embedder.translations --git GITDIR --out WORK

Writes WORK/ml_idf.json (paragraphs, for the document frequencies) and WORK/ml_eval.json (by language: heading and
paragraph, for golden texts and evaluation). A file goes to one or the other, by the hash of its path.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tools.train_embedder.snapshots import Snapshot

LONGEST_PARAGRAPH = 400
SHORTEST_PARAGRAPH = 30
SHORTEST_HEADING = 6

_TRANSLATION = re.compile(r"docs/(?!en/)(?P<language>[a-z-]+)/docs/(?P<page>.*\.md)$")
_CODE_FENCE = re.compile(r"```.*?```", re.DOTALL)
_HEADING = re.compile(r"#+\s+(.*)")


def paragraphs(text: str) -> Iterator[tuple[str, str]]:
    """Yield (heading above it, paragraph) for the prose of a Markdown file."""
    heading = ""
    for block in re.split(r"\n\s*\n", _CODE_FENCE.sub("", text)):
        stripped = block.strip()
        if match := _HEADING.match(stripped):
            heading = re.sub(r"\{[^}]*\}|[`*]", "", match.group(1)).strip()
            continue
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|<[^>]*>", r"\1", stripped)
        plain = " ".join(re.sub(r"[`*]", "", plain).split())
        if len(plain) >= SHORTEST_PARAGRAPH and plain[0] not in "|/!{:":
            yield heading, plain[:LONGEST_PARAGRAPH]


def is_for_evaluation(page: str) -> bool:
    """Tell which of the two a page belongs to; all its translations go the same way."""
    return bool(hashlib.sha256(page.encode()).digest()[0] & 1)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--git", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    snapshot = Snapshot(arguments.git)
    for_frequencies: list[str] = []
    for_evaluation: defaultdict[str, dict[str, str]] = defaultdict(dict)
    pages = {path: match for path in snapshot.paths() if (match := _TRANSLATION.match(path))}
    for path, text in snapshot.texts(pages):
        match = pages[path]
        for heading, paragraph in paragraphs(text):
            if not is_for_evaluation(match["page"]):
                for_frequencies.append(paragraph)
            elif len(heading) >= SHORTEST_HEADING:
                for_evaluation[match["language"]].setdefault(heading, paragraph)
    by_language = {language: list(found.items()) for language, found in for_evaluation.items()}
    (arguments.out / "ml_idf.json").write_text(json.dumps(for_frequencies), encoding="utf-8")
    (arguments.out / "ml_eval.json").write_text(json.dumps(by_language), encoding="utf-8")
    print(f"{len(pages)} pages, {len(for_frequencies)} paragraphs, {len(by_language)} languages")


if __name__ == "__main__":
    main()
