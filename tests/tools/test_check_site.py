"""The check of the built documentation: what it finds on small sites made for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.check_site import broken_links, files_of_other_hosts, pages_too_large

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="top-of-it">Home</h1><a href="part/">part</a> <a href="part/index.html#here">here</a>'
        '<a href="#top-of-it">up</a> <a href="https://example.org/">elsewhere</a> <a href="mailto:a@b.c">mail</a>'
        '<img src="a%20picture.svg">',
        "utf-8",
    )
    (tmp_path / "a picture.svg").write_text("<svg/>", "utf-8")
    (tmp_path / "part" / "index.html").write_text(
        '<p id="here"><a href="../">home</a></p>', "utf-8"
    )
    return tmp_path


def checked(site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, CHECKOUT / "tools" / "check_site.py", site],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_sound_site_passes_and_its_size_is_told(site):
    done = checked(site)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 pages, 0.0 MB")


@pytest.mark.parametrize(
    "link", ["gone.html", "#nowhere", "part/index.html#nowhere", "part/gone/", "gone.svg"]
)
def test_a_link_that_leads_nowhere_is_named_with_its_page(site, link):
    (site / "part" / "other.html").write_text(f'<a href="../{link}">x</a>', "utf-8")
    if link.startswith("#"):
        (site / "part" / "other.html").write_text(f'<a href="{link}">x</a>', "utf-8")

    [found] = broken_links(site)

    assert found.page == Path("part/other.html")
    assert link in found.target
    assert checked(site).returncode == 1


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img alt="" src="//cdn.example/x.png">',
        '<link rel="stylesheet" href="https://fonts.example/a.css">',
        '<link href="https://fonts.example" rel="preconnect">',
        '<video poster="http://cdn.example/x.png"></video>',
        "<style>@import url(https://fonts.example/a.css)</style>",
        "<style>p { background: url('//cdn.example/x.png') }</style>",
    ],
)
def test_what_a_browser_would_fetch_elsewhere_is_found_in_any_folder(site, text):
    (site / "part" / "bad.html").write_text(text, "utf-8")

    assert files_of_other_hosts(site) == ["part/bad.html"]
    assert "part/bad.html" in checked(site).stderr


def test_a_page_that_grew_too_long_is_named(site):
    (site / "long.html").write_text("x" * 1_000_001, "utf-8")

    assert pages_too_large(site) == ["long.html (1,000 kB)"]
