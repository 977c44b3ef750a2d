"""How the documentation is built: `make docs`. Warnings are errors, and the pages load nothing from elsewhere."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "ReasoningBank"
author = "The ReasoningBank maintainers"
project_copyright = "2026, The ReasoningBank maintainers"
release = version = metadata.version("agent-reasoningbank")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "_static", "pictures"]
nitpicky = True
# A type in a signature need not be a page of ours; a link written in a page must lead somewhere.
nitpick_ignore_regex = [(r"py:.*", r".*")]
default_role = "code"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"ReasoningBank {release}"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["book.css"]

# Anything a browser would fetch while showing a page; a link the reader may follow is not.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc\s*=\s*["'](?:https?:)?//"""
    r"""|<link\b(?=[^>]*\brel\s*=\s*["'](?:stylesheet|preconnect|preload|icon))[^>]*\bhref\s*=\s*["'](?:https?:)?//"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//""",
    re.IGNORECASE,
)


def refuse_external_files(app: Sphinx, exception: Exception | None) -> None:
    """Fail the build when a page would load a font, script, style or picture from another host."""
    if exception is not None or app.builder.format != "html":
        return
    offending = [
        str(page.relative_to(app.outdir))
        for pattern in ("*.html", "*.css")
        for page in sorted(Path(app.outdir).rglob(pattern))
        if FETCHED.search(page.read_text("utf-8"))
    ]
    if offending:
        message = f"pages load files from other hosts: {', '.join(offending)}"
        raise RuntimeError(message)


def setup(app: Sphinx) -> None:
    """Register the check above."""
    app.connect("build-finished", refuse_external_files)
