"""How the documentation is built: `make docs`. Warnings are errors, and the pages load nothing from elsewhere."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers import JsonLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from check_site import files_of_other_hosts

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
html_js_files = [("book.js", {"defer": "defer"})]

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>TypeScript API</title>
<p>The reference of the TypeScript package was left out of this build: npm was missing, or `make docs` was not what built it.
<code>npm ci</code> and <code>npm run docs</code> in <code>web/</code> write it. <a href="../typescript.html">Back</a>.</p></html>
"""


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Fail the build when a page would load something from another host; hold the place of TypeDoc's pages."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    reference = site / "typescript" / "index.html"
    if not reference.exists():
        reference.parent.mkdir(exist_ok=True)
        reference.write_text(NOT_BUILT, "utf-8")
    offending = files_of_other_hosts(site)
    if offending:
        message = f"pages load files from other hosts: {', '.join(offending)}"
        raise RuntimeError(message)


def setup(app: Sphinx) -> None:
    """Register the check above, and JSON lines as the JSON they are."""
    app.add_lexer("jsonl", JsonLexer)
    app.connect("build-finished", finish)
