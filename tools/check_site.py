"""Check the built documentation: nothing from other hosts, every link of its own leads somewhere, its size.

python tools/check_site.py site
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

SITE_MEGABYTES = 40
PAGE_KILOBYTES = 1_000
"""More than the longest page of today by half: a page that grows beyond wants splitting."""

# Anything a browser would fetch while showing a page; a link the reader may follow is not.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|object|embed|video|audio)\b[^>]*\b(?:src|data|poster)\s*=\s*["'](?:https?:)?//"""
    r"""|<link\b(?=[^>]*\brel\s*=\s*["'](?:stylesheet|preconnect|dns-prefetch|preload|modulepreload|icon|manifest))[^>]*"""
    r"""\bhref\s*=\s*["'](?:https?:)?//"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//""",
    re.IGNORECASE,
)


class Link(NamedTuple):
    """A reference from a page to something of the same site."""

    page: Path
    target: str


class _Page(HTMLParser):
    """What a page refers to, and the names in it that others may refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note names and targets of an element."""
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.names.add(value)
            elif name in {"href", "src"}:
                self.targets.append(value)


def files_of_other_hosts(site: Path) -> list[str]:
    """Give the pages and styles that would load a font, script, style or picture from another host."""
    return [
        str(path.relative_to(site))
        for pattern in ("*.html", "*.css")
        for path in sorted(site.rglob(pattern))
        if FETCHED.search(path.read_text("utf-8"))
    ]


def broken_links(site: Path) -> list[Link]:
    """Give the references between files of the site that lead nowhere."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    names = {path: page.names for path, page in pages.items()}
    return [
        Link(path.relative_to(site), target)
        for path, page in pages.items()
        for target in _own(page.targets)
        if not _leads_somewhere(path, target, names)
    ]


def pages_too_large(site: Path) -> list[str]:
    """Give the pages above `PAGE_KILOBYTES`."""
    return [
        f"{path.relative_to(site)} ({path.stat().st_size / 1000:,.0f} kB)"
        for path in sorted(site.rglob("*.html"))
        if path.stat().st_size > PAGE_KILOBYTES * 1000
    ]


def size_of(site: Path) -> int:
    """Give the bytes of everything a server would have to hold."""
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file())


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def _own(targets: list[str]) -> Iterator[str]:
    """Leave out what leads to other hosts, and what is no address at all."""
    for target in targets:
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and (parts.path or parts.fragment):
            yield target


def _leads_somewhere(page: Path, target: str, names: dict[Path, set[str]]) -> bool:
    parts = urlsplit(target)
    found = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if found.is_dir():
        found /= "index.html"
    if not found.exists():
        return False
    # A fragment such as #:~:text= or the top of a page names no element.
    fragment = unquote(parts.fragment)
    return found not in names or fragment in {"", "top"} or fragment in names[found]


def main() -> int:
    """Check the site that the command line names; print what is wrong, and its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site.resolve()
    wrong = [f"loads files from other hosts: {page}" for page in files_of_other_hosts(site)]
    wrong += [f"{link.page}: no such place: {link.target}" for link in broken_links(site)]
    wrong += [f"larger than {PAGE_KILOBYTES} kB: {page}" for page in pages_too_large(site)]
    size = size_of(site)
    if size > SITE_MEGABYTES * 1_000_000:
        wrong.append(f"the site is larger than {SITE_MEGABYTES} MB")
    for line in wrong:
        print(line, file=sys.stderr)
    pages = sum(1 for _ in site.rglob("*.html"))
    print(f"{pages} pages, {size / 1_000_000:.1f} MB; every link of the site's own was followed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
