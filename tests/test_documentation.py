"""The documentation names what exists: error codes, rooms of the house, targets of the Makefile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reasoningbank
import reasoningbank.embedding

CHECKOUT = Path(__file__).resolve().parent.parent


def text_of(name: str) -> str:
    return (CHECKOUT / name).read_text("utf-8")


def error_codes() -> set[str]:
    errors = [getattr(reasoningbank, name) for name in reasoningbank.__all__]
    leaves = [one for one in errors if isinstance(one, type) and issubclass(one, Exception)]
    return {one.code for one in leaves if one is not reasoningbank.ReasoningBankError}


def test_every_error_code_has_a_heading_in_troubleshooting_and_no_other_has():
    headings = set(re.findall(r"^## `(\w+)`$", text_of("docs/troubleshooting.md"), re.MULTILINE))

    assert headings == error_codes()


def in_the_api(module: str) -> set[str]:
    """Give what the pages of the API take from a module."""
    pages = sorted((CHECKOUT / "docs" / "api").glob("*.md"))
    blocks = re.findall(
        rf"^\.\. currentmodule:: {re.escape(module)}$(.*?)^```$",
        "\n".join(page.read_text("utf-8") for page in pages),
        re.MULTILINE | re.DOTALL,
    )
    return set(re.findall(r"^\.\. auto\w+:: ([\w.]+)$", "\n".join(blocks), re.MULTILINE))


def test_every_public_name_is_on_a_page_of_the_api():
    named = {name for name in in_the_api("reasoningbank") if "." not in name}

    assert named == set(reasoningbank.__all__)


def test_every_method_of_a_bank_is_on_a_page_of_the_api():
    bank = reasoningbank.ReasoningBank
    named = {name for name in in_the_api("reasoningbank") if "." in name}

    assert named == {f"{bank.__name__}.{name}" for name in dir(bank) if not name.startswith("_")}


def test_every_public_name_of_embedding_is_on_a_page_of_the_api():
    assert in_the_api("reasoningbank.embedding") == set(reasoningbank.embedding.__all__)


def test_the_map_of_the_house_names_every_room():
    rooms = {
        path.stem
        for path in (CHECKOUT / "src" / "reasoningbank").iterdir()
        if not path.name.startswith("_") and (path.suffix == ".py" or any(path.rglob("*.py")))
    }
    named = set(re.findall(r"`(?:src/reasoningbank/)?(\w+)(?:\.py|/)`", text_of("CONTRIBUTING.md")))

    assert rooms - named == set()


def test_every_target_of_the_makefile_is_explained_in_contributing():
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE))

    assert {
        target for target in targets if f"make {target}`" not in text_of("CONTRIBUTING.md")
    } == set()


def test_the_changelog_knows_this_version_and_the_file_format():
    changelog = text_of("CHANGELOG.md")
    version = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE).group(1)

    assert re.search(rf"^## \[?{re.escape(version)}\b", changelog, re.MULTILINE)
    assert re.search(r"^### File format$", changelog, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    sorted(
        str(path.relative_to(CHECKOUT))
        for path in [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]
    ),
)
def test_links_between_documents_lead_somewhere(name):
    folder = (CHECKOUT / name).parent
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text_of(name))

    assert [link for link in links if not (folder / link).exists()] == []


def entries_of(page: Path) -> list[Path]:
    """Give the pages that a page lists in its tables of contents."""
    listed = re.findall(
        r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return [
        page.parent / f"{line}.md"
        for block in listed
        for line in block.splitlines()
        if line and not line.startswith(":")
    ]


def test_every_page_is_in_a_table_of_contents_once():
    docs = CHECKOUT / "docs"
    reached, found = [docs / "index.md"], []
    while reached:
        found.append(reached.pop())
        reached += entries_of(found[-1])

    assert sorted(found) == sorted(docs.rglob("*.md"))


def test_each_person_has_a_quick_start_that_the_front_page_and_the_chooser_lead_to():
    pages = {f"start/{page.stem}" for page in (CHECKOUT / "docs" / "start").glob("*.md")}

    for name in ("docs/index.md", "docs/quickstart.md"):
        assert pages == set(re.findall(r"\]\((start/\w+)\.md\)", text_of(name)))


@pytest.mark.parametrize("name", ["house", "life", "loop"])
def test_a_picture_is_told_in_words_too_and_takes_its_colours_from_the_page(name):
    picture = text_of(f"docs/pictures/{name}.svg")

    assert 'role="img"' in picture
    assert re.search(r"<desc id=.*?>.{80,}</desc>", picture, re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b|rgb\(|href|font-family", picture)


def test_the_walk_through_the_house_names_files_and_functions_that_are_there():
    page = text_of("docs/house.md")
    source = CHECKOUT / "src" / "reasoningbank"
    files = set(re.findall(r"`([\w/]+\.py)`", page)) - {"tests/test_layers.py"}
    by_name = {path.name for path in source.rglob("*.py")}
    text = "\n".join(path.read_text("utf-8") for path in source.rglob("*.py"))
    names = {name.split(".")[-1] for name in re.findall(r"`([A-Za-z_][\w.]*[a-z_])`", page)}
    called = {name for name in names if "_" in name or name[0].isupper()}

    assert [name for name in files if not (source / name).exists() and name not in by_name] == []
    assert sorted(name for name in called if not re.search(rf"\b{name}\b", text)) == []
