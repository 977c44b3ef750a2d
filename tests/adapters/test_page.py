"""Every section of docs/adapters.md runs, where its framework is installed; every adapter has one."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.documents.blocks import CHECKOUT, blocks_of
from tests.documents.running import assert_printed

PAGE = (CHECKOUT / "docs" / "adapters.md").read_text("utf-8")
EXTRAS = (
    (CHECKOUT / "pyproject.toml")
    .read_text("utf-8")
    .partition("[project.optional-dependencies]")[2]
    .partition("\n[")[0]
)
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
MODULES = {
    title: re.findall(r"^from (reasoningbank\.adapters\.\w+) import", text, re.MULTILINE)[0]
    for title, text in SECTIONS.items()
}
LIBRARIES = {"langchain": "langchain_core", "llamaindex": "llama_index", "openai_agents": "agents"}
SHARED = {"__init__", "keyed_patterns", "missing_framework", "run_notes"}


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own: frameworks leave much behind in one."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("title", SECTIONS)
def test_the_example_of_a_framework_runs(title, monkeypatch):
    monkeypatch.setenv("CREWAI_DISABLE_TELEMETRY", "true")
    found = run(f"import {MODULES[title]}")
    if found.returncode:
        assert "reasoningbank.domain.errors.Unavailable" in found.stderr
        pytest.skip(found.stderr.splitlines()[-1])
    program, *below = [
        block
        for block in blocks_of("docs/adapters.md", SECTIONS[title])
        if block.language == "python" or "prints" in block.marks
    ]

    done = run(program.text)

    assert done.returncode == 0, done.stderr
    assert [block.language for block in below] == ["text"]  # what a reader will see
    assert_printed(below[0].text, done.stdout, title)


def test_every_adapter_has_a_section_and_an_extra_that_the_section_names():
    files = {path.stem for path in (CHECKOUT / "src/reasoningbank/adapters").glob("*.py")} - SHARED
    extras = set(re.findall(r"^([a-z0-9-]+) = \[", EXTRAS, re.MULTILINE))

    assert {module.rpartition(".")[2] for module in MODULES.values()} == files
    for title, module in MODULES.items():
        extra = module.rpartition(".")[2].replace("_", "-")
        assert extra in extras
        assert f'pip install "agent-reasoningbank[{extra}]"' in SECTIONS[title]


@pytest.mark.parametrize("module", sorted(MODULES.values()))
def test_without_its_framework_an_adapter_names_the_command_that_installs_it(module):
    name = module.rpartition(".")[2]
    library = LIBRARIES.get(name, name)

    done = run(f"import sys; sys.modules[{library!r}] = None; import {module}")

    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"reasoningbank.domain.errors.Unavailable: {module} needs a library")
    assert f"pip install 'agent-reasoningbank[{name.replace('_', '-')}]'" in said
