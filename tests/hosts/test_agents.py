"""Definitions of agents: which are malformed and why, and that all work with the bank beside them."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import COMMAND

pytest.importorskip("yaml", reason="needs the extra agents")

from reasoningbank import InvalidInput
from reasoningbank.hosts.agent_definitions import read_definitions
from reasoningbank.hosts.agents_check import check_agents

GOOD = "---\nname: tester\ndescription: Writes tests for code that has none.\ntools: Read, Bash\n---\n# T\n"


def written(folder, **files):
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("# No front matter\n", "has no front matter between two lines of ---"),
        ("---\nname: x\n", "has no front matter between two lines of ---"),
        ("", "has no front matter between two lines of ---"),
        ("---\nname: x\n---\n", "has no description"),
        ("---\ndescription: x\n---\n", "has no name"),
        ("---\na: 1\n---\n", "has no name and no description"),
        ("---\n- a\n---\n", "its front matter is no mapping"),
        ("---\nname: 7\ndescription: d\n---\n", "its name is no text"),
        ("---\nname: x\ndescription: '  '\n---\n", "its description is no text"),
        (
            "---\nname: x\ndescription: use: this\n---\n",
            "its front matter is not YAML in line 3: mapping values are not allowed here",
        ),
        ("---\nname: !!python/object/apply:os.system [ls]\n---\n", "its front matter is not YAML"),
        (b"---\nname: \xff\n---\n", "is not UTF-8"),
        (b"x" * 1_000_001, "is longer than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_malformed_definition_is_named_with_the_reason(tmp_path, content, problem):
    [found] = read_definitions(written(tmp_path, bad=content))

    assert found.file == "bad.md"
    assert found.problem.startswith(problem)


@pytest.mark.parametrize(
    "content", [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD + "---\nmore\n---\n"]
)
def test_a_definition_is_read(tmp_path, content):
    [found] = read_definitions(written(tmp_path, good=content))

    assert found.problem is None
    assert (found.name, found.notes) == ("tester", ())
    assert found.description == "Writes tests for code that has none."


def test_what_is_unusual_is_noted(tmp_path):
    other = GOOD.replace("tester", "Load Balancer")
    manual = "---\nname: Manual\ntype: documentation\ndescription: How to.\n---\n"
    found = read_definitions(written(tmp_path, a=GOOD, b=GOOD, c=other, d=manual))

    assert [one.notes for one in found] == [
        (),
        ("a.md has the same name",),
        ("its name is not in small letters with hyphens",),
        ("says that it is documentation",),
    ]


def test_links_are_not_followed(tmp_path):
    folder = written(tmp_path / "agents", a=GOOD)
    outside = written(tmp_path / "outside", b=GOOD)
    (folder / "link.md").symlink_to(outside / "b.md")
    (folder / "loop").symlink_to(folder)

    assert [one.file for one in read_definitions(folder)] == ["a.md"]


@pytest.mark.parametrize("name", ["nowhere", "empty", "file.md"])
def test_a_folder_without_definitions_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.md").write_text(GOOD, "utf-8")

    with pytest.raises(InvalidInput) as refused:
        read_definitions(tmp_path / name)
    assert refused.value.field == "DIR"


def test_each_agent_gets_a_recall_and_an_outcome_and_stays_as_it_is(tmp_path):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    planner = "---\nname: planner\ndescription: Divides large tasks into small ones.\n---\n"
    folder = written(tmp_path, a=GOOD, sub__b=planner, c="no front matter")
    before = {path: path.read_bytes() for path in folder.rglob("*.md")}

    report = check_agents(folder, COMMAND)

    assert (report.files, report.well_formed, report.malformed) == (3, 2, 1)
    assert (report.unchanged, report.recalled, report.outcomes) == (3, 2, 2)
    assert report.passed
    assert report.installed == (".claude.json", ".claude/settings.json")
    assert [(one.file, one.recalled) for one in report.agents] == [
        ("a.md", True),
        ("c.md", None),
        ("sub/b.md", True),
    ]
    assert {path: path.read_bytes() for path in folder.rglob("*.md")} == before


def test_a_definition_that_changes_meanwhile_is_found_out(tmp_path):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    folder = written(tmp_path, a=GOOD)

    def spoil(done, of):
        (folder / "a.md").write_text(GOOD + " ", "utf-8")

    report = check_agents(folder, COMMAND, spoil)

    assert not report.agents[0].unchanged
    assert not report.passed
