"""Settings that documents show are those that `reasoningbank install` writes."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from reasoningbank.hosts.installing import install
from reasoningbank.hosts.programs import HOSTS
from tests.documents.blocks import all_blocks
from tests.hosts.conftest import quick  # noqa: F401 - a fixture

SHOWN = [block for block in all_blocks() if "written by" in block.marks]
NAMED = "/path/to/reasoningbank"


@pytest.fixture
def command(tmp_path: Path, quick: list[str]) -> str:  # noqa: F811 - the fixture
    """One program that answers as the server does, since a page shows one word."""
    program = tmp_path / "reasoningbank"
    program.write_text(f'#!/bin/sh\nexec {quick[0]} {quick[1]} "$@"\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script of the shell")
@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.place)
def test_settings_are_shown_as_they_are_written(block, home, command):
    host, name = (part.strip() for part in block.marks["written by"].split(","))

    install(host, command=[command])

    written = (home / name).read_text("utf-8").replace(command, NAMED)
    assert parsed(block.language, block.text) == parsed(block.language, written)


def test_every_program_that_can_be_set_up_is_shown_once():
    shown = [block.marks["written by"].partition(",")[0] for block in SHOWN]

    assert set(shown) == set(HOSTS)


def parsed(language: str, text: str) -> object:
    if language == "toml":
        return pytest.importorskip("tomlkit", reason="needs the extra mcp").parse(text).unwrap()
    return json.loads(text)
