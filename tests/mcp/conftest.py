"""A bank for each test."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return tmp_path / "bank.db"
